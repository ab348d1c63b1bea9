"""How a generation comes to be: written beside the others, synced, checked, and then named in CURRENT by an atomic rename."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .dense import EXACT
from .digest import file_digest
from .encodings import JOURNAL, VECTORS
from .errors import BuildError, IndexDamaged
from .files import acquire_lock, reason_of, remove_quietly, sync
from .parts import TOKEN_FILES
from .published import age_of, is_store, read_history, write_published
from .store import FORMAT, GENERATIONS, LOCK, MANIFEST, ROWS, Index, check_files, read_manifest

KEPT_GENERATIONS = 3
"""How many generations stay unless said otherwise, the one that answers among them."""

LEAST_KEPT = 2
"""The one before stays for readers that are just opening it, and to go back to."""

PARTIAL = ".partial"
_GENERATION = re.compile(rf"g\d{{6,}}(?:{re.escape(PARTIAL)})?")
_ENCODED = (*TOKEN_FILES, VECTORS, JOURNAL)


@contextmanager
def builder_lock(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the right to build in `folder`; freed by the system when the process dies.

    Raises BuildError when another build holds it for longer than `wait` seconds, the folder cannot be written, or it is no folder.
    """
    if is_store(folder):
        raise BuildError(
            f"{folder}: an index is built in a folder; written into a store too by: python -m index build --store {folder}"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = acquire_lock(folder / LOCK, wait)
    except TimeoutError:
        raise BuildError(f"{folder}: another build is running; wait for it to end") from None
    except OSError as error:
        raise BuildError(f"{folder}: cannot be written: {reason_of(error)}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def new_generation(folder: Path) -> Iterator[Path]:
    """A fresh folder for the files of the next generation; removed again unless it is published.

    Of a build that was stopped, what it had encoded stays, for the next one to find (`unfinished`); not on a full disk.
    Call within `builder_lock`.
    """
    root = folder / GENERATIONS
    root.mkdir(exist_ok=True)
    last = age_of(made[-1].stem) if (made := _generations(folder)) else 0
    place = root / f"g{last + 1:06d}{PARTIAL}"
    place.mkdir()
    try:
        yield place
    except OSError:
        shutil.rmtree(place, ignore_errors=True)
        raise
    finally:
        if (place / JOURNAL).is_file() and (place / JOURNAL).stat().st_size:
            for path in place.iterdir():
                if path.name not in _ENCODED:
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else remove_quietly(path)
        else:
            shutil.rmtree(place, ignore_errors=True)


def unfinished(folder: Path) -> tuple[Path, ...]:
    """The folders in which builds that were stopped left what they had encoded, or nothing. Call within `builder_lock`."""
    return tuple(p for p in _generations(folder) if p.suffix or (p / JOURNAL).exists() and not _is_published(folder, p.name))


def clear_unfinished(folder: Path, places: Sequence[Path]) -> None:
    """Remove such folders, and what a published generation no longer needs. Call within `builder_lock`."""
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    for place in _generations(folder):
        if not place.suffix and (place / JOURNAL).exists():
            with suppress(OSError, ValueError, KeyError):
                if VECTORS not in json.loads((place / MANIFEST).read_text(encoding="utf-8"))["files"]:
                    remove_quietly(place / VECTORS)
                remove_quietly(place / JOURNAL)


def _generations(folder: Path) -> tuple[Path, ...]:
    with suppress(FileNotFoundError, NotADirectoryError):
        found = [p for p in (folder / GENERATIONS).iterdir() if _GENERATION.fullmatch(p.name)]
        return tuple(sorted(found, key=lambda p: age_of(p.stem)))
    return ()


def publish(folder: Path, place: Path, manifest: dict[str, Any], keep: int = KEPT_GENERATIONS) -> Index:
    """Seal the generation in `place` with its manifest, check it from disk, and make it the one that answers. What the manifest says
    of files already is known of those that are shared with another generation.

    Of the generations before it those that answered last are kept, `keep` with the new one; the others are removed.
    """
    left = (
        (VECTORS, JOURNAL) if manifest["search"]["kind"] == EXACT else (JOURNAL,)
    )  # FAISS has the exact vectors, or nobody else
    files = sorted(p for p in place.rglob("*") if p.is_file() and p.name not in left)
    known = manifest.get("files", {})
    names = {p.relative_to(place).as_posix(): p for p in files}
    manifest = manifest | {
        "format": FORMAT,
        "files": {name: known.get(name) or {"bytes": p.stat().st_size, "sha256": file_digest(p)} for name, p in names.items()},
    }
    (place / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    for path in [*files, place / MANIFEST, *{p.parent for p in files}, place]:
        sync(path)
    name = place.name.removesuffix(PARTIAL)
    final = place.with_name(name)
    try:
        os.rename(place, final)
        sync(final.parent)
        digest = file_digest(final / MANIFEST)
        check_files(final, read_manifest(folder, name, digest)["files"], ROWS)  # whose rows are checked when they are read
        index = Index(folder, name, manifest)
        kept = ((name, digest), *read_history(folder))[:keep]
        write_published(folder, kept)
    except BaseException as error:  # Ctrl-C too: nobody will ever open it, but what is encoded in it can be used
        if not _is_published(folder, name):
            with suppress(OSError):
                os.rename(final, place)
        if not isinstance(error, IndexDamaged):
            raise
        shutil.rmtree(place, ignore_errors=True)
        reason = "what was written could not be read back; the index published before still answers"
        raise BuildError(f"{error} ({reason})") from error
    _clear_old(folder, {kept_name for kept_name, _ in kept})
    return index


def _is_published(folder: Path, name: str) -> bool:
    """Whether CURRENT names this generation; an interrupt may come just after it was renamed."""
    return name in dict(read_history(folder))


def _clear_old(folder: Path, kept: Collection[str]) -> None:
    """Remove all generations but those kept."""
    for path in _generations(folder):
        if not path.suffix and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
