"""The answer: quotations with exact positions, a verdict, and what was found instead when there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import InitVar, dataclass, fields, replace
from typing import Any, Literal, get_args

from index import Span, Where
from index.records import IndexedDocument

Verdict = Literal["answered", "related", "not_found"]
BEST_FIRST: tuple[Verdict, ...] = get_args(Verdict)

REMEMBERED = 256
"""Answers that an assistant keeps in memory for each filter, to give them again when the same is asked."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where else the same is said: characters `[start, end)` of a document, the sentence as it stands there.

    `text` is that sentence ("" when it is not known), `copy` says that the document is a copy of one that is already named.
    """

    document: str
    start: int
    end: int
    text: str = ""
    copy: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The place as JSON-ready data."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True, slots=True)
class Citation:
    """A quotation and where it stands: `text` is `document_text[start:end]`, which the constructor checks.

    `title`, `publisher`, `author` and `date` are None where unknown. `location` says where in the file it stands ("page 7"),
    None where that is not known. `highlights` are spans of the document, inside
    the quotation, that carry the answer itself. `speaker` and `role` are copied from the document. `passage` is the
    wider run of the document to read around the quotation; `leans` says that the quotation needs it ("It added …").
    `also_in` are the places in other documents that say the same, `sources` counts the documents that do, copies of one
    document once. `differs_from` are the numbers of the citations that say the same with another number, date, amount or
    name, and `differing` the spans, among the highlights, where this one does.
    Raises ValueError when the text is not the document's.
    """

    number: int
    document: str
    title: str | None
    start: int
    end: int
    text: str
    score: float
    document_text: InitVar[str]
    highlights: tuple[Span, ...] = ()
    also_in: tuple[Place, ...] = ()
    publisher: str | None = None
    author: str | None = None
    date: str | None = None
    speaker: str | None = None
    role: str | None = None
    passage: Span | None = None
    leans: bool = False
    sources: int = 1
    differs_from: tuple[int, ...] = ()
    differing: tuple[Span, ...] = ()
    location: str | None = None

    def __post_init__(self, document_text: str) -> None:
        if not self.text or self.start < 0 or document_text[self.start : self.end] != self.text:
            raise ValueError(f"{self.document} [{self.start}, {self.end}): the quotation is not the document's text")
        if any(h.start < self.start or h.end > self.end for h in (*self.highlights, *self.differing)):
            raise ValueError(f"{self.document} [{self.start}, {self.end}): a highlight lies outside the quotation")

    def to_dict(self) -> dict[str, Any]:
        """The citation as JSON-ready data."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["highlights"] = [[h.start, h.end] for h in self.highlights]
        plain["also_in"] = [place.to_dict() for place in self.also_in]
        plain["differs_from"] = list(self.differs_from)
        plain["differing"] = [[d.start, d.end] for d in self.differing]
        plain["passage"] = [self.passage.start, self.passage.end] if self.passage else None
        return plain


def source_of(document: IndexedDocument) -> dict[str, str | None]:
    """What a citation says of the document that it is from, by the names of its fields."""
    known = document.metadata
    return {"title": document.title, "publisher": known.publisher, "author": known.author, "date": known.date}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the documents say to a question, or that they do not.

    `verdict` is "answered", "related" (passages on the subject, but no answer) or "not_found". `confidence` is a
    calibrated probability, 0 to 1, that the first citation answers. `citations` are best first and empty unless
    answered; `related` are the nearest passages when it is not. `standalone_question` is what was looked for, after
    the history is taken in. `corrections` are (word as typed, word looked for). `explanation` says in one or two
    sentences why there is no answer, `notes` what else the reader should know ("the whole list, 9 of 9 items").
    `documents_searched` counts copies of one document once.

    `parts` are the answers to each of several questions in one message, empty for a single one. Then the whole has the
    citations and the nearest passages of all parts, numbered through; the verdict of its best part; and the least
    confidence of the answered parts, since whoever relies on the whole relies on the weakest (without an answered
    part the greatest: the chance that there was an answer after all).

    `where` is the filter on the documents that were searched, None for all of them. It is said of the whole, not of its parts again.
    """

    question: str
    verdict: Verdict
    confidence: float
    citations: tuple[Citation, ...]
    related: tuple[Citation, ...]
    standalone_question: str
    corrections: tuple[tuple[str, str], ...] = ()
    explanation: str = ""
    notes: tuple[str, ...] = ()
    documents_searched: int = 0
    passages_searched: int = 0
    generation: str = ""
    parts: tuple[Answer, ...] = ()
    where: Where | None = None

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-ready data."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["citations"] = [c.to_dict() for c in self.citations]
        plain["related"] = [c.to_dict() for c in self.related]
        plain["corrections"] = [list(pair) for pair in self.corrections]
        plain["notes"] = list(self.notes)
        plain["parts"] = [part.to_dict() for part in self.parts]
        plain["where"] = self.where.to_dict() if self.where else None
        return plain


def together(question: str, answers: Sequence[Answer], notes: Iterable[str], text_of: Callable[[str], str]) -> Answer:
    """One answer to several questions, `answers` its parts; `text_of` gives the text of a document by its id.

    See Answer for what the whole says of its parts.
    """
    parts: list[Answer] = []
    cited = near = 0
    for answer in answers:
        citations, related = numbered(answer.citations, cited, text_of), numbered(answer.related, near, text_of)
        parts.append(replace(answer, citations=citations, related=related))
        cited, near = cited + len(citations), near + len(related)
    verdict = min((part.verdict for part in parts), key=BEST_FIRST.index)
    sure = [part.confidence for part in parts if part.verdict == "answered"]
    return Answer(
        question=question,
        verdict=verdict,
        confidence=min(sure) if sure else max(part.confidence for part in parts),
        citations=tuple(c for part in parts for c in part.citations),
        related=tuple(c for part in parts for c in part.related),
        standalone_question="\n\n".join(part.standalone_question for part in parts),
        corrections=tuple(dict.fromkeys(pair for part in parts for pair in part.corrections)),
        notes=tuple(notes),
        documents_searched=parts[0].documents_searched,
        passages_searched=parts[0].passages_searched,
        generation=parts[0].generation,
        parts=tuple(parts),
    )


def numbered(citations: Sequence[Citation], after: int, text_of: Callable[[str], str]) -> tuple[Citation, ...]:
    """Citations numbered on from `after`, also where they say which others they differ from; those not among them are left out."""
    numbers = {c.number: n for n, c in enumerate(citations, after + 1)}
    renumbered = []
    for c in citations:
        others = tuple(numbers[n] for n in c.differs_from if n in numbers)
        differing = c.differing if others else ()
        c = replace(c, number=numbers[c.number], differs_from=others, differing=differing, document_text=text_of(c.document))
        renumbered.append(c)
    return tuple(renumbered)
