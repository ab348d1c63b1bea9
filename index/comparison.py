"""Two states of a collection side by side: which documents came, went, changed or were renamed, and which passages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .records import Changes, Document, IndexedDocument, Skipped
from .store import Index


@dataclass(frozen=True, slots=True)
class Quoted:
    """A passage's own words, `[start, end)` of the text of a document."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one generation to another: their names, the documents, and the passages that came and went.

    A passage is known by its document and its words, so one that only stands elsewhere in its document, or in a document
    that was renamed, is no change. `came` has the places and names of the new generation, `went` those of the old.
    """

    old: str
    new: str
    documents: Changes
    came: tuple[Quoted, ...]
    went: tuple[Quoted, ...]

    def __bool__(self) -> bool:
        return bool(self.documents or self.came or self.went)

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return asdict(self)


def documents_apart(
    old: Sequence[Document | IndexedDocument], new: Sequence[Document | IndexedDocument], skipped: Iterable[Skipped] = ()
) -> Changes:
    """Which documents were added, changed, removed and renamed; `skipped` says why files are left out of the new ones.

    A document is renamed when another has its bytes under a name that is new, and changed also when only what is known of it is.
    """
    before = {d.id: (d.sha256, d.metadata, d.from_file) for d in old}
    after = {d.id: (d.sha256, d.metadata, d.from_file) for d in new}
    gone = defaultdict(list)
    for document in old:
        if document.id not in after:
            gone[document.sha256].append(document.id)
    renamed = {d.id: gone[d.sha256].pop(0) for d in new if d.id not in before and gone.get(d.sha256)}
    still_there = {*after, *renamed.values()}
    removed = tuple(i for i in before if i not in still_there)
    return Changes(
        added=tuple(i for i in after if i not in before and i not in renamed),
        changed=tuple(i for i in after if i in before and before[i] != after[i]),
        removed=removed,
        renamed=tuple((was, now) for now, was in renamed.items()),
        left_out=_left_out(removed, skipped),
    )


def _left_out(removed: Sequence[str], skipped: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """Why each of the removed documents is left out whose file, archive or folder is among those skipped."""
    reasons = {s.path: s.reason for s in skipped}
    found = ((name, next((reasons[part] for part in _ways_to(name) if part in reasons), None)) for name in removed)
    return tuple(Skipped(name, reason) for name, reason in found if reason is not None)


def _ways_to(name: str) -> Iterator[str]:
    """A document's id and the folders and archives that lead to it, the nearest first."""
    while name:
        yield name
        name = name.rpartition("/")[0]


def compare(old: Index, new: Index) -> Comparison:
    """What changed from one generation to another. Reads only the texts of documents that are not the same in both."""
    documents = documents_apart(old.documents, new.documents)
    same_making = all(old.manifest[key] == new.manifest[key] for key in ("encoder", "settings"))
    reasons = () if same_making else ("the model or the settings of segmentation and retrieval are others",)
    new_names = dict(documents.renamed)
    suspects = None if reasons else {*documents.added, *documents.changed, *documents.removed, *new_names, *new_names.values()}
    before = {(new_names.get(p.document, p.document), p.text): p for p in _passages(old, suspects)}
    after = {(p.document, p.text): p for p in _passages(new, suspects)}
    return Comparison(
        old.name,
        new.name,
        Changes(documents.added, documents.changed, documents.removed, reasons, documents.renamed),
        tuple(p for key, p in after.items() if key not in before),
        tuple(p for key, p in before.items() if key not in after),
    )


def _passages(index: Index, documents: set[str] | None) -> Iterator[Quoted]:
    """The passages of some documents, or of all, in order."""
    wanted = [documents is None or d.id in documents for d in index.documents]
    for row in index.passages:
        number = int(row["document"])
        if wanted[number]:
            start, end = int(row["start"]), int(row["end"])
            yield Quoted(index.documents[number].id, start, end, index.text(number)[start:end])
