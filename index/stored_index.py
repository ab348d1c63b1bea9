"""A collection in a store, opened for questions: used like `index.store.Index`, its rows fetched when they are first read.

Documents, passages, sentences and tokens are numbered as in a generation, through the catalogue of the published facts. In
memory are the catalogue, the words with their counts, and a few numbers for each document.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from types import MappingProxyType

import numpy as np

from .dense import EXACT, Search
from .encodings import Stored
from .errors import IndexMismatch, IndexMissing, StoreError
from .filters import AnyOf, Filter, term_key
from .loaded import in_words
from .passage_store import Contents, Facts, Match, Store, passage_ids
from .records import Location
from .rows import FetchedRows, Recent
from .sparse import bm25, idf
from .store import PASSAGE_FIELDS, SENTENCE_FIELDS

LOOKED_AT = 1000
"""Passages that keyword search looks at, more than are ever taken of them but after a word that must not occur."""

MOST_AT_ONCE = 16_384
"""Passages in one search: no server of Milvus gives more."""

DOCUMENTS_NAMED = 1000
"""Documents named in one filter; a search in more of them is made of several."""

SAME_AT_MOST = 500
"""Passages that are looked at for sentences with the same wording."""

KEPT_DOCUMENTS, KEPT_ENCODINGS = 256, 1024

_PASSAGE_ROWS = np.dtype([(name, "<i8") for name in PASSAGE_FIELDS.names or ()])
_SENTENCE_ROWS = np.dtype([(name, "<i8") for name in SENTENCE_FIELDS.names or ()])
"""The same fields, wider: all tokens of a large collection are more than 32 bits count. `same` is made of the wording's key."""


