"""A generation on disk: one published, read-only index; and the single atomic step that publishes it.

    INDEX/CURRENT                      a line for each generation that is kept: its name and the sha256 of its manifest
    INDEX/generations/g000007/         its files, their checksums in manifest.json

The first line of CURRENT is the generation that answers, the others follow in the order in which they answered before it.
A generation is written beside the others, synced, checked, and then named in CURRENT by an atomic rename.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from .dense import read_dense
from .digest import file_digest
from .errors import BuildError, IndexDamaged, IndexMismatch
from .files import acquire_lock, sync
from .loaded import in_words
from .published import CURRENT, find_published, read_history, write_published
from .records import BLOCK_KINDS, IndexedDocument, Location, Span, Speech
from .sparse import KeywordIndex, read_sparse

FORMAT = 4
"""Raise when the files' meaning changes; indexes of another format are refused and built anew."""

GENERATIONS, LOCK, MANIFEST = "generations", "LOCK", "manifest.json"
DOCUMENTS, TEXTS, PASSAGES, SENTENCES = "documents.json", "texts.utf8", "passages.npy", "sentences.npy"
CONTEXTS, KEYS, LOCATIONS = "contexts.json", "keys.npy", "locations.json"
PASSAGE_VECTORS, TOKENS, STATES, KEYWORDS = "passages.faiss", "tokens.npy", "states.npy", "keywords"

PASSAGE_FIELDS = np.dtype([(n, "<i4") for n in ("document", "start", "end", "first", "last", "tokens", "tokens_end")])
"""One passage: document number, characters `[start, end)`, sentence numbers `[first, last)`, rows of its tokens."""

SENTENCE_FIELDS = np.dtype(
    [(n, "<i4") for n in ("document", "start", "end", "passage", "block", "kind", "tokens", "tokens_end")]
    + [(n, "<i4") for n in ("speaker", "speaker_end", "role", "role_end", "same")]
)
"""One sentence; `kind` is a position in BLOCK_KINDS, `tokens` the rows of its tokens, `speaker` and `role`
are spans, -1 where there is none; `same` is the number of the first sentence in the collection with the same wording."""

KEPT_GENERATIONS = 3
"""How many generations stay unless said otherwise, the one that answers among them."""

LEAST_KEPT = 2
"""The one before stays for readers that are just opening it, and to go back to."""

_NAME = re.compile(r"g\d{6,}")
_READING = threading.Lock()
"""numpy reads headers with ast.literal_eval, which in Python 3.11 fails now and then in two threads at once
(github.com/python/cpython/issues/106905); the app opens an index in one thread while another builds."""

_READ_ERRORS = (OSError, ValueError, KeyError, TypeError, EOFError)


