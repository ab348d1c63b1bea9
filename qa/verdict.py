"""Whether the best evidence answers: a calibrated probability, and in words why not.

Whether the question is answerable at all is a logistic model over the SIGNS; a second logistic curve (Platt 1999) turns its value into the
probability that the first citation is right. Both are fitted by `python -m training.calibrate` on the development questions
and stored in `qa/model.json`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from index import Index
from index.sparse import STOP_WORDS, term_of, words_of

from .answer import Verdict
from .kinds import asked_noun, holds, is_checked, names_asked_about
from .plain import counted
from .question import Question
from .read import FEATURES, MODEL, Evidence, Reading, inside
from .within import occurs, searched

SIGNS = (
    "passage_match",  # late interaction with the passage of the best sentence: mean over the question's tokens by importance
    "passage_least",  # similarity of the content token that the passage matches least
    "worst_mismatch",  # the largest idf-weighted mismatch of a token with the best sentence
    "unknown",  # idf share of the question's terms that the collection does not have
    "name_missing",  # 1 when a name in the question stands neither in the passage nor in the title
    "number_missing",  # the same of a number
    "noun_mismatch",  # 1 - similarity of the passage with the thing asked for by name ("which SCHOOL"); 0 when none is
    "kind_missing",  # 1 when the kind of fact asked for stands neither in the sentence nor beside it
    "quantity_missing",  # 1 when a number, an amount, money or a duration is asked for and the sentence holds none
    "speaker_missing",  # 1 when somebody's words are asked for who says nothing among the candidates
    "speaker_found",  # 1 when somebody's words are asked for who does speak among the candidates, or is spoken of
    "yesno",  # 1 for a question to be answered with yes or no, which asks for no particular kind of fact
)
READER_SIGNS = (
    "passage_holds",  # the reader's log odds that the passage of the best sentence holds evidence
    "any_holds",  # the best of them over all the passages that it read
    "sentence_odds",  # its log odds that the best sentence is evidence, against the passage holding none
)
QUANTITIES = ("count", "amount", "money", "duration")
RELATED_SIGN = 0.45
"""Below this match of the passage, and without any shared word, the collection is not even on the subject."""

_DIGITS = re.compile(r"\b\d+\b")

KIND_WORDS = {
    "person": "a name",
    "date": "a date",
    "place": "a place",
    "count": "a number",
    "money": "an amount of money",
    "amount": "an amount",
    "duration": "a length of time",
    "reason": "a reason",
    "said": "a statement",
    "telephone": "a telephone number",
    "email": "an e-mail address",
    "address": "an address",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, the probability behind it, its signs (values of SIGNS, with a reader of READER_SIGNS too) and an explanation in
    words ("" if answered)."""

    verdict: Verdict
    confidence: float
    signs: tuple[float, ...]
    explanation: str


@lru_cache(maxsize=4)
def load_calibration(*, with_reader: bool = False, path: Path = MODEL) -> dict[str, Any]:
    """The fitted verdict model: `weights` and `bias` over the SIGNS, with a reader over READER_SIGNS too, `slope` and `intercept` of the
    probability, and its `threshold` for "answered"."""
    return dict(json.loads(path.read_text(encoding="utf-8"))["verdict_with_reader" if with_reader else "verdict"])


def judge(index: Index, question: Question, reading: Reading, *, speaker_found: bool) -> Judgement:
    """Judge whether the first evidence answers the question. `speaker_found`: somebody asked for does speak."""
    if not reading.evidence:
        return Judgement("not_found", 0.0, (0.0,) * len(SIGNS), _explain(index, question, None, kind_missing=False))
    signs = signs_of(index, question, reading, speaker_found=speaker_found)
    values = dict(zip(SIGNS, signs, strict=False))
    confidence = probability(signs)
    if confidence >= load_calibration(with_reader=reading.held is not None)["threshold"]:
        return Judgement("answered", confidence, signs, "")
    best = reading.evidence[0]
    shared = any(t in _terms_near(index, best) for t in question.terms)
    verdict: Verdict = "related" if shared or values["passage_match"] >= RELATED_SIGN else "not_found"
    return Judgement(verdict, confidence, signs, _explain(index, question, best, kind_missing=bool(values["kind_missing"])))


def probability(signs: Sequence[float]) -> float:
    """The calibrated probability that the first citation answers, from the values of SIGNS, or of those and READER_SIGNS."""
    names = (*SIGNS, *READER_SIGNS)[: len(signs)]
    model = load_calibration(with_reader=len(names) > len(SIGNS))
    answerable = model["bias"] + sum(model["weights"][name] * value for name, value in zip(names, signs, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, model["slope"] * answerable + model["intercept"]))))


