"""Documents as HTML, to be read with their quotations marked and their lines numbered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from index import Span
from index.records import IndexedDocument, LeftOut

from .answer import Citation
from .copying import copy_menu
from .markup import escape, line, marked, readable
from .places import Places, line_ends, outline_html, place_html, rows_html, switch_html
from .plain import date_words

MAX_SHOWN = 400_000
"""Characters of a document that one page shows; of a longer one, those around the chosen words, and buttons to go on."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


def holds(text: str | None, citation: Citation) -> bool:
    """Whether a text still has the quotation where it stood."""
    return text is not None and text[citation.start : citation.end] == citation.text


def line_number(text: str, position: int) -> int:
    """The line, counted from 1, in which a character stands."""
    return line_ends(text[:position]) + 1


def span_html(
    text: str, span: Span, citations: Iterable[Citation], left_out: Iterable[LeftOut], chosen: Span | None = None
) -> str:
    """`text` within `span`: citations marked, with their highlights; what is never cited dimmed and labelled.

    A region that begins before `span` is marked on, but its label, and the id "chosen", stand only where it begins.
    """
    regions = [(Span(c.start, c.end), c, "") for c in citations] + [(part.span, None, part.reason) for part in left_out]
    if chosen and not any(region == chosen for region, _, _ in regions):
        regions.append((chosen, None, ""))
    parts, position = [], span.start
    for region, citation, reason in sorted(regions, key=lambda r: r[0]):
        here = Span(max(region.start, position), max(region.start, position, min(region.end, span.end)))
        if not len(here) or here.start >= span.end:
            continue
        begins = here.start == region.start
        parts.append(readable(text[position : here.start]))
        if reason:
            label = f' data-reason="Left out, never quoted: {escape(reason)}"' if begins else ""
            parts.append(f'<span class="left-out"{label}>{readable(here.of(text))}</span>')
        else:
            number = f' data-number="{citation.number}"' if citation and begins else ""
            focus = ' id="chosen"' if region == chosen and begins else ""
            reached = ' tabindex="-1"' if number or focus else ""
            inner, differing = (citation.highlights, citation.differing) if citation else ((), ())
            parts.append(f"<mark{number}{focus}{reached}>{marked(text, here, inner, differing)}</mark>")
        position = here.end
    return "".join(parts) + readable(text[position : span.end])


def lines_html(
    text: str,
    span: Span,
    citations: Sequence[Citation],
    left_out: Sequence[LeftOut],
    chosen: Span | None = None,
    first: int | None = None,
) -> str:
    """The same, each line of the text in an element that knows its number in the document; that of character `first` is "chosen"."""
    number, position, parts = line_number(text, span.start), span.start, []
    while position < span.end:
        match = _LINE.match(text, position)
        here = Span(position, min(match.end() if match else span.end, span.end))
        near = [c for c in citations if c.start < here.end and here.start < c.end]
        dimmed = [part for part in left_out if part.span.start < here.end and here.start < part.span.end]
        focus = chosen if chosen and chosen.start < here.end and here.start < chosen.end else None
        begins = ' id="chosen" tabindex="-1"' if first is not None and here.start <= first < here.end else ""
        parts.append(f'<span class="numbered" data-line="{number}"{begins}>{span_html(text, here, near, dimmed, focus)}</span>')
        number, position = number + 1, here.end
    return "".join(parts)


def joined(text: str, left_out: Iterable[LeftOut]) -> list[LeftOut]:
    """Neighbours that are left out for one reason, as one part."""
    parts: list[LeftOut] = []
    for part in sorted(left_out, key=lambda p: p.span):
        if parts and parts[-1].reason == part.reason and not text[parts[-1].span.end : part.span.start].strip():
            part = LeftOut(Span(parts.pop().span.start, part.span.end), part.reason)
        parts.append(part)
    return parts


