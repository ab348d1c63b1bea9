"""Labelled rows and development questions as the reader sees them: what `training.reader` learns from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from index import Index
from index.embed import Encoder, SentenceTransformerEncoder
from index.sparse import KeywordIndex, term_of, words_of
from qa.features import BATCH, MAX_QUESTION, Window, collection_of, windows_of
from qa.joint import AskedTokens, PassageTokens
from qa.labelled import read_reading, stem
from qa.question import Question, parse_question
from qa.read import asked_tokens, passage_tokens, token_weights_of

from .questions import QUESTIONS, Tried, gold_numbers, try_questions

NEAR = 40
"""Texts that share the most and rarest words with a question, among which a null passage is looked for."""

QUESTION_PASSAGES = 10
"""Passages kept of those that are read for a development question, beside those that hold evidence."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """One question over passages: which sentences of each are evidence, and the answers as `[first, last]` tokens of each.

    `negative` is a passage of another text that shares rare words with the question and does not answer it.
    """

    set: str
    group: str
    asked: AskedTokens
    passages: tuple[PassageTokens, ...]
    gold: tuple[np.ndarray, ...]
    answers: tuple[tuple[tuple[int, int], ...], ...]
    negative: PassageTokens | None

    @property
    def answerable(self) -> bool:
        """Whether a sentence is evidence."""
        return any(g.any() for g in self.gold)


def asked_by(questions: Sequence[Question], encoder: SentenceTransformerEncoder) -> Iterator[AskedTokens]:
    """Questions as the reader sees them."""
    for begin in range(0, len(questions), BATCH):
        some = questions[begin : begin + BATCH]
        for question, encoding in zip(some, encoder.encode_questions([q.text for q in some]), strict=True):
            yield asked_tokens(encoding, token_weights_of(question, encoding))


def reading_pairings(path: Path, encoder: SentenceTransformerEncoder, limit: int | None = None) -> Iterator[Pairing]:
    """The rows of a reading set, at most `limit`; those with evidence that cannot be read are left out."""
    rows = read_reading(path)
    keywords = collection_of(rows)
    collection: Any = SimpleNamespace(keywords=keywords)
    texts = sorted({row["text"] for row in rows})
    rows = rows[:limit]
    sentences = {row["text"]: tuple(" ".join(row["text"][a:b].split()) for a, b in row["sentences"]) for row in rows}
    windows = dict(zip(sentences, windows_of(list(sentences.values()), encoder), strict=True))
    questions = [parse_question(row["question"][:MAX_QUESTION], collection, encoder) for row in rows]
    for row, question, asked in zip(rows, questions, asked_by(questions, encoder), strict=True):
        own, normal = windows[row["text"]], sentences[row["text"]]
        gold = tuple(np.isin(window.sentences, row["evidence"]) for window in own)
        if not len(asked.tokens) or not own or bool(row["evidence"]) != any(g.any() for g in gold):
            continue
        spans = _spans(row, normal)
        negative = _negative(question, row, keywords, texts, windows)
        yield Pairing(
            stem(path),
            row["group"],
            asked,
            tuple(window.passage for window in own),
            gold,
            tuple(_token_spans(window, normal, spans, encoder) for window in own),
            negative,
        )


def _negative(
    question: Question, row: dict[str, Any], keywords: KeywordIndex, texts: Sequence[str], windows: dict[str, list[Window]]
) -> PassageTokens | None:
    """A passage of the nearest other text without the answer's words."""
    answers = [row["text"][a:b].casefold() for a, b in row["spans"]]
    scores = keywords.scores(question.terms)
    for number in np.argsort(-scores, kind="stable")[:NEAR]:
        text = texts[number]
        if text == row["text"] or not windows.get(text) or any(a in text.casefold() for a in answers):
            continue
        terms = [{term_of(w) for w in words_of(window.text)} for window in windows[text]]
        best = max(range(len(terms)), key=lambda i: len(terms[i] & set(question.terms)))
        return windows[text][best].passage
    return None


def _spans(row: dict[str, Any], normal: Sequence[str]) -> list[tuple[int, int, int]]:
    """The answer spans as (sentence, start, end) in the sentence with its white space collapsed."""
    found = []
    for start, end in row["spans"]:
        for number, (a, b) in enumerate(row["sentences"]):
            if a <= start < b:
                answer = " ".join(row["text"][start : min(end, b)].split())
                before = len(" ".join(row["text"][a:start].split()))
                places = [m.start() for m in re.finditer(re.escape(answer), normal[number])] if answer else []
                if places:
                    place = min(places, key=lambda p: abs(p - before))
                    found.append((number, place, place + len(answer)))
                break
    return found


def _token_spans(
    window: Window, normal: Sequence[str], spans: Sequence[tuple[int, int, int]], encoder: Encoder
) -> tuple[tuple[int, int], ...]:
    """The spans in the sentences of a window as `[first, last]` tokens of the window."""
    result = []
    for number, start, end in spans:
        if number in window.sentences:
            first = int(np.flatnonzero(window.passage.sentence == window.sentences.index(number))[0])
            (offsets,) = encoder.token_offsets([normal[number]])
            inside = np.flatnonzero((offsets[:, 0] >= start) & (offsets[:, 1] <= end))
            if len(inside):
                result.append((first + int(inside[0]), first + int(inside[-1])))
    return tuple(result)


def question_pairings(encoder_of: Callable[[str], SentenceTransformerEncoder]) -> Iterator[Pairing]:
    """The development questions over the passages that are read for them, each collection with its encoder."""
    for tried in try_questions(encoder_of):
        pairing = _of_question(tried, encoder_of(tried.collection))
        if pairing is not None and pairing.answerable == bool(tried.row["gold"]):
            yield pairing


def _of_question(tried: Tried, encoder: SentenceTransformerEncoder) -> Pairing | None:
    index: Index = tried.index
    gold = set(gold_numbers(tried))
    order = dict.fromkeys(int(index.sentences[e.number]["passage"]) for e in tried.weighed.reading.evidence)
    kept = [
        p
        for rank, p in enumerate(order)
        if rank < QUESTION_PASSAGES or gold & set(range(index.passages[p]["first"], index.passages[p]["last"]))
    ]
    if not kept:
        return None
    read = [passage_tokens(index, p) for p in kept]
    return Pairing(
        QUESTIONS,
        tried.collection,
        next(asked_by([tried.weighed.question], encoder)),
        tuple(passage for passage, _ in read),
        tuple(np.isin(numbers, list(gold)) for _, numbers in read),
        ((),) * len(read),
        None,
    )
