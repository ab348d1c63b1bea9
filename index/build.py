"""The one place that knows the order of the steps from files to a published index."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .catalogue import read_catalogue
from .collected import Collected
from .comparison import documents_apart
from .dense import EXACT
from .duplicates import copies_in_words
from .embed import Encoder, Progress, SentenceTransformerEncoder
from .encodings import Unfinished
from .errors import BuildError, IndexDamaged, IndexMismatch, IndexMissing, SourcesError
from .files import reason_of
from .freshness import compare_sources, passed_over, settings
from .load import ARCHIVE, LOADERS, Scan, loading, scan_sources
from .publish import KEPT_GENERATIONS, LEAST_KEPT, builder_lock, clear_unfinished, new_generation, publish, unfinished
from .published import DEFAULT_INDEX
from .records import BuildReport, Changes, Metadata, Skipped
from .removals import Confirm, check_removals
from .removed import removed_on_purpose
from .segmented import segmented, segmented_before
from .store import Index, open_index
from .vectors import EncodeBatches, encode_here, write_generation

DEFAULT_SOURCES = Path("sources")


def build_index(
    sources: Path | str = DEFAULT_SOURCES,
    index: Path | str = DEFAULT_INDEX,
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    confirm_removals: Confirm | None = None,
    keep: int = KEPT_GENERATIONS,
    wait: float = 0.0,
    exact: bool | None = None,
    encode: EncodeBatches = encode_here,
) -> BuildReport:
    """Index the documents in `sources` and publish the result in the folder `index`.

    What did not change is carried over from the published index; when nothing changed at all, and nothing there is damaged, nothing is
    written.
    The published index goes on answering until the new one takes its place.
    `progress(step, done, total)` is called as the build goes, and last just before the publication; it may raise
    BuildCancelled, which ends the build there and passes through.
    Documents that disappeared, other than by `remove_document`, are dropped when they are few, or when `confirm_removals`, which is
    told each and why it cannot be indexed, returns True. `keep` is how many generations are kept, the new one among them.
    `wait` is how many seconds another build is waited for. `exact` asks for exact search however many passages there are, or takes
    that back; without it a build does as the one before was asked. `encode` is what embeds: `index.cluster` has another.

    Raises SourcesError (no folder, nothing to index), CatalogueError, ModelError, BuildError (another build is
    running, a full disk, many documents disappeared); the index published before is then untouched. What was
    encoded by then is kept for the next build, unless the disk is full.
    """
    started = time.perf_counter()
    if keep < LEAST_KEPT:
        raise BuildError(f"keep is {keep}, expected {LEAST_KEPT} or more: the generation that answers and the one before")
    progress = progress or _unwatched
    sources, folder = Path(sources), Path(index)
    scan = scan_sources(sources)
    catalogue = read_catalogue(sources)
    encoder = encoder or SentenceTransformerEncoder()
    with builder_lock(folder, wait):
        before = _published(folder)
        compared = compare_sources(before, scan, catalogue, encoder.fingerprint, progress) if before else None
        left = unfinished(folder)
        asked = bool(before and before.search.asked) if exact is None else exact
        same = before and compared and not compared.changes and before.search.asked == asked
        if before and same and before.token_files_fit() and before.vectors_fit():  # what is damaged there is made again
            clear_unfinished(folder, left)
            return _report(before, len(before.documents), 0, started, published=False)
        known = {d.id: d.sha256 for d in before.documents} if before and _same_making(before, encoder) else {}
        try:
            with new_generation(folder) as place:
                with Collected(place) as collected:
                    kept = compared.kept if compared else {}
                    read = _read(scan, catalogue, encoder, before, kept, collected, progress)
                    if not collected.documents:
                        raise _nothing_to_index(sources, read.skipped)
                    found = Changes()
                    if before and compared:  # only now is known which of the files can still be read
                        found = documents_apart(before.documents, collected.documents, read.skipped, compared.changes.reasons)
                        removed = removed_on_purpose(sources, found.removed)
                        check_removals(found, [d.id for d in before.documents], removed, confirm_removals)
                    collected.note_copies()
                    unfinished_texts = Unfinished(left, encoder)
                    written = write_generation(place, collected, encoder, before, unfinished_texts, asked, progress, encode)
                progress("writing", 3, 3)  # the last moment to stop: what is published cannot be taken back
                generation = publish(folder, place, _about(sources, scan, encoder, read) | written.manifest(), keep)
            clear_unfinished(folder, left)
        except OSError as error:
            short = f"not everything could be written, most likely the disk is full ({error})"  # so numpy and FAISS say it
            reason = reason_of(error) if error.errno else short
            raise BuildError(f"{folder}: {reason}; nothing was published and the index before, if any, still answers") from error
        reused = sum(known.get(d.id) == d.sha256 for d in generation.documents)
        return replace(_report(generation, reused, written.encoded, started, published=True), changes=found)


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
    return compare_sources(before, scan, catalogue, encoder.fingerprint if encoder else None, _unwatched).changes


def _unwatched(step: str, done: int, total: int) -> None:
    """The progress function of a build that nobody watches."""


def _published(folder: Path) -> Index | None:
    try:
        return open_index(folder)
    except (IndexMissing, IndexDamaged, IndexMismatch):
        return None


def _same_making(before: Index, encoder: Encoder) -> bool:
    return before.manifest["encoder"]["fingerprint"] == encoder.fingerprint and before.manifest["settings"] == settings()


def _report(index: Index, reused: int, embedded: int, started: float, *, published: bool) -> BuildReport:
    counts = index.manifest["counts"]
    approximate = [] if index.search.kind == EXACT else [f"search is {index.search}"]
    return BuildReport(
        documents=counts["documents"],
        passages=counts["passages"],
        sentences=counts["sentences"],
        reused=reused,
        skipped=tuple(Skipped(**s) for s in index.manifest["skipped"]),
        seconds=time.perf_counter() - started,
        embedded=embedded,
        published=published,
        notes=(
            *index.manifest["notes"],
            *approximate,
            *copies_in_words([d.id for d in index.documents], [d.copy_of for d in index.documents]),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading the sources came to: the sha256 of each that could be read, what was left out, and which could not be read at all."""

    digests: dict[str, str]
    skipped: list[Skipped]
    unreadable: list[Skipped]


