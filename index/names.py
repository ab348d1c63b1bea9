"""What a document's file may be called, here and on the systems that it may be copied to."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from .catalogue import CATALOGUE_NAME
from .errors import CollectionError

MAX_NAME_BYTES = 255
"""Bytes of a file's name, as file systems have it."""

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_NOT_IN_NAMES = '<>:"/\\|?*'
_DIRECTING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # would show another name than it is


def file_name(name: str, suffixes: Collection[str]) -> str:
    """The name in the form in which it is stored (NFC). Raises CollectionError when it cannot be that of a document with one of the suffixes."""
    if not isinstance(name, str):
        raise CollectionError(f"found a name of type {type(name).__name__}, expected text")
    too_long = len(name) > 4 * MAX_NAME_BYTES  # composing makes a name shorter, but never so much
    name = name if too_long else unicodedata.normalize("NFC", name)
    reason = (
        f"the name has {len(name):,} characters, more than file systems take" if too_long else _why_not_a_name(name, suffixes)
    )
    if reason:
        raise CollectionError(f'"{shown(name)}": {reason}; rename the file')
    return name


def _why_not_a_name(name: str, suffixes: Collection[str]) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if not is_plain(name) or any(unicodedata.bidirectional(c) in _DIRECTING for c in name):
        return "the name holds a control character or is not UTF-8"
    if any(c in _NOT_IN_NAMES for c in name):
        return f"the name holds one of {' '.join(_NOT_IN_NAMES)}, expected a plain file name without folders"
    if not name or name != name.strip() or name.startswith("."):
        return "the name is empty or begins with a dot, or a space stands at its beginning or end"
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        return f"the name has {len(name.encode('utf-8')):,} bytes, more than the {MAX_NAME_BYTES} that file systems take"
    if _RESERVED.fullmatch(name):
        return "Windows keeps this name for a device"
    if name.casefold() == CATALOGUE_NAME:
        return "this is the catalogue, not a document"
    return "" if suffix in suffixes else f'no loader for "{shown(suffix or name)}"; known: {", ".join(suffixes)}'


def refuse_twin(path: Path) -> None:
    """Raises CollectionError when a name beside `path` differs only in case or composition: some systems cannot hold both."""
    for other in os.listdir(path.parent):
        if other != path.name and _folded(other) == _folded(path.name):
            raise CollectionError(f"{path.name}: differs only in case or accents' form from {shown(other)}; rename the file")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def folders_of(name: str) -> Iterator[str]:
    """The folders and archives that lead to the document `name`, the nearest first."""
    while name := name.rpartition("/")[0]:
        yield name


def is_plain(text: str) -> bool:
    """Whether a text is one line without control characters that can be written as UTF-8."""
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)


def shown(text: object) -> str:
    """Words from outside for a message: one line that is not long."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)[:100])
    return line + "…" if len(str(text)) > 100 else line
