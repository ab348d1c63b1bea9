"""`sources/catalogue.toml`: what a person knows of each document. One table a file, named by its id."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path

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
    path = folder / CATALOGUE_NAME
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise CatalogueError(f"{path}: not readable as TOML ({error}); mend the file or remove it") from error
    return {name: _entry(path, name, table, folder) for name, table in tables.items()}


def _entry(path: Path, name: str, table: object, folder: Path) -> Metadata:
    where = f'{path}: ["{name}"]'
    if not isinstance(table, dict):
        raise CatalogueError(f'{where}: found a bare value, expected a table such as ["report.txt"] with keys {", ".join(KEYS)}')
    if not _is_there(folder, name) or ".." in Path(name).parts or Path(name).is_absolute():
        raise CatalogueError(f"{where}: there is no such file in {folder}; correct the name or remove the entry")
    values = {}
    for key, value in table.items():
        if key not in KEYS:
            raise CatalogueError(f'{where}: unknown key "{key}"; the keys are {", ".join(KEYS)}')
        if key == "date" and isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        if not isinstance(value, str):
            raise CatalogueError(f"{where}: {key} is {type(value).__name__}, expected text in quotes")
        if key == "date" and not _is_date(value):
            raise CatalogueError(f'{where}: date is "{value}", expected YYYY, YYYY-MM or YYYY-MM-DD')
        values[key] = " ".join(value.split()) or None
    return Metadata(**values)


def _is_there(folder: Path, name: str) -> bool:
    """Whether there is such a file, or an archive that may hold one: "bundle.zip/minutes.docx"."""
    archives = (path for path in Path(name).parents if path.suffix.lower() == ".zip")
    return (folder / name).is_file() or any((folder / path).is_file() for path in archives)


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat((value + "-01-01")[:10] if len(value) == 4 else (value + "-01")[:10])
    except ValueError:
        return False
    return True
