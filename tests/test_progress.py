"""Progress in words: steps, counts and the time left, by a clock that is given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.progress import STEPS, Meter, advance, duration_in_words


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def said(*calls: tuple[float, str, int, int]) -> str:
    """The words after the last of these calls, each with the seconds that passed before it."""
    clock = Clock()
    meter = Meter(clock)
    for seconds, step, done, total in calls:
        clock.now += seconds
        reached = meter(step, done, total)
    return reached.words


def test_the_time_left_follows_the_rate() -> None:
    """120 done of 480, 8 of them at once and 112 in 6.2 seconds: 360 more take about 20."""
    calls = [(0.0, "embedding", 0, 480), (9.0, "embedding", 8, 480), (6.2, "embedding", 120, 480)]
    assert said(*calls) == "Encoding passages: 120 of 480, about 20 s left"


def test_what_comes_before_the_first_is_not_counted() -> None:
    """Loading the network happens once; nothing is said of the time left until something was measured."""
    assert said((0, "embedding", 0, 480), (30, "embedding", 8, 480)) == "Encoding passages: 8 of 480"
    assert said((0, "embedding", 8, 480), (0.5, "embedding", 16, 480)) == "Encoding passages: 16 of 480"


def test_each_step_is_measured_on_its_own() -> None:
    """The rate of the step before says nothing about this one."""
    assert said((0, "reading", 1, 9), (5, "reading", 9, 9)) == "Reading files: 9 of 9"
    assert said((0, "reading", 1, 9), (5, "reading", 9, 9), (5, "embedding", 1, 9)) == "Encoding passages: 1 of 9"


def test_the_next_build_starts_anew() -> None:
    """The same meter may watch it."""
    assert said((0, "embedding", 8, 16), (9, "embedding", 16, 16), (9, "embedding", 0, 16)) == "Encoding passages: 0 of 16"


def test_an_unknown_step_is_named_as_it_is() -> None:
    """Numbers have thousands separators."""
    assert said((0, "polishing", 1000, 20000)) == "polishing: 1,000 of 20,000"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "a few seconds"), (7.4, "a few seconds"), (8, "about 10 s"), (22, "about 20 s"), (57, "about 55 s"), (58, "about 1 min"),
     (89, "about 1 min"), (91, "about 2 min"), (3569, "about 59 min"), (3570, "about 1 h"), (4200, "about 1 h 10 min"),
     (7100, "about 2 h"), (10**6, "about 277 h 50 min")],
)  # fmt: skip
def test_durations_are_as_rough_as_they_are_known(seconds: float, words: str) -> None:
    """Seconds by fives, minutes, and from an hour on by ten minutes."""
    assert duration_in_words(seconds) == words


@given(
    st.lists(
        st.tuples(st.sampled_from([*STEPS, "other"]), st.integers(0, 9), st.integers(0, 9), st.floats(0, 1e9)),
        min_size=1,
        max_size=9,
    )
)
def test_no_calls_are_refused(calls: list[tuple[str, int, int, float]]) -> None:
    """Whatever is said, also nonsense and a clock that stands still, there are words and no negative time."""
    reached = None
    for step, done, total, now in calls:
        reached = advance(reached, step, done, total, now)
        assert "\n" not in reached.words and (done > total or (reached.seconds_left or 0) >= 0)
