"""Questions with known answers to measures.

A questions file has one JSON object a line: `id`, `kind`, `question`, `gold` (strings, each a right answer; for kind "list"
all are wanted; empty when the documents do not answer), and optionally `history` (earlier questions).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import EvaluationError

from .answer import Answer
from .assistant import Assistant

_QUOTES = str.maketrans("“”„«»‘’‚`´", "\"\"\"\"\"'''''")
RELIABILITY_BINS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of an evaluation with its answer. `seconds` is the time that the answer took."""

    id: str
    kind: str
    gold: tuple[str, ...]
    answer: Answer
    exact: bool
    seconds: float

    def holds(self, depth: int) -> bool:
        """Whether one of the first `depth` citations holds a gold string."""
        return any(holds_gold(c.text, g) for c in self.answer.citations[:depth] for g in self.gold)

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


def read_questions(path: Path) -> list[dict[str, Any]]:
    """The rows of a questions file. Raises EvaluationError, naming the line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a text may hold U+2028
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: cannot be read: {error}") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            row = {"id": str(number), "kind": "fact", "history": []} | row
            well_formed = all(isinstance(row[n], str) and row[n].strip() for n in ("question", "id", "kind")) and all(
                isinstance(row[n], list) and all(isinstance(x, str) and x.strip() for x in row[n]) for n in ("gold", "history")
            )
        except (ValueError, KeyError, TypeError) as error:
            raise EvaluationError(f"{path}, line {number}: {error!r}; expected an object with question, gold, history") from error
        if not well_formed:
            raise EvaluationError(
                f"{path}, line {number}: question, id and kind must be texts, gold and history lists of texts, none empty"
            )
        rows.append(row)
    if not rows:
        raise EvaluationError(f"{path}: no questions in it")
    return rows


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
        asked.append(Asked(row["id"], row["kind"], tuple(row["gold"]), answer, exact, seconds))
    return asked


def _is_exact(assistant: Assistant, document: str, start: int, end: int, text: str) -> bool:
    index = assistant.index
    return index.text(index.numbers[document])[start:end] == text


def measures(asked: Sequence[Asked]) -> dict[str, dict[str, float | int | None]]:
    """The measures per kind and overall. A question without a citation counts 0; None where a measure does not apply."""
    kinds = list(dict.fromkeys(a.kind for a in asked))
    groups = {kind: [a for a in asked if a.kind == kind] for kind in kinds} | {"all": list(asked)}
    return {name: _measure(group) for name, group in groups.items()}


def _measure(asked: Sequence[Asked]) -> dict[str, float | int | None]:
    has = [a for a in asked if a.gold]
    none = [a for a in asked if not a.gold]
    lists = [a for a in has if a.kind == "list"]
    times = [1000 * a.seconds for a in asked]
    return {
        "n": len(asked),
        "hit@1": _mean([a.holds(1) for a in has]),
        "hit@3": _mean([a.holds(3) for a in has]),
        "list recall": _mean([a.recall for a in lists]),
        "HasAns": _mean([a.answer.verdict == "answered" for a in has]),
        "NoAns": _mean([a.answer.verdict != "answered" for a in none]),
        "AUC": area_under_curve([a.answer.confidence for a in has], [a.answer.confidence for a in none]),
        "Brier": _mean([(a.answer.confidence - a.holds(1)) ** 2 for a in asked if a.answer.verdict == "answered" or not a.gold]),
        "citations": _mean([len(a.answer.citations) for a in asked if a.answer.citations]),
        "exact": _mean([a.exact for a in asked]),
        "p50 ms": float(np.percentile(times, 50)),
        "p95 ms": float(np.percentile(times, 95)),
    }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a random positive scores above a random negative, ties counted half; None without both."""
    if not len(positive) or not len(negative):
        return None
    p, n = np.asarray(positive)[:, None], np.asarray(negative)[None, :]
    return float(((p > n) + 0.5 * (p == n)).mean())


def reliability(asked: Sequence[Asked]) -> list[tuple[float, float, int]]:
    """Confidence against truth: (mean confidence, share whose first evidence answers, questions) per bin of confidence.

    Refused questions have no first citation, so an answerable one that is refused is left out.
    """
    rows = [(a.answer.confidence, a.holds(1)) for a in asked if a.answer.verdict == "answered" or not a.gold]
    bins = []
    for i in range(RELIABILITY_BINS):
        inside = [(c, r) for c, r in rows if i <= c * RELIABILITY_BINS < i + 1 or (i == RELIABILITY_BINS - 1 and c == 1)]
        if inside:
            bins.append((float(np.mean([c for c, _ in inside])), float(np.mean([r for _, r in inside])), len(inside)))
    return bins


def table(results: dict[str, dict[str, float | int | None]]) -> str:
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
