"""Two states of a collection side by side: which documents came, went, changed or were renamed, and which passages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .names import folders_of
from .records import Changes, IndexedDocument, Skipped
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
    old: Sequence[IndexedDocument], new: Sequence[IndexedDocument], skipped: Iterable[Skipped] = (), reasons: Sequence[str] = ()
) -> Changes:
    """Which documents were added, changed, removed and renamed; `skipped` says why files are left out of the new ones.

    A document is changed also when only what is known of it is.
    """
    before, after = {d.id: d for d in old}, {d.id: d for d in new}
    names = names_apart({d.id: d.sha256 for d in old}, {d.id: d.sha256 for d in new}, skipped)
    changed = tuple(i for i, d in after.items() if i in before and _about(before[i]) != _about(d))
    return replace(names, changed=changed, reasons=tuple(reasons))


def _about(document: IndexedDocument) -> tuple[object, ...]:
    return document.sha256, document.metadata, document.from_file


def names_apart(before: Mapping[str, str], after: Mapping[str, str], skipped: Iterable[Skipped] = ()) -> Changes:
    """Which ids were added, removed and renamed: from ids to the sha256 of their bytes, before and after.

    One is renamed when another has its bytes under a name that is new.
    """
    gone = defaultdict(list)
    for name, digest in before.items():
        if name not in after:
            gone[digest].append(name)
    renamed = {now: gone[digest].pop(0) for now, digest in after.items() if now not in before and gone.get(digest)}
    still_there = {*after, *renamed.values()}
    removed = tuple(i for i in before if i not in still_there)
    return Changes(
        added=tuple(i for i in after if i not in before and i not in renamed),
        removed=removed,
        renamed=tuple((was, now) for now, was in renamed.items()),
        left_out=_left_out(removed, skipped),
    )


def _left_out(removed: Sequence[str], skipped: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """Why each of the removed documents is left out whose file, archive or folder is among those skipped."""
    reasons = {s.path: s.reason for s in skipped}
    found = ((name, next((reasons[part] for part in (name, *folders_of(name)) if part in reasons), None)) for name in removed)
    return tuple(Skipped(name, reason) for name, reason in found if reason is not None)


def compare(old: Index, new: Index) -> Comparison:
    """What changed from one generation to another. Reads only the texts of documents that are not the same in both."""
    same_making = all(old.manifest[key] == new.manifest[key] for key in ("encoder", "settings"))
    reasons = () if same_making else ("the model or the settings of segmentation and retrieval are others",)
    documents = documents_apart(old.documents, new.documents, reasons=reasons)
    new_names = dict(documents.renamed)
    suspects = None if reasons else {*documents.added, *documents.changed, *documents.removed, *new_names, *new_names.values()}
    before = {(new_names.get(p.document, p.document), p.text): p for p in _passages(old, suspects)}
    after = {(p.document, p.text): p for p in _passages(new, suspects)}
    return Comparison(
        old.name,
        new.name,
        documents,
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
