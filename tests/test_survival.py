"""What machines do: power that fails, clocks that go back, rights that are taken away, files that change while they are read."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import ROOT, StateEncoder, WordEncoder

import index.build
import index.publish
import index.published
from index import BuildError, build_index, changes, open_index
from index.published import CURRENT
from index.store import GENERATIONS
from index.verify import check_spans


@pytest.fixture
def grown(tmp_path: Path) -> tuple[Path, Path]:
    """A sources folder and its index; the document has changed since."""
    sources, folder = tmp_path / "sources", tmp_path / "index"
    sources.mkdir()
    (sources / "a.txt").write_text("The old report. It is short.")
    build_index(sources, folder, encoder=StateEncoder())
    (sources / "a.txt").write_text("The new report. It is short too.")
    return sources, folder


def test_everything_is_on_the_disk_before_the_pointer_moves(grown: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file, then its folder, then the name of the generation, then the pointer: no loss of power can leave half of it."""
    sources, folder = grown
    order: list[tuple[str, Path]] = []
    sync, rename, replace = index.publish.sync, os.rename, os.replace
    for module in (index.publish, index.published):
        monkeypatch.setattr(module, "sync", lambda path: (order.append(("sync", Path(path))), sync(path)))
    monkeypatch.setattr(os, "rename", lambda a, b: (order.append(("rename", Path(a))), rename(a, b)))
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(("replace", Path(b))), replace(a, b)))
    build_index(sources, folder, encoder=StateEncoder())
    opened = open_index(folder)
    place = folder / GENERATIONS / opened.name
    written = place.with_name(place.name + ".partial")
    synced = [path for what, path in order[: order.index(("rename", written))] if what == "sync"]
    files = {written / p.relative_to(place) for p in place.rglob("*")} | {written}
    assert files == set(synced) and synced[-1] == written
    rest = order[order.index(("rename", written)) :]
    assert rest == [
        ("rename", written),
        ("sync", folder / GENERATIONS),
        ("sync", folder / (CURRENT + ".new")),
        ("replace", folder / CURRENT),
    ]


def test_the_order_of_generations_is_not_that_of_the_clock(grown: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was built last answers, whatever time it says; what changed is told by bytes, not by times."""
    sources, folder = grown

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) - timedelta(days=4000)

    before = open_index(folder)
    os.utime(sources / "a.txt", (0, 0))
    assert changes(sources, folder).changed == ("a.txt",)
    monkeypatch.setattr(index.build, "datetime", Earlier)
    build_index(sources, folder, encoder=StateEncoder())
    after = open_index(folder)
    assert after.manifest["created"] < before.manifest["created"]
    assert after.text(0).startswith("The new report")
    os.utime(sources / "a.txt", (2**31, 2**31))
    assert not changes(sources, folder)


@pytest.mark.parametrize("moment", ["reading", "embedding", "writing"])
def test_rights_that_are_taken_away_during_a_build(
    grown: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """From then on nothing can be written below the index: said in one line, and the index before answers."""
    sources, folder = grown
    opening = Path.open

    def refuse(path: Path, mode: str = "r", *arguments: object, **options: object) -> object:
        if folder in path.parents and set(mode) & set("wxa+"):
            raise PermissionError(13, "Permission denied")
        return opening(path, mode, *arguments, **options)  # type: ignore[arg-type]

    def take_away(step: str, done: int, total: int) -> None:
        if step == moment:
            monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(BuildError, match="Permission denied; nothing was published and the index before, if any, still answers"):
        build_index(sources, folder, encoder=StateEncoder(), progress=take_away)
    monkeypatch.undo()
    assert open_index(folder, whole=True).text(0) == "The old report. It is short."
    assert build_index(sources, folder, encoder=StateEncoder()).published


def test_a_source_that_changes_while_it_is_read(grown: tuple[Path, Path]) -> None:
    """Whatever was read, text and checksum are of the same bytes, and what came later makes the index stale."""
    sources, folder = grown
    path, done = sources / "a.txt", threading.Event()

    def rewrite() -> None:
        number = 0
        while not done.is_set():
            number += 1
            path.write_text(f"Report number {number} stands here. " * (1 + number % 50))

    thread = threading.Thread(target=rewrite)
    thread.start()
    try:
        for _ in range(8):
            try:
                build_index(sources, folder, encoder=WordEncoder())
            except index.SourcesError as error:  # it was just being written, and empty
                assert "a.txt" in str(error)
            opened = open_index(folder)
            check_spans(opened)
            assert hashlib.sha256(opened.text(0).encode()).hexdigest() == opened.documents[0].sha256
    finally:
        done.set()
        thread.join()
    path.write_text("The last report.")
    assert changes(sources, folder).changed == ("a.txt",)
    build_index(sources, folder, encoder=WordEncoder())
    assert open_index(folder).text(0) == "The last report."


def test_ten_readers_and_a_builder(grown: tuple[Path, Path]) -> None:
    """Each opening, at any moment, gives one generation, whole; none is refused."""
    sources, folder = grown
    done, failures = threading.Event(), []
    texts: set[str] = set()

    def read() -> None:
        while not done.is_set():
            try:
                opened = open_index(folder, whole=True)
                check_spans(opened)
                opened.check_rows(range(len(opened.passages)))
                texts.add(opened.text(0))
            except Exception as error:
                failures.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(10)]
    for reader in readers:
        reader.start()
    try:
        for number in range(6):
            (sources / "a.txt").write_text(f"Report number {number} stands here.")
            build_index(sources, folder, encoder=StateEncoder())
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert failures == [] and texts


def test_flipped_bits_are_found_and_named() -> None:
    """Forty places; benchmarks/flip_bytes.py tries more."""
    command = [sys.executable, str(ROOT / "benchmarks" / "flip_bytes.py"), "--count", "40"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"40 flipped bits in \d+ files, 0 failures", done.stdout)
