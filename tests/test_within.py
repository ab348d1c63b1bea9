"""What a filter leaves: search, answers, sources, follow-ups and counts stay inside it; without one nothing changes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from test_assistant import opened, rank_by_words

from index import QuestionError, Where
from qa import Answer, Assistant
from qa.examples import Examples
from qa.within import occurs, passages_within, searched

SAID = "The new ferry will sail to Norby every morning"
FERRIES = {
    "coast/a.txt": f"Ann Lee, mayor of Norby, opened the pier.\n\n{SAID}.\n\nTickets cost £12 for each person on board.\n",
    "coast/b.txt": f"Nora Hill, mayor of Sunby, opened the pier.\n\n{SAID}.\n\nTickets cost £15 for each person on board.\n",
    "inland.zip.txt": "The library in Dale has forty books on bridges and trains.\n",
}


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rank_by_words(monkeypatch)


@pytest.fixture
def ferries(tmp_path: Path) -> Assistant:
    return opened(tmp_path, FERRIES)


def only(*documents: str) -> Where:
    return Where(document=documents)


def documents_of(answer: Answer) -> set[str]:
    """Every document that an answer names."""
    citations = (*answer.citations, *answer.related)
    return {c.document for c in citations} | {p.document for c in citations for p in c.also_in}


# --- search ---


def test_hits_come_from_the_documents_that_are_left(ferries: Assistant) -> None:
    """All of their passages when as many are wanted, ranked from one."""
    everything = ferries.retrieve("ferry to Norby", k=50)
    hits = ferries.retrieve("ferry to Norby", k=50, where=only("coast/b.txt"))
    assert {h.document for h in everything} == set(FERRIES) and {h.document for h in hits} == {"coast/b.txt"}
    assert len(hits) == sum(h.document == "coast/b.txt" for h in everything)
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))


def test_there_are_k_hits_however_many_better_ones_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The searches themselves are within the filter, so their depth is spent on nothing else."""
    monkeypatch.setattr(sys.modules["qa.retrieve"], "DEPTH", 2)
    near = {f"near/{n}.txt": f"The ferry sails from pier {n} to Norby.\n" for n in range(12)}
    far = {f"far/{n}.txt": f"The ferry is red, says report {n} on boats and on trains.\n" for n in range(4)}
    hits = opened(tmp_path, near | far).retrieve("The ferry sails from pier to Norby", k=4, where=Where(folder="far"))
    assert sorted(h.document for h in hits) == sorted(far)
    assert any(h.dense_rank == 1 for h in hits) and any(h.sparse_rank == 1 for h in hits)


def test_quoted_words_are_looked_for_inside(ferries: Assistant) -> None:
    """Also where they stand outside: the answer says so."""
    assert {h.document for h in ferries.retrieve('"Nora Hill"', where=only("coast/b.txt"))} == {"coast/b.txt"}
    assert ferries.retrieve('"Nora Hill"', where=only("coast/a.txt")) == []
    answer = ferries.ask('Who is "Nora Hill"?', where=only("coast/a.txt"))
    assert answer.verdict == "not_found" and "“nora hill” stand nowhere" in answer.explanation
    assert "“nora hill” stand nowhere" not in ferries.ask('Who is "Nora Hill"?').explanation


