"""The one place that knows the order of the steps from files to a published index."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from . import passages as passages_module
from .catalogue import read_catalogue
from .duplicates import COPY_OF_LARGER, COPY_OF_SMALLER, SUSPECT, copies_in_words
from .embed import Encoder, Progress, SentenceTransformerEncoder
from .errors import BuildError, IndexDamaged, IndexMismatch, IndexMissing, SourcesError
from .load import ARCHIVE, LOADERS, LOADING_VERSION, Scan, loading, scan_sources
from .passages import make_passages
from .records import Block, BuildReport, Document, Metadata, Skipped
from .segment import segment
from .signatures import BAND, PERMUTATIONS
from .sparse import K1, B, build_sparse, write_sparse
from .store import (
    CONTEXTS,
    DOCUMENTS,
    KEYWORDS,
    LOCATIONS,
    PASSAGE_FIELDS,
    PASSAGES,
    SENTENCE_FIELDS,
    SENTENCES,
    TEXTS,
    Index,
    builder_lock,
    new_generation,
    open_index,
    publish,
)
from .vectors import Collected, write_vectors

SEGMENTATION_VERSION = 2
"""Raise when segmentation changes what it finds: every index is then stale by itself."""

GENRE_LABELS = frozenset(
    (
        "press release",
        "news release",
        "media release",
        "for immediate release",
        "news",
        "minutes",
        "agenda",
        "report",
        "statement",
    )
)
"""Headings that name a kind of document, not this one."""

DEFAULT_SOURCES, DEFAULT_INDEX = Path("sources"), Path(".index")


def settings() -> dict[str, Any]:
    """The settings that shape an index; a changed one makes it stale."""
    return {
        "loading": LOADING_VERSION,
        "segmentation": SEGMENTATION_VERSION,
        "target_tokens": passages_module.TARGET_TOKENS,
        "context_tokens": passages_module.CONTEXT_TOKENS,
        "bm25": [K1, B],
        "copies": [COPY_OF_SMALLER, COPY_OF_LARGER, SUSPECT, PERMUTATIONS, BAND],
    }


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between a sources folder and the published index. `reasons` are words for people."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.reasons)


def build_index(
    sources: Path | str = DEFAULT_SOURCES,
    index: Path | str = DEFAULT_INDEX,
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Index the documents in `sources` and publish the result in the folder `index`.

    What did not change is carried over from the published index; when nothing changed at all, nothing is written.
    The published index goes on answering until the new one takes its place.
    `progress(step, done, total)` is called for each file, document and batch of texts, and last just before the
    publication; it may raise BuildCancelled, which ends the build there and passes through.

    Raises SourcesError (no folder, nothing to index), CatalogueError, ModelError, BuildError (another build is
    running, a full disk); the index published before is then untouched, and nothing of the new one is left.
    """
    started = time.perf_counter()
    progress = progress or _unwatched
    sources, folder = Path(sources), Path(index)
    scan = scan_sources(sources)
    catalogue = read_catalogue(sources)
    encoder = encoder or SentenceTransformerEncoder()
    with builder_lock(folder):
        before = _published(folder)
        documents, skipped = _load(sources, scan, catalogue, progress)
        notes = scan.notes
        if before and not _differences(before, documents, skipped, notes, encoder):
            return _report(before, len(documents), 0, started, published=False)
        try:
            generation, embedded = _write(folder, sources, documents, skipped, notes, encoder, before, progress)
        except OSError as error:
            reason = error.strerror or f"not everything could be written, most likely the disk is full ({error})"
            if error.errno in (errno.ENOSPC, errno.EDQUOT):  # numpy and FAISS do not say so when a write stops short
                reason = "the disk is full"
            raise BuildError(f"{folder}: {reason}; nothing was published and the index before, if any, still answers") from error
        known = {d.id: d.sha256 for d in before.documents} if before and _same_making(before, encoder) else {}
        reused = sum(known.get(d.id) == d.sha256 for d in documents)
        return _report(generation, reused, embedded, started, published=True)


def changes(
    sources: Path | str = DEFAULT_SOURCES, index: Path | str = DEFAULT_INDEX, *, encoder: Encoder | None = None
) -> Changes:
    """What `build_index` would find to do. An index that is missing or damaged is a reason.

    Raises SourcesError and CatalogueError.
    """
    sources = Path(sources)
    scan, catalogue = scan_sources(sources), read_catalogue(sources)
    try:
        before = open_index(index)
    except (IndexMissing, IndexDamaged, IndexMismatch) as error:
        return Changes(reasons=(str(error),))
    documents, skipped = _load(sources, scan, catalogue, _unwatched)
    return _differences(before, documents, skipped, scan.notes, encoder)


def _unwatched(step: str, done: int, total: int) -> None:
    """The progress function of a build that nobody watches."""


def _published(folder: Path) -> Index | None:
    try:
        return open_index(folder)
    except (IndexMissing, IndexDamaged, IndexMismatch):
        return None


