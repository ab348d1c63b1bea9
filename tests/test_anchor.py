"""Anchors: found again after any edit around the quotation, put in links and read back, hostile links refused."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import index
import qa
from index import LinkError, QAError, Where
from qa.anchor import CONTEXT, MAX_LINK, MAX_READ, Anchor, Ends, Found, anchor_of, link_to, read_link, resolve

TEXT = (
    "Those who came first stand here.\n\nInspectors visited the old bridge in March. The ferry sails to Norby every morning, "
    "they said. Pupils planted forty apple trees.\n"
)
BRIDGE = "Inspectors visited the old bridge in March."
LONG = " ".join(f"Sentence {n} of the report says what was seen on day {n * 7}." for n in range(400))

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
scripts = st.text(st.sampled_from("ab \n😀🏴é\u0301\u0327שלוםمرحبا\u202e中文&=+%#?"), min_size=1, max_size=120)


@st.composite
def quoted(draw: st.DrawFn) -> tuple[str, int, int]:
    """Any text and any span of it that is not empty."""
    text = draw(st.one_of(texts, scripts))
    start = draw(st.integers(0, len(text) - 1))
    return text, start, draw(st.integers(start + 1, len(text)))


def anchored(words: str, text: str = TEXT) -> Anchor:
    start = text.index(words)
    return anchor_of("works.txt", text, start, start + len(words))


def words_at(found: Found | None, text: str) -> tuple[str, str] | None:
    return (found.how, text[found.start : found.end]) if found else None


# --- finding it again ---


@given(quoted())
def test_an_unchanged_text_holds_it_where_it_was(case: tuple[str, int, int]) -> None:
    """Every span of every text, also where its words occur often."""
    text, start, end = case
    assert resolve(anchor_of("a", text, start, end), text) == Found(start, end, "exact")


@given(quoted(), st.one_of(texts, scripts, st.just("")), st.one_of(texts, scripts, st.just("")))
def test_any_edit_before_or_after_leaves_the_same_words_found(case: tuple[str, int, int], before: str, after: str) -> None:
    """Everything around the quotation may be other text: the words that are found are the quotation's."""
    text, start, end = case
    found = resolve(anchor_of("a", text, start, end), edited := before + text[start:end] + after)
    assert found is not None and edited[found.start : found.end] == text[start:end]
    assert found.how == ("exact" if found.start == start else "moved")


@given(quoted(), texts)
def test_an_edit_beyond_the_context_never_misleads(case: tuple[str, int, int], inserted: str) -> None:
    """Text put in before the context moves the quotation by its length, where context and quotation stand together once."""
    text, start, end = case
    anchor = anchor_of("a", text, start, end)
    edited = text[: start - len(anchor.prefix)] + inserted + text[start - len(anchor.prefix) :]
    whole = anchor.prefix + text[start:end] + anchor.suffix
    once = edited.find(whole) == edited.rfind(whole)
    found = resolve(anchor, edited)
    assert found is not None and edited[found.start : found.end] == text[start:end]
    if once and anchor.prefix and anchor.suffix:
        assert found.start == start + len(inserted)


def test_the_context_tells_the_same_words_apart() -> None:
    """The second "Yes" stays the second one when a row is put in, though another now stands where it was."""
    rows = "Came: Yes\nSaw: Yes\nWon: Yes\n"
    anchor = anchor_of("a", rows, 15, 18)
    edited = "Won: Yes\n" + rows
    assert rows[15:18] == edited[15:18] == "Yes" and resolve(anchor, edited) == Found(24, 27, "moved")


def test_of_equal_contexts_the_nearest_is_meant() -> None:
    """As in a list of the same lines."""
    text = "the same line\n" * 100
    anchor = anchor_of("a", text, 50 * 14, 50 * 14 + 13)
    assert resolve(anchor, "x" + text) == Found(50 * 14 + 1, 50 * 14 + 14, "moved")


