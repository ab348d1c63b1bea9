"""Hits to evidence: every sentence of the retrieved passages, scored by how well it answers.

The score is a weighted sum of the features in FEATURES, each a number that can be shown and explained; with a reader, its
logits for the sentences of the best passages are two more. The weights are fitted by `python -m training.fit_ranking` and stored in
`qa/model.json` with the report of the fit.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from index import Index, Span
from index.embed import Encoding
from index.records import BLOCK_KINDS
from index.sparse import STOP_WORDS, term_of, words_of
from index.tokens import restore

from .joint import AskedTokens, PassageTokens
from .kinds import holds
from .question import Question
from .reader import Reader
from .retrieve import Hit

MODEL = Path(__file__).with_name("model.json")

TYPED = ("person", "date", "place", "count", "amount", "duration", "reason", "said")
FEATURE_KIND = {"money": "amount"}
"""Kinds that share a weight with another."""

FEATURES = (
    "match",  # late interaction, each token's best similarities as z-scores over the candidates, weighted by idf
    "match_soft",  # the same as a soft count: 0 below .35, 1 above .8
    "match_important",  # the mean over the question's tokens, weighted by their learned importance
    "match_mean",  # the plain mean over all of them
    "match_least",  # the least matched content token
    "match_asking",  # the asking words (who, how many …) against the sentence's tokens
    "match_head",  # the two words after the asking word ("which AGENCIES TOOK part")
    "match_others",  # stop words, which carry the construction
    "before",  # what the preceding sentence would add to the match
    "length",  # log of its words
    *(f"holds_{kind}" for kind in TYPED),
)
READER_FEATURES = (
    "reader_odds",  # log odds of the sentence being evidence against its passage holding none
    "reader_evidence",  # the logit of the sentence itself, on one scale over all passages
    "reader_odds_typed",  # the log odds again where a particular kind of fact is asked for: reading is trained on such questions most
)
_ASKING = re.compile(r"\b(?:who|whom|whose|when|where|why|how|what|which|many|much|long|far|often)\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
READ_WITHIN = 2.0
"""A passage whose best sentence scores further than this below the best of all, by the untrained features, is not read: one to seven,
in odds. On the development questions half of the passages are read so, other first quotations are rare, and fewer wrong ones follow."""
SOFT_FLOOR, SOFT_RANGE = 0.35, 0.45
Z_FLOOR = 0.05


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that may answer. `number` is its number in the index; `score` is comparable within one question.

    `features` are the values of FEATURES, and of READER_FEATURES when a reader has read. `answer` is the run of characters in
    the document that answers, as the reader has it, where it sees one.
    """

    number: int
    document: int
    span: Span
    text: str
    kind: str
    score: float
    features: tuple[float, ...]
    answer: Span | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """All evidence for one question, best first, and the token match behind it.

    `match[t, i]`: best similarity of question token t with the candidate sentence `numbers[i]`; `token_weights[t]`: the
    idf share of the token, 0 for words without content; `importance[t]`: how much it was learned to count, summing to 1;
    `offsets[t]`: its characters in the question. `held`: for each passage that the reader has read, by its number, the log odds that it
    holds evidence; None without a reader.
    """

    evidence: tuple[Evidence, ...]
    numbers: np.ndarray
    match: np.ndarray
    token_weights: np.ndarray
    importance: np.ndarray
    offsets: np.ndarray
    held: Mapping[int, float] | None = None

    def position(self, evidence: Evidence) -> int:
        """The column of `match` that belongs to a piece of evidence."""
        return int(np.searchsorted(self.numbers, evidence.number))


@lru_cache(maxsize=4)
def load_weights(*, with_reader: bool = False, path: Path = MODEL) -> np.ndarray:
    """The fitted weight of each feature, shape (len(FEATURES),), or with those of READER_FEATURES after them."""
    fitted: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    names = (*FEATURES, *READER_FEATURES) if with_reader else FEATURES
    section = fitted.get("ranking_with_reader", fitted["ranking"]) if with_reader else fitted["ranking"]  # before its first fit
    return np.array([section["weights"].get(name, 0.0) for name in names])


