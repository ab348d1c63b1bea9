"""Files to documents: what is in the sources folder, and one loader for each suffix."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from queue import SimpleQueue

from .archives import ARCHIVE, member_ids, unpack
from .catalogue import CATALOGUE_NAME
from .errors import LoadError, SourcesError
from .files import reason_of
from .load_html import load_html
from .load_office import load_docx, load_odt
from .load_pdf import load_pdf
from .load_table import load_table
from .load_text import load_markdown, load_text
from .loaded import Loaded, merged
from .records import Document, Metadata, Skipped
from .workers import Worker

MAX_BYTES = 32 * 1024 * 1024
"""A larger file is no report; it is skipped with a note instead of being encoded for hours."""

MAX_PACKED_BYTES = 128 * 1024 * 1024
"""The same for formats whose files are mostly pictures or hold many documents."""

LOADING_VERSION = 2
"""Raise when a loader makes another text of the same file: every index is then stale by itself."""

WORKERS = 2
"""Files read at once by processes of their own."""

LOADERS: dict[str, Callable[[bytes, str], Loaded]] = {
    ".txt": load_text,
    ".md": load_markdown,
    ".pdf": load_pdf,
    ".docx": load_docx,
    ".odt": load_odt,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
    ".csv": load_table,
    ".tsv": load_table,
}
"""Suffix (lower case) to a function from (bytes, name for messages) to what is in them. Each raises LoadError."""

TRUSTED = frozenset((".txt", ".md"))
"""Read by this process itself: nothing but decoding stands between these files and their text."""

PACKED = frozenset((".pdf", ".docx", ".odt", ARCHIVE))


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


def _most(name: str) -> int:
    """The bytes that a file of this name may have."""
    return MAX_PACKED_BYTES if PurePosixPath(name).suffix.lower() in PACKED else MAX_BYTES


def read_source(source: Source) -> bytes:
    """The bytes of a source file. Raises LoadError when it is too large or cannot be read."""
    most = _most(source.path.name)
    try:
        check_size(source.id, source.path.stat().st_size)
        with source.path.open("rb") as file:
            data = file.read(most + 1)  # it may have grown since
    except OSError as error:
        raise LoadError(f"{source.id}: cannot be read: {reason_of(error)}") from error
    if len(data) > most:
        raise LoadError(f"{source.id}: more than the {most // 2**20} MB that one file may have; split it")
    return data


def check_size(name: str, size: int) -> None:
    """Raises LoadError when a file of `size` bytes is larger than one of its kind may be."""
    most = _most(name)
    if size > most:
        raise LoadError(f"{name}: {size / 2**20:.1f} MB, more than the {most // 2**20} MB that one file may have; split it")


def load_document(name: str, data: bytes, metadata: Metadata | None = None, worker: Worker | None = None) -> Document:
    """Make the Document with the id `name` from a file's bytes. Raises LoadError, naming the file and the cure.

    What is not plain text is read by `worker`, or by one started for it alone.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in TRUSTED:
        loaded = LOADERS[suffix](data, name)
    elif worker:
        loaded = worker.load(suffix, data, name)
    else:
        with Worker() as own:
            loaded = own.load(suffix, data, name)
    known, from_file = merged(metadata or Metadata(), loaded.metadata)
    digest = hashlib.sha256(data).hexdigest()
    return Document(name, loaded.text, digest, known, loaded.notes, from_file, loaded.blocks, loaded.locations)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a source file held: its documents, and what of it was left out. `sha256` is the file's, None where it could not be read."""

    documents: tuple[Document, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    sha256: str | None = None


@contextmanager
def loading(sources: Sequence[Source], catalogue: Mapping[str, Metadata]) -> Iterator[Iterator[Contents]]:
    """What each of the sources holds, in their order. A file that cannot be read costs only itself.

    What is not plain text is read by up to WORKERS processes, which end with the `with` block.
    """
    if all(source.path.suffix.lower() in TRUSTED for source in sources):
        yield (contents_of(source, catalogue) for source in sources)
        return
    workers = [Worker() for _ in range(WORKERS)]
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def load(source: Source) -> Contents:
        worker = idle.get()
        try:
            return contents_of(source, catalogue, worker)
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="loading")
    try:
        yield pool.map(load, sources)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.close()
        pool.shutdown()


def contents_of(
    source: Source, catalogue: Mapping[str, Metadata], worker: Worker | None = None, only: str | None = None
) -> Contents:
    """The documents in a source: one, or those of an archive (with `only`, just that one), and what was left out and why."""
    documents: list[Document] = []
    skipped: list[Skipped] = []
    digest = None
    try:
        data = read_source(source)
        digest = hashlib.sha256(data).hexdigest()
        for name, found in files_in(source, data, only):
            try:
                if isinstance(found, LoadError):
                    raise found
                documents.append(load_document(name, found, catalogue.get(name), worker))
            except LoadError as error:
                skipped.append(skipped_for(name, error))
        if not (documents or skipped or only):
            raise LoadError(f"{source.id}: empty: no file in it; nothing to index")
    except LoadError as error:
        skipped.append(skipped_for(source.id, error))
    return Contents(tuple(documents), tuple(skipped), digest)


def digests_in(source: Source, data: bytes) -> dict[str, str]:
    """The sha256 of each document's file in the bytes of a source, by the document's id; none where it cannot be opened."""
    try:
        found = files_in(source, data)
        return {name: hashlib.sha256(file).hexdigest() for name, file in found if not isinstance(file, LoadError)}
    except LoadError:
        return {}


def files_in(source: Source, data: bytes, only: str | None = None) -> Iterable[tuple[str, bytes | LoadError]]:
    """The documents' files in the bytes of a source: each its id and its bytes, or why it is not read.

    It is the source's own, or those of an archive's members (with `only`, just that one). Raises LoadError.
    """
    if source.path.suffix.lower() == ARCHIVE:
        return unpack(data, source.id, _most, _why_no_document, only)
    return [(source.id, data)]


def ids_in(source: Source) -> list[str]:
    """The ids of the documents that a source may hold: its own, or those of its members; none where it cannot be opened."""
    if source.path.suffix.lower() != ARCHIVE:
        return [source.id]
    try:
        return [name for name in member_ids(read_source(source), source.id) if not _why_no_document(name)]
    except LoadError:
        return []


def skipped_for(name: str, error: LoadError) -> Skipped:
    """The file `name` as one that is left out because of `error`."""
    return Skipped(name, str(error).removeprefix(f"{name}: "))


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
    return "" if path.suffix.lower() == ARCHIVE else _why_no_loader(path.name)


def _why_no_loader(name: str) -> str:
    path = PurePosixPath(name)
    if path.suffix.lower() in LOADERS:
        return ""
    return f'no loader for "{path.suffix or path.name}"; known: {", ".join([*LOADERS, ARCHIVE])}'


def _why_no_document(name: str) -> str:
    """The reason why a member of an archive cannot be a document, or "". `name` is its id."""
    return _why_no_loader(name) or _why_not_named(name)


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
