"""Labelled reading rows to the features of their sentences, each text read as the product reads a passage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from index.embed import Encoder
from index.sparse import KeywordIndex, build_sparse
from index.tokens import quantise, restore, token_ranges

from .question import Question, parse_question
from .read import features_of, importance_of, token_weights_of

WINDOW = 200  # tokens of a text that are encoded together, as in a passage
MAX_QUESTION = 600  # characters of a question that are read


@dataclass(frozen=True, slots=True)
class Example:
    """One question over one text: its features, shape (sentences, features), and which sentences are evidence.

    Sentences that could not be encoded are left out. `match`, shape (question tokens, sentences), and `token_weights`,
    `importance` and `offsets`, one row a question token, are those of `qa.read.Reading`.
    """

    set: str
    group: str
    features: np.ndarray
    evidence: tuple[int, ...]
    question: Question
    texts: tuple[str, ...]
    match: np.ndarray
    token_weights: np.ndarray
    importance: np.ndarray
    offsets: np.ndarray


def collection_of(rows: Sequence[dict[str, Any]]) -> KeywordIndex:
    """The word statistics of all distinct texts, which weigh the words of the questions."""
    return build_sparse(sorted({row["text"] for row in rows}))


def examples_of(rows: Sequence[dict[str, Any]], keywords: KeywordIndex, encoder: Encoder) -> Iterator[Example]:
    """Encode the rows as the index would, window by window, and compute the features of every sentence.

    One example a row, in order; one without sentences, where none could be encoded, has no evidence either.
    """
    collection: Any = SimpleNamespace(keywords=keywords)
    encoded: dict[tuple[str, ...], list[np.ndarray]] = {}  # many questions share a text
    for row in rows:
        texts = tuple(" ".join(row["text"][a:b].split()) for a, b in row["sentences"])
        if texts not in encoded:
            encoded[texts] = token_vectors(texts, encoder)
        tokens = encoded[texts]
        kept = [i for i in range(len(texts)) if len(tokens[i])]
        question = parse_question(row["question"][:MAX_QUESTION], collection, encoder, own=row.get("own", ""))
        encoding = encoder.encode_question(question.text)
        weights = token_weights_of(question, encoding)
        match, features = np.zeros((len(weights), 0)), np.zeros((0, 0))
        if kept:
            match = np.stack([(encoding.tokens @ restore(tokens[i]).T).max(axis=1) for i in kept], axis=1)
            follows = np.array([i > 0 for i in range(len(kept))])
            features = features_of(question, [texts[i] for i in kept], match, encoding, weights, follows)
        evidence = tuple(kept.index(e) for e in row["evidence"] if e in kept)
        importance = importance_of(encoding)
        yield Example(
            row["set"],
            row["group"],
            features,
            evidence,
            question,
            tuple(texts[i] for i in kept),
            match,
            weights,
            importance,
            encoding.offsets,
        )


def token_vectors(texts: Sequence[str], encoder: Encoder) -> list[np.ndarray]:
    """Token vectors of each sentence, encoded in windows of whole sentences and quantised as in an index.

    None, shape (0, d), for a blank one and for one that the encoder cannot take.
    """
    lengths = encoder.count_tokens(texts)
    windows: list[list[int]] = []
    used = WINDOW + 1
    for i, length in enumerate(lengths):
        if not texts[i]:
            continue
        if used + length > WINDOW or not windows:
            windows.append([])
            used = 0
        windows[-1].append(i)
        used += length
    result = [np.zeros((0, encoder.token_dimension), dtype=np.int8)] * len(texts)
    windows = [w for w in windows if sum(lengths[i] for i in w) <= encoder.max_tokens - 2]  # a rough "sentence" may be too long
    encodings = encoder.encode([" ".join(texts[i] for i in w) for w in windows])
    for window, encoding in zip(windows, encodings, strict=True):
        starts = np.cumsum([0] + [len(texts[i]) + 1 for i in window])[:-1]
        ranges = token_ranges(encoding.offsets, starts)
        vectors = quantise(encoding.tokens)
        for position, i in enumerate(window):
            result[i] = vectors[ranges[position] : ranges[position + 1]]
    return result
