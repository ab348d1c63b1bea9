"""Plain text and Markdown: encodings told for certain or not at all, front matter as metadata, sections by headings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import LoadError, Metadata, Span
from index.decode import decode
from index.load_text import FRONT_MATTER, load_markdown, load_text
from index.segment import segment

ENGLISH = (
    "The council’s report – published on Monday – said “children waited”. It cost £1,200. A café was closed for 3½ weeks.\n" * 3
)
RUSSIAN = "Совет опубликовал доклад о детях в понедельник, и мы его прочитали вместе с другими людьми.\n" * 3


@pytest.mark.parametrize(
    ("text", "encoding", "note"),
    [
        (ENGLISH, "utf-8", ""),
        (ENGLISH, "utf-16", "read as UTF-16, by its byte-order mark"),
        ("\ufeff" + ENGLISH, "utf-16-be", "read as UTF-16, by its byte-order mark"),
        (ENGLISH, "utf-32", "read as UTF-32, by its byte-order mark"),
        (ENGLISH, "utf-16-le", "read as UTF-16-LE, by its zero bytes"),
        (ENGLISH, "utf-16-be", "read as UTF-16-BE, by its zero bytes"),
        (ENGLISH, "cp1252", "not UTF-8: read as cp1252, as its characters suggest"),
        (RUSSIAN, "cp1251", "not UTF-8: read as cp1251, as its characters suggest"),
        (RUSSIAN, "koi8-r", "not UTF-8: read as koi8_r, as its characters suggest"),
    ],
)
def test_texts_in_common_encodings_are_read(text: str, encoding: str, note: str) -> None:
    """The text is the decoded one, and the note says which encoding it was and how that is known."""
    loaded = load_text(text.encode(encoding), "a.txt")
    assert loaded.text == text.removeprefix("\ufeff")
    assert loaded.notes == ((note,) if note else ())


@pytest.mark.parametrize("data", [b"caf\xe9 au lait", b"\xa3" + b"5 and more words " * 20, b"\xff\xfea", b"a\x00b\x00c\x00\xd8"])
def test_an_encoding_that_cannot_be_told_is_refused(data: bytes) -> None:
    """Too few signs, or a mark that lies: nothing is guessed, and the message has the cure."""
    with pytest.raises(LoadError, match=r"^a\.txt: .*UTF-8"):
        load_text(data, "a.txt")


def test_encodings_that_read_the_same_bytes_otherwise_are_named() -> None:
    """A text that two encodings fit about as well is not guessed between them."""
    data = "Zażółć gęślą jaźń, powiedział burmistrz. Szkoła została zamknięta, ponieważ dach był zły.".encode("iso8859_2")
    with pytest.raises(LoadError, match=r"it may be \w+ or \w+"):
        load_text(data, "a.txt")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_text_or_a_refusal(data: bytes) -> None:
    """Whatever the bytes are, the answer is a text that can be stored, or one line that names the file."""
    try:
        text, _ = decode(data, "a.txt")
    except LoadError as error:
        assert str(error).startswith("a.txt: ") and "\n" not in str(error)
    else:
        text.encode("utf-8")


def test_front_matter_is_metadata_and_never_quoted() -> None:
    """The text stays the file itself; what stands between the rules is left out with its reason."""
    text = "---\ntitle: On bridges\nauthor: [Ann Lee, Bo Day]\ndate: 2021-03-06\nlang: en\n---\n\n# The bridge\n\nIt is long.\n"
    loaded = load_markdown(text.encode(), "a.md")
    assert loaded.text == text
    assert loaded.metadata == Metadata(title="On bridges", author="Ann Lee, Bo Day", date="2021-03-06", language="en")
    blocks, sentences = segment(loaded.text, loaded.blocks)
    assert blocks[0].reason == FRONT_MATTER and blocks[0].span.of(text).endswith("en\n---")
    assert [s.span.of(text) for s in sentences] == ["The bridge", "It is long."]


def test_front_matter_may_be_toml() -> None:
    """Between plus signs, after a byte-order mark, with CRLF."""
    text = '\ufeff+++\r\ntitle = "On bridges"\r\ndate = 2021-03-06\r\n+++\r\nIt is long.\r\n'
    loaded = load_markdown(text.encode(), "a.md")
    assert (loaded.text, loaded.metadata) == (text, Metadata(title="On bridges", date="2021-03-06"))
    assert [s.span.of(text) for s in segment(text, loaded.blocks)[1]] == ["It is long."]


@pytest.mark.parametrize(
    "opening",
    ["---\nWords between rules.\n---\n", "---\n[" + "[" * 3000 + "\n---\n", "---\na: &x [1]\nb: *y\n---\n", "+++\nx\n+++\n"],
)
def test_rules_around_writing_are_no_front_matter(opening: str) -> None:
    """What is not read as keys and values is text like any other."""
    loaded = load_markdown((opening + "It is long.\n").encode(), "a.md")
    assert (loaded.blocks, loaded.metadata) == ((), Metadata())


def test_aliases_in_front_matter_cannot_grow() -> None:
    """A "billion laughs" of YAML aliases ends at once, and says nothing."""
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)), "title: *a59"]
    loaded = load_markdown(("---\n" + "\n".join(lines) + "\n---\nWords.").encode(), "a.md")
    assert loaded.metadata == Metadata()


def test_headings_of_markdown_are_sections() -> None:
    """By path, outside fenced code, up to the next heading."""
    text = "Before.\n\n# A\n\none\n\n## B\n\ntwo\n\n```\n# no heading\n```\n\n# C #\n\nthree\n"
    found = {loc.label: loc.span.of(text) for loc in load_markdown(text.encode(), "a.md").locations}
    assert found == {"A": "# A\n\none\n\n", "A > B": "## B\n\ntwo\n\n```\n# no heading\n```\n\n", "C": "# C #\n\nthree\n"}


def test_given_blocks_stand_among_those_that_are_found() -> None:
    """What is known of a text before is kept, and the rest is segmented as always."""
    text = "Left out here.\n\nA heading\n\nWords that are quoted."
    assert [b.kind for b in segment(text)[0]] == ["paragraph", "heading", "paragraph"]
    from index.records import Block

    blocks, sentences = segment(text, [Block("markup", Span(0, 14), Span(0, 14))])
    assert [b.kind for b in blocks] == ["markup", "heading", "paragraph"] and len(sentences) == 2
