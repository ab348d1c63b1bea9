"""Whole documents with questions, some without an answer, to measures: the way from file to verdict, each document its own index.

The answers are a person's, in their own words and without places in the document, so a quotation is compared with the answer by
its index terms. Terms of the question say nothing, and terms weigh their idf in the document:

- its *support* is the share of the answer's weight that the quotation holds,
- its *backing* is the share of the quotation's own weight that the answer holds.

A quotation is right evidence when its support is at least LEAST_SUPPORT, and either at least half of what the best sentence of the document
has, or its backing is at least half (one of several parts of a long answer). That is overlap as ROUGE-1 recall and precision
(Lin 2004) have it: right evidence in quite other words counts as wrong, and a sentence that shares the words by chance as right.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import Index
from index.embed import Encoder
from index.sparse import terms_of

from .evaluate import Measures, opened_over
from .labelled import read_documents, sampled
from .measures import area_under_curve, balanced_accuracy, mean
from .reader import Reader

LEAST_SUPPORT, OF_THE_BEST, LEAST_BACKING = 0.1, 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Answered:
    """A question about a document with the verdict; whether the first citation, any of them, and what ranks first
    before refusal is right evidence."""

    answerable: bool
    answered: bool
    confidence: float
    right_first: bool
    right: bool
    ranked_right: bool
    seconds: float


def measure_documents(
    folder: Path, encoder: Encoder, reader: Reader | None = None, limit: int | None = None
) -> tuple[int, Measures]:
    """How many questions were asked, and the measures. Raises EvaluationError.

    Of the answerable questions: "HasAns", answered; "right", answered with right evidence among the citations; "right@1", with
    right evidence first; "ranked@1", right evidence ranks first before any refusal. Of the others: "NoAns", refused.
    "balanced" is the mean of HasAns and NoAns, "AUC" that of the confidence, "p50 ms" the median time of an answer.
    """
    texts, questions = read_documents(folder)
    questions = sampled(questions, limit)
    results: list[Answered] = []
    for number in sorted({row["document_index"] for row in questions}):
        with opened_over([texts[number]], encoder, reader) as assistant:
            index = assistant.index
            for row in (row for row in questions if row["document_index"] == number):
                started = time.perf_counter()
                answer = assistant.ask(row["question"])
                seconds = time.perf_counter() - started
                cited = [c.text for c in answer.citations]
                first = cited[0] if cited else assistant.first_quotation(assistant.weigh(row["question"]))[0]
                right = right_evidence(index, row["question"], row["answer"], [first, *cited])
                results.append(
                    Answered(
                        answerable=bool(row["answer"]),
                        answered=answer.verdict == "answered",
                        confidence=answer.confidence,
                        right_first=bool(cited) and right[0],
                        right=any(right[1:]),
                        ranked_right=right[0],
                        seconds=seconds,
                    )
                )
    return len(results), _measures(results)


def _measures(results: Iterable[Answered]) -> Measures:
    results = list(results)
    has, none = [r for r in results if r.answerable], [r for r in results if not r.answerable]
    answered, refused = [r.answered for r in has], [not r.answered for r in none]
    return {
        "HasAns": mean(answered),
        "right": mean([r.right for r in has]),
        "right@1": mean([r.right_first for r in has]),
        "ranked@1": mean([r.ranked_right for r in has]),
        "NoAns": mean(refused),
        "balanced": balanced_accuracy(answered, refused),
        "AUC": area_under_curve([r.confidence for r in has], [r.confidence for r in none]),
        "p50 ms": float(np.median([1000 * r.seconds for r in results])),
    }


def right_evidence(index: Index, question: str, answer: str, quotations: list[str]) -> list[bool]:
    """Whether each quotation from the index's documents is right evidence for a person's answer, as this module defines it.

    Nothing is evidence for an empty answer.
    """
    asked = set(terms_of(question))
    wanted = set(terms_of(answer)) - asked or set(terms_of(answer))
    sentences = (index.text(int(s["document"]))[s["start"] : s["end"]] for s in index.sentences)
    best = max((_overlap(index, set(terms_of(text)), wanted) for text in sentences), default=0.0)
    right = []
    for quotation in quotations:
        terms = set(terms_of(quotation))
        support, backing = _overlap(index, terms, wanted), _overlap(index, wanted, terms - asked)
        right.append(support >= max(LEAST_SUPPORT, OF_THE_BEST * best) or support >= LEAST_SUPPORT and backing >= LEAST_BACKING)
    return right


def _overlap(index: Index, held: set[str], wanted: set[str]) -> float:
    """The idf share of the wanted terms that are held, 0 to 1; 0 when none is wanted."""
    total = sum(index.keywords.idf(t) for t in wanted)
    return sum(index.keywords.idf(t) for t in wanted & held) / total if total else 0.0
