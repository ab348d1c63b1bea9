"""Questions with known answers to measures: the measures on cases worked out by hand, and the whole way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import WordEncoder
from test_assistant import WORKS, opened, rank_by_words

from qa import Answer, Citation
from qa.evaluate import Asked, ask_all, document_number, holds_gold, judged, measures, normal, opened_over, table
from qa.measures import reliability


def asked(
    *texts: str,
    gold: tuple[str, ...] = ("gold",),
    kind: str = "fact",
    confidence: float = 0.5,
    exact: bool = True,
    seconds: float = 0.01,
    ranked_first: str = "",
) -> Asked:
    """A question whose citations have these texts."""
    citations = tuple(Citation(i, "a", None, 0, len(t), t, 1.0, t) for i, t in enumerate(texts, 1))
    verdict = "answered" if texts else "not_found"
    return Asked("q", kind, gold, Answer("?", verdict, confidence, citations, (), "?"), exact, seconds, ranked_first)


def measure(*some: Asked) -> dict[str, Any]:
    return measures(some)["all"]


# --- measures ---


def test_hits_count_the_first_and_the_first_three() -> None:
    """Gold in citation 1, 3, 4 and none."""
    rows = asked("gold", "x"), asked("x", "x", "gold"), asked("x", "x", "x", "gold"), asked("x")
    assert measure(*rows)["hit@1"] == 1 / 4
    assert measure(*rows)["hit@3"] == 2 / 4


def test_a_question_without_a_citation_counts_nothing_and_stays_in_the_mean() -> None:
    """It is not dropped."""
    results = measure(asked("gold"), asked())
    assert (results["n"], results["hit@1"], results["hit@3"], results["HasAns"]) == (2, 0.5, 0.5, 0.5)


def test_any_gold_string_is_right_but_a_list_wants_all() -> None:
    """Recall is the share of the gold strings in any of the citations, over lists only."""
    rows = (
        asked("one and two", "four", gold=("one", "two", "three", "four"), kind="list"),
        asked(gold=("one", "two"), kind="list"),
        asked("one", gold=("one", "two")),
    )
    assert measure(*rows)["list recall"] == pytest.approx((3 / 4 + 0) / 2)
    assert measure(*rows)["hit@1"] == pytest.approx(2 / 3)


def test_precision_is_the_share_of_the_citations_that_hold_gold() -> None:
    """Of all citations given to answerable questions that want no list; refused questions give none."""
    rows = (
        asked("gold", "x", "x"),
        asked("gold"),
        asked(),
        asked("x", "x", gold=()),
        asked("x", "gold", kind="list"),
    )
    assert measure(*rows)["precision"] == pytest.approx(2 / 4)
    assert measure(asked(), asked("gold", kind="list"))["precision"] is None


def test_what_ranks_first_counts_whatever_the_verdict() -> None:
    """A refused question may have had the right quotation; an unanswerable one has no right one."""
    rows = asked(ranked_first="so gold"), asked(ranked_first="x"), asked(), asked(gold=(), ranked_first="gold")
    assert measure(*rows)["ranked@1"] == pytest.approx(1 / 3)
    assert measure(*rows)["hit@1"] == 0


def test_balanced_accuracy_weighs_both_kinds_the_same() -> None:
    """However many there are of each."""
    rows = asked("gold"), asked(), asked(gold=()), asked(gold=()), asked("x", gold=()), asked(gold=())
    assert measure(*rows)["balanced"] == pytest.approx((1 / 2 + 3 / 4) / 2)


def test_verdicts_count_apart_for_questions_with_and_without_an_answer() -> None:
    """HasAns: answered. NoAns: not answered."""
    rows = asked("gold"), asked("wrong"), asked(), asked("x", gold=()), asked(gold=()), asked(gold=()), asked(gold=())
    assert measure(*rows)["HasAns"] == pytest.approx(2 / 3)
    assert measure(*rows)["NoAns"] == pytest.approx(3 / 4)


def test_measures_that_do_not_apply_are_none() -> None:
    """No question without an answer, no list: nothing is made up."""
    results = measure(asked("gold"))
    assert (results["NoAns"], results["AUC"], results["list recall"]) == (None, None, None)
    assert measure(asked(gold=()))["hit@1"] is None


def test_one_changed_quotation_shows() -> None:
    """Exactness is a share of all questions."""
    assert measure(asked("gold"), asked("gold"))["exact"] == 1
    assert measure(asked("gold"), asked("gold", exact=False))["exact"] == 0.5


def test_kinds_are_measured_apart_and_together() -> None:
    """One row a kind in the order of the file, and all of them last."""
    results = measures([asked("gold", kind="b"), asked("x", kind="a"), asked("gold", kind="b")])
    assert list(results) == ["b", "a", "all"]
    assert [results[k]["n"] for k in results] == [2, 1, 3]
    assert [results[k]["hit@1"] for k in results] == [1, 0, pytest.approx(2 / 3)]


def test_latencies_are_percentiles_in_milliseconds() -> None:
    """Half below p50."""
    results = measure(*(asked("gold", seconds=s) for s in (0.01, 0.02, 0.03)))
    assert results["p50 ms"] == pytest.approx(20) and 20 < results["p95 ms"] <= 30


def test_reliability_puts_confidence_beside_truth() -> None:
    """Per bin: mean confidence, share that was right, how many; a confidence of 1 is in the last."""
    rows = [
        asked("gold", confidence=0.9),
        asked("x", confidence=0.8),
        asked("gold", confidence=1.0),
        asked(gold=(), confidence=0.1),
    ]
    assert reliability(judged(rows)) == [(pytest.approx(0.1), 0.0, 1), (pytest.approx(0.9), pytest.approx(2 / 3), 3)]


def test_the_table_has_a_row_a_kind() -> None:
    """What does not apply is a dash."""
    lines = table(measures([asked("gold", kind="fact"), asked("gold", kind="list")])).splitlines()
    assert [line.split()[0] for line in lines] == ["kind", "fact", "list", "all"]
    assert "hit@1" in lines[0] and "–" in lines[1] and "1.000" in lines[1]
    assert len({len(line) for line in lines}) == 1


# --- gold strings ---


@pytest.mark.parametrize(
    "text, gold",
    [
        ("It was “highly\u00a0 effective”.", '"highly effective"'),
        ('a "clear approach" to it', "“clear approach”"),
        ("the children’s\nservices", "children's services"),
        ("Between 20 and 24 January", "between 20 and 24 january"),
        ("«so»", '"so"'),
    ],
)
def test_white_space_and_quotation_marks_do_not_matter(text: str, gold: str) -> None:
    """On either side."""
    assert holds_gold(text, gold) and holds_gold(f"so {gold} so", normal(gold))


def test_words_do_matter() -> None:
    """A missing or another word is no match."""
    assert not holds_gold("between 20 and 25 January", "between 20 and 24 January")
    assert not holds_gold("highly", "highly effective")


# --- the whole way ---


def test_questions_are_asked_with_their_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once in the result, every quotation compared with the text."""
    rank_by_words(monkeypatch)
    defaults = {"kind": "fact", "history": []}
    rows = [
        defaults | {"id": "1", "question": "When did inspectors visit the bridge?", "gold": ["in March"]},
        defaults | {"id": "2", "question": "When was it?", "gold": ["every morning"], "history": ["Where does the ferry sail?"]},
        defaults | {"id": "3", "question": "Who owns the zebra?", "gold": []},
    ]
    results = ask_all(opened(tmp_path, {"works.txt": WORKS}), rows)
    assert [a.id for a in results] == ["1", "2", "3"]
    assert results[0].holds(1) and "ferry" in results[1].answer.standalone_question
    assert all(a.exact for a in results) and all(a.seconds > 0 for a in results)
    assert measures(results)["all"]["exact"] == 1


