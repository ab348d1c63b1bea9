"""A generation on disk: one published, read-only index.

    INDEX/CURRENT                      a line for each generation that is kept: its name and the sha256 of its manifest
    INDEX/generations/g000007/         its files, their checksums in manifest.json

How a generation gets there: `index.publish`; which of them answers: `index.published`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from .arrays import load_array
from .dense import Search, read_dense, search_dense, stored_vector, stored_vectors
from .digest import file_digest
from .encodings import VECTORS, rows_digest
from .errors import IndexDamaged, IndexMismatch
from .loaded import in_words
from .parts import STARTS, STATES, TOKEN_FILES, TOKENS, Part, map_parts, map_rows
from .published import CURRENT, find_published
from .records import BLOCK_KINDS, IndexedDocument, Location, Span, Speech
from .sparse import KeywordIndex, read_sparse

FORMAT = 8
"""Raise when the files' meaning changes; indexes of another format are refused and built anew."""

GENERATIONS, LOCK, MANIFEST = "generations", "LOCK", "manifest.json"
DOCUMENTS, TEXTS, PASSAGES, SENTENCES = "documents.json", "texts.utf8", "passages.npy", "sentences.npy"
CONTEXTS, KEYS, LOCATIONS = "contexts.json", "keys.npy", "locations.jsonl"
PASSAGE_VECTORS, KEYWORDS = "passages.faiss", "keywords"
WORDINGS, SIGNATURES = "wordings.npy", "signatures.npy"

PASSAGE_FIELDS = np.dtype([(n, "<i4") for n in ("document", "start", "end", "first", "last", "tokens", "tokens_end")])
"""One passage: document number, characters `[start, end)`, sentence numbers `[first, last)`, rows of its tokens."""

SENTENCE_FIELDS = np.dtype(
    [(n, "<i4") for n in ("document", "start", "end", "passage", "block", "kind", "tokens", "tokens_end")]
    + [(n, "<i4") for n in ("speaker", "speaker_end", "role", "role_end", "same")]
)
"""One sentence; `kind` is a position in BLOCK_KINDS, `tokens` the rows of its tokens, `speaker` and `role`
are spans, -1 where there is none; `same` is the number of the first sentence in the collection with the same wording."""

KEY_FIELDS = np.dtype([("text", "V16"), ("rows", "V8")])
"""Of one passage: the key of the text that was encoded, and the checksum of its tokens' rows."""

WORDING_FIELDS = np.dtype([("key", "V16"), ("words", "<i4")])
"""Of one sentence: what stands for its wording, and how many words it has; what `index.duplicates` compares."""

ROWS = (*TOKEN_FILES, VECTORS)
"""How the names of files begin that are too large to be read when an index is opened: rows of the first three are checked against KEY_FIELDS
when they are first used, the vectors, which are there where FAISS has not the exact ones, by `vectors_fit`."""

_READING = threading.Lock()
"""numpy reads headers with ast.literal_eval, which in Python 3.11 fails now and then in two threads at once
(github.com/python/cpython/issues/106905); the app opens an index in one thread while another builds."""

_READ_ERRORS = (OSError, ValueError, KeyError, TypeError, EOFError)


