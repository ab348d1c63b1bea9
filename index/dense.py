"""The vector index: exact inner product over unit vectors, in FAISS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .errors import IndexDamaged


def build_dense(vectors: np.ndarray) -> Any:
    """A FAISS index of float32 unit vectors, shape (n, d); row i keeps the number i."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def write_dense(index: Any, path: Path) -> None:
    """Write the index to a file. Raises OSError."""
    import faiss

    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"{path.name}: not written: {str(error).splitlines()[0]}") from error


def read_dense(path: Path) -> Any:
    """Open an index file, memory-mapped. Raises IndexDamaged when FAISS cannot read it."""
    import faiss

    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise IndexDamaged(f"{path}: not readable by FAISS; build the index again") from error


def search_dense(index: Any, query: np.ndarray, k: int, only: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows to one unit vector, shape (d,): (scores, rows), best first, ties by row.

    `only`: which rows are searched, bool, shape (n,); None for all.
    """
    k = min(k, index.ntotal if only is None else int(np.count_nonzero(only)))
    if k <= 0:
        return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
    scores, rows = index.search(query.reshape(1, -1).astype(np.float32), k, params=_only(only))
    order = np.lexsort((rows[0], -scores[0]))
    return scores[0][order], rows[0][order]


def _only(rows: np.ndarray | None) -> Any:
    """The parameters of a search in some rows."""
    import faiss

    return None if rows is None else faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little")))


def stored_vector(index: Any, row: int) -> np.ndarray:
    """The vector of one row, float32, shape (d,); used to carry vectors over to the next build."""
    return index.reconstruct(row)