def test_words_that_only_others_have_are_unknown(ferries: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The explanation is that of a collection of these documents alone."""
    rank_by_words(monkeypatch, answered=False)
    assert "“library”" in ferries.ask("Is there a library?", where=Where(folder="coast")).explanation
    assert "“library”" not in ferries.ask("Is there a library?").explanation


# --- answers ---


def test_other_sources_are_those_inside(ferries: Assistant) -> None:
    """Neither named nor counted when they are left out."""
    question = "Where will the new ferry sail every morning?"
    everywhere, inside = ferries.ask(question), ferries.ask(question, where=only("coast/b.txt"))
    assert documents_of(everywhere) >= {"coast/a.txt", "coast/b.txt"} and everywhere.citations[0].sources == 2
    assert documents_of(inside) == {"coast/b.txt"} and [c.sources for c in inside.citations] == [1] * len(inside.citations)


def test_sources_outside_do_not_differ(tmp_path: Path) -> None:
    """A disagreement is told only among what is searched."""
    text = "The inspection of the bridge took place on {} January.\n"
    assistant = opened(tmp_path, {"a.txt": text.format(24), "b.txt": text.format(25)})
    question = "When did the inspection of the bridge take place?"
    assert assistant.ask(question).notes == ("The sources differ: “24 January” [1], “25 January” [2].",)
    inside = assistant.ask(question, where=only("b.txt"))
    assert inside.notes == () and documents_of(inside) == {"b.txt"} and inside.citations[0].differs_from == ()


def test_the_nearest_passages_of_a_refusal_are_inside(ferries: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the counts are of what was searched."""
    rank_by_words(monkeypatch, answered=False)
    answer = ferries.ask("When does the ferry sail?", where=Where(folder="coast", document="coast/b.txt"))
    assert answer.related and documents_of(answer) == {"coast/b.txt"}
    passages = ferries.index.passage_counts()[ferries.index.numbers["coast/b.txt"]]
    assert (answer.documents_searched, answer.passages_searched) == (1, passages) == ferries.searched(answer.where)
    assert passages == 1 and "Searched 1 document, 1 passage." in answer.explanation


def test_a_follow_up_leans_on_what_is_inside(tmp_path: Path) -> None:
    """Who "she" is, is read from the documents that are searched."""
    files = {"a.txt": "Ann Lee is the mayor of the town.\n", "b.txt": "Nora Hill is the mayor of the town.\n"}
    assistant = opened(tmp_path, files)
    for document, name in (("a.txt", "Ann Lee"), ("b.txt", "Nora Hill")):
        answer = assistant.ask("How old is she?", history=["Who is the mayor?"], where=only(document))
        assert answer.standalone_question == f"How old is {name}?"


def test_a_copy_can_be_searched_without_its_original(tmp_path: Path) -> None:
    """It is then no repeat of anything, and counts."""
    text = "\n\n".join(f"Report {n} says that pier {n} was painted in {1990 + n} by Ann Lee." for n in range(12)) + "\n"
    assistant = opened(tmp_path, {"a.txt": text, "b.txt": text})
    copy = next(d.id for d in assistant.index.documents if d.copy_of is not None)
    answer = assistant.ask("When was pier 7 painted?", where=only(copy))
    assert documents_of(answer) == {copy} and answer.documents_searched == 1 and answer.citations[0].sources == 1
    assert assistant.ask("When was pier 7 painted?", where=only("a.txt", "b.txt")).documents_searched == 1


def test_the_language_is_that_of_the_documents_searched(tmp_path: Path) -> None:
    """A German question is foreign to the English documents of a collection that has both."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "catalogue.toml").write_text(
        '["a.txt"]\nlanguage = "en"\n["b.txt"]\nlanguage = "de"\n', encoding="utf-8"
    )
    assistant = opened(tmp_path, {"a.txt": "The ferry sails.\n", "b.txt": "Die Fähre fährt.\n"})
    question = "Wann fährt die Fähre nach Norden?"
    assert not assistant.ask(question).notes and not assistant.ask(question, where=Where(language="de")).notes
    assert assistant.ask(question, where=Where(language="en")).notes[0].startswith("The documents are in English;")


def test_the_filter_is_kept_in_the_answer(ferries: Assistant) -> None:
    """Of several questions in the whole; one that leaves nothing out is none."""
    where = Where(folder="coast")
    answer = ferries.ask("Who is the mayor of Norby? What do tickets cost?", where=where)
    assert answer.where == where and len(answer.parts) == 2 and documents_of(answer) <= {"coast/a.txt", "coast/b.txt"}
    assert answer.to_dict()["where"] == where.to_dict()
    assert ferries.ask("Who is the mayor of Norby?", where=where).where == where
    assert ferries.ask("Who?", where=Where()) == ferries.ask("Who?") and ferries.ask("Who?").to_dict()["where"] is None


def test_a_filter_that_leaves_nothing_is_answered_by_saying_so(ferries: Assistant) -> None:
    """Each of its values is known, but no document has them all."""
    nothing = Where(folder="coast", document="inland.zip.txt")
    answer = ferries.ask("Where does the ferry sail?", where=nothing)
    assert (answer.verdict, answer.explanation) == ("not_found", "No document is left to search in.")
    assert (answer.citations, answer.related, answer.documents_searched, answer.passages_searched) == ((), (), 0, 0)
    assert ferries.retrieve("ferry", where=nothing) == []


@pytest.mark.parametrize("where", [Where(publisher="nobody"), "coast", {"folder": "coast"}])
def test_what_cannot_be_searched_is_refused(ferries: Assistant, where: object) -> None:
    """A value that no document has, and what is no filter."""
    for question in (ferries.ask, ferries.retrieve):
        with pytest.raises(QuestionError):
            question("Who?", where=where)  # type: ignore[operator]


def test_a_filter_is_of_the_index_of_today(tmp_path: Path) -> None:
    """What was published since is searched too."""
    assistant = opened(tmp_path, FERRIES)
    assert assistant.searched(Where(folder="coast"))[0] == 2
    opened(tmp_path, {"coast/c.txt": "The ferry is blue.\n"})
    assert assistant.searched(Where(folder="coast"))[0] == 3
    assert [h.document for h in assistant.retrieve("blue ferry", k=1, where=Where(folder="coast"))] == ["coast/c.txt"]


def test_questions_to_go_on_with_are_answered_from_inside(ferries: Assistant) -> None:
    """Those at the beginning too; none leads out."""
    where = only("coast/b.txt")
    examples = Examples(ferries.index, ferries.ask)
    first = examples.within(where)
    offered = examples.after(ferries.ask("How much do tickets cost for each person?", where=where))
    for question in (*first, *offered):
        answer = ferries.ask(question, where=where)
        assert answer.verdict == "answered" and documents_of(answer) == {"coast/b.txt"}


# --- the mask ---


def test_counts_and_terms_within(ferries: Assistant) -> None:
    """All without a mask; of a mask, only its documents."""
    index = ferries.index
    assert passages_within(index, None) is None and searched(index, None) == (3, len(index.passages))
    inland = np.array([d.id.startswith("inland") for d in index.documents])
    assert searched(index, inland) == (1, int(passages_within(index, inland).sum()))  # type: ignore[union-attr]
    assert occurs(index, "ferri", None) and not occurs(index, "ferri", inland) and occurs(index, "librari", inland)
    assert not occurs(index, "zebra", None) and not occurs(index, "zebra", inland)
