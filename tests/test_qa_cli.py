"""`python -m qa`: what it prints, what it exits with, and what it does not import."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, WordEncoder
from test_assistant import WORKS

import qa.__main__ as cli
from index import build_index, open_index

BRIDGE = "When did inspectors visit the old bridge?"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_ask_prints_the_quotation_and_where_it_stands(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The document's name, and its words."""
    code, out, err = run(capsys, "ask", BRIDGE)
    assert (code, err) == (0, "")
    assert "Inspectors visited the old bridge in March." in " ".join(out.split()) and "works.txt" in out


def test_ask_as_json_is_the_whole_answer(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Positions and all, letters beyond ASCII as they are."""
    code, out, _ = run(capsys, "ask", f"{BRIDGE} “über”".replace("“über”", "über"), "--json")
    answer = json.loads(out)
    first = answer["citations"][0]
    assert code == 0 and answer["verdict"] == "answered" and "über" in out
    assert WORKS[first["start"] : first["end"]] == first["text"]


def test_earlier_questions_are_given_one_by_one(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Oldest first."""
    _, out, _ = run(
        capsys, "ask", "When was it?", "--history", "Who is Ann Lee?", "--history", "Who visited the bridge?", "--json"
    )
    assert json.loads(out)["standalone_question"] == "When was the bridge?"


@pytest.fixture
def shelf(place: Path) -> Path:
    """The same with a second document in a folder, of a known publisher and date."""
    folder = place / "sources" / "quay"
    folder.mkdir()
    (folder / "ferry.txt").write_text("The ferry sails to Dale at noon.\n", encoding="utf-8")
    (place / "sources" / "catalogue.toml").write_text(
        '["quay/ferry.txt"]\npublisher = "Harbour Office"\ndate = "2024"\n', encoding="utf-8"
    )
    build_index("sources", ".index", encoder=WordEncoder())
    return place


FILTERED = ["--publisher", "nobody", "--publisher", "harbour office", "--since", "2024", "--folder", "quay"]


def test_options_search_only_some_documents(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Answers, hits, conversations and batches alike; an answer tells it."""
    filters = FILTERED[2:]
    told = "Searched only in: publisher harbour office, folder quay, since 2024"
    code, out, _ = run(capsys, "ask", "Where does the ferry sail?", *filters)
    assert code == 0 and "quay/ferry.txt" in out and "works.txt" not in out and told in out
    _, out, _ = run(capsys, "ask", "Where does the ferry sail?", *filters, "--json")
    assert json.loads(out)["where"]["publisher"] == ["harbour office"]
    _, out, _ = run(capsys, "retrieve", "ferry", "-k", "50", "--json", *filters)
    assert {hit["document"] for hit in json.loads(out)} == {"quay/ferry.txt"}
    (shelf / "q.txt").write_text("Where does the ferry sail?\nWho planted trees?\n", encoding="utf-8")
    _, out, _ = run(capsys, "batch", "q.txt", *filters)
    assert out.count(told) == 2 and "works.txt" not in out


def test_a_conversation_keeps_its_filter(
    shelf: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For follow-ups too; it goes into the export, which is proved."""
    monkeypatch.setattr("sys.stdin", io.StringIO("Where does the ferry sail?\nWhen does it sail?\n\n"))
    code, out, _ = run(capsys, "ask", "--document", "quay/ferry.txt", "--export", "talk.md")
    assert code == 0 and out.count("Searched only in: document quay/ferry.txt") == 2 and "works.txt" not in out
    assert "Searched only in: document quay/ferry.txt" in (shelf / "talk.md").read_text(encoding="utf-8").replace("\\", "")
    assert run(capsys, "verify", "talk.md")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [["ask", BRIDGE], ["ask"], ["retrieve", BRIDGE], ["batch", "q.txt"], ["batch", "q.txt", "--out", "answers.csv"]],
)
@pytest.mark.parametrize("filters, message", [(FILTERED, '"nobody"'), (["--since", "2024-13"], "expected a date")])
def test_a_filter_that_cannot_be_is_one_line(
    shelf: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], filters: list[str], message: str
) -> None:
    """Told before anything is asked; no table is left behind."""
    (shelf / "q.txt").write_text("Who?\nWhen?\n", encoding="utf-8")
    code, out, err = run(capsys, *arguments, *filters)
    error = err.strip().splitlines()[-1]
    assert code == 1 and error.startswith("error: ") and message in error
    assert not list(shelf.glob("answers*"))


def test_a_conversation_in_the_terminal(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line a question, each knowing those before; what cannot be asked is told; an empty line ends it."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Who visited the bridge?\nWhen was it?\n{'x' * 10_001}\n\nnever read\n"))
    code, out, err = run(capsys, "ask")
    assert code == 0
    assert out.count("in March.") >= 2 and "When was the bridge?" in out
    assert "error: the question has 10,001 characters" in err and "never read" not in out + err


