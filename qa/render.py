"""Answers to HTML: the conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from index import Span, Where

from .answer import Answer, Citation
from .copying import copy_menu, link_of
from .markup import escape, line, marked, visible
from .plain import (
    LEANS,
    MOST_PLACES,
    NOT_AN_ANSWER,
    READ_AS,
    VERDICTS,
    confidence_words,
    differs_words,
    heading_of,
    remarks,
    said_by,
    several_words,
    source_words,
    sources_words,
)
from .talk import Problem, Turn, place_of

LONG = 600
"""A question of more characters does not stand in the way of its answer."""


@dataclass(frozen=True, slots=True)
class View:
    """What the page knows beside the answers: titles and texts by document id, and which quotations are put aside.

    `text_of` gives None for a document that is no longer in the index.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    text_of: Callable[[str], str | None] = lambda document: None
    chosen: frozenset[tuple[str, int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the conversation: its number there, its words, whether answers or only near passages are shown, and the
    filter that it was asked with."""

    turn: int
    question: str
    kind: str = "citations"
    where: Where | None = None

    def opens(self, number: int, place: int = 0) -> str:
        """The attributes of a button that opens a document: which citation, and which of its places."""
        return f'{self._of(number)} data-place="{place}"'

    def puts_aside(self, number: int) -> str:
        """The attributes of a button that puts a citation aside, to be taken away with others."""
        return f'{self._of(number)} data-choose="1"'

    def _of(self, number: int) -> str:
        return f'type="button" data-turn="{self.turn}" data-kind="{self.kind}" data-number="{number}"'


def quotation_html(citation: Citation) -> str:
    """The words, exact to the character, with those that answer marked."""
    inner, differing = (
        [Span(s.start - citation.start, s.end - citation.start) for s in spans]
        for spans in (citation.highlights, citation.differing)
    )
    words = marked(citation.text, Span(0, len(citation.text)), inner, differing)
    return f'<blockquote class="quotation" dir="auto">{words}</blockquote>'


def actions_html(citation: Citation, asked: Asked, view: View) -> str:
    """What can be done with a quotation: copied, with its reference too, or put aside."""
    put = place_of(citation) in view.chosen
    link = link_of(citation, view.text_of(citation.document), asked.question, asked.where)
    return (
        f'<div class="actions">{copy_menu(citation, link)}<button class="choose" {asked.puts_aside(citation.number)} '
        f'aria-pressed="{str(put).lower()}" aria-label="Put quotation {citation.number} aside for export">'
        f"{'Put aside ✓' if put else 'Put aside'}</button></div>"
    )


def source_html(citation: Citation) -> str:
    """Title, publisher, author and date, and which of these are unknown."""
    title, *rest = source_words(citation)
    return (
        f'<p class="source"><cite><bdi>{visible(title)}</bdi></cite>'
        + "".join(f' <span class="dot">·</span> <bdi>{visible(part)}</bdi>' for part in rest)
        + "</p>"
    )


def _also(citation: Citation, asked: Asked, view: View) -> str:
    """Where else the same is said, each place to be opened; and which quotations say it otherwise."""
    links = ", ".join(
        f'<button class="link" {asked.opens(citation.number, number)}><bdi>'
        f"{visible(view.names.get(place.document) or place.document)}</bdi></button>{' (nearly the same text)' if place.copy else ''}"
        for number, place in enumerate(citation.also_in[:MOST_PLACES], 1)
    )
    more = f" and {len(citation.also_in) - MOST_PLACES:,} more" if len(citation.also_in) > MOST_PLACES else ""
    found = f"{sources_words(citation)}: " if sources_words(citation) else ""
    also = f'<p class="also">{found}also in {links}{more}</p>' if links else ""
    return line(differs_words(citation), "differs") + also


def _quoted(citation: Citation, asked: Asked, view: View) -> str:
    """One numbered quotation with who says it."""
    speaker = said_by(citation)
    what = "Quotation" if asked.kind == "citations" else "Passage"
    return (
        f'<div class="quoted"><button class="number" {asked.opens(citation.number)} '
        f'aria-label="{what} {citation.number}: open the document">{citation.number}</button><div>{quotation_html(citation)}'
        + line(f"— {speaker}" if speaker else "", "said")
        + line(LEANS if citation.leans else "", "leans")
        + _also(citation, asked, view)
        + actions_html(citation, asked, view)
        + "</div></div>"
    )


def _quotations(citations: Sequence[Citation], asked: Asked, view: View) -> str:
    """Quotations in order; those that follow each other from one document share its line."""
    groups = []
    for _, group in groupby(citations, key=lambda c: c.document):
        cited = list(group)
        groups.append(
            '<div class="group">'
            + "".join(_quoted(c, asked, view) for c in cited)
            + f'<div class="foot">{source_html(cited[0])}<button class="link open" {asked.opens(cited[0].number)}>'
            "Read in the document</button></div></div>"
        )
    return "".join(groups)


def verdict_html(answer: Answer) -> str:
    """The verdict in words, and how sure it is."""
    words, sure = VERDICTS[answer.verdict], f' <span class="confidence">{escape(confidence_words(answer))}</span>'
    if answer.parts:
        words, sure = several_words(answer), ""
    return f'<p class="verdict"><span class="sign" aria-hidden="true"></span><span class="words">{words}</span>{sure}</p>'


def answer_html(answer: Answer, turn: int = 0, view: View = View()) -> str:  # noqa: B008 - frozen
    """The reply in the conversation. `turn` numbers it there."""
    body = _answer(answer, turn, view, answer.where)
    for number, part in enumerate(answer.parts, 1):
        heading = line(heading_of(number, part), "heading", "h3")
        body += f'<section class="part {part.verdict}">{heading}{_answer(part, turn, view, answer.where)}</section>'
    if answer.citations or answer.related:
        copied = f'<button type="button" class="copy-answer" data-turn="{turn}">Copy the answer</button>'
        body += (
            '<div class="ends"><button type="button" class="link more" '
            f'data-turn="{turn}" data-kind="evidence">Show the evidence</button>{copied}</div>'
        )
    return f'<div class="reply {answer.verdict}{" several" * bool(answer.parts)}">{body}</div>'


def _answer(answer: Answer, turn: int, view: View, where: Where | None) -> str:
    """Verdict, remarks and quotations; of several answers, only what is said of them all."""
    said = verdict_html(answer) + "".join(_remark(answer, remark, turn) for remark in remarks(answer))
    if answer.parts:
        return said
    said += _quotations(answer.citations, Asked(turn, answer.question, where=where), view)
    if answer.related:
        said += f'<section class="nearest" aria-label="Nearest passages"><p class="label">{NOT_AN_ANSWER}</p>'
        said += _quotations(answer.related, Asked(turn, answer.question, "related", where), view) + "</section>"
    return said


def _remark(answer: Answer, remark: str, turn: int) -> str:
    """A remark; the question as it was understood can be taken into the field, to be edited and asked again."""
    if remark != f"{READ_AS}{answer.standalone_question}":
        return line(remark, "remark")
    return f'<div class="read-as">{line(remark, "remark")}{_edit(answer.standalone_question, turn, "Edit")}</div>'


def _edit(question: str, turn: int, name: str) -> str:
    label = f' aria-label="{name} question {turn + 1} and ask it again"'
    return f'<button type="button" class="link edit" data-edit="{escape(question)}" data-turn="{turn}"{label}>{name}</button>'


def turn_html(turn: Turn, number: int, view: View = View(), replaced: bool = False) -> str:  # noqa: B008 - frozen
    """A question and its reply; one that is about to be replaced is dimmed."""
    if isinstance(turn, Problem):
        reply = f'<div class="reply problem"><p class="verdict"><span class="words">{visible(turn.message)}</span></p></div>'
    else:
        reply = answer_html(turn, number, view)
    edit = _edit(turn.question, number, "Edit")
    return f'<article class="turn{" replaced" * replaced}"><div class="asking">{asked_html(turn.question)}{edit}</div>{reply}</article>'


def waiting_html(question: str, message: str) -> str:
    """A question that is being looked up, and how far that is; it can be stopped."""
    reply = (
        f'<div class="reply waiting"><p class="verdict" role="status"><span class="words">{visible(message)}</span></p>'
        '<button type="button" class="small stop" data-stop="1">Stop</button></div>'
    )
    return f'<article class="turn">{asked_html(question)}{reply}</article>'


def conversation_html(
    turns: Sequence[Turn],
    view: View = View(),  # noqa: B008 - frozen
    waiting: str = "",
    editing: int | None = None,
) -> str:
    """The whole conversation; `waiting` is markup made by `waiting_html`. What is new is told by a status line of the page's
    script, rather than read as a whole each time.

    The turns from number `editing` on are those that the next question replaces.
    """
    said = "".join(turn_html(turn, n, view, editing is not None and n >= editing) for n, turn in enumerate(turns))
    return f'<div class="conversation" role="log" aria-live="off" aria-label="Conversation">{said}{waiting}</div>'


def offered_html(label: str, questions: Sequence[str]) -> str:
    """Questions that can be asked with a click; nothing without any."""
    buttons = "".join(
        f'<button type="button" class="example" dir="auto" data-ask="{escape(q)}">{visible(q)}</button>' for q in questions
    )
    return f'<div class="offered"><p class="label">{label}</p><div class="examples">{buttons}</div></div>' if buttons else ""


def welcome_html(documents: int, examples: Sequence[str], status: str = "") -> str:
    """What stands in place of the conversation before the first question."""
    what = "one document" if documents == 1 else f"{documents:,} documents"
    intro = (
        f'<p class="intro">Ask about the {what}. Every answer is made of quotations, exact to the character, and each '
        "opens the document where it stands. If the documents do not answer, you are told so.</p>"
    )
    body = (intro if documents else "") + line(status, "status-line") + offered_html("You could ask", examples)
    return f'<div class="welcome">{body}</div>'


def editing_html(number: int | None, later: int = 0) -> str:
    """Which question is being edited, and what asking it again does; nothing when none is."""
    if number is None:
        return ""
    rest = f" and the {later} after it" if later else ""
    return (
        f'<div class="editing" role="status"><span>Editing question {number + 1}. Asking it again replaces its answer{rest}; '
        'Undo brings them back.</span> <button type="button" class="link" data-edit-end="1">Do not edit</button></div>'
    )


def asked_html(question: str) -> str:
    """The words of a question as a heading; a very long one scrolls in place."""
    long = len(question) > LONG
    css, reached = ("asked long", ' tabindex="0"') if long else ("asked", "")
    return f'<h2 class="{css}" dir="auto"{reached}>{visible(question)}</h2>'


def line_html(text: str, css: str = "empty") -> str:
    """One plain line in a panel."""
    return f'<div class="panel" role="status">{line(text, css)}</div>'
