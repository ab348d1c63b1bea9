"""Boilerplate by general signs: what is left out of invented pages, and what must never be."""

from __future__ import annotations

import pytest

from index.segment import find_blocks

STORY = "The bridge over the Tarn was opened on Monday. The mayor cut the ribbon before a crowd of two hundred people."


def left_out(text: str) -> list[str]:
    return [block.span.of(text) for block in find_blocks(text) if block.kind == "boilerplate"]


ADVERTS = {
    "two tariffs with lists": (
        "Tarn Post All Access",
        "  * Every story as it breaks\n  * Archive from 1920",
        "$9.99 per month",
        "Sign up now",
        "Tarn Post Weekend",
        "  * The Saturday paper",
        "From $4 a week",
        "Subscribe today",
    ),
    "a trial and its button": ("Premium access", "€12/month", "Cancel any time", "Register now"),
    "one price and one button": ("Print edition", "£40 per year", "Subscribe"),
}


@pytest.mark.parametrize("name", ADVERTS)
@pytest.mark.parametrize("place", ["after", "before"])
def test_an_offer_is_left_out_whole(name: str, place: str) -> None:
    """Heading, list, price and button of an offer go together, at the end of a page or at its head."""
    advert = "\n\n".join(ADVERTS[name])
    text = f"{STORY}\n\n{advert}" if place == "after" else f"{advert}\n\n{STORY}"
    pieces = [line.strip() for part in ADVERTS[name] for line in part.split("\n")]
    assert left_out(text) == pieces


@pytest.mark.parametrize(
    "line",
    [
        "Subscribe",
        "SUBSCRIBE NOW",
        "Sign in",
        "Read more",
        "Read more: Tarn bridge delayed",
        "Share this article",
        "Click here to join",
    ]
    + ["Advertisement", "Accept all cookies", "Follow us on Facebook", "© 2021 Tarn Post", "All rights reserved.", "Back to top"]
    + ["Comments (12)", "Most read", "Sign up for our newsletter", "Skip to content", "Privacy policy"],
)
def test_a_line_that_asks_for_a_click_is_left_out(line: str) -> None:
    """Calls to act stand between the paragraphs of any web page; the paragraphs stay."""
    assert left_out(f"{STORY}\n\n{line}\n\nThe old bridge closes in June. It was built in 1874.") == [line]


@pytest.mark.parametrize(
    "caption",
    ["The new bridge at dawn. Picture: Tarn Post", "The new bridge at dawn. Photo: Ann Lee", "The new bridge (Getty Images)"]
    + ["The mayor cuts the ribbon. Image: Tarn Council"],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n"])
def test_a_doubled_caption_is_left_out_twice(caption: str, gap: str) -> None:
    """A picture's caption comes twice when a page is copied (its alternative text, then its own): both go."""
    assert left_out(f"{STORY}\n\n{caption}{gap}{caption}\n\n{STORY} It rained.") == [caption, caption]


def test_a_doubled_line_is_left_out_once() -> None:
    """Of a line that is no caption the second copy goes, the first stays."""
    line = "The bridge is the longest in the county."
    text = f"{STORY}\n\n{line}\n\n{line}\n\nIt rained."
    blocks = [b for b in find_blocks(text) if b.span.of(text) == line]
    assert [b.kind for b in blocks] == ["paragraph", "boilerplate"]


def test_a_section_at_the_end_that_opens_with_a_call_is_left_out() -> None:
    """What stands under "Follow us" at the foot of a page belongs to it."""
    text = f"{STORY}\n\nFollow us\n\n@tarnpost\n\nwww.tarnpost.example"
    assert left_out(text) == ["Follow us", "@tarnpost", "www.tarnpost.example"]


NORMAL = {
    "a report with prices": """School meals: what they cost

A meal costs £2.50 a day, or £12 per week for a family with two children.

Last year it cost £2.30. The council pays £4 per month for each child who is in care.

Parents asked for three things:

- a free breakfast
- fruit every day
- a lower price, no more than £10 per week
""",
    "a list of contacts": """Contacts

Ann Lee, clerk: 01234 567 890
Bob Ray, treasurer: bob@tarn.example
The office is open from nine to five.

Contact

Write to the clerk at 12 High Street. She answers within a week.
""",
    "a paper about subscriptions": """Library subscriptions: options for the committee

The library pays for a digital subscription to four newspapers and a print edition of two.

The annual subscription costs £1,200 per year. Members asked whether unlimited access is worth it.

Options

1. Cancel the print edition, which saves £300 per year.
2. Keep both.
3. Ask the county to pay.

The committee is asked to choose one.
""",
    "minutes": """Minutes of the meeting

Present: A. Lee, B. Ray

1. Apologies
2. Membership fees
3. Any other business

The fee is £15 per month. Members may subscribe online.

Signed: A. Lee
""",
    "a text that quotes a call": """How to take part

To take part, sign up at the desk by Friday. Subscribe to the list to hear of more.

“Subscribe” is the first word of the form.

Please share this report with your staff.
""",
    "a refrain": """The song

Row, row, row your boat.

Gently down the stream.

Row, row, row your boat.
""",
    "a table of fees": """Fees

| Hall | Fee |
|---|---|
| Small | £10 per week |
| Small | £10 per week |
| Large | £20 per week |
""",
    "a club's fees": """Fees

- Annual membership £15 per year
- Monthly membership £2 per month

Hire of the hall

- small hall, £10 per week
- large hall, £20 per week
""",
    "credits in prose": """The artist

Her picture: a boat at sea. Her second picture by the same hand hangs in Leeds.

The photo by Ann Lee won a prize in May.
""",
    "copyright as a subject": """Copyright and schools

Copyright protects a work for seventy years. Schools may copy a page.

The licence covers all rights reserved by the publisher.
""",
}


@pytest.mark.parametrize("name", NORMAL)
def test_normal_writing_is_never_left_out(name: str) -> None:
    """Prices, contacts, lists and papers about subscriptions are writing, and every line of them is citable."""
    assert left_out(NORMAL[name]) == []


def test_what_is_left_out_stays_in_the_text() -> None:
    """Spans behind an advert are not moved by it."""
    advert = "Premium access\n\n€12/month\n\nSubscribe\n\n"
    text = f"{advert}{STORY}"
    paragraph = next(b for b in find_blocks(text) if b.kind == "paragraph")
    assert (paragraph.span.start, paragraph.span.of(text)) == (len(advert), STORY)


def test_each_reason_is_in_words() -> None:
    """`status` prints the reasons as they are."""
    text = f"{STORY}\n\nA bridge. Picture: X\nA bridge. Picture: X\n\nPrint edition\n\n£40 per year\n\nSubscribe\n\nRead more"
    reasons = {b.reason for b in find_blocks(text) if b.kind == "boilerplate"}
    assert reasons == {"a doubled picture caption", "an offer or subscription advert", "a call to act, not writing"}


def test_a_run_of_characters_without_an_end_is_left_out():
    """Encoded data between paragraphs is never quoted; long writing without spaces, as in Chinese, is."""
    data = "QUJDREVG" * 200
    text = f"The lock was repaired in May.\n\n{data}\n\n{'船闸于五月修复。' * 200}\n"
    blocks = find_blocks(text)
    assert [(block.kind, block.reason) for block in blocks] == [
        ("paragraph", ""),
        ("boilerplate", "a run of characters without an end, not writing"),
        ("paragraph", ""),
    ]