class Index:
    """An open generation. Everything large is memory-mapped; nothing in it changes.

    `tokens`, the token vectors, and `states`, int8, shapes (t, token_dimension) and (t, state_dimension), have one row a
    token of the passages; `states` is None when the encoder had none.
    """

    def __init__(self, folder: Path, name: str, manifest: Mapping[str, Any]) -> None:
        self.folder, self.name = folder, name
        self.manifest = MappingProxyType(dict(manifest))
        place = folder / GENERATIONS / name
        try:
            with _READING:
                self.documents = tuple(
                    IndexedDocument.from_dict(row) for row in json.loads((place / DOCUMENTS).read_text(encoding="utf-8"))
                )
                self.passages = np.load(place / PASSAGES, mmap_mode="r")
                self.sentences = np.load(place / SENTENCES, mmap_mode="r")
                self.tokens = np.load(place / TOKENS, mmap_mode="r")
                self.states = np.load(place / STATES, mmap_mode="r") if STATES in manifest["files"] else None
                self.dense = read_dense(place / PASSAGE_VECTORS)
                self.keywords: KeywordIndex = read_sparse(place / KEYWORDS)
                self._texts = np.memmap(place / TEXTS, mode="r", dtype=np.uint8) if (place / TEXTS).stat().st_size else b""
                self._places = (place / LOCATIONS).read_bytes()  # now, since the file may be cleared away before it is asked for
        except _READ_ERRORS as error:
            raise IndexDamaged(f"{place}: {error}; build the index again") from error
        self._place = place
        self.text = lru_cache(maxsize=256)(self._text)
        self.numbers = {document.id: i for i, document in enumerate(self.documents)}

    def _text(self, number: int) -> str:
        """The text of document `number`."""
        document = self.documents[number]
        return bytes(self._texts[document.byte_start : document.byte_end]).decode("utf-8")

    @cached_property
    def _locations(self) -> list[list[list[Any]]]:
        return list(json.loads(self._places))

    def locations(self, number: int, start: int, end: int) -> tuple[Location, ...]:
        """Where in its file the characters `[start, end)` of document number `number` stand, in order; empty where it is not known.

        Of the headings of a plain text nothing is known, of Markdown, DOCX, ODT and HTML they are sections.
        """
        rows = self._locations[number]
        first = bisect_right(rows, start, key=lambda row: row[1])  # the first that ends behind `start`
        last = bisect_left(rows, end, key=lambda row: row[0])
        return tuple(Location.from_list(row) for row in rows[first:last])

    def location(self, number: int, start: int, end: int) -> str:
        """The same in words: "page 7", "pages 7 and 8", "row 12", "section “A > B”", or ""."""
        return in_words(self.locations(number, start, end))

    @cached_property
    def contexts(self) -> list[str]:
        """What was embedded before each passage's own words."""
        return list(json.loads((self._place / CONTEXTS).read_text(encoding="utf-8")))

    def passage_counts(self) -> list[int]:
        """How many passages each document has, by document number."""
        counts = np.bincount(self.passages["document"], minlength=len(self.documents))
        return [int(n) for n in counts]

    def speech(self, sentence: int) -> Speech | None:
        """Who says sentence number `sentence`, or None."""
        row = self.sentences[sentence]
        if row["speaker"] < 0:
            return None
        role = Span(int(row["role"]), int(row["role_end"])) if row["role"] >= 0 else None
        return Speech(Span(int(row["speaker"]), int(row["speaker_end"])), role)

    def kind(self, sentence: int) -> str:
        """The kind of block that sentence number `sentence` stands in."""
        return BLOCK_KINDS[int(self.sentences[sentence]["kind"])]

    def original(self, number: int) -> int:
        """The document that document `number` is a copy of, else itself: what is counted once has one original."""
        copy_of = self.documents[number].copy_of
        return number if copy_of is None else copy_of

    @cached_property
    def copied(self) -> frozenset[int]:
        """The documents that are a copy of another or have one."""
        return frozenset(n for i, d in enumerate(self.documents) if d.copy_of is not None for n in (i, d.copy_of))

    def same_wording(self, sentence: int) -> list[int]:
        """The sentences of the whole collection with the wording of sentence number `sentence`, itself among them, in order."""
        return [int(n) for n in np.flatnonzero(self._same == self._same[sentence])]

    @cached_property
    def _same(self) -> np.ndarray:
        return np.ascontiguousarray(self.sentences["same"])

    @cached_property
    def passage_keys(self) -> dict[bytes, int]:
        """Passage numbers by the key of the text that was encoded, so that the next build can carry vectors over."""
        with _READING:
            keys = np.load(self._place / KEYS, mmap_mode="r")
        return {bytes(key): number for number, key in enumerate(keys)}


def open_index(folder: Path | str, fingerprint: str | None = None, generation: str | None = None) -> Index:
    """Open the generation in `folder` that answers, or the one named, every checksum verified.

    `fingerprint` is that of the encoder that will be used, if any. Raises IndexMissing, IndexDamaged (the file
    named) and IndexMismatch.
    """
    folder = Path(folder)
    while True:
        name, digest = find_published(folder, generation)
        try:
            manifest = read_manifest(folder, name, digest)
            check_files(folder / GENERATIONS / name, manifest)
            made_with = manifest["encoder"]["fingerprint"]
            if fingerprint not in (None, made_with):
                raise IndexMismatch(
                    f"{folder}: built with {made_with}, asked with {fingerprint}; "
                    "build the index again or ask with the same model"
                )
            return Index(folder, name, manifest)
        except IndexDamaged:  # a builder may have published and cleared away in between: then open what it published
            if find_published(folder, generation) == (name, digest):
                raise