class Index:
    """An open generation. Everything large is memory-mapped; nothing in it changes.

    `tokens`, the token vectors, and `states`, int8, shapes (t, token_dimension) and (t, state_dimension), have one row a
    token of the passages; `states` is None when the encoder had none. Call `check_rows` before these two are read.
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
                self.passages = load_array(place / PASSAGES)
                self.sentences = load_array(place / SENTENCES)
                self.keys = load_array(place / KEYS)
                self.parts, encoder = tuple(Part(*part) for part in manifest["rows"]), manifest["encoder"]
                self.tokens = map_parts(place, TOKENS, self.parts, (encoder["token_dimension"],), np.int8)
                width = encoder["state_dimension"]
                self.states = map_parts(place, STATES, self.parts, (width,), np.int8) if width else None
                self.starts = map_parts(place, STARTS, self.parts, (), np.uint32)
                self.dense = read_dense(place / PASSAGE_VECTORS)
                self.keywords: KeywordIndex = read_sparse(place / KEYWORDS)
                self._texts = map_rows(place / TEXTS, (place / TEXTS).stat().st_size, 1, np.uint8)[:, 0]
                self._places = map_rows(place / LOCATIONS, (place / LOCATIONS).stat().st_size, 1, np.uint8)[:, 0]
        except _READ_ERRORS as error:
            raise IndexDamaged(f"{place}: {error}; build the index again") from error
        self._place = place
        self.text = lru_cache(maxsize=256)(self._text)
        self._located = lru_cache(maxsize=256)(self._locations)
        self._checked = np.zeros(len(self.passages), dtype=bool)
        self.numbers = {document.id: i for i, document in enumerate(self.documents)}

    def _text(self, number: int) -> str:
        """The text of document `number`."""
        document = self.documents[number]
        return bytes(self._texts[document.byte_start : document.byte_end]).decode("utf-8")

    def check_rows(self, passages: Sequence[int] | np.ndarray) -> None:
        """Check the rows of tokens and states of these passages, each once while the index is open. Raises IndexDamaged."""
        for number in passages:
            if self._checked[number]:
                continue
            if not self.rows_fit(number):
                self._check(ROWS)
                raise IndexDamaged(f"{self._place / TOKENS}: the rows of passage {number} do not fit; build the index again")
            self._checked[number] = True

    def rows_fit(self, passage: int) -> bool:
        """Whether the rows of tokens and states of a passage are those that were written."""
        row = self.passages[passage]
        rows = slice(int(row["tokens"]), int(row["tokens_end"]))
        states = self.states[rows] if self.states is not None else np.zeros((0, 0), dtype=np.int8)
        return rows_digest(self.tokens[rows], states, self.starts[rows]) == self.keys[passage]["rows"].tobytes()

    def _locations(self, number: int) -> list[list[Any]]:
        start = int(self._place_lines[number - 1]) + 1 if number else 0
        return list(json.loads(bytes(self._places[start : self._place_lines[number]])))

    @cached_property
    def _place_lines(self) -> np.ndarray:
        return np.flatnonzero(self._places == ord("\n"))

    def locations(self, number: int, start: int, end: int) -> tuple[Location, ...]:
        """Where in its file the characters `[start, end)` of document number `number` stand, in order; empty where it is not known.

        Of the headings of a plain text nothing is known, of Markdown, DOCX, ODT and HTML they are sections.
        """
        rows = self._located(number)
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

    @property
    def search(self) -> Search:
        """How `nearest` finds what it finds."""
        return Search(**self.manifest["search"])

    def vectors_fit(self) -> bool:
        """Whether the exact vectors are those that were written; reads the whole file where they have one of their own."""
        return self._fit((VECTORS,))

    def token_files_fit(self) -> bool:
        """Whether all rows of tokens and states are those that were written; reads the whole files."""
        return self._fit(TOKEN_FILES)

    def _check(self, names: tuple[str, ...]) -> None:
        """Check the files whose names begin so. Raises IndexDamaged."""
        check_files(self._place, {name: file for name, file in self.manifest["files"].items() if name.startswith(names)})

    def _fit(self, names: tuple[str, ...]) -> bool:
        """Whether the files whose names begin so are those that were written."""
        try:
            self._check(names)
        except IndexDamaged:
            return False
        return True

    def vector(self, passage: int) -> np.ndarray:
        """The exact vector of a passage: float32, shape (d,)."""
        return stored_vector(self.dense, passage) if self._mapped is None else np.array(self._mapped[passage])

    @property
    def vectors(self) -> np.ndarray:
        """Those of all passages: float32, shape (passages, d); mapped where they have a file, else a copy."""
        return stored_vectors(self.dense) if self._mapped is None else self._mapped

    @cached_property
    def _mapped(self) -> np.ndarray | None:
        if VECTORS not in self.manifest["files"]:
            return None
        return map_rows(self._place / VECTORS, len(self.passages), self.manifest["encoder"]["dimension"], "<f4")

    def nearest(self, vector: np.ndarray, k: int, only: np.ndarray | None = None) -> np.ndarray:
        """The numbers of the k passages nearest to a unit vector, best first; `only` says which are searched: bool, (passages,)."""
        return search_dense(self.dense, vector, k, only)[1]

    def keyword_scores(self, terms: Sequence[str], only: np.ndarray | None = None) -> np.ndarray:
        """The BM25 score of every passage for these terms, 0 for those that are not searched: float32, shape (passages,)."""
        scores = self.keywords.scores(terms)
        return scores if only is None else scores * only

    def passage_counts(self) -> list[int]:
        """How many passages each document has, by document number."""
        counts = np.bincount(self.passages["document"], minlength=len(self.documents))
        return [int(n) for n in counts]

    def passages_of(self, number: int) -> tuple[int, int]:
        """The passages of document `number`: the first, and the one behind the last."""
        first, last = np.searchsorted(self._documents_of, [number, number + 1])
        return int(first), int(last)

    @cached_property
    def _documents_of(self) -> np.ndarray:
        return np.ascontiguousarray(self.passages["document"])

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
    def wordings(self) -> np.ndarray:
        """The wording of each sentence: WORDING_FIELDS, shape (sentences,)."""
        return load_array(self._place / WORDINGS)

    @cached_property
    def signatures(self) -> np.ndarray:
        """The signature of each document's runs of words, as `index.signatures` makes it: shape (documents, PERMUTATIONS)."""
        return load_array(self._place / SIGNATURES)

    @cached_property
    def passage_keys(self) -> dict[bytes, int]:
        """Passage numbers by the key of the text that was encoded, so that the next build can carry vectors over."""
        return {key.tobytes(): number for number, key in enumerate(self.keys["text"])}


