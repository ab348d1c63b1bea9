"""Conversations: what a follow-up question stands for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from conftest import WordEncoder
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words

from qa import Answer, Conversation
from qa.chat import standalone, topic_of
from qa.leaning import leans

WHO = "Who carried out the inspection?"


def nobody(question: str) -> Sequence[str]:
    return []


def understood(question: str, *history: str, cited=nobody) -> str:  # type: ignore[no-untyped-def]
    return standalone(question, history, WordEncoder(), cited)


@pytest.mark.parametrize(
    "question",
    [
        WHO,
        "What were the key strengths of the partnership?",
        "Which agencies took part?",
        "early help",
        "What did the council say about its services?",
        "When did Ann Lee say that the bridge was closed?",
        "",
        "кто это",
        "Is it true that the bridge is closed?",
        "When does it rain?",
        "What will it cost to take a car on the ferry?",
        "How many people live in this borough?",
        "What will happen to the children after they are moved?",
        "What did Joanna Fisk say about her daughter?",
        "Does the council think it will close the library?",
        "Who gave thanks to those who took part?",
        "Are there any plans for the bridge?",
        "Do boys get into more bother than girls?",
        "What do the experts make of these early morning meals at school?",
    ],
)
def test_a_question_that_stands_alone_is_unchanged(question: str) -> None:
    """Whatever was asked before."""
    assert understood(question, "Who is the mayor?", "What did Ann Lee say?") == question
    assert not leans(question)


@pytest.mark.parametrize("question", ["When was it?", "And the weaknesses?", "Why?", "What did he say?", "Anything else?"])
def test_without_a_history_nothing_is_taken_over(question: str) -> None:
    """There is nothing to lean on, though the question leans; blank turns are none."""
    assert leans(question)
    assert understood(question) == understood(question, "", "  \n") == question


@pytest.mark.parametrize(
    "question, history, expected",
    [
        ("When was it?", [WHO], "When was the inspection?"),
        ("What were its findings?", [WHO], "What were the inspection's findings?"),
        ("What did he say?", ["Who is John Fuller?"], "What did John Fuller say?"),
        ("What is her role?", ["What did Ann Lee say?"], "What is Ann Lee's role?"),
        ("And the weaknesses?", ["What were the key strengths?"], "What were the weaknesses?"),
        ("And the weaknesses?", ["What are the partnership's strengths?"], "What are the partnership's weaknesses?"),
        ("And the weaknesses?", ["What were the strengths of the wall?"], "What were the weaknesses of the wall?"),
        ("Why?", ["The bridge was closed"], "Why: The bridge was closed?"),
        ("But why?", ["When was the bridge closed?"], "Why was the bridge closed?"),
        ("Why?", ["How many complaints did the trust receive in May?"], "Why did the trust receive complaints in May?"),
        ("Since when?", ["Was the bridge closed?"], "Since when was the bridge closed?"),
        ("By whom?", ["Was the bridge closed?"], "By whom was the bridge closed?"),
        ("When?", [WHO], "Who carried out the inspection, and when?"),
        ("Who said so?", ["Was the bridge closed?"], "Who said that the bridge was closed?"),
        ("Why did they do that?", ["Did the council close the library?"], "Why did the council close the library?"),
        ("Which ones?", ["How many schools were inspected?"], "Which schools were inspected?"),
        ("How many?", ["Which schools took part?"], "How many schools took part?"),
        ("Who else?", [WHO], "Who else carried out the inspection?"),
        ("Tell me more", ["What is early help?"], "Tell me more about early help"),
        ("And in 2021?", ["How many homes were built in 2022?"], "How many homes were built in 2021?"),
        ("And Croydon?", ["What did Ofsted find in Bexley?"], "What did Ofsted find in Croydon?"),
        ("And at night?", ["How many nurses work on Sundays?"], "How many nurses work on Sundays at night?"),
        ("And who runs it?", ["What is the travel grant worth?"], "Who runs the travel grant?"),
        ("What about their pay?", ["Who are the nurses?"], "What about the nurses' pay?"),
        ("What will it be called?", ["When will the new ward open?"], "What will the new ward be called?"),
        ("Which bank is it from?", ["Is the cost covered by a loan?"], "Which bank is the loan from?"),
        ("Who pays for that?", ["How much will the wall at Tarrowby cost?"], "Who pays for the wall at Tarrowby?"),
        (
            "How long did they debate it?",
            ["How did the council vote on the buses?"],
            "How long did the council debate the buses?",
        ),
        ("Who will water them?", ["How many trees will be planted?"], "Who will water the trees that will be planted?"),
        (
            "How many of them were children?",
            ["How many people crossed Quarry Road?"],
            "How many of the people who crossed Quarry Road were children?",
        ),
        ("How many should there have been?", ["How many nurses were there?"], "How many nurses should there have been?"),
        ("Which one won?", ["Which options for rents were discussed?"], "Which of the options for rents won?"),
        ("The second one?", ["Which options for rents were discussed?"], "The second of the options for rents?"),
        ("Is that enough?", ["How many nurses were there?"], "Is that enough (nurses were there)?"),
        ("What does the agency say?", ["How high is the wall?"], "What does the agency say?"),
        ("And what does the agency say?", ["How high is the wall?"], "What does the agency say about the wall?"),
        ("Who works there?", ["What did Ofsted find in Bexley?"], "Who works in Bexley?"),
        ("What did the police do then?", ["Who led the council in 2019?"], "What did the police do in 2019?"),
        ("Who runs the service?", ["What is the telephone advice service?"], "Who runs the telephone advice service?"),
        ("Who wrote the report?", ["What did the Ofsted report on Bexley say?"], "Who wrote the Ofsted report on Bexley?"),
        ("When will those talks start?", ["What has the mayor offered the trust?"], "When will those talks (the trust) start?"),
        ("And in other schools?", ["How far did it fall in clubs?", "Is that much?"], "How far did it fall in other schools?"),
        ("Why?", ["Who is Dominic Pryce?", "Is he going to resign?"], "Why is Dominic Pryce going to resign?"),
    ],
)
def test_what_a_follow_up_stands_for(question: str, history: list[str], expected: str) -> None:
    """A pronoun for a thing or a person, an opening "and …", an asking word alone."""

    class Nearest(WordEncoder):  # "strengths" and "weaknesses" are near, other words are not
        def _encode(self, text: str):  # type: ignore[no-untyped-def]
            return super()._encode("strengths" if "weaknesses" in text else text)

    assert standalone(question, history, Nearest(), nobody) == expected


@pytest.mark.parametrize(
    "question", ["What about the police?", "How about the police?", "And the police?", "Same for the police"]
)
def test_what_about_keeps_the_question_and_changes_its_matter(question: str) -> None:
    """One word of the question before gives way; the rest stays."""
    resolved = understood(question, "What did the report say about leadership?")
    assert "the police" in resolved
    kept = [w for w in ("report", "say", "leadership") if w in resolved]
    assert len(kept) == 2


def test_a_person_whom_no_question_names_comes_from_the_citations() -> None:
    """The speaker of the answer before stands for "she"; a name in the questions goes first."""
    assert understood("What did she say?", "Who is the mayor?", cited=lambda q: ["Ann Lee"]) == "What did Ann Lee say?"
    assert understood("What did she say?", "Who is Nora Hill?", cited=lambda q: ["Ann Lee"]) == "What did Nora Hill say?"


def test_a_person_is_told_from_a_body_and_by_the_title() -> None:
    """ "He" is no council and no Mrs, and nobody's father is "she"; a role of the question will do where no name is known."""
    assert understood("What did he say?", "Who is Ann Lee?", "What did the council decide?") == "What did Ann Lee say?"
    assert understood("What did he say?", "Who is Dr Deshmukh?", "Where is Mrs Hill?") == "What did Dr Deshmukh say?"
    assert understood("What did she say?", "How long did Nora Hill's father wait?") == "What did Nora Hill say?"
    assert understood("How old is she?", "Who is the leader of Wendale Council?") == "How old is the leader of Wendale Council?"
    assert understood("How old is he?", "Who manages the home?") == "How old is the one who manages the home?"
    assert (
        understood("What did he say?", "What did the father who works shifts say?") == "What did the father who works shifts say?"
    )


