"""What a document comes to: its passages and sentences, made anew or taken from the generation before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from .embed import Encoder
from .passages import embedded_text, make_passages
from .records import BLOCK_KINDS, Block, Document, LeftOut, Location, Metadata, Passage, Sentence, Span
from .segment import segment
from .store import Index

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

    def encoded(self) -> list[tuple[str, list[int]]]:
        """What is encoded for each passage, and where in it each of its sentences begins."""
        return [embedded_text(self.document.text, passage, self.sentences) for passage in self.passages]


def segmented(document: Document, encoder: Encoder) -> Segmented:
    """Divide a document. Raises nothing: every text has blocks, if only ones that are left out."""
    blocks, sentences = segment(document.text, document.blocks)
    title = document.title or first_heading(document.text, blocks)
    passages, sentences = make_passages(document.text, blocks, sentences, title, encoder.count_tokens, encoder.max_tokens)
    left_out = tuple(LeftOut(b.span, b.reason) for b in blocks if b.kind == "boilerplate")
    return Segmented(document, title, left_out, tuple(passages), tuple(sentences))


def segmented_before(index: Index, number: int) -> Segmented:
    """What document `number` of an open index came to."""
    known = index.documents[number]
    rows = index.passages[slice(*index.passages_of(number))]
    base = int(rows["first"][0]) if len(rows) else 0
    passages = tuple(
        Passage(Span(start, end), first - base, last - base, context)
        for start, end, first, last, context in zip(
            rows["start"].tolist(),
            rows["end"].tolist(),
            rows["first"].tolist(),
            rows["last"].tolist(),
            index.contexts[slice(*index.passages_of(number))],
            strict=True,
        )
    )
    count = int(rows["last"][-1]) - base if len(rows) else 0
    said = index.sentences[base : base + count]
    columns = (said[name].tolist() for name in ("start", "end", "kind", "block"))
    sentences = tuple(
        Sentence(Span(start, end), BLOCK_KINDS[kind], block, index.speech(sentence))
        for sentence, (start, end, kind, block) in enumerate(zip(*columns, strict=True), base)
    )
    locations: tuple[Location, ...] = index.locations(number, 0, known.characters)
    document = Document(known.id, index.text(number), known.sha256, known.metadata, known.notes, known.from_file, (), locations)
    return Segmented(document, known.title, known.left_out, passages, sentences)


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