def _read(
    scan: Scan,
    catalogue: Mapping[str, Metadata],
    encoder: Encoder,
    before: Index | None,
    kept: Mapping[str, Sequence[int]],
    collected: Collected,
    progress: Progress,
) -> _Read:
    """Collect the documents of all sources; those of the sources `kept` as `before` has them, by their numbers there."""
    read = _Read({}, list(scan.skipped), [])
    with loading([s for s in scan.sources if s.id not in kept], catalogue) as loaded:
        for done, source in enumerate(scan.sources, 1):
            if before and source.id in kept:
                read.digests[source.id] = before.manifest["sources"][source.id]
                read.skipped.extend(_skipped_before(before, source.id))
                for number in kept[source.id]:
                    collected.add(segmented_before(before, number))
            else:
                contents = next(loaded)
                if contents.sha256:
                    read.digests[source.id] = contents.sha256
                else:
                    read.unreadable.extend(contents.skipped)
                read.skipped.extend(contents.skipped)
                for document in contents.documents:
                    collected.add(segmented(document, encoder))
            progress("reading", done, len(scan.sources))
    return read


def _nothing_to_index(sources: Path, skipped: Sequence[Skipped]) -> SourcesError:
    why = "; ".join(f"{s.path}: {s.reason}" for s in skipped[:3])
    known = ", ".join([*LOADERS, ARCHIVE][2:])
    return SourcesError(
        f"{sources}: no document to index ({why or 'the folder is empty'}); put .txt or .md files in it, or {known}"
    )


def _about(sources: Path, scan: Scan, encoder: Encoder, read: _Read) -> dict[str, Any]:
    """What the manifest says of where a generation comes from."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources_folder": str(sources.resolve()),
        "encoder": {
            "fingerprint": encoder.fingerprint,
            "dimension": encoder.dimension,
            "token_dimension": encoder.token_dimension,
            "state_dimension": encoder.state_dimension,
            "max_tokens": encoder.max_tokens,
        },
        "settings": settings(),
        "sources": read.digests,
        "skipped": [asdict(s) for s in sorted(read.skipped, key=lambda s: s.path)],
        "passed_over": [asdict(s) for s in passed_over(scan, read.unreadable)],
        "notes": list(scan.notes),
    }


def _skipped_before(before: Index, source: str) -> list[Skipped]:
    """What of a source was left out when it was read for the index before."""
    found = [Skipped(**s) for s in before.manifest["skipped"]]
    return [s for s in found if s.path == source or s.path.startswith(f"{source}/")]
