"""Questions to hits: dense and keyword search over passages, fused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, fields
from functools import reduce
from typing import Any

import numpy as np

from index import Index
from index.dense import search_dense
from index.sparse import STOP_WORDS, term_of, words_of

DEPTH = 200
"""Passages taken from each search before fusion."""

RRF_K = 60
"""The constant of reciprocal rank fusion, as its authors chose it: score = sum over searches of weight / (RRF_K + rank)."""

DENSE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage: `text` is `document_text[start:end]`, which the constructor checks.

    `score`: higher is better, comparable within one question only. `rank` counts from 1; `dense_rank` and
    `sparse_rank` are its ranks in the two searches, None where it was not among their first DEPTH.
    `number` is the passage's number in the index.
    """

    document: str
    start: int
    end: int
    text: str
    score: float
    rank: int
    dense_rank: int | None
    sparse_rank: int | None
    number: int
    title: str | None
    document_text: InitVar[str]

    def __post_init__(self, document_text: str) -> None:
        if document_text[self.start : self.end] != self.text:
            raise ValueError(f"{self.document} [{self.start}, {self.end}): the passage is not the document's text")

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON-ready data."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def search(
    index: Index,
    vector: np.ndarray,
    terms: Sequence[str],
    k: int,
    phrases: Sequence[str] = (),
    excluded: Iterable[str] = (),
) -> list[Hit]:
    """The best k passages for a question's unit vector, shape (d,), and its index terms.

    Weighted reciprocal rank fusion (Cormack, Clarke & Buettcher 2009); ties by position in the collection. Every
    passage has all the `phrases` word for word, however far down it ranks, and none of the `excluded` terms.
    """
    without = {int(n) for term in excluded for n in index.keywords.passages_with(term)}
    depth = max(DEPTH, k) + len(without)
    _, dense = search_dense(index.dense, vector, depth)
    scores = index.keywords.scores(terms)
    sparse = _best(scores, depth)
    dense_ranks = {int(number): rank for rank, number in enumerate(dense, 1)}
    sparse_ranks = {int(number): rank for rank, number in enumerate(sparse, 1)}
    found = set(passages_with(index, phrases)) if phrases else dense_ranks.keys() | sparse_ranks.keys()
    fused = {
        number: DENSE_WEIGHT / (RRF_K + dense_ranks[number] if number in dense_ranks else np.inf)
        + (1 - DENSE_WEIGHT) / (RRF_K + sparse_ranks[number] if number in sparse_ranks else np.inf)
        for number in found - without
    }
    best = sorted(fused, key=lambda n: (-fused[n], n))[: max(k, 0)]
    return [_hit(index, n, float(fused[n]), rank, dense_ranks.get(n), sparse_ranks.get(n)) for rank, n in enumerate(best, 1)]


def passages_with(index: Index, phrases: Sequence[str]) -> list[int]:
    """The numbers of the passages in which every phrase (words as `words_of` gives them, joined by blanks) stands."""
    numbers = range(len(index.passages))
    terms = {term_of(w) for phrase in phrases for w in phrase.split() if w not in STOP_WORDS}
    if terms:
        holding = (index.keywords.passages_with(term) for term in terms)
        numbers = reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), holding)  # type: ignore[assignment]
    return [int(n) for n in numbers if all(stands_in(phrase, _text(index, int(n))) for phrase in phrases)]


def stands_in(phrase: str, text: str) -> bool:
    """Whether the words of a phrase stand in a text as they are, whatever their case and the marks between them."""
    return f" {phrase} " in f" {' '.join(words_of(text))} "


def _text(index: Index, number: int) -> str:
    row = index.passages[number]
    return index.text(int(row["document"]))[row["start"] : row["end"]]


def _best(scores: np.ndarray, k: int) -> np.ndarray:
    """Numbers of the k highest positive scores, best first, ties by number."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > k:
        floor = np.partition(scores[positive], -k)[-k]
        positive = positive[scores[positive] >= floor]
    return positive[np.lexsort((positive, -scores[positive]))][:k]


def _hit(index: Index, number: int, score: float, rank: int, dense_rank: int | None, sparse_rank: int | None) -> Hit:
    row = index.passages[number]
    document = index.documents[int(row["document"])]
    text = index.text(int(row["document"]))
    start, end = int(row["start"]), int(row["end"])
    return Hit(document.id, start, end, text[start:end], score, rank, dense_rank, sparse_rank, number, document.title, text)