def read(index: Index, question: Question, encoding: Encoding, hits: Sequence[Hit], reader: Reader | None = None) -> Reading:
    """Score every sentence of the hits for a question and the encoding of its text. Best first, ties by position.

    The reader reads when the index has what it needs, see `index.states`.
    """
    numbers = _candidates(index, hits)
    if not len(numbers) or not question.terms or not len(encoding.offsets):  # nothing to compare: marks, control characters
        return Reading((), numbers, np.zeros((0, 0)), np.zeros(0), np.zeros(0), encoding.offsets)
    sentences = np.asarray(index.sentences[numbers])
    places = list(zip(*(sentences[name].tolist() for name in ("document", "start", "end", "kind")), strict=True))
    texts = [index.text(document)[start:end] for document, start, end, _ in places]
    match = _token_match(index, sentences, encoding)
    token_weights = token_weights_of(question, encoding)
    features = features_of(question, texts, match, encoding, token_weights, _follows(sentences, numbers))
    scores = features @ load_weights()
    answers: list[Span | None] = [None] * len(numbers)
    held: dict[int, float] | None = None
    if reader is not None and index.states is not None and encoding.states is not None:
        asked = asked_tokens(encoding, token_weights)
        passages = [int(p) for p in np.unique(sentences["passage"])]
        rows = [np.flatnonzero(sentences["passage"] == p) for p in passages]
        together = reader.read_together(
            asked, lambda i: passage_tokens(index, passages[i])[0], rows, scores, reading_range(question)
        )
        features = np.hstack([features, reader_features(question, together.columns)])
        scores = features @ load_weights(with_reader=True)
        held = {passages[i]: value for i, value in together.held.items()}
        seen = {i: answer for i, answer in together.answers.items() if answer[2] > 0}
        for i, (start, end, _) in reader.in_characters(seen, texts).items():
            begin = places[i][1]
            answers[i] = Span(begin + start, begin + end)
    evidence = [
        Evidence(number, document, Span(start, end), text, BLOCK_KINDS[kind], score, tuple(values), answer)
        for number, (document, start, end, kind), text, score, values, answer in zip(
            numbers.tolist(), places, texts, scores.tolist(), features.tolist(), answers, strict=True
        )
    ]
    evidence.sort(key=lambda e: (-e.score, e.number))
    return Reading(tuple(evidence), numbers, match, token_weights, importance_of(encoding), encoding.offsets, held)


def _candidates(index: Index, hits: Sequence[Hit]) -> np.ndarray:
    """Numbers of the sentences of the hits that have tokens to compare, in collection order."""
    passages = np.asarray(index.passages[[hit.number for hit in hits]])
    spans = zip(passages["first"].tolist(), passages["last"].tolist(), strict=True)
    numbers = np.array(sorted({n for first, last in spans for n in range(first, last)}), dtype=np.int64)
    rows = np.asarray(index.sentences[numbers])
    return numbers[rows["tokens_end"] > rows["tokens"]]


def _token_match(index: Index, sentences: np.ndarray, encoding: Encoding) -> np.ndarray:
    """Best similarity of each question token with the tokens of each sentence: shape (question tokens, sentences).

    Late interaction (Khattab & Zaharia 2020, ColBERT) over the encoder's own contextual token vectors.
    """
    lengths = sentences["tokens_end"] - sentences["tokens"]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    rows = np.arange(lengths.sum()) + np.repeat(sentences["tokens"] - starts, lengths)
    index.check_rows(np.unique(sentences["passage"]))
    similarity = encoding.tokens @ restore(np.asarray(index.tokens[rows])).T
    return np.maximum.reduceat(similarity, starts, axis=1)


def token_match(question: np.ndarray, passage: PassageTokens) -> np.ndarray:
    """Best similarity of each question token, float32 (q, d), with the tokens of each sentence: shape (q, sentences)."""
    counted = passage.sentence >= 0
    starts = np.unique(passage.sentence[counted], return_index=True)[1]
    return np.maximum.reduceat(question @ restore(passage.tokens[counted]).T, starts, axis=1)


def asked_tokens(encoding: Encoding, token_weights: np.ndarray) -> AskedTokens:
    """What the reader sees of a question, whose encoding has states."""
    assert encoding.states is not None
    return AskedTokens(encoding.tokens, encoding.states, token_weights, importance_of(encoding))


def passage_tokens(index: Index, passage: int) -> tuple[PassageTokens, np.ndarray]:
    """What the index has for the reader of passage number `passage`, and the numbers of its sentences that have tokens."""
    row = index.passages[passage]
    numbers = np.arange(row["first"], row["last"])
    sentences = index.sentences[numbers]
    kept = sentences["tokens_end"] > sentences["tokens"]
    position = np.full(row["tokens_end"] - row["tokens"], -1)
    for place, sentence in enumerate(sentences[kept]):
        position[sentence["tokens"] - row["tokens"] : sentence["tokens_end"] - row["tokens"]] = place
    rows = slice(row["tokens"], row["tokens_end"])
    index.check_rows([passage])
    return PassageTokens(np.asarray(index.tokens[rows]), np.asarray(index.states[rows]), position), numbers[kept]


