"""An open generation as what a store holds: its documents as revisions, and the facts of the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .encodings import Stored
from .errors import StoreError
from .filters import key_of, term_key
from .packing import pack_contents, pack_facts
from .passage_store import Contents, Entry, Facts, Revision, StoredDocument, passage_ids
from .sparse import terms_of
from .store import Index

_OF_FILES = ("format", "files", "rows", "search")


def contents_of(index: Index, number: int) -> Contents:
    """The contents of document `number`."""
    known = index.documents[number]
    first, last = index.passages_of(number)
    passages = np.array(index.passages[first:last])
    base, end = (int(passages["first"][0]), int(passages["last"][-1])) if len(passages) else (0, 0)
    sentences = np.array(index.sentences[base:end])
    sentences["passage"] -= first
    lengths = passages["tokens_end"] - passages["tokens"]
    moved = np.cumsum(lengths) - lengths - passages["tokens"]  # the passages of a document may have theirs in several parts
    for rows, by in ((passages, moved), (sentences, moved[sentences["passage"]])):
        rows["document"] = 0
        rows["tokens"] += by
        rows["tokens_end"] += by
    passages["first"] -= base
    passages["last"] -= base
    sentences["same"] = 0
    text = index.text(number)
    return Contents(
        replace(known, byte_start=0, byte_end=known.byte_end - known.byte_start, copy_of=None),
        text,
        index.locations(number, 0, max(1, known.characters)),
        tuple(index.contexts[first:last]),
        passages,
        sentences,
        np.array(index.wordings[base:end]),
        np.array(index.signatures[number]),
    )


def revision_of(contents: Contents, fingerprint: str) -> Revision:
    """What names a document's contents and the encoder's making of them: the same of both, the same revision."""
    digest = hashlib.blake2b(fingerprint.encode("utf-8"), digest_size=16)
    digest.update(pack_contents(contents))
    return Revision(key_of(contents.about.id), digest.hexdigest())


def stored_document(index: Index, number: int) -> StoredDocument:
    """Document `number` with everything that reading it needs. Raises IndexDamaged."""
    contents = contents_of(index, number)
    numbers = range(*index.passages_of(number))
    index.check_rows(list(numbers))
    encodings = tuple(stored_encoding(index, n) for n in numbers)
    revision = revision_of(contents, index.manifest["encoder"]["fingerprint"])
    return StoredDocument(revision, contents, terms_in(contents), encodings)


def stored_from(revision: Revision, contents: Contents, get: Callable[[list[str]], dict[str, Stored]]) -> StoredDocument:
    """A document of these contents, with the encodings that `get` finds. Raises StoreError when one is not there."""
    ids = passage_ids(revision, contents.passages)
    found = get(ids)
    if missing := [name for name in ids if name not in found]:
        raise StoreError(f"{contents.about.id}: passage {missing[0]} is not there; write the index again")
    return StoredDocument(revision, contents, terms_in(contents), tuple(found[name] for name in ids))


def stored_encoding(index: Index, passage: int) -> Stored:
    """The encoding of a passage, copied from its rows."""
    row = index.passages[passage]
    rows = slice(int(row["tokens"]), int(row["tokens_end"]))
    states = np.zeros((rows.stop - rows.start, 0), np.int8) if index.states is None else np.array(index.states[rows])
    return Stored(index.vector(passage), np.array(index.tokens[rows]), states, np.array(index.starts[rows]))


def terms_in(contents: Contents) -> tuple[tuple[str, ...], ...]:
    """The index terms of each passage, its context's among them, as the keyword index counts them."""
    return tuple(tuple(terms_of(text)) for text, _ in contents.segmented().encoded())


def facts_of(index: Index) -> Facts:
    """The facts of a generation. Every document is read for them."""
    entries, length = [], 0
    for number, about in enumerate(index.documents):
        contents = contents_of(index, number)
        length += sum(map(len, terms_in(contents)))
        tokens = int(contents.passages["tokens_end"].max(initial=0))
        known = replace(contents.about, copy_of=about.copy_of)
        revision = revision_of(contents, index.manifest["encoder"]["fingerprint"])
        entries.append(Entry(known, revision, len(contents.passages), len(contents.sentences), tokens))
    keywords = index.keywords
    terms = {term: keywords.document_frequency(term) for term in keywords.terms}
    manifest = {name: value for name, value in index.manifest.items() if name not in _OF_FILES}
    return named(Facts("", manifest, keywords.words, terms, length, tuple(entries)))


def named(facts: Facts) -> Facts:
    """The same with the name that they have whoever publishes them."""
    nameless = replace(facts, name="")
    return replace(facts, name=f"s{hashlib.blake2b(pack_facts(nameless), digest_size=8).hexdigest()}")


def keys_of(document: StoredDocument) -> list[Mapping[str, Any]]:
    """For each passage the keys that a filter may ask for, by field; terms as often as they stand there, in order."""
    revision, contents = document.revision, document.contents
    return [
        {
            "document": revision.document,
            "revision": revision.digest,
            "term": [term_key(term) for term in terms],
            "wording": wording_keys(contents, number),
        }
        for number, terms in enumerate(document.terms)
    ]


def wording_keys(contents: Contents, passage: int) -> list[str]:
    """The keys of the wordings of a passage's sentences."""
    row = contents.passages[passage]
    return [key.tobytes().hex() for key in contents.wordings["key"][row["first"] : row["last"]]]
