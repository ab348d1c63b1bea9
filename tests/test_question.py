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
from qa.plain import answer_terminal
from qa.question import parse_question, readable
from qa.render import answer_html


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


def test_an_answer_says_that_quoted_words_stand_nowhere(phrases: Assistant) -> None:
    """Or not together, or not without the words that are ruled out."""
    for question, said in (
        ('the "stone bridges" in May', "The exact words “stone bridges” stand nowhere in what can be quoted from the documents."),
        ('the "old STONE bridge" and "zebra"', "The exact words “zebra” stand nowhere in what can be quoted from the documents."),
        ('the "old stone" that "fell in july"', "No one sentence has the exact words “old stone” and “fell in july”."),
        ('the "old stone bridge" -may', "No one sentence has the exact words “old stone bridge” without “may”."),
        ("the bridge -bridge", "Every sentence that was found has “bridge”, which you ruled out."),
    ):
        answer = phrases.ask(question)
        assert answer.verdict == "not_found" and answer.explanation.startswith(said)
        assert said in answer_terminal(answer).replace("\n", " ")
        assert said in answer_html(answer)
    assert "exact" not in phrases.ask("a zebra").explanation


def test_pronouns_in_quoted_words_stand_for_nothing_else(phrases: Assistant) -> None:
    """A follow-up is resolved around them."""
    history = ["When was the old stone bridge shut?"]
    answer = phrases.ask('Who said "it was they"?', history)
    assert '"it was they"' in answer.standalone_question
    assert (
        phrases.ask('And when was it "of old stone"?', history).citations[0].text == "The bridge of old stone was open in June."
    )


def test_quoted_words_are_found_however_far_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the one passage of many that has them, though it is the least near; also when they are stop words."""
    rank_by_words(monkeypatch)
    files = {f"{n}.txt": "The bridge and the ferry and the wall.\n" for n in range(300)} | {
        "z.txt": "Apples to be or not to be.\n"
    }
    assistant = opened(tmp_path, files)
    for question in ('the bridge, the ferry, the wall "to be or not"', 'the bridge, the ferry, the wall "apples to be"'):
        assert [c.document for c in assistant.ask(question).citations] == ["z.txt"]
        assert [hit.document for hit in assistant.retrieve(question, 5)] == ["z.txt"]


def test_passages_keep_to_quoted_words_and_minus_words(phrases: Assistant) -> None:
    """What is retrieved has the ones and has not the others."""
    texts = [hit.text for hit in phrases.retrieve('bridge "of old stone"')]
    assert texts and all("of old stone" in text for text in texts)
    assert phrases.retrieve('bridge "stone bridges"') == []
    assert phrases.retrieve("old bridge -stone") == []


def test_a_minus_word_is_in_no_item_of_a_list_and_in_no_near_passage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is quoted with a sentence obeys as the sentence does; the answer says how much is left out."""
    rank_by_words(monkeypatch)
    text = "The strengths of the ferry were:\n\n- a kind crew\n- good tea\n- a kind captain\n\nThe harbour is deep. Its master is kind.\n"
    assistant = opened(tmp_path, {"a.txt": text})
    answer = assistant.ask("What were the strengths of the ferry? -kind")
    assert answer.citations and not any("kind" in c.text for c in answer.citations)
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert any("you ruled out" in note for note in answer.notes)
    rank_by_words(monkeypatch, answered=False)
    for question in ("Is the harbour deep? -kind", "What were the strengths of the ferry? -kind"):
        answer = assistant.ask(question)
        assert not answer.citations and not any("kind" in r.text for r in answer.related)


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
