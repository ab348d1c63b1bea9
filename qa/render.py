"""Answers to HTML: the conversation and the evidence behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from index import Span

from .answer import Answer, Citation
from .markup import escape, line, marked, visible
from .plain import (
    MOST_PLACES,
    NOT_AN_ANSWER,
    READ_AS,
    VERDICTS,
    confidence_words,
    date_words,
    differs_words,
    heading_of,
    remarks,
    said_by,
    several_words,
    source_words,
    sources_words,
)
from .viewer import holds, span_html


@dataclass(frozen=True, slots=True)
class Problem:
    """A question that could not be asked or answered, and why, in one line."""

    question: str
    message: str


Turn = Answer | Problem
TextOf = Callable[[str], str | None]
"""The text of a document by its id, or None when it is no longer in the index."""


def _quotation(citation: Citation) -> str:
    inner, differing = (
        [Span(s.start - citation.start, s.end - citation.start) for s in spans]
        for spans in (citation.highlights, citation.differing)
    )
    words = marked(citation.text, Span(0, len(citation.text)), inner, differing)
    return f'<blockquote class="quotation" dir="auto">{words}</blockquote>'


def _opens(turn: int, kind: str, number: int, place: int = 0) -> str:
    """The attributes of a button that opens a document: which citation of which turn, and which of its places."""
    return f'type="button" data-turn="{turn}" data-kind="{kind}" data-number="{number}" data-place="{place}"'


def _also(citation: Citation, turn: int, kind: str, names: Mapping[str, str]) -> str:
    """Where else the same is said, each place to be opened; and which quotations say it otherwise."""
    links = ", ".join(
        f'<button class="link" {_opens(turn, kind, citation.number, number)}><bdi>'
        f"{visible(names.get(place.document) or place.document)}</bdi></button>{' (nearly the same text)' if place.copy else ''}"
        for number, place in enumerate(citation.also_in[:MOST_PLACES], 1)
    )
    more = f" and {len(citation.also_in) - MOST_PLACES:,} more" if len(citation.also_in) > MOST_PLACES else ""
    found = f"{sources_words(citation)}: " if sources_words(citation) else ""
    also = f'<p class="also">{found}also in {links}{more}</p>' if links else ""
    return line(differs_words(citation), "differs") + also


def _quoted(citation: Citation, turn: int, kind: str, names: Mapping[str, str]) -> str:
    """One numbered quotation with who says it."""
    speaker = said_by(citation)
    return (
        f'<div class="quoted"><button class="number" {_opens(turn, kind, citation.number)} '
        f'aria-label="{"Quotation" if kind == "citations" else "Passage"} {citation.number}: open the document">{citation.number}</button><div>{_quotation(citation)}'
        + line(f"— {speaker}" if speaker else "", "said")
        + line("It refers to what stands before it: read it in its passage." if citation.leans else "", "leans")
        + _also(citation, turn, kind, names)
        + '</div><button type="button" class="copy" aria-label="Copy the quotation">Copy</button></div>'
    )


def _source(citation: Citation) -> str:
    title, *rest = source_words(citation)
    return (
        f'<p class="source"><cite><bdi>{visible(title)}</bdi></cite>'
        + "".join(f' <span class="dot">·</span> <bdi>{visible(part)}</bdi>' for part in rest)
        + "</p>"
    )


def _quotations(citations: Sequence[Citation], turn: int, kind: str, names: Mapping[str, str]) -> str:
    """Quotations in order; those that follow each other from one document share its line."""
    groups = []
    for _, group in groupby(citations, key=lambda c: c.document):
        cited = list(group)
        groups.append(
            '<div class="group">'
            + "".join(_quoted(c, turn, kind, names) for c in cited)
            + f'<div class="foot">{_source(cited[0])}<button class="link open" {_opens(turn, kind, cited[0].number)}>'
            "Read in the document</button></div></div>"
        )
    return "".join(groups)


def _verdict(answer: Answer) -> str:
    words, sure = VERDICTS[answer.verdict], f' <span class="confidence">{escape(confidence_words(answer))}</span>'
    if answer.parts:
        words, sure = several_words(answer), ""
    return f'<p class="verdict"><span class="sign" aria-hidden="true"></span><span class="words">{words}</span>{sure}</p>'


def answer_html(answer: Answer, turn: int = 0, names: Mapping[str, str] | None = None) -> str:
    """The reply in the conversation. `turn` numbers it there; `names` are titles by document id."""
    body = _answer(answer, turn, names or {})
    for number, part in enumerate(answer.parts, 1):
        heading = line(heading_of(number, part), "heading", "h3")
        body += f'<section class="part {part.verdict}">{heading}{_answer(part, turn, names or {})}</section>'
    if answer.citations or answer.related:
        body += f'<button type="button" class="link more" data-turn="{turn}" data-kind="evidence">Show the evidence</button>'
    return f'<div class="reply {answer.verdict}{" several" * bool(answer.parts)}">{body}</div>'


def _answer(answer: Answer, turn: int, names: Mapping[str, str]) -> str:
    """Verdict, remarks and quotations; of several answers, only what is said of them all."""
    said = _verdict(answer) + "".join(_remark(answer, remark) for remark in remarks(answer))
    if answer.parts:
        return said
    said += _quotations(answer.citations, turn, "citations", names)
    if answer.related:
        said += f'<section class="nearest"><p class="label">{NOT_AN_ANSWER}</p>'
        said += _quotations(answer.related, turn, "related", names) + "</section>"
    return said


def _remark(answer: Answer, remark: str) -> str:
    """A remark; the question as it was understood can be taken back into the field, to be edited."""
    if remark != f"{READ_AS}{answer.standalone_question}":
        return line(remark, "remark")
    edit = f'<button type="button" class="link" data-edit="{escape(answer.standalone_question)}">Edit</button>'
    return f'<div class="read-as">{line(remark, "remark")}{edit}</div>'


def turn_html(turn: Turn, number: int, names: Mapping[str, str] | None = None) -> str:
    """A question and its reply."""
    if isinstance(turn, Problem):
        reply = f'<div class="reply problem"><p class="verdict"><span class="words">{visible(turn.message)}</span></p></div>'
    else:
        reply = answer_html(turn, number, names)
    return f'<article class="turn">{line(turn.question, "asked", "h2")}{reply}</article>'


def waiting_html(question: str, message: str) -> str:
    """A question that is being looked up."""
    reply = f'<div class="reply waiting"><p class="verdict"><span class="words">{visible(message)}</span></p></div>'
    return f'<article class="turn">{line(question, "asked", "h2")}{reply}</article>'


def conversation_html(turns: Sequence[Turn], names: Mapping[str, str] | None = None, waiting: str = "") -> str:
    """The whole conversation; `waiting` is markup made by `waiting_html`."""
    said = "".join(turn_html(turn, number, names) for number, turn in enumerate(turns)) + waiting
    return _log(said)


def _log(body: str) -> str:
    """The region that screen readers follow; the same element before and after the first question."""
    return f'<div class="conversation" role="log" aria-live="polite" aria-label="Conversation">{body}</div>'


def welcome_html(documents: int, examples: Sequence[str], status: str = "") -> str:
    """What stands in place of the conversation before the first question."""
    what = "one document" if documents == 1 else f"{documents:,} documents"
    intro = (
        f'<p class="intro">Ask about the {what}. Every answer is made of quotations, exact to the character, and each '
        "opens the document where it stands. If the documents do not answer, you are told so.</p>"
    )
    buttons = "".join(
        f'<button type="button" class="example" dir="auto" data-ask="{escape(q)}">{visible(q)}</button>' for q in examples
    )
    shown = f'<p class="label">You could ask</p><div class="examples">{buttons}</div>' if buttons else ""
    body = (intro if documents else "") + line(status, "status-line") + shown
    return _log(f'<div class="welcome">{body}</div>')


def banner_html(title: str) -> str:
    """The head of the page, with a link past it for the keyboard."""
    return (
        f'<a class="skip" href="#question" data-skip="question">Skip to the question</a><header><h1>{escape(title)}</h1>'
        "<p>Quotations only, exact to the character. Nothing is generated, nothing leaves this machine.</p></header>"
    )


def line_html(text: str, css: str = "empty") -> str:
    """One plain line in a panel."""
    return f'<div class="panel" role="status">{line(text, css)}</div>'


def _facts(cited: Sequence[Citation]) -> str:
    """What is known of the source of quotations from one passage, and where each stands."""
    citation = cited[0]
    places = "; ".join(f"{c.start:,} to {c.end:,}" for c in cited)
    facts = {
        "Said by": said_by(citation) or None,
        "Title": citation.title or "unknown",
        "Publisher": citation.publisher or "unknown",
        "Author": citation.author or "unknown",
        "Date": date_words(citation.date) or "unknown",
        "File": f"{citation.document}, characters {places}",
    }
    rows = "".join(f"<div><dt>{name}</dt><dd><bdi>{visible(value)}</bdi></dd></div>" for name, value in facts.items() if value)
    return f'<dl class="facts">{rows}</dl>'


def evidence_html(answer: Answer | None, text_of: TextOf, turn: int = 0) -> str:
    """The evidence panel: each quotation in the passage around it, with what is known of its source."""
    if answer is None:
        return line_html("The passages behind an answer appear here.")
    body = _verdict(answer) if answer.parts else _evidence(answer, text_of, turn)
    for number, part in enumerate(answer.parts, 1):
        heading = line(heading_of(number, part), "heading", "h3")
        body += f'<section class="part {_kind(part)} {part.verdict}">{heading}{_evidence(part, text_of, turn)}</section>'
    searched = f"Looked through {answer.passages_searched:,} passages of {answer.documents_searched:,} documents."
    return (
        f'<div class="panel {answer.verdict} {_kind(answer)}">{line(answer.question, "asked", "h2")}{body}'
        + (f'<p class="fine">{searched}</p>' if answer.passages_searched else "")
        + "</div>"
    )


def _kind(answer: Answer) -> str:
    return "citations" if answer.citations else "related"


def _evidence(answer: Answer, text_of: TextOf, turn: int) -> str:
    """The verdict on one question and a card for each passage behind it."""
    kind, cards = _kind(answer), []
    for _, group in groupby(answer.citations or answer.related, key=lambda c: (c.document, c.passage or c.start)):
        cited = list(group)
        first, text = cited[0], text_of(cited[0].document)
        if text is not None and first.passage and all(holds(text, c) for c in cited):
            around = Span(min(first.passage.start, *(c.start for c in cited)), max(first.passage.end, *(c.end for c in cited)))
            words = f'<div class="passage text" dir="auto">{span_html(text, around, cited, ())}</div>'
        else:
            words = "".join(_quotation(c) for c in cited)
        numbers = (
            f"Quotation{'s' * (len(cited) > 1)} " + ", ".join(str(c.number) for c in cited)
            if kind == "citations"
            else "Not an answer"
        )
        cards.append(
            f'<article class="card"><h3 class="which">{numbers}</h3>{words}{_facts(cited)}'
            f'<button class="button open" {_opens(turn, kind, first.number)}>Open the whole document</button></article>'
        )
    label = f'<p class="label">{NOT_AN_ANSWER}</p>' if kind == "related" and cards else ""
    return _verdict(answer) + label + "".join(cards)
