"""A question taken apart: its words and their weight, mended spelling, quoted phrases, words left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import WordEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words

from index import Index, QuestionError
from qa import Assistant
from qa.question import Question, nearest_word, parse_question, readable

TEXT = (
    "The cabinet praised the inspectors of the partnership for their leadership.\n\n"
    "Their education of teachers concerns the whole borough, its councils and its ferry.\n\n"
    "The telephone consultation helps children who are missing.\n"
)


class SpellingEncoder(WordEncoder):
    """Only the words it is given are one token, as common words are to a real encoder; every other word is two."""

    def __init__(self, *common: str) -> None:
        super().__init__()
        self.common = set(common)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [sum(1 if w.casefold() in self.common else 2 for w in text.split()) for text in texts]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return opened(tmp_path_factory.mktemp("question"), {"a.txt": TEXT}).index


def parse(collection: Index, text: str, *common: str) -> Question:
    return parse_question(text, collection, SpellingEncoder(*common))


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


# --- spelling ---


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("cabinett", "cabinet"),
        ("inspecotrs", "inspectors"),
        ("parternship", "partnership"),
        ("eductaion", "education"),
        ("leadrship", "leadership"),
        ("telephne", "telephone"),
        ("ferrry", "ferry"),
    ],
)
def test_a_mistyped_word_is_mended(collection: Index, typed: str, meant: str) -> None:
    """The word of the collection is looked for, and the answer says so."""
    parsed = parse(collection, f"Who led the {typed}?")
    assert parsed.corrections == ((typed, meant),)
    assert parsed.text == f"Who led the {meant}?"
    assert set(parsed.terms) & set(parse(collection, meant).terms)


def test_a_possessive_and_a_repeated_slip_are_mended(collection: Index) -> None:
    """Every occurrence, and the ending stays."""
    parsed = parse(collection, "The cabinett's words: what did the cabinett say?")
    assert parsed.text == "The cabinet's words: what did the cabinet say?"
    assert parsed.corrections == (("cabinett", "cabinet"),)


@pytest.mark.parametrize(
    "word", ["inspector", "inspecting", "praise", "Education", "partnerships", "childrens", "leaderships", "teacher", "teaches"]
)
def test_a_word_that_the_collection_has_in_any_form_stays(collection: Index, word: str) -> None:
    """An inflection is no slip, even if the encoder does not know it."""
    parsed = parse(collection, f"Who led the {word}?")
    assert parsed.corrections == () and word in parsed.text


def test_a_common_word_stays(tmp_path: Path) -> None:
    """What is one token to the encoder is spelled as meant, however near another word is."""
    index = opened(tmp_path, {"a.txt": "The country was flat.\n"}).index
    assert parse(index, "Which county?").corrections == (("county", "country"),)
    assert parse(index, "Which county?", "county").corrections == ()


def test_a_word_of_the_collection_is_never_taken_for_its_neighbour(tmp_path: Path) -> None:
    """Both are there: neither is a slip of the other, nor is a form of either."""
    index = opened(tmp_path, {"a.txt": "The country was flat.\n\nThe county was not.\n"}).index
    for word in ("county", "country", "counties", "countries", "COUNTY", "county's"):
        assert parse(index, f"Which {word}?").corrections == ()


@pytest.mark.parametrize("word", ["zebra", "xylophone", "hte", "teh", "qqqqqqqq", "2020x", "Кабинет", "内阁部长是谁"])
def test_a_word_that_is_near_nothing_stays(collection: Index, word: str) -> None:
    """Far, short, with digits or in another script."""
    assert parse(collection, f"the {word} word").corrections == ()


@pytest.mark.parametrize(
    "word, meant",
    [
        ("leadersh", "leadership"),
        ("cabient", "cabinet"),
        ("missng", "missing"),
        ("nearly", ""),
        ("fabinet", ""),
        ("education", ""),
    ],
)
def test_the_nearest_word(collection: Index, word: str, meant: str) -> None:
    """At most two edits away and from the same first letter, or none; and no word is its own slip."""
    assert nearest_word(word, collection) == meant


def test_corrections_reach_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what was looked for instead as the question that stands alone."""
    rank_by_words(monkeypatch)
    answer = Assistant.open(opened(tmp_path, {"a.txt": TEXT}).index.folder, SpellingEncoder()).ask("Who praised the inspecotrs?")
    assert answer.corrections == (("inspecotrs", "inspectors"),)
    assert answer.question == "Who praised the inspecotrs?"
    assert answer.standalone_question == "Who praised the inspectors?"
    assert answer.to_dict()["corrections"] == [["inspecotrs", "inspectors"]]


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


def test_words_of_earlier_questions_find_the_passage_but_weigh_less(collection: Index) -> None:
    """What a follow-up asks itself decides among sentences that are all about the same; words that are all taken over count in full."""
    whole = parse_question("Where is the ferry of the borough?", collection, WordEncoder())
    taken = parse_question("Where is the ferry of the borough?", collection, WordEncoder(), own="Where is its ferry?")
    assert taken.terms == whole.terms == ("ferri", "borough")
    assert taken.weights[0] == whole.weights[0] and taken.weights[1] < whole.weights[1]
    assert parse_question("Where is the ferry?", collection, WordEncoder(), own="Where?").weights == whole.weights[:1]
