"""CSV: every row is a record that names its columns, "Column: value" a line, and a passage of its own."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from pathlib import PurePosixPath

from .decode import decode
from .errors import LoadError
from .loaded import Loaded, Piece, assemble
from .records import Location, Span

MAX_COLUMNS = 1_000
"""Cells of a row."""

_SAMPLE, _SAMPLE_ROWS = 64 * 1024, 20
_DELIMITERS = ",;\t|"


def load_table(data: bytes, name: str) -> Loaded:
    """The rows of a table, each with the names of its columns before its values; empty cells are left out.

    The first row names the columns when each of its cells holds a name of its own. Raises LoadError: no table, a cell without end.
    """
    text, note = decode(data, name)
    text = text.removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, name))
    rows = ((number, cells) for number, cells in enumerate(reader, 1) if any(cell.strip() for cell in cells))
    notes = [note] if note else []
    try:
        number, first = next(rows, (0, []))
        columns = _columns(first)
        if not columns:
            notes.append("its first row names no columns; they are numbered")
            rows = itertools.chain([(number, first)], rows)
        return assemble((_record(cells, columns, number) for number, cells in rows), name, None, notes)
    except csv.Error as error:
        raise LoadError(f"{name}: not readable as CSV near line {reader.line_num:,} ({error}); save it anew") from error


def _delimiter(text: str, name: str) -> str:
    """What divides cells: a tab in .tsv, else the sign that divides most of the first rows alike."""
    if PurePosixPath(name).suffix.lower() == ".tsv":
        return "\t"
    found = []
    for sign in _DELIMITERS:
        sample = csv.reader(io.StringIO(text[:_SAMPLE], newline=""), delimiter=sign)
        try:
            widths = [len(row) for row, _ in zip(sample, range(_SAMPLE_ROWS), strict=False) if row]
        except csv.Error:
            continue
        usual = max(widths, key=widths.count, default=0)
        if usual > 1:
            found.append((widths.count(usual) / len(widths), usual, sign))
    return max(found, key=lambda f: f[:2])[2] if found else ","


def _columns(first: Sequence[str]) -> list[str]:
    """The names of columns that a row gives, or none: a name is there only once, and is no number."""
    names = [" ".join(cell.split()) for cell in first]
    while names and not names[-1]:
        names.pop()
    folded = {name.casefold() for name in names}
    named = names and all(names) and len(folded) == len(names)
    return names if named and not any(_is_number(name) for name in names) else []


def _is_number(cell: str) -> bool:
    bare = cell.strip(" £$€%+-").replace(",", "").replace(".", "", 1)
    return bare.isdecimal()


def _record(cells: Sequence[str], columns: Sequence[str], number: int) -> Piece:
    """A row as a piece: a line for each cell that holds something."""
    if len(cells) > MAX_COLUMNS:
        raise csv.Error(f"{len(cells):,} cells in a row, more than the {MAX_COLUMNS:,} that one may have")
    names = [*columns, *(f"Column {i}" for i in range(len(columns) + 1, len(cells) + 1))]
    lines = [f"{name}: {' '.join(cell.split())}" for name, cell in zip(names, cells, strict=False) if cell.strip()]
    text = "\n".join(lines)
    return Piece(text, "record", locations=(Location(Span(0, len(text)), "row", str(number)),))
