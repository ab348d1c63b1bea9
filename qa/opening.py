"""What a button or a link of the page opens: a document, the quotations marked in it, and the words to stand at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from index import Index, Span, Where
from index.errors import LinkError
from index.records import IndexedDocument

from .answer import Answer, Citation, source_of
from .places import Places
from .talk import Talk

PRINTED = ".pdf"
"""The documents whose pages can be shown as printed."""

OPENERS = ("turn", "kind", "number", "place", "document", "start", "end")
"""The data attributes that say what a button opens."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A document as it is opened.

    `citations` are those in it, and `chosen` the words to stand at, or None: then `first` is the character to stand at, or None for
    the beginning. `question` is the one that was answered, `where` its filter, `note` a remark for the reader.
    """

    index: Index
    number: int
    text: str
    places: Places
    citations: tuple[Citation, ...] = ()
    chosen: Span | None = None
    first: int | None = None
    question: str = ""
    note: str = ""
    where: Where | None = None

    @property
    def document(self) -> IndexedDocument:
        return self.index.documents[self.number]


def open_chosen(index: Index | None, talk: Talk, chosen: Mapping[str, Any]) -> Opened:
    """What a button opens: a document by its id, words of it, or a place of a citation of a turn; "first" is where to stand instead.

    Raises LinkError when the document is not in the index, KeyError, ValueError or TypeError when the talk has no such citation.
    """
    if "start" in chosen:
        opened = open_words(index, str(chosen["document"]), Span(int(chosen["start"]), int(chosen["end"])))
    elif "document" in chosen:
        opened = open_document(index, str(chosen["document"]))
    else:
        opened = _open_cited(index, *cited(talk, chosen), int(chosen.get("place") or 0))
    opener = {name: str(chosen[name]) for name in OPENERS if name in chosen}
    opened = replace(opened, places=replace(opened.places, opener=opener))
    return replace(opened, chosen=None, first=max(0, int(chosen["first"]))) if "first" in chosen else opened


def open_document(index: Index | None, name: str, note: str = "") -> Opened:
    """A document at its beginning. Raises LinkError."""
    if index is None or name not in index.numbers:
        raise LinkError(f"{name} is no longer in the index.")
    number = index.numbers[name]
    has_pages = PurePosixPath(name).suffix.lower() == PRINTED
    places = Places(lambda start, end: index.locations(number, start, end), {"document": name}, has_pages)
    return Opened(index, number, index.text(number), places, note=note)


def open_words(
    index: Index | None, name: str, span: Span, question: str = "", note: str = "", where: Where | None = None
) -> Opened:
    """A document at words that no answer on the page quotes, to be quoted all the same. Raises LinkError."""
    opened = open_document(index, name, note)
    if not span.of(opened.text):
        return opened
    opener = {"document": name, "start": str(span.start), "end": str(span.end)}
    places = replace(opened.places, opener=opener)
    return replace(opened, places=places, citations=(_citation(opened, span),), chosen=span, question=question, where=where)


def _open_cited(index: Index | None, answer: Answer, citation: Citation, place: int) -> Opened:
    """A document at a citation of an answer, or at place number `place`, from 1, that has the same words."""
    if not place:
        opened, span = open_document(index, citation.document), Span(citation.start, citation.end)
        here = tuple(c for c in answer.citations or answer.related if c.document == citation.document)
        return _standing(replace(opened, citations=here, question=answer.question, where=answer.where), span, citation.text)
    other = dict(enumerate(citation.also_in, 1))[place]
    span, words = Span(other.start, other.end), other.text or citation.text
    opened = open_words(index, other.document, span, answer.question, where=answer.where)
    return opened if span.of(opened.text) == words else _standing(replace(opened, citations=()), span, words)


def _standing(opened: Opened, span: Span, words: str) -> Opened:
    """The same at a span where `words` stood; they are looked for elsewhere when the document has changed."""
    if span.of(opened.text) == words:
        return replace(opened, chosen=span)
    at = opened.text.find(words)
    note = "The document has changed since the answer was given."
    if at < 0:
        return replace(opened, chosen=None, note=f"{note} The quoted words are no longer in it: ask again.")
    return replace(opened, chosen=Span(at, at + len(words)), note=note)


def cited(talk: Talk, chosen: Mapping[str, Any]) -> tuple[Answer, Citation]:
    """The answer and the citation that a button names. Raises KeyError, ValueError or TypeError when the talk has none such."""
    turn = dict(enumerate(talk.turns))[int(chosen["turn"])]
    if not isinstance(turn, Answer):
        raise KeyError("this turn has no citations")
    citations = {"citations": turn.citations, "related": turn.related}[chosen["kind"]]
    return turn, {c.number: c for c in citations}[int(chosen["number"])]


def _citation(opened: Opened, span: Span) -> Citation:
    """Words of a document as a citation, so that they can be copied with their reference."""
    document, text = opened.document, opened.text
    place = {"number": 1, "document": document.id, "start": span.start, "end": span.end, "text": span.of(text), "score": 0.0}
    location = opened.index.location(opened.number, span.start, span.end) or None
    return Citation(**place, **source_of(document), document_text=text, location=location)
