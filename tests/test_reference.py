"""A quotation with its reference: exact words and nothing made up in every form, whatever the document holds."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_render import HOSTILE, Elements, cite

from index import Span
from qa.literal import latex, markdown_paragraph, markdown_quote, shown
from qa.reference import REFERENCES, as_bibtex, as_csl_json, as_html, as_markdown, as_text, csl_item, reference_key

KNOWN = {
    "title": "High praise",
    "publisher": "CYP Now",
    "author": "Nina Jacobs",
    "date": "2020-03-06",
    "speaker": "Ann Lee",
    "role": "mayor",
}
SIGNS = "\n\n\n  \t#*_-+=>1.)`[]()!<&;\\|~:/www@\r\x07\x0b\u00a0\u2028\u202e\ufeff⟨U+{}\"'%$^,"
texts = st.text(st.one_of(st.sampled_from(SIGNS), st.characters()), min_size=1)


def shown_by_markdown(source: str) -> str:
    """The text of paragraphs and of those in block quotes, as CommonMark has it; anything else by its name."""
    found = []
    for token in MarkdownIt("commonmark").parse(source):
        if token.type == "inline":
            parts = {"text": None, "text_special": None, "hardbreak": "\n"}
            found.append("".join(parts.get(c.type, f"<{c.type}>") or c.content for c in token.children or ()))
        elif not token.type.startswith(("paragraph", "blockquote")):
            found.append(f"<{token.type}>")
    return "\n\n".join(found)


def unshown(text: str) -> str:
    """What `shown` was made of, but for carriage returns in line ends."""
    return re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda m: chr(int(m[1], 16)), text)


def unlatex(text: str) -> str:
    """The characters that LaTeX sets for what `latex` writes."""
    names = {
        "textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "textasciitilde": "~", "textasciicircum": "^",
        "textasciigrave": "`", "textless": "<", "textgreater": ">", "textbar": "|", "newline": "\n", " ": " ",
    }  # fmt: skip
    pattern = r"\{\\(" + "|".join(names) + r")\}|\\([#$%&_])|(\{\})"
    return re.sub(pattern, lambda m: names[m[1]] if m[1] else m[2] or "", text)


@settings(max_examples=300)
@given(texts)
def test_markdown_shows_the_very_characters(text: str) -> None:
    """As a block quote and as a paragraph after another; no heading, list, link, picture or markup comes of it."""
    assert shown_by_markdown(markdown_quote(text)) == shown(text)
    assert shown_by_markdown(f"Before.\n\n{markdown_paragraph(text)}\n\nAfter.") == f"Before.\n\n{shown(text)}\n\nAfter."


@pytest.mark.parametrize(
    "text",
    [
        "# one",
        "* one",
        "- one",
        "+ one",
        "1. one",
        "12) one",
        "> one",
        "    one",
        "---",
        "===",
        "a\n---",
        "a\n===",
        "```\na",
        "~~~",
    ]
    + ["[a](http://b)", "![a](b)", "[a]: b", "<b>", "<http://a>", "&amp;", "a  \nb", "a\\\nb", "\\", "| a |\n|---|", *HOSTILE],
)
def test_what_is_markup_in_markdown_is_text(text: str) -> None:
    """Each kind of it."""
    assert shown_by_markdown(markdown_quote(text)) == shown(text)


def test_markdown_stays_readable() -> None:
    """Plain prose is written as it stands."""
    prose = 'The council\'s "good" work (2020) - at 10:30, in Bexley - went on; 3.5 per cent said so.'
    assert markdown_quote(prose) == f"> {prose}"


@given(texts)
def test_unseen_characters_are_told_and_can_be_had_back(text: str) -> None:
    """Each by its code, also when the text itself holds such codes."""
    told = shown(text)
    assert unshown(told) == text.replace("\r\n", "\n")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)


@given(texts)
def test_latex_sets_the_very_characters(text: str) -> None:
    """And every brace has its partner, so that a field ends where it should."""
    written = latex(text)
    depth = 0
    for sign in written:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0 and "\n" not in written
    assert unlatex(written).replace("\t", " ") == shown(text).replace("\t", " ")
    assert not re.search(r"(?<!\\)[#$%&_~^]", written)


@pytest.mark.parametrize("text", HOSTILE)
def test_html_holds_the_very_characters(text: str) -> None:
    """As the text of the block quote; no element of the document's own."""
    page = Elements(as_html(cite(text, title=text, speaker=text)))
    assert page.texts("quotation") == [text]
    assert page.tags <= {"figure", "blockquote", "figcaption", "p", "span"}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", sorted(REFERENCES))
