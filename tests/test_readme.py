"""The README holds true: its commands parse and run, its Python runs, and every name in it exists."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import importlib.util
import io
import re
import runpy
import shlex
import shutil
from pathlib import Path
from typing import cast

import pytest
from conftest import ROOT, WordEncoder
from test_assistant import WORKS, opened, rank_by_words

import app
import index
import index.__main__
import qa
import qa.__main__

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The command lines of the shell blocks, without comments, as words."""
    lines = [shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines()]
    return [words for words in lines if words]


def python_commands() -> list[list[str]]:
    """What stands after `python` in the commands that run this project; `pip` and `venv` are not ours."""
    ours = [words[1:] for words in commands() if Path(words[0]).name in ("python", "python3")]
    return [words for words in ours if words[1:2] not in (["pip"], ["venv"]) and words != ["-m", "pytest"]]


def parser_of(words: list[str]) -> argparse.ArgumentParser:
    """The real parser behind a command line."""
    if words[0] == "-m":
        return {"qa": qa.__main__._parser, "index": index.__main__._parser}[words[1]]()
    if words[0].startswith("benchmarks/"):
        return cast(argparse.ArgumentParser, runpy.run_path(str(ROOT / words[0]))["make_parser"]())
    assert words[0] == "app.py"
    return app_parser()


def app_parser() -> argparse.ArgumentParser:
    """The parser that app.py makes, caught when it parses."""
    made: list[argparse.ArgumentParser] = []
    parse_args = argparse.ArgumentParser.parse_args

    def caught(parser, *arguments, **named):  # type: ignore[no-untyped-def]
        made.append(parser)
        return parse_args(parser, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", caught)
        app.arguments([])
    return made[0]


def flags_of(parser: argparse.ArgumentParser) -> set[str]:
    flags = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            flags |= {flag for sub in action.choices.values() for flag in flags_of(sub)}
    return flags


def test_there_are_commands_to_check() -> None:
    """Of every program, so that the tests below hold something."""
    programs = {" ".join(words[:2]) if words[0] == "-m" else words[0] for words in python_commands()}
    assert programs >= {"-m qa", "-m index", "app.py", "benchmarks/plain_stack.py", "benchmarks/page.py"}
    assert len(python_commands()) >= 10 and len(blocks("python")) == 4


@pytest.mark.parametrize("words", python_commands(), ids=" ".join)
def test_every_command_parses(words: list[str]) -> None:
    """With the parser of the program itself."""
    arguments = words[2:] if words[0] == "-m" else words[1:]
    parser_of(words).parse_args(arguments)


def test_every_flag_exists() -> None:
    """In the text too, not only in the blocks."""
    parsers = {words[1] if words[0] == "-m" else words[0]: parser_of(words) for words in python_commands()}
    known = set().union(*(flags_of(parser) for parser in parsers.values()))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README))
    assert {"--index", "--json", "--history", "--host", "--port", "--auth"} <= named
    assert named <= known


def test_every_make_target_exists() -> None:
    """As a rule in the Makefile."""
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"chat", "test"} <= targets
    assert all(re.search(rf"^{target}:", MAKEFILE, re.MULTILINE) for target in targets)