class StoredIndex:
    """A published state of a collection. What belongs to another state is dropped when it is found.

    Raises StoreError, from whatever fetches, when the engine fails or the state is no longer there.
    """

    search = Search(EXACT, asked=False, recall=1.0)  # of every store, whatever engine it is

    def __init__(self, store: Store, facts: Facts) -> None:
        self.store, self.folder, self.name = store, store.health(), facts.name
        self.manifest = MappingProxyType(dict(facts.manifest))
        self.documents = tuple(entry.about for entry in facts.catalogue)
        self.numbers = {about.id: number for number, about in enumerate(self.documents)}
        self._revisions = [entry.revision for entry in facts.catalogue]
        self._by_key = {revision.document: number for number, revision in enumerate(self._revisions)}
        counts = np.array([(e.passages, e.sentences, e.tokens) for e in facts.catalogue], dtype=np.int64).reshape(-1, 3)
        self._bounds = np.vstack([np.zeros((1, 3), np.int64), np.cumsum(counts, axis=0)])  # of passages, sentences, tokens
        self._contents = Recent(KEPT_DOCUMENTS, self._fetch_contents)
        self._encodings = Recent(KEPT_ENCODINGS, self._fetch_encodings)
        documents = np.arange(len(counts), dtype=np.int32)
        self.passages = FetchedRows(
            _PASSAGE_ROWS, self._bounds[:, 0], self._passage_rows, {"document": np.repeat(documents, counts[:, 0])}
        )
        self.sentences = FetchedRows(
            _SENTENCE_ROWS, self._bounds[:, 1], self._sentence_rows, {"document": np.repeat(documents, counts[:, 1])}
        )
        encoder = facts.manifest["encoder"]
        self.tokens = _Tokens(self, "tokens", encoder["token_dimension"])
        self.states = _Tokens(self, "states", encoder["state_dimension"]) if encoder["state_dimension"] else None
        self.keywords = StoredKeywords(facts, self._passages_with)

    # --- searches ---

    def nearest(self, vector: np.ndarray, k: int, only: np.ndarray | None = None) -> np.ndarray:
        """The numbers of the k passages nearest to a unit vector, best first; `only` says which are searched: bool, (passages,)."""
        k = min(k, len(self.passages) if only is None else int(np.count_nonzero(only)))
        found = [
            pair for where in self._parts(only) for pair in self._live(lambda n, w=where: self.store.nearest(vector, n, w), k)
        ]
        return np.array([number for number, _ in sorted(found, key=lambda p: (-p[1].score, p[0]))[:k]], dtype=np.int64)

    def keyword_scores(self, terms: Sequence[str], only: np.ndarray | None = None) -> np.ndarray:
        """The BM25 score of every passage for these terms, of those LOOKED_AT that the engine finds best: float32, shape (passages,)."""
        scores = np.zeros(len(self.passages), dtype=np.float32)
        known = sorted({t for t in terms if t in self.keywords.frequencies}, key=lambda t: (self.keywords.frequencies[t], t))
        for where in self._parts(only) if known else ():
            for number, match in self._live(lambda n, w=where: self.store.holding(known, n, w), LOOKED_AT):
                scores[number] = self.keywords.score(terms, match.terms)
        return scores

    def _parts(self, only: np.ndarray | None) -> list[Filter | None]:
        """The filters that together leave the passages to search."""
        if only is None:
            return [None]
        documents = np.unique(self.passages["document"][only]).tolist()
        chunks = (documents[i : i + DOCUMENTS_NAMED] for i in range(0, len(documents), DOCUMENTS_NAMED))
        return [AnyOf("document", frozenset(self._revisions[n].document for n in chunk)) for chunk in chunks]

    def _live(self, search: Callable[[int], list[Match]], k: int) -> list[tuple[int, Match]]:
        """What a search for k finds of this state, with its numbers; it looks further when it also finds what is of another."""
        k = asked = min(k, MOST_AT_ONCE)
        while True:
            matches = search(asked)
            live = self._numbered(matches)
            if len(live) >= k or len(matches) < asked or asked == MOST_AT_ONCE:
                return live[:k]
            asked = min(2 * asked, MOST_AT_ONCE)

    def _numbered(self, matches: Iterable[Match]) -> list[tuple[int, Match]]:
        numbers = ((self._by_key.get(match.revision.document), match) for match in matches)
        return [
            (int(self._bounds[n, 0]) + m.position, m) for n, m in numbers if n is not None and self._revisions[n] == m.revision
        ]

    def _passages_with(self, term: str) -> np.ndarray:
        found = self._numbered(self.store.select(AnyOf("term", frozenset([term_key(term)]))))
        return np.unique(np.array([number for number, _ in found], dtype=np.int64))

    def same_wording(self, sentence: int) -> list[int]:
        """The sentences of the collection with the wording of this one, itself among them, in order: those in the first SAME_AT_MOST passages."""
        number = int(self.sentences["document"][sentence])
        wording = self._one(number).wordings["key"][sentence - int(self._bounds[number, 1])].tobytes().hex()
        found = self._numbered(self.store.select(AnyOf("wording", frozenset([wording]))))
        passages = self.passages[np.array(sorted({number for number, _ in found})[:SAME_AT_MOST], dtype=np.int64)]
        near = np.array(sorted({sentence, *(n for row in passages for n in range(row["first"], row["last"]))}), dtype=np.int64)
        rows = self.sentences[near]
        return [int(n) for n in near[rows["same"] == rows["same"][np.searchsorted(near, sentence)]]]

    # --- documents ---

    def text(self, number: int) -> str:
        """The text of document `number`."""
        return self._one(number).text

    def locations(self, number: int, start: int, end: int) -> tuple[Location, ...]:
        """Where in its file the characters `[start, end)` of document number `number` stand, in order; empty where it is not known."""
        places = self._one(number).locations
        first = bisect_right(places, start, key=lambda place: place.span.end)
        return places[first : bisect_left(places, end, key=lambda place: place.span.start)]

    def location(self, number: int, start: int, end: int) -> str:
        """The same in words, or ""."""
        return in_words(self.locations(number, start, end))

    def passage_counts(self) -> list[int]:
        """How many passages each document has, by document number."""
        return [int(n) for n in np.diff(self._bounds[:, 0])]

    def passages_of(self, number: int) -> tuple[int, int]:
        """The passages of document `number`: the first, and the one behind the last."""
        return int(self._bounds[number, 0]), int(self._bounds[number + 1, 0])

    def original(self, number: int) -> int:
        """The document that document `number` is a copy of, else itself."""
        copy_of = self.documents[number].copy_of
        return number if copy_of is None else copy_of

    @cached_property
    def copied(self) -> frozenset[int]:
        """The documents that are a copy of another or have one."""
        return frozenset(n for i, d in enumerate(self.documents) if d.copy_of is not None for n in (i, d.copy_of))

    # --- rows ---

    def check_rows(self, passages: Iterable[int]) -> None:
        """Fetch the rows of tokens and states of these passages at once; what comes is whole or an error."""
        self._encodings.get(passages)

    def _one(self, number: int) -> Contents:
        contents: Contents = self._contents.get([number])[number]
        return contents

    def _fetch_contents(self, numbers: Sequence[int]) -> dict[int, Contents]:
        found = self.store.contents([self._revisions[n] for n in numbers])
        missing = next((n for n in numbers if self._revisions[n] not in found), None)
        if missing is not None:
            raise self._gone(missing)
        return {n: found[self._revisions[n]] for n in numbers}

    def _gone(self, number: int) -> StoreError:
        return StoreError(f"{self.folder}: {self.documents[number].id} has changed since the index was opened; ask again")

    def _passage_rows(self, numbers: Sequence[int]) -> dict[int, np.ndarray]:
        return {n: self._shifted(n, c.passages, _PASSAGE_ROWS, first=1, last=1) for n, c in self._contents.get(numbers).items()}

    def _sentence_rows(self, numbers: Sequence[int]) -> dict[int, np.ndarray]:
        made = {}
        for n, contents in self._contents.get(numbers).items():
            made[n] = self._shifted(n, contents.sentences, _SENTENCE_ROWS, passage=0)
            made[n]["same"] = [int.from_bytes(key.tobytes()[:8], "little", signed=True) for key in contents.wordings["key"]]
        return made

    def _shifted(self, number: int, rows: np.ndarray, dtype: np.dtype, **counted: int) -> np.ndarray:
        """The rows of a document, their numbers those of the collection; `counted` says by which column of the bounds a field counts."""
        shifted = rows.astype(dtype)
        shifted["document"] = number
        for name, column in {**counted, "tokens": 2, "tokens_end": 2}.items():
            shifted[name] += self._bounds[number, column]
        return shifted

    def _fetch_encodings(self, passages: Sequence[int]) -> dict[int, Stored]:
        documents = self.passages["document"][np.array(passages, dtype=np.int64)].tolist()
        contents = self._contents.get(documents)
        ids = {}
        for passage, n in zip(passages, documents, strict=True):
            place = passage - int(self._bounds[n, 0])
            ids[passage] = passage_ids(self._revisions[n], contents[n].passages[place : place + 1])[0]
        found = self.store.get(ids.values())
        for passage, n in zip(passages, documents, strict=True):
            if ids[passage] not in found:
                raise self._gone(n)
        return {passage: found[name] for passage, name in ids.items()}

    def token_rows(self, numbers: np.ndarray, part: str, width: int) -> np.ndarray:
        """Rows of `part` ("tokens" or "states") by their numbers: int8, shape (numbers, width)."""
        documents = np.searchsorted(self._bounds[:, 2], numbers, side="right") - 1
        made = np.zeros((len(numbers), width), dtype=np.int8)
        for n, contents in self._contents.get(np.unique(documents)).items():
            here = np.flatnonzero(documents == n)
            own = numbers[here] - self._bounds[n, 2]
            places = np.searchsorted(contents.passages["tokens_end"], own, side="right")
            encodings = self._encodings.get(places + self._bounds[n, 0])
            for place in np.unique(places).tolist():
                rows = places == place
                stored = getattr(encodings[place + int(self._bounds[n, 0])], part)
                made[here[rows]] = stored[own[rows] - int(contents.passages["tokens"][place])]
        return made


