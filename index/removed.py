"""What was removed or replaced on purpose: the records in the hidden folder `.removed` of the sources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import CollectionError
from .files import reason_of
from .names import is_plain

REMOVED, RECORD = ".removed", ".record.json"
_RECORD_NAME = re.compile(r"\d{8}T\d{6}Z-\d{1,9}")


@dataclass(frozen=True, slots=True)
class Removed:
    """A document kept in `.removed`: `name` is that of its folder there, `time` in UTC (ISO 8601).

    `replaced` tells a former version from a document that was removed; `entry` is its part of the catalogue.
    """

    name: str
    document: str
    time: str
    replaced: bool
    entry: str


def list_removed(sources: Path | str) -> tuple[Removed, ...]:
    """What `restore_removed` can bring back, the latest first. Raises CollectionError when it cannot be read."""
    folder = Path(sources) / REMOVED
    try:
        names = [p.name for p in folder.iterdir()] if folder.is_dir() and not folder.is_symlink() else []
    except OSError as error:
        raise CollectionError(f"{folder}: cannot be read: {reason_of(error)}") from error
    found = [_read_record(folder, name) for name in names if _RECORD_NAME.fullmatch(name)]
    return tuple(sorted((r for r in found if r), key=_age, reverse=True))


def _read_record(root: Path, name: str) -> Removed | None:
    """A record of `.removed`; None when the folder has none that can be meant."""
    try:
        row = json.loads((root / name / RECORD).read_bytes())
        removed = Removed(name, row["document"], row["time"], bool(row["replaced"]), row["entry"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if (root / name).is_symlink() or not all(isinstance(v, str) for v in (removed.document, removed.time, removed.entry)):
        return None
    parts = removed.document.split("/")
    inside = all(p and not p.startswith(".") and "\\" not in p for p in parts) and not Path(parts[0]).anchor
    return removed if inside and is_plain(removed.document) else None


def _age(removed: Removed) -> tuple[str, int]:
    time, _, number = removed.name.partition("-")
    return time, int(number)


def removed_on_purpose(sources: Path | str, documents: Iterable[str]) -> frozenset[str]:
    """Those of the documents that somebody removed, alone or with their archive. Records that cannot be read say nothing."""
    try:
        asked = {removed.document for removed in list_removed(sources) if not removed.replaced}
    except CollectionError:
        return frozenset()
    return frozenset(d for d in documents if any(d == a or d.startswith(f"{a}/") for a in asked))
