"""Pages of indexed PDFs as pictures: made when one is asked for, by a process with limits, and the last ones kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from .original import read_original
from .page_view import PageView
from .store import Index
from .workers import Worker

WIDTH = 1400
"""Dots across a picture: twice what the page shows of it, to be magnified."""

SECONDS = 20.0
"""A page that takes longer is given up: somebody waits for it."""

KEPT = 24
"""Pictures kept, of all visitors together."""

Runs = Sequence[tuple[int, int]]
"""Runs of letters, each its first and how many, as `page_view.letters_on_pages` finds them."""


class Pages:
    """Pages as pictures, for several threads at once; the process that makes them is started by the first one asked for."""

    def __init__(self, worker: Worker | None = None) -> None:
        self._worker = worker or Worker(SECONDS)
        self._kept: OrderedDict[tuple[str, int, tuple[tuple[int, int], ...]], PageView] = OrderedDict()
        self._looking, self._working = threading.Lock(), threading.Lock()

    def view(self, index: Index, number: int, page: int, runs: Runs) -> PageView:
        """Page number `page`, from 1, of document `number`, and the boxes of runs of its letters. Raises LoadError.

        The file is read again unless the picture is kept, and must be the one that was indexed.
        """
        document = index.documents[number]
        key = document.sha256, page, tuple(runs)
        if found := self._found(key):
            return found
        with self._working:  # a worker answers one at a time, and the picture may be made by now
            if found := self._found(key):
                return found
            made = self._worker.view(read_original(index, number), document.id, page, runs, WIDTH)
            with self._looking:
                self._kept[key] = made
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return made

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def _found(self, key: tuple[str, int, tuple[tuple[int, int], ...]]) -> PageView | None:
        with self._looking:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)
