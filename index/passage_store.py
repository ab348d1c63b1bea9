"""The seam between this program and whatever engine holds its passages: `Store`, and the records that cross it.

A document is stored in revisions. A revision is written whole and never changed; which revisions make up the collection is
said by `Facts`, published in one step. So a reader sees one state of the collection, and drops what belongs to another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .encodings import Stored
from .filters import Filter
from .records import IndexedDocument, Location
from .segmented import Segmented, segmented_rows


@dataclass(frozen=True, slots=True, order=True)
class Revision:
    """One state of one document: `document` is the key of its id (`key_of`), `digest` that of its contents."""

    document: str
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a document came to, but its encodings. All numbers in it count from 0 within the document.

    `passages`, `sentences` and `wordings`: rows of PASSAGE_FIELDS, SENTENCE_FIELDS and WORDING_FIELDS, `same` left 0;
    `contexts` what was embedded before each passage's own words; `signature` that of the document's runs of words.
    """

    about: IndexedDocument
    text: str
    locations: tuple[Location, ...]
    contexts: tuple[str, ...]
    passages: np.ndarray
    sentences: np.ndarray
    wordings: np.ndarray
    signature: np.ndarray

    def segmented(self) -> Segmented:
        """The same as the build has it."""
        rows = (self.passages, self.sentences, self.wordings, self.signature)
        return segmented_rows(self.about, self.text, self.locations, self.contexts, *rows)


@dataclass(frozen=True, slots=True, eq=False)
class StoredDocument:
    """A document with everything that reading it needs: `terms` are the index terms of each passage, in order and as often as they
    stand in it; `encodings` has one for each passage."""

    revision: Revision
    contents: Contents
    terms: tuple[tuple[str, ...], ...]
    encodings: tuple[Stored, ...]

    def ids(self) -> list[str]:
        """The ids of its passages, in order."""
        return passage_ids(self.revision, self.contents.passages)


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that was found: `position` is its place in its document, from 0; `score` is comparable within one search only.

    `terms` are the keys of its index terms, each as often as it stands there; a search for other things leaves them out.
    """

    id: str
    revision: Revision
    position: int
    score: float
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the collection. Its number is its place in the catalogue, which `about.copy_of` counts by."""

    about: IndexedDocument
    revision: Revision
    passages: int
    sentences: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of the collection as a whole. `name` changes with it.

    `manifest` is that of a generation, without its files. `words` and `terms` map each folded word and each index term to
    the number of passages that hold it; `length` is how many index terms all passages have together.
    """

    name: str
    manifest: Mapping[str, Any]
    words: Mapping[str, int]
    terms: Mapping[str, int]
    length: int
    catalogue: tuple[Entry, ...]


class Store(Protocol):
    """Passages in an engine. Every call may be repeated: it does the same again. All raise StoreError when the engine fails."""

    def begin(self, manifest: Mapping[str, Any]) -> None:
        """Make ready to write what was made with this encoder and these settings. What was made otherwise answers until `publish`."""

    def write(self, document: StoredDocument) -> None:
        """Store a document's revision. Others of the same document stay."""

    def written(self, revisions: Iterable[Revision]) -> set[Revision]:
        """Those of the revisions that are there, whole."""

    def remove(self, document: str, but: str | None = None) -> None:
        """Remove a document, by its key: all its revisions but the one with this digest."""

    def refresh(self) -> None:
        """Returns when all that was written before can be found, and nothing that was removed."""

    def publish(self, facts: Facts) -> None:
        """Make this the state of the collection, in one step; what belongs to no revision of it is then removed."""

    def published(self) -> Facts | None:
        """The state of the collection; None where nothing was ever published."""

    def name(self) -> str | None:
        """The name of that state alone, which costs little to ask."""

    def nearest(self, vector: np.ndarray, k: int, where: Filter | None = None) -> list[Match]:
        """The k passages with the highest inner product with a unit vector, float32, shape (d,), best first."""

    def holding(self, terms: Sequence[str], k: int, where: Filter | None = None) -> list[Match]:
        """The k passages that hold these index terms best (BM25 or like it), the rarest term first in `terms`, best first."""

    def select(self, where: Filter) -> Iterator[Match]:
        """Every passage that a filter leaves, in no order."""

    def get(self, ids: Iterable[str]) -> dict[str, Stored]:
        """The encodings of passages by their ids; what is not there is left out."""

    def contents(self, revisions: Iterable[Revision]) -> dict[Revision, Contents]:
        """The contents of documents; what is not there is left out."""

    def count(self) -> int:
        """How many passages are there, of all revisions."""

    def scan(self, but: Collection[Revision] = ()) -> Iterator[StoredDocument]:
        """Every document of the published state with its vectors, in order, but those of some revisions."""

    def health(self) -> str:
        """Which engine it is, in words, when it is ready."""

    def close(self) -> None:
        """Let go of it."""


def passage_ids(revision: Revision, passages: np.ndarray) -> list[str]:
    """The ids of a document's passages (PASSAGE_FIELDS): made of document, revision and span."""
    spans = zip(passages["start"].tolist(), passages["end"].tolist(), strict=True)
    return [f"{revision.document}-{revision.digest}-{start}-{end}" for start, end in spans]
