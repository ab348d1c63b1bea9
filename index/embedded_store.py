"""The embedded engine as a store: generations in a folder, FAISS and the keyword index.

What is written waits beside them, and becomes part of a generation when it is published or refreshed.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import numpy as np

from .collected import Collected
from .dense import search_dense
from .embed import Encoding
from .encodings import EncodingWriter, Stored, Unfinished, text_key
from .errors import IndexDamaged, IndexMissing, StoreError
from .filters import Filter, leaves, term_key
from .packing import pack_contents, unpack_contents
from .passage_store import Contents, Entry, Facts, Match, Revision, StoredDocument, passage_ids
from .publish import builder_lock, clear_unfinished, new_generation, publish
from .published import read_current
from .store import Index, open_index
from .stored import contents_of, facts_of, stored_document, stored_encoding, terms_in, wording_keys
from .vectors import write_generation


class EmbeddedStore:
    """The index in a folder, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: tuple[tuple[str, str] | None, Index | None] = (None, None)
        self._facts: tuple[str, Facts] | None = None
        self._waiting: _Waiting | None = None

    def begin(self, manifest: Mapping[str, Any]) -> None:
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._waiting = _Waiting(self._folder, manifest)

    def write(self, document: StoredDocument) -> None:
        self._begun().add(document)

    def written(self, revisions: Iterable[Revision]) -> set[Revision]:
        waiting = self._waiting.contents if self._waiting else {}
        return {r for r in revisions if r in waiting or r in self._numbers()}

    def remove(self, document: str, but: str | None = None) -> None:
        waiting = self._begun()
        waiting.removed |= {r for r in (*waiting.contents, *self._numbers()) if r.document == document and r.digest != but}

    def refresh(self) -> None:
        waiting, before = self._begun(), self.published()
        entries = (
            {entry.revision.document: entry for entry in before.catalogue if entry.revision not in waiting.removed}
            if before
            else {}
        )
        for revision in waiting.contents:
            if revision not in waiting.removed:
                entries[revision.document] = waiting.entry(revision)
        if before is None or tuple(entries.values()) != before.catalogue:
            ordered = sorted(
                (replace(e, about=replace(e.about, copy_of=None)) for e in entries.values()), key=lambda e: e.about.id
            )
            self._publish(waiting.manifest, ordered)

    def publish(self, facts: Facts) -> None:
        if (known := self.published()) is None or known.name != facts.name:
            self._publish(facts.manifest, facts.catalogue)

    def _publish(self, manifest: Mapping[str, Any], catalogue: Sequence[Entry]) -> None:
        """Make a generation of these documents: what waits, and what the generation before has."""
        waiting, before = self._begun(), self._index()
        asked = bool(before and before.search.asked)
        encoder = _Recorded(manifest["encoder"], waiting)
        with builder_lock(self._folder), new_generation(self._folder) as place:
            with Collected(place) as collected:
                for entry in catalogue:
                    collected.add(self._contents(entry.revision).segmented())
                made = zip(collected.documents, catalogue, strict=True)
                collected.documents = [replace(document, copy_of=entry.about.copy_of) for document, entry in made]
                left = Unfinished([waiting.place], encoder)
                written = write_generation(place, collected, encoder, before, left, asked, lambda *step: None)
            publish(self._folder, place, dict(manifest) | written.manifest())
            clear_unfinished(self._folder, ())
        self.begin(manifest)

    def published(self) -> Facts | None:
        index = self._index()
        if index is None:
            return None
        if self._facts is None or self._facts[0] != index.name:
            self._facts = (index.name, facts_of(index))
        return self._facts[1]

    def name(self) -> str | None:
        facts = self.published()
        return facts.name if facts else None

    def nearest(self, vector: np.ndarray, k: int, where: Filter | None = None) -> list[Match]:
        index = self._index()
        if index is None:
            return []
        scores, numbers = search_dense(index.dense, vector, k, self._only(index, where))
        return [self._match(index, int(n), float(score)) for n, score in zip(numbers, scores, strict=True)]

    def holding(self, terms: Sequence[str], k: int, where: Filter | None = None) -> list[Match]:
        index = self._index()
        if index is None:
            return []
        scores = index.keyword_scores(terms, self._only(index, where))
        best = np.lexsort((np.arange(len(scores)), -scores))[:k]
        return [self._match(index, int(n), float(scores[n]), with_terms=True) for n in best if scores[n] > 0]

    def select(self, where: Filter) -> Iterator[Match]:
        index = self._index()
        if index is not None:
            yield from (self._match(index, int(n), 0.0) for n in np.flatnonzero(self._only(index, where)))

    def get(self, ids: Iterable[str]) -> dict[str, Stored]:
        index, found = self._index(), dict[str, Stored]()
        numbers = self._numbers()
        for wanted in ids if index else ():
            document, digest, *_ = wanted.split("-")
            number = numbers.get(Revision(document, digest))
            if number is not None:
                first, last = index.passages_of(number)
                names = passage_ids(Revision(document, digest), index.passages[first:last])
                if wanted in names:
                    index.check_rows([first + names.index(wanted)])
                    found[wanted] = stored_encoding(index, first + names.index(wanted))
        return found

    def contents(self, revisions: Iterable[Revision]) -> dict[Revision, Contents]:
        return {revision: self._contents(revision) for revision in revisions if revision in self._numbers()}

    def count(self) -> int:
        index = self._index()
        return len(index.passages) if index else 0

    def scan(self, but: Collection[Revision] = ()) -> Iterator[StoredDocument]:
        index, numbers = self._index(), self._numbers()
        if index is not None:
            yield from (stored_document(index, number) for revision, number in numbers.items() if revision not in but)

    def health(self) -> str:
        return str(self._folder)

    def close(self) -> None:
        if self._waiting:
            self._waiting.close()
            self._waiting = None

    def _begun(self) -> _Waiting:
        if self._waiting is None:
            raise StoreError(f"{self._folder}: begin was not called, which says what is going to be written")
        return self._waiting

    def _index(self) -> Index | None:
        """The generation that answers, opened again when it is another."""
        try:
            current = read_current(self._folder)
            if self._known[0] != current:
                self._known = (current, open_index(self._folder))
        except IndexMissing:
            self._known = (None, None)
        except IndexDamaged as error:
            raise StoreError(str(error)) from error
        return self._known[1]

    def _catalogue(self) -> tuple[Entry, ...]:
        facts = self.published()
        return facts.catalogue if facts else ()

    def _numbers(self) -> dict[Revision, int]:
        return {entry.revision: number for number, entry in enumerate(self._catalogue())}

    def _contents(self, revision: Revision) -> Contents:
        if self._waiting and revision in self._waiting.contents:
            return self._waiting.of(revision)
        index = self._index()
        number = self._numbers().get(revision)
        if index is None or number is None:
            raise StoreError(
                f"{self._folder}: revision {revision.digest} of a document is not there; write it before it is published"
            )
        return contents_of(index, number)

    def _only(self, index: Index, where: Filter | None) -> np.ndarray | None:
        """Which passages a filter leaves: bool, shape (passages,)."""
        if where is None:
            return None
        left = np.zeros(len(index.passages), dtype=bool)
        for revision, number in self._numbers().items():
            contents = contents_of(index, number)
            terms, first = terms_in(contents), index.passages_of(number)[0]
            for place in range(len(contents.passages)):
                keys = {
                    "document": frozenset([revision.document]),
                    "revision": frozenset([revision.digest]),
                    "term": frozenset(map(term_key, terms[place])),
                    "wording": frozenset(wording_keys(contents, place)),
                }
                left[first + place] = leaves(where, keys)
        return left

    def _match(self, index: Index, number: int, score: float, *, with_terms: bool = False) -> Match:
        row = index.passages[number]
        document = int(row["document"])
        revision = self._catalogue()[document].revision
        place = number - index.passages_of(document)[0]
        terms = tuple(map(term_key, terms_in(contents_of(index, document))[place])) if with_terms else ()
        return Match(passage_ids(revision, row[np.newaxis])[0], revision, place, score, terms)


