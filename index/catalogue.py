"""`sources/catalogue.toml`: what a person knows of each document. One table a file, named by its id."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .errors import CatalogueError
from .records import Metadata

CATALOGUE_NAME = "catalogue.toml"
KEYS = tuple(f.name for f in fields(Metadata))
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


def read_catalogue(folder: Path) -> dict[str, Metadata]:
    """Read `catalogue.toml` in `folder`; a folder without one has an empty catalogue.

    Returns a dict from document id to Metadata.
    Raises CatalogueError on bad TOML, an unknown key, a value of the wrong type, or an entry without its file.
    """
    return {name: _entry(folder, name, table) for name, table in parse_catalogue(folder, catalogue_text(folder)).items()}


def catalogue_text(folder: Path) -> str:
    """The catalogue's text as it is in the file, line ends too; "" where there is none. Raises CatalogueError."""
    path = folder / CATALOGUE_NAME
    if not path.is_file():
        return ""
    try:
        return path.read_bytes().decode("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise unreadable(path, error) from error


def parse_catalogue(folder: Path, text: str) -> dict[str, Any]:
    """The entries of the catalogue's text, by document id, their values not yet checked. Raises CatalogueError."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise unreadable(folder / CATALOGUE_NAME, error) from error


def unreadable(path: Path, error: Exception) -> CatalogueError:
    """The error that says that a catalogue cannot be read."""
    return CatalogueError(f"{path}: not readable as TOML ({error}); mend the file or remove it")


def check_entry(folder: Path, name: str, table: object) -> Metadata:
    """The metadata in a document's entry. Raises CatalogueError on an unknown key or a value that it cannot have."""
    where = _where(folder, name)
    if not isinstance(table, dict):
        raise CatalogueError(f'{where}: found a bare value, expected a table such as ["report.txt"] with keys {", ".join(KEYS)}')
    values = {}
    for key, value in table.items():
        if key not in KEYS:
            raise CatalogueError(f'{where}: unknown key "{key}"; the keys are {", ".join(KEYS)}')
        if key == "date" and isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        if not isinstance(value, str):
            raise CatalogueError(f"{where}: {key} is {type(value).__name__}, expected text in quotes")
        if key == "date" and not is_date(value):
            raise CatalogueError(f'{where}: date is "{value}", expected YYYY, YYYY-MM or YYYY-MM-DD')
        values[key] = " ".join(value.split()) or None
    return Metadata(**values)


def _entry(folder: Path, name: str, table: object) -> Metadata:
    metadata = check_entry(folder, name, table)
    if not _is_there(folder, name) or ".." in Path(name).parts or Path(name).is_absolute():
        raise CatalogueError(f"{_where(folder, name)}: there is no such file in {folder}; correct the name or remove the entry")
    return metadata


def _where(folder: Path, name: str) -> str:
    return f'{folder / CATALOGUE_NAME}: ["{name}"]'


def _is_there(folder: Path, name: str) -> bool:
    """Whether there is such a file, or an archive that may hold one: "bundle.zip/minutes.docx"."""
    archives = (path for path in Path(name).parents if path.suffix.lower() == ".zip")
    return (folder / name).is_file() or any((folder / path).is_file() for path in archives)


def is_date(value: str) -> bool:
    """Whether a text is YYYY, YYYY-MM or YYYY-MM-DD, and such a day is in the calendar."""
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat((value + "-01-01")[:10] if len(value) == 4 else (value + "-01")[:10])
    except ValueError:
        return False
    return True
