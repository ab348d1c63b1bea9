"""A batch of questions on the page: asked one after another while its table grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic

from index import BatchError, QAError

from . import panels
from .batch import Row, answers_to
from .narrow import Values, chosen
from .serve import Library
from .sheet import pasted_sheet

MOST_QUESTIONS = 1_000
"""More are asked from the shell: a page is no place to wait for an hour."""

SHOWN_EVERY = 0.5  # seconds between two pictures of a growing table


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as far as it has come: `of` questions in its sheet, whose other columns and delimiter the table takes over."""

    rows: tuple[Row, ...] = ()
    of: int = 0
    others: tuple[str, ...] = ()
    delimiter: str = ","
    running: bool = False
    note: str = ""

    def html(self) -> str:
        """The batch for the page."""
        return panels.batch_html(self.rows, self.of, self.running, self.note)

    def stopped(self) -> Batch:
        """The same, no longer running; what was answered stays."""
        return replace(self, running=False, note="Stopped." if self.running else self.note)


def ask_all(text: str, library: Library, narrowed: Values = ()) -> Iterator[Batch]:
    """Ask every question of a sheet, given as text, and show how far that is; the last batch is the whole one.

    `narrowed`: what the page is told to search only.
    """
    try:
        sheet = pasted_sheet(text)
        if sheet.size > MOST_QUESTIONS:
            raise BatchError(
                f"{sheet.size:,} questions, at most {MOST_QUESTIONS:,} are asked here; more with: python -m qa batch FILE"
            )
        batch = Batch((), sheet.size, sheet.others, sheet.delimiter, running=True)
        yield batch
        assistant, shown, rows = library.assistant(), monotonic(), []
        for row in answers_to(sheet, assistant, chosen(narrowed)):
            rows.append(row)
            if monotonic() - shown > SHOWN_EVERY:
                shown, batch = monotonic(), replace(batch, rows=tuple(rows))
                yield batch
        yield replace(batch, rows=tuple(rows), running=False)
    except QAError as error:
        yield Batch(note=str(error))
