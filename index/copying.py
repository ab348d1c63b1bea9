"""An index from one engine to another, without embedding again: what is encoded is carried over as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .errors import IndexMissing, StoreError
from .passage_store import Store


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did: counts of documents, and of the passages that are there now. `name` is that of the published state."""

    name: str
    written: int
    kept: int
    removed: int
    passages: int

    def __str__(self) -> str:
        return f"{self.passages:,} passages: {self.written:,} documents written, {self.kept:,} there already, {self.removed:,} removed"


def copy_index(source: Store, target: Store, progress: Callable[[int, int], None] | None = None) -> Copied:
    """Make `target` hold what is published in `source`; documents whose revision is already there are not written again.

    What answered there before does so until all is written. A copy that was stopped goes on where it was.
    `progress(done, total)` is called for each document. Raises IndexMissing, StoreError.
    """
    facts = source.published()
    if facts is None:
        raise IndexMissing(f"{source.health()}: no index here to copy; build one with: python -m index build")
    before = target.published()
    target.begin(facts.manifest)
    revisions = [entry.revision for entry in facts.catalogue]
    there = target.written(revisions)
    for done, document in enumerate(source.scan(but=there), 1):
        target.write(document)
        if progress:
            progress(done, len(revisions) - len(there))
    whole = target.written(revisions)
    if missing := [entry.about.id for entry in facts.catalogue if entry.revision not in whole]:
        raise StoreError(
            f"{missing[0]} is not in {target.health()}: the index that is copied has changed meanwhile; copy it again"
        )
    target.publish(facts)
    gone = {e.revision.document for e in before.catalogue} - {r.document for r in revisions} if before else ()
    return Copied(facts.name, len(revisions) - len(there), len(there), len(gone), sum(e.passages for e in facts.catalogue))
