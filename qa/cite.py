"""Evidence to citations: how many, the whole list, the same words elsewhere, what to highlight."""

from __future__ import annotations

from collections.abc import Sequence

from index import Index, Span
from index.records import BLOCK_KINDS
from index.store import kind_of, speech_of

from .agree import grouped, places_of
from .answer import Citation, Place, source_of
from .kinds import highlight
from .question import Question
from .read import Evidence, Reading, softmax
from .whole import announced_by, announcer_of, leans_back, list_around, whole_quotation

MAX_CITATIONS, MAX_FOR_LIST = 3, 5
ENOUGH = 0.85
"""Citations are added until this share of the softmax mass of the candidates is quoted."""

LEAST_SHARE = 0.04
"""A further citation needs at least this share of the mass itself."""

LEAD_IN_DEPTH = 5
RELATED = 3
_LEAD_IN = BLOCK_KINDS.index("lead_in")


def choose(index: Index, question: Question, reading: Reading) -> tuple[list[list[Evidence]], tuple[str, ...]]:
    """The evidence to cite, best first, each with its equals elsewhere; and notes for the reader.

    When the best evidence opens a list, or a list is asked for and the best evidence is an item of one whose opening
    matches too, the whole list is cited in its own order. When the best evidence announces what follows it, that is
    cited too. Otherwise sentences are added while they hold a share of the mass, at most MAX_CITATIONS.
    """
    best = reading.evidence[0]
    items = (
        list_around(index, best.number) if best.kind in ("lead_in", "heading") or _leads_nearby(index, question, reading) else []
    )
    if items:
        chosen = [[_evidence(index, reading, numbers)] for numbers in items]
        return chosen, (f"The whole list: {len(items)} of {len(items)} items.",)
    announced = announced_by(index, best.number)
    if announced:
        followers = [[_evidence(index, reading, [n])] for n in announced]
        return [[best], *followers], ("The first quotation announces the others, which follow it in the document.",)
    if question.wants_list and (pointer := _announcer(index, reading)) is not None:
        chosen = [[_evidence(index, reading, [n])] for n in announced_by(index, pointer)]
        return chosen, ("These follow each other in the document.",)
    groups = grouped(index, reading.evidence)
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


def _announcer(index: Index, reading: Reading) -> int | None:
    """The sentence that announces the best evidence and others, when it matches the question too."""
    pointer = announcer_of(index, reading.evidence[0].number)
    return pointer if pointer in [e.number for e in reading.evidence[:LEAD_IN_DEPTH]] else None


def cite(index: Index, question: Question, chosen: Sequence[Sequence[Evidence]]) -> tuple[Citation, ...]:
    """Citations of the chosen evidence, numbered from 1; none lies inside an earlier one.

    The lead-in of a list is quoted with its first item, and a quotation that a sentence would cut is quoted whole.
    """
    citations: list[Citation] = []
    for group in chosen:
        citation = _citation(index, question, len(citations) + 1, group)
        inside = (c for c in citations if c.document == citation.document and c.start <= citation.start and citation.end <= c.end)
        if not any(inside):
            citations.append(citation)
    return tuple(citations)


def cite_related(index: Index, question: Question, reading: Reading) -> tuple[Citation, ...]:
    """The nearest passages, quoted whole, to be shown as not an answer: of the best evidence, each passage once."""
    shown: dict[int, Citation] = {}
    for evidence in reading.evidence:
        passage = int(index.sentences[evidence.number]["passage"])
        if passage not in shown:
            span = _passage_span(index, passage)
            shown[passage] = _make(index, len(shown) + 1, evidence, span)
        if len(shown) == RELATED:
            break
    return tuple(shown.values())


def _evidence(index: Index, reading: Reading, numbers: Sequence[int]) -> Evidence:
    """Sentences that follow each other as one piece of evidence; its score is the first one's, the least where it was not read."""
    first, last = index.sentences[numbers[0]], index.sentences[numbers[-1]]
    span = Span(int(first["start"]), int(last["end"]))
    document = int(first["document"])
    scores = {e.number: e.score for e in reading.evidence}
    score = scores.get(numbers[0], min(scores.values()))
    return Evidence(numbers[0], document, span, span.of(index.text(document)), kind_of(first), score, ())


def _citation(index: Index, question: Question, number: int, group: Sequence[Evidence]) -> Citation:
    evidence = group[0]
    others, sources = places_of(index, group, question.within)
    row = index.sentences[evidence.number]
    alone = evidence.span == Span(int(row["start"]), int(row["end"]))
    span = whole_quotation(index, evidence.number) if alone else evidence.span
    first_of_list = (
        evidence.kind in ("item", "row") and number == 1 and _is_lead_in(index, evidence.number - 1, evidence.document)
    )
    if first_of_list:
        span = Span(int(index.sentences[evidence.number - 1]["start"]), span.end)
    marks = _marks(question, evidence)
    if not marks and alone and span != evidence.span:
        marks = (evidence.span,)
    return _make(index, number, evidence, span, marks, others, sources)


def _marks(question: Question, evidence: Evidence) -> tuple[Span, ...]:
    """The words that answer: as the reader has them, else expressions of the kind that is asked for.

    What the reader has of an expression ("January") is marked as the whole of it ("20 and 24 January").
    """
    found = highlight(question.kind, evidence.text, question.all_terms)
    expressions = tuple(Span(evidence.span.start + start, evidence.span.start + end) for start, end in found)
    answer = evidence.answer
    if answer is None:
        return expressions
    return (next((e for e in expressions if e.start <= answer.start and answer.end <= e.end), answer),)


def _is_lead_in(index: Index, number: int, document: int) -> bool:
    return number >= 0 and int(index.sentences[number]["kind"]) == _LEAD_IN and index.sentences[number]["document"] == document


def _make(
    index: Index,
    number: int,
    evidence: Evidence,
    span: Span,
    marks: tuple[Span, ...] = (),
    others: tuple[Place, ...] = (),
    sources: int = 1,
) -> Citation:
    document = index.documents[evidence.document]
    text = index.text(evidence.document)
    passage = _passage_span(index, int(index.sentences[evidence.number]["passage"]))
    own = span == evidence.span or span != passage  # who says one sentence of a passage does not say all of it
    speech = speech_of(index.sentences[evidence.number]) if own else None
    return Citation(
        number=number,
        document=document.id,
        start=span.start,
        end=span.end,
        text=span.of(text),
        score=evidence.score,
        document_text=text,
        highlights=marks,
        also_in=others,
        sources=sources,
        **source_of(document),
        speaker=speech.speaker.of(text) if speech else None,
        role=speech.role.of(text) if speech and speech.role else None,
        passage=passage,
        location=index.location(evidence.document, span.start, span.end) or None,
        leans=leans_back(span.of(text)),
    )


def _passage_span(index: Index, passage: int) -> Span:
    row = index.passages[passage]
    return Span(int(row["start"]), int(row["end"]))
