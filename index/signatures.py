"""Which documents may be nearly the same: MinHash signatures of their runs of words, and the bands that alike ones share.

A signature depends on one document alone and on nothing that changes between runs, so it can be carried over from one
index to the next.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

PERMUTATIONS, BAND = 64, 2
"""Values in a signature, and how many of them make a band. Documents of which three of seven runs are common, the least
that copies have (`index/duplicates.py`), share one of the 32 bands with a probability of 0.998; of which one of fifty are, with 0.013."""

SEED = 1


def signature_of(runs: Iterable[tuple[str, ...]]) -> np.ndarray:
    """The MinHash of a document's runs of words: uint32, shape (PERMUTATIONS,); of no runs at all, the highest value throughout."""
    made = _empty().copy()
    made.update_batch(["\n".join(run).encode("utf-8", "surrogatepass") for run in runs])
    return made.hashvalues


@lru_cache(maxsize=1)
def _empty() -> Any:
    """The MinHash of nothing: its permutations are drawn once. CRC-32 is stable and fast; the library mixes its bits further."""
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=SEED, hashfunc=zlib.crc32)


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
