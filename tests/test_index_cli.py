"""`python -m index`: what it prints, what it exits with, and what it does not import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, WordEncoder

import index.__main__ as cli
from index import open_index
from index.load import LOADERS
from index.published import CURRENT

ADVERT = "The bridge is open. It is long.\n\nPremium access\n\n€12/month\n\nSubscribe\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with `sources`, and the tiny encoder in place of the model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_INDEX", raising=False)
    monkeypatch.setattr(cli, "SentenceTransformerEncoder", lambda model=None: WordEncoder())
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "report.txt").write_text(
        "On bridges\n\nInspectors praised the bridge.\r\nIt is long.", encoding="utf-8", newline=""
    )
    (sources / "page.md").write_text(ADVERT, encoding="utf-8")
    (sources / "picture.png").write_bytes(b"\x89PNG")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_build_reports_counts_and_what_was_left_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The index is built in the default folder; a file that is no document is named with its reason."""
    code, out, _ = run(capsys, "build")
    assert code == 0
    assert "built .index in" in out and "2 documents" in out
    assert 'not indexed: picture.png: no loader for ".png"; known: .txt, .md' in out
    assert len(open_index(place / ".index").documents) == 2


def test_a_second_build_says_that_nothing_has_changed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is rebuilt, and the files left out are still named."""
    run(capsys, "build")
    code, out, _ = run(capsys, "build")
    assert code == 0 and ".index is up to date: 2 documents" in out and "picture.png" in out


def test_build_takes_other_folders(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SOURCES and --index are honoured, and QA_INDEX names the default."""
    (place / "sources").rename(place / "papers")
    assert run(capsys, "build", "papers", "--index", "other")[0] == 0
    assert open_index(place / "other").documents