@pytest.mark.parametrize(
    "words, old, new, expected",
    [
        (BRIDGE, "March", "September", "Inspectors visited the old bridge in September."),
        ("old bridge in March", "March", "September", "old bridge in September"),
        (BRIDGE, "old bridge", "very old bridge", "Inspectors visited the very old bridge in March."),
        ("forty apple trees", "forty", "fifty-four", "fifty-four apple trees"),
        (BRIDGE, "Inspectors", "Ann Lee. Inspectors often", "Inspectors often visited the old bridge in March."),
        (BRIDGE, " ", "\u00a0", BRIDGE.replace(" ", "\u00a0")),
    ],
)
def test_changed_words_are_found_to_the_word(words: str, old: str, new: str, expected: str) -> None:
    """The ends are where the quotation's ends are now, whole words where it had whole words; here and far away."""
    edited = TEXT.replace(old, new)
    assert words_at(resolve(anchored(words), edited), edited) == ("changed", expected)
    far = "Nothing of the kind was said.\n" * 1000 + edited
    assert words_at(resolve(anchored(words), far), far) == ("changed", expected)


def test_changed_words_are_found_without_what_was_around_them() -> None:
    """Moved into another document part and changed a little; a short quotation would be found by chance, so it is not."""
    edited = "Quite other things. " * 50 + "inspectors visited the bridge in March" + " and more." * 50
    assert words_at(resolve(anchored(BRIDGE), edited), edited) == ("changed", "inspectors visited the bridge in March")
    assert resolve(anchored("in March"), "Quite other things. " * 50 + "in Marsh country" + " and more." * 50) is None


def test_changed_words_are_found_though_others_stand_where_they_did() -> None:
    """The very context many times, with other words in it: a form that was filled in anew."""
    anchor = anchored("Inspectors visited the old bridge in March")
    form = f"{anchor.prefix}Nobody has been asked, and so nobody said it{anchor.suffix}\n"
    edited = form * 30 + "-" * 3_000 + " inspectors visited the bridge in March " + "-" * 3_000
    assert words_at(resolve(anchor, edited), edited) == ("changed", "inspectors visited the bridge in March")


def test_text_without_ends_of_words_is_not_swallowed() -> None:
    """Only a rest of usual length is taken for the rest of a word."""
    found = resolve(Anchor("a", 1, 601, "b" + "a" * 599), "a" * 100_000)
    assert found is not None and found.how == "changed" and found.end - found.start <= 601


@pytest.mark.parametrize("edited", ["", "x", TEXT.replace(BRIDGE, ""), "Nothing of that kind. " * 40, "\0" * 500])
def test_words_that_are_gone_are_not_found(edited: str) -> None:
    """A wrong place would be worse than none."""
    assert resolve(anchored(BRIDGE), edited) is None
    assert resolve(anchor_of("a", LONG, 100, 9000), edited) is None


def test_a_long_quotation_known_by_its_ends() -> None:
    """Exact and moved only when all of it is the same; changed when its middle is not."""
    start, end = 500, 9_000
    anchor = read_link(link_to(anchor_of("a", LONG, start, end))).anchor
    assert anchor is not None and isinstance(anchor.exact, Ends)
    assert resolve(anchor, LONG) == Found(start, end, "exact")
    assert resolve(anchor, "New. " + LONG) == Found(start + 5, end + 5, "moved")
    assert resolve(anchor, LONG[:4000] + "!" + LONG[4000:]) == Found(start, end + 1, "changed")
    assert resolve(anchor, LONG[:4000] + "!" + LONG[4001:]) == Found(start, end, "changed")
    assert resolve(anchor_of("a", LONG, start, end), LONG[:4000] + "!" + LONG[4000:]) == Found(start, end + 1, "changed")


@given(quoted(), texts)
def test_resolving_never_raises(case: tuple[str, int, int], other: str) -> None:
    """Whatever the document has become; what is found lies in it."""
    found = resolve(anchor_of("a", *case), other)
    assert found is None or 0 <= found.start < found.end <= len(other)


@pytest.mark.parametrize(
    "anchor",
    [
        Anchor("a", 1, 601, "b" + "a" * 599, "a" * 32, "a" * 32),
        Anchor("a", 1, 601, "a" * 300 + "b" + "a" * 299),
        Anchor("a", 1, 1_001, Ends("a" * 100, "a" * 100, "0" * 16)),
        Anchor("a", 1, 900_000, Ends("a", "a", "0" * 16)),
        Anchor("a", 1, 2, "b"),
        Anchor("a", 400_000, 400_001, "a"),
    ],
)
def test_no_search_is_quadratic(anchor: Anchor) -> None:
    """A million characters of the worst kind: the time is that of a few passes."""
    started = time.process_time()
    found = resolve(anchor, "a" * 1_000_000)
    assert time.process_time() - started < 10
    assert found is None or found.end - found.start <= 2 * len(anchor)


