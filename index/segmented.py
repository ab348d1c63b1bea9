"""What a document comes to: its passages and sentences, made anew or taken from the generation before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from .duplicates import runs_of, wording, words_in
from .embed import Encoder
from .passages import embedded_text, make_passages
from .records import BLOCK_KINDS, Block, Document, IndexedDocument, LeftOut, Location, Metadata, Passage, Sentence, Span
from .segment import segment
from .signatures import signature_of
from .store import WORDING_FIELDS, Index, speech_of

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


@dataclass(frozen=True, slots=True)
class Segmented:
    """A document and everything that is found in it. `title` falls back to the first heading."""

    document: Document
    title: str | None
    left_out: tuple[LeftOut, ...]
    passages: tuple[Passage, ...]
    sentences: tuple[Sentence, ...]
    wordings: np.ndarray  # WORDING_FIELDS, shape (sentences,)
    signature: np.ndarray  # of its runs of words, as `signature_of` makes it

    def encoded(self) -> list[tuple[str, list[int]]]:
        """What is encoded for each passage, and where in it each of its sentences begins."""
        return [embedded_text(self.document.text, passage, self.sentences) for passage in self.passages]


def segmented(document: Document, encoder: Encoder) -> Segmented:
    """Divide a document. Raises nothing: every text has blocks, if only ones that are left out."""
    blocks, sentences = segment(document.text, document.blocks)
    title = document.title or first_heading(document.text, blocks)
    passages, sentences = make_passages(document.text, blocks, sentences, title, encoder.count_tokens, encoder.max_tokens)
    left_out = tuple(LeftOut(b.span, b.reason) for b in blocks if b.kind == "boilerplate")
    spoken = [s.span.of(document.text) for s in sentences]
    worded = [wording(words) for words in spoken]
    keys = [("\n".join(pieces) or words, words_in(pieces)) for pieces, words in zip(worded, spoken, strict=True)]
    wordings = np.array([(_key(key), count) for key, count in keys], dtype=WORDING_FIELDS)
    signature = signature_of(runs_of([piece for pieces in worded for piece in pieces]))
    return Segmented(document, title, left_out, tuple(passages), tuple(sentences), wordings, signature)


def _key(wording: str) -> bytes:
    """What stands for a wording, or for signs that are no words: 16 bytes of BLAKE2b."""
    return hashlib.blake2b(wording.encode("utf-8"), digest_size=16).digest()


def segmented_before(index: Index, number: int) -> Segmented:
    """What document `number` of an open index came to."""
    known = index.documents[number]
    rows = index.passages[slice(*index.passages_of(number))]
    base = int(rows["first"][0]) if len(rows) else 0
    count = int(rows["last"][-1]) - base if len(rows) else 0
    sentences = slice(base, base + count)
    return segmented_rows(
        known,
        index.text(number),
        index.locations(number, 0, known.characters),
        index.contexts[slice(*index.passages_of(number))],
        rows,
        index.sentences[sentences],
        index.wordings[sentences],
        index.signatures[number],
    )


def segmented_rows(
    known: IndexedDocument,
    text: str,
    locations: tuple[Location, ...],
    contexts: Sequence[str],
    rows: np.ndarray,
    said: np.ndarray,
    wordings: np.ndarray,
    signature: np.ndarray,
) -> Segmented:
    """What a document came to, by its rows of passages (PASSAGE_FIELDS) and of sentences (SENTENCE_FIELDS), wherever their numbers begin."""
    base = int(rows["first"][0]) if len(rows) else 0
    columns = (rows[name].tolist() for name in ("start", "end", "first", "last"))
    passages = tuple(
        Passage(Span(start, end), first - base, last - base, context)
        for start, end, first, last, context in zip(*columns, contexts, strict=True)
    )
    columns = (said[name].tolist() for name in ("start", "end", "kind", "block"))
    sentences = tuple(
        Sentence(Span(start, end), BLOCK_KINDS[kind], block, speech_of(row))
        for row, start, end, kind, block in zip(said, *columns, strict=True)
    )
    document = Document(known.id, text, known.sha256, known.metadata, known.notes, known.from_file, (), locations)
    return Segmented(document, known.title, known.left_out, passages, sentences, wordings, signature)


def said_of(metadata: Metadata, from_file: Sequence[str]) -> Metadata:
    """What a person said of a document: its metadata without the fields that its file said."""
    return Metadata(**{f.name: None if f.name in from_file else getattr(metadata, f.name) for f in fields(Metadata)})


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
