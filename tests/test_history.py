"""Generations are listed, named when damaged, and made to answer again; at every moment one of them answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, WordEncoder

from index import BuildError, IndexDamaged, IndexMismatch, IndexMissing, build_index, generations, open_index, roll_back, store
from index.encodings import TOKENS
from index.publish import builder_lock
from index.published import CURRENT, read_published
from index.store import GENERATIONS, MANIFEST


class Place:
    """A sources folder with one document, and its index."""

    def __init__(self, root: Path) -> None:
        self.sources, self.index = root / "sources", root / "index"
        self.sources.mkdir()

    def build(self, number: int, **options: object) -> None:
        (self.sources / "a.txt").write_text(f"This is version {number}.", encoding="utf-8")
        build_index(self.sources, self.index, encoder=WordEncoder(), **options)  # type: ignore[arg-type]

    def text(self) -> str:
        return open_index(self.index).text(0)

    def names(self) -> list[str]:
        return sorted(p.name for p in (self.index / GENERATIONS).iterdir())

    def damage(self, name: str, file: str = "texts.utf8") -> None:
        path = self.index / GENERATIONS / name / file
        data = bytearray(path.read_bytes())
        data[0] ^= 1
        path.write_bytes(data)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Three generations: versions 1, 2 and 3."""
    place = Place(tmp_path)
    for number in (1, 2, 3):
        place.build(number)
    return place


def test_generations_are_listed_newest_first(place: Place) -> None:
    """With date, counts, size and model; the one that answers and the one before are marked."""
    infos = generations(place.index)
    assert [(i.name, i.answers, i.before) for i in infos] == [
        ("g000003", True, False), ("g000002", False, True), ("g000001", False, False),
    ]  # fmt: skip
    for info in infos:
        folder = place.index / GENERATIONS / info.name
        assert info.bytes == sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
        assert (info.documents, info.passages, info.model, info.damage) == (1, 1, "words@1", "")
        assert info.created == open_index(place.index, generation=info.name).manifest["created"]


def test_an_older_generation_can_be_opened(place: Place) -> None:
    """By its name; one that is not kept is refused with the names of those that are."""
    assert open_index(place.index, generation="g000001").text(0) == "This is version 1."
    with pytest.raises(IndexMissing, match="no generation g000009 here; there are g000001, g000002, g000003"):
        open_index(place.index, generation="g000009")