class _Tokens:
    """The rows of tokens or of their states, by their numbers in the collection."""

    def __init__(self, index: StoredIndex, part: str, width: int) -> None:
        self._index, self._part, self._width = index, part, width

    def __getitem__(self, which: slice | np.ndarray) -> np.ndarray:
        numbers = np.arange(which.start, which.stop) if isinstance(which, slice) else np.asarray(which)
        return self._index.token_rows(numbers.astype(np.int64), self._part, self._width)


class StoredKeywords:
    """What `KeywordIndex` knows of the words of a collection, from its facts. `frequencies`: passages by index term."""

    def __init__(self, facts: Facts, passages_with: Callable[[str], np.ndarray]) -> None:
        self.words, self.frequencies = facts.words, facts.terms
        self.size = int(facts.manifest["counts"]["passages"])
        self._mean_length = np.float64(facts.length) / max(1, self.size)
        self.passages_with = passages_with

    def document_frequency(self, term: str) -> int:
        """The number of passages that hold the term."""
        return self.frequencies.get(term, 0)

    def idf(self, term: str) -> float:
        """As `KeywordIndex.idf`."""
        return float(idf(self.document_frequency(term), self.size))

    def score(self, terms: Sequence[str], held: Sequence[str]) -> np.float32:
        """The BM25 score for these terms of a passage that holds terms with these keys."""
        score = np.float32(0)
        for term in terms:
            if count := held.count(term_key(term)):
                score += bm25(count, len(held), self._mean_length, self.idf(term))
        return score


def open_stored(store: Store, fingerprint: str | None = None) -> StoredIndex:
    """Open what is published in a store. Raises IndexMissing, IndexMismatch (another model) and StoreError."""
    facts = store.published()
    if facts is None:
        raise IndexMissing(f"{store.health()}: no index here; write one with: python -m index build --store ADDRESS")
    made_with = facts.manifest["encoder"]["fingerprint"]
    if fingerprint not in (None, made_with):
        raise IndexMismatch(
            f"{store.health()}: built with {made_with}, asked with {fingerprint}; write it again or ask with the same model"
        )
    return StoredIndex(store, facts)
