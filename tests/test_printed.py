"""A page as printed: the picture, the marks over it, and a plain sentence when there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import WordEncoder
from test_load_pdf import lines, make
from test_render import HOSTILE, Elements, cite

from index import Index, LoadError, Span, build_index, open_index
from index.page_view import PageView
from index.records import Location
from qa.converse import Chat
from qa.opening import Opened, open_words
from qa.places import Places
from qa.printed import UNMARKED, marks_on, page_html
from qa.talk import Talk

FIRST = "The old bridge is long,|and it is red. It is shut."


class Page(Elements):
    """The elements of a page as printed; its only picture and its only styles are those of ours."""

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        if tag == "img":
            assert re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=]*", known.pop("src"))
            self.picture = known.pop("alt")
            assert not known
            return
        assert tag in ("div", "p", "h2", "button", "mark", "span", "figure", "form", "input", "label", "details", "summary"), tag
        assert re.fullmatch(r"(?:(?:left|top|width|height):-?\d+\.\d{3}%;?){4}", known.pop("style", "left:0.000%;" * 4)), known
        assert not [name for name in known if name.startswith("on") or name in ("href", "src")]
        super().handle_starttag(tag, list(known.items()))

    def buttons(self) -> dict[str, dict[str, str]]:
        return {a.get("aria-label", t): a for tag, a, t in self.all if tag == "button"}

    def marks(self) -> list[tuple[str | None, str | None, str]]:
        return [(a.get("data-number"), a.get("id"), t) for tag, a, t in self.all if tag == "mark"]


def viewed(*boxes, pages: int = 9):  # type: ignore[no-untyped-def]
    return lambda index, number, page, runs: PageView(b"png", boxes, pages)


def refused(index: Index, number: int, page: int, runs: list[tuple[int, int]]) -> PageView:
    raise LoadError("a.pdf: the file has changed since it was indexed; build the index again")


def opened(text: str, citations=(), chosen: Span | None = None, runs=((0, 0),), **more) -> Opened:
    """A text, all on page 2, whose lines begin at (character, letter)."""
    ends = [start for start, _ in runs[1:]] + [len(text)]
    found = [Location(Span(a, b), "page", "2", "", g) for (a, g), b in zip(runs, ends, strict=True)]
    document = SimpleNamespace(id="a.pdf", title=None, metadata=SimpleNamespace(publisher=None, author=None, date=None))
    places = Places(lambda a, b: [at for at in found if at.span.start < b and a < at.span.end], {"document": "a.pdf"}, True)
    return Opened(SimpleNamespace(documents=[document]), 0, text, places, tuple(citations), chosen, **more)  # type: ignore[arg-type]


def test_each_line_of_a_quotation_is_marked_and_its_words_are_there_once() -> None:
    """The chosen one is what is scrolled to; each quotation gets the boxes of its own letters."""
    text = "They came. It rained."
    two = [cite(text, 0, 10, document="a.pdf"), cite(text, 11, 21, 2, document="a.pdf")]
    at = opened(text, two, Span(11, 21), runs=((0, 100), (5, 200), (11, 300)))
    assert [mark.runs for mark in marks_on(at, 2)] == [((100, 5), (200, 5)), ((300, 10),)]
    page = Page(page_html(at, 2, viewed((0.1, 0.2, 0.3, 0.25), None, (0.1, 0.4, 0.5, 0.45))))
    assert page.marks() == [("1", None, "They came."), ("2", "chosen", "It rained.")]
    both = Page(page_html(at, 2, viewed(*[(0.1, 0.2, 0.3, 0.25)] * 3)))
    assert both.marks() == [("1", None, "They came."), (None, None, ""), ("2", "chosen", "It rained.")]
    assert "left:10.000%;top:20.000%;width:20.000%;height:5.000%" in page_html(at, 2, viewed((0.1, 0.2, 0.3, 0.25)))
    assert both.picture.startswith("Page 2 of 9 as printed") and UNMARKED not in str(both.all)


def test_ways_lead_to_other_pages_and_to_the_text() -> None:
    """To the chosen words when the page has them, else to where its text begins; the first and the last page have one neighbour."""
    text = "They came. It rained."
    at = opened(text, [cite(text, 0, 10, document="a.pdf")], Span(0, 10))
    buttons = Page(page_html(at, 2, viewed())).buttons()
    assert (buttons["Previous page"]["data-printed"], buttons["Next page"]["data-printed"]) == ("1", "3")
    assert "data-first" not in buttons["Text"] and buttons["Text"]["data-document"] == "a.pdf"
    first, last = (Page(page_html(at, page, viewed())) for page in (1, 9))
    assert "Previous page" not in first.buttons() and "Next page" not in last.buttons()
    assert first.buttons()["Text"]["data-first"] == "0"
    assert [a.get("id") for tag, a, _ in first.all if tag == "figure"] == ["chosen"]


def test_words_that_cannot_be_marked_are_told() -> None:
    """A page that was read from its picture is shown all the same, and is what is scrolled to."""
    text = "They came."
    at = opened(text, [cite(text, document="a.pdf")], Span(0, 10), runs=((0, -1),))
    page = Page(page_html(at, 2, viewed()))
    assert page.texts("note") == [UNMARKED] and page.marks() == []
    assert [a.get("id") for tag, a, _ in page.all if tag == "figure"] == ["chosen"]


def test_a_page_that_cannot_be_shown_is_told_and_its_text_stays() -> None:
    """In one sentence in its place, with the way to the text."""
    text = "They came."
    page = Page(page_html(opened(text, [cite(text, document="a.pdf")], Span(0, 10)), 2, refused))
    assert page.texts("note") == [
        "The page cannot be shown as printed. a.pdf: the file has changed since it was indexed; build the index again. "
        "The text, as it was indexed, can still be read."
    ]
    assert "figure" not in page.tags and "Text" in page.buttons() and "Next page" not in page.buttons()
    assert [t for _, a, t in page.all if a.get("id") == "chosen"] == page.texts("note")


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_of_a_document_is_markup(words: str) -> None:
    """Its words, its title, its name, a remark, an error."""
    at = opened(words, [cite(words, document="a.pdf")], Span(0, len(words)), note=words, question=words)
    document = at.index.documents[0]
    document.id = document.title = document.metadata.author = words
    page = Page(page_html(at, 2, viewed((0.1, 0.2, 0.3, 0.25))))
    assert page.marks() == [("1", "chosen", words)] and page.texts("title") == [words] == page.texts("note")

    def failing(index: Index, number: int, page: int, runs: list[tuple[int, int]]) -> PageView:
        raise LoadError(words)

    assert words in "".join(Page(page_html(at, 2, failing)).texts("note"))


# --- from the button to the picture ---


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """A chat over a PDF of two pages with words and one without, and a text."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "a.pdf").write_bytes(
        make(lines(FIRST), lines("The new bridge is short."), lambda canvas: canvas.rect(90, 90, 200, 200))
    )
    (sources / "b.txt").write_text("They came.")
    build_index(sources, tmp_path / "index", encoder=WordEncoder())
    index = open_index(tmp_path / "index")
    chat = Chat(SimpleNamespace(index=lambda: index, sources=sources))  # type: ignore[arg-type]
    yield chat
    chat.pages.close()