def _follows(sentences: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Whether each candidate directly follows the candidate before it in the same document: bool, shape (sentences,)."""
    follows = np.zeros(len(numbers), dtype=bool)
    follows[1:] = (np.diff(numbers) == 1) & (np.diff(sentences["document"]) == 0)
    return follows


def token_weights_of(question: Question, encoding: Encoding) -> np.ndarray:
    """The weight of each question token, shape (tokens,), summing to 1: its word's idf shared over the word's pieces.

    Stop words and marks weigh nothing; when nothing is left, all weigh the same.
    """
    idf = dict(zip(question.terms, question.weights, strict=True))
    weights = np.zeros(len(encoding.offsets))
    for match in _WORD.finditer(question.text):
        word = match.group().casefold()
        pieces = np.flatnonzero((encoding.offsets[:, 0] >= match.start()) & (encoding.offsets[:, 1] <= match.end()))
        if len(pieces) and word not in STOP_WORDS:
            weights[pieces] = idf.get(term_of(word), 0.0) / len(pieces)
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / max(1, len(weights)))


def importance_of(encoding: Encoding) -> np.ndarray:
    """How much each question token counts, shape (tokens,), summing to 1; evenly where nothing was learned."""
    count = len(encoding.offsets)
    return np.full(count, 1 / max(1, count)) if encoding.importance is None else encoding.importance


def features_of(
    question: Question,
    texts: Sequence[str],
    match: np.ndarray,
    encoding: Encoding,
    token_weights: np.ndarray,
    follows: np.ndarray,
) -> np.ndarray:
    """The values of FEATURES for each sentence: float, shape (sentences, len(FEATURES)).

    `match` is the best similarity of question token t with sentence i, shape (tokens, sentences).
    """
    columns: dict[str, np.ndarray] = {}
    centred = match - match.mean(axis=1, keepdims=True)
    columns["match"] = token_weights @ (centred / (match.std(axis=1, keepdims=True) + Z_FLOOR))
    columns["match_soft"] = token_weights @ np.clip((match - SOFT_FLOOR) / SOFT_RANGE, 0, 1)
    columns["match_important"] = importance_of(encoding) @ match
    columns["match_mean"] = match.mean(axis=0)
    content = token_weights > 0
    columns["match_least"] = match[content].min(axis=0)
    asking, head = _asking_tokens(question.text, encoding.offsets)
    columns["match_asking"] = _mean_rows(match, asking)
    columns["match_head"] = _mean_rows(match, head)
    columns["match_others"] = _mean_rows(match, ~content & ~asking)
    previous = np.where(follows, np.roll(match, 1, axis=1), 0)
    columns["before"] = token_weights @ np.maximum(previous - match, 0)
    columns["length"] = np.log1p([_word_count(text) for text in texts])
    for kind in TYPED:
        asked = kind == FEATURE_KIND.get(question.kind, question.kind)
        columns[f"holds_{kind}"] = np.array([holds(question.kind, t, question.all_terms) if asked else 0.0 for t in texts])
    return np.stack([columns[name] for name in FEATURES], axis=1)


@lru_cache(maxsize=20_000)
def _word_count(text: str) -> int:
    return len(words_of(text))


def reading_range(question: Question) -> float:
    """How far behind the best passage one may be that is read: any for a list, or for what somebody said, of which there may be more anywhere."""
    return math.inf if question.wants_list or question.speaker else READ_WITHIN


def reader_features(question: Question, columns: np.ndarray) -> np.ndarray:
    """The values of READER_FEATURES, shape (sentences, 3), from the columns of `qa.reader.Together`."""
    typed = FEATURE_KIND.get(question.kind, question.kind) in TYPED
    return np.column_stack([columns, columns[:, 0] * typed])


def _asking_tokens(text: str, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which question tokens belong to asking words, and which to the two words after the first of them."""
    spans = [m.span() for m in _ASKING.finditer(text)]
    after = [m.span() for m in _WORD.finditer(text) if spans and m.start() >= spans[0][1]][:2]
    return inside(offsets, spans), inside(offsets, after)


def inside(offsets: np.ndarray, spans: Sequence[tuple[int, int]]) -> np.ndarray:
    """Which tokens, given by their offsets, lie in one of the spans: bool, shape (tokens,)."""
    found = np.zeros(len(offsets), dtype=bool)
    for start, end in spans:
        found |= (offsets[:, 0] >= start) & (offsets[:, 1] <= end)
    return found


def _mean_rows(match: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return match[rows].mean(axis=0) if rows.any() else np.zeros(match.shape[1])


def softmax(scores: Sequence[float]) -> list[float]:
    """exp(score) over its sum, computed stably."""
    top = max(scores)
    raised = [math.exp(s - top) for s in scores]
    total = sum(raised)
    return [r / total for r in raised]
