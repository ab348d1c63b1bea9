"""Whether the best evidence answers: a calibrated probability, and in words why not.

The probability is a logistic model over the SIGNS, fitted by `python -m training.calibrate` on the development questions and stored
in `qa/model.json`; its label is "the first citation holds the answer", so unanswerable questions and wrong first
citations count the same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from index import Index
from index.sparse import term_of, words_of

from .answer import Verdict
from .kinds import asked_noun, holds, is_checked
from .question import Question
from .read import MODEL, Evidence, Reading

SIGNS = (
    "match_mean",  # late interaction of the best sentence: the mean over all tokens of the question
    "mismatch",  # idf-weighted mean of (1 - similarity) squared: one unmatched word weighs more than many weak ones
    "match_least",  # similarity of the least matched content token
    "unknown",  # idf share of the question's terms that the collection does not have
    "noun_missing",  # 1 when the thing asked for by name ("which SCHOOL") does not stand in the sentence
    "kind_missing",  # 1 when the kind of fact asked for stands neither in the sentence nor beside it
    "speaker_missing",  # 1 when somebody's words are asked for who says nothing among the candidates
)
RELATED_SIGN = 0.45
"""Below this mean match, and without any shared word, the collection is not even on the subject."""

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
    """The verdict, the probability behind it, its signs (values of SIGNS) and an explanation in words ("" if answered)."""

    verdict: Verdict
    confidence: float
    signs: tuple[float, ...]
    explanation: str


@lru_cache(maxsize=4)
def load_calibration(path: Path = MODEL) -> dict[str, Any]:
    """The fitted verdict model: `weights` and `bias` over the SIGNS, and the `threshold` for "answered"."""
    return dict(json.loads(path.read_text(encoding="utf-8"))["verdict"])


def judge(index: Index, question: Question, reading: Reading, *, speaker_found: bool) -> Judgement:
    """Judge whether the first evidence answers the question. `speaker_found`: somebody asked for does speak."""
    if not reading.evidence:
        return Judgement("not_found", 0.0, (0.0,) * len(SIGNS), _explain(index, question, near_kind=None))
    signs = signs_of(index, question, reading, speaker_found=speaker_found)
    values = dict(zip(SIGNS, signs, strict=True))
    confidence = probability(signs)
    if confidence >= load_calibration()["threshold"]:
        return Judgement("answered", confidence, signs, "")
    shared = any(t in _terms_near(index, reading.evidence[0]) for t in question.terms)
    verdict: Verdict = "related" if shared or values["match_mean"] >= RELATED_SIGN else "not_found"
    missing = bool(values["kind_missing"])
    return Judgement(verdict, confidence, signs, _explain(index, question, near_kind=not missing))


def probability(signs: Sequence[float]) -> float:
    """The calibrated probability that the first citation answers, from the values of SIGNS."""
    model = load_calibration()
    z = model["bias"] + sum(model["weights"][name] * value for name, value in zip(SIGNS, signs, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def signs_of(index: Index, question: Question, reading: Reading, *, speaker_found: bool) -> tuple[float, ...]:
    """The values of SIGNS for the first evidence."""
    best = reading.evidence[0]
    column = reading.match[:, reading.position(best)]
    total = sum(question.weights) or 1.0
    unknown = sum(w for t, w in zip(question.terms, question.weights, strict=True) if not index.keywords.document_frequency(t))
    near = _texts_near(index, best)
    missing = is_checked(question.kind) and not any(holds(question.kind, text, question.all_terms) for text in near)
    return (
        float(column.mean()),
        float(reading.token_weights @ (1 - column) ** 2),
        float(column[reading.token_weights > 0].min()),
        unknown / total,
        float(_noun_missing(question, best)),
        float(missing),
        float(bool(question.speaker) and not speaker_found),
    )


def _noun_missing(question: Question, best: Evidence) -> bool:
    noun = asked_noun(question.text)
    return bool(noun) and term_of(noun) not in {term_of(w) for w in words_of(best.text)}


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


def _explain(index: Index, question: Question, near_kind: bool | None) -> str:
    """One or two sentences on what is missing."""
    parts = []
    if question.unknown:
        words = ", ".join(f"“{w}”" for w in question.unknown[:5])
        parts.append(
            f"{words} {'occurs' if len(question.unknown) == 1 else 'occur'} nowhere in what can be quoted from the documents."
        )
    if near_kind is False and question.kind in KIND_WORDS:
        parts.append(f"The question asks for {KIND_WORDS[question.kind]}; the passages nearest to it give none.")
    counts = index.manifest["counts"]
    documents = counts["documents"] - counts["copies"]
    plural = "" if documents == 1 else "s"
    parts.append(f"Searched {documents:,} document{plural}, {counts['passages']:,} passages.")
    return " ".join(parts)
