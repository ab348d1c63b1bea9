"""Sheets of questions: a CSV file with a column `question`, or a text file with one question a line.

A sheet is read through once before anything is asked, so that a fault in its form is told at once, and then row by row, so
that memory does not grow with it.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from index.errors import BatchError

QUESTION = "question"
"""The column that holds the questions, in capitals or not."""

DELIMITERS = ",;\t|"

_TABLES, _LINES = (".csv", ".tsv"), (".txt",)
_NAMED_DELIMITER = re.compile(r"sep=(.)", re.IGNORECASE)  # a first line that spreadsheets write and read


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of a sheet and the cells of its other columns; `problem` says why it cannot be asked, where the sheet shows it."""

    question: str
    others: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open sheet: the names of its other columns, what separates its cells, and how many questions it has."""

    file: BinaryIO
    name: str
    others: tuple[str, ...] = ()
    delimiter: str = ","
    table: bool = False
    size: int = 0

    def __iter__(self) -> Iterator[Entry]:
        """The questions in order. Raises BatchError when the sheet cannot be read to its end."""
        return _cells(self) if self.table else _lines(self)


def open_sheet(source: Path | str) -> Sheet:
    """The sheet in a file, or for "-" the lines of standard input. Raises BatchError with what is wrong, and in which line."""
    if str(source) == "-":
        return _counted(Sheet(_spooled(), "standard input"))
    path = Path(source)
    if path.suffix.lower() not in _TABLES + _LINES:
        raise BatchError(
            f"{path}: found a name ending in {path.suffix!r}, expected {', '.join(_TABLES + _LINES)} (or - for lines)"
        )
    try:
        file = path.open("rb")
    except OSError as error:
        raise BatchError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        sheet = Sheet(file, str(path))
        return _counted(_with_header(sheet) if path.suffix.lower() in _TABLES else sheet)
    except BatchError:
        file.close()
        raise


def pasted_sheet(text: str) -> Sheet:
    """The sheet in a text: a table when its first line names the columns, `question` among them, else one question a line.

    Raises BatchError when there is no question in it.
    """
    file = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        sheet = _with_header(Sheet(file, "the text"))
    except BatchError:
        sheet = Sheet(file, "the text")
    return _counted(sheet)


def _spooled() -> BinaryIO:
    """Standard input in a temporary file, which can be read twice."""
    spool = tempfile.TemporaryFile()
    binary = getattr(sys.stdin, "buffer", None)
    while piece := (binary.read(1 << 16) if binary else sys.stdin.read(1 << 16).encode("utf-8", "surrogatepass")):
        spool.write(piece)
    return spool  # type: ignore[return-value]


def _counted(sheet: Sheet) -> Sheet:
    size = sum(1 for _ in sheet)
    if not size:
        raise BatchError(f"{sheet.name}: there is no question in it")
    return replace(sheet, size=size)


def _text(sheet: Sheet, newline: str | None) -> Iterator[str]:
    """The lines of the sheet from its beginning, a byte order mark left out."""
    sheet.file.seek(0)
    reader = io.TextIOWrapper(sheet.file, encoding="utf-8-sig", newline=newline)
    number = 0
    try:
        for number, line in enumerate(reader, 1):  # noqa: B007 - the number is told
            yield line
    except UnicodeDecodeError as error:
        cure = "save it as “CSV UTF-8”" if sheet.table else "save it as UTF-8"
        raise BatchError(f"{sheet.name}: not UTF-8 text after line {number}; {cure}") from error
    except OSError as error:
        raise BatchError(f"{sheet.name}: cannot be read: {error.strerror}") from error
    finally:
        if not sheet.file.closed:
            reader.detach()


def _lines(sheet: Sheet) -> Iterator[Entry]:
    for line in _text(sheet, newline=None):
        if line.strip():
            yield Entry(line.rstrip("\n"))


def _with_header(sheet: Sheet) -> Sheet:
    """The sheet with its delimiter: the one that gives its header most columns, or that its first line names itself."""
    first = next(_text(Sheet(sheet.file, sheet.name, table=True), newline=None), "")
    named = _NAMED_DELIMITER.fullmatch(first.rstrip("\n"))
    found: dict[str, list[str]] = {}
    for delimiter in named[1] if named else DELIMITERS:
        with suppress(csv.Error, TypeError, ValueError):
            if columns := _header(Sheet(sheet.file, sheet.name, delimiter=delimiter, table=True)):
                found[delimiter] = columns
    if not found:
        raise BatchError(
            f"{sheet.name}: the first line is {first.strip()!r:.80}, expected names of columns, one of them {QUESTION!r}"
        )
    delimiter = max(found, key=lambda d: len(found[d]))
    columns = found[delimiter]
    if sum(_is_question(name) for name in columns) > 1:
        raise BatchError(f"{sheet.name}: {QUESTION!r} is the name of several columns; rename all but one")
    others = tuple(name.strip() for name in columns if not _is_question(name))
    return Sheet(sheet.file, sheet.name, others, delimiter, table=True)


def _header(sheet: Sheet) -> list[str]:
    """The names of the columns when the first lines hold them, else none; before them may stand a line that names the delimiter."""
    for cells in islice(_rows(sheet), 2):
        if any(_is_question(name) for name in cells):
            return cells
    return []


def _rows(sheet: Sheet) -> Iterator[list[str]]:
    """The rows that are not blank."""
    reader = csv.reader(_text(sheet, newline=""), delimiter=sheet.delimiter, strict=True)
    return (cells for cells in reader if any(cell.strip() for cell in cells))


def _is_question(name: str) -> bool:
    return name.strip().casefold() == QUESTION


def _cells(sheet: Sheet) -> Iterator[Entry]:
    """The rows after the header."""
    width, position = len(sheet.others) + 1, -1
    number = 0
    try:
        for number, cells in enumerate(_rows(sheet), 1):  # noqa: B007 - the number is told
            if position < 0:
                position = next((i for i, name in enumerate(cells) if _is_question(name)), -1)
                continue
            if width == 1:  # what is no quoted comma separates nothing either
                cells = [sheet.delimiter.join(cells)]
            found = len(cells)
            cells = cells + [""] * (width - found)
            others = tuple(cells[:position] + cells[position + 1 : width])
            cure = f"put quotation marks around a cell that holds a “{sheet.delimiter}”"
            problem = f"the row has {found} cells, the header {width}; {cure}" if found > width else ""
            yield Entry(cells[position], others, problem)
    except csv.Error as error:
        unclosed = "unexpected end" in str(error) or "field limit" in str(error)
        what = "a quotation mark is not closed" if unclosed else str(error)
        cure = 'a cell with quotation marks is written "so that they are ""doubled"""'
        raise BatchError(f"{sheet.name}, after row {number}: {what}; {cure}") from error
