"""A question taken apart: its words and their weight, quoted phrases, words left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import WordEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words
from test_spelling import TEXT, parse

from index import Index, QuestionError
from qa import Assistant
from qa.question import parse_question, readable


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return opened(tmp_path_factory.mktemp("question"), {"a.txt": TEXT}).index


# --- words and weights ---


def test_terms_are_the_words_that_carry_content(collection: Index) -> None:
    """In order, without repeats and stop words, stemmed; with a weight each."""
    parsed = parse(collection, "Who praised the inspectors, and were inspectors praised?")
    assert parsed.terms == ("prais", "inspector")
    assert len(parsed.weights) == 2 and all(w > 0 for w in parsed.weights)
    assert parsed.kind == "person" and parsed.unknown == ()


def test_a_rare_word_weighs_more(tmp_path: Path) -> None:
    """The weight is the idf in the collection, and an unknown word weighs most."""
    text = "".join(f"The bridge number w{n}.{' The ferry.' * (n == 3)}{' long' * 200}\n\n" for n in range(6))
    index = opened(tmp_path, {"a.txt": text}).index
    parsed = parse(index, "bridge ferry zebra")
    bridge, ferry, zebra = parsed.weights
    assert bridge < ferry < zebra
    assert parsed.unknown == ("zebra",)


def test_words_of_the_asking_weigh_less(collection: Index) -> None:
    """ "Mentioned" and the name of the one whose words are asked for; unless there is nothing else."""
    alone = {word: parse(collection, word).weights[0] for word in ("mentioned", "teachers", "education")}
    mentioned, education = parse(collection, "mentioned education").weights
    assert 0 < mentioned < alone["mentioned"] and education == alone["education"]
    parsed = parse(collection, "What did teachers say about education?")
    weights = dict(zip(parsed.terms, parsed.weights, strict=True))
    assert 0 < weights["teacher"] < alone["teachers"] and weights["educ"] == alone["education"]


def test_a_question_of_stop_words_alone_keeps_them(collection: Index) -> None:
    """There is nothing else to look for."""
    assert parse(collection, "the of and").terms == ("the", "of", "and")


def test_unknown_words_are_told_as_typed(collection: Index) -> None:
    """Without repeats, in order, folded; asking words are none."""
    assert parse(collection, "Zebra Albatross zebra mentioned", "zebra", "albatross").unknown == ("zebra", "albatross")


# --- "quoted words" and -word ---


@pytest.fixture
def phrases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    rank_by_words(monkeypatch)
    text = (
        "The old stone bridge was shut in May.\n\nThe bridge of old stone was open in June.\n\n"
        "A stone on the old bridge fell in July.\n"
    )
    return opened(tmp_path, {"bridges.txt": text})


@pytest.mark.parametrize("quoted", ['"of old stone"', "“OF  old STONE”", '"of old stone was"'])
def test_quoted_words_stand_in_the_quotation_as_they_are(phrases: Assistant, quoted: str) -> None:
    """Whatever the case and the marks; the nearer sentence without them is not quoted."""
    answer = phrases.ask(f"When was the bridge {quoted} there?")
    assert [c.text for c in answer.citations] == ["The bridge of old stone was open in June."]


def test_quoted_words_that_are_nowhere_find_nothing(phrases: Assistant) -> None:
    """Not even a nearly equal sentence, and not a part of a word."""
    for question in ('the "stone bridges" in May', '"ld stone bridg"', '"bridge stone"'):
        answer = phrases.ask(question)
        assert (answer.verdict, answer.citations, answer.related) == ("not_found", (), ())


def test_a_word_with_a_minus_is_in_no_quotation(phrases: Assistant) -> None:
    """In any form of it; the question that is looked for is without it."""
    for question in ("old stone bridge -may", "old stone bridge -May -fall"):
        texts = [c.text for c in phrases.ask(question).citations]
        assert texts and not any("May" in t for t in texts)
    assert parse_question("stone -bridges", phrases.index, WordEncoder()).excluded == {"bridg"}
    assert "bridge" not in parse_question("stone -bridge", phrases.index, WordEncoder()).text


def test_a_hyphen_within_a_word_leaves_nothing_out(phrases: Assistant) -> None:
    """ "co-located" and "1914-18" are words; so is a dash between blanks."""
    for question in ("co-located stone", "the bridge - old", "1914-18"):
        assert parse_question(question, phrases.index, WordEncoder()).excluded == frozenset()


# --- what is refused, and what is made readable ---


@pytest.mark.parametrize("text", ["", " ", "\n \t", "\u2003", "x" * 10_001, None, 7, b"Who?", ["Who?"]])
def test_no_question(collection: Index, text: object) -> None:
    """One line that says what was found."""
    with pytest.raises(QuestionError) as caught:
        parse_question(text, collection, WordEncoder())  # type: ignore[arg-type]
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_the_longest_question_is_read(collection: Index) -> None:
    """10,000 characters are, one more is not; both numbers are told."""
    assert parse(collection, "x" * 10_000).terms
    with pytest.raises(QuestionError, match=r"10,001 characters, at most 10,000"):
        parse(collection, "x" * 10_001)


@given(st.text(st.characters(codec=None), max_size=60))
@settings(max_examples=60)
def test_readable_text_can_be_encoded_and_is_otherwise_the_same(text: str) -> None:
    """Only surrogates change: a pair becomes its character, one alone the replacement character."""
    assert readable(text).encode("utf-8").decode("utf-8") == readable(text)
    assert [c for c in readable(text) if c != "\ufffd" and c < "\U00010000"] == [
        c for c in text if c != "\ufffd" and c < "\U00010000" and not "\ud800" <= c <= "\udfff"
    ]
    assert readable("\ud83d\ude00 \ud83d") == "😀 \ufffd"
