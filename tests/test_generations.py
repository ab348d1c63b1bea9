"""The generations as the page shows them: each with its date, what changed in it when asked for, and the way back to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import FakeAssistant, WordEncoder
from test_render import safe

from index import Changes, Comparison, GenerationInfo, build_index
from index.comparison import Quoted
from index.store import GENERATIONS
from qa.converse import Chat
from qa.generations import PASSAGES, comparison_html, generations_html
from qa.serve import Library

NEWEST = GenerationInfo("g000002", True, False, "2026-01-02T03:04:05+00:00", 12, 3400, 10**6, "words@1")
DAMAGED = GenerationInfo("g000001", False, True, damage="texts.utf8: <gone>")


def buttons(markup: str, name: str) -> list[str]:
    return [attributes[name] for _, attributes, _ in safe(markup).all if name in attributes]


def test_each_generation_has_its_date_and_counts() -> None:
    """The one that answers says so, and so does a damaged one; escaped."""
    shown = generations_html([NEWEST, DAMAGED])
    assert "2026-01-02 03:04 UTC, 12 documents, 3,400 passages. It answers." in shown
    assert "<gone>" not in shown and "texts.utf8" in shown
    assert buttons(shown, "data-compare") == ["g000002", "g000001"]
    assert generations_html([]) == ""


def test_only_who_may_change_the_sources_can_go_back() -> None:
    """And only to a generation that can answer and does not."""
    other = GenerationInfo("g000003", False, False, "2026-01-02T03:04:05+00:00", 1, 1, 1, "words@1")
    assert buttons(generations_html([other, NEWEST, DAMAGED]), "data-roll-back") == []
    assert buttons(generations_html([other, NEWEST, DAMAGED], changeable=True), "data-roll-back") == ["g000003"]


def test_what_changed_is_told_in_names_and_passages() -> None:
    """As many passages as can be read, folded away; the rest is told where it can be had."""
    came = tuple(Quoted("a.txt", n, n + 1, f"<b>{n}</b>") for n in range(PASSAGES + 1))
    shown = comparison_html(Comparison("g000001", "g000002", Changes(changed=("a.txt",)), came, ()))
    assert "Since g000001: a.txt changed." in shown and "Gone" not in shown
    assert f"New: {PASSAGES + 1} passages" in shown and "<b>" not in shown and shown.count("<li>") == PASSAGES
    assert "python -m index diff" in shown
    assert "No document changed." in comparison_html(Comparison("g000001", "g000002", Changes(), (), ()))
    safe(shown)


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    """Over an index of two generations: in the second one document is new."""
    sources, folder = tmp_path / "sources", tmp_path / "index"
    sources.mkdir()
    for name in ("a.txt", "b.txt"):
        (sources / name).write_text(f"The words of {name} stand here.", encoding="utf-8")
        build_index(sources, folder, encoder=WordEncoder())
    return Chat(Library(folder, sources, opener=lambda folder, model: FakeAssistant()))


def test_what_changed_stands_with_the_generation_asked_for(chat: Chat) -> None:
    """Compared with the one before; the oldest has none; one that is not there or damaged is told."""
    assert "b.txt added." not in chat.generations()
    assert "Since g000001: b.txt added." in chat.generations("g000002")
    assert "The one before is no longer kept." in chat.generations("g000001")
    assert "<i>" not in chat.generations("<i>")
    (chat.library.folder / GENERATIONS / "g000001" / "texts.utf8").write_bytes(b"x")
    assert "texts.utf8" in chat.generations("g000002")


def test_without_an_index_there_is_nothing_to_list(tmp_path: Path) -> None:
    """The table of sources says why."""
    assert Chat(Library(tmp_path / "index", tmp_path, opener=lambda folder, model: FakeAssistant())).generations() == ""
