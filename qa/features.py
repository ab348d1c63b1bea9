"""Labelled reading rows to the features of their sentences, each text read as the product reads a passage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from index.embed import Encoder, Encoding
from index.sparse import KeywordIndex, build_sparse
from index.tokens import quantise, token_ranges

from .joint import PassageTokens
from .question import Question, parse_question
from .read import (
    asked_tokens,
    features_of,
    importance_of,
    load_weights,
    reader_features,
    reading_range,
    token_match,
    token_weights_of,
)
from .reader import Reader

WINDOW = 200  # tokens of a text that are encoded together, as in a passage
BATCH = 32  # windows encoded at once
MAX_QUESTION = 600  # characters of a question that are read


@dataclass(frozen=True, slots=True)
class Example:
    """One question over one text: its features, shape (sentences, features), and which sentences are evidence.

    Sentences that could not be encoded are left out. `match`, shape (question tokens, sentences), and `token_weights`,
    `importance` and `offsets`, one row a question token, are those of `qa.read.Reading`. `held` is the best log odds that a
    window holds evidence, None without a reader, and `answers` the exact words of sentences as `qa.reader.Reader.in_characters` gives them.
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
    held: float | None = None
    answers: Mapping[int, tuple[int, int, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences of a text that are encoded together: the joined `text`, and the numbers of those `sentences` that have tokens."""

    text: str
    sentences: tuple[int, ...]
    passage: PassageTokens


def collection_of(rows: Sequence[dict[str, Any]]) -> KeywordIndex:
    """The word statistics of all distinct texts, which weigh the words of the questions."""
    return build_sparse(sorted({row["text"] for row in rows}))


def examples_of(
    rows: Sequence[dict[str, Any]], keywords: KeywordIndex, encoder: Encoder, reader: Reader | None = None
) -> Iterator[Example]:
    """Encode the rows as the index would, window by window, and compute the features of every sentence.

    One example a row, in order; one without sentences, where none could be encoded, has no evidence either.
    """
    collection: Any = SimpleNamespace(keywords=keywords)
    encoded: dict[tuple[str, ...], list[Window]] = {}  # many questions share a text
    for row in rows:
        texts = tuple(" ".join(row["text"][a:b].split()) for a, b in row["sentences"])
        if texts not in encoded:
            (encoded[texts],) = windows_of([texts], encoder)
        windows = encoded[texts]
        kept = [i for window in windows for i in window.sentences]
        question = parse_question(row["question"][:MAX_QUESTION], collection, encoder, own=row.get("own", ""))
        encoding = encoder.encode_question(question.text)
        weights = token_weights_of(question, encoding)
        match, features = np.zeros((len(weights), 0)), np.zeros((0, 0))
        if kept:
            match = np.concatenate([token_match(encoding.tokens, window.passage) for window in windows], axis=1)
            follows = np.array([i > 0 for i in range(len(kept))])
            features = features_of(question, [texts[i] for i in kept], match, encoding, weights, follows)
        importance = importance_of(encoding)
        held, answers = None, {}
        if kept and reader is not None and encoding.states is not None:
            places = [np.flatnonzero(np.isin(kept, window.sentences)) for window in windows]
            asked, passages, scores = asked_tokens(encoding, weights), [w.passage for w in windows], features @ load_weights()
            together = reader.read_together(asked, passages.__getitem__, places, scores, reading_range(question))
            features = np.hstack([features, reader_features(question, together.columns)])
            held = max(together.held.values())
            answers = reader.in_characters(together.answers, [texts[i] for i in kept])
        evidence = tuple(kept.index(e) for e in row["evidence"] if e in kept)
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
            held,
            answers,
        )


def windows_of(texts: Sequence[Sequence[str]], encoder: Encoder) -> list[list[Window]]:
    """The windows of texts, given as their sentences with white space collapsed, encoded and quantised as in an index.

    A blank sentence, and one that the encoder cannot take, is in no window.
    """
    planned = [_planned(sentences, encoder) for sentences in texts]
    joined = [" ".join(texts[i][s] for s in window) for i, windows in enumerate(planned) for window in windows]
    order = sorted(range(len(joined)), key=lambda i: -len(joined[i]))  # like lengths share a batch
    encodings: dict[int, Encoding] = {}
    for begin in range(0, len(order), BATCH):
        batch = order[begin : begin + BATCH]
        encodings |= dict(zip(batch, (_quantised(e) for e in encoder.encode([joined[i] for i in batch])), strict=True))
    numbers = iter(range(len(joined)))
    made = [
        [_window(texts[i], window, joined[n], encodings[n]) for window, n in zip(windows, numbers, strict=False)]
        for i, windows in enumerate(planned)
    ]
    return [[window for window in windows if window.sentences] for windows in made]


def _quantised(encoding: Encoding) -> Encoding:
    return replace(encoding, tokens=quantise(encoding.tokens))


def _planned(sentences: Sequence[str], encoder: Encoder) -> list[list[int]]:
    """Which sentences are encoded together."""
    lengths = encoder.count_tokens(sentences)
    windows: list[list[int]] = []
    used = WINDOW + 1
    for i, length in enumerate(lengths):
        if not sentences[i] or length > encoder.max_tokens - 2:  # a rough "sentence" may be too long
            continue
        if used + length > WINDOW or not windows:
            windows.append([])
            used = 0
        windows[-1].append(i)
        used += length
    return windows


def _window(sentences: Sequence[str], window: Sequence[int], text: str, encoding: Encoding) -> Window:
    starts = np.cumsum([0] + [len(sentences[i]) + 1 for i in window])[:-1]
    lengths = np.diff(token_ranges(encoding.offsets[:, 0], [int(s) for s in starts]))
    kept = np.flatnonzero(lengths)
    states = np.zeros((len(encoding.tokens), 0), dtype=np.int8) if encoding.states is None else encoding.states
    passage = PassageTokens(encoding.tokens, states, np.repeat(np.arange(len(kept)), lengths[kept]))
    return Window(text, tuple(window[i] for i in kept), passage)