def speech_of(row: np.void) -> Speech | None:
    """Who says the sentence with this row of SENTENCE_FIELDS, or None."""
    if row["speaker"] < 0:
        return None
    role = Span(int(row["role"]), int(row["role_end"])) if row["role"] >= 0 else None
    return Speech(Span(int(row["speaker"]), int(row["speaker_end"])), role)


def kind_of(row: np.void) -> str:
    """The kind of block that the sentence with this row of SENTENCE_FIELDS stands in."""
    return BLOCK_KINDS[int(row["kind"])]


def open_index(
    folder: Path | str, fingerprint: str | None = None, *, whole: bool = False, generation: str | None = None
) -> Index:
    """Open the generation in `folder` that answers, or the one named, its checksums verified.

    Those of the rows of tokens and states are verified when they are first read, or with `whole` at once. `fingerprint`
    is that of the encoder that will be used, if any. Raises IndexMissing, IndexDamaged (the file named) and IndexMismatch.
    """
    folder = Path(folder)
    while True:
        name, digest = find_published(folder, generation)
        try:
            manifest = read_manifest(folder, name, digest)
            check_files(folder / GENERATIONS / name, manifest["files"], () if whole else ROWS)
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
    """The manifest of generation `name`, whose sha256 is `digest`. Raises IndexDamaged, IndexMismatch (another format)."""
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


def check_files(place: Path, files: Mapping[str, Any], by_size: tuple[str, ...] = ()) -> None:
    """Check files against their sizes and, except for those whose names begin as in `by_size`, their checksums. Raises IndexDamaged."""
    for name, expected in files.items():
        sized = name.startswith(by_size)
        try:
            size = (place / name).stat().st_size
            digest = file_digest(place / name) if size == expected["bytes"] and not sized else ""
        except OSError as error:
            raise IndexDamaged(f"{place / name}: {error.strerror}; build the index again") from error
        if size != expected["bytes"]:
            raise IndexDamaged(f"{place / name}: {size:,} bytes, expected {expected['bytes']:,}; build the index again")
        if not sized and digest != expected["sha256"]:
            raise IndexDamaged(f"{place / name}: its checksum has changed; build the index again")
