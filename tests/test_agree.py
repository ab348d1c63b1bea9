"""One statement with its sources: what counts as the same, what never does, and where each wording stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words

from qa.agree import _same_but_misread, same_statement

SAID = "The new ferry will sail to Norby every morning from the old harbour"


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rank_by_words(monkeypatch)


@pytest.mark.parametrize(
    "theirs",
    [
        f"“{SAID}.”",
        f"'{SAID}!'",
        f"“{SAID},” he said.",
        f"“{SAID},” said Cllr Ann Lee, the cabinet member for boats.",
        f"{SAID}, she added.",
        f"{SAID}, according to the harbour master.",
        f"Councillor Ann Lee, the cabinet member for boats, said: “{SAID}.”",
        f"{SAID} and back.",
    ],
)
def test_the_same_statement(theirs: str) -> None:
    """But for marks, an attribution before or after it, or a word or two more; in both directions."""
    assert same_statement(f"{SAID}.", theirs) and same_statement(theirs, f"{SAID}.")


@pytest.mark.parametrize(
    "ours, theirs",
    [
        (f"{SAID}.", f"{SAID} from 4 May."),
        (f"{SAID}.", f"{SAID} with Ann Lee."),
        (f"{SAID}.", f"{SAID} for £5."),
        (f"{SAID}.", f"Nobody believes {SAID}."),
        (f"{SAID}.", f"{SAID}, if it floats."),
        (f"{SAID}.", f"{SAID}?"),
        (f"{SAID}.", SAID.replace("Norby", "Sudby")),
        ("It opened its doors to 12 pupils in Norby.", "It opened its doors to 14 pupils in Norby."),
        ("The bridge of Norby cost £1.5 million.", "The bridge of Norby cost £15 million."),
        (f"“{SAID},” said Cllr Ann Lee.", f"“{SAID},” said Cllr Mark Hill."),
        (f"“{SAID},” he said on 4 May.", f"“{SAID},” he said on 5 May."),
        (f"{SAID}.", f"{SAID} and the bus will stop at the school, the market, the church and the mill on the way back."),
        ("He agreed.", "He agreed."),
        ("12 13 14 15", "12 13 14 15"),
        ("", ""),
    ],
)
def test_not_the_same_statement(ours: str, theirs: str) -> None:
    """A number, date, amount, name, speaker or negation more or other; much more; or nothing that says anything."""
    assert not same_statement(ours, theirs) and not same_statement(theirs, ours)


@given(st.text(alphabet="ab ,.“”'’!?1-\n", max_size=60), st.text(alphabet="ab ,.“”'’!?1-\n", max_size=60))
def test_sameness_goes_both_ways(ours: str, theirs: str) -> None:
    """Whatever the words, and without an error."""
    assert same_statement(ours, theirs) == same_statement(theirs, ours)


def test_other_wordings_are_places_with_their_own_text(tmp_path: Path) -> None:
    """One citation; each place is the sentence as it stands there, one in a document, and sources counts documents."""
    files = {
        "a.txt": f"News of boats.\n\n{SAID}.\n",
        "b.txt": f"Notes of May.\n\nAnn Lee was glad. “{SAID},” she said.\n\nIt is red. {SAID}.\n",
        "c.txt": f"{SAID} for £5.\n",
    }
    answer = opened(tmp_path, files).ask("Where will the new ferry sail every morning?")
    first = answer.citations[0]
    assert first.text == f"{SAID}." and [p.document for p in first.also_in if p.document != first.document] == ["b.txt"]
    assert all(files[p.document][p.start : p.end] == p.text != "" for p in first.also_in)
    assert first.sources == 2 and not any(p.copy for p in first.also_in)
    assert [c.document for c in answer.citations[1:]] == ["c.txt"]


def test_words_of_two_speakers_are_two_statements(tmp_path: Path) -> None:
    """The same words, said by two people, are cited with both names."""
    files = {
        "a.txt": f"“{SAID},” said Ann Lee.\n\nShe is the mayor.\n",
        "b.txt": f"A meeting was held.\n\n“{SAID},” said Mark Hill.\n",
    }
    answer = opened(tmp_path, files).ask("Where will the new ferry sail every morning?")
    assert {c.speaker for c in answer.citations[:2]} == {"Ann Lee", "Mark Hill"}
    assert all(c.also_in == () for c in answer.citations)


def test_every_source_is_named_although_it_was_not_read(tmp_path: Path) -> None:
    """The same wording is looked up in the whole collection, beyond the passages that were read."""
    files = {f"{n:02}.txt": f"{'Other words stand here first. ' * n}\n\n{SAID}.\n\nPage {n} ends.\n" for n in range(60)}
    first = opened(tmp_path, files).ask("Where will the new ferry sail every morning?").citations[0]
    assert len(first.also_in) == 59 and first.sources + sum(p.copy for p in first.also_in) == 60


def test_few_words_of_two_documents_are_two_statements(tmp_path: Path) -> None:
    """Who agreed is not known from "It was refused."."""
    files = {"a.txt": "The plan for a bridge came up.\n\nIt was refused.\n", "b.txt": "Ann wanted a loan.\n\nIt was refused.\n"}
    answer = opened(tmp_path, files).ask("Was it refused?")
    assert all(c.also_in == () and c.sources == 1 for c in answer.citations)


@pytest.mark.parametrize(
    "ours, theirs, same",
    [
        ("The modern bridge", "The rnodern bridge", True),
        ("The bridge opened", "The brldge opend", True),
        ("Profits increased", "Profits decreased", False),
        ("It is now legal", "It is not legal", False),
        ("It cost 15 pounds", "It cost l5 pounds", False),
        ("Norby wins", "Norbi wins", False),
        ("The bridge opened", "The bridge opened late", False),
    ],
)
def test_a_misread_word_is_none_and_near_one_that_is(ours: str, theirs: str, same: bool) -> None:
    """What somebody may have meant is a difference."""
    assert _same_but_misread(ours, theirs) == _same_but_misread(theirs, ours) == same
