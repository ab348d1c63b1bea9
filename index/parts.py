"""The rows of tokens in parts: what a build encoded stays in files of its own, which the generations after it share.

    tokens.int8   states.int8   starts.uint32      the rows that a generation's own build wrote
    tokens.int8.g000007 …                          those of generation 7: other names of the same files (hard links)

Rows are numbered through all parts, the shared ones first. So an update writes what is new and not the whole collection, and a
part lives as long as one generation that needs it. When much of the shared rows belongs to nobody any more, or the parts become
many, everything is written anew, into one.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .files import remove_quietly

TOKENS, STATES, STARTS = TOKEN_FILES = "tokens.int8", "states.int8", "starts.uint32"

LEAST_LIVE = 0.7
"""Shared rows are written anew when a smaller part of them belongs to passages."""

MOST_PARTS = 16
"""Parts of a generation, at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """So many rows, in files whose names end so: "" for a generation's own, ".g000007" for those of another."""

    suffix: str
    rows: int


class PartedRows:
    """The rows of several arrays of one width, numbered through. Read by a slice without a step, or an array of numbers."""

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        self._parts = parts
        self._begins = np.cumsum([0, *map(len, parts)])
        self.shape = (int(self._begins[-1]), *parts[0].shape[1:])
        self.dtype = parts[0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        if isinstance(rows, slice):
            begin, end, _ = rows.indices(len(self))
            part = self._part_of(begin)
            if end <= self._begins[part + 1]:  # as those of a passage do
                return self._parts[part][begin - self._begins[part] : end - self._begins[part]]
            rows = np.arange(begin, end)
        found = np.zeros((len(rows), *self.shape[1:]), dtype=self.dtype)
        parts = self._part_of(rows)
        for part in np.unique(parts).tolist():
            here = parts == part
            found[here] = self._parts[part][rows[here] - self._begins[part]]
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[0 : len(self)].astype(dtype or self.dtype)

    def _part_of(self, rows: Any) -> Any:
        return np.minimum(np.searchsorted(self._begins, rows, side="right") - 1, len(self._parts) - 1)


def map_rows(path: Path, rows: int, width: int, dtype: Any) -> np.ndarray:
    """The first `rows` rows of a file without header, mapped for reading: shape (rows, width). Raises OSError, ValueError."""
    if rows == 0 or width == 0:
        return np.zeros((rows, width), dtype=dtype)
    return np.memmap(path, dtype=dtype, mode="r", shape=(rows, width))


def map_parts(place: Path, name: str, parts: Sequence[Part], shape: tuple[int, ...], dtype: Any) -> np.ndarray | PartedRows:
    """The rows of one of TOKEN_FILES in all parts, mapped: shape (rows, *shape). Raises OSError, ValueError."""
    width = math.prod(shape)
    mapped = [map_rows(place / f"{name}{part.suffix}", part.rows, width, dtype).reshape(part.rows, *shape) for part in parts]
    return mapped[0] if len(mapped) == 1 else PartedRows(mapped)


def worth_sharing(parts: Sequence[Part], live: int) -> bool:
    """Whether the next generation should share these parts when it needs `live` of their rows."""
    return len(parts) < MOST_PARTS and 0 < LEAST_LIVE * sum(part.rows for part in parts) <= live


def share_parts(before: Path, parts: Sequence[Part], place: Path) -> tuple[Part, ...]:
    """Make the parts of the generation in `before` parts of the one in `place`.

    Returns them, the one that was its own under its name; nothing where files cannot be linked.
    """
    shared = tuple(Part(part.suffix or f".{before.name}", part.rows) for part in parts if part.rows)
    names = shared_names(shared, before.name)
    try:
        for new, old in names.items():
            os.link(before / old, place / new)
    except OSError:  # not every file system has links: then it is copied
        for new in names:
            remove_quietly(place / new)
        return ()
    return shared


def shared_names(shared: Sequence[Part], before: str) -> dict[str, str]:
    """The files of shared parts by their names: what each is called in the generation named `before`."""
    return {
        f"{name}{part.suffix}": name if part.suffix == f".{before}" else f"{name}{part.suffix}"
        for part in shared
        for name in TOKEN_FILES
    }
