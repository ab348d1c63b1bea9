"""HTML: the main content, what the page says of itself, headings with their ids; nothing is run, nothing is fetched."""

from __future__ import annotations

import socket

import pytest

from index import LoadError, Metadata
from index.load_html import load_html
from index.loaded import Loaded
from index.segment import segment

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><meta charset="{charset}"><title>Bridge closed | Tarn Post</title>
<meta property="og:title" content="Bridge closed for repairs"><meta name="author" content="Ann Lee">
<meta property="article:published_time" content="2020-03-06T10:00:00Z"><meta property="og:site_name" content="Tarn Post">
<script>document.write("<p>Written by a script, which is never run by anything that reads this page.</p>")</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>
<main><article><h1>Bridge closed for repairs</h1>
<p>The old bridge over the Tarn was closed on Monday, the council said, because its rails were found to be loose.<br>It is old.</p>
<h2 id="costs">Costs</h2><p>The repairs will cost <b>£1,200</b> and take three weeks, according to the head of works.</p>
<ul><li>New rails on both sides</li><li>Fresh paint for the posts</li></ul>
<table><tr><th>Item</th><th>Cost</th></tr><tr><td>Rails</td><td>£800</td></tr></table>
<section id="people"><h2>Reactions</h2><p>“We are sorry,” said Bo Day, who leads the council, in a statement on Tuesday.</p></section>
<img src="http://example.invalid/a.png"><iframe src="http://example.invalid/"></iframe></article></main>
<footer><p>Copyright 2020 Tarn Post. All rights reserved.</p></footer></body></html>"""


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("the network was used")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def kinds(loaded: Loaded) -> list[tuple[str, str]]:
    return [(b.kind, b.span.of(loaded.text)) for b in segment(loaded.text, loaded.blocks)[0]]


def test_the_main_content_of_a_page() -> None:
    """Without navigation, scripts and feet; headings, items and rows as such."""
    assert kinds(load_html(PAGE.format(charset="utf-8").encode(), "a.html")) == [
        ("heading", "Bridge closed for repairs"),
        ("paragraph", "The old bridge over the Tarn was closed on Monday, the council said, because its rails were found to be loose. It is old."),
        ("heading", "Costs"),
        ("paragraph", "The repairs will cost £1,200 and take three weeks, according to the head of works."),
        ("item", "• New rails on both sides"),
        ("item", "• Fresh paint for the posts"),
        ("row", "Item | Cost"),
        ("row", "Rails | £800"),
        ("heading", "Reactions"),
        ("paragraph", "“We are sorry,” said Bo Day, who leads the council, in a statement on Tuesday."),
    ]  # fmt: skip


def test_what_the_page_says_of_itself() -> None:
    """Title, site, author, day and language from its head."""
    known = load_html(PAGE.format(charset="utf-8").encode(), "a.html").metadata
    assert known == Metadata("Bridge closed for repairs", "Tarn Post", "Ann Lee", "2020-03-06", "en-GB")


def test_sections_can_be_opened() -> None:
    """Each section has the id of its heading, of an anchor in it, or of what it opens."""
    found = [(x.label, x.anchor) for x in load_html(PAGE.format(charset="utf-8").encode(), "a.html").locations]
    assert found == [
        ("Bridge closed for repairs", ""),
        ("Bridge closed for repairs > Costs", "costs"),
        ("Bridge closed for repairs > Reactions", "people"),
    ]


@pytest.mark.parametrize(
    ("encoding", "charset", "note"),
    [
        ("utf-8", "utf-8", ()),
        ("utf-8", "iso-8859-1", ()),
        ("cp1252", "iso-8859-1", ("read as cp1252, as it declares",)),
        ("utf-16", "utf-8", ("read as UTF-16, by its byte-order mark",)),
        ("utf-8-sig", "utf-8", ()),
    ],
)
def test_pages_in_other_encodings(encoding: str, charset: str, note: tuple[str, ...]) -> None:
    """UTF-8 that is valid is believed before what a page declares, which browsers take for Windows-1252."""
    loaded = load_html(PAGE.format(charset=charset).encode(encoding), "a.html")
    assert "cost £1,200 and" in loaded.text and "“We are sorry,”" in loaded.text
    assert loaded.notes == note


@pytest.mark.parametrize(
    "page",
    [
        "<p>Just a few words here.</p>",
        "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'><body><p>Just a few words here.</p></body></html>",
        "<html><body><div>Just a few words here.",
    ],
)
def test_a_page_of_few_words_is_read_whole(page: str) -> None:
    """A fragment, XHTML, and tags that are left open."""
    assert load_html(page.encode(), "a.html").text == "Just a few words here."


@pytest.mark.parametrize(
    "data", [b"", b"<html></html>", b"<html><script>var words = 1</script></html>", b"<p>---</p>", b"\x00\x01"]
)
def test_a_page_without_words_is_refused(data: bytes) -> None:
    """In one line that names the file."""
    with pytest.raises(LoadError, match=r"^a\.html: ") as refused:
        load_html(data, "a.html")
    assert "\n" not in str(refused.value)


def test_entities_do_not_grow() -> None:
    """A document type of its own is HTML to no browser, and none here."""
    entities = '<!DOCTYPE html [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY e SYSTEM "file:///etc/passwd">]>'
    page = "<html><body><p>Some words stand here &b; &e; in the end.</p></body></html>"
    text = load_html((entities + page).encode(), "a.html").text
    assert "haha" not in text.split("Some words")[1] and "root:" not in text
