"""Texts to blocks and sentences: the partition for any text at all, the blocks of many layouts, and the two articles."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import BLOCK_KINDS, Block
from index.segment import find_blocks, segment

GOLDEN = Path(__file__).parent / "golden" / "articles.txt"


def golden() -> dict[str, tuple[list[str], list[str]]]:
    """By document: the lines of its sentences, and the blocks that are left out."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for line in GOLDEN.read_text(encoding="utf-8").replace("⍽", "\u00a0").split("\n"):
        if line.startswith("== "):
            lines: list[str] = []
            found[line[3:]] = (lines, left_out := [])
        elif line == "left out:":
            lines = left_out
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


@pytest.mark.parametrize("name", sorted(golden()))
def test_the_articles_are_read_as_a_person_reads_them(articles: Path, name: str) -> None:
    """Every citable sentence with its kind and speaker, and every block left out, as in the file written by reading."""
    text = (articles / name).open(encoding="utf-8", newline="").read()
    blocks, sentences = segment(text)
    lines = []
    for sentence in sentences:
        speech = sentence.speech
        who = f"{speech.speaker.of(text)} " if speech else ""
        role = f"({speech.role.of(text)}) " if speech and speech.role else ""
        lines.append(f"{sentence.kind} | {who}{role}| {sentence.span.of(text)}")
    expected, left_out = golden()[name]
    assert lines == expected
    assert [b.span.of(text) for b in blocks if b.kind == "boilerplate"] == left_out


layout = st.sampled_from(
    ["\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\u2028", "\x0b", "\x0c", "\x85", " ", "  ", "\u00a0", "\t", "\ufeff", "\u200b"]
    + ["• ", "- ", "1. ", "(a) ", "# ", "## ", "| a | b |", "---", "===", "```", "> ", "* ", "**", "“", "”", '"', "‘", "’"]
    + ["Subscribe", "From £5 / month", "Picture: A", "Key points:", "Dr Ann Lee", "said", "He", "report", ".", "?", ",", ":"]
    + ["word", "Word", "\x00", "\x01", "\x7f", "שלום", "🙂", "👩‍👩‍👧", "这是。", "é", "2020-01-01", "By Ann Lee", "x" * 50]
)
texts = st.one_of(st.text(), st.lists(layout, max_size=40).map("".join))


@given(texts)
def test_blocks_partition_any_text(text: str) -> None:
    """Blocks are in order and disjoint, each holds its body, and between them there is only white space."""
    position = 0
    for block in find_blocks(text):
        assert position <= block.span.start <= block.body.start < block.body.end == block.span.end <= len(text)
        assert not text[position : block.span.start].strip()
        assert block.kind in BLOCK_KINDS
        assert (block.kind == "boilerplate") == bool(block.reason)
        position = block.span.end
    assert not text[position:].strip()


@given(texts)
def test_sentences_partition_the_citable_blocks(text: str) -> None:
    """A block's sentences join to its body but for white space; boilerplate and markup have none."""
    blocks, sentences = segment(text)
    assert [s.span for s in sentences] == sorted(s.span for s in sentences)
    for number, block in enumerate(blocks):
        position = block.body.start
        mine = [s for s in sentences if s.block == number]
        if block.kind in ("boilerplate", "markup"):
            assert not mine
            continue
        assert mine, "a citable block without a sentence would be lost"
        for sentence in mine:
            assert sentence.kind == block.kind
            assert position <= sentence.span.start < sentence.span.end <= block.body.end
            assert not text[position : sentence.span.start].strip()
            position = sentence.span.end
        assert not text[position : block.body.end].strip()


@given(texts)
def test_speakers_are_words_of_the_text(text: str) -> None:
    """Who says a sentence, and in which role, is a run of the text itself."""
    _, sentences = segment(text)
    for speech in (s.speech for s in sentences if s.speech):
        assert speech.speaker.of(text).strip()
        assert speech.role is None or speech.role.of(text).strip()


def kinds(text: str) -> list[tuple[str, str]]:
    return [(b.kind, " ".join(b.body.of(text).split())) for b in find_blocks(text)]


