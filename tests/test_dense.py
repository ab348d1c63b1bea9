"""The vector index: exact inner product, ties by row, files that survive the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index import IndexDamaged
from index.dense import (
    EIGHT_BIT,
    EIGHT_BIT_UP_TO,
    EXACT,
    EXACT_UP_TO,
    LISTS,
    build_dense,
    kind_for,
    measure_recall,
    read_dense,
    search_dense,
    stored_vector,
    write_dense,
)


def unit(count: int, dimension: int = 8) -> np.ndarray:
    vectors = np.random.default_rng(5).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_search_is_exact() -> None:
    """The scores and the order are those of numpy's inner product."""
    vectors, query = unit(200), unit(1)[0]
    scores, rows = search_dense(build_dense(vectors), query, 10)
    expected = np.argsort(-(vectors @ query))[:10]
    assert rows.tolist() == expected.tolist()
    assert scores == pytest.approx((vectors @ query)[expected], abs=1e-6)


def test_ties_break_by_row() -> None:
    """Equal vectors come in the order of the documents."""
    vectors = np.repeat(unit(1), 5, axis=0)
    _, rows = search_dense(build_dense(vectors), vectors[0], 5)
    assert rows.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("count", "k", "found"), [(3, 10, 3), (3, 0, 0), (3, -1, 0), (0, 5, 0)])
def test_no_more_rows_than_there_are(count: int, k: int, found: int) -> None:
    """Asked for more than there is, or nothing, search gives what it has and never a row -1."""
    scores, rows = search_dense(build_dense(unit(count)), unit(1)[0], k)
    assert len(scores) == len(rows) == found and (rows >= 0).all()


def test_an_index_survives_the_disk(tmp_path: Path) -> None:
    """Every vector comes back bit for bit."""
    vectors = unit(20)
    write_dense(build_dense(vectors), tmp_path / "a.faiss")
    again = read_dense(tmp_path / "a.faiss")
    assert all((stored_vector(again, row) == vectors[row]).all() for row in range(20))


def test_a_file_that_faiss_cannot_read_is_refused(tmp_path: Path) -> None:
    """Cut short, of another kind or missing: the file is named."""
    path = tmp_path / "a.faiss"
    write_dense(build_dense(unit(20)), path)
    for data in (path.read_bytes()[:40], b"no index at all", b""):
        path.write_bytes(data)
        with pytest.raises(IndexDamaged, match=r"a\.faiss: not readable by FAISS; build the index again"):
            read_dense(path)
    with pytest.raises(IndexDamaged, match=r"gone\.faiss"):
        read_dense(tmp_path / "gone.faiss")


def test_what_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    """The build turns it into one line; FAISS's own error would be a traceback."""
    with pytest.raises(OSError, match=r"a\.faiss: not written"):
        write_dense(build_dense(unit(2)), tmp_path / "no folder" / "a.faiss")


def test_only_some_rows_are_searched() -> None:
    """Exactly these, best first, however many better ones there are, and no more than there are."""
    vectors, query = unit(203), unit(1)[0]
    only = np.zeros(203, dtype=bool)
    worst = np.argsort(vectors @ query)[:20]
    only[worst] = True
    scores, rows = search_dense(build_dense(vectors), query, 50, only)
    assert rows.tolist() == worst[::-1].tolist() and scores == pytest.approx((vectors @ query)[rows], abs=1e-6)
    assert len(search_dense(build_dense(vectors), query, 5, np.zeros(203, dtype=bool))[1]) == 0


@pytest.mark.parametrize("kind", [EIGHT_BIT, LISTS])
def test_approximate_search_finds_most_of_the_nearest(kind: str, tmp_path: Path) -> None:
    """As measured; from a mapped file; never fewer rows than asked for, none twice, and exactly those that are to be searched."""
    vectors = np.repeat(unit(60, 32), 50, axis=0) + unit(3000, 32)  # subjects, as texts have them: in mere noise nothing is near
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    write_dense(build_dense(vectors, kind), tmp_path / "a.faiss")
    index = read_dense(tmp_path / "a.faiss")
    assert 0.9 < measure_recall(index, vectors) <= 1
    for k in (10, 2999):
        _, rows = search_dense(index, vectors[7], k)
        assert rows[0] == 7 and len(set(rows.tolist())) == k and rows.min() >= 0
    only = vectors @ vectors[7] < 0
    _, rows = search_dense(index, vectors[7], 3000, only)
    assert sorted(rows.tolist()) == np.flatnonzero(only).tolist()


def test_the_recall_is_that_of_exact_search() -> None:
    """1 where it is exact, however many vectors are equal, and little where the index is of other vectors."""
    vectors = np.repeat(unit(300, 32), 2, axis=0)
    assert measure_recall(build_dense(vectors), vectors) == 1
    assert measure_recall(build_dense(unit(600, 32)[::-1]), vectors) < 0.1
    assert measure_recall(build_dense(unit(1)), unit(1)) == 0


def test_the_kind_goes_by_the_number_of_vectors() -> None:
    """Exact as long as it is fast; 8 bits where the quantiser cannot divide the vectors; and what is asked for stays exact."""
    counts = (1, EXACT_UP_TO, EXACT_UP_TO + 1, EIGHT_BIT_UP_TO, EIGHT_BIT_UP_TO + 1)
    assert [kind_for(n, 384, asked=False) for n in counts] == [EXACT, EXACT, EIGHT_BIT, EIGHT_BIT, LISTS]
    assert kind_for(EIGHT_BIT_UP_TO + 1, 300, asked=False) == EIGHT_BIT
    assert {kind_for(n, 384, asked=True) for n in counts} == {EXACT}
