"""Conversations that a person chose to keep: each is an export in JSON, held by the browser, and brought back from there.

What comes from a browser is data of a stranger: it is read as strictly as any export, and a quotation is shown only when the
document of today still has its words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from index import ExportError, Index, QAError, Span

from .answer import Answer, Citation, Place, source_of
from .export import export_conversation
from .record import Quotation, Record, Reply, from_json, quotation, to_json
from .talk import Problem, Talk, Turn

MOST_BYTES = 3_000_000
"""So much is kept in all; browsers hold 5 MB for a page, half of it in some."""

MAX_TITLE = 120
ANEW = "The documents have changed since this conversation was kept, so the question was asked anew."


def kept_entries(value: Any) -> list[dict[str, str]]:
    """What a browser holds, without what is not in the form of `kept_entry`."""
    names = {"title", "day", "record"}
    entries = value if isinstance(value, list) else []
    return [e for e in entries if isinstance(e, dict) and set(e) == names and all(isinstance(v, str) for v in e.values())]


def kept_entry(talk: Talk, index: Index, day: str) -> dict[str, str]:
    """A conversation in the form in which a browser keeps it. Raises ExportError when there is nothing to keep, or the
    index no longer has what is quoted.
    """
    if not talk.answers:
        raise ExportError("there is no answer to keep; ask something first")
    record = replace(export_conversation(talk.answers, index, day), chosen=tuple(quotation(c, index) for c in talk.chosen))
    return {"title": talk.answers[0].question[:MAX_TITLE], "day": day, "record": to_json(record)}


def with_entry(kept: list[dict[str, str]], entry: dict[str, str]) -> list[dict[str, str]]:
    """The kept conversations, newest first, with one more. Raises ExportError when the browser could not hold it."""
    grown = [entry, *(e for e in kept if e["record"] != entry["record"])]
    if sum(len(e["record"].encode()) for e in grown) > MOST_BYTES:
        raise ExportError("the browser cannot hold one more conversation; export and delete one first")
    return grown


def brought_back(entry: dict[str, str], index: Index, ask: Callable[..., Answer]) -> Talk:
    """A kept conversation over the index of today. Where a quotation no longer stands, its question is asked anew, and
    says so; of those put aside only what still stands is brought back. Raises ExportError when it is damaged.
    """
    record: Record = from_json(entry["record"])
    turns = tuple(_turn(reply, index, ask) for reply in record.replies)
    chosen = []
    for quoted in record.chosen:
        try:
            chosen.append(_citation(quoted, index))
        except (KeyError, ValueError):
            continue
    return Talk(turns=turns, chosen=tuple(chosen))


def _turn(reply: Reply, index: Index, ask: Callable[..., Answer]) -> Turn:
    try:
        return _answer(reply, index)
    except (KeyError, ValueError):
        try:
            answer = ask(reply.standalone_question if not reply.parts else reply.question, where=reply.where)
        except QAError as error:
            return Problem(reply.question, str(error))
        return replace(answer, notes=(ANEW, *answer.notes))


def _answer(reply: Reply, index: Index) -> Answer:
    """The answer that a reply was made of. Raises KeyError or ValueError when a document no longer has what it quotes."""
    parts = tuple(_answer(part, index) for part in reply.parts)
    citations = tuple(_citation(q, index) for q in reply.citations) or tuple(c for part in parts for c in part.citations)
    related = tuple(_citation(q, index) for q in reply.related) or tuple(c for part in parts for c in part.related)
    same = {f.name: getattr(reply, f.name) for f in fields(Reply) if f.name not in ("citations", "related", "parts")}
    return Answer(**same, citations=citations, related=related, parts=parts)


def _citation(quoted: Quotation, index: Index) -> Citation:
    """The citation that a quotation was made of. What is said of its source is what the catalogue says today."""
    document = index.documents[index.numbers[quoted.document]]
    text = index.text(index.numbers[quoted.document])
    around = Span(quoted.passage.start, quoted.passage.end)
    if around.of(text) != quoted.passage.text:
        raise ValueError(f"{quoted.document} has changed around [{quoted.start}, {quoted.end})")
    for place in quoted.also_in:
        if index.text(index.numbers[place.document])[place.start : place.end] != place.text:
            raise ValueError(f"{place.document} no longer has [{place.start}, {place.end})")
    return Citation(
        number=quoted.number,
        document=quoted.document,
        start=quoted.start,
        end=quoted.end,
        text=quoted.text,
        score=quoted.score,
        document_text=text,
        highlights=tuple(Span(*pair) for pair in quoted.highlights),
        also_in=tuple(Place(p.document, p.start, p.end, p.text, p.copy) for p in quoted.also_in),
        **source_of(document),
        speaker=quoted.speaker if quoted.speaker and quoted.speaker in text else None,
        role=quoted.role if quoted.role and quoted.role in text else None,
        passage=around,
        location=index.location(index.numbers[quoted.document], quoted.start, quoted.end) or None,
        leans=quoted.leans,
        sources=quoted.sources,
        differs_from=quoted.differs_from,
        differing=tuple(Span(*pair) for pair in quoted.differing),
    )