def test_no_index_has_no_generations(tmp_path: Path) -> None:
    """The error is that of an index that is not there, and asking makes no folder."""
    for ask in (generations, roll_back):
        with pytest.raises(IndexMissing, match="no index here"):
            ask(tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_rolling_back_goes_one_further_each_time(place: Place) -> None:
    """To the one that answered before; past the oldest there is none; nothing is removed, and the newest can be named again."""
    assert roll_back(place.index).text(0) == place.text() == "This is version 2."
    assert roll_back(place.index).name == "g000001"
    with pytest.raises(IndexMissing, match="no generation before g000001 is kept"):
        roll_back(place.index)
    assert place.names() == ["g000001", "g000002", "g000003"]
    assert roll_back(place.index, "g000003").text(0) == place.text() == "This is version 3."
    assert roll_back(place.index, "g000003").name == "g000003"
    assert [i.name for i in generations(place.index) if i.before] == ["g000002"]


def test_a_build_after_rolling_back_indexes_the_sources(place: Place) -> None:
    """It is no "up to date": the sources differ from what answers. What answered before it is the one rolled back to."""
    roll_back(place.index)
    report = build_index(place.sources, place.index, encoder=WordEncoder())
    assert report.published and report.changes.changed == ("a.txt",)
    assert place.text() == "This is version 3."
    assert open_index(place.index).name == "g000004"
    assert roll_back(place.index).name == "g000002"


def test_a_build_drops_what_was_rolled_back_first(place: Place) -> None:
    """Neither the new one nor the one that answered before it."""
    roll_back(place.index, "g000001")
    place.build(4, keep=2)
    assert place.names() == ["g000001", "g000004"] and place.text() == "This is version 4."


def test_as_many_generations_are_kept_as_asked_for(place: Place) -> None:
    """Two are the least: whoever is opening the one before needs it."""
    place.build(4)
    assert place.names() == ["g000002", "g000003", "g000004"]
    place.build(5, keep=4)
    assert place.names() == ["g000002", "g000003", "g000004", "g000005"]
    with pytest.raises(BuildError, match="keep is 1, expected 2 or more"):
        place.build(6, keep=1)


@pytest.mark.parametrize("file", ["texts.utf8", TOKENS, MANIFEST])
def test_a_damaged_generation_is_listed_and_refused(place: Place, file: str) -> None:
    """The file is named; what answers goes on answering, and the others can still be gone back to."""
    place.damage("g000002", file)
    damage = {i.name: i.damage for i in generations(place.index)}
    assert file in damage["g000002"] and damage["g000001"] == damage["g000003"] == ""
    with pytest.raises(IndexDamaged, match=file):
        roll_back(place.index)
    assert place.text() == "This is version 3."
    assert roll_back(place.index, "g000001").name == "g000001"


def test_without_checksums_only_sizes_are_looked_at(place: Place) -> None:
    """A changed byte is then not seen, a missing one is."""
    place.damage("g000001")
    (place.index / GENERATIONS / "g000002" / "texts.utf8").write_bytes(b"x")
    damage = {i.name: i.damage for i in generations(place.index, checksums=False)}
    assert damage["g000001"] == "" and "texts.utf8" in damage["g000002"]


def test_another_format_is_listed_and_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generation of another version of the program cannot answer."""
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    assert all(f"this program reads {store.FORMAT}" in i.damage for i in generations(place.index))
    with pytest.raises(IndexMismatch):
        roll_back(place.index)


def test_what_was_never_published_is_no_generation(place: Place) -> None:
    """The whole files of a build that was killed just before it published are not listed, and go with the next build."""
    (place.index / GENERATIONS / "g000003").rename(place.index / GENERATIONS / "g000004")
    (place.index / CURRENT).write_text("".join(f"{n} {d}\n" for n, d in read_published(place.index)[1:]))
    assert [i.name for i in generations(place.index)] == ["g000002", "g000001"]
    with pytest.raises(IndexMissing, match="g000004"):
        roll_back(place.index, "g000004")
    place.build(5)
    assert place.names() == ["g000001", "g000002", "g000005"]


def test_rolling_back_waits_for_no_build(place: Place) -> None:
    """While a build runs it is refused, and nothing changes."""
    with builder_lock(place.index), pytest.raises(BuildError, match="another build is running"):
        roll_back(place.index)
    assert place.text() == "This is version 3."


@pytest.mark.parametrize("moment", ["open", "fsync", "replace"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_rolling_back_can_be_stopped_at_every_step(
    place: Place, monkeypatch: pytest.MonkeyPatch, moment: str, stop: BaseException
) -> None:
    """Before the step and after it: one of the two answers, whole, nothing is left over, and it can be done again."""
    for after in (False, True):
        roll_back(place.index, "g000003")
        real = getattr(os, moment)

        def stopped(*arguments: object, real=real, after: bool = after, **named: object) -> object:  # type: ignore[no-untyped-def]
            if moment != "replace" and not str(arguments[0]).endswith(CURRENT + ".new") and moment == "open":
                return real(*arguments, **named)
            if after:
                real(*arguments, **named)
            raise stop

        with monkeypatch.context() as patch, pytest.raises((KeyboardInterrupt, BuildError)):
            patch.setattr(os, moment, stopped)
            roll_back(place.index)
        assert place.text() == ("This is version 2." if after and moment == "replace" else "This is version 3.")
        assert not (place.index / (CURRENT + ".new")).exists() and len(place.names()) == 3
    assert roll_back(place.index, "g000002").text(0) == place.text() == "This is version 2."


KILLED_AT_EVERY_STEP = """
import os, signal, sys
from itertools import count
from index import open_index, roll_back
STEPS = ("open", "os.rename", "os.remove", "os.truncate", "os.chmod", "os.mkdir")
folder, answered = sys.argv[1], []
roll_back(folder, "g000003")  # what is imported now is no step
for step in count(1):
    child = os.fork()
    if not child:
        seen = count(1)
        sys.addaudithook(lambda event, _: event in STEPS and next(seen) == step and os.kill(os.getpid(), signal.SIGKILL))
        roll_back(folder, "g000002")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    answered.append(open_index(folder).text(0))  # every checksum
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    if answered[-1] != "This is version 3.":
        roll_back(folder, "g000003")
print(*answered, sep="\\n")
"""


def test_rolling_back_can_be_killed_at_every_step(place: Place) -> None:
    """Each step of the system: the old answers, and once the rename is done the new; the next one works."""
    command = [sys.executable, "-c", KILLED_AT_EVERY_STEP, str(place.index)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    answered = done.stdout.splitlines()
    changed = answered.index("This is version 2.")
    assert (
        changed > 10 and set(answered[:changed]) == {"This is version 3."} and set(answered[changed:]) == {"This is version 2."}
    )
    assert place.names() == ["g000001", "g000002", "g000003"]


def test_what_was_opened_before_goes_on_answering(place: Place) -> None:
    """Rolling back takes nothing from those who read."""
    index = open_index(place.index)
    roll_back(place.index)
    index.text.cache_clear()
    assert index.text(0) == "This is version 3."
