"""Evidence to citations: how many, the whole list, the same words elsewhere, what to highlight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from index import Index, Span
from index.records import BLOCK_KINDS

from .agree import grouped, places_of
from .answer import Citation, Place
from .kinds import highlight
from .question import Question
from .read import Evidence, Reading, softmax

MAX_CITATIONS, MAX_FOR_LIST = 3, 5
ENOUGH = 0.85
"""Citations are added until this share of the softmax mass of the candidates is quoted."""

LEAST_SHARE = 0.04
"""A further citation needs at least this share of the mass itself."""

LEAD_IN_DEPTH = 5
RELATED = 3
_HEADING, _LEAD_IN, _ITEM, _ROW = (BLOCK_KINDS.index(k) for k in ("heading", "lead_in", "item", "row"))


def choose(index: Index, question: Question, reading: Reading) -> tuple[list[list[Evidence]], tuple[str, ...]]:
    """The evidence to cite, best first, each with its equals elsewhere; and notes for the reader.

    When the best evidence opens a list, or a list is asked for and the best evidence is an item of one whose opening
    matches too, the whole list is cited in its own order. Otherwise sentences are added while they hold a share of the
    mass, at most MAX_CITATIONS.
    """
    best = reading.evidence[0]
    items = (
        list_around(index, best.number) if best.kind in ("lead_in", "heading") or _leads_nearby(index, question, reading) else []
    )
    groups = grouped(index, reading.evidence)
    if items:
        scores = {e.number: e.score for e in reading.evidence}
        chosen = [[_item(index, numbers, scores.get(numbers[0], best.score))] for numbers in items]
        return chosen, (f"The whole list: {len(items)} of {len(items)} items.",)
    shares = softmax([group[0].score for group in groups])
    limit = MAX_FOR_LIST if question.wants_list else MAX_CITATIONS
    chosen, mass = [], 0.0
    for group, share in zip(groups[:limit], shares, strict=False):
        if chosen and (share < LEAST_SHARE or mass >= ENOUGH):
            break
        chosen.append(group)
        mass += share
    return chosen, ()


def _leads_nearby(index: Index, question: Question, reading: Reading) -> bool:
    """Whether a list is asked for, the best evidence is an item, and the opening of its list is not far behind."""
    best = reading.evidence[0]
    if not question.wants_list or best.kind not in ("item", "row"):
        return False
    openings = [e for e in reading.evidence[:LEAD_IN_DEPTH] if e.kind in ("lead_in", "heading")]
    return any(best.number in item for e in openings for item in list_around(index, e.number))


def list_around(index: Index, number: int) -> list[list[int]]:
    """The items of the list that a lead-in, a heading or an item belongs to, in order, each as its sentence numbers."""
    rows = index.sentences
    document = rows[number]["document"]

    def inside(n: int, kinds: tuple[int, ...]) -> bool:
        return 0 <= n < len(rows) and rows[n]["document"] == document and int(rows[n]["kind"]) in kinds

    first = number
    while inside(first, (_ITEM, _ROW)) and inside(first - 1, (_ITEM, _ROW)):
        first -= 1
    while inside(first, (_HEADING, _LEAD_IN)):
        first += 1
    last = first
    while inside(last, (_ITEM, _ROW)):
        last += 1
    numbers = range(first, last)
    return [list(group) for _, group in groupby(numbers, key=lambda n: int(rows[n]["block"]))]


def cite(index: Index, question: Question, chosen: Sequence[Sequence[Evidence]]) -> tuple[Citation, ...]:
    """Citations of the chosen evidence, numbered from 1. The lead-in of a list is quoted with its first item."""
    return tuple(_citation(index, question, number, group) for number, group in enumerate(chosen, 1))


def cite_related(index: Index, question: Question, reading: Reading) -> tuple[Citation, ...]:
    """The nearest passages, quoted whole, to be shown as not an answer: of the best evidence, each passage once."""
    shown: dict[int, Citation] = {}
    for evidence in reading.evidence:
        passage = int(index.sentences[evidence.number]["passage"])
        if passage not in shown:
            span = _passage_span(index, passage)
            shown[passage] = _make(index, len(shown) + 1, evidence, span, (), ())
        if len(shown) == RELATED:
            break
    return tuple(shown.values())


def _item(index: Index, numbers: Sequence[int], score: float) -> Evidence:
    """One item of a list, whole, as evidence."""
    first, last = index.sentences[numbers[0]], index.sentences[numbers[-1]]
    span = Span(int(first["start"]), int(last["end"]))
    document = int(first["document"])
    return Evidence(numbers[0], document, span, span.of(index.text(document)), index.kind(numbers[0]), score, ())


def _citation(index: Index, question: Question, number: int, group: Sequence[Evidence]) -> Citation:
    evidence = group[0]
    others, sources = places_of(index, group)
    span = evidence.span
    first_of_list = (
        evidence.kind in ("item", "row") and number == 1 and _is_lead_in(index, evidence.number - 1, evidence.document)
    )
    if first_of_list:
        span = Span(int(index.sentences[evidence.number - 1]["start"]), span.end)
    marks = tuple(
        Span(evidence.span.start + a, evidence.span.start + b)
        for a, b in highlight(question.kind, evidence.text, question.all_terms)
    )
    return replace(
        _make(index, number, evidence, span, marks, others), document_text=index.text(evidence.document), sources=sources
    )


def _is_lead_in(index: Index, number: int, document: int) -> bool:
    return number >= 0 and int(index.sentences[number]["kind"]) == _LEAD_IN and index.sentences[number]["document"] == document


def _make(
    index: Index, number: int, evidence: Evidence, span: Span, marks: tuple[Span, ...], others: tuple[Place, ...]
) -> Citation:
    document = index.documents[evidence.document]
    text = index.text(evidence.document)
    passage = _passage_span(index, int(index.sentences[evidence.number]["passage"]))
    own = span == evidence.span or span != passage  # who says one sentence of a passage does not say all of it
    speech = index.speech(evidence.number) if own else None
    return Citation(
        number=number,
        document=document.id,
        title=document.title,
        start=span.start,
        end=span.end,
        text=span.of(text),
        score=evidence.score,
        document_text=text,
        highlights=marks,
        also_in=others,
        publisher=document.metadata.publisher,
        author=document.metadata.author,
        date=document.metadata.date,
        speaker=speech.speaker.of(text) if speech else None,
        role=speech.role.of(text) if speech and speech.role else None,
        passage=passage,
        leans=evidence.leans,
    )


def _passage_span(index: Index, passage: int) -> Span:
    row = index.passages[passage]
    return Span(int(row["start"]), int(row["end"]))
