"""Documents that disappear: told before they are dropped, and not dropped unasked when they are many."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import WordEncoder

from index import BuildError, BuildReport, build_index, changes, open_index, remove_document
from index.removals import GONE, Removals


class Place:
    """A sources folder of many small documents, and its index."""

    def __init__(self, root: Path) -> None:
        self.sources, self.index = root / "sources", root / "index"
        for folder, number in ((".", 40), ("council", 6), ("council/old", 3)):
            (self.sources / folder).mkdir(parents=True, exist_ok=True)
            for n in range(number):
                (self.sources / folder / f"{n:02}.txt").write_text(f"Document {n} in {folder} is short.", encoding="utf-8")
        self.build()

    def build(self, **options: object) -> BuildReport:
        return build_index(self.sources, self.index, encoder=WordEncoder(), **options)  # type: ignore[arg-type]

    def lose(self, pattern: str, number: int) -> list[str]:
        paths = sorted(self.sources.glob(pattern))[:number]
        for path in paths:
            path.unlink()
        return [path.relative_to(self.sources).as_posix() for path in paths]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_few_go_unasked_and_are_reported(place: Place) -> None:
    """By name."""
    lost = place.lose("*.txt", 3)
    assert list(place.build().removed) == lost
    assert len(open_index(place.index).documents) == 46


def test_more_than_a_fifth_are_refused(place: Place) -> None:
    """Some are named, with how many there are and the way on; the index before still answers with all."""
    place.lose("*.txt", 10)
    with pytest.raises(
        BuildError, match=r"10 of 49 documents have disappeared \(00.txt: its file is gone; .*and 7 more\); put"
    ) as refused:
        place.build()
    assert "--allow-removals" in str(refused.value)
    assert len(open_index(place.index).documents) == 49
    assert len(place.build(confirm_removals=lambda removals: True).removed) == 10


def test_just_a_fifth_goes(place: Place) -> None:
    """The rule is about more."""
    place.lose("*.txt", 9)
    assert len(place.build().removed) == 9


def test_a_folder_that_has_lost_all_is_refused(place: Place) -> None:
    """Though it is a small part of the whole; the outermost is named."""
    place.lose("council/**/*.txt", 9)
    with pytest.raises(BuildError, match="9 of 49 documents have disappeared, all that council held"):
        place.build()


def test_a_small_folder_may_go(place: Place) -> None:
    """Of four documents or fewer."""
    place.lose("council/old/*.txt", 3)
    assert len(place.build().removed) == 3


def test_an_archive_counts_as_a_folder(tmp_path: Path) -> None:
    """What it held is gone with it."""
    import zipfile

    place = Place(tmp_path)
    with zipfile.ZipFile(place.sources / "bundle.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.txt", f"Member {number} of the archive.")
    place.build()
    (place.sources / "bundle.zip").write_bytes(b"no archive")
    with pytest.raises(BuildError, match=r"all that bundle.zip held \(bundle.zip/0.txt: (?!its file is gone)"):
        place.build()


def test_a_small_collection_is_not_guarded(tmp_path: Path) -> None:
    """Of a handful of documents every removal is a large part."""
    (tmp_path / "sources").mkdir()
    for number in range(5):
        (tmp_path / "sources" / f"{number}.txt").write_text(f"Document {number}.")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
    for number in range(4):
        (tmp_path / "sources" / f"{number}.txt").unlink()
    assert len(build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder()).removed) == 4


def test_a_renamed_folder_has_not_disappeared(place: Place) -> None:
    """Its documents have other names and the same bytes."""
    (place.sources / "council").rename(place.sources / "authority")
    report = place.build()
    assert report.removed == () and len(report.renamed) == 9
    assert ("council/00.txt", "authority/00.txt") in report.renamed


def test_what_was_removed_on_purpose_is_not_asked_about(place: Place) -> None:
    """However many: a person asked for exactly that. It is reported all the same."""
    for number in range(20):
        remove_document(place.sources, f"{number:02}.txt")
    assert len(place.build().removed) == 20


def test_whoever_is_asked_decides(place: Place) -> None:
    """They are told each with the reason, before anything is dropped; no is an error that keeps the index."""
    (place.sources / "00.txt").write_bytes(b"\x00\x01")
    (place.sources / "01.txt").unlink()
    told: list[Removals] = []

    def refuse(removals: Removals) -> bool:
        told.append(removals)
        return False

    with pytest.raises(BuildError, match="2 of 49 documents have disappeared"):
        place.build(confirm_removals=refuse)
    first, second = told[0].documents
    assert first.path == "00.txt" and "control characters" in first.reason and (second.path, second.reason) == ("01.txt", GONE)
    assert not told[0].many and len(open_index(place.index).documents) == 49


def test_nobody_is_asked_about_nothing(place: Place) -> None:
    """An addition is no removal."""
    (place.sources / "new.txt").write_text("New words.")
    assert place.build(confirm_removals=lambda removals: False).published


def test_changes_tell_renamed_from_removed(place: Place) -> None:
    """What a build would do, with why a file that is there is passed over."""
    (place.sources / "00.txt").rename(place.sources / "z.txt")
    (place.sources / "01.txt").unlink()
    (place.sources / "01.txt").symlink_to("nowhere.txt")
    found = changes(place.sources, place.index)
    assert (found.added, found.renamed, found.removed) == ((), (("00.txt", "z.txt"),), ("01.txt",))
    assert found.left_out[0].path == "01.txt" and found.left_out[0].reason == "a link that leads nowhere"