def test_a_plain_report() -> None:
    """Heading, byline, date, paragraph, lead-in and items are told apart."""
    text = (
        "Good year for the library\n\nBy Ann Lee\n12 May 2021\n\nThe library had a good year.\n\n"
        "It did three things:\n\n  • lent books\n  • held talks\n\nIt will go on."
    )
    assert kinds(text) == [
        ("heading", "Good year for the library"),
        ("byline", "By Ann Lee"),
        ("byline", "12 May 2021"),
        ("paragraph", "The library had a good year."),
        ("lead_in", "It did three things:"),
        ("item", "lent books"),
        ("item", "held talks"),
        ("paragraph", "It will go on."),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_hand_wrapped_lines_are_one_paragraph(end: str) -> None:
    """Lines broken for width are joined, whatever the line end; a blank line still parts paragraphs."""
    wrapped = end.join(
        [
            "The library had a good year and lent more books than in",
            "any year before. It also held talks in the evening that",
            "many people came to.",
            "",
            "It will go on with both in the year to come.",
        ]
    )
    blocks, sentences = segment(wrapped)
    assert [b.kind for b in blocks] == ["paragraph", "paragraph"]
    assert [" ".join(s.span.of(wrapped).split()) for s in sentences] == [
        "The library had a good year and lent more books than in any year before.",
        "It also held talks in the evening that many people came to.",
        "It will go on with both in the year to come.",
    ]


def test_long_lines_are_paragraphs_of_their_own() -> None:
    """Where lines were not wrapped by hand, each is a paragraph, blank lines or none."""
    line = "The library had a good year and lent more books than ever before. " * 3
    assert [kind for kind, _ in kinds(f"{line}\n{line}more\n{line}")] == ["paragraph"] * 3


def test_short_lines_are_not_joined() -> None:
    """An address is no paragraph: its lines stay apart."""
    assert [words for _, words in kinds("12 High Street\nLeeds\nLS1 1AA")] == ["12 High Street", "Leeds", "LS1 1AA"]


def test_a_wrapped_item_stays_one_item() -> None:
    """An indented line after an item goes on with it."""
    text = "Aims:\n- to lend more books than in the year\n  before\n- to hold talks"
    assert kinds(text)[1:] == [("item", "to lend more books than in the year before"), ("item", "to hold talks")]


def test_numbered_minutes() -> None:
    """Numbered points in a row are items; a lone number is part of its sentence."""
    assert kinds("1. Welcome\n2. Minutes of the last meeting\n3. Any other business") == [
        ("item", "Welcome"),
        ("item", "Minutes of the last meeting"),
        ("item", "Any other business"),
    ]
    assert kinds("1. Welcome to all who came today.\n\nThe chair spoke.")[0] == ("paragraph", "1. Welcome to all who came today.")


def test_a_lone_dash_is_no_list() -> None:
    """A remark set off by a dash is a paragraph, dash and all."""
    assert kinds("It was late.\n\n- and cold, too.\n\nThey left.")[1] == ("paragraph", "- and cold, too.")


def test_markdown() -> None:
    """Heading signs, rules, table rows and underlined headings are seen for what they are."""
    text = "# Title\n\nWords here.\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nNext part\n=========\n\nMore words.\n"
    assert kinds(text) == [
        ("heading", "Title"),
        ("paragraph", "Words here."),
        ("markup", "---"),
        ("row", "| a | b |"),
        ("markup", "|---|---|"),
        ("row", "| 1 | 2 |"),
        ("heading", "Next part"),
        ("markup", "========="),
        ("paragraph", "More words."),
    ]


def test_a_byte_order_mark_is_never_cited() -> None:
    """The mark holds its place, so that offsets hold, and no sentence begins with it."""
    text = "\ufeffThe library had a good year.\n"
    _, sentences = segment(text)
    assert [s.span.of(text) for s in sentences] == ["The library had a good year."]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\ufeff", "\u200b\n"])
def test_nothing_gives_nothing(text: str) -> None:
    """A text without words has no sentence, and no error."""
    assert segment(text)[1] == ()


def test_a_question_may_be_a_heading_and_a_sentence_is_none() -> None:
    """What ends as a sentence is no heading; a short question over a paragraph is."""
    text = "Who may borrow?\n\nAnyone who lives here may borrow.\n\nIt is free.\n\nAnyone may ask the staff for help."
    assert [kind for kind, _ in kinds(text)] == ["heading", "paragraph", "paragraph", "paragraph"]


def block_at(blocks: tuple[Block, ...], position: int) -> Block:
    return next(b for b in blocks if b.span.start <= position < b.span.end)


def test_segmentation_is_local() -> None:
    """A paragraph put before does not change how the rest is cut."""
    text = "It did two things:\n\n• lent books\n• held talks\n\n“We are glad,” said Ann Lee."
    longer = "A first paragraph stands here.\n\n" + text
    shift = len(longer) - len(text)
    before, after = segment(text)[1], segment(longer)[1][1:]
    assert [(s.span.start + shift, s.kind) for s in before] == [(s.span.start, s.kind) for s in after]


def test_blocks_do_not_reach_over_blank_lines() -> None:
    """Whatever stands on both sides of a blank line is in two blocks."""
    text = "one two three\n\nfour five six\n \nseven"
    blocks = find_blocks(text)
    for first, second in pairwise(["one", "four", "seven"]):
        assert block_at(blocks, text.index(first)) != block_at(blocks, text.index(second))
