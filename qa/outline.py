"""What is to be seen of an export, in order, whatever the form: each form writes these blocks and reads them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .plain import LEANS, NOT_AN_ANSWER, VERDICTS, confidence_words, date_words, places_words, remarks, several_words
from .record import Quotation, Record, Reply
from .reference import attribution

Kind = Literal["title", "heading", "subheading", "line", "asked", "verdict", "quotation", "source", "places", "passage", "detail"]

PROVED = ("quotation", "source", "passage", "detail")
"""The kinds of which every single one is compared with the record when an export is verified."""

RECORD_HEADING = "Record for machines"
RECORD_NOTE = "The same as data. The command python -m qa verify proves this export with it; do not change it."


@dataclass(frozen=True, slots=True)
class Block:
    """One block of text and what it is."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """An export read back: its record, the blocks in PROVED as a person sees them, in the characters of `literal.shown`,
    and whether all that is seen is as it was written.

    `damage` says, in a line each, what else in the file could make it look other than it is.
    """

    record: Record
    seen: tuple[Block, ...]
    as_written: bool
    damage: tuple[str, ...] = ()


def outline(record: Record) -> list[Block]:
    """The blocks of an export, the appendix last."""
    return [*_blocks(record), *_appendix(record)]


def _blocks(record: Record) -> Iterator[Block]:
    yield Block("title", "Questions and quotations" if record.replies else "Quotations")
    if record.made:
        yield Block("line", f"Made on {date_words(record.made)}.")
    for number, reply in enumerate(record.replies, 1):
        yield Block("heading", f"Question {number}")
        yield from _reply(reply)
        for at, part in enumerate(reply.parts, 1):
            yield Block("subheading", f"Question {number}, part {at}")
            yield from _reply(part)
    if record.chosen:
        yield Block("heading", "Chosen quotations")
        yield from _quotations(record.chosen)


def _reply(reply: Reply) -> Iterator[Block]:
    yield Block("asked", reply.question)
    if reply.parts:
        yield Block("verdict", several_words(reply))  # type: ignore[arg-type]
    else:
        understood = reply.standalone_question
        yield Block("line", "Understood as asked." if understood == reply.question else f"Understood as: {understood}")
        yield Block("verdict", f"{VERDICTS[reply.verdict]} · {confidence_words(reply)}")  # type: ignore[arg-type]
    for remark in remarks(reply, understood=False):  # type: ignore[arg-type]
        yield Block("line", remark)
    yield from _quotations(reply.citations)
    if reply.related:
        yield Block("line", NOT_AN_ANSWER)
        yield from _quotations(reply.related)


def _quotations(quotations: Sequence[Quotation]) -> Iterator[Block]:
    for quoted in quotations:
        yield Block("quotation", quoted.text)
        yield Block("source", f"[{quoted.number}] {attribution(quoted)}")
        places = [*([LEANS] if quoted.leans else []), *places_words(quoted)]  # type: ignore[arg-type]
        if places:
            yield Block("places", "\n".join(places))


def _appendix(record: Record) -> Iterator[Block]:
    named = list(record.quotations())
    if named:
        yield Block("heading", "Appendix: the passages around the quotations")
    for name, quoted in named:
        yield Block("subheading", f"{name[0].upper()}{name[1:]}")
        yield Block("passage", quoted.passage.text)
        where = f"{quoted.document}, characters {quoted.passage.start} to {quoted.passage.end}"
        yield Block("detail", f"{where}; the quotation: {quoted.start} to {quoted.end}\nsha256 of the document: {quoted.sha256}")
