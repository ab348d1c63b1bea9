"""What a build encoded stays in files that the generations after it share, and nobody who reads them sees a difference."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from conftest import StateEncoder

from index import Index, build_index, open_index
from index.parts import TOKEN_FILES, TOKENS, Part, PartedRows, shared_names, worth_sharing
from index.store import GENERATIONS
from index.stored import contents_of, stored_encoding
from qa import Assistant

LONG = "The harbour is deep. Ships of every kind call there in summer.\n\n"
OTHER = "The mill stands idle. Nobody has ground corn in it for years.\n\n"


class Place:
    """A sources folder and its index."""

    def __init__(self, root: Path) -> None:
        self.sources, self.index = root / "sources", root / "index"
        self.sources.mkdir()
        for number in range(6):
            self.write(number, LONG * (number + 1))

    def write(self, number: int, text: str) -> None:
        (self.sources / f"{number}.txt").write_text(f"Number {number}.\n\n{text}", encoding="utf-8")

    def build(self, folder: Path | None = None) -> Index:
        folder = folder or self.index
        build_index(self.sources, folder, encoder=StateEncoder(), keep=2)
        return open_index(folder)

    def folder(self, index: Index) -> Path:
        return index.folder / GENERATIONS / index.name


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def same_to_readers(ours: Index, theirs: Index) -> bool:
    """Whether all that can be read of two indexes is the same, wherever their rows are."""
    for number in range(len(theirs.documents)):
        one, two = (contents_of(index, number) for index in (ours, theirs))
        if not all(np.array_equal(getattr(one, part), getattr(two, part)) for part in ("passages", "sentences", "wordings")):
            return False
    for number in range(len(theirs.passages)):
        one, two = (stored_encoding(index, number) for index in (ours, theirs))
        if not all(np.array_equal(getattr(one, part), getattr(two, part)) for part in ("vector", "tokens", "states", "starts")):
            return False
    return ours.documents == theirs.documents and np.array_equal(ours.keys, theirs.keys)


def test_an_update_writes_only_what_is_new(place: Place, tmp_path: Path) -> None:
    """The generation after shares the files of the one before, and holds what a fresh one would."""
    first = place.build()
    place.write(6, OTHER)
    second = place.build()
    assert [part.suffix for part in first.parts] == [""]
    assert [part.suffix for part in second.parts] == [f".{first.name}", ""]
    assert second.parts[0].rows == first.parts[0].rows > 4 * second.parts[1].rows > 0
    for name in TOKEN_FILES:
        assert os.path.samefile(place.folder(first) / name, place.folder(second) / f"{name}.{first.name}")
    assert same_to_readers(second, place.build(tmp_path / "fresh"))
    assert second.manifest["counts"]["tokens"] == len(second.tokens)


def test_edits_moves_and_removals_are_found_where_they_are(place: Place, tmp_path: Path) -> None:
    """Also when the passages of one document are in several parts, and after the generation that wrote them is gone."""
    place.write(5, LONG * 9 + "\n\n".join(f"Paragraph {n} of many words that fill a passage. " * 12 for n in range(4)))
    first = place.build()
    place.write(5, LONG * 9 + "\n\n".join(f"Paragraph {n} of many words that fill a passage. " * 12 for n in (0, 1, 7, 3)))
    (place.sources / "1.txt").rename(place.sources / "9.txt")
    (place.sources / "0.txt").unlink()
    place.build()
    place.write(7, OTHER * 2)
    third = place.build()
    assert not place.folder(first).exists() and len(third.parts) == 3
    assert same_to_readers(third, place.build(tmp_path / "fresh"))
    open_index(place.index, whole=True)


def test_questions_are_answered_from_several_parts(place: Place) -> None:
    place.build()
    place.write(6, OTHER)
    place.build()
    answer = Assistant.open(place.index, StateEncoder()).ask("Who has ground corn in the mill for years?")
    assert "Nobody has ground corn" in (answer.citations or answer.related)[0].text


def test_a_part_that_nothing_was_added_to_is_none(place: Place, tmp_path: Path) -> None:
    """Of a removal nothing is written, and what is shared again has the name of who wrote it."""
    first = place.build()
    (place.sources / "0.txt").unlink()
    second = place.build()
    assert second.parts == (Part(f".{first.name}", first.parts[0].rows),)
    place.write(6, OTHER)
    third = place.build()
    assert [part.suffix for part in third.parts] == [f".{first.name}", ""]
    assert same_to_readers(third, place.build(tmp_path / "fresh"))


@pytest.mark.parametrize(
    "parts, live, worth",
    [([100], 70, True), ([100], 69, False), ([0], 0, False), ([10] * 15, 150, True), ([10] * 16, 160, False)],
)
def test_what_is_mostly_dead_or_in_many_parts_is_written_anew(parts: list[int], live: int, worth: bool) -> None:
    assert worth_sharing([Part("", rows) for rows in parts], live) == worth


def test_an_index_of_many_parts_becomes_one_again(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.parts.MOST_PARTS", 2)
    counts = []
    for number in range(6, 10):
        counts.append(len(place.build().parts))
        place.write(number, OTHER * number)
    assert counts == [1, 2, 1, 2]
    merged = place.build()
    assert len(merged.parts) == 1 and len(merged.tokens) == merged.manifest["counts"]["tokens"]
    assert same_to_readers(merged, place.build(tmp_path / "fresh"))


def test_where_files_cannot_be_linked_they_are_copied(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when only some could: nothing is left of these."""
    place.build()
    place.write(6, OTHER)
    link, done = os.link, []

    def some(source: Path, target: Path) -> None:
        if len(done) == 2:
            raise PermissionError(1, "Operation not permitted")
        done.append(target)
        link(source, target)

    monkeypatch.setattr("os.link", some)
    copied = place.build()
    assert len(done) == 2 and [part.suffix for part in copied.parts] == [""]
    assert {path.name for path in place.folder(copied).iterdir() if path.name.startswith(TOKENS)} == {TOKENS}
    assert same_to_readers(copied, place.build(tmp_path / "fresh"))


def test_rows_are_read_across_parts() -> None:
    """As those of one array are."""
    whole = np.arange(40, dtype=np.int8).reshape(20, 2)
    parted = PartedRows([whole[:7], whole[7:7], whole[7:19], whole[19:]])
    assert (len(parted), parted.shape, parted.dtype) == (20, (20, 2), np.int8)
    for rows in (slice(0, 7), slice(7, 19), slice(5, 12), slice(0, 20), slice(19, 20), slice(20, 20), slice(3, 3), slice(None)):
        assert np.array_equal(parted[rows], whole[rows])
    for rows in (np.array([19, 0, 7, 6, 7]), np.array([], dtype=np.int64)):
        assert np.array_equal(parted[rows], whole[rows])
    assert np.array_equal(np.asarray(parted), whole)


def test_a_shared_file_is_called_as_its_generation_called_it() -> None:
    names = shared_names([Part(".g000001", 3), Part(".g000004", 2)], "g000004")
    assert names[f"{TOKENS}.g000001"] == f"{TOKENS}.g000001" and names[f"{TOKENS}.g000004"] == TOKENS
