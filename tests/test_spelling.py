"""Mistyped words: mended when they are no words and one of the collection is near, and never else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import WordEncoder
from test_assistant import opened, rank_by_words

from index import Index
from index.words import is_english
from qa import Assistant
from qa.question import Question, parse_question
from qa.spelling import nearest_word

TEXT = (
    "The cabinet praised the inspectors of the partnership for their leadership.\n\n"
    "Their education of teachers concerns the whole borough, its councils and its ferry.\n\n"
    "The telephone consultation helps children who are missing, says Mr Deshmukh of the children's service.\n"
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
        ("inspecters", "inspectors"),
        ("childrens", "children's"),
        ("consultasion", "consultation"),
        ("councills", "councils"),
        ("ferrys", "ferry"),
    ],
)
def test_a_mistyped_word_is_mended(collection: Index, typed: str, meant: str) -> None:
    """The word of the collection is looked for, and the answer says so: whether the slip is inside or in the ending."""
    parsed = parse(collection, f"Who led the {typed}?")
    assert parsed.corrections == ((typed, meant),)
    assert parsed.text == f"Who led the {meant}?"
    assert set(parsed.terms) & set(parse(collection, meant).terms)


def test_a_mended_word_of_a_follow_up_is_its_own(collection: Index) -> None:
    """It weighs as much as when it is spelt right; what is taken over from earlier questions less."""
    typed = "Where is the ferrry of the borough?"
    mended = parse_question(typed, collection, SpellingEncoder(), own="Where is its ferrry?")
    right = parse(collection, "Where is the ferry of the borough?")
    assert mended.corrections == (("ferrry", "ferry"),)
    assert mended.weights[0] == right.weights[0] and mended.weights[1] < right.weights[1]


def test_a_possessive_and_a_repeated_slip_are_mended(collection: Index) -> None:
    """Every occurrence, and the ending stays."""
    parsed = parse(collection, "The cabinett's words: what did the cabinett say?")
    assert parsed.text == "The cabinet's words: what did the cabinet say?"
    assert parsed.corrections == (("cabinett", "cabinet"),)


@pytest.mark.parametrize(
    "word",
    [
        "inspector",
        "inspecting",
        "praise",
        "Education",
        "partnerships",
        "leaderships",
        "teacher",
        "teaches",
        "Deshmukhs",
        "preacher",
    ],
)
def test_a_correct_word_stays(collection: Index, word: str) -> None:
    """An inflection or another English word is no slip, even if the encoder does not know it and another is near."""
    parsed = parse(collection, f"Who led the {word}?")
    assert parsed.corrections == () and word in parsed.text


def test_a_common_word_stays(tmp_path: Path) -> None:
    """What is one token to the encoder or is English is spelled as meant, however near another word is."""
    index = opened(tmp_path, {"a.txt": "The country was flat.\n"}).index
    assert parse(index, "Which county?").corrections == ()
    assert parse(index, "Which countrry?").corrections == (("countrry", "country"),)
    assert parse(index, "Which countrry?", "countrry").corrections == ()


def test_a_quoted_word_stays(collection: Index) -> None:
    """Quotation marks mean: exactly these words. The same slip outside them is mended."""
    for quoted in ('"the cabinett"', "“the cabinett”"):
        parsed = parse(collection, f"Who said {quoted} of the cabinett?")
        assert parsed.text == f"Who said {quoted} of the cabinet?"
        assert parsed.phrases == ("the cabinett",)
    assert parse(collection, 'Who said "the cabinett"?').corrections == ()


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


@pytest.mark.parametrize(
    "word", "teacher inspectorates organisation paediatric councillors counselling boroughs teacher's".split()
)
def test_english_words_are_known(word: str) -> None:
    """British forms, inflections and possessives among them."""
    assert is_english(word)


@pytest.mark.parametrize("word", "inspecters servises commision recieve goverment strenghts".split())
def test_slips_are_no_english_words(word: str) -> None:
    """Or nothing would be mended."""
    assert not is_english(word)
