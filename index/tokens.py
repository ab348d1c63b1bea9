"""Token vectors of the passages, for late interaction: 8-bit, one row a token, in the order of the sentences."""

from __future__ import annotations

from collections.abc import Sequence

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


def token_ranges(tokens: np.ndarray, starts: Sequence[int] | np.ndarray) -> np.ndarray:
    """Which tokens belong to which piece of an encoded text.

    `tokens`: where each token begins in the text, shape (t,); `starts`: where the pieces begin in it, ascending;
    tokens before the first belong to none. Returns int64 of shape (len(starts) + 1,):
    piece i holds tokens `[result[i], result[i + 1])`.
    """
    return np.append(np.searchsorted(tokens, np.asarray(starts), side="left"), len(tokens)).astype(np.int64)
