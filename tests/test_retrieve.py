"""Questions to hits: ranks, scores, ties, and what the constructor refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import WordEncoder
from test_assistant import opened

from index import Index, QuestionError
from qa import Assistant, Hit
from qa.retrieve import search

module = sys.modules["qa.retrieve"]  # the name `qa.retrieve` is the function


def hit(start: int = 4, end: int = 10, text: str = "bridge") -> Hit:
    return Hit("a.txt", start, end, text, 1.0, 1, 1, None, 0, None, document_text="The bridge is old.")


@pytest.fixture
def assistant(built: Path) -> Assistant:
    return Assistant.open(built, WordEncoder())


def test_a_hit_is_the_documents_text() -> None:
    """The constructor takes the document's words at that place."""
    assert hit().text == "bridge"
    assert "document_text" not in hit().to_dict() and hit().to_dict()["start"] == 4


@pytest.mark.parametrize("start, end, text", [(4, 10, "Bridge"), (3, 9, "bridge"), (4, 11, "bridge"), (0, 3, "bridge")])
def test_a_hit_with_another_text_is_refused(start: int, end: int, text: str) -> None:
    """A letter, a character before or after: none of it passes."""
    with pytest.raises(ValueError, match="not the document's text"):
        hit(start, end, text)


def test_ranks_count_from_one_and_scores_fall(assistant: Assistant) -> None:
    """The best is first, higher is better, and no passage comes twice."""
    hits = assistant.retrieve("children's mental health services", k=50)
    assert len(hits) == len(assistant.index.passages)
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert len({(h.document, h.start) for h in hits}) == len(hits)


def test_fewer_hits_are_the_first_of_more(assistant: Assistant) -> None:
    """k only cuts the list."""
    everything = assistant.retrieve("police and nurses", k=50)
    for k in range(len(everything) + 1):
        assert assistant.retrieve("police and nurses", k=k) == everything[:k]


def test_the_passage_with_the_words_is_first(assistant: Assistant) -> None:
    """Words that stand in one passage only bring it to the top of both searches."""
    first = assistant.retrieve("crisis team nurses access police transport", k=1)[0]
    assert "crisis team nurses" in first.text
    assert first.sparse_rank == 1


def test_sparse_rank_is_none_without_a_shared_word(assistant: Assistant) -> None:
    """No word of the question is in the collection: only the vectors have ranked."""
    hits = assistant.retrieve("zebra albatross", k=50)
    assert hits and all(h.sparse_rank is None and h.dense_rank is not None for h in hits)


def test_ranks_within_each_search_are_distinct(assistant: Assistant) -> None:
    """A passage that lacks every word of the question has no rank by words."""
    hits = assistant.retrieve("nurses", k=50)
    with_words = [h for h in hits if "nurses" in h.text]
    assert sorted(h.sparse_rank for h in hits if h.sparse_rank) == list(range(1, len(with_words) + 1))
    assert {h.number for h in hits if h.sparse_rank} == {h.number for h in with_words}


def test_dense_rank_is_none_beyond_its_depth(small_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passage that only its words have found says so."""
    monkeypatch.setattr(Index, "nearest", lambda *_: np.zeros(0, dtype=int))
    hits = search(small_index, np.zeros(WordEncoder.dimension), ["nurs"], 5)
    assert hits and all(h.dense_rank is None and h.sparse_rank == h.rank for h in hits)


def test_equal_scores_go_by_place_in_the_collection(small_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passages that the two searches rank the other way round are equal; the earlier one comes first."""
    monkeypatch.setattr(Index, "nearest", lambda *_: np.array([3, 2]))
    monkeypatch.setattr(module, "_best", lambda *_: np.array([2, 3]))
    hits = search(small_index, np.zeros(WordEncoder.dimension), [], 5)
    assert hits[0].score == hits[1].score
    assert [(h.number, h.dense_rank, h.sparse_rank) for h in hits] == [(2, 2, 1), (3, 1, 2)]


def test_ties_go_by_document_and_place(tmp_path: Path) -> None:
    """The same words in three documents: equal by both searches, so the order is that of the collection."""
    text = "The ferry sails to Norby.\n"
    assistant = opened(tmp_path, {"c.txt": text, "a.txt": text, "b/z.txt": text})
    hits = assistant.retrieve("ferry to Norby", k=10)
    assert [h.document for h in hits] == sorted(h.document for h in hits) == [d.id for d in assistant.index.documents]


def test_no_hits_when_none_are_wanted(assistant: Assistant) -> None:
    """k=0 is a list without hits; more than there are gives all."""
    assert assistant.retrieve("nurses", k=0) == []
    assert len(assistant.retrieve("nurses", k=1000)) == len(assistant.index.passages)


@pytest.mark.parametrize("k", [-1, 1001, 2.0, "3", None, True, [1]])
def test_a_k_that_is_no_number_of_hits_is_refused(assistant: Assistant, k: object) -> None:
    """The error says what was found and what was expected."""
    with pytest.raises(QuestionError, match="expected a whole number from 0 to 1000"):
        assistant.retrieve("nurses", k=k)  # type: ignore[arg-type]


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "x" * 10_001, None, 7])
def test_a_question_that_is_none_is_refused(assistant: Assistant, question: object) -> None:
    """The same for hits as for answers, in one line."""
    with pytest.raises(QuestionError) as caught:
        assistant.retrieve(question)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_hit_carries_its_title(tmp_path: Path) -> None:
    """The catalogue's title; None where nothing is known."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "catalogue.toml").write_text('["a.txt"]\ntitle = "Ferries of Norby"\n', encoding="utf-8")
    assistant = opened(tmp_path, {"a.txt": "The ferry sails.\n", "b.txt": "the ferry is red, and it is fast.\n"})
    assert {h.document: h.title for h in assistant.retrieve("ferry")} == {"a.txt": "Ferries of Norby", "b.txt": None}