def test_the_environment_names_the_default_index(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """QA_INDEX stands in for .index in every command; --index stands before both."""
    monkeypatch.setenv("QA_INDEX", str(place / "named"))
    assert run(capsys, "build")[0] == 0
    assert (place / "named" / CURRENT).is_file() and not (place / ".index").exists()
    assert run(capsys, "status")[0] == 0
    assert run(capsys, "status", "--index", "elsewhere")[0] == 1


def test_status_shows_the_documents_and_what_was_left_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Generation, model, counts; each document with what is unknown shown as such; left-out parts with reason and words."""
    (place / "sources" / "catalogue.toml").write_text('["page.md"]\npublisher = "Tarn Post"\ndate = "2021"\n')
    run(capsys, "build")
    code, out, err = run(capsys, "status")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0].startswith("index .index, generation g000001, created 20")
    assert lines[1:4] == ["model words@1", "runs on words", "search exact"]
    assert lines[4].startswith("holds 2 documents, ")
    page = lines[lines.index("page.md") : lines.index("report.txt")]
    assert {"title unknown", "publisher Tarn Post", "author unknown", "date 2021"} <= set(page)
    left_out = [line for line in page if line.startswith("left out")]
    assert [line.split(") ")[1] for line in left_out] == [
        "an offer or subscription advert: Premium access",
        "an offer or subscription advert: €12/month",
        "a call to act, not writing: Subscribe",
    ]
    assert "title On bridges" in lines[lines.index("report.txt") :]
    assert f'not indexed: picture.png: no loader for ".png"; known: {", ".join(LOADERS)}, .zip' in lines
    assert lines[-1] == "fresh: the sources have not changed since"


def test_status_says_what_the_file_says_and_how_it_was_read(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What comes from the file is marked, and notes of the loader are shown; `text` prints the extracted text."""
    page = '<html><head><title>On rivers</title><meta name="author" content="Bo Day"></head><body><p>The river costs £5.</p></body></html>'
    (place / "sources" / "page.html").write_bytes(page.encode("utf-16"))
    (place / "sources" / "catalogue.toml").write_text('["page.html"]\ntitle = "Rivers"\n')
    run(capsys, "build")
    lines = [" ".join(line.split()) for line in run(capsys, "status")[1].splitlines()]
    shown = lines[lines.index("page.html") : lines.index("page.md")]
    assert "title Rivers" in shown and "author Bo Day (the file says so)" in shown
    assert "note read as UTF-16, by its byte-order mark" in shown
    assert run(capsys, "text", "page.html")[1] == "The river costs £5."


def test_build_and_status_name_copies(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the document that each is nearly the same as, and once more together."""
    (place / "sources" / "report-2.txt").write_text("Inspectors praised the bridge! It is long.", encoding="utf-8")
    (place / "sources" / "report.txt").write_text("Inspectors praised the bridge. It is long.", encoding="utf-8")
    note = "note: nearly the same text, counted once: report-2.txt, report.txt"
    assert note in run(capsys, "build")[1]
    out = run(capsys, "status")[1]
    assert note in out and "copy      nearly the same text as report-2.txt, counted once" in out
    assert "documents (1 nearly the same as another)" in out


def test_status_exits_with_3_when_the_sources_have_changed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a build would find to do is listed by name."""
    run(capsys, "build")
    (place / "sources" / "new.txt").write_text("New words.")
    (place / "sources" / "page.md").write_text("Other words.")
    (place / "sources" / "report.txt").unlink()
    code, out, _ = run(capsys, "status")
    assert code == cli.STALE == 3
    tail = [" ".join(line.split()) for line in out.splitlines()[-4:]]
    assert tail == ["stale: build the index again", "added new.txt", "changed page.md", "removed report.txt"]


def test_status_of_an_index_whose_sources_are_gone_is_stale(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that has moved is said; --sources names where it is now."""
    run(capsys, "build")
    (place / "sources").rename(place / "moved")
    code, out, _ = run(capsys, "status")
    assert code == 3 and "there is no such folder" in out
    assert run(capsys, "status", "--sources", "moved")[0] == 0


@pytest.mark.parametrize("command", [("status",), ("verify",), ("text", "report.txt")])
def test_a_missing_index_is_one_line_and_1(place: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    """The error says how to build one, on standard error, and nothing else is printed."""
    assert run(capsys, *command) == (1, "", "error: .index: no index here; build one with: python -m index build\n")


@pytest.mark.parametrize("command", ["status", "verify"])
def test_a_damaged_index_is_one_line_and_1(place: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """The damaged file is named."""
    run(capsys, "build")
    (open_index(".index").folder / "generations" / "g000001" / "sentences.npy").write_bytes(b"x")
    code, out, err = run(capsys, command)
    assert (code, out) == (1, "")
    assert err.startswith("error: ") and "sentences.npy" in err and err.count("\n") == 1


def test_verify_checks_files_spans_and_sources(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A whole index is said to be whole, with how much was checked."""
    run(capsys, "build")
    code, out, err = run(capsys, "verify")
    assert (code, err) == (0, "")
    files = len(open_index(".index").manifest["files"])
    assert out.startswith(f"whole: {files} files and their checksums, ")
    assert out.endswith("the sources are the ones that were indexed\n")


def test_changed_sources_are_no_damage(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`verify` reports them and still exits with 0: what is indexed is whole."""
    run(capsys, "build")
    (place / "sources" / "page.md").write_text("Other words.")
    code, out, _ = run(capsys, "verify")
    assert code == 0 and "whole: " in out
    assert "the sources have changed since" in out and "changed  page.md" in out


def test_text_is_the_document_byte_for_byte(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """What is printed can be compared with the file: no line end is changed."""
    cli.main(["build"])
    capfdbinary.readouterr()
    assert cli.main(["text", "report.txt"]) == 0
    assert capfdbinary.readouterr().out == (place / "sources" / "report.txt").read_bytes()


def test_text_of_an_unknown_document_names_the_known_ones(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name is one line that shows what there is."""
    run(capsys, "build")
    code, out, err = run(capsys, "text", "reprot.txt")
    assert (code, out) == (1, "")
    assert err == 'error: no document "reprot.txt" in .index; it holds page.md, report.txt\n'


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: [f.unlink() for f in (p / "sources").iterdir()], "no document to index"),
        (lambda p: (p / "sources").rename(p / "gone"), "there is no such folder"),
        (lambda p: (p / "sources" / "catalogue.toml").write_text("["), "not readable as TOML"),
        (lambda p: (p / ".index").write_text(""), "cannot be written"),
    ],
)
def test_what_stops_a_build_is_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], object], message: str
) -> None:
    """No traceback, nothing on standard output, exit status 1."""
    make(place)
    code, out, err = run(capsys, "build")
    assert (code, out) == (1, "")
    assert err.startswith("error: ") and message in err and err.count("\n") == 1


