"""The watched folder: built when it has come to rest, also after errors and after it has gone and come back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from index import SourcesError, open_index
from index.watch import build_when_settled, settled


def test_a_folder_is_at_rest_when_a_look_sees_no_change() -> None:
    """Once at the beginning, and once after each stir, however long that was."""
    looks = [True, False, False, True, True, True, False, False, True, False]
    seen: list[bool] = []

    def told() -> Iterator[bool]:
        for look in looks:
            seen.append(look)
            yield look

    assert [len(seen) for _ in settled(told())] == [2, 7, 10]


def test_each_rest_is_one_build_and_each_of_its_steps_one_line() -> None:
    """An error is a line too, and the watch goes on; what was done before it is told."""
    results = iter([["built"], ["built", SourcesError("no folder"), "copied"], ["up to date", "copied"]])

    def build() -> Iterator[str]:
        for result in next(results):
            if isinstance(result, Exception):
                raise result
            yield result

    told: list[str] = []
    build_when_settled(range(3), build, told.append)
    assert told == ["built", "built", "error: no folder", "up to date", "copied"]


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts in the background
sys.path.insert(0, "tests")
from conftest import WordEncoder
import index.__main__ as cli
cli.SentenceTransformerEncoder = lambda model: WordEncoder()
sys.exit(cli.main(["build", sys.argv[1], "--index", sys.argv[2], "--watch"]))
"""


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, Path, subprocess.Popen[str], Callable[[], str]]]:
    """A folder of documents, its index, the program that watches it, and what reads the program's next line without the time."""
    sources, index = tmp_path / "sources", tmp_path / "index"
    (sources / "council").mkdir(parents=True)
    for number in range(6):
        (sources / "council" / f"{number}.txt").write_text(f"Document {number}.")
    command = [sys.executable, "-c", PROGRAM, str(sources), str(index)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def line() -> str:
        assert process.stdout
        words = process.stdout.readline().rstrip("\n")
        return words[9:] if words[2:3] == ":" else words

    limit = threading.Timer(120, process.kill)  # a line that never comes fails the test and does not stop all
    limit.start()
    yield sources, index, process, line
    limit.cancel()
    process.kill()
    process.communicate()


def test_a_folder_is_watched(watched) -> None:  # type: ignore[no-untyped-def]
    """Built at once and after each change, in one line; Ctrl-C ends it like any build."""
    sources, index, process, line = watched
    assert line().startswith("built in ")
    (sources / "new.txt").write_text("New words.")
    (sources / ".hidden.txt").write_text("No source.")
    (sources / "council" / "5.txt").rename(sources / "five.txt")
    told = line()
    assert told.startswith("built in ") and told.endswith("; 1 added, 1 renamed")
    assert {"new.txt", "five.txt"} <= set(open_index(index).numbers)
    (sources / "new.txt").unlink()
    assert line() == "disappeared: new.txt: its file is gone"
    assert line().endswith("; 1 removed")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert process.stdout.read() == "" and process.stderr.read() == "stopped\n"


def test_a_folder_that_goes_and_comes_back_is_watched_on(watched) -> None:  # type: ignore[no-untyped-def]
    """As a share does: what is lost is told and not dropped, and what comes back is indexed."""
    sources, index, _, line = watched
    assert line().startswith("built in ")
    shutil.copytree(sources, sources.with_name("kept"))
    (sources / "other.txt").write_text("Another.")
    assert line().endswith("; 1 added")
    shutil.rmtree(sources / "council")
    assert [line() for _ in range(6)] == [f"disappeared: council/{n}.txt: its file is gone" for n in range(6)]
    assert line().startswith("error: 6 of 7 documents have disappeared, all that council held")
    os.rename(sources, sources.with_name("gone"))
    told = line()
    assert told.startswith("error: ") and "there is no such folder" in told
    assert len(open_index(index).documents) == 7
    (sources.with_name("kept") / "more.txt").write_text("More.")
    os.rename(sources.with_name("kept"), sources)
    assert line() == "disappeared: other.txt: its file is gone"
    assert line().endswith("; 1 added, 1 removed")
