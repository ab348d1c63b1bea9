"""Questions to hits: dense and keyword search over passages, fused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, fields
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from index.duplicates import runs_of, wording
from index.sparse import STOP_WORDS, term_of, words_of

from .within import passages_within

if TYPE_CHECKING:
    from index import Index

DEPTH = 200
"""Passages taken from each search before fusion."""

RRF_K = 60
"""The constant of reciprocal rank fusion, as its authors chose it: score = sum over searches of weight / (RRF_K + rank)."""

DENSE_WEIGHT = 0.5

REPEATED = 0.5
"""A passage of a copy repeats another when so much of its text stands in better passages of the other copies."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage: `text` is `document_text[start:end]`, which the constructor checks.

    `score`: higher is better, comparable within one question only. `rank` counts from 1; `dense_rank` and
    `sparse_rank` are its ranks in the two searches, copies and what the question rules out not counted; None where it was
    not among their first DEPTH, or repeats another hit.
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
    variants: int | None = None,
    within: np.ndarray | None = None,
) -> list[Hit]:
    """The best k passages for a question's unit vector, shape (d,), and its index terms.

    Weighted reciprocal rank fusion (Cormack, Clarke & Buettcher 2009); ties by position in the collection. Every
    passage has all the `phrases` word for word, however far down it ranks, and none of the `excluded` terms. Among copies
    of one document, passages that mostly repeat a better one take no rank from others and come after them all. Given a
    number of `variants`, only so many of them come, beyond k, which also have words of their own. `within`: which documents
    are searched, bool, shape (documents,); None for all.
    """
    without = {int(n) for term in excluded for n in index.keywords.passages_with(term)}
    holding = set(passages_with(index, phrases, within)) - without if phrases else set()
    only = passages_within(index, within)
    depth = max(DEPTH, k) + len(without)
    size = len(index.passages) if only is None else int(np.count_nonzero(only))
    scores = index.keyword_scores(terms, only)

    def wanted(numbers: np.ndarray) -> list[int]:
        return [n for n in numbers.tolist() if n not in without and (not phrases or n in holding)]

    while True:
        dense, sparse = wanted(index.nearest(vector, depth, only)), wanted(_best(scores, depth))
        first = _fused(dense, sparse, holding)
        repeats = find_repeats(index, sorted(first, key=lambda n: (-first[n], n)))
        if phrases or not repeats or len(first) - len(repeats) >= k or depth >= size:
            break
        depth *= 4  # copies fill what was looked at: look further
    dense_ranks = {n: rank for rank, n in enumerate((n for n in dense if n not in repeats), 1)}
    sparse_ranks = {n: rank for rank, n in enumerate((n for n in sparse if n not in repeats), 1)}
    fused = _fused(dense_ranks, sparse_ranks, holding - repeats.keys())
    best = sorted(fused, key=lambda n: (-fused[n], n))
    for position, n in enumerate(repeats, 1):  # lower than all others, in their own order
        fused[n] = min((fused[m] for m in best), default=1.0) * RRF_K / (RRF_K + position)
    ordered = [*best, *repeats][: max(k, 0)]
    if variants is not None:
        ordered = best[: max(k, 0)] + [n for n, varies in repeats.items() if varies][:variants]
    rows = index.passages[np.array(ordered, dtype=np.int64)]  # all at once: they may have to be fetched
    ranked = enumerate(zip(rows, ordered, strict=True), 1)
    return [_hit(index, row, n, float(fused[n]), rank, dense_ranks.get(n), sparse_ranks.get(n)) for rank, (row, n) in ranked]


def _fused(dense: Iterable[int], sparse: Iterable[int], others: Iterable[int]) -> dict[int, float]:
    """The fused score of each passage in two lists, best first, and of others: 0 for those in neither."""
    dense_ranks = {n: rank for rank, n in enumerate(dense, 1)}
    sparse_ranks = {n: rank for rank, n in enumerate(sparse, 1)}
    return {
        n: DENSE_WEIGHT / (RRF_K + dense_ranks[n] if n in dense_ranks else np.inf)
        + (1 - DENSE_WEIGHT) / (RRF_K + sparse_ranks[n] if n in sparse_ranks else np.inf)
        for n in {*dense_ranks, *sparse_ranks, *others}
    }


def find_repeats(index: Index, numbers: Iterable[int]) -> dict[int, bool]:
    """Which of these passages, best first, mostly repeat better ones of a copy of their document, in the same order.

    Each with whether it also has a sentence of its own. Passages of one document never repeat each other.
    """
    repeats: dict[int, bool] = {}
    shown: dict[tuple[int, int], int] = {}  # by original and wording: the document that showed it first
    leading: dict[int, list[tuple[int, int]]] = {}  # by original: the passages that repeat nothing, each after its document
    rows = index.sentences.view(np.ndarray)
    for number in numbers if index.copied else ():
        passage = index.passages[number]
        document, first, last = int(passage["document"]), int(passage["first"]), int(passage["last"])
        if document not in index.copied:
            continue
        original = index.original(document)
        keys = [(original, same) for same in rows["same"][first:last].tolist()]
        lengths = (rows["end"][first:last] - rows["start"][first:last]).tolist()
        again = [shown.get(key, document) != document for key in keys]
        others = [n for other, n in leading.get(original, ()) if other != document]
        if sum(n for n, seen in zip(lengths, again, strict=True) if seen) >= REPEATED * sum(lengths):
            repeats[number] = not all(again)
        elif others and _mostly_in(_text(index, number), [_text(index, n) for n in others]):
            repeats[number] = True
        else:
            leading.setdefault(original, []).append((document, number))
        for key in keys:
            shown.setdefault(key, document)
    return repeats


def _mostly_in(text: str, others: Sequence[str]) -> bool:
    """Whether the words of a text stand in others run by run, where no whole sentence does: its ends or a letter are different."""
    runs = _runs(text)
    return bool(runs) and len(runs & frozenset().union(*map(_runs, others))) >= REPEATED * len(runs)


@lru_cache(maxsize=1_000)
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    return runs_of(wording(text))


def passages_with(index: Index, phrases: Sequence[str], within: np.ndarray | None = None) -> list[int]:
    """The numbers of the passages, of the documents `within`, in which every phrase (words as `words_of` gives them, joined by
    blanks) stands."""
    only = passages_within(index, within)
    numbers = range(len(index.passages))
    terms = {term_of(w) for phrase in phrases for w in phrase.split() if w not in STOP_WORDS}
    if terms:
        holding = (index.keywords.passages_with(term) for term in terms)
        numbers = reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), holding)  # type: ignore[assignment]
    if only is not None:
        numbers = (n for n in numbers if only[n])  # type: ignore[assignment]
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


def _hit(
    index: Index, row: np.void, number: int, score: float, rank: int, dense_rank: int | None, sparse_rank: int | None
) -> Hit:
    document = index.documents[int(row["document"])]
    text = index.text(int(row["document"]))
    start, end = int(row["start"]), int(row["end"])
    return Hit(document.id, start, end, text[start:end], score, rank, dense_rank, sparse_rank, number, document.title, text)