def signs_of(index: Index, question: Question, reading: Reading, *, speaker_found: bool) -> tuple[float, ...]:
    """The values of SIGNS for the first evidence, and of READER_SIGNS when a reader has read."""
    best = reading.evidence[0]
    sentence = reading.match[:, reading.position(best)]
    passages = index.sentences[reading.numbers]["passage"]
    passage = reading.match[:, passages == index.sentences[best.number]["passage"]].max(axis=1)
    unknown = sum(w for t, w in zip(question.terms, question.weights, strict=True) if not occurs(index, t, question.within))
    checked = is_checked(question.kind)
    near = any(holds(question.kind, text, question.all_terms) for text in _texts_near(index, best))
    names, numbers = _not_in_passage(index, question, best)
    return (
        float(reading.importance @ passage),
        float(passage[reading.token_weights > 0].min()),
        float((reading.token_weights * (1 - sentence)).max()),
        unknown / (sum(question.weights) or 1.0),
        float(bool(names)),
        float(bool(numbers)),
        _noun_mismatch(question, passage, reading.offsets),
        float(checked and not near),
        float(question.kind in QUANTITIES and not holds(question.kind, best.text, question.all_terms)),
        float(bool(question.speaker) and not speaker_found),
        float(bool(question.speaker) and speaker_found),
        float(question.kind == "yesno"),
        *_reader_signs(reading, best, int(index.sentences[best.number]["passage"])),
    )


def _reader_signs(reading: Reading, best: Evidence, passage: int) -> tuple[float, ...]:
    if reading.held is None:
        return ()
    lowest = min(reading.held.values())
    return (reading.held.get(passage, lowest), max(reading.held.values()), best.features[len(FEATURES)])


def _not_in_passage(index: Index, question: Question, best: Evidence) -> tuple[list[str], list[str]]:
    """The names and the numbers of the question that stand neither in the passage of the evidence nor in its document's title."""
    row = index.passages[int(index.sentences[best.number]["passage"])]
    text = f"{index.documents[best.document].title or ''} {index.text(best.document)[row['start'] : row['end']]}"
    terms, digits = {term_of(w) for w in words_of(text)}, set(_DIGITS.findall(text))
    missing = [
        n for n in names_asked_about(question.text) if any(term_of(w) not in terms for w in words_of(n) if w not in STOP_WORDS)
    ]
    return missing, [d for d in _DIGITS.findall(question.text) if d not in digits]


def _noun_mismatch(question: Question, passage: np.ndarray, offsets: np.ndarray) -> float:
    noun = asked_noun(question.text)
    found = noun and re.search(rf"\b{re.escape(noun)}\b", question.text, re.IGNORECASE)
    if not found:
        return 0.0
    tokens = inside(offsets, [found.span()])
    return float(1 - passage[tokens].mean()) if tokens.any() else 0.0


def _texts_near(index: Index, evidence: Evidence) -> list[str]:
    """The sentence, and the ones before and after it in its document."""
    texts = []
    for number in (evidence.number - 1, evidence.number, evidence.number + 1):
        if 0 <= number < len(index.sentences) and index.sentences[number]["document"] == evidence.document:
            row = index.sentences[number]
            texts.append(index.text(evidence.document)[row["start"] : row["end"]])
    return texts


def _terms_near(index: Index, evidence: Evidence) -> frozenset[str]:
    return frozenset(term_of(w) for text in _texts_near(index, evidence) for w in words_of(text))


def _explain(index: Index, question: Question, best: Evidence | None, *, kind_missing: bool) -> str:
    """What is missing, in a few sentences."""
    parts = []
    if question.unknown:
        words = ", ".join(f"“{w}”" for w in question.unknown[:5])
        parts.append(
            f"{words} {'occurs' if len(question.unknown) == 1 else 'occur'} nowhere in what can be quoted from the documents."
        )
    if best is not None:
        unknown = set(question.unknown)
        absent = [w for some in _not_in_passage(index, question, best) for w in some if not unknown & set(words_of(w))]
        if absent:
            parts.append(f"The passage nearest to the question does not mention {', '.join(f'“{w}”' for w in absent[:5])}.")
        if kind_missing and question.kind in KIND_WORDS:
            parts.append(f"The question asks for {KIND_WORDS[question.kind]}; the passages nearest to it give none.")
        if not parts:
            parts.append("The passages nearest to the question are on its subject, but do not clearly answer it.")
    documents, passages = searched(index, question.within)
    parts.append(f"Searched {counted(documents, 'document')}, {counted(passages, 'passage')}.")
    return " ".join(parts)
