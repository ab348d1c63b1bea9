"""Which documents may be nearly the same: MinHash signatures of their runs of words, and the bands that alike ones share.

A signature depends on one document alone and on nothing that changes between runs, so it can be carried over from one
index to the next.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

PERMUTATIONS, BAND = 64, 2
"""Values in a signature, and how many of them make a band. Documents of which three of seven runs are common, the least
that copies have (`index/duplicates.py`), share one of the 32 bands with a probability of 0.998; of which one of fifty are, with 0.013."""

SEED = 1

AT_ONCE = 10_000
"""Runs that are hashed together, so that a long document takes no memory."""


def signature_of(runs: Iterable[tuple[str, ...]]) -> np.ndarray:
    """The MinHash of a document's runs of words (Broder 1997): uint32, shape (PERMUTATIONS,); of no runs at all, the highest value throughout.

    The hash functions are CRC-32, which is stable and fast, mixed by multiply-shift, (a x + b) >> 32 in 64 bits (Dietzfelbinger 1996).
    """
    hashed = np.array([zlib.crc32("\n".join(run).encode("utf-8", "surrogatepass")) for run in runs], dtype=np.uint64)
    factors, terms = _drawn()
    least = np.full(PERMUTATIONS, 2**32 - 1, dtype=np.uint64)
    for begin in range(0, len(hashed), AT_ONCE):
        least = np.minimum(least, (hashed[begin : begin + AT_ONCE, None] * factors + terms >> np.uint64(32)).min(axis=0))
    return least.astype(np.uint32)


@lru_cache(maxsize=1)
def _drawn() -> np.ndarray:
    """What the hash functions multiply by and add: uint64, shape (2, PERMUTATIONS), from the generator that numpy keeps as it is."""
    return np.random.RandomState(SEED).randint(0, 2**64, (2, PERMUTATIONS), dtype=np.uint64)


def shared_bands(signatures: np.ndarray) -> np.ndarray:
    """For each signature, shape (documents, PERMUTATIONS), the numbers of the bands that it shares with another one, -1 for the others.

    int64, shape (documents, PERMUTATIONS / BAND); equal numbers are equal bands at the same place. Most bands are a
    document's own, so this is far smaller than a table of all bands, and no wording that a thousand documents share costs
    a thousand comparisons each: who uses the numbers sees how many have them.
    """
    bands = np.ascontiguousarray(signatures, dtype=np.uint32).view(np.uint64)
    numbers = np.full(bands.shape, -1, dtype=np.int64)
    for place in range(bands.shape[1]):
        _, which, counts = np.unique(bands[:, place], return_inverse=True, return_counts=True)
        numbers[:, place] = np.where(counts[which] > 1, which * bands.shape[1] + place, -1)
    return numbers