class _Waiting:
    """What was written and is not published: contents in memory, compressed, encodings in a folder beside the generations."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.manifest = manifest
        self.contents: dict[Revision, bytes] = {}
        self.removed: set[Revision] = set()
        self.lengths: dict[bytes, int] = {}  # by the key of a text: its tokens
        self._folder = TemporaryDirectory(prefix=".waiting-", dir=folder)
        self.place = Path(self._folder.name)
        self._writer = EncodingWriter(self.place, _Recorded(manifest["encoder"], self))
        self._texts = self._rows = 0

    def add(self, document: StoredDocument) -> None:
        self.contents[document.revision] = zlib.compress(pack_contents(document.contents), 1)
        self.removed.discard(document.revision)
        for (text, _), stored in zip(document.contents.segmented().encoded(), document.encodings, strict=True):
            key = text_key(text)
            if key not in self.lengths:
                self._writer.write(key, self._texts, self._rows, stored, note=True)
                self._texts, self._rows = self._texts + 1, self._rows + len(stored.tokens)
                self.lengths[key] = len(stored.tokens)
        self._writer.flush()

    def of(self, revision: Revision) -> Contents:
        return unpack_contents(zlib.decompress(self.contents[revision]))

    def entry(self, revision: Revision) -> Entry:
        made = self.of(revision)
        counts = (len(made.passages), len(made.sentences), int(made.passages["tokens_end"].max(initial=0)))
        return Entry(made.about, revision, *counts)

    def close(self) -> None:
        self._writer.__exit__(None, None, None)
        self._folder.cleanup()


class _Recorded:
    """The encoder that made what is stored, without its network: all that it can say of a text is what was recorded."""

    def __init__(self, made_with: Mapping[str, Any], waiting: _Waiting) -> None:
        self.fingerprint: str = made_with["fingerprint"]
        self.dimension: int = made_with["dimension"]
        self.token_dimension: int = made_with["token_dimension"]
        self.state_dimension: int = made_with["state_dimension"]
        self.max_tokens: int = made_with["max_tokens"]
        self._waiting = waiting

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [self._waiting.lengths[text_key(text)] for text in texts]

    def token_offsets(self, texts: Sequence[str]) -> NoReturn:
        raise StoreError(f"found {len(texts)} texts to encode, expected encodings for all; write the documents again")

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.token_offsets(texts)

    def encode_question(self, text: str) -> Encoding:
        self.token_offsets([text])
