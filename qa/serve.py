"""The index that the page answers from: opened beside the server, and built anew while it answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from index import BuildCancelled, Index, QAError, build_index
from index.embed import Progress
from index.progress import Meter

from .answer import REMEMBERED
from .examples import Examples
from .reader import TRAINED

UNEXPECTED = "Something went wrong in the program; its log says what. The documents and the conversation are unharmed."
STARTING = "Starting …"
TOLD_EVERY = 0.4
"""Seconds between two tellings of how far a build is."""

log = logging.getLogger(__name__)


class Library:
    """The open index and its encoder, loaded beside the server so that the page is there at once."""

    def __init__(self, folder: Path, sources: Path, model: str | None = None, opener: Callable[..., Any] | None = None) -> None:
        self.folder, self.sources, self.model = folder, sources, model
        self.loaded = threading.Event()
        self.rebuild = Rebuild(self.build)
        self._examples: Examples | None = None
        self.problem = ""
        self._opener = opener or open_assistant
        self._assistant: Any = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Open the index, keeping the reason when that is not possible."""
        with self._lock:
            try:
                if self._assistant is None:
                    assistant = self._opener(self.folder, self.model)
                    self._examples = Examples(assistant.index, assistant.ask)
                    self._assistant = assistant  # last: whoever sees it finds the examples too
                self.problem = ""
            except QAError as error:
                self.problem = str(error)
            except Exception:
                log.exception("the index could not be opened")
                self.problem = UNEXPECTED
            finally:
                self.loaded.set()

    def assistant(self) -> Any:
        """The assistant, waiting for it if need be. Raises QAError with the reason when there is none."""
        self.loaded.wait()
        if self._assistant is None:
            self.load()  # someone may have built the index meanwhile
        if self._assistant is None:
            raise QAError(self.problem)
        return self._assistant

    def index(self) -> Index | None:
        """The newest published index, or None when there is none."""
        try:
            return self.assistant().index if self.loaded.is_set() else None
        except QAError as error:
            self.problem = str(error)
            return None

    def examples(self) -> Examples | None:
        """The questions that can be offered over the published index; made anew when another is published."""
        index = self.index()
        if index is None:
            return None
        with self._lock:
            if self._examples is None or index.name != self._examples.generation:
                self._examples = Examples(index, self._assistant.ask)
            return self._examples

    def build(self, progress: Progress) -> str:
        """Build the index and say in one line what came of it. The old one answers until the new one is there."""
        from index.embed import SentenceTransformerEncoder

        self.loaded.wait()
        try:  # an encoder of its own: questions must not wait for the build's texts
            report = build_index(self.sources, self.folder, encoder=SentenceTransformerEncoder(self.model), progress=progress)
        except BuildCancelled:
            return "The build was cancelled. What was indexed before still answers."
        except QAError as error:
            return f"The index was not built: {error}"
        self.load()
        if not report.published:
            return "Nothing has changed since the index was built."
        left = f" {len(report.skipped)} files were not indexed." if report.skipped else ""
        return f"Built in {report.seconds:.1f} s: {report.documents:,} documents, {report.passages:,} passages.{left}"


def open_assistant(folder: Path, model: str | None, reader: str = TRAINED, remember: int = REMEMBERED) -> Any:
    """An assistant that is ready to answer at once; see `Assistant.open`."""
    from index.embed import SentenceTransformerEncoder

    from .assistant import Assistant

    encoder = SentenceTransformerEncoder(model)
    assistant = Assistant.open(folder, encoder, reader, remember)
    encoder.encode(["The first use loads the network."])
    return assistant


class Rebuild:
    """One build at a time, run beside the server: whoever looks at the page follows it, and can cancel it.

    `work(progress)` builds and returns what came of it, in words; it raises BuildCancelled out of a progress call.
    """

    def __init__(self, work: Callable[[Progress], str]) -> None:
        self._work = work
        self._changed = threading.Condition()
        self._cancelled = False
        self._told = 0
        self.running = False
        self.words = ""
        self.share: float | None = None

    def start(self) -> None:
        """Begin, unless it runs already."""
        with self._changed:
            if self.running:
                return
            self.running, self._cancelled = True, False
            self._tell(STARTING, None)
        threading.Thread(target=self._run, daemon=True).start()

    def cancel(self) -> None:
        """Ask a running build to end; the index before it stays."""
        self._cancelled = True

    def watch(self) -> Iterator[tuple[str, float | None]]:
        """What is being done and which share of it is done (None for unknown), whenever that changes.

        Ends with the build; `words` then tell what came of it.
        """
        seen = -1
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._told != seen)  # noqa: B023 - asked at once
                if not self.running:
                    return
                seen, words, share = self._told, self.words, self.share
            yield words, share
            with self._changed:  # a page that changes a hundred times a second cannot be read; its end is told at once
                self._changed.wait_for(lambda: not self.running, timeout=TOLD_EVERY)

    def _run(self) -> None:
        meter = Meter()
        try:
            words = self._work(lambda step, done, total: self._step(meter(step, done, total).words, done, total))
        except Exception:
            log.exception("a build failed")
            words = UNEXPECTED
        with self._changed:
            self.running = False
            self._tell(words, None)

    def _step(self, words: str, done: int, total: int) -> None:
        if self._cancelled:
            raise BuildCancelled("cancelled")
        with self._changed:
            self._tell(words, done / total if total else None)

    def _tell(self, words: str, share: float | None) -> None:
        self.words, self.share, self._told = words, share, self._told + 1
        self._changed.notify_all()
