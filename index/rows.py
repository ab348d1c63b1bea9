"""Rows that are fetched when they are first read: they are used like an array of all of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np


class Recent:
    """What was fetched last, `most` of it, by number. Safe to share between threads.

    `fetch` gets the numbers that are not there, all at once, and returns what they stand for.
    """

    def __init__(self, most: int, fetch: Callable[[Sequence[int]], dict[int, Any]]) -> None:
        self._most, self._fetch = most, fetch
        self._known: OrderedDict[int, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, numbers: Iterable[int]) -> dict[int, Any]:
        """What the numbers stand for."""
        wanted = list(dict.fromkeys(int(n) for n in numbers))
        with self._lock:
            found = {n: self._known[n] for n in wanted if n in self._known}
        fetched = self._fetch([n for n in wanted if n not in found]) if len(found) < len(wanted) else {}
        with self._lock:
            for n, value in (found | fetched).items():
                self._known[n] = value
                self._known.move_to_end(n)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return found | fetched


class FetchedRows:
    """Rows of groups, one group after the other; `bounds` says where each begins and the last one ends.

    `fetch` gets the numbers of groups and returns the rows of each. A number, a slice or an array of numbers gives rows, a
    name a column of them; `known` are the columns that need not be fetched, whole.
    """

    def __init__(
        self,
        dtype: Any,
        bounds: np.ndarray,
        fetch: Callable[[Sequence[int]], dict[int, np.ndarray]],
        known: dict[str, np.ndarray],
    ) -> None:
        self.dtype = np.dtype(dtype)
        self._bounds, self._fetch, self._known = bounds, fetch, known

    def __len__(self) -> int:
        return int(self._bounds[-1])

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, str):
            return self._known[which] if which in self._known else _Column(self, which)
        if isinstance(which, slice):
            return self._rows(np.arange(*which.indices(len(self))))
        if np.ndim(which) == 0:
            return self._rows(np.array([which]))[0]
        return self._rows(np.asarray(which))

    def view(self, _: Any) -> FetchedRows:
        """Itself: a plain view of a mapped array is asked for to read it faster."""
        return self

    def _rows(self, numbers: np.ndarray) -> np.ndarray:
        if numbers.dtype == bool:
            numbers = np.flatnonzero(numbers)
        numbers = np.where(numbers < 0, numbers + len(self), numbers).astype(np.int64)
        if len(numbers) and not (0 <= numbers.min() and numbers.max() < len(self)):
            raise IndexError(f"row {numbers.max()} of {len(self)}")
        groups = np.searchsorted(self._bounds, numbers, side="right") - 1
        rows = np.zeros(len(numbers), dtype=self.dtype)
        for group, own in self._fetch(np.unique(groups).tolist()).items():
            here = groups == group
            rows[here] = own[numbers[here] - self._bounds[group]]
        return rows


class _Column:
    """One field of rows that are fetched."""

    def __init__(self, rows: FetchedRows, name: str) -> None:
        self._rows, self._name = rows, name

    def __getitem__(self, which: Any) -> Any:
        return self._rows[which][self._name]
