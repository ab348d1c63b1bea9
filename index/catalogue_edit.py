"""Changes to one entry of the catalogue's text. Everything else in it, comments too, stays as it is.

What comes out is read again with the parser that reads the catalogue, and refused unless it says what was meant.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .catalogue import CATALOGUE_NAME, parse_catalogue, unreadable
from .errors import CatalogueError


def with_values(folder: Path, text: str, name: str, values: Mapping[str, str]) -> str:
    """The catalogue's text with these values in the entry of document `name`; an empty one takes its key out.

    Values that are the same as before are not touched. Raises CatalogueError when the text is no TOML or the entry stands
    in it in a way that cannot be edited here.
    """
    entries = parse_catalogue(folder, text)
    before = entries.get(name, {})
    if not isinstance(before, dict):
        raise _by_hand(folder, name)
    gone = [key for key in before if values.get(key) == ""]
    changed = {
        key: v for key, v in values.items() if v and str(before.get(key, "")) != v
    }  # a bare date is the same as one in quotes
    if not changed and not gone:
        return text
    after = {key: value for key, value in before.items() if key not in gone} | changed
    if name not in entries:
        return _checked(folder, name, _appended(text, _plain(name, after)), entries | {name: after})
    document = _parsed(folder, text)
    table: Any = document[name]
    try:
        for key in gone:
            del table[key]
        end = _take_end(table)
        for key, value in changed.items():
            table[key] = value
        _put_end(table, end)
        edited = document.as_string()
    except Exception as error:  # of many kinds, where an entry is written in an unusual way
        raise _by_hand(folder, name) from error
    return _checked(folder, name, edited, entries | {name: after})


def take_out(folder: Path, text: str, name: str) -> tuple[str, str]:
    """The catalogue's text without the entry of document `name`, and the entry as a text of its own ("" if there is none).

    Comments inside the entry go with it; those after it, from the first blank line on, stay. Raises CatalogueError.
    """
    entries = parse_catalogue(folder, text)
    if name not in entries:
        return text, ""
    document = _parsed(folder, text)
    try:
        end = "".join(item.as_string() for _, item in _take_end(document[name], from_blank_line=True))
        del document[name]
        rest = document.as_string()
    except Exception as error:  # of many kinds, where an entry is written in an unusual way
        raise _by_hand(folder, name) from error
    left, entry = _split(text, rest, end)
    only = {name: entries.pop(name)}
    if not entry.startswith("[") or not _says(folder, entry, only):  # it was no table of its own, such as x = { title = "y" }
        left, entry = rest, _plain(name, only[name])
    return _checked(folder, name, left, entries), _checked(folder, name, entry, only)


def put_back(folder: Path, text: str, name: str, entry: str) -> str:
    """The catalogue's text with an entry that `take_out` gave at its end, unless document `name` has one. Raises CatalogueError."""
    entries = parse_catalogue(folder, text)
    if name in entries or not entry:
        return text
    return _checked(folder, name, _appended(text, entry), entries | parse_catalogue(folder, entry))


def _parsed(folder: Path, text: str) -> Any:
    import tomlkit

    try:
        return tomlkit.parse(text)
    except Exception as error:  # beside its own errors those of Python, on odd input
        raise unreadable(folder / CATALOGUE_NAME, error) from error


def _plain(name: str, values: object) -> str:
    import tomlkit

    document = tomlkit.document()
    document[name] = values
    return document.as_string()


def _appended(text: str, entry: str) -> str:
    """With a blank line between the two."""
    if not text.strip():
        return text + entry
    between = "" if text.endswith(("\n\n", "\n\r\n")) else "\n" if text.endswith("\n") else "\n\n"
    return text + between + entry


def _take_end(table: Any, *, from_blank_line: bool = False) -> list[Any]:
    """Cut off and return what follows the last key of a table: blank lines and comments, which may speak of the next entry."""
    body = table.value.body if hasattr(table.value, "body") else []
    start = max((i + 1 for i, (key, _) in enumerate(body) if key is not None), default=0)
    if from_blank_line:
        blank = [i for i in range(start, len(body)) if not body[i][1].as_string().strip()]
        start = blank[0] if blank else len(body)
    end = body[start:]
    del body[start:]
    return end


def _put_end(table: Any, end: list[Any]) -> None:
    if end:
        table.value.body.extend(end)


def _split(text: str, rest: str, end: str) -> tuple[str, str]:
    """`text` without an entry, but with what followed it (`end`), and the entry: `rest` is the text without both."""
    start = text.rfind("\n", 0, len(os.path.commonprefix([text, rest]))) + 1
    size = len(text) - len(rest)
    block = text[start : start + size]
    if not block.endswith(end):
        return rest, ""
    return text[:start] + (end if end.strip() else "") + text[start + size :], block.removesuffix(end)


def _says(folder: Path, text: str, expected: Mapping[str, Any]) -> bool:
    try:
        return parse_catalogue(folder, text) == expected
    except CatalogueError:
        return False


def _checked(folder: Path, name: str, text: str, expected: Mapping[str, Any]) -> str:
    if not _says(folder, text, expected):
        raise _by_hand(folder, name)
    return text


def _by_hand(folder: Path, name: str) -> CatalogueError:
    return CatalogueError(
        f'{folder / CATALOGUE_NAME}: ["{name}"] is not written as a table with one line a key; change this entry by hand'
    )
