"""What the page does to the sources folder, where that is allowed: documents added, removed, put back and described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from index import Metadata, QAError, roll_back
from index.catalogue import KEYS, read_catalogue
from index.collection import add_document, edit_entry, list_removed, remove_document, restore_removed

NEXT = "Build the index to ask about what changed."


def add(sources: Path, files: Iterable[Path], *, replace: bool = False) -> str:
    """Add files to the sources folder, each by its name, and say in one line a file what came of it.

    With `replace` one of the same name gives way, and is kept aside.
    """
    told, added = [], 0
    for path in files:
        try:
            told.append(f"{add_document(sources, path.name, path.read_bytes(), replace=replace)} was added.")
            added += 1
        except (QAError, OSError) as error:
            told.append(f"{path.name} was not added: {error}")
        finally:
            path.unlink(missing_ok=True)  # the upload's own copy
    return "\n".join([*told, *([NEXT] if added else [])])


def remove(sources: Path, document: str) -> str:
    """Take a document out of the sources folder; it is kept aside and can be put back."""
    try:
        remove_document(sources, document)
    except QAError as error:
        return f"{document} was not removed: {error}"
    return f"{document} was removed; it is kept aside. {NEXT}"


def last_removed(sources: Path) -> str:
    """The document that `put_back` would bring back, "" for none."""
    try:
        return next((removed.document for removed in list_removed(sources)), "")
    except QAError:
        return ""


def put_back(sources: Path) -> str:
    """Put back what was removed last."""
    try:
        return f"{restore_removed(sources)} was put back. {NEXT}"
    except QAError as error:
        return str(error)


def describe(sources: Path, document: str, values: Mapping[str, str]) -> str:
    """Write what is known of a document into the catalogue."""
    try:
        edit_entry(sources, document, values)
    except QAError as error:
        return f"The entry was not changed: {error}"
    return f"The entry of {document} was changed. {NEXT}"


def go_back(folder: Path, generation: str, model: str | None) -> str:
    """Have a generation of the index in `folder` answer again, unless it was made with another model than the one that is loaded."""
    try:
        index = roll_back(folder, generation, model)
    except QAError as error:
        return f"The index answers as before: {error}"
    return f"{index.name} answers again, of {index.manifest['created'][:16].replace('T', ' ')} UTC. A build indexes the sources as they are now."


def known(sources: Path, document: str) -> dict[str, str]:
    """What the catalogue says of a document: each of its keys, "" for what is not known. Raises CatalogueError."""
    metadata = read_catalogue(sources).get(document, Metadata())
    return {key: getattr(metadata, key) or "" for key in KEYS}
