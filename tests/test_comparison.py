"""Two generations side by side: what came and went, by document and by words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import WordEncoder

from index import Changes, Index, Skipped, build_index, compare, open_index
from index.comparison import documents_apart

LONG = "The bridge is long and it is old. " * 9


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    write(tmp_path / "sources", "bridge.txt", f"{LONG}\n\nIt was praised.")
    write(tmp_path / "sources", "river.txt", "The river is deep.")
    write(tmp_path / "sources", "road.txt", "The road is dry.")
    return tmp_path / "sources"


def write(sources: Path, name: str, text: str) -> None:
    (sources / name).write_text(text, encoding="utf-8")


def build(sources: Path, encoder: WordEncoder | None = None) -> Index:
    build_index(sources, sources.parent / "index", encoder=encoder or WordEncoder())
    return open_index(sources.parent / "index")


def test_documents_and_passages_that_came_and_went(sources: Path) -> None:
    """Each by name and words, with the places of its own generation."""
    old = build(sources)
    write(sources, "river.txt", "A preface.\n\nThe river is shallow.")
    write(sources, "pier.txt", "The pier is green.")
    (sources / "road.txt").unlink()
    new = build(sources)
    found = compare(old, new)
    assert (found.old, found.new) == ("g000001", "g000002")
    assert found.documents == Changes(added=("pier.txt",), changed=("river.txt",), removed=("road.txt",))
    assert [(p.document, p.text) for p in found.went] == [("river.txt", "The river is deep."), ("road.txt", "The road is dry.")]
    assert {p.document for p in found.came} == {"pier.txt", "river.txt"}
    for index, passages in ((old, found.went), (new, found.came)):
        assert all(index.text(index.numbers[p.document])[p.start : p.end] == p.text for p in passages)


def test_a_passage_that_only_moved_is_no_change(sources: Path) -> None:
    """What stands before it in its document is."""
    write(sources, "bridge.txt", "First words.\n\n" + LONG)
    old = build(sources)
    write(sources, "bridge.txt", "Quite other first words.\n\n" + LONG)
    found = compare(old, build(sources))
    assert found.documents.changed == ("bridge.txt",)
    moved = {p.text for p in found.came} & {p.text for p in found.went}
    assert not moved and all("first words" in p.text.lower() for p in (*found.came, *found.went))


def test_a_renamed_document_changes_no_passage(sources: Path) -> None:
    """It is named with both its names, and nothing came or went."""
    old = build(sources)
    (sources / "road.txt").rename(sources / "a road.txt")
    found = compare(old, build(sources))
    assert found and found.documents == Changes(renamed=(("road.txt", "a road.txt"),))
    assert found.came == found.went == ()


def test_the_same_generation_twice_differs_in_nothing(sources: Path) -> None:
    """And says so as a truth value."""
    assert not compare(build(sources), build(sources))


def test_only_texts_that_differ_are_read(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large collection with one new document is compared at once."""
    old = build(sources)
    write(sources, "pier.txt", "The pier is green.")
    new = build(sources)
    read: list[str] = []
    for index in (old, new):
        monkeypatch.setattr(
            index, "text", lambda number, index=index, text=index.text: read.append(index.documents[number].id) or text(number)
        )
    assert [p.document for p in compare(old, new).came] == ["pier.txt"]
    assert read == ["pier.txt"]


def test_another_model_is_a_reason(sources: Path) -> None:
    """No document changed, yet the generations are not the same."""
    found = compare(build(sources), build(sources, WordEncoder("other@2")))
    assert found and "the model or the settings" in found.documents.reasons[0]
    assert found.came == found.went == ()


def test_a_comparison_is_json(sources: Path) -> None:
    """With the whole passages."""
    old = build(sources)
    write(sources, "river.txt", "The river is shallow.")
    data = json.loads(json.dumps(compare(old, build(sources)).to_dict()))
    assert data["documents"]["changed"] == ["river.txt"]
    assert data["came"] == [{"document": "river.txt", "start": 0, "end": 21, "text": "The river is shallow."}]


def test_copies_are_renamed_one_by_one(sources: Path) -> None:
    """Of two documents with the same bytes one renamed is one renamed, and one more copy is added."""
    write(sources, "road 2.txt", "The road is dry.")
    old = build(sources).documents
    (sources / "road 2.txt").rename(sources / "way.txt")
    write(sources, "way 2.txt", "The road is dry.")
    assert documents_apart(old, build(sources).documents) == Changes(added=("way.txt",), renamed=(("road 2.txt", "way 2.txt"),))


def test_why_a_file_is_left_out_is_told_with_its_documents(sources: Path) -> None:
    """Also where it is their archive or folder that cannot be read."""
    documents = build(sources).documents
    skipped = (Skipped("road.txt", "binary"), Skipped("never.txt", "empty"))
    found = documents_apart(documents, [d for d in documents if d.id != "road.txt"], skipped)
    assert found.removed == ("road.txt",) and found.left_out == (Skipped("road.txt", "binary"),)
