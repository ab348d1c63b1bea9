"""Which evidence may be quoted: whose words are asked for."""

from __future__ import annotations

import pytest
from test_assistant import opened, rank_by_words

from qa import Assistant

COUNCIL = (
    "The council met on the bridge in May.\n\n"
    "“The bridge is safe and sound,” said Ann Lee, head of roads. “The bridge was painted in June.”\n\n"
    "Mark Hill, the mayor of Norby, said the bridge was far too narrow for buses.\n\n"
    "Inspectors said the bridge had been cleaned.\n\n"
    "The bridge has two lanes and the mayor lives next to the bridge.\n"
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("select"), {"council.txt": COUNCIL})


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rank_by_words(monkeypatch)


@pytest.mark.parametrize(
    "question, speaker",
    [
        ("What did Ann Lee say about the bridge?", "Ann Lee"),
        ("What did Mark Hill say about the bridge?", "Mark Hill"),
        ("What did Hill think of the bridge, the council and its two lanes?", "Mark Hill"),
        ("According to Ann Lee, what about the bridge and its two lanes?", "Ann Lee"),
        ("What was wrong with the bridge, in Mark Hill's words?", "Mark Hill"),
        ("What did the head of roads say about the bridge?", "Ann Lee"),
    ],
)
def test_only_the_words_of_the_one_who_is_asked_for_are_quoted(assistant: Assistant, question: str, speaker: str) -> None:
    """By name or by role; others who say something nearer to the question are not quoted."""
    answer = assistant.ask(question)
    assert answer.citations and {c.speaker for c in answer.citations} == {speaker}


def test_quoted_speech_carries_its_speaker_and_role(assistant: Assistant) -> None:
    """The second sentence of a quotation too, in the document's own words."""
    answer = assistant.ask("What did Ann Lee say was painted in June?")
    painted = next(c for c in answer.citations if "painted" in c.text)
    assert (painted.speaker, painted.role) == ("Ann Lee", "head of roads")
    assert painted.speaker in COUNCIL and painted.role in COUNCIL


def test_without_a_speaker_asked_for_all_may_be_quoted(assistant: Assistant) -> None:
    """The sentence nearest to the question is first."""
    assert assistant.ask("Does the bridge have two lanes?").citations[0].speaker is None


def test_a_group_that_speaks_comes_first(assistant: Assistant) -> None:
    """ "Inspectors" have no name; what they say leads all the same."""
    assert "Inspectors said" in assistant.ask("What did inspectors say about the bridge?").citations[0].text


def test_one_who_says_nothing_is_not_found_speaking(assistant: Assistant) -> None:
    """The verdict is told so; someone who is at least mentioned is found."""
    assert not assistant.weigh("What did Nora Zebra say about the bridge?").speaker_found
    assert assistant.weigh("What did Ann Lee say about the bridge?").speaker_found
    assert assistant.weigh("What did the council say about the bridge?").speaker_found


def test_a_heading_alone_is_never_quoted(assistant: Assistant, tmp_path) -> None:
    """It names what follows and answers nothing itself, however well it matches."""
    text = "# Opening hours of the ferry\n\nEvery day from nine to five it runs.\n"
    answer = opened(tmp_path, {"ferry.md": text}).ask("opening hours of the ferry")
    assert [c.text for c in (*answer.citations, *answer.related)] == ["Every day from nine to five it runs."]
