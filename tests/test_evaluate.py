"""Questions with known answers to measures: the measures on cases worked out by hand, and the questions file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import WORKS, opened, rank_by_words

from index import EvaluationError
from qa import Answer, Citation
from qa.evaluate import Asked, area_under_curve, ask_all, holds_gold, measures, normal, read_questions, reliability, table


def asked(
    *texts: str,
    gold: tuple[str, ...] = ("gold",),
    kind: str = "fact",
    confidence: float = 0.5,
    exact: bool = True,
    seconds: float = 0.01,
) -> Asked:
    """A question whose citations have these texts."""
    citations = tuple(Citation(i, "a", None, 0, len(t), t, 1.0, t) for i, t in enumerate(texts, 1))
    verdict = "answered" if texts else "not_found"
    return Asked("q", kind, gold, Answer("?", verdict, confidence, citations, (), "?"), exact, seconds)


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


def test_area_under_the_curve_by_hand() -> None:
    """Pairs in the right order, ties half."""
    assert area_under_curve([0.9, 0.5], [0.5, 0.1]) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert area_under_curve([0.3], [0.3]) == 0.5
    assert area_under_curve([], [0.3]) is None and area_under_curve([0.3], []) is None


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=1), st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=1))
def test_area_under_the_curve_turned_round(positive: list[float], negative: list[float]) -> None:
    """Swapping the sides gives the rest to 1."""
    assert area_under_curve(positive, negative) + area_under_curve(negative, positive) == pytest.approx(1)  # type: ignore[operator]


def test_reliability_puts_confidence_beside_truth() -> None:
    """Per bin: mean confidence, share that was right, how many; a confidence of 1 is in the last."""
    rows = [
        asked("gold", confidence=0.9),
        asked("x", confidence=0.8),
        asked("gold", confidence=1.0),
        asked(gold=(), confidence=0.1),
    ]
    assert reliability(rows) == [(pytest.approx(0.1), 0.0, 1), (pytest.approx(0.9), pytest.approx(2 / 3), 3)]


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


# --- the questions file ---


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join(f"{x if isinstance(x, str) else json.dumps(x)}\n" for x in lines), encoding="utf-8")
    return path


def test_rows_are_read_with_their_defaults(tmp_path: Path) -> None:
    """Blank lines are passed over; id is the line, kind is fact, history is empty."""
    path = write(
        tmp_path / "q.jsonl",
        {"question": "Who?", "gold": ["Ann"]},
        "",
        {"question": "Why?", "gold": [], "kind": "list", "id": "x"},
    )
    rows = read_questions(path)
    assert [(r["id"], r["kind"], r["history"]) for r in rows] == [("1", "fact", []), ("x", "list", [])]


@pytest.mark.parametrize(
    "line",
    [
        "{not json",
        "[]",
        "7",
        '"text"',
        "null",
        {"question": "Who?"},
        {"gold": ["x"]},
        {"question": 7, "gold": []},
        {"question": "Who?", "gold": [7]},
        {"question": "Who?", "gold": None},
        {"question": "Who?", "gold": [], "history": [None]},
        {"question": "Who?", "gold": [], "history": 5},
        {"question": "Who?", "gold": "a text in place of a list"},
        {"question": "Who?", "gold": [], "history": "Why?"},
        {"question": " ", "gold": []},
        {"question": "Who?", "gold": [""]},
        {"question": "Who?", "gold": [], "kind": ["fact"]},
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: Any) -> None:
    """By its number, in one line, with what was expected."""
    path = write(tmp_path / "q.jsonl", {"question": "Who?", "gold": []}, "", line)
    with pytest.raises(EvaluationError, match="line 3") as caught:
        read_questions(path)
    assert "\n" not in str(caught.value) and "q.jsonl" in str(caught.value) and "gold" in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_questions_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, blank, not UTF-8."""
    path = tmp_path / "q.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EvaluationError, match=r"q\.jsonl"):
        read_questions(path)


def test_line_separators_within_a_question_do_not_break_it(tmp_path: Path) -> None:
    """JSON may hold U+2028 as it is; lines end at line feeds only."""
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"question": "Who\u2028was it?", "gold": []}, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_questions(path)[0]["question"] == "Who\u2028was it?"


@pytest.mark.parametrize("name", ["bexley", "village", "region", "transport"])
def test_the_shipped_questions_are_in_form(name: str) -> None:
    """And have questions with and without an answer, each under an id of its own."""
    rows = read_questions(Path(__file__).parent / "questions" / f"{name}-dev.jsonl")
    assert {bool(r["gold"]) for r in rows} == {True, False}
    assert len({r["id"] for r in rows}) == len(rows)


# --- the whole way ---


def test_questions_are_asked_with_their_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once in the result, every quotation compared with the text."""
    rank_by_words(monkeypatch)
    rows = read_questions(
        write(
            tmp_path / "q.jsonl",
            {"question": "When did inspectors visit the bridge?", "gold": ["in March"]},
            {"question": "When was it?", "gold": ["every morning"], "history": ["Where does the ferry sail?"]},
            {"question": "Who owns the zebra?", "gold": []},
        )
    )
    results = ask_all(opened(tmp_path, {"works.txt": WORKS}), rows)
    assert [a.id for a in results] == ["1", "2", "3"]
    assert results[0].holds(1) and "ferry" in results[1].answer.standalone_question
    assert all(a.exact for a in results) and all(a.seconds > 0 for a in results)
    assert measures(results)["all"]["exact"] == 1