def test_every_module_exists() -> None:
    """That is run with `python -m`."""
    modules = set(re.findall(r"python -m ([\w.]+)", README)) - {"pip", "venv", "pytest"}
    assert modules
    for module in modules:
        path = ROOT.joinpath(*module.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_every_file_exists() -> None:
    """That is named with a folder, or by itself in capitals."""
    quoted = set(re.findall(r"`([\w.-]+(?:/[\w.-]*)+)`", README)) | set(re.findall(r"`(LICENSE|[\w-]+\.py)`", README))
    assert quoted
    missing = {name for name in quoted if not (ROOT / name).exists() and not name.startswith((".venv", "all-MiniLM"))}
    assert missing == set()


def test_every_dependency_has_its_licence_named() -> None:
    """And the constraints pin it."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'^    "([A-Za-z0-9-]+)[><=]', project, re.MULTILINE)
    licences = README[README.index("## Licences") :]
    pinned = {line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    assert len(names) > 10
    assert [n for n in names if n not in licences] == []
    assert [n for n in names if n.lower() not in pinned] == []


def test_every_field_of_an_answer_exists() -> None:
    """The list under "What an answer holds" names real fields, and the fields of the records it speaks of."""
    section = README[README.index("What an answer holds:") : README.index("What may be asked:")]
    fields = {f.name for record in (qa.Answer, qa.Citation) for f in dataclasses.fields(record)}
    named = set(re.findall(r"`([a-z_]+)`", section)) - {"answered", "related", "not_found"}
    assert {"verdict", "confidence", "citations", "highlights", "also_in"} <= named <= fields


def test_nothing_is_left_to_fill_in() -> None:
    """No placeholder: a word in capitals on a line of its own, or one of the usual marks."""
    assert re.findall(r"^[A-Z]{3,}$", README, re.MULTILINE) == []
    assert re.findall(r"\b(?:TODO|TBD|FIXME|XXX)\b", README) == []


def test_code_in_the_readme_is_python() -> None:
    """Every block compiles."""
    for block in blocks("python"):
        ast.parse(block)


def test_every_program_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the page's sections on documents and then on asking, with the tiny encoder; the chat is tested elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_INDEX", raising=False)
    monkeypatch.setattr("index.__main__.SentenceTransformerEncoder", lambda model=None: WordEncoder())
    monkeypatch.setattr("index.embed.SentenceTransformerEncoder", lambda model=None: WordEncoder())
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    shutil.copytree(ROOT / "sources", "sources")
    shutil.copytree(ROOT / "sources", "reports")
    Path("questions.csv").write_text("question\nWho carried out the inspection?\n", encoding="utf-8")
    Path("tests/questions").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "questions" / "bexley-heldback.jsonl", "tests/questions")
    index.build_index(encoder=WordEncoder())
    Path("sources/note.txt").write_text("A note that the first generation does not have.", encoding="utf-8")
    ending = [w for w in python_commands() if w[0] == "-m" and "--watch" not in w]  # that one runs in test_watch
    if importlib.util.find_spec("milvus_lite") is None:
        ending = [w for w in ending if not any(word.endswith(".db") for word in w)]
    ours = sorted(ending, key=lambda w: (w[1] != "index", w[2] != "build"))
    ran = 0
    for words in ours:
        program = {"qa": qa.__main__, "index": index.__main__}[words[1]]
        assert program.main(words[2:]) == 0, (words, capsys.readouterr().err)
        ran += 1
    assert ran >= 9 and "error" not in capsys.readouterr().err


@pytest.mark.real
def test_the_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_encoder) -> None:  # type: ignore[no-untyped-def]
    """As it stands, against an index of the sources; the question of the page is answered."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_INDEX", raising=False)
    monkeypatch.setattr("qa.assistant.SentenceTransformerEncoder", lambda: real_encoder)
    shutil.copytree(ROOT / "sources", "sources")
    index.build_index("sources", ".index", encoder=real_encoder)
    qa._opened.cache_clear()
    names: dict[str, object] = {}
    exec(compile(blocks("python")[0], "README.md", "exec"), names)
    qa._opened.cache_clear()
    answer = names["answer"]
    assert isinstance(answer, qa.Answer) and answer.verdict == "answered"
    assert any("January" in c.text for c in answer.citations)
    assert len(names["hits"]) == 5  # type: ignore[arg-type]


def test_the_export_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With an answer and an assistant as the example before it has them; what it writes holds."""
    monkeypatch.chdir(tmp_path)
    rank_by_words(monkeypatch)
    assistant = opened(tmp_path, {"works.txt": WORKS})
    answer = assistant.ask("When did inspectors visit the old bridge?")
    exec(compile(blocks("python")[2], "README.md", "exec"), {"answer": answer, "assistant": assistant})
    assert "@misc{works-txt" in capsys.readouterr().out
    assert qa.__main__.main(["verify", "chosen.html", "--index", "index"]) == 0


def test_the_example_of_changes_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands, on a copy of the sources; what was added is there at the end, with its entry."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "sources", "sources")
    exec(compile(blocks("python")[3], "README.md", "exec"), {})
    assert capsys.readouterr().out == "['minutes.txt']\n"
    assert index.catalogue.read_catalogue(Path("sources"))["minutes.txt"].publisher == "Tarn Council"


def test_the_http_example_names_real_endpoints() -> None:
    """`api_name=` of each call is one that the page serves."""
    called = set(re.findall(r'api_name="/(\w+)"', blocks("python")[1]))
    served = set(re.findall(r'api_name="(\w+)"', (ROOT / "qa" / "programs.py").read_text(encoding="utf-8")))
    assert called and called <= served


def test_the_most_that_may_be_asked() -> None:
    """The numbers of questions and characters are the program's, and so is the number of languages."""
    from qa.language import _WORDS
    from qa.question import MAX_CHARACTERS
    from qa.several import MAX_QUESTIONS

    section = README[README.index("What may be asked:") : README.index("## Documents and index")]
    assert f"up to {MAX_QUESTIONS} questions" in section and f"up to {MAX_CHARACTERS:,} characters" in section
    assert f"the words of {len(_WORDS)} languages" in section


def test_the_table_of_large_collections_is_the_one_computed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/scale.md shows what benchmarks/scale.py prints."""
    monkeypatch.setattr("sys.argv", ["scale.py"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / "benchmarks" / "scale.py"), run_name="__main__")
    table = capsys.readouterr().out.split("\n\n")[0]
    assert table.count("\n") == 4 and table in (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
