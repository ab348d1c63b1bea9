"""Questions with known answers, asked of an index, to measures."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import build_index
from index.embed import Encoder

from .answer import Answer
from .assistant import Assistant
from .measures import area_under_curve, balanced_accuracy, brier, mean
from .reader import TRAINED, Reader

Measures = dict[str, float | int | None]
"""Values by the names of the measures; None where one does not apply."""

_QUOTES = str.maketrans("“”„«»‘’‚`´", "\"\"\"\"\"'''''")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of an evaluation with its answer. `seconds` is the time that the answer took.

    `ranked_first` is the quotation that ranks first whatever the verdict, "" when there is no evidence at all.
    """

    id: str
    kind: str
    gold: tuple[str, ...]
    answer: Answer
    exact: bool
    seconds: float
    ranked_first: str

    def holds(self, depth: int) -> bool:
        """Whether one of the first `depth` citations holds a gold string."""
        return any(holds_gold(c.text, g) for c in self.answer.citations[:depth] for g in self.gold)

    @property
    def right_citations(self) -> int:
        """How many of the citations hold a gold string."""
        return sum(any(holds_gold(c.text, g) for g in self.gold) for c in self.answer.citations)

    @property
    def recall(self) -> float:
        """The share of the gold strings that stand in the citations."""
        found = [g for g in self.gold if any(holds_gold(c.text, g) for c in self.answer.citations)]
        return len(found) / len(self.gold) if self.gold else 0.0


def normal(text: str) -> str:
    """White space runs as one blank, quotation marks straight, case folded: how gold strings are compared."""
    return " ".join(text.translate(_QUOTES).split()).casefold()


def holds_gold(text: str, gold: str) -> bool:
    """Whether a quotation holds a gold string, white space and quotation marks normalised on both sides."""
    return normal(gold) in normal(text)


@contextmanager
def opened_over(sources: Path | Sequence[str], encoder: Encoder, reader: Reader | str | None = TRAINED) -> Iterator[Assistant]:
    """An assistant over an index that is built for the time of the context, of a folder or of texts.

    A text becomes a document whose number `document_number` tells.
    """
    with tempfile.TemporaryDirectory() as place:
        if not isinstance(sources, Path):
            texts, sources = sources, Path(place, "sources")
            sources.mkdir()
            for number, text in enumerate(texts):
                text = text if text.strip() else "(empty)"
                (sources / f"{number:08d}.txt").write_text(text, encoding="utf-8", newline="")
        build_index(sources, Path(place, "index"), encoder=encoder)
        yield Assistant.open(Path(place, "index"), encoder, reader, remember=0)  # what is timed is found, not remembered


def document_number(document: str) -> int:
    """Which of the texts given to `opened_over` a document is, from 0."""
    return int(document.removesuffix(".txt"))


def ask_all(assistant: Assistant, rows: Iterable[dict[str, Any]]) -> list[Asked]:
    """Ask every question; the first is asked twice, so that loading the model is not timed."""
    rows = list(rows)
    assistant.ask(rows[0]["question"], rows[0]["history"])
    asked = []
    for row in rows:
        started = time.perf_counter()
        answer = assistant.ask(row["question"], row["history"])
        seconds = time.perf_counter() - started
        exact = all(_is_exact(assistant, c.document, c.start, c.end, c.text) for c in (*answer.citations, *answer.related))
        first = answer.citations[0].text if answer.citations else _ranked_first(assistant, row)
        asked.append(Asked(row["id"], row["kind"], tuple(row["gold"]), answer, exact, seconds, first))
    return asked


def _ranked_first(assistant: Assistant, row: dict[str, Any]) -> str:
    text, _ = assistant.first_quotation(assistant.weigh(row["question"], row["history"]))
    return text


def _is_exact(assistant: Assistant, document: str, start: int, end: int, text: str) -> bool:
    index = assistant.index
    return index.text(index.numbers[document])[start:end] == text


def measures(asked: Sequence[Asked]) -> dict[str, Measures]:
    """The measures per kind and overall. A question without a citation counts 0; None where a measure does not apply.

    Over the answerable questions: "hit@k", a gold string stands in the first k citations; "ranked@1", in the quotation that
    ranks first before any refusal; "precision", the share that holds a gold string of all citations given to those that want no
    list; "list recall", the share of the gold strings that are cited, over those that do; "HasAns", answered. "NoAns": the share of
    the others that is refused; "balanced": the mean of these two. "AUC" of the confidence, answerable against not; "Brier" of
    the confidence as the probability that the first citation is right, over `judged`. "citations": how many an answer has.
    "exact": every quotation is the document's own text. "p50 ms", "p95 ms": the time of an answer.
    """
    kinds = list(dict.fromkeys(a.kind for a in asked))
    groups = {kind: [a for a in asked if a.kind == kind] for kind in kinds} | {"all": list(asked)}
    return {name: _measure(group) for name, group in groups.items()}


def _measure(asked: Sequence[Asked]) -> Measures:
    has = [a for a in asked if a.gold]
    none = [a for a in asked if not a.gold]
    lists = [a for a in has if a.kind == "list"]
    cited = sum(len(a.answer.citations) for a in has if a.kind != "list")
    answered, refused = [a.answer.verdict == "answered" for a in has], [a.answer.verdict != "answered" for a in none]
    times = [1000 * a.seconds for a in asked]
    return {
        "n": len(asked),
        "hit@1": mean([a.holds(1) for a in has]),
        "hit@3": mean([a.holds(3) for a in has]),
        "ranked@1": mean([any(holds_gold(a.ranked_first, g) for g in a.gold) for a in has]),
        "precision": sum(a.right_citations for a in has if a.kind != "list") / cited if cited else None,
        "list recall": mean([a.recall for a in lists]),
        "HasAns": mean(answered),
        "NoAns": mean(refused),
        "balanced": balanced_accuracy(answered, refused),
        "AUC": area_under_curve([a.answer.confidence for a in has], [a.answer.confidence for a in none]),
        "Brier": brier(judged(asked)),
        "citations": mean([len(a.answer.citations) for a in asked if a.answer.citations]),
        "exact": mean([a.exact for a in asked]),
        "p50 ms": float(np.percentile(times, 50)),
        "p95 ms": float(np.percentile(times, 95)),
    }


def judged(asked: Sequence[Asked]) -> list[tuple[float, bool]]:
    """Confidence, and whether the first citation is right, for Brier score and reliability.

    An answerable question that is refused has no first citation to be right or wrong, and is left out.
    """
    return [(a.answer.confidence, a.holds(1)) for a in asked if a.answer.verdict == "answered" or not a.gold]


def table(results: dict[str, Measures]) -> str:
    """The measures as a plain text table, one row a kind."""
    columns = list(next(iter(results.values())))
    lines = [f"{'kind':12}" + "".join(f"{c:>12}" for c in columns)]
    for name, row in results.items():
        lines.append(f"{name:12}" + "".join(f"{_cell(c, row[c]):>12}" for c in columns))
    return "\n".join(lines)


def _cell(column: str, value: float | int | None) -> str:
    if value is None:
        return "–"
    if column == "n":
        return str(value)
    return f"{value:.0f}" if column.endswith("ms") else f"{value:.3f}" if column != "citations" else f"{value:.1f}"
