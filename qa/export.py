"""A conversation or chosen quotations to a file to take away, and back: Markdown, HTML, DOCX, JSON, by the file's suffix."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from index import ExportError, Index

from .answer import Answer, Citation
from .export_docx import from_docx, to_docx
from .export_html import from_html, to_html
from .export_markdown import from_markdown, to_markdown
from .literal import shown
from .outline import PROVED, Block, Parsed, outline
from .record import Record, basket, from_json, recorded, to_json

MAX_BYTES = 256 * 1024 * 1024
"""A larger file is not read: no export comes near."""


def to_json_file(record: Record) -> bytes:
    """The export as a JSON file: its record."""
    return to_json(record).encode()


def from_json_file(data: bytes) -> Parsed:
    """The export read back: what is seen of it is its record. Raises ExportError when it is none."""
    try:
        record = from_json(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ExportError(f"it is not UTF-8 (byte {error.start})") from error
    return Parsed(record, tuple(Block(b.kind, shown(b.text)) for b in outline(record) if b.kind in PROVED), True)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of export: how a record is written, how a file is read back, and its media type."""

    write: Callable[[Record], bytes]
    read: Callable[[bytes], Parsed]
    media_type: str


FORMS = {
    ".md": Form(to_markdown, from_markdown, "text/markdown"),
    ".html": Form(to_html, from_html, "text/html"),
    ".docx": Form(to_docx, from_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".json": Form(to_json_file, from_json_file, "application/json"),
}
"""Suffix (lower case) to the form."""


def form_of(path: Path) -> Form:
    """The form that a file's suffix names. Raises ExportError for another suffix."""
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise ExportError(f'{path}: found the suffix "{path.suffix}", expected one of {", ".join(FORMS)}')
    return form


def export_conversation(answers: Sequence[Answer], index: Index, made: str | None = None) -> Record:
    """A conversation as a record, oldest answer first. Raises ExportError when the index no longer has what is quoted."""
    return Record(replies=tuple(recorded(answer, index) for answer in answers), made=made)


def export_quotations(citations: Sequence[Citation], index: Index, made: str | None = None) -> Record:
    """Chosen quotations as a record, numbered in the order given. Raises ExportError as `export_conversation` does."""
    return basket(citations, index, made)


def check_path(path: Path) -> None:
    """Tell before any work is done that an export could not be written to `path`. Raises ExportError."""
    form_of(path)
    if not path.parent.is_dir():
        raise ExportError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise ExportError(f"{path}: is a folder, expected the name of a file")


def write_export(record: Record, path: Path) -> None:
    """Write a record to a file in the form of its suffix, whole or not at all. Raises ExportError."""
    check_path(path)
    data = form_of(path).write(record)
    draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise ExportError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_export(path: Path) -> Parsed:
    """Read an export. Raises ExportError, naming the file, when it is none or is damaged."""
    form = form_of(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ExportError(f"{size:,} bytes, more than the {MAX_BYTES:,} that are read")
        return form.read(path.read_bytes())
    except OSError as error:
        raise ExportError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ExportError as error:
        raise ExportError(f"{path} is no export, or damaged: {error}") from error
