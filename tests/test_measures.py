"""Measures of rankings, verdicts and probabilities, on cases worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.measures import (
    area_under_curve,
    average_precision,
    balanced_accuracy,
    brier,
    mean,
    ndcg,
    recall_at,
    reciprocal_rank,
    reliability,
)

FLAGS = st.lists(st.booleans(), max_size=8)


def test_a_mean_of_nothing_is_none() -> None:
    """And not 0, which would say something."""
    assert mean([]) is None and mean([True, False, False, True]) == 0.5


def test_reciprocal_rank_by_hand() -> None:
    """Of the first right result; 0 without one."""
    assert [reciprocal_rank(r) for r in ([True], [False, False, True, True], [False], [])] == [1, 1 / 3, 0, 0]


def test_average_precision_by_hand() -> None:
    """The mean of the precisions at the right ones; those that were not found count 0."""
    assert average_precision([True, False, True], 2) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert average_precision([False, True], 3) == pytest.approx(1 / 2 / 3)
    assert average_precision([False], 1) == average_precision([], 2) == average_precision([], 0) == 0


@given(FLAGS)
def test_average_precision_never_beats_reciprocal_rank_by_much(right: list[bool]) -> None:
    """With one relevant result they are the same; both are 1 only when the right ones come first."""
    if sum(right) == 1:
        assert average_precision(right, 1) == pytest.approx(reciprocal_rank(right))
    if any(right):
        assert (average_precision(right, sum(right)) == pytest.approx(1)) is (sorted(right, reverse=True) == right)


def test_ndcg_by_hand() -> None:
    """Gain is the grade, discounted by the logarithm of the rank; only the first k count."""
    grades = {"a": 3, "b": 1}
    ideal = 3 + 1 / math.log2(3)
    assert ndcg(["a", "b"], grades) == pytest.approx(1)
    assert ndcg(["b", "x", "a"], grades) == pytest.approx((1 + 3 / 2) / ideal)
    assert ndcg(["x", "a"], grades, k=1) == ndcg([], grades) == ndcg(["a"], {}) == 0


def test_recall_counts_the_relevant_ones_among_the_first() -> None:
    """A grade of 0 is not relevant."""
    grades = {"a": 2, "b": 1, "c": 0}
    assert recall_at(["x", "a", "c", "b"], grades, 3) == 0.5
    assert recall_at([], grades, 3) == recall_at(["a"], {}, 3) == 0


def test_balanced_accuracy_by_hand() -> None:
    """The mean of the two shares; None without both."""
    assert balanced_accuracy([True, False], [True, True, True]) == 0.75
    assert balanced_accuracy([], [True]) is None and balanced_accuracy([True], []) is None


def test_brier_by_hand() -> None:
    """The mean squared difference."""
    assert brier([(0.8, True), (0.5, False)]) == pytest.approx((0.04 + 0.25) / 2)
    assert brier([]) is None


def test_reliability_bins_are_of_equal_width() -> None:
    """A probability of 1 is in the last, a bound in the upper one; empty bins are left out."""
    rows = [(0.0, False), (0.2, True), (0.3, False), (1.0, True), (0.9, True)]
    assert reliability(rows) == [(0, 0, 1), (pytest.approx(0.25), 0.5, 2), (pytest.approx(0.95), 1, 2)]
    assert reliability([(0.1, True), (0.9, False)], bins=1) == [(pytest.approx(0.5), 0.5, 2)]


def test_area_under_the_curve_by_hand() -> None:
    """Pairs in the right order, ties half."""
    assert area_under_curve([0.9, 0.5], [0.5, 0.1]) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert area_under_curve([0.3], [0.3]) == 0.5
    assert area_under_curve([], [0.3]) is None and area_under_curve([0.3], []) is None


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=1), st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=1))
def test_area_under_the_curve_turned_round(positive: list[float], negative: list[float]) -> None:
    """Swapping the sides gives the rest to 1."""
    assert area_under_curve(positive, negative) + area_under_curve(negative, positive) == pytest.approx(1)  # type: ignore[operator]
