"""Labelled reading data: rows of question, text, sentence offsets and evidence, and their features.

A row is a JSON object with `question`, `text`, `sentences` (list of [start, end) characters), `evidence` (numbers of the
sentences that answer; empty = none does) and `group` (rows of a group never stand on both sides of a split).
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from index.embed import Encoder
from index.sparse import KeywordIndex, build_sparse
from index.tokens import quantise, restore, token_ranges
from qa.question import Question, parse_question
from qa.read import features_of, token_weights_of

WINDOW = 200  # tokens of a text that are encoded together, as in a passage


@dataclass(frozen=True, slots=True)
class Example:
    """One question over one text: its features, shape (sentences, features), and which sentences are evidence."""

    set: str
    group: str
    features: np.ndarray
    evidence: tuple[int, ...]
    question: Question
    texts: tuple[str, ...]


def read_rows(path: Path, limit: int | None, seed: int = 1) -> list[dict[str, Any]]:
    """The rows of one gzipped JSON-lines file, or a fixed random sample of `limit` of them."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return random.Random(seed).sample(rows, limit) if limit and limit < len(rows) else rows


def collection_of(rows: Sequence[dict[str, Any]]) -> KeywordIndex:
    """The word statistics of all distinct texts, which weigh the words of the questions."""
    return build_sparse(sorted({row["text"] for row in rows}))


def examples_of(rows: Sequence[dict[str, Any]], keywords: KeywordIndex, encoder: Encoder) -> Iterator[Example]:
    """Encode the rows as the index would, window by window, and compute the features of every sentence."""
    collection: Any = SimpleNamespace(keywords=keywords)
    for row in rows:
        texts = [" ".join(row["text"][a:b].split()) for a, b in row["sentences"]]
        kept = [i for i, t in enumerate(texts) if t]
        question = parse_question(row["question"][:600], collection, encoder)
        tokens = _token_vectors([texts[i] for i in kept], encoder)
        kept = [i for i, t in zip(kept, tokens, strict=True) if len(t)]
        tokens = [t for t in tokens if len(t)]
        if not kept:
            continue
        encoding = encoder.encode([question.text])[0]
        match = np.stack([(encoding.tokens @ t.T).max(axis=1) for t in tokens], axis=1)
        weights = token_weights_of(question, encoding)
        follows = np.array([i > 0 for i in range(len(kept))])
        features = features_of(question, [texts[i] for i in kept], match, encoding, weights, follows)
        evidence = tuple(kept.index(e) for e in row["evidence"] if e in kept)
        yield Example(row["set"], row["group"], features, evidence, question, tuple(texts[i] for i in kept))


def _token_vectors(texts: Sequence[str], encoder: Encoder) -> list[np.ndarray]:
    """Token vectors of each sentence, encoded in windows of whole sentences and quantised as in an index."""
    lengths = encoder.count_tokens(texts)
    windows: list[list[int]] = []
    used = WINDOW + 1
    for i, length in enumerate(lengths):
        if used + length > WINDOW or not windows:
            windows.append([])
            used = 0
        windows[-1].append(i)
        used += length
    result: list[np.ndarray] = [np.zeros((0, encoder.token_dimension), dtype=np.float32)] * len(texts)
    windows = [w for w in windows if sum(lengths[i] for i in w) <= encoder.max_tokens - 2]  # a rough "sentence" may be too long
    encodings = encoder.encode([" ".join(texts[i] for i in w) for w in windows])
    for window, encoding in zip(windows, encodings, strict=True):
        starts = np.cumsum([0] + [len(texts[i]) + 1 for i in window])[:-1]
        ranges = token_ranges(encoding.offsets, starts)
        vectors = restore(quantise(encoding.tokens))
        for position, i in enumerate(window):
            result[i] = vectors[ranges[position] : ranges[position + 1]]
    return result
