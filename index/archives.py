"""A .zip of documents: each member is a document of its own, with the id `bundle.zip/minutes.docx`. Nothing is written to disk."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from .errors import LoadError
from .package import open_zip, read_member

ARCHIVE = ".zip"

_ARCHIVES = frozenset((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"))
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:")


def unpack(
    data: bytes, name: str, limit: Callable[[str], int], why_not: Callable[[str], str], only: str | None = None
) -> Iterator[tuple[str, bytes | LoadError]]:
    """The members of the archive `name`, sorted by id: each its id and its bytes, or why it is not read.

    `limit` gives the most bytes that a member may have by its id, `why_not` why one cannot be a document, or "". Folders, hidden
    files and what some systems add are no members. An archive in an archive is not opened. With `only`, just that id.
    Raises LoadError where the archive as a whole is refused.
    """
    with open_zip(data, name) as package:
        seen: set[str] = set()
        for member in sorted(package.infolist(), key=lambda m: m.filename):
            path = f"{name}/{member.filename}"
            if _is_no_member(member) or only not in (None, path):
                continue
            reason = _why_not(member) or why_not(path) or ("its name is there twice" if path in seen else "")
            seen.add(path)
            try:
                if reason:
                    raise LoadError(f"{path}: {reason}")
                yield path, read_member(package, member, path, limit(path))
            except LoadError as error:
                yield path, error


def member_ids(data: bytes, name: str) -> list[str]:
    """The ids of the members of an archive. Raises LoadError where it is refused as a whole."""
    with open_zip(data, name) as package:
        return sorted({f"{name}/{m.filename}" for m in package.infolist() if not _is_no_member(m) and not _why_not(m)})


def _is_no_member(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    hidden = any(part.startswith(".") and part != ".." or part == "__MACOSX" for part in parts)
    return member.is_dir() or hidden or not parts


def _why_not(member: zipfile.ZipInfo) -> str:
    """The reason why a member's name is refused, or ""."""
    name = member.filename
    if _OUTSIDE.match(name) or ".." in PurePosixPath(name).parts or "\\" in name or "\x00" in member.orig_filename:
        return "its name leads out of the archive; pack it anew"
    if str(PurePosixPath(name)) != name:
        return "its name is written in an uncommon way; pack it anew"
    if PurePosixPath(name).suffix.lower() in _ARCHIVES:
        return "an archive in an archive; unpack the outer one"
    return ""
