"""Token vectors of the passages, for late interaction: 8-bit, one row a token, in the order of the sentences."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

STEP = 1 / 254
"""Quantisation step. Components of a unit vector beyond +-0.5 are rare and are cut there."""


def quantise(tokens: np.ndarray) -> np.ndarray:
    """Unit vectors, float32 shape (t, d), as int8 of the same shape: round(x / STEP), cut to [-127, 127]."""
    return np.clip(np.rint(tokens / STEP), -127, 127).astype(np.int8)


def restore(rows: np.ndarray) -> np.ndarray:
    """The float32 vectors that int8 rows stand for, made unit length again; zero rows stay zero."""
    vectors = rows.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def create_tokens(path: Path, count: int, dimension: int) -> np.ndarray:
    """A new .npy file of int8 rows for `count` tokens, mapped for writing; flush() it when filled.

    Raises OSError on a full disk.
    """
    if count == 0:
        np.save(path, np.zeros((0, dimension), dtype=np.int8))
        return np.load(path)
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.int8, shape=(count, dimension))
    if hasattr(os, "posix_fallocate"):  # writing to a hole in a mapped file on a full disk would kill the process
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return rows


def token_ranges(offsets: np.ndarray, starts: Sequence[int]) -> np.ndarray:
    """Which tokens belong to which piece of an encoded text.

    `offsets`: character offsets of the tokens, shape (t, 2); `starts`: where the pieces begin in the encoded text,
    ascending; tokens before the first belong to none. Returns int64 of shape (len(starts) + 1,):
    piece i holds tokens `[result[i], result[i + 1])`.
    """
    firsts = offsets[:, 0] if len(offsets) else np.zeros(0, dtype=np.int64)
    return np.append(np.searchsorted(firsts, np.asarray(starts), side="left"), len(firsts))
