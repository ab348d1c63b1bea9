"""The development questions, asked of the program itself: what fits and calibrations learn from.

They are the files `tests/questions/NAME-dev*.jsonl`; their documents lie in the folder NAME beside them, those of "bexley" in
`sources/`. Collections are dealt into FOLDS folds, so that each can be seen through something trained without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import Index
from index.embed import Encoder, SentenceTransformerEncoder
from qa.assistant import Weighed
from qa.evaluate import holds_gold, opened_over
from qa.evaluate_reading import held_back, share_of
from qa.features import Example
from qa.labelled import read_questions
from qa.reader import Reader

QUESTIONS = "questions"
"""The name that development questions have as a set of examples."""

FOLDS = 3
LEARN, FUSE, MEASURE = "learn", "fuse", "measure"
"""What the groups of the reading data serve for: the reader, the fits that build on it, and nothing but measuring."""

_ROOT = Path(__file__).parents[1]
_FOLDER = _ROOT / "tests" / "questions"


@dataclass(frozen=True, slots=True)
class Tried:
    """One question as the program weighs it over `index`. `right`: the first quotation holds a gold string."""

    collection: str
    row: dict[str, Any]
    index: Index
    weighed: Weighed
    signs: tuple[float, ...]
    right: bool


def collections() -> dict[str, tuple[Path, list[Path]]]:
    """The development collections by name: the folder of their documents, and the files of their questions."""
    files = sorted(_FOLDER.glob("*-dev*.jsonl"))
    names = sorted({f.name.split("-dev")[0] for f in files})
    return {
        name: (
            _FOLDER / name if (_FOLDER / name).is_dir() else _ROOT / "sources",
            [f for f in files if f.name.startswith(f"{name}-dev")],
        )
        for name in names
    }


def fold_of(collection: str) -> int:
    """The fold, from 0, that a collection is dealt into."""
    return list(collections()).index(collection) % FOLDS


def part_of(name: str, group: str) -> str:
    """LEARN, FUSE or MEASURE: what a group of a reading set serves for."""
    if held_back(name, group):
        return MEASURE
    return FUSE if share_of(group) == 3 else LEARN


def fold_encoder(folder: Path, fold: int) -> SentenceTransformerEncoder:
    """The encoder with the projections that were trained without the collections of a fold (`late_interaction --folds`)."""
    return SentenceTransformerEncoder(late_interaction=folder / f"fold{fold}.npz")


def fold_reader(folder: Path, fold: int, encoder: Encoder) -> Reader:
    """The reader that was trained without the collections of a fold (`training.reader --folds`)."""
    return Reader(folder / f"reader{fold}", token_offsets=encoder.token_offsets)


def try_questions(
    encoder_of: Callable[[str], Encoder], reader_of: Callable[[str], Reader | None] = lambda name: None
) -> Iterator[Tried]:
    """Index each collection with its encoder and weigh its questions with its reader. The index of a `Tried` is gone when the next is taken."""
    for name, (sources, files) in collections().items():
        with opened_over(sources, encoder_of(name), reader_of(name)) as assistant:
            for row in (row for file in files for row in read_questions(file)):
                weighed = assistant.weigh(row["question"], row["history"])
                first, signs = assistant.first_quotation(weighed)
                right = any(holds_gold(first, g) for g in row["gold"])
                yield Tried(name, row, assistant.index, weighed, signs, right)


def gold_numbers(tried: Tried) -> list[int]:
    """The numbers of the sentences among the evidence that hold a gold string."""
    return [e.number for e in tried.weighed.reading.evidence if any(holds_gold(e.text, g) for g in tried.row["gold"])]


def examples_from(tried: Sequence[Tried]) -> list[Example]:
    """The answerable questions as examples for ranking; sentences that hold a gold string are the evidence."""
    examples = []
    for t in tried:
        reading = t.weighed.reading
        evidence = reading.evidence
        numbers = set(gold_numbers(t))
        gold = tuple(i for i, e in enumerate(evidence) if e.number in numbers)
        if gold and len(evidence) > 1:
            features = np.array([e.features for e in evidence])
            match = reading.match[:, [reading.position(e) for e in evidence]]
            texts = tuple(e.text for e in evidence)
            question, weights, importance = t.weighed.question, reading.token_weights, reading.importance
            examples.append(
                Example(QUESTIONS, t.collection, features, gold, question, texts, match, weights, importance, reading.offsets)
            )
    return examples
