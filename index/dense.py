"""The vector index: inner product over unit vectors, in FAISS; exact while it is small enough, then approximate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import IndexDamaged

EXACT, EIGHT_BIT, LISTS = "exact", "8-bit", "lists"
"""What an index is: the vectors themselves; 8 bits for each of their numbers; the same, looked at only where a quantiser expects the
nearest (inverted lists, product quantisation at 4 bits)."""

EXACT_UP_TO, EIGHT_BIT_UP_TO = 250_000, 1_000_000
"""Passages above which the next kind is chosen."""

PROBED, RERANKED, MOST_BY_LISTS = 256, 8000, 1000
"""Lists looked into; candidates whose 8-bit vectors are compared, at least; more neighbours than this are not looked for in lists. Of a million
vectors without any structure, the worst case, the ten nearest to a question are found to 89 % so, in 4.5 ms of a core; with 64 and 200 to 44 %, in .8 ms."""

SAMPLE, NEIGHBOURS = 200, 10
"""Passages that the recall is measured with, and how many neighbours of each."""

_BLOCK = 65_536  # vectors in memory at once
_TRAINED_ON = 40  # vectors for each list, as FAISS wants them


@dataclass(frozen=True, slots=True)
class Search:
    """How the nearest passages are found. `asked`: exact search was asked for, whatever the size. `recall`: the share found of the
    NEIGHBOURS that exact search finds nearest to passages of a sample; 1 for exact search."""

    kind: str
    asked: bool
    recall: float

    def __str__(self) -> str:
        if self.kind == EXACT:
            return "exact" + ", as was asked" * self.asked
        how = "with 8 bits a number" if self.kind == EIGHT_BIT else "by inverted lists"
        return f"{how}: {self.recall:.1%} of the {NEIGHBOURS} nearest passages are found (measured; build --exact finds all)"


def kind_for(count: int, dimension: int, asked: bool) -> str:
    """The kind of index for so many vectors; exact where that is `asked` for."""
    if asked or count <= EXACT_UP_TO:
        return EXACT
    return EIGHT_BIT if count <= EIGHT_BIT_UP_TO or dimension % 8 else LISTS


def build_dense(vectors: np.ndarray, kind: str = EXACT) -> Any:
    """A FAISS index of float32 unit vectors, shape (n, d), which may be mapped; row i keeps the number i."""
    index, training = _empty(kind, *vectors.shape)
    if training:
        index.train(np.ascontiguousarray(vectors[:: max(1, len(vectors) // training)], dtype=np.float32))
    for begin in range(0, len(vectors), _BLOCK):
        index.add(np.ascontiguousarray(vectors[begin : begin + _BLOCK], dtype=np.float32))
    return index


def _empty(kind: str, count: int, dimension: int) -> tuple[Any, int]:
    """An index of this kind, and how many vectors it is to be trained on."""
    import faiss

    if kind == EXACT:
        return faiss.IndexFlatIP(dimension), 0
    if kind == EIGHT_BIT:
        eight_bit = faiss.ScalarQuantizer.QT_8bit
        return faiss.IndexScalarQuantizer(dimension, eight_bit, faiss.METRIC_INNER_PRODUCT), _BLOCK
    lists = max(1, min(2 ** round(np.log2(4 * count**0.5)), count // _TRAINED_ON))
    made = faiss.index_factory(dimension, f"IVF{lists},PQ{dimension // 8}x4fs,Refine(SQ8)", faiss.METRIC_INNER_PRODUCT)
    return made, _TRAINED_ON * lists


def measure_recall(index: Any, vectors: np.ndarray, queries: np.ndarray | None = None) -> float:
    """Which part of the NEIGHBOURS of `vectors` that are nearest to each query a search in `index` finds.

    Without queries SAMPLE of the vectors are asked for, each itself left out. What is as near as the last neighbour counts like it:
    of equal passages any will do.
    """
    import faiss

    own = int(queries is None)
    if queries is None:
        queries = vectors[np.unique(np.linspace(0, len(vectors) - 1, SAMPLE).astype(np.int64))]
    queries, k = np.ascontiguousarray(queries, dtype=np.float32), min(NEIGHBOURS + own, len(vectors))
    best = np.zeros((len(queries), 0), dtype=np.float32)
    for begin in range(0, len(vectors), _BLOCK):
        block = np.ascontiguousarray(vectors[begin : begin + _BLOCK])
        scores, _ = faiss.knn(queries, block, min(k, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        best = -np.sort(-np.hstack([best, scores]), axis=1)[:, :k]
    found = [vectors[search_dense(index, q, k)[1]] @ q >= last - 1e-5 for q, last in zip(queries, best[:, -1], strict=True)]
    return sum(max(0, int(near.sum()) - own) for near in found) / max(1, len(queries) * (k - own))


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

    `only`: which rows are searched, bool, shape (n,); None for all. Never fewer than there are: where lists might give too few,
    all 8-bit vectors are compared.
    """
    import faiss

    k = min(k, index.ntotal if only is None else int(np.count_nonzero(only)))
    if k <= 0:
        return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
    query = query.reshape(1, -1).astype(np.float32)
    scores, rows = np.zeros((1, 0)), np.full((1, 0), -1)
    if not isinstance(index, faiss.IndexRefine):
        scores, rows = index.search(query, k, params=_only(only))
    elif only is None and k <= MOST_BY_LISTS:
        lists = faiss.SearchParametersIVF(nprobe=PROBED)
        parameters = faiss.IndexRefineSearchParameters(k_factor=max(RERANKED / k, 4), base_index_params=lists)
        scores, rows = index.search(query, k, params=parameters)
    if rows.shape[1] < k or rows.min() < 0:
        scores, rows = index.refine_index.search(query, k, params=_only(only))
    order = np.lexsort((rows[0], -scores[0]))
    return scores[0][order], rows[0][order]


def _only(rows: np.ndarray | None) -> Any:
    """The parameters of a search in some rows."""
    import faiss

    return None if rows is None else faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little")))


def stored_vector(index: Any, row: int) -> np.ndarray:
    """The vector of one row of an exact index, float32, shape (d,)."""
    return index.reconstruct(row)


def stored_vectors(index: Any) -> np.ndarray:
    """Those of all rows of an exact index, float32, shape (n, d)."""
    return index.reconstruct_n(0, index.ntotal)