@pytest.mark.parametrize("typed", ["", "\n", "   \n", f"{BRIDGE}\n", BRIDGE])
def test_a_conversation_ends_with_its_input(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """With or without a last line end."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code, out, _ = run(capsys, "ask")
    assert code == 0 and ("in March." in out) is bool(typed.strip())


def test_retrieve_prints_hits_in_order(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rank, document, position and score; the words on one line."""
    code, out, _ = run(capsys, "retrieve", "old bridge", "-k", "1")
    assert (
        code == 0 and out.startswith("1. works.txt [") and "score" in out and "Inspectors visited the old bridge in March." in out
    )
    assert len(out.splitlines()) == 2


def test_retrieve_as_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every field of a hit; none for -k 0."""
    _, out, _ = run(capsys, "retrieve", "old bridge", "--json")
    (hit,) = json.loads(out)
    assert WORKS[hit["start"] : hit["end"]] == hit["text"] and {"document", "score", "rank", "dense_rank", "sparse_rank"} <= set(
        hit
    )
    assert json.loads(run(capsys, "retrieve", "old bridge", "-k", "0", "--json")[1]) == []


def test_evaluate_prints_the_table_and_writes_every_answer(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the measures beside them."""
    rows = [
        {"id": "a", "question": BRIDGE, "gold": ["in March"]},
        {"id": "b", "question": "Who owns a zebra?", "gold": [], "kind": "none"},
    ]
    (place / "q.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    code, out, _ = run(capsys, "evaluate", "q.jsonl", "--json", "out.json")
    assert code == 0 and [line.split()[0] for line in out.splitlines()[:4]] == ["kind", "fact", "none", "all"]
    written = json.loads((place / "out.json").read_text(encoding="utf-8"))
    assert written["measures"]["all"]["n"] == 2 and written["measures"]["all"]["hit@1"] == 1
    assert [(a["id"], a["first_right"]) for a in written["answers"]] == [("a", True), ("b", False)]


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.docx", "A.JSON"])
def test_an_answer_is_exported_and_verified(place: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """In the form of the suffix, from the index and from the files; the answer is printed all the same."""
    code, out, err = run(capsys, "ask", BRIDGE, "--export", name)
    assert code == 0 and "Inspectors visited the old bridge in March." in " ".join(out.split())
    assert err == f"{name}: written; prove it with: python -m qa verify {name}\n"
    for where in ([], ["--index", ".index"], ["--sources", "sources"], ["--index", ".index", "--sources", "sources"]):
        assert run(capsys, "verify", name, *where) == (0, "The quotation holds, character for character.\n", "")


def test_an_export_with_json_leaves_the_output_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What else is to be said goes to standard error."""
    _, out, _ = run(capsys, "ask", BRIDGE, "--json", "--export", "a.md")
    assert json.loads(out)["verdict"] == "answered" and (place / "a.md").is_file()


def test_a_conversation_is_exported_at_its_end(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it: each question as asked and as understood. What could not be asked is left out."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Who visited the bridge?\nWhen was it?\n{'x' * 10_001}\n\nnever read\n"))
    code, _, err = run(capsys, "ask", "--export", "talk.json")
    replies = json.loads((place / "talk.json").read_text(encoding="utf-8"))["replies"]
    assert code == 0 and "talk.json: written" in err
    asked = [(reply["question"], reply["standalone_question"]) for reply in replies]
    assert asked == [("Who visited the bridge?", "Who visited the bridge?"), ("When was it?", "When was the bridge?")]


def test_an_interrupted_conversation_is_exported(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered until then is not lost."""
    typed = iter([BRIDGE])

    def type_or_interrupt(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr("builtins.input", type_or_interrupt)
    code, _, err = run(capsys, "ask", "--export", "talk.md")
    assert code == 130 and "talk.md: written" in err
    assert run(capsys, "verify", "talk.md")[0] == 0


def test_a_conversation_without_answers_is_not_exported(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told so, and no file is made."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = run(capsys, "ask", "--export", "talk.md")
    assert code == 0 and "talk.md: not written" in err and not (place / "talk.md").exists()


def test_an_export_that_fails_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which quotation, where, and why; exit status 1."""
    run(capsys, "ask", BRIDGE, "--export", "a.md")
    works = place / "sources" / "works.txt"
    works.write_text("Once upon a time. " + WORKS, encoding="utf-8")
    assert run(capsys, "verify", "a.md")[0] == 0  # the index still has the old document
    code, out, _ = run(capsys, "verify", "a.md", "--sources", "sources")
    assert code == 1 and "FAILS: question 1, quotation 1 (works.txt, characters 0 to 43): the document has changed" in out
    assert "the words stand now at [18, 61)" in out and out.endswith("1 of 1 quotations fails.\n")
    works.unlink()
    (place / "sources" / "other.txt").write_text("Nothing here.", encoding="utf-8")
    assert "the document is gone" in run(capsys, "verify", "a.md", "--sources", "sources")[1]
    export = place / "a.md"
    export.write_text(export.read_text(encoding="utf-8").replace("in March", "in May", 1), encoding="utf-8")
    assert "the visible quotation differs" in run(capsys, "verify", "a.md")[1]


def test_an_export_without_quotations_holds(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to prove, which is told."""
    from qa.export import write_export
    from qa.record import Record

    write_export(Record(), Path("none.md"))
    assert run(capsys, "verify", "none.md") == (0, "The export has no quotation.\n", "")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["ask", "Who?", "--index", "nowhere"], "no index here"),
        (["ask", "--index", "nowhere"], "no index here"),
        (["retrieve", "Who?", "--index", "nowhere"], "no index here"),
        (["evaluate", "missing.jsonl"], "missing.jsonl"),
        (["ask", ""], "empty"),
        (["ask", "   "], "empty"),
        (["ask", "x" * 10_001], "10,001"),
        (["retrieve", "Who?", "-k", "-3"], "-3"),
        (["retrieve", "Who?", "-k", "5000"], "5000"),
        (["ask", BRIDGE, "--export", "a.pdf"], ".md, .html, .docx, .json"),
        (["ask", "--export", "a"], ".md, .html, .docx, .json"),
        (["ask", BRIDGE, "--export", "no/such/a.md"], "there is no folder"),
        (["ask", BRIDGE, "--index", "nowhere", "--export", "a.md"], "no index here"),
        (["verify", "missing.md"], "missing.md: cannot be read"),
        (["verify", "sources/works.txt"], ".md, .html, .docx, .json"),
        (["verify", "."], "expected one of"),
    ],
)
def test_an_error_is_one_line_and_exit_status_1(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """On standard error; nothing on standard output."""
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("error: ") and message in err and err.count("\n") == 1


def test_an_output_file_that_cannot_be_written_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, like every other error."""
    (place / "q.jsonl").write_text(json.dumps({"question": BRIDGE, "gold": ["in March"]}), encoding="utf-8")
    code, _, err = run(capsys, "evaluate", "q.jsonl", "--json", "no/such/folder/out.json")
    assert code == 1 and err.startswith("error: ") and "out.json" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["retrieve"], ["evaluate"], ["retrieve", "x", "-k", "three"], ["ask", "a", "b"], ["verify"]]
)
def test_wrong_usage_is_exit_status_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """With the usage."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2 and "usage: python -m qa" in capsys.readouterr().err


def test_the_environment_names_the_index(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And --index goes before it."""
    monkeypatch.setenv("QA_INDEX", "nowhere")
    assert run(capsys, "retrieve", "old bridge")[0] == 1
    assert run(capsys, "retrieve", "old bridge", "--index", ".index")[0] == 0
    monkeypatch.setenv("QA_INDEX", "")
    assert run(capsys, "retrieve", "old bridge")[0] == 0


def test_an_interrupted_question_stops_quietly(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One word, and the exit status of an interrupt."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qa.assistant.Assistant.ask", interrupt)
    assert run(capsys, "ask", BRIDGE) == (130, "", "stopped\n")


def test_asking_leaves_the_index_as_it_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not a file is written or changed."""
    before = {p: p.read_bytes() for p in (place / ".index").rglob("*") if p.is_file()}
    run(capsys, "ask", BRIDGE)
    run(capsys, "retrieve", BRIDGE)
    assert {p: p.read_bytes() for p in (place / ".index").rglob("*") if p.is_file()} == before
    assert open_index(place / ".index").name == "g000001"


def test_help_imports_nothing_heavy() -> None:
    """No model, no vector search, no web page: help comes at once. Neither does a missing index load them."""
    code = (
        "import contextlib, sys, qa.__main__ as cli\n"
        "heavy = {'torch', 'faiss', 'gradio', 'sentence_transformers', 'transformers'}\n"
        "with contextlib.suppress(SystemExit): cli.main(['--help'])\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert cli.main(['ask', 'Who?', '--index', 'nowhere']) == 1\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert "ask" in done.stdout and "retrieve" in done.stdout and "evaluate" in done.stdout


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    """`python -m qa`: a missing index is one line and exit status 1."""
    done = subprocess.run(
        [sys.executable, "-m", "qa", "ask", "Who?", "--index", str(tmp_path / "nowhere")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1 and "python -m index build" in done.stderr