def test_a_refused_question_still_has_a_first_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its history counts as in an answer; without any evidence it is empty."""
    rank_by_words(monkeypatch, answered=False)
    rows = [
        {"id": "1", "kind": "fact", "question": "When was it?", "gold": ["every"], "history": ["Where does the ferry sail?"]},
        {"id": "2", "kind": "fact", "question": '"purple zebra"', "gold": [], "history": []},
    ]
    results = ask_all(opened(tmp_path, {"works.txt": WORKS}), rows)
    assert [a.answer.citations for a in results] == [(), ()]
    assert [a.ranked_first for a in results] == ["The ferry sails to Norby every morning.", ""]


# --- collections for the time of an evaluation ---


def test_texts_become_documents_in_their_order(tmp_path: Path) -> None:
    """Each found again by its number, a blank one too; the folder is gone afterwards."""
    with opened_over(["The ferry sails.", " ", "Ann Lee drew the bridge."], WordEncoder()) as assistant:
        hits = assistant.retrieve("Who drew the bridge?", 1)
        assert [document_number(h.document) for h in hits] == [2]
        assert len(assistant.index.documents) == 3
        folder = assistant.index.folder
    assert not folder.exists()


def test_a_folder_is_indexed_as_it_is(tmp_path: Path) -> None:
    """Under the documents' own names."""
    (tmp_path / "works.txt").write_text(WORKS, encoding="utf-8")
    with opened_over(tmp_path, WordEncoder()) as assistant:
        assert [d.id for d in assistant.index.documents] == ["works.txt"]