# --- links ---


@given(quoted(), texts, st.one_of(st.just(""), texts))
@example(("x" * 200, 0, 200), "reports/über 1.txt", "What & why = when?")
def test_a_link_is_read_back(case: tuple[str, int, int], document: str, question: str) -> None:
    """Any characters, astral ones and marks too: as they were, or the quotation by its ends, and then found all the same."""
    text, start, end = case
    anchor = anchor_of(document, text, start, end)
    link = link_to(anchor, question)
    read = read_link(link)
    assert link.startswith("?") and link.isascii() and len(link) <= MAX_LINK
    assert read.question in (question, "") and read.anchor is not None and read.anchor.document == document
    assert read.anchor == anchor or isinstance(read.anchor.exact, Ends)
    assert resolve(read.anchor, text) == Found(start, end, "exact")
    assert link_to(read.anchor, read.question) == link


def test_a_link_has_the_documented_parts() -> None:
    """Question, document, start, end, exact words, before and after."""
    parts = dict(parse_qsl(link_to(anchored(BRIDGE), "When was it?")[1:]))
    assert parts == {
        "q": "When was it?", "doc": "works.txt", "s": "34", "e": "77", "x": BRIDGE,
        "b": TEXT[34 - CONTEXT : 34], "a": TEXT[77 : 77 + CONTEXT],
    }  # fmt: skip


@pytest.mark.parametrize("words", ["x" * 100_000, "😀" * 5_000, "مرحبا بالعالم " * 1_000])
def test_a_link_stays_short(words: str) -> None:
    """By the ends and a digest, shorter ones where characters take more; the question goes before the quotation does."""
    text = "😀" * 40 + words + "😀" * 40
    anchor = anchor_of("reports/" + "ü" * 60 + ".txt", text, 40, 40 + len(words))
    read = read_link(link_to(anchor, "Who? " * 20))
    assert len(link_to(anchor, "Who? " * 20)) <= MAX_LINK and read.question == "Who? " * 20
    assert read.anchor is not None and resolve(read.anchor, text) == Found(40, 40 + len(words), "exact")
    assert read_link(link_to(anchor, "Who? " * 1_000)).question == ""


def test_what_cannot_be_put_in_a_link_is_told() -> None:
    """A document's name that is too long, text that is no Unicode, a span outside its text."""
    with pytest.raises(LinkError, match="name has 3,000 characters"):
        link_to(anchor_of("d" * 3_000, TEXT, 0, 5))
    with pytest.raises(LinkError, match="no Unicode"):
        link_to(anchor_of("a", "ab\ud800c", 0, 4))
    for start, end in ((-1, 2), (3, 3), (4, 2), (0, len(TEXT) + 1)):
        with pytest.raises(LinkError, match="no quotation"):
            anchor_of("a", TEXT, start, end)


def test_a_link_may_have_a_question_alone_and_parameters_of_others() -> None:
    """As text or as the parameters that a server has read already."""
    assert read_link("") == read_link("?__theme=dark") == read_link({}) == qa.anchor.Link()
    assert read_link("q=Who+came%3F") == read_link({"q": "Who came?"}) == qa.anchor.Link("Who came?")
    link = link_to(anchored(BRIDGE), "Who?")
    assert read_link(link + "&__theme=dark") == read_link(dict(parse_qsl(link[1:]))) == read_link(link)