def test_every_form_takes_hostile_words(text: str, form: str) -> None:
    """In every field."""
    made = REFERENCES[form](cite(text, title=text, author=text, publisher=text, speaker=text, role=text))
    made.encode()
    assert made.endswith("\n")


def test_everything_known_is_told() -> None:
    """In plain text: the words, who says them, and where they stand."""
    assert as_text(cite("A. They came. B.", 3, 13, **KNOWN)) == (
        "“They came.”\n— Ann Lee, mayor\nNina Jacobs, High praise, CYP Now, 6 March 2020, a.txt, characters 3 to 13\n"
    )


@pytest.mark.parametrize("form", sorted(REFERENCES))
def test_what_is_unknown_is_left_out(form: str) -> None:
    """No field without a value, no word such as "unknown"; the document and the characters are always there."""
    made = REFERENCES[form](cite("A. They came. B.", 3, 13))
    assert "They came." in made and "a.txt" in made and "characters 3 to 13" in made
    for word in ("unknown", "None", "null", "author", "publisher", "title", "issued", "year", "date", "—"):
        assert word not in made


def test_plain_text_keeps_the_very_characters() -> None:
    """For the clipboard; also those that are not seen."""
    text = "a\x07b\u202ec\r\nd"
    assert text in as_text(cite(text))


@pytest.mark.parametrize(
    "date, parts, bibtex",
    [
        ("2020-03-06", [2020, 3, 6], ["date = {2020-03-06}", "year = {2020}", "month = mar,", "day = {6}"]),
        ("2020-12", [2020, 12], ["date = {2020-12}", "year = {2020}", "month = dec,"]),
        ("0987", [987], ["date = {0987}", "year = {0987}"]),
    ],
)
def test_a_date_as_far_as_it_is_known(date: str, parts: list[int], bibtex: list[str]) -> None:
    """Year, month and day; what the catalogue does not say is not made up."""
    cited = cite("They came.", date=date)
    assert csl_item(cited)["issued"] == {"date-parts": [parts]}
    made = as_bibtex(cited)
    assert all(field in made for field in bibtex)
    assert ("month" in made, "day =" in made) == (len(parts) > 1, len(parts) > 2)


@pytest.mark.parametrize("date", ["spring 2020", "2020-13", "2020-02-30", "2020-00", "٢٠٢٠", "20200306"])
def test_what_is_no_date_is_taken_over_in_words(date: str) -> None:
    """Neither thrown away nor taken for one."""
    assert csl_item(cite("They came.", date=date))["issued"] == {"literal": date}
    made = as_bibtex(cite("They came.", date=date))
    assert f"year = {{{date}}}" in made and "month" not in made and " date =" not in made


def test_csl_json_is_a_list_of_one_item() -> None:
    """With names as they are, not taken apart into given and family names."""
    (item,) = json.loads(as_csl_json(cite("They came.", **KNOWN)))
    assert item["type"] == "document" and item["author"] == [{"literal": "Nina Jacobs"}]
    assert (item["title"], item["publisher"], item["annote"]) == ("High praise", "CYP Now", "They came.")


def test_a_bibtex_entry() -> None:
    """Names and titles in braces of their own, so that no style takes them apart or changes capitals."""
    made = as_bibtex(cite("They {came}.", **KNOWN | {"author": "Lee and Sons, Ltd"}))
    assert made.startswith("@misc{a-txt-") and made.endswith("\n}\n")
    assert "  author = {{Lee and Sons, Ltd}},\n" in made and "  title = {{High praise}},\n" in made
    assert "  annote = {They {\\textbraceleft}came{\\textbraceright}.},\n" in made


def test_every_place_has_a_key_of_its_own() -> None:
    """Of letters, digits and hyphens, whatever the document's name."""
    names = ["a b.txt", "a-b.txt", "日本.txt", "中国.txt", "x}{,%.txt", "", "ab.txt"]
    keys = {reference_key(cite("They came.", document=name)) for name in names}
    keys |= {reference_key(cite("They came.", 0, end, document="a b.txt")) for end in (3, 4)}
    assert len(keys) == len(names) + 2 and all(re.fullmatch(r"[A-Za-z0-9-]+", key) for key in keys)


def test_markdown_has_quotation_and_attribution() -> None:
    """The block quote, then two lines."""
    made = as_markdown(cite("A. They came. B.", 3, 13, highlights=(Span(3, 7),), speaker="Ann Lee"))
    assert made == "> They came.\n\n— Ann Lee\\\na.txt, characters 3 to 13\n"
