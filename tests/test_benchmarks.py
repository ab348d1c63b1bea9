"""What the benchmarks reckon and draw, and that what they time is there; running them in full is up to whoever wants the figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from conftest import ROOT
from test_assistant import WORKS, opened

import qa.assistant

NAMES = ("peers", "peer_systems", "bar_charts", "growth", "profile_question")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The benchmarks as modules, by name, forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    yield {name: import_module(name) for name in NAMES}
    for name in NAMES:
        del sys.modules[name]


def test_the_summary_has_medians_and_ratios_within_rounds(benchmark: dict[str, ModuleType]) -> None:
    """A round in which everything took twice as long has the same ratio."""
    rounds = [
        [{"system": "a", "question": slow * 10.0, "load": 4.0}, {"system": "b", "question": slow * 5.0}] for slow in (1, 2, 4)
    ]
    found = benchmark["peers"].summarised(rounds)
    assert found == {"a": {"question": (20.0, 1.0), "load": (4.0, 1.0)}, "b": {"question": (10.0, 0.5)}}


def test_the_table_has_a_row_for_each_system(benchmark: dict[str, ModuleType]) -> None:
    """A value that was not measured is a dash."""
    rows = benchmark["peers"].table({"ours, retrieval alone": {"question": (7.04, 0.5)}}).splitlines()
    assert len(rows) == 3 and {row.count("|") for row in rows} == {10}
    assert "| 7.0 (0.50) |" in rows[2] and rows[2].count("–") == 6


def test_the_picture_has_a_bar_for_each_value(benchmark: dict[str, ModuleType]) -> None:
    """In proportion, ours in its own colour, and as XML."""
    systems = {"A & B": 20.0, "ours": 10.0}
    found = {name: {column: (value, 1.0) for column in benchmark["peers"].PANELS} for name, value in systems.items()}
    drawn = ElementTree.fromstring(benchmark["peers"].picture(found))
    bars = [e for e in drawn.iter() if e.tag.endswith("rect")]
    assert len(bars) == 8 and [bar.get("class") for bar in bars[:2]] == ["bar", "ours"]
    assert float(bars[0].get("width", 0)) == 2 * float(bars[1].get("width", 0))
    assert "A & B" in {e.text for e in drawn.iter() if e.tag.endswith("text")}


def test_everybody_has_a_corpus(benchmark: dict[str, ModuleType]) -> None:
    """Of this project's own files, the same every time."""
    texts, questions = benchmark["peers"].own_corpus()
    assert len(texts) > 300 and len(questions) == 200 and all(texts.values())
    assert benchmark["peers"].own_corpus() == (texts, questions)


def test_ours_is_measured_like_the_others(
    benchmark: dict[str, ModuleType], tiny_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process builds, the next opens the index and asks; so do those that ask the same index."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    corpus, folder = tiny_place / "corpus.json", tiny_place / "ours"
    folder.mkdir()
    texts = {"00000000.txt": WORKS, "00000001.txt": "The ferry to the island leaves at noon."}
    corpus.write_text(json.dumps({"texts": texts, "questions": ["When does the ferry leave?"] * 2}), encoding="utf-8")
    measure = benchmark["peers"].measure
    built = measure("build", "ours", corpus, folder, tiny_place, 0.0)
    assert set(built) == {"load", "build", "build memory"} and min(built.values()) > 0
    for name in ("ours", "ours, --reader none", "ours, retrieval alone"):
        asked = measure("ask", name, corpus, folder, tiny_place, 0.0)
        assert len(asked["firsts"]) == 2 and {name for found in asked["firsts"] for name in found} <= set(texts), name
        assert all(asked["firsts"]) and min(asked["answered"], asked["question"], asked["memory"]) > 0


def test_exponents_are_those_of_the_power(benchmark: dict[str, ModuleType]) -> None:
    sizes = [1_000.0, 10_000.0, 100_000.0]
    assert benchmark["growth"].exponent(sizes, [3 * size**1.5 for size in sizes]) == pytest.approx(1.5)
    assert benchmark["growth"].exponent(sizes, [2.0] * 3) == pytest.approx(0)


def test_steps_of_a_question_are_timed_without_those_inside(
    benchmark: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on by one at each look; every function that is timed is there, and is itself again afterwards."""
    profile = benchmark["profile_question"]
    clock = iter(range(1_000))
    monkeypatch.setattr(profile.time, "perf_counter", lambda: float(next(clock)))
    watch = profile.Stopwatch()
    inner = watch.timed("inner", lambda: None)
    watch.timed("outer", lambda: (inner(), inner()))()
    assert watch.seconds == {"inner": 2.0, "outer": 3.0} and watch.calls == {"inner": 2, "outer": 1}
    monkeypatch.undo()
    assistant, before, watch = opened(tmp_path, {"works.txt": WORKS}), qa.assistant.search, profile.Stopwatch()
    with profile.wrapped(watch):
        assistant.ask("When did inspectors visit the old bridge?")
    assert qa.assistant.search is before
    assert {"parse", "dense search", "keywords", "read: features", "judge"} <= set(watch.calls)
