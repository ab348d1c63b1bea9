"""Pictures of pages: made once, of the file that was indexed, and one after the other however many ask."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import WordEncoder

from index import Index, LoadError, build_index, open_index
from index.page_view import PageView
from index.pages import KEPT, WIDTH, Pages


class FakeWorker:
    """Pictures that name their page; remembers what it was asked, and that it was asked for one at a time."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.busy = threading.Lock()

    def view(self, data: bytes, name: str, page: int, runs: Any, width: int) -> PageView:
        assert self.busy.acquire(blocking=False), "asked for two at once"
        self.asked.append(page)
        try:
            if page == 13:
                raise LoadError(f"{name}: page 13 cannot be shown")
            return PageView(f"{data.decode()} {page} {width}".encode(), tuple(None for _ in runs), 99)
        finally:
            self.busy.release()


@pytest.fixture
def indexed(tmp_path: Path) -> Index:
    (tmp_path / "a.txt").write_text("They came.")
    build_index(tmp_path, tmp_path / ".index", encoder=WordEncoder())
    return open_index(tmp_path / ".index")


def test_a_picture_is_made_once(indexed: Index, tmp_path: Path) -> None:
    """Going back to it needs neither the process nor the file; other marks make another picture."""
    worker = FakeWorker()
    pages = Pages(worker)  # type: ignore[arg-type]
    first = pages.view(indexed, 0, 1, [(0, 3)])
    assert first.png == f"They came. 1 {WIDTH}".encode()
    pages.view(indexed, 0, 2, [])
    pages.view(indexed, 0, 1, [])
    (tmp_path / "a.txt").unlink()
    assert pages.view(indexed, 0, 1, [(0, 3)]) is first and worker.asked == [1, 2, 1]
    with pytest.raises(LoadError, match=r"a\.txt: no longer in"):
        pages.view(indexed, 0, 3, [])


def test_the_pictures_kept_are_those_seen_last(indexed: Index) -> None:
    """The one looked at again stays, the one after it goes."""
    worker = FakeWorker()
    pages = Pages(worker)  # type: ignore[arg-type]
    wanted = [n for n in range(100, 100 + KEPT)]
    for page in [*wanted, wanted[0], 1, wanted[0]]:
        pages.view(indexed, 0, page, [])
    assert worker.asked == [*wanted, 1]
    pages.view(indexed, 0, wanted[1], [])
    assert worker.asked[-1] == wanted[1]


def test_several_may_ask_at_once(indexed: Index) -> None:
    """Each gets its page, which is made once; an error is told to who asked, and keeps nobody else from his."""
    worker = FakeWorker()
    pages = Pages(worker)  # type: ignore[arg-type]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda page: _page(pages, indexed, page), [1, 2, 13, 3] * 8))
    assert found == ["1", "2", "13", "3"] * 8
    assert sorted(page for page in worker.asked if page != 13) == [1, 2, 3]


def _page(pages: Pages, index: Index, page: int) -> str:
    try:
        return pages.view(index, 0, page, []).png.split()[2].decode()
    except LoadError as error:
        return str(error).split()[2]
