"""Several questions in one message: taken apart where it is plain, and never where it is one question."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from conftest import ROOT, WordEncoder
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words

from qa import Assistant
from qa.several import MAX_BACKGROUND, MAX_QUESTIONS, Part, parts_of

WHO, WHEN, WHAT = "Who carried out the inspection?", "When did it take place?", "What did they praise?"

SEVERAL = {
    f"{WHO} {WHEN}": [WHO, WHEN],
    "Who carried out the inspection and when did it take place? What did they praise?": [WHO, WHEN, WHAT],
    "Who carried out the inspection, when did it take place and what did they praise?": [WHO, WHEN, WHAT],
    f"1. {WHO}\n2. {WHEN}\n3. {WHAT}": [WHO, WHEN, WHAT],
    f"1) {WHO} 2) {WHEN} 3) {WHAT}": [WHO, WHEN, WHAT],
    f"- {WHO}\n- {WHEN}\r\n* {WHAT}": [WHO, WHEN, WHAT],
    f"Q1: {WHO}\nQ2: {WHEN}": [WHO, WHEN],
    "* who led it\n* when was the visit\n* what was praised": ["who led it", "when was the visit", "what was praised"],
    "what was praised\nwhat was criticised": ["what was praised", "what was criticised"],
    f"{WHO}\n\nAnd the police?": [WHO, "And the police?"],
    "who led it? when did they visit? why?": ["who led it?", "when did they visit?", "why?"],
    "How many beds will the new ward have and when will it open?": [
        "How many beds will the new ward have?",
        "When will it open?",
    ],
    "Who is the director and who is the chair?": ["Who is the director?", "Who is the chair?"],
    "What are the strengths and what are the weaknesses?": ["What are the strengths?", "What are the weaknesses?"],
    "Where is the clinic and is it open on Sundays?": ["Where is the clinic?", "Is it open on Sundays?"],
    "Tell me who led the inspection. List the key strengths.": ["Tell me who led the inspection.", "List the key strengths."],
    "I'd like to know who led it. I also want to know when it was.": [
        "I'd like to know who led it.",
        "I also want to know when it was.",
    ],
    "When did it open? Who paid? -may “old stone”": ["When did it open? -may “old stone”", "Who paid? -may “old stone”"],
}

ONE = [
    WHO,
    "Who and when?",
    "When and where was the meeting held?",
    "What are the strengths and weaknesses?",
    "What works and why?",
    "What went well and what did not?",
    "Do you know who came and what they said?",
    "Tell me who came and when they left.",
    "Who knows how the money was spent and when it will be spent?",
    "Which people who live in Bexley and who work there were asked?",
    "Which nurses work with police and which do not?",
    "Who came and did it first?",
    "Who should come and do the work?",
    "What can visitors see and do?",
    "Which services run and how many journeys did each make?",
    "When inspectors visited, what did they find?",
    "Who carried out the inspection? Ofsted?",
    "Is it open or is it closed?",
    "What did she mean by “Who pays? And when?” in her speech?",
    "What did she mean by 'Who pays? And when?' in her speech?",
    '"Who carried out the inspection? When did it take place?"',
    "The report (is it public?) says what about the police?",
    "What was the cost of the ferry (e.g. in 2019) and of the bus?",
    "See https://example.org/?q=who and say what it is.",
    "Nina Jacobs",
    "early help; who",
    "The inspection took place in January. It was led by Ofsted.",
    "???",
    "  ",
]


def questions(message: str) -> list[str]:
    return [part.question for part in parts_of(message)]


@pytest.mark.parametrize("message", SEVERAL)
def test_each_question_is_found(message: str) -> None:
    """Sentences, items of lists, and clauses that ask in full on both sides."""
    assert questions(message) == SEVERAL[message]


@pytest.mark.parametrize("message", ONE)
def test_one_question_is_left_as_it_is(message: str) -> None:
    """To the character."""
    assert parts_of(message) == (Part(message),)


def test_our_questions_are_split_only_where_two_are_asked() -> None:
    """Of all the development questions, these five ask two things in full."""
    rows = [
        json.loads(line)
        for path in sorted((ROOT / "tests" / "questions").glob("*-dev.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    asked = {question for row in rows for question in (row["question"], *row["history"])}
    assert {q for q in asked if parts_of(q) != (Part(q),)} == {
        "How do I join the housing register, and which papers do I need?",
        "How many beds will the new ward have and when will it open?",
        "How many planning enforcement cases are open in Ostwick, and how many were closed?",
        "How much is the breakfast club grant for each school, and when does it end?",
        "Who criticised the council's decision on the buses, and what did they say?",
    }


def test_background_is_no_question() -> None:
    """What stands before a question is its background; greetings and talk of the asking are not even that."""
    message = "Dear all, good morning. I am writing about the inspection in Bexley. I have two questions. Who led it? It was long. When?"
    assert parts_of(message) == (Part("Who led it?", ("I am writing about the inspection in Bexley.",)), Part("When?"))
    assert parts_of("Hello, how are you? Who led it? Thanks!") == (Part("Who led it?"),)
    assert parts_of("How are you?") == (Part("How are you?"),)


def test_background_may_follow() -> None:
    """When nothing stands before the question."""
    assert parts_of("Who led it? I mean the inspection in Bexley.") == (
        Part("Who led it?", ("I mean the inspection in Bexley.",)),
    )


def test_background_is_bounded() -> None:
    """A sentence without an end is no background to lean on in full."""
    (part,) = parts_of("The inspection " + "and the council " * 500 + ". Who led it?")
    assert part.question == "Who led it?" and [len(b) for b in part.background] == [MAX_BACKGROUND]


@given(st.text(st.sampled_from("who what and? .,\n-1)“”'\"\ta"), max_size=300))
def test_any_message_has_a_question(message: str) -> None:
    """And none of its letters is made up."""
    parts = parts_of(message)
    assert parts and (parts == (Part(message),) or all(part.question.strip() for part in parts))
    assert {c for part in parts for c in part.question.casefold()} <= {*message.casefold(), "?", " "}


@pytest.mark.parametrize(
    "unit",
    [
        "who ",
        "Who? ",
        "and who did it, ",
        "what did it do and ",
        '"a ',
        "'a ",
        "-ab ",
        "\n",
        "1. ",
        "1) a\n",
        " ",
        "who did it\n",
    ],
)
def test_a_long_message_is_taken_apart_in_no_time(unit: str) -> None:
    """Whatever is repeated up to the longest that may be asked."""
    started = time.perf_counter()
    parts_of((unit * 10_000)[:10_000])
    assert time.perf_counter() - started < 5


# --- answered ---

BRIDGE = (
    "The old bridge was opened in May by Ann Lee.\n\nThe ferry to Norby costs four pounds.\n\n"
    "The council praised the crew of the ferry.\n\nForty apple trees were planted by pupils.\n"
)


@pytest.fixture
def assistant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    rank_by_words(monkeypatch)
    return opened(tmp_path, {"bridge.txt": BRIDGE, "trees.txt": "Pupils planted forty apple trees.\n"})


def test_each_question_has_its_own_answer(assistant: Assistant) -> None:
    """In order, with the citations numbered through; the whole has them all."""
    message = "Who opened the old bridge and what does the ferry to Norby cost? Who planted forty apple trees?"
    answer = assistant.ask(message)
    assert answer.question == message
    assert [part.question for part in answer.parts] == [
        "Who opened the old bridge?",
        "What does the ferry to Norby cost?",
        "Who planted forty apple trees?",
    ]
    firsts = [part.citations[0].text for part in answer.parts]
    assert "Ann Lee" in firsts[0] and "four pounds" in firsts[1] and "apple trees" in firsts[2]
    assert answer.citations == tuple(c for part in answer.parts for c in part.citations)
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.verdict == "answered" and answer.confidence == min(part.confidence for part in answer.parts)
    assert [p["question"] for p in answer.to_dict()["parts"]] == [part.question for part in answer.parts]
    assert answer.to_dict()["parts"][1]["citations"][0]["number"] == answer.parts[1].citations[0].number
    assert not any(part.parts for part in answer.parts)


def test_what_differs_is_numbered_through_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the citations of each part and in its note."""
    rank_by_words(monkeypatch)
    files = {f"{name}.txt": f"The storm sank {n} boats.\n" for name, n in (("a", 11), ("b", 12))}
    files["bridge.txt"] = "The old bridge was opened in May by Ann Lee.\n"
    answer = opened(tmp_path, files).ask("Who opened the old bridge? How many boats sank in the storm?")
    first, second = answer.parts
    after = len(first.citations)
    assert [(c.number, c.differs_from) for c in second.citations[:2]] == [(after + 1, (after + 2,)), (after + 2, (after + 1,))]
    assert second.notes == (f"The sources differ: “11 boats” [{after + 1}], “12 boats” [{after + 2}].",)
    assert first.notes == () and answer.citations == (*first.citations, *second.citations)


