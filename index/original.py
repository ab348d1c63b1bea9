"""The file that a document of an index was read from, as long as it is the one that was indexed."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from .archives import ARCHIVE
from .errors import LoadError
from .load import Source, files_in, read_source
from .store import Index


def read_original(index: Index, number: int) -> bytes:
    """The bytes of the file, or of the archive's member, that document `number` was read from.

    Raises LoadError: it is gone, cannot be read, or has changed since. So nothing but what was indexed is ever returned.
    """
    document = index.documents[number]
    source = _source(Path(index.manifest["sources_folder"]), document.id)
    for _, found in files_in(source, read_source(source), document.id):
        if isinstance(found, LoadError):
            raise found
        if hashlib.sha256(found).hexdigest() != document.sha256:
            raise LoadError(f"{document.id}: the file has changed since it was indexed; build the index again")
        return found
    raise LoadError(f"{document.id}: no longer in its archive; put it back or build the index again")


def _source(folder: Path, document: str) -> Source:
    """The file below the sources folder that holds a document: its own, or the archive that its id begins with."""
    path = PurePosixPath(document)
    for place in reversed(path.parents):
        if place.suffix.lower() == ARCHIVE and (folder / place).is_file():
            return Source(str(place), folder / place)
    if not (folder / path).is_file():
        raise LoadError(f"{document}: no longer in the sources folder; put it back or build the index again")
    return Source(document, folder / path)
