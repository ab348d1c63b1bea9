"""The library behind the page: opened beside the server, built anew while it answers. No browser, no model."""

from __future__ import annotations

import threading

import pytest
from conftest import fake_index

from index import BuildCancelled, IndexMissing, QAError
from qa import serve
from qa.answer import Answer
from qa.serve import Library, Rebuild


def test_missing_index_is_told_and_found_later(tmp_path, assistant):
    """Without an index whoever asks is told why; once there is one it is found."""
    built = threading.Event()

    def opener(folder, model):
        if not built.is_set():
            raise IndexMissing(f"{folder}: no index here; build one with: python -m index build")
        return assistant

    library = Library(tmp_path / "index", tmp_path, opener=opener)
    library.load()
    assert library.index() is None and "no index here" in library.problem
    with pytest.raises(QAError, match="no index here"):
        library.assistant()
    built.set()
    assert library.assistant() is assistant and library.index() is assistant.index


def test_a_crash_while_opening_is_one_line(tmp_path):
    """An unexpected failure is told in plain words, without a traceback on the page."""
    library = Library(tmp_path, tmp_path, opener=lambda folder, model: 1 / 0)
    library.load()
    with pytest.raises(QAError, match="Something went wrong"):
        library.assistant()


def test_failed_build_is_one_line(library):
    """A build that cannot start says why, and the index goes on answering."""
    words = library.build(lambda step, done, total: None)
    assert words.startswith("The index was not built: ") and "\n" not in words
    assert isinstance(library.assistant().ask("When?"), Answer)


def test_examples_are_made_anew_for_another_generation(library, assistant):
    """What could be asked of the index before is not offered of the next."""
    before = library.examples()
    assert library.examples() is before
    assistant.index = fake_index()
    assistant.index.name = "g000002"
    assert library.examples() is not before and library.examples().generation == "g000002"


# --- builds that are followed and cancelled ---


def test_a_build_is_followed_to_its_end():
    """Whoever looks sees its steps and what came of it; starting it twice runs it once."""
    go, runs = threading.Event(), []

    def work(progress):
        runs.append(1)
        progress("Encoding passages", 1, 4)
        go.wait(10)
        return "Built."

    rebuild = Rebuild(work)
    rebuild.start()
    rebuild.start()
    steps = rebuild.watch()
    seen = [next(steps)]
    while "1 of 4" not in seen[-1][0]:
        seen.append(next(steps))
    assert seen[-1][1] == 0.25 and rebuild.running
    go.set()
    list(steps)
    assert runs == [1] and not rebuild.running and rebuild.words == "Built."
    assert list(rebuild.watch()) == []


def test_a_build_can_be_cancelled_and_started_again():
    """A cancelled build ends at its next step."""
    begun, ended = threading.Event(), []

    def work(progress):
        begun.set()
        try:
            for n in range(10**9):
                progress("Loading", n, 10**9)
        except BuildCancelled:
            ended.append(1)
            return "Cancelled."
        return "Built."

    rebuild = Rebuild(work)
    for _ in range(2):
        begun.clear()
        rebuild.start()
        assert begun.wait(10)
        rebuild.cancel()
        list(rebuild.watch())
        assert rebuild.words == "Cancelled."
    assert ended == [1, 1]


def test_a_crash_in_a_build_is_one_line():
    """And does not leave it running."""
    rebuild = Rebuild(lambda progress: 1 / 0)
    rebuild.start()
    list(rebuild.watch())
    assert rebuild.words == serve.UNEXPECTED and not rebuild.running
