"""Measures of rankings, verdicts and probabilities. Pure functions of numbers: nothing here knows the product.

A query without a result counts 0 in a mean, it is never dropped; a measure that does not apply at all is None.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

RELIABILITY_BINS = 5


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean; None of nothing."""
    return float(np.mean(values)) if len(values) else None


def reciprocal_rank(right: Sequence[bool]) -> float:
    """1 / rank of the first right result; `right[i]` says whether result i + 1 is. 0 without one (Voorhees 1999, TREC-8)."""
    return next((1 / rank for rank, is_right in enumerate(right, 1) if is_right), 0.0)


def average_precision(right: Sequence[bool], relevant: int) -> float:
    """The mean of the precision at each right result over all `relevant` ones; those not found count 0.

    `right[i]` says whether result i + 1 is right (Buckley & Voorhees 2000). 0 when nothing is relevant.
    """
    found, total = 0, 0.0
    for rank, is_right in enumerate(right, 1):
        if is_right:
            found += 1
            total += found / rank
    return total / relevant if relevant else 0.0


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float:
    """Normalised discounted cumulative gain at k, gain = grade (Jarvelin & Kekalainen 2002); 0 for a query without hits."""
    gain = sum(grades.get(d, 0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    ideal = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return gain / ideal if ideal else 0.0


def recall_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """The share of the documents with a grade above 0 that are among the first k; 0 when there is none."""
    wanted = {d for d, grade in grades.items() if grade > 0}
    return len(wanted & set(ranked[:k])) / len(wanted) if wanted else 0.0


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a random positive scores above a random negative, ties counted half; None without both.

    The area under the receiver operating characteristic (Hanley & McNeil 1982).
    """
    if not len(positive) or not len(negative):
        return None
    p, n = np.asarray(positive)[:, None], np.asarray(negative)[None, :]
    return float(((p > n) + 0.5 * (p == n)).mean())


def balanced_accuracy(has_answer: Sequence[bool], no_answer: Sequence[bool]) -> float | None:
    """The mean of the two shares treated right: answerable ones answered, the others refused. None without both."""
    if not len(has_answer) or not len(no_answer):
        return None
    return (float(np.mean(has_answer)) + float(np.mean(no_answer))) / 2


def brier(judged: Sequence[tuple[float, bool]]) -> float | None:
    """The mean squared difference of probability and truth (Brier 1950), for pairs of them; None of nothing."""
    return mean([(probability - truth) ** 2 for probability, truth in judged])


def reliability(judged: Sequence[tuple[float, bool]], bins: int = RELIABILITY_BINS) -> list[tuple[float, float, int]]:
    """Probability against truth: (mean probability, share that was true, how many) per bin of equal width that holds any."""
    rows = []
    for i in range(bins):
        inside = [(p, t) for p, t in judged if i <= p * bins < i + 1 or (i == bins - 1 and p == 1)]
        if inside:
            rows.append((float(np.mean([p for p, _ in inside])), float(np.mean([t for _, t in inside])), len(inside)))
    return rows


def answer_overlap(told: str, gold: Sequence[str]) -> float:
    """The F1 of the words told and those of the nearest gold answer, as the evaluation of SQuAD 2.0 has it.

    Case, marks and articles do not count (Rajpurkar et al. 2018). Without gold answers, 1 when nothing is told, else 0.
    """
    if not gold:
        return float(not told)

    def words(text: str) -> Counter[str]:
        plain = "".join(c for c in text.casefold() if c.isalnum() or c.isspace())
        return Counter(w for w in plain.split() if w not in ("a", "an", "the"))

    def overlap(answer: str) -> float:
        mine, right = words(told), words(answer)
        shared = (mine & right).total()
        return 2 * shared / (mine.total() + right.total()) if mine.total() + right.total() else 1.0

    return max(overlap(answer) for answer in gold)
