"""What differs between a sources folder and the published index: by the bytes of the files, none of which is parsed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from . import ocr
from . import passages as passages_module
from .comparison import names_apart
from .duplicates import COPY_OF_LARGER, COPY_OF_SMALLER, SUSPECT
from .embed import Progress
from .errors import LoadError
from .load import LOADING_VERSION, Scan, digests_in, read_source, skipped_for
from .names import folders_of
from .records import Changes, IndexedDocument, Metadata, Skipped
from .segmented import said_of
from .signatures import BAND, PERMUTATIONS, SEED
from .sparse import K1, B
from .store import Index

SEGMENTATION_VERSION = 2
"""Raise when segmentation changes what it finds: every index is then stale by itself."""


def settings() -> dict[str, Any]:
    """The settings that shape an index; a changed one makes it stale."""
    return {
        "loading": LOADING_VERSION,
        "ocr": ocr.can_read(),
        "segmentation": SEGMENTATION_VERSION,
        "target_tokens": passages_module.TARGET_TOKENS,
        "context_tokens": passages_module.CONTEXT_TOKENS,
        "bm25": [K1, B],
        "copies": [COPY_OF_SMALLER, COPY_OF_LARGER, SUSPECT, PERMUTATIONS, BAND, SEED],
    }


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found: the changes, and of each source that did not change, by its id, the numbers of its documents in the index."""

    changes: Changes
    kept: dict[str, list[int]] = field(default_factory=dict)


def compare_sources(
    before: Index, scan: Scan, catalogue: Mapping[str, Metadata], fingerprint: str | None, progress: Progress
) -> Compared:
    """Compare the files of a scan with those that `before` was built from; `fingerprint` is that of the encoder, if one is known."""
    reasons = []
    if fingerprint not in (None, before.manifest["encoder"]["fingerprint"]):
        reasons.append(f"the model changed: {before.manifest['encoder']['fingerprint']} to {fingerprint}")
    same_settings = before.manifest["settings"] == settings()
    if not same_settings:
        reasons.append("the settings of loading, segmentation or retrieval changed")
    known = {d.id: d for d in before.documents}
    owned = _by_source(before)
    kept: dict[str, list[int]] = {}
    found: dict[str, str] = {}  # by document: the digest of its bytes
    described: set[str] = set()  # whose catalogue entry changed
    unreadable: list[Skipped] = []
    for done, source in enumerate(scan.sources, 1):
        own = owned.get(source.id, [])
        try:
            data = read_source(source)
        except LoadError as error:
            unreadable.append(skipped_for(source.id, error))
            continue
        finally:
            progress("comparing", done, len(scan.sources))
        other = [before.documents[n].id for n in own if not _described_alike(before.documents[n], catalogue)]
        if hashlib.sha256(data).hexdigest() == before.manifest["sources"].get(source.id):
            found |= {before.documents[n].id: before.documents[n].sha256 for n in own}
            described |= set(other)
            if same_settings and not other:
                kept[source.id] = own
        else:
            found |= digests_in(source, data)
    left_out = [asdict(s) for s in passed_over(scan, unreadable)], list(scan.notes)
    if left_out != (before.manifest["passed_over"], before.manifest["notes"]):
        reasons.append("the files that are left out changed")
    tried = set(before.manifest["sources"])  # among them files that could not be read as documents
    names = names_apart({i: d.sha256 for i, d in known.items()}, found, [*scan.skipped, *unreadable])
    return Compared(
        replace(
            names,
            added=tuple(i for i in names.added if i not in tried),
            changed=tuple(i for i in found if i in described or (known[i].sha256 != found[i] if i in known else i in tried)),
            reasons=tuple(reasons),
        ),
        kept,
    )


def passed_over(scan: Scan, unreadable: Sequence[Skipped]) -> list[Skipped]:
    """The files that were not even read, in order."""
    return sorted([*scan.skipped, *unreadable], key=lambda s: s.path)


def _source_of(document: str, sources: Collection[str]) -> str | None:
    """The id of the source that holds a document: its own id, or that of the archive; None where there is none."""
    return next((name for name in (document, *folders_of(document)) if name in sources), None)


def _by_source(before: Index) -> dict[str, list[int]]:
    owned: dict[str, list[int]] = {}
    for number, document in enumerate(before.documents):
        if source := _source_of(document.id, before.manifest["sources"]):
            owned.setdefault(source, []).append(number)
    return owned


def _described_alike(document: IndexedDocument, catalogue: Mapping[str, Metadata]) -> bool:
    return said_of(document.metadata, document.from_file) == catalogue.get(document.id, Metadata())
