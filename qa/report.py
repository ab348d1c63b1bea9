"""Labelled sets to one table: each set measured as its form asks, a row as soon as it is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index import EvaluationError
from index.embed import Encoder

from .assistant import Assistant
from .evaluate import Asked, Measures, ask_all, judged, measures, opened_over, table
from .evaluate_documents import measure_documents
from .evaluate_followups import measure_followups
from .evaluate_reading import fitted_on, measure_reading
from .evaluate_retrieval import measure_retrieval
from .labelled import LabelledSet, read_questions, sampled, stem
from .measures import reliability
from .reader import Reader

MEASURED_BY: dict[str, Callable[[Path, Encoder, Reader | None, int | None], tuple[int, Measures]]] = {
    "reading": measure_reading,
    "follow-ups": measure_followups,
    "retrieval": measure_retrieval,
    "documents": measure_documents,
}
FOLLOW_UP = "followup"
"""The kind of question whose hit@1 the table shows apart."""

SHOWN = (
    *("hit@1", "hit@3", "ranked@1", "precision", "list recall"),
    *("HasAns", "NoAns", "balanced", "AUC", "Brier", "exact", "p50 ms"),
)
"""The measures of questions that the table shows."""


@dataclass(frozen=True, slots=True)
class Result:
    """The measures of one set. `n` rows were measured in `seconds`; `asked` are the answers where it has questions."""

    name: str
    form: str
    n: int
    measures: Measures
    seconds: float
    asked: tuple[Asked, ...] = ()


def collection_beside(questions: Path) -> Path | None:
    """The folder of documents that a questions file belongs to: NAME/ beside NAME-dev.jsonl or the like; None without one."""
    folder = questions.parent / stem(questions).rpartition("-")[0]
    return folder if folder != questions.parent and folder.is_dir() else None


def measure(
    found: LabelledSet, encoder: Encoder, index: Path | None, limit: int | None = None, reader: Reader | None = None
) -> Result:
    """Measure one set, or a fixed sample of `limit` of its rows. Raises EvaluationError and what opening an index raises.

    Questions are asked of the index in `index`; where that is None, of the documents of `collection_beside`, indexed for the
    time of the evaluation.
    """
    started = time.perf_counter()
    if found.form == "questions":
        asked = _asked(found.path, encoder, reader, index, limit)
        by_kind = measures(asked)
        n, results = len(asked), {name: by_kind["all"][name] for name in SHOWN}
        if FOLLOW_UP in by_kind:
            results["follow-ups hit@1"] = by_kind[FOLLOW_UP]["hit@1"]
        return Result(found.name, found.form, n, results, time.perf_counter() - started, tuple(asked))
    n, results = MEASURED_BY[found.form](found.path, encoder, reader, limit)
    name = f"{found.name}, held-back groups" if found.form == "reading" and found.name in fitted_on() else found.name
    return Result(name, found.form, n, results, time.perf_counter() - started)


def _asked(path: Path, encoder: Encoder, reader: Reader | None, index: Path | None, limit: int | None) -> list[Asked]:
    rows = sampled(read_questions(path), limit)
    if index is not None:
        return ask_all(Assistant.open(index, encoder, reader), rows)
    folder = collection_beside(path)
    if folder is None:
        raise EvaluationError(f"{path}: no index was given, and no folder with its documents lies beside it")
    with opened_over(folder, encoder, reader) as assistant:
        return ask_all(assistant, rows)


def details(result: Result) -> str:
    """The measures of questions per kind, and their confidence against truth."""
    told = "; ".join(f"{c:.2f} said, {r:.2f} right (n {n})" for c, r, n in reliability(judged(result.asked)))
    return f"{table(measures(result.asked))}\n\nconfidence against truth: {told}"


def heading(*, markdown: bool) -> str:
    """What stands above the rows."""
    return "| set | n | measures |\n|---|--:|---|" if markdown else f"{'set':34}{'n':>6}  measures"


def line(result: Result, *, markdown: bool) -> str:
    """A set as a row of the table; times depend on the machine and are left out of Markdown. Measures that do not apply are too."""
    shown = {
        name: f"{value:.0f}" if name.endswith("ms") or isinstance(value, int) else f"{value:.3f}"
        for name, value in result.measures.items()
        if value is not None and not (markdown and name.endswith("ms"))
    }
    cell = ", ".join(f"{name} {value}" for name, value in shown.items())
    if markdown:
        return f"| {result.name} | {result.n:,} | {cell} |"
    return f"{result.name:34}{result.n:6,}  {cell} ({result.seconds:.0f} s)"


def write_json(results: Sequence[Result], path: Path) -> None:
    """Write all measures to a file; of a single set of questions, those of each kind, and every answer. Raises EvaluationError."""
    only = results[0]
    if len(results) == 1 and only.asked:
        answers = [{"id": a.id, "kind": a.kind, "first_right": a.holds(1), **a.answer.to_dict()} for a in only.asked]
        report: object = {"measures": measures(only.asked), "answers": answers}
    else:
        names = ("name", "form", "n", "measures", "seconds")
        report = {"sets": [{name: getattr(result, name) for name in names} for result in results]}
    try:
        path.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be written: {error.strerror}") from error
