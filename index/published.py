"""Which generations of an index are kept and which of them answers: the file CURRENT, changed in one step.

It has a line for each: the generation's name and the sha256 of its manifest. The first is the one that answers, the others
follow in the order in which they answered before it; those that were rolled back stand last.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from .errors import IndexDamaged, IndexMissing
from .files import remove_quietly, sync, sync_quietly

DEFAULT_INDEX = Path(".index")
CURRENT = "CURRENT"
STORE_SCHEME, STORE_FILE = "milvus+", ".db"
"""How the address of a store of another engine begins, or ends."""

_LINE = re.compile(r"(g\d{6,}) ([0-9a-f]{64})\n")


def is_store(address: Path | str) -> bool:
    """Whether the place of an index is a store of another engine, and not a folder."""
    return str(address).startswith(STORE_SCHEME) or Path(address).suffix == STORE_FILE


def find_published(folder: Path, name: str | None) -> tuple[str, str]:
    """The name and the manifest's sha256 of a generation; without a name of the one that answers. Raises IndexMissing, IndexDamaged."""
    published = read_published(folder)
    found = next((p for p in published if name in (None, p[0])), None)
    if found is None:
        raise IndexMissing(f"{folder}: no generation {name} here; there are {', '.join(sorted(p[0] for p in published))}")
    return found


def read_current(folder: Path) -> tuple[str, str]:
    """The name of the generation that answers and the sha256 of its manifest. Raises IndexMissing, IndexDamaged."""
    return read_published(folder)[0]


def read_published(folder: Path) -> tuple[tuple[str, str], ...]:
    """The name and the manifest's sha256 of each generation that is kept, the one that answers first.

    The others follow in the order in which they answered before it; those that were rolled back stand last.
    Raises IndexMissing, IndexDamaged.
    """
    if is_store(folder):
        raise IndexMissing(
            f"{folder}: a store has no generations, only an index in a folder; make one with: python -m index copy {folder} .index"
        )
    path = folder / CURRENT
    try:
        line = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(f"{folder}: no index here; build one with: python -m index build") from None
    except OSError as error:
        raise IndexDamaged(f"{path}: cannot be read: {error.strerror}; build the index again") from error
    matches = [_LINE.fullmatch(row) for row in line.decode("ascii", "replace").splitlines(keepends=True)]
    published = tuple((m.group(1), m.group(2)) for m in matches if m)
    if not published or len(published) < len(matches):
        raise IndexDamaged(f"{path}: found {line[:60]!r}, expected generations and their checksums; build the index again")
    return published


def write_published(folder: Path, published: Sequence[tuple[str, str]]) -> None:
    """Name the generations that are kept, the one that answers first, in one step. Raises OSError. Call within `builder_lock`."""
    pointer = folder / (CURRENT + ".new")
    try:
        pointer.write_text("".join(f"{name} {digest}\n" for name, digest in published), encoding="ascii")
        sync(pointer)
        os.replace(pointer, folder / CURRENT)
    except BaseException:
        remove_quietly(pointer)
        raise
    sync_quietly(folder)  # the step is taken


def read_history(folder: Path) -> tuple[tuple[str, str], ...]:
    """What CURRENT names; nothing when it is missing or damaged, as then a build begins anew."""
    try:
        return read_published(folder)
    except (IndexMissing, IndexDamaged):
        return ()


def name_before(published: Sequence[tuple[str, str]], name: str | None = None) -> str | None:
    """The generation that answered before the one named, without a name before the one that answers; None when no older is kept."""
    names = [kept for kept, _ in published]
    later = names[names.index(name) + 1 :] if name in names else names[1:]
    return next((other for other in later if age_of(other) < age_of(name or names[0])), None)


def age_of(name: str) -> int:
    """What a generation's name is sorted by: the number in it, higher is newer."""
    return int(name[1:])