def test_a_quotation_is_shown_on_its_page(chat: Chat) -> None:
    """With a box on each of its lines; from the page before, too; a file that has changed is not shown."""
    index = chat.library.index()
    assert index
    at = open_words(index, "a.pdf", Span(*(index.text(0).index(word) for word in ("bridge", " It is shut"))))
    words = {name: str(value) for name, value in at.places.opener.items()}
    page = Page(chat.document(Talk(), words | {"printed": "1"}))
    assert page.marks() == [("1", "chosen", "bridge is long, and it is red."), (None, None, "")]
    assert page.picture.startswith("Page 1 of 3 as printed") and page.texts("place") == ["Page 1"]
    other = Page(chat.document(Talk(), words | {"printed": "2"}))
    assert other.marks() == [] and other.buttons()["Previous page"]["data-start"] == words["start"]
    to_text = {name.removeprefix("data-"): value for name, value in other.buttons()["Text"].items()}
    text = chat.document(Talk(), to_text)
    assert 'id="chosen" tabindex="-1">The new bridge is short.' in text and "Page 2 as printed" in text
    drawn = Page(chat.document(Talk(), {"document": "a.pdf", "printed": "3"}))
    assert drawn.picture.startswith("Page 3 of 3") and drawn.marks() == [] and drawn.texts("note") == []
    assert int(drawn.buttons()["Text"]["data-first"]) == len(index.text(0)) - 1
    (chat.library.sources / "a.pdf").write_bytes(make(lines("Other words.")))
    assert "figure" in Page(chat.document(Talk(), words | {"printed": "1"})).tags  # that of the file that was indexed is kept
    assert "has changed since it was indexed" in chat.document(Talk(), words | {"printed": "4"})


def test_a_forged_page_shows_nothing(chat: Chat) -> None:
    """A sentence instead."""
    for printed in ("0", "-1", "99", "x", "", None, "1" * 30, ["1"]):
        shown = chat.document(Talk(), {"document": "a.pdf", "printed": printed})
        assert "<img" not in shown and re.search("cannot be shown as printed|not part of the conversation", shown)


def test_a_text_has_no_printed_pages(chat: Chat) -> None:
    """It is shown as text, also when a page of it is asked for."""
    assert "They came." in chat.document(Talk(), {"document": "b.txt", "printed": "1"})
    assert "as printed" not in chat.document(Talk(), {"document": "b.txt"})
