"""Conversations: what a follow-up question stands for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from conftest import WordEncoder
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words

from qa import Answer, Conversation
from qa.chat import leans, standalone, topic_of

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
        ("And the weaknesses?", ["What were the strengths?"], "What were the weaknesses?"),
        ("And the weaknesses?", ["What were the key strengths?"], "What were the key weaknesses?"),
        ("Why?", ["The bridge was closed"], "Why: The bridge was closed?"),
        ("But why?", ["When was the bridge closed?"], "Why: was the bridge closed?"),
        ("When?", [WHO], "When: carried out the inspection?"),
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
