"""Where quotations stand in their file, as HTML: the page to be opened as printed, the row as a table, the sections to jump to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from index import Span
from index.loaded import in_words
from index.records import Location

from .answer import Citation
from .markup import escape, line, marked, readable, visible
from .plain import counted

FEW_SECTIONS = 8
"""A longer outline is folded away."""

MAX_SECTIONS = 1_000
"""Sections that an outline lists."""

MAX_ROWS = 3
"""Rows of a quotation that are shown as tables."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the text of one document stands in its file, and what opens it.

    `locate` gives the locations of the characters `[start, end)`, as `Index.locations` does; `opener` are the data attributes of a
    button that opens the document as it is open now; `has_pages`: its pages can be shown as printed.
    """

    locate: Callable[[int, int], Sequence[Location]] = lambda start, end: ()
    opener: Mapping[str, str] = field(default_factory=dict)
    has_pages: bool = False

    def of(self, citation: Citation) -> Sequence[Location]:
        """Where a quotation stands."""
        return self.locate(citation.start, citation.end)

    def opens(self, citation: Citation | None = None, **more: int) -> str:
        """The attributes of a button that opens the document at a quotation, or else as it is open now; `more` are added to them."""
        named = dict(self.opener)
        if citation and "turn" in named and named.get("place", "0") == "0":
            named["number"] = str(citation.number)
        named |= {name: str(value) for name, value in more.items()}
        return " ".join(f'data-{name}="{escape(value)}"' for name, value in named.items())

    def page_at(self, start: int, end: int) -> int | None:
        """The page on which the first of the characters `[start, end)` that stands on one does; None where there is none."""
        return next((int(found.label) for found in self.locate(start, end) if found.kind == "page"), None)


def place_html(places: Places, citation: Citation) -> str:
    """Where a quotation stands, in words: "Page 7", "Section “A > B”"; nothing where that is not known."""
    words = in_words(places.of(citation))
    return line(words[:1].upper() + words[1:], "place")


def switch_html(places: Places, start: int, end: int, citation: Citation | None = None) -> str:
    """The switch from the text to the page that the characters `[start, end)`, of a quotation, begin on; nothing without pages."""
    page = places.page_at(start, end) or 1
    return shown_as_html(page, as_printed=places.opens(citation, printed=page)) if places.has_pages else ""


def shown_as_html(page: int, as_text: str = "", as_printed: str = "") -> str:
    """The switch between a text and page number `page` as printed. One of the two is shown; of the other, the attributes of its button."""
    buttons = "".join(
        f'<button type="button" class="small" aria-pressed="{str(not opens).lower()}" {opens}>{name}</button>'
        for name, opens in (("Text", as_text), (f"Page {page} as printed", as_printed))
    )
    return f'<div class="shown-as" role="group" aria-label="Show the document as">{buttons}</div>'


# --- rows of a table ---


def rows_html(places: Places, text: str, citation: Citation) -> str:
    """The rows that a quotation stands in, each as a table of columns and values, with the cells that it cites marked."""
    rows = [found for found in places.of(citation) if found.kind == "row"]
    return "".join(_row(row, text, citation) for row in rows[:MAX_ROWS])


def _row(row: Location, text: str, citation: Citation) -> str:
    """One row; its text has "Column: value" a line, as `load_table` writes it."""
    cells = list(_cells(row.span, text))
    quoted = Span(citation.start, citation.end)
    answering = [part for part in (*citation.highlights, *citation.differing) if any(part.overlaps(cell) for _, cell in cells)]
    cited = answering or ([] if all(quoted.overlaps(cell) for _, cell in cells) else [quoted])
    lines = "".join(
        f'<tr><th scope="row" dir="auto">{visible(column)}</th><td dir="auto">{_value(text, cell, cited, citation)}</td></tr>'
        for column, cell in cells
    )
    name = f"Row {escape(row.label)}"
    return (
        f'<details class="table-row" open><summary>{name} as a table</summary><div class="scrolls" tabindex="0" role="region" '
        f'aria-label="{name}"><table class="record"><tbody>{lines}</tbody></table></div></details>'
    )


def _cells(row: Span, text: str) -> Iterator[tuple[str, Span]]:
    """The columns of a row, each with the span of its value."""
    start = row.start
    for words in row.of(text).split("\n"):
        column, colon, value = words.partition(": ")
        end = start + len(words)
        yield column if colon else "", Span(end - len(value if colon else words), end)
        start = end + 1


def _value(text: str, cell: Span, cited: Sequence[Span], citation: Citation) -> str:
    if not any(part.overlaps(cell) for part in cited):
        return readable(cell.of(text))
    return f"<mark>{marked(text, cell, citation.highlights, citation.differing)}</mark>"


# --- sections ---


def outline_html(places: Places, text: str, window: Span) -> str:
    """The sections of a document as nested lists of buttons that lead to them; nothing without sections.

    Those within `window`, the part of the text that the page has, are reached by their line, others by opening their part.
    """
    if not any(found.kind == "section" for found in places.locate(window.start, window.end)):
        return ""
    sections = [found for found in places.locate(0, len(text)) if found.kind == "section"]
    parts, before, number, position = [], -1, 1, 0
    for section, (depth, name) in zip(sections[:MAX_SECTIONS], _nested(sections), strict=False):
        number, position = number + line_ends(text[position : section.span.start]), section.span.start
        within = window.start <= position < window.end
        goes = f'data-line="{number}"' if within else places.opens(first=position)
        parts.append("<ul><li>" if depth > before else "</li></ul>" * (before - depth) + "</li><li>")
        parts.append(f'<button type="button" class="link" dir="auto" {goes}>{visible(name)}</button>')
        before = depth
    more = line(f"The first {MAX_SECTIONS:,} of {len(sections):,} are listed.", "fine") if len(sections) > MAX_SECTIONS else ""
    unfolded = " open" if len(sections) <= FEW_SECTIONS else ""
    count = counted(len(sections), "section")
    return (
        f'<details class="outline"{unfolded}><summary>Contents, {count}</summary><nav aria-label="Contents">{"".join(parts)}'
        f"{'</li></ul>' * (before + 1)}{more}</nav></details>"
    )


def _nested(sections: Sequence[Location]) -> Iterator[tuple[int, str]]:
    """How deep each section lies, from 0, and its own heading: a label begins with that of the section around it."""
    around: list[str] = []
    for section in sections:
        while around and not section.label.startswith(f"{around[-1]} > "):
            around.pop()
        yield len(around), section.label.removeprefix(f"{around[-1]} > ") if around else section.label
        around.append(section.label)


def line_ends(text: str) -> int:
    """How many lines end in a text, in whichever way."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
