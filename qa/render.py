"""Answers and documents to HTML. The only place where anything becomes markup, escaped.

Whatever comes from a document, a file name, the catalogue or a person is data here, never markup. In the HTML the
text content of every element of class "quotation" or "text" is the source's own, character for character, so that
it can be copied or checked; the style sheet keeps its white space. Characters that are not seen but change what is
(direction overrides, control characters) stand in an element of their own, where they do nothing and are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from index import Index, Span
from index.store import IndexedDocument, LeftOut

from .answer import Answer, Citation
from .markup import escape, line, marked, visible
from .plain import (
    MOST_PLACES,
    NOT_AN_ANSWER,
    VERDICTS,
    confidence_words,
    date_words,
    differs_words,
    remarks,
    said_by,
    source_words,
    sources_words,
)

MAX_SHOWN = 400_000
"""Characters of a document that one page shows; of a longer one, those around the chosen words."""

MAX_ROWS = 500
"""Documents that the table of sources lists."""


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
        f'aria-label="Quotation {citation.number}: open the document">{citation.number}</button><div>{_quotation(citation)}'
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


def _verdict(answer: Answer, tag: str = "p") -> str:
    words = f'{VERDICTS[answer.verdict]}</span> <span class="confidence">{escape(confidence_words(answer))}</span>'
    return f'<{tag} class="verdict"><span class="sign" aria-hidden="true"></span><span class="words">{words}</{tag}>'


def answer_html(answer: Answer, turn: int = 0, names: Mapping[str, str] | None = None) -> str:
    """The reply in the conversation. `turn` numbers it there; `names` are titles by document id."""
    names = names or {}
    body = _quotations(answer.citations, turn, "citations", names)
    if answer.related:
        body += f'<section class="nearest"><p class="label">{NOT_AN_ANSWER}</p>'
        body += _quotations(answer.related, turn, "related", names) + "</section>"
    if answer.citations or answer.related:
        body += f'<button type="button" class="link more" data-turn="{turn}" data-kind="evidence">Show the evidence</button>'
    lines = "".join(line(remark, "remark") for remark in remarks(answer))
    return f'<div class="reply {answer.verdict}">{_verdict(answer)}{lines}{body}</div>'


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


def _holds(text: str | None, citation: Citation) -> bool:
    return text is not None and text[citation.start : citation.end] == citation.text


def evidence_html(answer: Answer | None, text_of: TextOf, turn: int = 0) -> str:
    """The evidence panel: each quotation in the passage around it, with what is known of its source."""
    if answer is None:
        return line_html("The passages behind an answer appear here.")
    kind = "citations" if answer.citations else "related"
    cards = []
    shown = answer.citations or answer.related
    for _, group in groupby(shown, key=lambda c: (c.document, c.passage or c.start)):
        cited = list(group)
        first, text = cited[0], text_of(cited[0].document)
        if text is not None and first.passage and all(_holds(text, c) for c in cited):
            around = Span(min(first.passage.start, *(c.start for c in cited)), max(first.passage.end, *(c.end for c in cited)))
            words = f'<div class="passage text" dir="auto">{_regions(text, around, cited, ())}</div>'
        else:
            words = "".join(_quotation(c) for c in cited)
        numbers = (
            f"Quotation{'s' * (len(cited) > 1)} " + ", ".join(str(c.number) for c in cited)
            if kind == "citations"
            else "Not an answer"
        )
        cards.append(
            f'<article class="card"><h3>{numbers}</h3>{words}{_facts(cited)}'
            f'<button class="button open" {_opens(turn, kind, first.number)}>Open the whole document</button></article>'
        )
    searched = f"Looked through {answer.passages_searched:,} passages of {answer.documents_searched:,} documents."
    label = f'<p class="label">{NOT_AN_ANSWER}</p>' if kind == "related" and cards else ""
    return (
        f'<div class="panel {answer.verdict} {kind}">{line(answer.question, "asked", "h2")}{_verdict(answer)}{label}'
        + "".join(cards)
        + (f'<p class="fine">{searched}</p>' if answer.passages_searched else "")
        + "</div>"
    )


def _regions(
    text: str, span: Span, citations: Iterable[Citation], left_out: Iterable[LeftOut], chosen: Span | None = None
) -> str:
    """`text` within `span`: citations marked, with their highlights; what is never cited dimmed and labelled."""
    regions = [(Span(c.start, c.end), c, "") for c in citations] + [(part.span, None, part.reason) for part in left_out]
    if chosen and not any(region == chosen for region, _, _ in regions):
        regions.append((chosen, None, ""))
    parts, position = [], span.start
    for region, citation, reason in sorted(regions, key=lambda r: r[0]):
        here = Span(max(region.start, position), max(region.start, position, min(region.end, span.end)))
        if not len(here) or here.start >= span.end:
            continue
        parts.append(visible(text[position : here.start]))
        if reason:
            parts.append(
                f'<span class="left-out" data-reason="Left out, never quoted: {escape(reason)}">{visible(here.of(text))}</span>'
            )
        else:
            number = f' data-number="{citation.number}"' if citation else ""
            focus = ' id="chosen" tabindex="-1"' if region == chosen else ""
            parts.append(
                f"<mark{number}{focus}>{marked(text, here, *((citation.highlights, citation.differing) if citation else ((),)))}</mark>"
            )
        position = here.end
    return "".join(parts) + visible(text[position : span.end])


def joined(text: str, left_out: Iterable[LeftOut]) -> list[LeftOut]:
    """Neighbours that are left out for one reason, as one part."""
    parts: list[LeftOut] = []
    for part in sorted(left_out, key=lambda p: p.span):
        if parts and parts[-1].reason == part.reason and not text[parts[-1].span.end : part.span.start].strip():
            part = LeftOut(Span(parts.pop().span.start, part.span.end), part.reason)
        parts.append(part)
    return parts


def document_html(
    document: IndexedDocument, text: str, citations: Sequence[Citation] = (), chosen: Span | None = None, note: str = ""
) -> str:
    """A whole document. `citations` are those in it; the words at `chosen` get the id "chosen", to be scrolled to."""
    middle = chosen.start if chosen else 0
    first = max(0, min(middle - MAX_SHOWN // 2, len(text) - MAX_SHOWN))
    window = Span(first, min(len(text), first + MAX_SHOWN))
    if len(window) < len(text):
        note = f"{note} A long document: characters {window.start:,} to {window.end:,} of {len(text):,} are shown.".strip()
    body = _regions(text, window, [c for c in citations if _holds(text, c)], joined(text, document.left_out), chosen)
    known = (document.metadata.publisher, document.metadata.author, date_words(document.metadata.date))
    source = " · ".join(value or f"{name} unknown" for name, value in zip(("publisher", "author", "date"), known, strict=True))
    return (
        f'<div class="panel document">{line(document.title or document.id, "title", "h2")}{line(source, "source")}'
        f"{line(f'{document.id}, {len(text):,} characters', 'fine')}{line(note, 'note')}"
        f'<div class="text whole" dir="auto">{body}</div>'
        '<button type="button" class="button back">Back to the conversation</button></div>'
    )


def sources_html(index: Index | None, note: str = "") -> str:
    """The table of documents: what is known of each, its length, what is left out and why."""
    if index is None:
        return f'<div class="panel">{line(note, "note")}</div>'
    rows = []
    for number, document in enumerate(index.documents[:MAX_ROWS]):
        text = index.text(number) if document.left_out else ""
        parts = "".join(
            f"<details><summary>{visible(p.reason)}, {len(p.span):,} characters</summary>"
            f'<div class="text small" dir="auto">{visible(p.span.of(text)[:2000])}</div></details>'
            for p in joined(text, document.left_out)
        )
        same = (
            () if document.copy_of is None else (f"Nearly the same text as {index.documents[document.copy_of].id}, counted once",)
        )
        parts += "".join(line(n, "fine") for n in (*same, *document.notes))
        name = line(document.id, "fine") if document.title else ""
        rows.append(
            f'<tr><td><button type="button" class="link" data-document="{escape(document.id)}" dir="auto">'
            f"{visible(document.title or document.id)}</button>{name}</td>"
            f'<td class="number" data-label="Date">{visible(date_words(document.metadata.date) or "unknown")}</td>'
            f'<td class="number" data-label="Characters">{document.characters:,}</td></tr>'
            f'<tr><td class="parts fine" colspan="3">{f"Left out, never quoted: {parts}" if parts else "Nothing left out"}'
            "</td></tr>"
        )
    skipped = "".join(
        f"<li><bdi>{visible(s['path'])}</bdi>: {visible(s['reason'])}</li>" for s in index.manifest.get("skipped", ())
    )
    skipped = f'<h3>Files that were not indexed</h3><ul class="fine">{skipped}</ul>' if skipped else ""
    counts = index.manifest["counts"]
    more = line(f"The first {MAX_ROWS:,} documents are listed.", "fine") if len(index.documents) > MAX_ROWS else ""
    made = f"{counts['documents']:,} documents, {counts['passages']:,} passages, {counts['sentences']:,} sentences"
    created = str(index.manifest.get("created", ""))[:16].replace("T", " ")
    made += f". Indexed {created} UTC with {index.manifest['encoder']['fingerprint']}."
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Document", "Date", "Characters"))
    return (
        f'<div class="panel sources">{line(note, "note")}<table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{more}{skipped}"
        + "".join(line(n, "fine") for n in index.manifest.get("notes", ()))
        + line(made, "fine")
        + "</div>"
    )
