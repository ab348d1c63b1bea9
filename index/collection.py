"""Changes to a sources folder: a document added, removed, brought back, or its catalogue entry edited.

What arrives here comes from a web page, so nothing of it is trusted. A change is whole or does not happen; what is removed
or replaced is kept in the hidden folder `.removed`, one folder a removal, with its entry. At every moment, also when the
process is killed, each entry of the catalogue has its file, so that the folder can be indexed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from .catalogue import CATALOGUE_NAME, KEYS, catalogue_text, check_entry, parse_catalogue
from .catalogue_edit import put_back, take_out, with_values
from .errors import CollectionError, QAError, SourcesError
from .files import (
    acquire_lock,
    clear_partials,
    move_to_free_name,
    reason_of,
    remove_quietly,
    replace_file,
    sync,
    sync_quietly,
    write_new_file,
    write_synced,
)
from .load import LOADERS, check_size, load_document, scan_sources
from .names import file_name, is_plain, refuse_twin, shown
from .records import Metadata
from .removed import RECORD, REMOVED, Removed, list_removed

LOCK = ".lock"

MAX_VALUE = 1000
"""Characters of a value in the catalogue."""

PATIENCE = 10.0
"""Seconds to wait while someone else changes the folder; a change takes a fraction of one."""


def add_document(sources: Path | str, name: str, data: bytes, *, replace: bool = False) -> str:
    """Write a new document into the sources folder; returns its id. With `replace` a former version is kept in `.removed`.

    Raises CollectionError (a name that a document cannot have or that is taken, a folder that cannot be written),
    LoadError (what `data` holds cannot be indexed) and SourcesError (no such folder); nothing is then changed.
    """
    sources, name = Path(sources), file_name(name, LOADERS)
    check_size(name, len(data))
    load_document(name, data)
    path = sources / name
    with _changing(sources):
        refuse_twin(path)
        if not os.path.lexists(path):
            write_new_file(path, data)
            return name
        if not replace:
            raise CollectionError(f"{name}: there is such a document already; replace it or give this one another name")
        with _kept_version(sources, name):
            replace_file(path, data)
    return name


def remove_document(sources: Path | str, document_id: str) -> Removed:
    """Move a document and its catalogue entry into `.removed`, from where `restore_removed` brings them back.

    Raises CollectionError (no such document, a folder that cannot be written), CatalogueError (its entry cannot be taken
    out) and SourcesError; nothing is then changed.
    """
    sources = Path(sources)
    with _changing(sources):
        path = _document(sources, document_id)
        text = catalogue_text(sources)
        left, entry = take_out(sources, text, document_id)
        removed = _new_record(sources, document_id, replaced=False, entry=entry)
        folder = sources / REMOVED / removed.name
        try:  # the entry first: one without its file would keep the folder from being indexed
            _write_catalogue(sources, text, left)
            try:
                os.rename(path, folder / path.name)
            except BaseException:
                if os.path.lexists(path):
                    _write_catalogue(sources, left, text)
                raise
        except BaseException:
            with suppress(QAError):
                if catalogue_text(sources) == text:  # else the record alone holds the entry
                    _discard(folder)
            raise
        _sync_all(folder, path.parent)
    return removed


def restore_removed(sources: Path | str, name: str | None = None, *, replace: bool = False) -> str:
    """Bring back what was removed under `name` (`Removed.name`), document and entry; returns the document's id.

    Without a name it is the document that was removed last. With `replace` a document that now has its place is kept in
    `.removed` in turn; an entry that is in the catalogue now stays. Raises CollectionError (nothing to bring back, a place
    that is taken, a folder that cannot be written), CatalogueError and SourcesError.
    """
    sources = Path(sources)
    with _changing(sources):
        removed = _removed(sources, name)
        folder = sources / REMOVED / removed.name
        path = sources / removed.document
        kept = folder / path.name
        if not path.parent.resolve().is_relative_to(sources.resolve()):
            raise CollectionError(f"{removed.document}: its folder is now a link out of the sources folder; remove the link")
        text = catalogue_text(sources)
        new = put_back(sources, text, removed.document, removed.entry)  # before anything moves: it may be refused
        was_free = not os.path.lexists(path)
        if os.path.lexists(kept):
            path.parent.mkdir(parents=True, exist_ok=True)
            _bring_back(sources, removed.document, kept, path, replace=replace)
        elif not path.is_file():
            raise CollectionError(f"{removed.document}: the file kept as {removed.name} is no longer there")
        try:
            _write_catalogue(sources, text, new)
        except BaseException:
            if was_free:  # else the version before is kept already, and the record still holds the entry for the next try
                os.rename(path, kept)
            raise
        _discard(folder)
    return removed.document


def edit_entry(sources: Path | str, document_id: str, values: Mapping[str, str]) -> Metadata:
    """Change what the catalogue says of a document; an empty value takes its key out, a key not given stays as it is.

    Returns what the entry then says. Raises CollectionError (no such document, an unknown key, a value that is no line of
    text, a folder that cannot be written), CatalogueError (the entry is or would be none that `read_catalogue` takes) and
    SourcesError; nothing is then changed.
    """
    sources, lines = Path(sources), {_key(key): _line(key, value) for key, value in values.items()}
    with _changing(sources):
        _document(sources, document_id)
        text = catalogue_text(sources)  # read here, so that no one's change is lost
        new = with_values(sources, text, document_id, lines)
        metadata = check_entry(sources, document_id, parse_catalogue(sources, new).get(document_id, {}))
        _write_catalogue(sources, text, new)
    return metadata


@contextmanager
def _changing(sources: Path) -> Iterator[None]:
    """Hold the right to change the folder, and say in one line what the system refused."""
    if not sources.is_dir():
        raise SourcesError(f"{sources}: there is no such folder; make it first")
    try:
        lock = acquire_lock(sources / LOCK, PATIENCE)
    except TimeoutError:
        raise CollectionError(f"{sources}: someone else is changing the documents; try again in a moment") from None
    except OSError as error:
        raise CollectionError(f"{sources}: cannot be written: {reason_of(error)}; the documents are as they were") from error
    try:
        clear_partials(sources)
        yield
    except OSError as error:
        raise CollectionError(f"{sources}: could not be changed: {reason_of(error)}; no document was lost") from error
    finally:
        lock.release()


def _key(key: str) -> str:
    if key not in KEYS:
        raise CollectionError(f'unknown key "{shown(key)}"; the keys are {", ".join(KEYS)}')
    return key


def _line(key: str, value: str) -> str:
    """The value as it is stored, without white space around it. Raises CollectionError when it is no line of text."""
    if not isinstance(value, str):
        raise CollectionError(f"{key}: found {type(value).__name__}, expected text")
    value = value.strip()
    if len(value) > MAX_VALUE:
        raise CollectionError(f"{key}: {len(value):,} characters, more than the {MAX_VALUE:,} that a value may have; shorten it")
    if not is_plain(value):
        raise CollectionError(f"{key}: a line break or control character, expected one line of text")
    return value


def _document(sources: Path, document_id: str) -> Path:
    """The file of a document. Raises CollectionError unless it is one that a build would look at."""
    for source in scan_sources(sources).sources:
        if source.id == document_id:
            return source.path
    raise CollectionError(f'{sources}: no document "{shown(document_id)}" here; it may have been removed or renamed')


def _write_catalogue(sources: Path, before: str, after: str) -> None:
    path = sources / CATALOGUE_NAME
    if after == before:
        return
    if path.is_symlink():
        raise CollectionError(f"{path}: a link; put the file itself there, or change the one that it leads to by hand")
    if catalogue_text(sources) != before:
        raise CollectionError(f"{path}: changed by another program just now; try again")
    replace_file(path, after.encode("utf-8"))


def _new_record(sources: Path, document_id: str, *, replaced: bool, entry: str) -> Removed:
    """A new folder in `.removed` with its record."""
    root = sources / REMOVED
    if root.is_symlink():
        raise CollectionError(f"{root}: a link, expected a folder; remove the link")
    root.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    for number in count(1):
        name = f"{now:%Y%m%dT%H%M%SZ}-{number}"
        with suppress(FileExistsError):
            (root / name).mkdir()
            break
    removed = Removed(name, document_id, now.isoformat(timespec="seconds"), replaced, entry)
    try:
        write_synced(root / name / RECORD, json.dumps(asdict(removed), ensure_ascii=False).encode("utf-8"))
    except BaseException:
        _discard(root / name)
        raise
    return removed


@contextmanager
def _kept_version(sources: Path, document_id: str) -> Iterator[None]:
    """Keep what a document is now in `.removed`, for as long as it takes to replace it; if that fails it is not kept twice."""
    path = sources / document_id
    if path.is_symlink() or not path.is_file():
        raise CollectionError(f"{document_id}: what has this name is not a file of its own, so it cannot be replaced")
    folder = sources / REMOVED / _new_record(sources, document_id, replaced=True, entry="").name
    kept, before = folder / path.name, os.lstat(path)
    try:
        try:
            os.link(path, kept)
        except (OSError, NotImplementedError):  # a file system without links
            shutil.copy2(path, kept)
            sync(kept)
        _sync_all(folder)
        yield
    except BaseException:
        with suppress(OSError):
            if os.path.samestat(before, os.lstat(path)):  # it was not replaced
                kept.unlink()
        _discard(folder)
        raise


def _bring_back(sources: Path, document_id: str, kept: Path, path: Path, *, replace: bool) -> None:
    """Move a kept file to its place."""
    refuse_twin(path)
    if not os.path.lexists(path):
        move_to_free_name(kept, path)
    elif os.path.samestat(os.lstat(kept), os.lstat(path)):  # killed between the two halves of this very move
        os.unlink(kept)
    elif not replace:
        raise CollectionError(f"{document_id}: there is such a document again; replace it, or remove it first")
    else:
        with _kept_version(sources, document_id):
            os.replace(kept, path)
        _sync_all(path.parent)


def _removed(sources: Path, name: str | None) -> Removed:
    """The record of that name, or that of the document removed last. Raises CollectionError when there is none."""
    for removed in list_removed(sources):
        if removed.name == name or (name is None and not removed.replaced):
            return removed
    what = "a document" if name is None else f'"{shown(name)}"'
    raise CollectionError(f"{sources / REMOVED}: there is not {what} to bring back")


def _discard(folder: Path) -> None:
    """Remove a folder of `.removed` that holds no document, or no longer."""
    with suppress(OSError):
        if {p.name for p in folder.iterdir()} <= {RECORD}:
            remove_quietly(folder / RECORD)
            folder.rmdir()
            folder.parent.rmdir()  # does nothing while others are in it


def _sync_all(*folders: Path) -> None:
    for folder in folders:
        sync_quietly(folder)
