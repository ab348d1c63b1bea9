"""Tables of the answers to a batch: CSV, JSON, Markdown and HTML, a row at a time."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Protocol, TextIO

from index.errors import BatchError

from .batch import COLUMNS, Row
from .markup import escape, visible
from .plain import markdown_text
from .sheet import QUESTION

FORMS = (".csv", ".tsv", ".json", ".md", ".html")
"""How the name of a table may end."""

_RISKY = re.compile(r"[\s']*[=+\-@＝＋－＠\t\r\n]")
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:1rem}table{border-collapse:collapse}"
    "th,td{border:1px solid #999;padding:.35rem .5rem;text-align:start;vertical-align:top;white-space:pre-wrap}"
    ".quotation{min-width:24rem;font-family:serif}.unseen::after{content:attr(data-code);border:1px solid;font-size:70%}"
)


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that could be gets an apostrophe before it; see `unguarded`."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unguarded(cell: str) -> str:
    """The exact text of a cell that `guarded` made."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell[1:]) else cell


class Table(Protocol):
    """The texts that a table is made of, in order: its head, each row, its foot."""

    def head(self) -> str: ...

    def row(self, row: Row) -> str: ...

    def foot(self) -> str: ...


class CsvTable:
    """Comma-separated, or with the delimiter of the sheet; formulas are guarded."""

    def __init__(self, others: Sequence[str], delimiter: str) -> None:
        self._names, self._delimiter = all_columns(others), delimiter

    def head(self) -> str:
        return self._line(self._names)

    def row(self, row: Row) -> str:
        return self._line([*row.others, row.question, *row.cells().values()])

    def foot(self) -> str:
        return ""

    def _line(self, cells: Iterable[str]) -> str:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=self._delimiter).writerow([guarded(cell) for cell in cells])
        return line.getvalue()


class JsonTable:
    """A list of objects with exact texts, the sheet's other columns by name, and the whole answer, or null."""

    def __init__(self, others: Sequence[str]) -> None:
        self._others, self._comma = all_columns(others)[: len(others)], ""

    def head(self) -> str:
        return "["

    def row(self, row: Row) -> str:
        others = dict(zip(self._others, row.others, strict=True))
        answer = row.answer.to_dict() if row.answer else None
        data = {"number": row.number, QUESTION: row.question, **row.to_dict(), "others": others, "answer": answer}
        comma, self._comma = self._comma, ","
        return f"{comma}\n{json.dumps(data, ensure_ascii=False)}"

    def foot(self) -> str:
        return "\n]\n"


class MarkdownTable:
    """A Markdown table; line ends within a cell become <br>."""

    def __init__(self, others: Sequence[str]) -> None:
        self._names = all_columns(others)

    def head(self) -> str:
        return self._line(self._names) + "|" + " --- |" * len(self._names) + "\n"

    def row(self, row: Row) -> str:
        return self._line([*row.others, row.question, *row.cells().values()])

    def foot(self) -> str:
        return ""

    def _line(self, cells: Iterable[str]) -> str:
        return "| " + " | ".join(markdown_text(cell).replace("\n", "<br>") for cell in cells) + " |\n"


class HtmlTable:
    """A page with one table, without scripts; the text of an element of class "quotation" is the document's own."""

    def __init__(self, others: Sequence[str]) -> None:
        self._others, self._names = tuple(others), all_columns(others)

    def head(self) -> str:
        heads = "".join(f'<th scope="col">{visible(name)}</th>' for name in self._names)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Answers from the documents</title>'
            f"<style>{_STYLE}</style></head><body><table>\n<thead><tr>{heads}</tr></thead><tbody>\n"
        )

    def row(self, row: Row) -> str:
        given = "".join(f'<td dir="auto">{visible(cell)}</td>' for cell in (*row.others, row.question))
        said = "".join(
            f'<td class="{escape(name.replace(" ", "-"))}" dir="auto">{visible(cell)}</td>' for name, cell in row.cells().items()
        )
        return f"<tr>{given}{said}</tr>\n"

    def foot(self) -> str:
        return "</tbody></table></body></html>\n"


def all_columns(others: Sequence[str]) -> list[str]:
    """The names of a table's columns, those of the sheet first; a name that is there twice is numbered."""
    own = (QUESTION, *COLUMNS)
    names = list(own)
    for name in others:
        number = count(2)
        unique = name
        while unique in names:
            unique = f"{name} ({next(number)})"
        names.insert(len(names) - len(own), unique)
    return names


def table_for(form: str, others: Sequence[str] = (), delimiter: str = ",") -> Table:
    """An empty table of one of FORMS. Raises BatchError for another form."""
    if form in (".csv", ".tsv"):
        return CsvTable(others, "\t" if form == ".tsv" else delimiter)
    made = {".json": JsonTable, ".md": MarkdownTable, ".html": HtmlTable}.get(form)
    if made is None:
        raise BatchError(f"found a table's name ending in {form!r}, expected {', '.join(FORMS)}")
    return made(others)


def checked_table(path: Path, questions: str) -> None:
    """Raises BatchError when no table can be written to a path: before anything is asked, not after."""
    table_for(path.suffix.lower())
    if not path.absolute().parent.is_dir():
        raise BatchError(f"{path}: its folder does not exist; make it first")
    if path.is_dir():
        raise BatchError(f"{path}: is a folder, expected the name of a file")
    if path.exists() and questions != "-" and Path(questions).exists() and path.samefile(questions):
        raise BatchError(f"{path}: holds the questions; choose another name for their answers")


def write_table(rows: Iterable[Row], path: Path | None, others: Sequence[str] = (), delimiter: str = ",") -> None:
    """Write a table row by row; to standard output, as CSV, when `path` is None. Raises BatchError when it cannot be written.

    A file is written as NAME.partial and takes its name at the end. When the rows end in an error or an interrupt it is
    completed with those that are there, and takes its name too unless there is none.
    """
    table = table_for(path.suffix.lower() if path else ".csv", others, delimiter)
    if path is None:
        if reconfigure := getattr(sys.stdout, "reconfigure", None):
            reconfigure(encoding="utf-8", newline="")
        with closing(_written(rows, table, sys.stdout)) as numbers:
            for _ in numbers:
                pass
        return
    partial, written = path.with_name(f"{path.name}.partial"), 0
    encoding = "utf-8-sig" if isinstance(table, CsvTable) else "utf-8"  # without the mark, spreadsheets guess
    try:
        file = partial.open("x", encoding=encoding, newline="")
    except FileExistsError:
        raise BatchError(f"{partial}: another run writes it, or one was killed; move it away, its rows are answered") from None
    except OSError as error:
        raise BatchError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with file, closing(_written(rows, table, file)) as numbers:
            for written in numbers:  # noqa: B007 - how many, when they end early
                pass
    except OSError as error:
        raise BatchError(f"{path}: cannot be written: {error.strerror}; the rows before are in {partial}") from error
    except BaseException:
        if written:
            _take_name(partial, path)
        else:
            partial.unlink()
        raise
    _take_name(partial, path)


def _take_name(partial: Path, path: Path) -> None:
    try:
        os.replace(partial, path)
    except OSError as error:
        raise BatchError(f"{path}: cannot be written: {error.strerror}; the table is {partial}") from error


def _written(rows: Iterable[Row], table: Table, file: TextIO) -> Iterator[int]:
    """Write a whole table, whatever its rows end in; yields how many are written."""
    file.write(table.head())
    try:
        for number, row in enumerate(rows, 1):
            file.write(table.row(row))
            file.flush()
            yield number
    finally:
        file.write(table.foot())
        file.flush()