def _load(
    folder: Path, scan: Scan, catalogue: dict[str, Metadata], progress: Progress
) -> tuple[list[Document], tuple[Skipped, ...]]:
    documents: list[Document] = []
    skipped = list(scan.skipped)
    with loading(scan.sources, catalogue) as loaded:
        for done, contents in enumerate(loaded, 1):
            documents.extend(contents.documents)
            skipped.extend(contents.skipped)
            if progress:
                progress("reading", done, len(scan.sources))
    if not documents:
        why = "; ".join(f"{s.path}: {s.reason}" for s in skipped[:3])
        raise SourcesError(
            f"{folder}: no document to index ({why or 'the folder is empty'}); put .txt or .md files in it, or {', '.join([*LOADERS, ARCHIVE][2:])}"
        )
    return documents, tuple(sorted(skipped, key=lambda s: s.path))


def _same_making(before: Index, encoder: Encoder | None) -> bool:
    same_model = encoder is None or before.manifest["encoder"]["fingerprint"] == encoder.fingerprint
    return same_model and before.manifest["settings"] == settings()


def _differences(
    before: Index, documents: Sequence[Document], skipped: Sequence[Skipped], notes: Sequence[str], encoder: Encoder | None
) -> Changes:
    old = {d.id: (d.sha256, d.metadata, d.from_file) for d in before.documents}
    new = {d.id: (d.sha256, d.metadata, d.from_file) for d in documents}
    reasons = []
    if encoder is not None and before.manifest["encoder"]["fingerprint"] != encoder.fingerprint:
        reasons.append(f"the model changed: {before.manifest['encoder']['fingerprint']} to {encoder.fingerprint}")
    if before.manifest["settings"] != settings():
        reasons.append("the settings of segmentation or retrieval changed")
    if before.manifest["skipped"] != [asdict(s) for s in skipped] or before.manifest["notes"] != list(notes):
        reasons.append("the files that are left out changed")
    return Changes(
        added=tuple(i for i in new if i not in old),
        changed=tuple(i for i in new if i in old and old[i] != new[i]),
        removed=tuple(i for i in old if i not in new),
        reasons=tuple(reasons),
    )


def _report(index: Index, reused: int, embedded: int, started: float, *, published: bool) -> BuildReport:
    counts = index.manifest["counts"]
    return BuildReport(
        documents=counts["documents"],
        passages=counts["passages"],
        sentences=counts["sentences"],
        reused=reused,
        skipped=tuple(Skipped(**s) for s in index.manifest["skipped"]),
        seconds=time.perf_counter() - started,
        embedded=embedded,
        published=published,
        notes=(*index.manifest["notes"], *copies_in_words([d.id for d in index.documents], [d.copy_of for d in index.documents])),
    )


def _write(
    folder: Path,
    sources: Path,
    documents: Sequence[Document],
    skipped: Sequence[Skipped],
    notes: Sequence[str],
    encoder: Encoder,
    before: Index | None,
    progress: Progress,
) -> tuple[Index, int]:
    collected = Collected()
    for done, document in enumerate(documents, 1):
        blocks, sentences = segment(document.text, document.blocks)
        title = document.title or first_heading(document.text, blocks)
        found, sentences = make_passages(document.text, blocks, sentences, title, encoder.count_tokens, encoder.max_tokens)
        collected.add(document, title, blocks, found, sentences)
        progress("segmenting", done, len(documents))
    collected.note_copies([d.text for d in documents])
    reusable = before if before and _same_making(before, encoder) else None
    with new_generation(folder) as place:
        embedded = write_vectors(place, collected, encoder, reusable, progress)
        progress("writing", 1, 3)
        with (place / TEXTS).open("wb") as file:
            file.writelines(d.text.encode("utf-8") for d in documents)
        _write_json(place / DOCUMENTS, [d.to_dict() for d in collected.documents])
        _write_json(place / CONTEXTS, collected.contexts)
        _write_json(place / LOCATIONS, [[location.to_list() for location in d.locations] for d in documents])
        np.save(place / PASSAGES, np.array([tuple(row) for row in collected.passages], dtype=PASSAGE_FIELDS))
        np.save(place / SENTENCES, np.array([tuple(row) for row in collected.sentences], dtype=SENTENCE_FIELDS))
        progress("writing", 2, 3)
        write_sparse(build_sparse(collected.texts), place / KEYWORDS)
        manifest = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "sources_folder": str(sources.resolve()),
            "encoder": {"fingerprint": encoder.fingerprint, "dimension": encoder.dimension, "max_tokens": encoder.max_tokens},
            "settings": settings(),
            "sources": {d.id: d.sha256 for d in documents},
            "skipped": [asdict(s) for s in skipped],
            "notes": list(notes),
            "counts": {
                "documents": len(collected.documents),
                "passages": len(collected.passages),
                "sentences": len(collected.sentences),
                "copies": sum(d.copy_of is not None for d in collected.documents),
            },
        }
        progress("writing", 3, 3)  # the last moment to stop: what is published cannot be taken back
        return publish(folder, place, manifest), embedded


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def first_heading(text: str, blocks: Iterable[Block]) -> str | None:
    """The document's own title: its first heading, when that stands before any other writing."""
    for block in blocks:
        if block.kind == "heading":
            title = " ".join(block.body.of(text).split())
            if title.casefold() not in GENRE_LABELS:
                return title
            continue
        if block.kind not in ("markup", "boilerplate", "byline"):
            return None
    return None
