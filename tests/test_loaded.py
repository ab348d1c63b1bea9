"""Pieces to one text with blocks and places; what a file says of itself, cleaned; places in words."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import LoadError, Metadata, Span
from index.loaded import Loaded, Piece, assemble, day_of, in_words, merged, stated
from index.records import Location
from index.segment import segment


def page(label: str, start: int = 0, end: int = 1) -> Location:
    return Location(Span(start, end), "page", label)


PIECES = st.lists(
    st.builds(Piece, st.text(max_size=30), st.sampled_from(["paragraph", "heading", "item", "row", "record"]), st.integers(0, 3)),
    max_size=8,
)


@given(PIECES)
def test_pieces_become_a_text_with_blocks_that_fit(pieces: list[Piece]) -> None:
    """Every block slices to its piece, only white space stands between, and the segments of it all lie inside."""
    try:
        loaded = assemble(pieces, "a.docx")
    except LoadError as error:
        assert str(error).startswith("a.docx: empty")
        return
    loaded.text.encode("utf-8")
    position = 0
    for block in loaded.blocks:
        assert not loaded.text[position : block.span.start].strip() and block.span.start <= block.body.start < block.body.end
        position = block.span.end
    assert position == len(loaded.text)
    for sentence in segment(loaded.text, loaded.blocks)[1]:
        assert sentence.span.of(loaded.text).strip() == sentence.span.of(loaded.text) != ""
    assert Loaded.from_dict(loaded.to_dict()) == loaded


def test_places_move_with_their_pieces() -> None:
    """A place within a piece is one within the text, and the number of its first glyph moves with what is trimmed."""
    first = Piece("  one", locations=(Location(Span(0, 5), "page", "1", glyph=10),))
    second = Piece("two", locations=(Location(Span(0, 3), "page", "2", glyph=0),))
    loaded = assemble([first, second], "a.pdf")
    assert loaded.text == "one\n\ntwo"
    assert [(x.span, x.label, x.glyph) for x in loaded.locations] == [(Span(0, 3), "1", 12), (Span(5, 8), "2", 0)]


@pytest.mark.parametrize(
    ("labels", "words"),
    [([], ""), (["7"], "page 7"), (["7", "7"], "page 7"), (["7", "8"], "pages 7 and 8"), (["7", "8", "9"], "pages 7 to 9"),
     (["7", "9", "12"], "pages 7, 9 and 12")],
)  # fmt: skip
def test_places_in_words(labels: list[str], words: str) -> None:
    """As a person would cite them."""
    assert in_words([page(label) for label in labels]) == words


def test_sections_in_words() -> None:
    """The path of headings, in quotation marks."""
    assert in_words([Location(Span(0, 1), "section", "A > B", "b1")]) == "section “A > B”"


@pytest.mark.parametrize(
    ("value", "day"),
    [("D:20200306120000+01'00'", "2020-03-06"), ("D:2020", "2020"), ("2020-03-06T10:00:00Z", "2020-03-06"), ("2020-03", "2020-03"),
     ("6 March 2020", "2020-03-06"), ("March 6, 2020", "2020-03-06"), (datetime(2020, 3, 6, 1), "2020-03-06"), (2020, "2020"),
     ("2020-13-01", None), ("soon", None), ("", None), (None, None), ("D:99999999", None), (["2020"], None), ("20200306", None), ("03/06/2020", None)],
)  # fmt: skip
def test_dates_of_files(value: object, day: str | None) -> None:
    """In the catalogue's three forms; what is no date is nothing."""
    assert day_of(value) == day


def test_what_a_file_says_of_itself_is_cleaned() -> None:
    """White space collapsed; the names of programs and files are no titles; control characters cannot act."""
    assert stated(title=" On \n bridges ", author="A\x1b[31m", language="en-GB") == Metadata(
        title="On bridges", author="A\ufffd[31m", language="en-GB"
    )
    for title in ("Microsoft Word - minutes final.doc", "minutes.docx", "Untitled", "", 7):
        assert stated(title=title).title is None
    assert stated(language="the English language").language is None


def test_the_catalogue_comes_before_the_file() -> None:
    """Only what a person left out is taken from the file, and named."""
    known, taken = merged(Metadata(title="Said"), Metadata(title="Found", author="Ann Lee"))
    assert known == Metadata(title="Said", author="Ann Lee") and taken == ("author",)