def test_one_question_has_no_parts(assistant: Assistant) -> None:
    """And is told as before."""
    answer = assistant.ask("Who opened the old bridge?")
    assert answer.parts == () and answer.to_dict()["parts"] == []


def test_the_whole_is_as_good_as_its_best_part(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """And as sure as the least sure of the answered parts; the nearest passages of the others are there too."""
    answer = assistant.ask('Who opened the old bridge? Who said "zebra"?')
    assert [part.verdict for part in answer.parts] == ["answered", "not_found"]
    assert answer.verdict == "answered" and answer.confidence == answer.parts[0].confidence > answer.parts[1].confidence
    rank_by_words(monkeypatch, answered=False)
    answer = assistant.ask("Who has opened the old bridge? What does the ferry cost?")
    assert answer.verdict == "related" and answer.citations == ()
    assert [r.number for r in answer.related] == list(range(1, len(answer.related) + 1))
    assert answer.related == tuple(r for part in answer.parts for r in part.related)


def test_later_questions_lean_on_earlier_ones(assistant: Assistant) -> None:
    """As in a conversation; and on the background, and on the conversation before."""
    answer = assistant.ask("Who opened the old bridge? When?")
    assert answer.parts[1].standalone_question == "Who opened the old bridge, and when?"
    answer = assistant.ask("I am writing about the old bridge. Who opened it, and when did it open?")
    assert [part.standalone_question for part in answer.parts] == ["Who opened the old bridge?", "When did the old bridge open?"]
    answer = assistant.ask("Why? Where?", ["Who opened the old bridge?"])
    assert answer.parts[0].standalone_question == "Who opened the old bridge, and why?"


def test_the_next_question_leans_on_the_last_of_several(assistant: Assistant) -> None:
    """The history may hold messages with several questions, as they were typed or as they were understood."""
    message = "What does the ferry cost? Who opened the old bridge?"
    for history in ([message], [assistant.ask(message).standalone_question]):
        assert assistant.ask("When?", history).standalone_question == "Who opened the old bridge, and when?"


def test_no_more_than_the_documented_number_is_answered(assistant: Assistant) -> None:
    """The others are named, word for word."""
    asked = [f"Who planted tree number {n}?" for n in range(1, MAX_QUESTIONS + 4)]
    answer = assistant.ask(" ".join(asked))
    assert len(answer.parts) == MAX_QUESTIONS
    assert f"Only the first {MAX_QUESTIONS} of {len(asked)} questions are answered." in answer.notes[0]
    assert all(f"“{question}”" in answer.notes[0] for question in asked[MAX_QUESTIONS:])
    assert len(assistant.ask(" ".join(asked[:MAX_QUESTIONS])).notes) == 0


# --- a question that is a paragraph ---


def test_the_asking_sentence_counts_and_not_the_background(assistant: Assistant) -> None:
    """However long that is, before or after: nothing of it is looked for."""
    background = "The council praised the crew, and the crew of the ferry praised the council. " * 100
    plain = assistant.ask("Who opened the old bridge?")
    for message in (f"{background}Who opened the old bridge?", f"Who opened the old bridge? {background}"):
        answer = assistant.ask(message)
        assert (answer.question, answer.standalone_question) == (message, "Who opened the old bridge?")
        assert (answer.citations, answer.confidence) == (plain.citations, plain.confidence)
        assert assistant.retrieve(message, 2) == assistant.retrieve("Who opened the old bridge?", 2)


def test_an_endless_sentence_is_read_where_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end, when that is where the question mark stands; else its beginning."""
    rank_by_words(monkeypatch)
    encoder = WordEncoder()
    assistant = opened(tmp_path, {"a.txt": BRIDGE}, encoder)
    words = "and so on " * 300
    for question, kept in ((f"{words} who opened the old bridge?", "bridge?"), (f"who opened the old bridge {words}", "who")):
        answer = assistant.ask(question)
        assert kept in encoder.encoded[-1].split() and len(encoder.encoded[-1].split()) < 256
        assert "Ann Lee" in answer.citations[0].text
