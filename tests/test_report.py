"""The table over labelled sets: which index questions are asked of, a row a set, and what is told when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT, WordEncoder
from test_assistant import WORKS
from test_labelled import FOLLOW_UP, READING, write, write_collection, write_documents

import qa.__main__ as cli
from index import EvaluationError, build_index
from qa.labelled import LabelledSet, find_sets
from qa.report import Result, collection_beside, line, measure, write_json

ASKED = {"question": "When did inspectors visit the old bridge?", "gold": ["in March"]}


@pytest.fixture
def place(tiny_place: Path) -> Path:
    """A working folder with a set of every form below `data`, and the tiny encoder in place of the model."""
    data = tiny_place / "data"
    for name, text in (("works", WORKS), ("other", "Nothing happened here.\n")):
        (data / name).mkdir(parents=True)
        (data / name / "a.txt").write_text(text, encoding="utf-8")
    write(data / "works-dev.jsonl", ASKED, ASKED | {"kind": "followup", "question": "When?", "history": ["Who?"]})
    write(data / "z-reading.jsonl.gz", READING, READING | {"evidence": []})
    write(data / "z-rewrites.jsonl", FOLLOW_UP)
    write_collection(data / "z-toy")
    write_documents(data / "z-whole")
    return tiny_place


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["evaluate", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_folder_gives_a_row_a_set(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of every form, with what was measured of it; the same again as JSON."""
    code, out, err = run(capsys, "data", "--json", "out.json")
    rows = {row.split()[0]: row for row in out.splitlines()}
    assert (code, err) == (0, "") and list(rows) == ["set", "works-dev", "z-reading", "z-rewrites", "z-toy", "notes-questions"]
    for name, n, measured in (
        ("works-dev", 2, "hit@1"),
        ("z-reading", 2, "MRR"),
        ("z-rewrites", 1, "added recall"),
        ("z-toy", 1, "nDCG@10 vectors"),
        ("notes-questions", 2, "right@1"),
    ):
        assert rows[name].split()[1] == str(n) and f"{measured} " in rows[name]
    assert "follow-ups hit@1 " in rows["works-dev"]
    written = json.loads((place / "out.json").read_text(encoding="utf-8"))["sets"]
    assert [s["form"] for s in written] == ["questions", "reading", "follow-ups", "retrieval", "documents"]
    assert written[0]["measures"]["hit@3"] >= 0.5 and written[0]["seconds"] > 0


def test_markdown_is_one_table_without_times(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ready to be pasted; even of a single set of questions."""
    _, out, _ = run(capsys, "data", "--markdown")
    lines = out.splitlines()
    assert lines[:2] == ["| set | n | measures |", "|---|--:|---|"] and len(lines) == 7
    assert all(row.startswith("| ") and row.count("|") == 4 for row in lines[2:])
    assert " ms" not in out and " s)" not in out and "None" not in out
    assert run(capsys, "data/works-dev.jsonl", "--markdown")[1].count("\n") == 3


def test_a_limit_draws_a_sample(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each larger set; it must be a number that makes sense."""
    _, out, _ = run(capsys, "data", "--limit", "1")
    assert [row.split()[1] for row in out.splitlines()[1:]] == ["1"] * 5
    code, out, err = run(capsys, "data", "--limit", "0")
    assert (code, out) == (1, "") and "--limit is 0" in err


def test_questions_are_asked_of_the_documents_beside_them(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """NAME/ for NAME-dev and NAME-heldback alike, unless an index is named."""
    build_index("data/other", "other.index", encoder=WordEncoder())
    assert run(capsys, "data/works-dev.jsonl")[0] == 0
    write(place / "data" / "works-heldback.jsonl", ASKED)
    results = [measure(s, WordEncoder(), i).measures for s in find_sets(place / "data" / "works-heldback.jsonl") for i in (
        None, place / "other.index")]  # fmt: skip
    assert [r["hit@1"] for r in results] == [1, 0]
    run(capsys, "data/works-heldback.jsonl", "--index", "other.index", "--json", "out.json")
    assert json.loads((place / "out.json").read_text(encoding="utf-8"))["measures"]["all"]["hit@1"] == 0


def test_questions_without_documents_beside_them_are_asked_of_the_index(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The default one; when it is missing, that is told before anything is measured."""
    write(place / "data" / "alone-dev.jsonl", ASKED)
    code, out, err = run(capsys, "data")
    assert (code, out) == (1, "") and "no index here" in err
    build_index("data/works", ".index", encoder=WordEncoder())
    code, out, _ = run(capsys, "data/alone-dev.jsonl")
    assert code == 0 and out.splitlines()[0].split()[:2] == ["kind", "n"] and "confidence against truth" in out
    with pytest.raises(EvaluationError, match="no folder with its documents"):
        measure(find_sets(place / "data" / "alone-dev.jsonl")[0], WordEncoder(), None)


def test_the_folder_beside_a_questions_file() -> None:
    """The shipped collections have theirs; the two articles are in sources/, and the folder itself is nobody's collection."""
    questions = ROOT / "tests" / "questions"
    assert collection_beside(questions / "village-dev.jsonl") == questions / "village"
    assert collection_beside(questions / "bexley-dev.jsonl") is None
    assert collection_beside(questions / "questions.jsonl") is None


@pytest.mark.parametrize("name, content", [("x.jsonl", '{"prompt": 1}'), ("x.jsonl.gz", "not gzip"), ("x.jsonl", "[]")])
def test_one_unreadable_set_stops_the_table_before_it_begins(
    place: Path, capsys: pytest.CaptureFixture[str], name: str, content: str
) -> None:
    """With its file named, in one line, rather than after minutes."""
    (place / "data" / name).write_text(content, encoding="utf-8")
    code, out, err = run(capsys, "data")
    assert (code, out) == (1, "") and name in err and err.count("\n") == 1


def test_a_row_shows_what_applies() -> None:
    """Measures of None are left out, times are whole milliseconds, a set with fitted groups says so in its name."""
    result = Result("toy", "reading", 1234, {"first": 0.5, "AUC": None, "unanswerable": 7, "p50 ms": 31.4}, 7.6)
    assert line(result, markdown=True) == "| toy | 1,234 | first 0.500, unanswerable 7 |"
    assert line(result, markdown=False).split() == [
        "toy",
        "1,234",
        "first",
        "0.500,",
        "unanswerable",
        "7,",
        "p50",
        "ms",
        "31",
        "(8",
        "s)",
    ]


def test_a_fitted_set_says_what_was_measured(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its held-back groups."""
    for module in ("qa.report", "qa.evaluate_reading"):
        monkeypatch.setattr(f"{module}.fitted_on", lambda: frozenset({"toy"}))
    path = write(place / "toy.jsonl", READING | {"group": "group 7"})
    assert measure(LabelledSet(path, "reading", "toy"), WordEncoder(), None).name == "toy, held-back groups"


def test_results_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """With the file named."""
    with pytest.raises(EvaluationError, match=r"out\.json: cannot be written"):
        write_json([Result("toy", "reading", 1, {}, 0.0)], tmp_path / "no" / "out.json")