def test_interrupting_is_one_line_and_130(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a build leaves no traceback, publishes nothing, and says what answers now."""

    def interrupt(self: WordEncoder, texts: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WordEncoder, "encode", interrupt)
        assert run(capsys, "build") == (130, "", "cancelled; there is no index yet\n")
    assert run(capsys, "status")[0] == 1
    run(capsys, "build")
    (place / "sources" / "page.md").write_text("Other words.")
    monkeypatch.setattr(WordEncoder, "encode", interrupt)
    assert run(capsys, "build") == (130, "", "cancelled; the index before still answers\n")
    assert run(capsys, "verify")[0] == 0


def grow(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two generations: in the second one document has changed, one is new and one has another name."""
    run(capsys, "build")
    (place / "sources" / "page.md").write_text("The bridge is closed. It is long.", encoding="utf-8")
    (place / "sources" / "report.txt").rename(place / "sources" / "renamed.txt")
    (place / "sources" / "new.txt").write_text("New words.", encoding="utf-8")
    run(capsys, "build")


def test_build_says_what_changed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How many documents, and which were renamed; the first build has nothing to compare."""
    assert "since the index before" not in run(capsys, "build")[1]
    (place / "sources" / "report.txt").rename(place / "sources" / "renamed.txt")
    (place / "sources" / "new.txt").write_text("New words.", encoding="utf-8")
    out = run(capsys, "build")[1]
    assert "since the index before: 1 added, 1 renamed\n  renamed  report.txt to renamed.txt\n" in out


def test_list_shows_the_generations(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest first, the one that answers marked; a damaged one says which file."""
    grow(place, capsys)
    (place / ".index" / "generations" / "g000001" / "texts.utf8").write_bytes(b"x")
    code, out, err = run(capsys, "list")
    assert (code, err) == (0, "")
    head, newest, oldest, damage = (" ".join(line.split()) for line in out.splitlines())
    assert head == "created documents passages size model"
    assert newest.startswith("* g000002 20") and newest.endswith(" words@1") and " 3 " in newest
    assert oldest.startswith("g000001 20") and damage.startswith("damaged: ") and "texts.utf8" in damage


def test_diff_shows_what_came_and_went(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the generation before to the one that answers, or between two; for people or as JSON."""
    grow(place, capsys)
    code, out, _ = run(capsys, "diff")
    assert code == 0 and out.splitlines() == [
        "g000001 to g000002",
        "  added    new.txt",
        "  changed  page.md",
        "  renamed  report.txt to renamed.txt",
        "",
        "new.txt",
        "+ New words.",
        "",
        "page.md",
        "- The bridge is open. It is long.",
        "+ The bridge is closed. It is long.",
        "",
        "documents: 1 added, 1 changed, 1 renamed; passages: 2 came, 1 went",
    ]
    back = run(capsys, "diff", "g000002", "g000001")[1]
    assert "  removed  new.txt" in back and back.endswith("passages: 1 came, 2 went\n")
    data = json.loads(run(capsys, "diff", "--json")[1])
    assert (data["old"], data["new"]) == ("g000001", "g000002") and data["documents"]["added"] == ["new.txt"]
    assert run(capsys, "diff", "g000002")[1].endswith("documents: nothing; passages: 0 came, 0 went\n")


@pytest.mark.parametrize(
    ("names", "message"),
    [((), "no generation before g000001"), (("g7",), "no generation g7 here"), (("g000001", "x"), "no generation x")],
)
def test_diff_without_two_generations_is_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...], message: str
) -> None:
    """With those that there are."""
    run(capsys, "build")
    code, out, err = run(capsys, "diff", *names)
    assert (code, out) == (1, "") and message in err and err.count("\n") == 1


def test_rollback_says_what_answers(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And how to take it back; the next build indexes the sources again."""
    grow(place, capsys)
    code, out, _ = run(capsys, "rollback")
    assert code == 0 and out.startswith("g000001 answers, created 20") and "python -m index rollback g000002" in out
    assert open_index(".index").name == "g000001"
    assert run(capsys, "status")[0] == cli.STALE
    assert run(capsys, "rollback", "g000002")[0] == 0 and run(capsys, "status")[0] == 0
    run(capsys, "rollback", "g000001")
    assert "built .index" in run(capsys, "build")[1] and open_index(".index").name == "g000003"
    code, _, err = run(capsys, "rollback", "g000007")
    assert code == 1 and "no generation g000007 here; there are g000001, g000002, g000003" in err


def test_verify_takes_a_generation(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is checked whole; the sources of today are not its own."""
    grow(place, capsys)
    code, out, _ = run(capsys, "verify", "--generation", "g000001")
    assert code == 0 and out.startswith("whole: ") and "sources" not in out
    (place / ".index" / "generations" / "g000001" / "texts.utf8").write_bytes(b"x")
    assert run(capsys, "verify", "--generation", "g000001")[0] == 1
    assert run(capsys, "verify")[0] == 0


def test_build_keeps_as_many_generations_as_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Never fewer than two."""
    grow(place, capsys)
    (place / "sources" / "new.txt").write_text("Newer words.", encoding="utf-8")
    run(capsys, "build", "--keep", "2")
    assert len(run(capsys, "list")[1].splitlines()) == 3
    for wrong in ("1", "many"):
        with pytest.raises(SystemExit):
            cli.main(["build", "--keep", wrong])


@pytest.fixture
def at_a_terminal(place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Makes as if somebody sat at a terminal and answered; returns the questions."""

    def answering(answer: str) -> list[str]:
        questions: list[str] = []
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: questions.append(question) or answer)
        return questions

    return answering


def test_whoever_sits_at_a_terminal_is_asked(
    place: Path, capsys: pytest.CaptureFixture[str], at_a_terminal: Callable[[str], list[str]]
) -> None:
    """Each document that would be dropped is named with its reason first; no, or no answer, keeps the index."""
    run(capsys, "build")
    (place / "sources" / "report.txt").write_bytes(b"")
    questions = at_a_terminal("")
    code, out, err = run(capsys, "build")
    assert code == 1 and questions == ["Drop 1 of 2 documents from the index? [y/N] "]
    assert out.startswith("disappeared: report.txt: empty") and "1 of 2 documents have disappeared" in err
    assert len(open_index(".index").documents) == 2
    at_a_terminal("y")
    assert run(capsys, "build")[0] == 0 and len(open_index(".index").documents) == 1


def test_nobody_is_asked_where_removals_are_allowed(
    place: Path, capsys: pytest.CaptureFixture[str], at_a_terminal: Callable[[str], list[str]]
) -> None:
    """They are named all the same."""
    run(capsys, "build")
    (place / "sources" / "report.txt").unlink()
    questions = at_a_terminal("n")
    code, out, _ = run(capsys, "build", "--yes")
    assert code == 0 and questions == [] and "disappeared: report.txt: its file is gone\nbuilt" in out
    assert "since the index before: 1 removed\n  removed  report.txt\n" in out


def test_without_a_terminal_many_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unless that is allowed."""
    for number in range(6):
        (place / "sources" / f"{number}.txt").write_text(f"Document {number}.")
    run(capsys, "build")
    for number in range(6):
        (place / "sources" / f"{number}.txt").unlink()
    code, out, err = run(capsys, "build")
    assert code == 1 and out.count("disappeared: ") == 6 and "6 of 8 documents have disappeared" in err
    assert run(capsys, "build", "--allow-removals")[0] == 0


def test_status_tells_what_was_renamed_and_why_a_file_is_left_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From one name to the other; beside the name that is removed stands the reason."""
    run(capsys, "build")
    (place / "sources" / "page.md").unlink()
    (place / "sources" / "page.md").symlink_to("nowhere.md")
    (place / "sources" / "report.txt").rename(place / "sources" / "renamed.txt")
    code, out, _ = run(capsys, "status")
    assert (
        code == 3
        and "  removed  page.md (a link that leads nowhere)\n" in out
        and "  renamed  report.txt to renamed.txt\n" in out
    )


def test_names_cannot_act_on_the_terminal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Escape codes in a file's name or words are shown, not sent."""
    (place / "sources" / "a\x1b[31mred\n.txt").write_text("words")
    _, out, _ = run(capsys, "build")
    assert "\x1b" not in out and "not indexed: a\\x1b[31mred" in out


def test_bars_are_drawn_only_on_a_terminal(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a log there is no bar; on a terminal there is one for each step."""
    _, _, err = run(capsys, "build")
    assert err == ""
    (place / "sources" / "page.md").write_text("Other words.")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    _, _, err = run(capsys, "build")
    assert all(step in err for step in ("comparing", "reading", "embedding"))


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["text"], ["build", "--nonsense"]])
def test_wrong_usage_exits_with_2(place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """As programs do; the usage is shown."""
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage: python -m index" in capsys.readouterr().err


HEAVY = ("torch", "transformers", "sentence_transformers", "faiss", "gradio", "tokenizers")


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["status"]])
def test_help_imports_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    """Asking for help, or for an index that is not there, does not wait for a model library."""
    code = (
        "import runpy, sys, json\n"
        f"sys.argv = ['index', *{arguments!r}]\n"
        "try: runpy.run_module('index', run_name='__main__')\n"
        "except SystemExit: pass\n"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    environment = os.environ | {"QA_INDEX": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_module_runs_as_a_program(built: Path) -> None:
    """The exit status of `python -m index` is that of the command."""
    command = [sys.executable, "-m", "index", "verify", "--index", str(built)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("whole: ")
    command[-1] = str(built / "gone")
    assert subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False).returncode == 1