@pytest.mark.parametrize(
    "query, message",
    [
        ("?" + "x" * (MAX_READ + 1), "at most 4,000"),
        ({"q": "x" * (MAX_READ + 1)}, "at most 4,000"),
        ("?doc=a", "lacks s and e and x"),
        ("?s=1&e=2&x=a", "lacks doc"),
        ("?doc=a&s=&e=2&x=a", "lacks s"),
        ("?doc=a&s=-1&e=2&x=abc", "no number"),
        ("?doc=a&s=1.5&e=2&x=abc", "no number"),
        ("?doc=a&s=٣&e=5&x=ab", "no number"),
        ("?doc=a&s=1&e=9999999999999&x=abc", "no number"),
        ("?doc=a&s=5&e=5&x=a", "expected a quotation"),
        ("?doc=a&s=9&e=5&x=a", "expected a quotation"),
        ("?doc=a&s=1&e=9&x=abc", "not one of 8 characters"),
        ("?doc=a&s=1&e=9&x=abc&t=def", "not one of 8 characters"),
        ("?doc=a&s=1&e=9&x=abc&t=def&h=xyz", "not one of 8 characters"),
        (f"?doc=a&s=1&e=4&x=abc&t=def&h={'0' * 16}", "not one of 3 characters"),
        (f"?doc=a&s=1&e=4&x=abc&b={'b' * 33}", "more than 32"),
        ("?doc=a&doc=b&s=1&e=4&x=abc", "twice"),
        ("?doc=%FF&s=1&e=4&x=abc", "malformed"),
        ("?doc=a&s=1&e=4&x=%ED%A0%80ab", "malformed"),
        ("&".join(f"k{n}=1" for n in range(300)), "malformed"),
        ({"doc": "\ud800"}, "malformed"),
        (None, "malformed"),
        (b"?q=x", "malformed"),
        (7, "malformed"),
    ],
)
def test_a_bad_link_is_refused_in_one_line(query: object, message: str) -> None:
    """With what is wrong."""
    with pytest.raises(LinkError, match=message) as told:
        read_link(query)  # type: ignore[arg-type]
    assert "\n" not in str(told.value) and len(str(told.value)) < 200


@given(
    st.one_of(
        st.text(),
        st.dictionaries(st.sampled_from("q doc s e x t h b a".split()), st.one_of(st.text(), st.integers().map(str))),
        st.lists(st.tuples(st.sampled_from("q doc s e x t h b a".split()), st.sampled_from("1 5 a %FF %zz 0000000000000000".split())))
        .map(lambda pairs: "?" + "&".join(f"{key}={value}" for key, value in pairs)),
    )
)  # fmt: skip
def test_a_hostile_link_raises_nothing_else(query: str | dict[str, str]) -> None:
    """And what it says can be looked for in any document."""
    try:
        read = read_link(query)
    except QAError:
        return
    if read.anchor is not None:
        resolve(read.anchor, TEXT)


def test_links_are_told_by_the_public_error() -> None:
    """Which both packages export."""
    assert qa.LinkError is index.LinkError and issubclass(LinkError, QAError)
    assert quote_plus(BRIDGE) in link_to(anchored(BRIDGE))


# --- with a filter ---

named = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(lambda name: name.split()), max_size=40
)


@given(quoted(), named, named, st.sampled_from([None, "2024", "2024-05-31"]))
def test_a_link_carries_the_filter_of_its_question(
    case: tuple[str, int, int], publishers: list[str], folders: list[str], since: str | None
) -> None:
    """Whatever its values, or neither of the two when it would be too long: never the question without its filter."""
    text, start, end = case
    where = Where(publisher=publishers, folder=[f"x{f}" for f in folders], since=since) or None
    written = link_to(anchor_of("a.txt", text, start, end), "When?", where)
    link = read_link(written)
    assert len(written) <= MAX_LINK and (link.question, link.where) in (("When?", where), ("", None))
    if len(publishers) + len(folders) < 4:
        assert link.question == "When?"


def test_a_link_may_be_only_a_question_and_a_filter() -> None:
    """Written by hand."""
    link = read_link("?q=When%3F&publisher=CQC&publisher=Ofsted&since=2024&other=1")
    assert (link.question, link.where) == ("When?", Where(publisher=["CQC", "Ofsted"], since="2024"))
    assert read_link("?q=When%3F").where is None


@pytest.mark.parametrize(
    "query", ["?q=a&since=2024-13", "?q=a&since=2024&since=2023", "?q=a&publisher=", "?since=2024&until=2023"]
)
def test_a_filter_that_cannot_be_is_told(query: str) -> None:
    """In one line, as whatever else is wrong with a link."""
    with pytest.raises(LinkError, match="filter cannot be used"):
        read_link(query)