def document_html(
    document: IndexedDocument,
    text: str,
    citations: Sequence[Citation] = (),
    chosen: Span | None = None,
    note: str = "",
    first: int | None = None,
    link: Callable[[Citation], str] = lambda _: "",
    places: Places = Places(),  # noqa: B008 - frozen
) -> str:
    """A whole document, to be read. `citations` are those in it; the words at `chosen` get the id "chosen", to be scrolled to.

    `link` gives the query string of a quotation, `places` where it stands in the file. Of a document longer than MAX_SHOWN the part
    around the chosen words is shown, or from character `first`, whose line is then what is scrolled to.
    """
    begin = (chosen.start if chosen else 0) - MAX_SHOWN // 2 if first is None else first
    begin = max(0, min(begin, len(text) - MAX_SHOWN))
    window = Span(begin, min(len(text), begin + MAX_SHOWN))
    here = [c for c in citations if holds(text, c)]
    body = lines_html(text, window, here, joined(text, document.left_out), chosen, None if chosen else first)
    size = f"{document.id}, {len(text):,} characters, {line_number(text, len(text)):,} lines"
    part = _part(text, window, places)
    stands = next((c.number for c in here if Span(c.start, c.end) == chosen), None)
    at_hand, switches = "", at_hand_html(None, stands, switch_html(places, begin if first is None else first, window.end))
    for c in here:
        actions = f"{place_html(places, c)}{copy_menu(c, link(c), whole=True)}{rows_html(places, text, c)}"
        at_hand += at_hand_html(c.number, stands, actions)
        switches += at_hand_html(c.number, stands, switch_html(places, c.start, c.end, c))
    return (
        f'<div class="panel document">{head_html(document, size)}{line(note, "note")}{part}{outline_html(places, text, window)}'
        f'{_tools(here, at_hand)}<div class="text whole" dir="auto" data-start="{window.start}">{body}</div>{part}{ways_html(switches)}</div>'
    )


def head_html(document: IndexedDocument, size: str) -> str:
    """Title and source of a document, what is unknown of it named, and `size`: its id and how much there is of it."""
    known = (document.metadata.publisher, document.metadata.author, date_words(document.metadata.date))
    source = " · ".join(value or f"{name} unknown" for name, value in zip(("publisher", "author", "date"), known, strict=True))
    return f"{line(document.title or document.id, 'title', 'h2')}{line(source, 'source')}{line(size, 'fine')}"


def _part(text: str, window: Span, places: Places) -> str:
    """Which part of a long document is shown, and the ways to its neighbours; nothing for a document that is shown whole."""
    if len(window) == len(text):
        return ""
    ways = (("Earlier part", window.start - MAX_SHOWN, window.start > 0), ("Later part", window.end, window.end < len(text)))
    buttons = "".join(
        f'<button type="button" class="link" {places.opens(first=max(0, first))}>{name}</button>'
        for name, first, there in ways
        if there
    )
    shown = f"A long document: characters {window.start:,} to {window.end:,} of {len(text):,} are shown."
    return f'<div class="part-shown">{line(shown, "fine")}{buttons}</div>'


def _tools(citations: Sequence[Citation], at_hand: str) -> str:
    """From quotation to quotation, a search in the text, and the copying of the quotation at hand; the script of the page moves and counts."""
    steps = (
        '<div class="steps"><button type="button" class="small" data-step="-1" aria-label="Previous quotation">↑</button>'
        '<span class="where" role="status"></span>'
        '<button type="button" class="small" data-step="1" aria-label="Next quotation">↓</button></div>'
    )
    return (
        f'<div class="tools" role="group" aria-label="In this document">{steps if citations else ""}'
        '<div class="finder"><label>Find <input type="search" class="find" autocomplete="off" spellcheck="false"></label>'
        '<span class="found" role="status"></span>'
        '<button type="button" class="small" data-find="-1" aria-label="Previous place">↑</button>'
        '<button type="button" class="small" data-find="1" aria-label="Next place">↓</button></div>'
        f"{at_hand}</div>"
    )


def at_hand_html(number: int | None, stands: int | None, markup: str) -> str:
    """What can be done where the reader stands: at quotation `number`, or at none. It is hidden while that is another than `stands`."""
    if not markup:
        return ""
    hidden = "" if number == stands else " hidden"
    return f'<div class="at-hand" data-number="{number or ""}"{hidden}>{markup}</div>'


def ways_html(switches: str = "") -> str:
    """The ways out of a text or a page, always in sight: the switch between the two, and back to the conversation."""
    return f'<div class="ways">{switches}<button type="button" class="button back">Back to the conversation</button></div>'
