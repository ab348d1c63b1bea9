"""What goes wrong outside the program: a full disk, a killed build, no network, huge and hostile texts."""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, StateEncoder, WordEncoder

import index.build
import index.encodings
import index.publish
import index.store
import index.vectors
from index import BuildError, IndexMissing, build_index, open_index
from index.segment import segment
from index.verify import check_spans


@pytest.fixture
def grown(tmp_path: Path) -> tuple[Path, Path]:
    """A sources folder, and its index with one document; a second document waits to be indexed."""
    sources, folder = tmp_path / "sources", tmp_path / "index"
    sources.mkdir()
    (sources / "old.txt").write_text("The old report. It is short.")
    build_index(sources, folder, encoder=WordEncoder())
    (sources / "new.txt").write_text("The new report. " + "It is long. " * 500)
    return sources, folder


def still_answers(folder: Path) -> None:
    """The index published first is whole, and nothing half-made lies beside it."""
    opened = open_index(folder)
    assert [d.id for d in opened.documents] == ["old.txt"]
    check_spans(opened)


WRITERS: tuple[tuple[Any, str], ...] = (
    (np, "save"),
    (index.encodings.EncodingWriter, "flush"),
    (index.vectors, "write_dense"),
    (index.vectors, "write_sparse"),
    (Path, "mkdir"),
    (Path, "write_text"),
    (index.publish, "sync"),
    (os, "rename"),
    (os, "replace"),
)


def test_a_full_disk_at_any_write_is_one_line_and_the_old_index_answers(
    grown: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The n-th write of a build fails, for every n: said as a full disk, nothing published, nothing left behind."""
    sources, folder = grown
    room = 0

    def guarded(write: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            nonlocal room
            room -= 1
            if room == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(*arguments, **options)

        return run

    for owner, name in WRITERS:
        monkeypatch.setattr(owner, name, guarded(getattr(owner, name)))
    failed = 0
    for writes in itertools.count(1):
        room = writes
        try:
            build_index(sources, folder, encoder=StateEncoder())
        except BuildError as error:
            failed += 1
            assert re.search("the disk is full; nothing was published|cannot be written: the disk is full", str(error))
            room = -1
            still_answers(folder)
            assert [p.name for p in (folder / "generations").iterdir()] == ["g000001"]
            continue
        break
    assert failed > 15
    room = -1
    assert len(open_index(folder).documents) == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, tmp_path: Path) -> None:
    """However little room is left, the build says so, the old index answers, and with room again the build works."""
    sources, folder = tmp_path / "sources", small_disk / "index"
    sources.mkdir()
    (sources / "old.txt").write_text("The old report. It is short.")
    build_index(sources, folder, encoder=WordEncoder())
    words = " ".join(f"word{i}" for i in range(4000))
    (sources / "new.txt").write_text("".join(f"Sentence {i} says {words[i * 7 : i * 7 + 80]}.\n\n" for i in range(300)))
    build_index(sources, tmp_path / "measured", encoder=WordEncoder())
    needed = sum(p.stat().st_size for p in (tmp_path / "measured" / "generations").rglob("*") if p.is_file())
    for share in (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97):
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            file.write(b"\0" * max(0, shutil.disk_usage(small_disk).free - int(share * needed)))
        with pytest.raises(BuildError, match="disk is full|No space left"):
            build_index(sources, folder, encoder=WordEncoder())
        still_answers(folder)
        filler.unlink()
    assert build_index(sources, folder, encoder=WordEncoder()).documents == 2


def test_a_build_killed_at_any_point_leaves_an_index_that_answers() -> None:
    """Six builds are ended with SIGKILL at points spread over all their steps; benchmarks/kill_builds.py kills more."""
    command = [sys.executable, str(ROOT / "benchmarks" / "kill_builds.py"), "--count", "6", "--steps-only"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (builds|old|none|finished|failures)", done.stdout)}
    assert counts["builds"] == 6 and counts["failures"] == counts["finished"] == 0
    assert counts["old"] >= 3 and counts["none"] >= 1


def test_a_build_that_fails_in_the_encoder_publishes_nothing(grown: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks on the way, the half-made generation is cleared away."""
    sources, folder = grown

    def fail(self: WordEncoder, texts: object) -> None:
        raise RuntimeError("the network is gone")

    monkeypatch.setattr(WordEncoder, "encode", fail)
    with pytest.raises(RuntimeError, match="gone"):
        build_index(sources, folder, encoder=WordEncoder())
    still_answers(folder)
    assert [p.name for p in (folder / "generations").iterdir()] == ["g000001"]


def test_the_first_build_that_fails_leaves_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an index before there is none after."""
    (tmp_path / "a.txt").write_text("Words.")
    monkeypatch.setattr(index.vectors, "write_dense", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space")))
    with pytest.raises(BuildError, match="the disk is full"):
        build_index(tmp_path, tmp_path / ".index", encoder=WordEncoder())
    with pytest.raises(IndexMissing):
        open_index(tmp_path / ".index")


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("the network was used")


def block_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_building_uses_no_network(grown: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """With every socket blocked the build works."""
    block_network(monkeypatch)
    assert build_index(*grown, encoder=WordEncoder()).documents == 2


@pytest.mark.real
def test_building_with_the_packaged_model_uses_no_network(
    articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is read from the installed package, not fetched."""
    from index.embed import SentenceTransformerEncoder

    block_network(monkeypatch)
    assert build_index(articles, tmp_path, encoder=SentenceTransformerEncoder()).documents == 2
    check_spans(open_index(tmp_path))


HOSTILE = {
    "quotation marks": '"' * 100_000,
    "opened and never closed": "“" * 100_000,
    "bullets": "• item\n" * 30_000,
    "titles": "Mr. " * 30_000,
    "full stops": "." * 300_000,
    "line ends": "\n" * 300_000,
    "capitals": "A B C D " * 20_000,
    "one long capital word": "A" * 300_000,
    "hyphened capitals": "A-B'C" * 40_000,
    "speakers": "Ann Lee said " * 15_000,
    "quoted speakers": "“Yes,” said Ann Lee, head of it. " * 8_000,
    "according to": "according to the " * 20_000,
    "rules between lines": "Words here\n" + "---\n" * 40_000,
    "headings": "A heading\n\n" * 30_000,
    "zero-width spaces": "\u200b\n" * 40_000,
    "lists": "Lead:\n- a\n- b\n\n" * 10_000,
    "table rows": "| a | b |\n" * 30_000,
    "calls to act": "Subscribe\n\n" * 30_000,
    "digits behind a sign": "£" + "1" * 200_000,
    "spaces": "a" + " " * 300_000 + "b",
    "names and spaces": ("Ann" + " " * 2000) * 100,
    "one line without stops": "word, " * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_segmented_in_one_pass(name: str) -> None:
    """Texts made to be slow. Each was minutes of work, or would be with a rule that looks back too far."""
    text = HOSTILE[name]
    blocks, sentences = segment(text)
    assert all(0 <= s.span.start < s.span.end <= len(text) for s in sentences)
    assert sum(len(b.span) for b in blocks) <= len(text)
