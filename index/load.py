"""Files to documents: what is in the sources folder, and one loader for each suffix."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .catalogue import CATALOGUE_NAME
from .errors import LoadError, SourcesError
from .records import Document, Metadata, Skipped

MAX_BYTES = 32 * 1024 * 1024
"""A larger text file is no report; it is skipped with a note instead of being encoded for hours."""

MAX_CONTROL_SHARE = 0.02
"""More control characters than this share of a text, and it is data rather than writing."""

_WRITING_CONTROLS = set("\t\n\r\f\v\x85")


def load_text(data: bytes, name: str) -> str:
    """Decode UTF-8 strictly and unchanged (line ends and a byte-order mark stay). Raises LoadError."""
    if b"\x00" in data:
        where = f"with a zero byte at byte {data.index(0)}"
        raise LoadError(f"{name}: binary, {where}; expected text (if it is UTF-16, save it as UTF-8)")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LoadError(
            f"{name}: not UTF-8: byte 0x{data[error.start]:02x} at byte {error.start}; save the file as UTF-8 and build again"
        ) from error
    controls = sum(1 for c in text if (c < " " or "\x7f" <= c <= "\x9f") and c not in _WRITING_CONTROLS)
    if controls > MAX_CONTROL_SHARE * len(text):
        raise LoadError(f"{name}: {controls:,} of {len(text):,} characters are control characters; expected writing")
    if not any(c.isalnum() for c in text):
        raise LoadError(f"{name}: empty: it holds no letter or digit; nothing to index")
    return text


LOADERS: dict[str, Callable[[bytes, str], str]] = {".txt": load_text, ".md": load_text}
"""Suffix (lower case) to a function from (bytes, name for messages) to the document's text."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file below the sources folder that has a loader."""

    id: str
    path: Path


@dataclass(frozen=True, slots=True)
class Scan:
    """What is in a sources folder: files to load, files passed over and why, remarks."""

    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


def scan_sources(folder: Path) -> Scan:
    """List the files below `folder`, sorted by id. Hidden files and folders and the catalogue are not sources.

    Symbolic links are followed only to files inside the folder. Raises SourcesError when `folder` is not
    a folder that can be read.
    """
    if not folder.exists():
        raise SourcesError(f"{folder}: there is no such folder; make it and put .txt or .md files in it")
    if not folder.is_dir():
        raise SourcesError(f"{folder}: found a file, expected a folder of documents")
    root = folder.resolve()
    sources: list[Source] = []
    skipped: list[Skipped] = []

    def unreadable(error: OSError) -> None:
        skipped.append(Skipped(_id(Path(error.filename), folder), f"cannot be listed: {error.strerror}"))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        for name in [f for f in folders if Path(place, f).is_symlink()]:
            skipped.append(Skipped(_id(Path(place, name), folder), "a link to a folder; links to folders are not followed"))
        folders[:] = [f for f in folders if not f.startswith(".") and not Path(place, f).is_symlink()]
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or (path.parent == folder and name == CATALOGUE_NAME):
                continue
            reason = _why_not(path, root) or _why_not_named(path.relative_to(folder).as_posix())
            if reason:
                skipped.append(Skipped(_id(path, folder), reason))
            else:
                sources.append(Source(_id(path, folder), path))
    sources.sort(key=lambda s: s.id)
    skipped.sort(key=lambda s: s.path)
    return Scan(tuple(sources), tuple(skipped), tuple(_case_twins(sources)))


def read_source(source: Source) -> bytes:
    """The bytes of a source file. Raises LoadError when it is too large or cannot be read."""
    try:
        check_size(source.id, source.path.stat().st_size)
        return source.path.read_bytes()
    except OSError as error:
        raise LoadError(f"{source.id}: cannot be read: {error.strerror or error}") from error


def check_size(name: str, size: int) -> None:
    """Raises LoadError when a file of `size` bytes is larger than one may be."""
    if size > MAX_BYTES:
        raise LoadError(f"{name}: {size / 2**20:.1f} MB, more than the {MAX_BYTES // 2**20} MB that one file may have; split it")


def load_document(source: Source, data: bytes, metadata: Metadata | None = None) -> Document:
    """Make the Document of a source from its bytes. Raises LoadError, naming the file and the cure."""
    text = LOADERS[source.path.suffix.lower()](data, source.id)
    return Document(source.id, text, hashlib.sha256(data).hexdigest(), metadata or Metadata())


def _why_not(path: Path, root: Path) -> str:
    """The reason why a file is passed over, or "" when it can be loaded."""
    if path.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return "a link that leads nowhere"
        if not target.is_relative_to(root):
            return "a link out of the sources folder; put the file itself there"
    if not path.is_file():
        return "not a regular file"
    if path.suffix.lower() not in LOADERS:
        return f'no loader for "{path.suffix or path.name}"; known: {", ".join(LOADERS)}'
    return ""


def _why_not_named(name: str) -> str:
    """The reason why a path cannot serve as a document's id, or ""."""
    kinds = {unicodedata.category(c) for c in name}
    if "Cs" in kinds:  # how Python shows bytes that are not UTF-8
        return "its name is not UTF-8; rename it"
    return "its name holds a line break or control character; rename it" if kinds & {"Cc", "Zl", "Zp"} else ""


def _case_twins(sources: list[Source]) -> list[str]:
    """Remarks on ids that differ only in case: other machines cannot hold both."""
    seen: dict[str, str] = {}
    notes = []
    for source in sources:
        twin = seen.setdefault(source.id.casefold(), source.id)
        if twin != source.id:
            notes.append(f"{twin} and {source.id} differ only in case; both are indexed, but some systems cannot hold both")
    return notes


def _id(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