def read_manifest(folder: Path, name: str, digest: str) -> dict[str, Any]:
    """The manifest of a generation, checked against its sha256. Raises IndexDamaged, IndexMismatch."""
    path = folder / GENERATIONS / name / MANIFEST
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{path}: {error.strerror}; build the index again") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise IndexDamaged(f"{path}: its checksum is not the one in {CURRENT}; build the index again")
    manifest: dict[str, Any] = json.loads(data)
    if manifest["format"] != FORMAT:
        raise IndexMismatch(f"{folder}: index format {manifest['format']}, this program reads {FORMAT}; build the index again")
    return manifest


def check_files(place: Path, manifest: Mapping[str, Any], *, checksums: bool = True) -> None:
    """That every file of a generation has its size, and its checksum if that is asked for. Raises IndexDamaged, the file named."""
    for name, expected in manifest["files"].items():
        try:
            size = (place / name).stat().st_size
            digest = file_digest(place / name) if checksums and size == expected["bytes"] else ""
        except OSError as error:
            raise IndexDamaged(f"{place / name}: {error.strerror}; build the index again") from error
        if size != expected["bytes"]:
            raise IndexDamaged(f"{place / name}: {size:,} bytes, expected {expected['bytes']:,}; build the index again")
        if checksums and digest != expected["sha256"]:
            raise IndexDamaged(f"{place / name}: its checksum has changed; build the index again")


@contextmanager
def builder_lock(folder: Path) -> Iterator[None]:
    """Hold the right to build in `folder`; freed by the system when the process dies.

    Raises BuildError when another build holds it or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = acquire_lock(folder / LOCK, 0)
    except TimeoutError:
        raise BuildError(f"{folder}: another build is running; wait for it to end") from None
    except OSError as error:
        raise BuildError(f"{folder}: cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def new_generation(folder: Path) -> Iterator[Path]:
    """A fresh folder for the files of the next generation; removed again unless it is published.

    Leftovers of builds that were killed are cleared first. Call within `builder_lock`.
    """
    root = folder / GENERATIONS
    root.mkdir(exist_ok=True)
    for leftover in root.glob("*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)
    numbers = [int(p.name[1:]) for p in root.iterdir() if _NAME.fullmatch(p.name)]
    place = root / f"g{max(numbers, default=0) + 1:06d}.partial"
    place.mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def publish(folder: Path, place: Path, manifest: dict[str, Any], keep: int = KEPT_GENERATIONS) -> Index:
    """Seal the generation in `place` with its manifest, check it from disk, and make it the one that answers.

    Of the generations before it those that answered last are kept, `keep` with the new one; the others are removed.
    """
    files = sorted(p for p in place.rglob("*") if p.is_file())
    manifest = manifest | {
        "format": FORMAT,
        "files": {p.relative_to(place).as_posix(): {"bytes": p.stat().st_size, "sha256": file_digest(p)} for p in files},
    }
    (place / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    for path in [*files, place / MANIFEST, *{p.parent for p in files}, place]:
        sync(path)
    name = place.name.removesuffix(".partial")
    final = place.with_name(name)
    try:
        os.rename(place, final)
        sync(final.parent)
        digest = file_digest(final / MANIFEST)
        check_files(final, read_manifest(folder, name, digest))
        index = Index(folder, name, manifest)
        kept = ((name, digest), *read_history(folder))[:keep]
        write_published(folder, kept)
    except BaseException as error:  # Ctrl-C too: give back what a generation takes that nobody will ever open
        if not _is_published(folder, name):
            shutil.rmtree(final, ignore_errors=True)
        if not isinstance(error, IndexDamaged):
            raise
        reason = "what was written could not be read back; the index published before still answers"
        raise BuildError(f"{error} ({reason})") from error
    _clear_old(folder, {kept_name for kept_name, _ in kept})
    return index


def _is_published(folder: Path, name: str) -> bool:
    """Whether CURRENT names this generation; an interrupt may come just after it was renamed."""
    return name in dict(read_history(folder))


def _clear_old(folder: Path, kept: Collection[str]) -> None:
    """Remove all generations but those kept."""
    for path in (folder / GENERATIONS).iterdir():
        if _NAME.fullmatch(path.name) and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
