"""Where quotations stand, as HTML: rows as tables, sections to jump to, the switch to the page as printed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from test_render import HOSTILE, cite, document_of, safe

from index import Span
from index.load_table import load_table
from index.load_text import load_markdown
from index.records import Location
from qa import viewer
from qa.places import MAX_SECTIONS, Places, outline_html, place_html, rows_html, switch_html

TABLE = b"Ship,Captain,Remark\nSwallow,Jane Roe,It came. It left.\nHeron,,\nTern,Ann Lee,It sank.\n"
GUIDE = "Before.\n\n# Guide\n\n## Opening\r\n\nAt nine.\n\n### Winter\n\nAt ten.\n\n## Fees > fines\n\nTwelve pounds.\n"


def places_of(locations: Iterable[Location], **more) -> Places:
    """The places of a text whose locations these are."""
    found = tuple(locations)
    return Places(lambda start, end: [at for at in found if at.span.start < end and start < at.span.end], **more)


def pages(*spans: tuple[int, int, str]) -> Places:
    return places_of((Location(Span(a, b), "page", label) for a, b, label in spans), has_pages=True, opener={"document": "a.pdf"})


def buttons(markup: str) -> list[tuple[str, dict[str, str]]]:
    return [(text, attributes) for tag, attributes, text in safe(markup).all if tag == "button"]


# --- rows ---


def test_a_row_is_a_table_with_the_cited_cell_marked() -> None:
    """Its columns and values as in the file; marked is the cell with the words that answer, or with the sentence that is quoted."""
    loaded = load_table(TABLE, "a.csv")
    places, text = places_of(loaded.locations), loaded.text
    row, name = Span(0, text.index("\n\n")), text.index("Jane Roe")
    whole = cite(text, row.start, row.end, highlights=(Span(0, 4), Span(name, name + 8)))
    shown = safe(rows_html(places, text, whole))
    assert [t for tag, _, t in shown.all if tag == "th"] == ["Ship", "Captain", "Remark"]
    assert [t for tag, _, t in shown.all if tag == "td"] == ["Swallow", "Jane Roe", "It came. It left."]
    assert [t for tag, _, t in shown.all if tag == "mark"] == ["Jane Roe"] and "Row 2 as a table" in shown.texts("table-row")[0]
    left = text.index("It left")
    sentence = safe(rows_html(places, text, cite(text, left, left + 8)))
    assert [t for tag, _, t in sentence.all if tag == "mark"] == ["It came. It left."]
    plain = safe(rows_html(places, text, cite(text, row.start, row.end)))
    assert [t for tag, _, t in plain.all if tag == "mark"] == []
    assert rows_html(pages((0, len(text), "1")), text, whole) == ""


def test_empty_cells_are_left_out_of_the_table() -> None:
    """As they are of the text; a row is named by its number in the file."""
    loaded = load_table(TABLE, "a.csv")
    start = loaded.text.index("Ship: Heron")
    shown = safe(rows_html(places_of(loaded.locations), loaded.text, cite(loaded.text, start, start + 11)))
    assert [t for tag, _, t in shown.all if tag in ("th", "td", "summary")] == ["Row 3 as a table", "Ship", "Heron"]


@pytest.mark.parametrize("words", HOSTILE)
def test_a_table_is_no_markup(words: str) -> None:
    """Whatever its columns and cells hold."""
    text = f"{words}: {words}".replace("\n", " ")
    places = places_of([Location(Span(0, len(text)), "row", words)])
    shown = safe(rows_html(places, text, cite(text, highlights=(Span(0, len(text)),))))
    assert shown.texts("record")[0] == text.replace(": ", "", 1)


# --- sections ---


def outline(text: str, window: Span | None = None) -> str:
    places = places_of(load_markdown(text.encode(), "a.md").locations, opener={"document": "a.md"})
    return outline_html(places, text, window or Span(0, len(text)))


def test_sections_are_nested_and_lead_to_their_lines() -> None:
    """By their own headings, also one that has the sign in it that stands between them."""
    found = buttons(outline(GUIDE))
    assert [text for text, _ in found] == ["Guide", "Opening", "Winter", "Fees > fines"]
    assert [attributes["data-line"] for _, attributes in found] == ["3", "5", "9", "13"]
    lists = [text for tag, _, text in safe(outline(GUIDE)).all if tag == "ul"]
    assert lists == ["Winter", "OpeningWinterFees > fines", "GuideOpeningWinterFees > fines"]


def test_a_section_elsewhere_in_a_long_document_opens_its_part() -> None:
    """Within what is shown the page scrolls, beyond it the server is asked."""
    start = GUIDE.index("### Winter")
    found = dict(buttons(outline(GUIDE, Span(0, start))))
    assert found["Opening"]["data-line"] == "5" and "data-line" not in found["Winter"]
    assert (found["Winter"]["data-document"], found["Winter"]["data-first"]) == ("a.md", str(start))


def test_a_long_outline_is_folded_away() -> None:
    """And a very long one is cut, which is told; a document without sections has none."""
    assert "open" in dict(safe(outline(GUIDE)).all[-1][1]) and outline("Words.") == ""
    long = outline("".join(f"# Heading {n}\n\nWords.\n\n" for n in range(MAX_SECTIONS + 5)))
    assert "open" not in safe(long).all[-1][1] and len(buttons(long)) == MAX_SECTIONS
    assert "Contents, 1,005 sections" in long and "The first 1,000 of 1,005 are listed." in long


@pytest.mark.parametrize("words", HOSTILE)
def test_headings_of_documents_are_no_markup(words: str) -> None:
    places = places_of([Location(Span(0, 5), "section", words), Location(Span(5, 9), "section", f"{words} > {words}")])
    assert [text for text, _ in buttons(outline_html(places, "Some text", Span(0, 9)))] == [words, words]
    shown = safe(place_html(places, cite("Some text")))
    assert words in shown.texts("place")[0]


# --- pages ---


def test_the_switch_names_the_page_of_its_quotation() -> None:
    """The first of several; without a quotation that of the place shown; only documents with pages have one."""
    places = pages((0, 5, "7"), (5, 9, "8"))
    for start, end, page in ((0, 9, 7), (6, 9, 8), (50, 60, 1)):
        (as_text, text), (as_printed, printed) = buttons(switch_html(places, start, end))
        assert as_text == "Text" and text["aria-pressed"] == "true" and as_printed == f"Page {page} as printed"
        assert (printed["data-printed"], printed["data-document"], printed["aria-pressed"]) == (str(page), "a.pdf", "false")
    assert switch_html(places_of([]), 0, 5) == ""


def test_a_button_opens_its_quotation_of_the_answer() -> None:
    """Of those of an answer each its own; words that were opened by their place stay those."""
    answered = Places(opener={"turn": "0", "kind": "citations", "number": "1", "place": "0"})
    elsewhere = Places(opener={"turn": "0", "kind": "citations", "number": "1", "place": "2"})
    third = cite("They came.", number=3)
    assert (
        answered.opens(third, printed=4) == 'data-turn="0" data-kind="citations" data-number="3" data-place="0" data-printed="4"'
    )
    assert 'data-number="1"' in answered.opens() and 'data-number="1"' in elsewhere.opens(third)
    assert Places(opener={"document": 'a".pdf'}).opens(third) == 'data-document="a&quot;.pdf"'


def test_the_viewer_says_where_each_quotation_stands() -> None:
    """In words beside it, shown while the reader is at it; its reference has the same."""
    text = "They came. It rained."
    places = pages((0, 10, "1"), (11, 21, "2"))
    citations = [cite(text, 0, 10, location="page 1"), cite(text, 11, 21, 2, location="page 2")]
    shown = safe(viewer.document_html(document_of(text, "a.pdf"), text, citations, Span(11, 21), places=places))
    assert shown.texts("place") == ["Page 1", "Page 2"] and shown.texts("whole") == [text]
    assert [a["data-number"] for _, a, _ in shown.all if "at-hand" in a.get("class", "") and "hidden" not in a] == ["2", "2"]
    assert any("a.txt, page 2, characters 11 to 21" in a.get("data-copy", "") for _, a, _ in shown.all)


def test_where_a_reader_is_sent_is_a_line_with_a_name() -> None:
    """That of the first character asked for, when no words are chosen."""
    text = "One.\nTwo.\nThree."
    shown = safe(viewer.document_html(document_of(text), text, [cite(text, 0, 4)], first=6))
    assert [(a["data-line"], t) for _, a, t in shown.all if a.get("id") == "chosen"] == [("2", "Two.\n")]
