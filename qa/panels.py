"""The panels beside the conversation as HTML: the evidence for an answer, what can be taken away, a batch of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from index import Span, Where

from .answer import Answer, Citation
from .batch import Row
from .markup import escape, line, readable, visible
from .plain import (
    LEANS,
    NOT_AN_ANSWER,
    confidence_words,
    counted,
    date_words,
    heading_of,
    place_words,
    said_by,
    source_words,
    where_words,
)
from .render import Asked, View, actions_html, asked_html, line_html, quotation_html, verdict_html
from .retrieve import Hit
from .talk import Talk
from .viewer import holds, line_number, span_html

EXPORTS = {".docx": "Word (DOCX)", ".html": "HTML", ".md": "Markdown", ".json": "JSON"}
TABLES = {".csv": "CSV", ".html": "HTML", ".md": "Markdown", ".json": "JSON"}
MAX_ROWS = 200
"""Rows of a batch that the page shows; its files have them all."""


def evidence_html(answer: Answer | None, view: View, turn: int = 0, further: Sequence[Hit] = ()) -> str:
    """The evidence panel: each quotation in the passage around it, with what is known of its source.

    `further` are the passages that were found besides, nearest first; they are folded away.
    """
    if answer is None:
        return line_html("The passages behind an answer appear here.")
    body = verdict_html(answer) if answer.parts else _evidence(answer, view, turn, answer.where)
    for number, part in enumerate(answer.parts, 1):
        heading = line(heading_of(number, part), "heading", "h3")
        body += (
            f'<section class="part {_kind(part)} {part.verdict}">{heading}{_evidence(part, view, turn, answer.where)}</section>'
        )
    searched = (
        f"Looked through {counted(answer.passages_searched, 'passage')} of {counted(answer.documents_searched, 'document')}."
    )
    searched += f" {where_words(answer.where)}." if answer.where else ""
    return (
        f'<div class="panel {answer.verdict} {_kind(answer)}">{asked_html(answer.question)}{body}{_further(further, view)}'
        + (line(searched, "fine") if answer.passages_searched or answer.where else "")
        + "</div>"
    )


def _further(hits: Sequence[Hit], view: View) -> str:
    """Passages that were found and not quoted, each to be opened."""
    if not hits:
        return ""
    rows = "".join(
        f'<li><div class="passage text" dir="auto">{readable(hit.text)}</div><p class="source">'
        f'<bdi>{visible(view.names.get(hit.document) or hit.document)}</bdi> <button type="button" class="link" '
        f'data-document="{escape(hit.document)}" data-start="{hit.start}" data-end="{hit.end}" '
        f'aria-label="Open passage {number} in its document">Open</button></p></li>'
        for number, hit in enumerate(hits, 1)
    )
    told = f"{counted(len(hits), 'more passage')}, nearest first, not quoted"
    return f'<details class="further"><summary>{told}</summary><ol>{rows}</ol></details>'


def _kind(answer: Answer) -> str:
    return "citations" if answer.citations else "related"


def _evidence(answer: Answer, view: View, turn: int, where: Where | None) -> str:
    """The verdict on one question and a card for each passage behind it."""
    asked, cards = Asked(turn, answer.question, _kind(answer), where), []
    for _, group in groupby(answer.citations or answer.related, key=lambda c: (c.document, c.passage or c.start)):
        cited = list(group)
        text = view.text_of(cited[0].document)
        whole = text is not None and cited[0].passage is not None and all(holds(text, c) for c in cited)
        words = _passage(text, cited) if whole and text is not None else "".join(quotation_html(c) for c in cited)
        numbers = f"Quotation{'s' * (len(cited) > 1)} " + ", ".join(str(c.number) for c in cited)
        buttons = f'<button class="button open" {asked.opens(cited[0].number)}>Open the whole document</button>'
        cards.append(
            f'<article class="card"><h3 class="which">{numbers if answer.citations else "Not an answer"}</h3>{words}'
            + _facts(cited, text)
            + "".join(_own_actions(c, asked, view, len(cited) > 1) for c in cited)
            + f"{buttons}</article>"
        )
    label = f'<p class="label">{NOT_AN_ANSWER}</p>' if answer.related and cards else ""
    return verdict_html(answer) + label + "".join(cards)


def _passage(text: str, cited: Sequence[Citation]) -> str:
    """The passage around quotations, wide enough for each of them."""
    spans = [s for c in cited for s in (c.passage, Span(c.start, c.end)) if s]
    around = Span(min(s.start for s in spans), max(s.end for s in spans))
    return f'<div class="passage text" dir="auto">{span_html(text, around, cited, ())}</div>'


def _own_actions(citation: Citation, asked: Asked, view: View, numbered: bool) -> str:
    """The buttons of one quotation of a card, whose words they carry since others stand beside it."""
    label = f'<span class="fine">Quotation {citation.number}</span>' if numbered else ""
    return f'<div class="quoted-actions" data-words="{escape(citation.text)}">{label}{actions_html(citation, asked, view)}</div>'


def _facts(cited: Sequence[Citation], text: str | None) -> str:
    """What is known of the source of quotations from one passage, and where each stands."""
    citation = cited[0]
    places = "; ".join(
        ", ".join(filter(None, (c.location, f"characters {c.start:,} to {c.end:,}")))
        + (f" (line {line_number(text, c.start):,})" if holds(text, c) and text else "")
        for c in cited
    )
    facts = {
        "Said by": said_by(citation) or None,
        "Title": citation.title or "unknown",
        "Publisher": citation.publisher or "unknown",
        "Author": citation.author or "unknown",
        "Date": date_words(citation.date) or "unknown",
        "File": f"{citation.document}, {places}",
    }
    rows = "".join(f"<div><dt>{name}</dt><dd><bdi>{visible(value)}</bdi></dd></div>" for name, value in facts.items() if value)
    return f'<dl class="facts">{rows}</dl>' + (line(LEANS, "leans") if citation.leans else "")


# --- what can be taken away ---


def export_html(talk: Talk, kept: Sequence[Mapping[str, str]] = (), note: str = "") -> str:
    """The export panel: the conversation and the chosen quotations in every form, and the conversations kept in the browser."""
    answers = len(talk.answers)
    asked = "1 question" if answers == 1 else f"{answers:,} questions"
    conversation = (
        f'<p class="fine">{asked}, with every quotation, its reference and its passage.</p>{_forms("conversation")}'
        '<button type="button" class="button" data-keep="1">Keep it in this browser</button>'
        if answers
        else '<p class="empty">Nothing has been asked yet.</p>'
    )
    chosen = "".join(_chosen(c, number) for number, c in enumerate(talk.chosen))
    put_aside = (
        f'<ol class="chosen">{chosen}</ol>{_forms("chosen")}'
        if chosen
        else '<p class="empty">No quotation has been put aside. “Put aside” stands below each quotation.</p>'
    )
    return (
        f'<div class="panel export">{line(note, "note")}'
        f'<section aria-labelledby="take-talk"><h2 id="take-talk">This conversation</h2>{conversation}</section>'
        f'<section aria-labelledby="take-chosen"><h2 id="take-chosen">Quotations put aside ({len(talk.chosen)})</h2>{put_aside}</section>'
        f'<section aria-labelledby="take-kept"><h2 id="take-kept">Kept in this browser ({len(kept)})</h2>{_kept(kept)}</section>'
        '<p class="fine">Exports carry the passages, the positions and the checksums of the files, so that each quotation in them can '
        "be proved later: <code>python -m qa verify FILE</code></p></div>"
    )


def _forms(what: str) -> str:
    buttons = "".join(
        f'<button type="button" class="small" data-export="{what}" data-form="{form}">{name}</button>'
        for form, name in EXPORTS.items()
    )
    label = "Download the conversation" if what == "conversation" else "Download the quotations"
    return f'<div class="downloads" role="group" aria-label="{label}"><span class="fine">Download as</span>{buttons}</div>'


def _chosen(citation: Citation, number: int) -> str:
    title = visible(" · ".join(source_words(citation)[:1]))
    remove = (
        f'<button type="button" class="link" data-unchoose="{number}" '
        f'aria-label="Take quotation {number + 1} out of those put aside">Remove</button>'
    )
    return f'<li>{quotation_html(citation)}<p class="source"><cite><bdi>{title}</bdi></cite> {remove}</p></li>'


def _kept(kept: Sequence[Mapping[str, str]]) -> str:
    if not kept:
        return (
            '<p class="empty">Conversations that you keep stay in this browser, also when the program is started again. '
            "Nobody else sees them.</p>"
        )
    rows = "".join(
        f'<li><span dir="auto">{visible(one["title"])}</span> <span class="fine">{visible(date_words(one["day"]) or "")}</span>'
        + "".join(
            f'<button type="button" class="link" data-kept="{number}" data-act="{act}" '
            f'aria-label="{name} kept conversation {number + 1}">{name}</button>'
            for act, name in (("open", "Open"), ("export", "Export"), ("delete", "Delete"))
        )
        + "</li>"
        for number, one in enumerate(kept)
    )
    return f'<ul class="kept">{rows}</ul>'


# --- a batch of questions ---


def batch_html(rows: Sequence[Row], of: int, running: bool, note: str = "") -> str:
    """A batch: how far it is, its table, and its files once it has ended. `of` is the number of questions."""
    if not of:
        return f'<div class="panel batch">{line(note, "note")}</div>' if note else ""
    downloads = "".join(
        f'<button type="button" class="small" data-table="{form}">{name}</button>' for form, name in TABLES.items()
    )
    files = (
        '<div class="downloads" role="group" aria-label="Download the table"><span class="fine">Download as</span>'
        f"{downloads}</div>"
        if rows and not running
        else ""
    )
    more = line(f"The first {MAX_ROWS:,} are shown; the files have all.", "fine") if len(rows) > MAX_ROWS else ""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Question", "Verdict", "Best quotation and its source"))
    table = (
        f'<div class="scrolls" tabindex="0" role="region" aria-label="Answers"><table class="answers"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(_row(row) for row in rows[:MAX_ROWS])}</tbody></table></div>"
        if rows
        else ""
    )
    bar = f'<progress max="{of}" value="{len(rows)}" aria-label="Questions asked"></progress>' if running else ""
    return f'<div class="panel batch"><p class="state" role="status">{len(rows):,} of {of:,} questions asked</p>{bar}{line(note, "note")}{files}{table}{more}</div>'


def _row(row: Row) -> str:
    cells, answer = row.cells(), row.answer
    said = cells["verdict"] + (f", {confidence_words(answer)}" if answer and not answer.parts else "")
    best = answer.citations[0] if answer and answer.citations else None
    found = (
        f'{quotation_html(best)}{line(" · ".join(source_words(best)), "source")}<p class="fine">{visible(place_words(best))}</p>'
        if best
        else ""
    )
    return (
        f'<tr><td dir="auto">{row.number}. {visible(row.question)}</td><td class="{answer.verdict if answer else "problem"}">'
        f"{visible(said)}</td><td>{found}{line(cells['note'], 'fine')}</td></tr>"
    )
