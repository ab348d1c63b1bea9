"""How far a build is, in words for people: what `build_index` says to its progress function, with the time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

STEPS = {
    "comparing": "Looking for what changed",
    "reading": "Reading files",
    "embedding": "Encoding passages",
    "writing": "Writing the index",
}
"""The steps of a build in their order, in words."""

LEAST_SECONDS = 1.0
"""A rate from less time than this says nothing yet."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a step is. `first_done` was done at `first_time`, the first call that had something done.

    Counting starts there because what comes before it, such as loading the network, does not repeat.
    """

    step: str
    done: int
    total: int
    now: float
    first_done: int
    first_time: float

    @property
    def rate(self) -> float | None:
        """How many are done in a second; None until that can be told."""
        seconds, done = self.now - self.first_time, self.done - self.first_done
        return done / seconds if seconds >= LEAST_SECONDS and done > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest of this step takes at the rate so far; None until that can be told."""
        return (self.total - self.done) / self.rate if self.rate else None

    @property
    def words(self) -> str:
        """For example "Encoding passages: 120 of 480, about 20 s left"."""
        left = self.seconds_left
        time_left = f", {duration_in_words(left)} left" if left is not None and self.done < self.total else ""
        return f"{STEPS.get(self.step, self.step)}: {self.done:,} of {self.total:,}{time_left}"


def advance(before: Reached | None, step: str, done: int, total: int, now: float) -> Reached:
    """What is reached by a call `progress(step, done, total)` at the time `now`, in seconds, after `before`."""
    if before is None or before.step != step or before.first_done == 0:
        return Reached(step, done, total, now, done, now)
    return Reached(step, done, total, now, before.first_done, before.first_time)


class Meter:
    """Remembers what was reached: call it as the progress function is called, and read its words."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reached: Reached | None = None

    def __call__(self, step: str, done: int, total: int) -> Reached:
        self._reached = advance(self._reached, step, done, total, self._clock())
        return self._reached


def duration_in_words(seconds: float) -> str:
    """A length of time as roughly as it is known: "a few seconds", "about 20 s", "about 3 min", "about 1 h 10 min"."""
    if seconds < 7.5:
        return "a few seconds"
    if seconds < 57.5:
        return f"about {round(seconds / 5) * 5} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"about {minutes} min"
    hours, minutes = divmod(round(minutes / 10) * 10, 60)
    return f"about {hours} h {minutes} min" if minutes else f"about {hours} h"