def test_a_name_that_the_question_had_is_no_answer_to_it() -> None:
    """The one who manages Harbour View is not Harbour View."""
    assert "Ann Lee" in understood("How old is she?", "Who manages Harbour View?", cited=lambda q: ["Harbour View", "Ann Lee"])


def test_a_person_named_long_ago_is_still_meant() -> None:
    """When nobody was named since."""
    history = [
        "What did Dr Deshmukh say?",
        "How many schools are there?",
        "When was the bridge closed?",
        "What is early help?",
    ]
    assert understood("What did he say about schools?", *history) == "What did Dr Deshmukh say about schools?"


def test_a_name_ends_with_its_sentence() -> None:
    """A history turn of two sentences names one person."""
    assert understood("What did she say?", "I read about Ann Lee. When was that?") == "What did Ann Lee say?"


def test_the_latest_person_is_meant() -> None:
    """When the turns contradict each other, the last one counts."""
    history = ["What did John Fuller say?", "What did Sid Deshmukh say?"]
    assert understood("What else did he say?", *history).startswith("What else did Sid Deshmukh say")
    assert "John Fuller" in understood("What else did he say?", *history[::-1])


def test_a_thousand_turns() -> None:
    """Only the latest are looked at: the answer is that of the last turn alone."""
    history = [f"What did Nora Hill say about bridge {n}?" for n in range(1000)]
    assert understood("Why?", *history) == understood("Why?", history[-1])
    assert understood("What did she say?", *history) == "What did Nora Hill say?"
    asked: list[str] = []
    understood("What did she say?", *["who was there?"] * 1000, cited=lambda q: asked.append(q) or [])
    assert len(asked) <= 20


