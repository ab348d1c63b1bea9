"""A page of a document as it was printed, as HTML: its picture, and over it the marks of the quotations that stand there."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index import Index, LoadError, Span
from index.page_view import Box, PageView, letters_on_pages

from .answer import Citation
from .copying import copy_menu, link_of
from .markup import line, visible
from .opening import Opened
from .places import Places, place_html, shown_as_html
from .viewer import at_hand_html, head_html, holds, ways_html

Viewing = Callable[[Index, int, int, list[tuple[int, int]]], PageView]
"""What makes the picture of a page, as `index.pages.Pages.view` does."""

CHOSEN = ' id="chosen"'
UNMARKED = "Where on the page the quoted words stand is not known, so they are not marked."


@dataclass(frozen=True, slots=True)
class Mark:
    """A quotation that stands on a page, wholly or in part, with the runs of its letters there; none where they are not known."""

    citation: Citation
    runs: tuple[tuple[int, int], ...]


def page_html(opened: Opened, page: int, viewing: Viewing) -> str:
    """Page number `page` of a document, its quotations marked, with the ways to its neighbours and back to its text.

    Where the page cannot be shown, the reason stands in its place. What is to be scrolled to has the id "chosen".
    """
    marks, size, steps = marks_on(opened, page), opened.document.id, ""
    chosen = next((m.citation for m in marks if Span(m.citation.start, m.citation.end) == opened.chosen), None)
    try:
        view = viewing(opened.index, opened.number, page, [run for mark in marks for run in mark.runs])
    except LoadError as error:
        told = line(f"The page cannot be shown as printed. {error}. The text, as it was indexed, can still be read.", "note")
        shown = f'<div id="chosen" tabindex="-1">{told}</div>'
    else:
        size, steps = f"{size}, page {page:,} of {view.pages:,}", _steps(opened.places, page, view.pages)
        shown = _picture(page, view, marks, chosen)
    at_hand = "".join(_at_hand(opened, mark.citation, chosen) for mark in marks)
    switch = shown_as_html(page, as_text=_to_text(opened, page, chosen))
    return (
        f'<div class="panel document">{head_html(opened.document, size)}{line(opened.note, "note")}'
        f'<div class="tools" role="group" aria-label="In this document">{steps}{at_hand}</div>{shown}{ways_html(switch)}</div>'
    )


def marks_on(opened: Opened, page: int) -> list[Mark]:
    """The quotations of an opened document that stand on a page, in their order."""
    found = []
    for citation in opened.citations:
        if holds(opened.text, citation):
            runs = letters_on_pages(opened.places.of(citation), citation.start, citation.end)
            if page in runs:
                found.append(Mark(citation, tuple(runs[page])))
    return found


def _at_hand(opened: Opened, citation: Citation, chosen: Citation | None) -> str:
    menu = copy_menu(citation, link_of(citation, opened.text, opened.question, opened.where), whole=True)
    return at_hand_html(citation.number, chosen.number if chosen else None, place_html(opened.places, citation) + menu)


def _to_text(opened: Opened, page: int, chosen: Citation | None) -> str:
    """The attributes of the button that leads to the text: to the chosen quotation when it stands on the page, else to where the page begins."""
    if chosen:
        return opened.places.opens(chosen)
    starts = (found.span.start for found in opened.places.locate(0, len(opened.text)) if int(found.label) >= page)
    return opened.places.opens(first=next(starts, max(0, len(opened.text) - 1)))


def _steps(places: Places, page: int, pages: int) -> str:
    """To the page before, to the next one, and to any by its number."""
    before, after = (
        f'<button type="button" class="small" {places.opens(printed=to)} aria-label="{name} page">{sign}</button>'
        if 1 <= to <= pages
        else ""
        for to, name, sign in ((page - 1, "Previous", "←"), (page + 1, "Next", "→"))
    )
    return (
        f'<form class="turn-to" {places.opens()}>{before}<label>Page <input type="number" name="printed" min="1" '
        f'max="{pages}" value="{page}" required></label><span class="fine">of {pages:,}</span><button class="small">Go</button>{after}</form>'
    )


def _picture(page: int, view: PageView, marks: Sequence[Mark], chosen: Citation | None) -> str:
    """The picture of a page under its marks; what is scrolled to is the chosen quotation where it is marked, else the page."""
    boxes, over, remark = iter(view.boxes), "", ""
    for mark in marks:
        placed = [box for _, box in zip(mark.runs, boxes, strict=False) if box]  # in this order no box of the next mark is taken
        over += _marks(placed, mark.citation, mark.citation is chosen)
        remark = remark if placed else line(UNMARKED, "note")
    name, focus = f"Page {page} of {view.pages} as printed", "" if CHOSEN in over else CHOSEN
    png = base64.b64encode(view.png).decode("ascii")
    picture = f'<img src="data:image/png;base64,{png}" alt="{name}; “Text” shows its words">'
    return f'{remark}<figure class="printed" aria-label="{name}" tabindex="-1"{focus}>{picture}{over}</figure>'


def _marks(boxes: Sequence[Box], citation: Citation, chosen: bool) -> str:
    """A mark for each line of a quotation; its words stand in the first, for those who do not see the picture."""
    here, focus = (' class="here"', CHOSEN) if chosen else ("", "")
    named = f' data-number="{citation.number}" tabindex="-1"{focus}'
    words = f'<span class="unseen-label" dir="auto">{visible(citation.text)}</span>'
    return "".join(
        f'<mark{here}{"" if number else named} style="{_style(box)}">{"" if number else words}</mark>'
        for number, box in enumerate(boxes)
    )


def _style(box: Box) -> str:
    """Where a box lies, in shares of the picture, so that it stays there at every size."""
    left, top, right, bottom = box
    return f"left:{left:.3%};top:{top:.3%};width:{right - left:.3%};height:{bottom - top:.3%}"
