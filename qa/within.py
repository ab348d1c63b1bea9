"""The part of an index that a question is asked of: everything, or the documents that a filter leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from index import Index


def passages_within(index: Index, within: np.ndarray | None) -> np.ndarray | None:
    """Which passages belong to the documents `within`: bool, shapes (passages,) and (documents,); None for all."""
    return None if within is None else within[index.passages["document"]]


def searched(index: Index, within: np.ndarray | None) -> tuple[int, int]:
    """How many documents, copies of one counted once, and how many passages there are to search."""
    passages = passages_within(index, within)
    if within is None or passages is None:
        counts = index.manifest["counts"]
        return counts["documents"] - counts["copies"], counts["passages"]
    return len({index.original(int(n)) for n in np.flatnonzero(within)}), int(np.count_nonzero(passages))


def occurs(index: Index, term: str, within: np.ndarray | None) -> bool:
    """Whether a passage to search holds a term."""
    if within is None:
        return index.keywords.document_frequency(term) > 0
    holding = index.keywords.passages_with(term)
    return bool(within[index.passages["document"][holding]].any())