@pytest.mark.parametrize("earlier", ["???", "-", "…", "a-" * 4000, "x" * 50_000, "word " * 5000, "\x00", "😀", "the of and"])
@pytest.mark.parametrize("question", ["Why?", "When was it?", "And the police?", "What did he say?", "Anything else?"])
def test_any_history_can_be_followed(question: str, earlier: str) -> None:
    """Marks alone, one endless word, a whole book: the question stays one of bounded length."""
    assert 0 < len(understood(question, earlier)) < 2_000


def test_a_paragraph_stands_alone() -> None:
    """It says by itself what it is about, whatever pronouns are in it."""
    paragraph = "Is it for that? " * 100
    assert understood(paragraph, WHO) == paragraph.strip()


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_follow_ups_never_fail(question: str, history: list[str]) -> None:
    """And the same words give the same question twice."""
    assert understood(question, *history) == understood(question, *history)


@pytest.mark.parametrize(
    "question, topic",
    [
        (WHO, "the inspection"),
        ("What did the mayor say about Norby Harbour?", "Norby Harbour"),
        ("early help offers", "early help offers"),
        ("???", ""),
    ],
)
def test_the_topic_of_a_question(question: str, topic: str) -> None:
    """Its last name or noun phrase."""
    assert topic_of(question) == topic


def test_a_conversation_remembers_what_was_meant() -> None:
    """The history that follows is made of questions that stand alone; adding makes a new conversation."""
    empty = Conversation()
    one = empty.add(Answer("When was it?", "not_found", 0.0, (), (), "When was the visit?"))
    assert empty.history == [] and one.history == ["When was the visit?"]
    assert one.add(Answer("Why?", "not_found", 0.0, (), (), "Why: was the visit?")).history == one.history + [
        "Why: was the visit?"
    ]
    assert one.turns[0].question == "When was it?"


def test_a_follow_up_is_answered_as_its_whole_question(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer tells what was asked and what it was taken to mean."""
    rank_by_words(monkeypatch)
    assistant = opened(
        tmp_path, {"a.txt": "The inspection was made by Ofsted.\n\nThe ferry inspection was in May. The ferry is red.\n"}
    )
    answer = assistant.ask("When was it?", [WHO])
    assert (answer.question, answer.standalone_question) == ("When was it?", "When was the inspection?")
    assert answer.citations == assistant.ask("When was the inspection?").citations


def test_a_follow_up_never_grows_past_what_may_be_asked(tmp_path) -> None:
    """The longest question after a long one, and many pronouns for a long name, are still answered."""
    assistant = opened(tmp_path, {"a.txt": "The ferry is red.\n"})
    name = "Ann " + "Lee" * 100
    for question, earlier in (
        ("he " * 3333, f"Who is {name}?"),
        (f"and it {'word ' * 1990}", "x" * 10_000),
        ("Why?", "w " * 5000),
    ):
        assert assistant.ask(question, [earlier]).verdict in ("answered", "related", "not_found")
