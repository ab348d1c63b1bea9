"""Development questions over small collections, asked of the program itself: what fits and calibrations learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import Encoder
from qa.assistant import Weighed
from qa.evaluate import holds_gold, opened_over
from qa.features import Example
from qa.labelled import read_questions

QUESTIONS = "questions"
"""The name that development questions have as a set of examples."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One question as the program weighs it. `right`: the first quotation holds a gold string."""

    collection: str
    row: dict[str, Any]
    weighed: Weighed
    signs: tuple[float, ...]
    right: bool


def try_questions(pairs: Sequence[str], encoder: Encoder) -> Iterator[Tried]:
    """Index each collection of "SOURCES=QUESTIONS.jsonl" and weigh its questions."""
    for pair in pairs:
        sources, questions = pair.split("=", 1)
        with opened_over(Path(sources), encoder) as assistant:
            for row in read_questions(Path(questions)):
                weighed = assistant.weigh(row["question"], row["history"])
                first, signs = assistant.first_quotation(weighed)
                yield Tried(sources, row, weighed, signs, any(holds_gold(first, g) for g in row["gold"]))


def examples_from(tried: Sequence[Tried]) -> list[Example]:
    """The answerable questions as examples for ranking; sentences that hold a gold string are the evidence."""
    examples = []
    for t in tried:
        reading = t.weighed.reading
        evidence = reading.evidence
        gold = tuple(i for i, e in enumerate(evidence) if any(holds_gold(e.text, g) for g in t.row["gold"]))
        if gold and len(evidence) > 1:
            features = np.array([e.features for e in evidence])
            match = reading.match[:, [reading.position(e) for e in evidence]]
            texts = tuple(e.text for e in evidence)
            weights = reading.token_weights
            examples.append(Example(QUESTIONS, t.collection, features, gold, t.weighed.question, texts, match, weights))
    return examples
