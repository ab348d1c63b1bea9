"""Labelled data: its form is recognised by its content, its rows are checked, and what is wrong is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from index import EvaluationError
from qa.labelled import (
    find_sets,
    read_corpus,
    read_documents,
    read_followups,
    read_grades,
    read_queries,
    read_questions,
    read_reading,
    sampled,
)

QUESTION = {"question": "Who?", "gold": ["Ann"]}
READING = {"question": "Who?", "text": "Ann Lee. It rained.", "sentences": [[0, 8], [9, 19]], "evidence": [0]}
FOLLOW_UP = {"history": ["Ann Lee", "Life"], "question": "When was she born?", "rewrite": "When was Ann Lee born?"}


def write(path: Path, *lines: Any) -> Path:
    """A JSON-lines file, gzipped when its name says so; a text stands as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(f"{x if isinstance(x, str) else json.dumps(x)}\n" for x in lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_collection(folder: Path, qrels: str = "query-id\tcorpus-id\tscore\nq1\td2\t1\n", suffix: str = ".jsonl") -> Path:
    """A tiny collection in the BEIR layout."""
    write(folder / f"corpus{suffix}", {"_id": "d1", "text": "Rain."}, {"_id": "d2", "title": "Ferry", "text": "It sails."})
    write(folder / f"queries{suffix}", {"_id": "q1", "text": "When does the ferry sail?"}, {"_id": "q2", "text": "never graded"})
    (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return folder


def write_documents(folder: Path, suffix: str = ".jsonl") -> Path:
    """Two documents with questions about one of them."""
    write(folder / f"notes-documents{suffix}", {"index": "0", "text": "Rain."}, {"index": "1", "text": "The ferry sails at six."})
    write(
        folder / f"notes-questions{suffix}",
        {"kind": "single_passage", "document_index": "1", "question": "When does it sail?", "answer": "At six."},
        {"kind": "no_answer", "document_index": "1", "question": "Who steers it?"},
    )
    return folder


# --- forms ---


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
@pytest.mark.parametrize("row, form", [(QUESTION, "questions"), (READING, "reading"), (FOLLOW_UP, "follow-ups")])
def test_a_file_is_recognised_by_its_rows(tmp_path: Path, row: Any, form: str, suffix: str) -> None:
    """Whatever its name, gzipped or not."""
    path = write(tmp_path / f"any-name{suffix}", "", row)
    (found,) = find_sets(path)
    assert (found.path, found.form, found.name) == (path, form, "any-name")


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_folders_are_recognised_and_searched(tmp_path: Path, suffix: str) -> None:
    """Each set once, files before folders, by name; whatever else lies there is passed over."""
    write_collection(tmp_path / "retrieval" / "toy", suffix=suffix)
    write_documents(tmp_path / "endtoend", suffix)
    write(tmp_path / f"b-dev{suffix}", QUESTION)
    write(tmp_path / "reading" / f"a{suffix}", READING)
    (tmp_path / "README.md").write_text("about", encoding="utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "document.txt").write_text("text", encoding="utf-8")
    found = [(s.name, s.form) for s in find_sets(tmp_path)]
    assert found == [("b-dev", "questions"), ("notes-questions", "documents"), ("a", "reading"), ("toy", "retrieval")]
    assert [s.form for s in find_sets(tmp_path / "endtoend")] == ["documents"]
    assert [s.form for s in find_sets(tmp_path / "retrieval" / "toy")] == ["retrieval"]


def test_what_is_no_labelled_data_is_named(tmp_path: Path) -> None:
    """With what was expected: a path that is not there, a folder without any, rows of no known form."""
    (tmp_path / "empty").mkdir()
    other = write(tmp_path / "other" / "rows.jsonl", {"prompt": "Who?", "completion": "Ann"})
    for path, said in (
        (tmp_path / "missing", "no such"),
        (tmp_path / "empty", "no labelled data"),
        (other, "prompt, completion"),
    ):
        with pytest.raises(EvaluationError, match=said) as caught:
            find_sets(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(EvaluationError, match="rows with prompt"):
        find_sets(tmp_path / "other")


CUT_OFF = gzip.compress(b'{"question": 1}\n' * 99)[:-20]  # it carries the time of day, so it may not name a test


@pytest.mark.parametrize("content", [b"not gzip", CUT_OFF, b"\x1f\x8b\x08"], ids=["not packed", "cut off", "cut off in its head"])
def test_a_damaged_gzip_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(EvaluationError, match=r"rows\.jsonl\.gz.*cannot be read"):
        read_reading(path)


# --- samples ---


def test_a_sample_is_the_same_every_time() -> None:
    """And all there is, in order, when no more is wanted."""
    assert sampled(range(50), 10) == sampled(range(50), 10) and len(set(sampled(range(50), 10))) == 10
    assert sampled(range(5), None) == sampled(range(5), 5) == sampled(range(5), 9) == [0, 1, 2, 3, 4]


# --- the questions file ---


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


# --- the other forms ---


def test_reading_rows_get_their_defaults(tmp_path: Path) -> None:
    """The file's name as set and group, no history. A sentence may end beyond its text, as some published ones do."""
    rough = READING | {"sentences": [[0, 8], [9, 20]], "set": "own"}
    rows = read_reading(write(tmp_path / "toy.jsonl.gz", READING, rough))
    assert [(r["set"], r["group"], r["history"]) for r in rows] == [("toy", "toy", []), ("own", "toy", [])]


@pytest.mark.parametrize(
    "change",
    [
        {"question": ""},
        {"text": None},
        {"sentences": None},
        {"sentences": [[0, 8, 9]]},
        {"sentences": [[8, 0]]},
        {"sentences": [[-1, 8]]},
        {"sentences": [[99, 100]]},
        {"sentences": [["0", "8"]]},
        {"evidence": [2]},
        {"evidence": [-1]},
        {"evidence": ["0"]},
        {"evidence": 0},
        {"spans": None},
        {"evidence": [True]},
        {"history": "Who?"},
        {"group": 5},
    ],
)
def test_a_bad_reading_row_is_named(tmp_path: Path, change: Any) -> None:
    """By file and line."""
    path = write(tmp_path / "toy.jsonl", READING, READING | change)
    with pytest.raises(EvaluationError, match=r"toy\.jsonl, line 2: expected .*sentences"):
        read_reading(path)


@pytest.mark.parametrize("change", [{"history": ["only one title"]}, {"history": None}, {"history": [1, 2]}, {"rewrite": " "}])
def test_a_bad_followup_row_is_named(tmp_path: Path, change: Any) -> None:
    """By file and line; empty titles are none of our business."""
    assert read_followups(write(tmp_path / "good.jsonl", FOLLOW_UP | {"history": ["", "Life"]}))
    with pytest.raises(EvaluationError, match=r"bad\.jsonl, line 2: expected .*two titles"):
        read_followups(write(tmp_path / "bad.jsonl", FOLLOW_UP, FOLLOW_UP | change))


def test_a_retrieval_collection_is_read(tmp_path: Path) -> None:
    """Title before text; grades of 0 are not kept; the four columns of TREC do as well, and so does no heading."""
    folder = write_collection(tmp_path, "q1 0 d2 2\nq1 0 d1 0\n")
    assert read_corpus(folder) == {"d1": "Rain.", "d2": "Ferry\n\nIt sails."}
    assert read_queries(folder)["q1"] == "When does the ferry sail?"
    assert read_grades(folder) == {"q1": {"d2": 2}}
    assert read_grades(write_collection(tmp_path / "plain")) == {"q1": {"d2": 1}}


@pytest.mark.parametrize(
    "qrels, said", [("a\tb\tscore\nq1\td2\n", "line 2"), ("q1 d2 1\nq1 d2 high\n", "line 2"), ("", "no grade")]
)
def test_bad_grades_are_named(tmp_path: Path, qrels: str, said: str) -> None:
    """By file and line."""
    with pytest.raises(EvaluationError, match=rf"qrels\.tsv.*{said}"):
        read_grades(write_collection(tmp_path, qrels))


def test_a_bad_document_of_a_collection_is_named(tmp_path: Path) -> None:
    """By file and line."""
    write(write_collection(tmp_path) / "corpus.jsonl", {"_id": "d1", "text": "Rain."}, {"_id": "d2", "text": None})
    with pytest.raises(EvaluationError, match=r"corpus\.jsonl, line 2: expected _id and text"):
        read_corpus(tmp_path)


def test_documents_and_their_questions_are_read(tmp_path: Path) -> None:
    """A question without an answer has an empty one."""
    texts, questions = read_documents(write_documents(tmp_path))
    assert texts == {"0": "Rain.", "1": "The ferry sails at six."}
    assert [(q["question"], q["answer"]) for q in questions] == [("When does it sail?", "At six."), ("Who steers it?", "")]


def test_a_question_about_no_document_is_named(tmp_path: Path) -> None:
    """And a malformed one by file and line."""
    write_documents(tmp_path)
    write(tmp_path / "notes-questions.jsonl", {"document_index": "7", "question": "Who?", "answer": "Ann"})
    with pytest.raises(EvaluationError, match="document '7'"):
        read_documents(tmp_path)
    write(tmp_path / "notes-questions.jsonl", {"document_index": "1", "question": "Who?", "answer": None})
    with pytest.raises(EvaluationError, match=r"notes-questions\.jsonl, line 1: expected document_index"):
        read_documents(tmp_path)
