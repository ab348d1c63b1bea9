"""Embedding on several processes: the same index, whoever embeds, and whoever dies on the way."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from conftest import StateEncoder

from index import BuildCancelled, BuildError, ModelError, build_index, cluster, open_index
from index.__main__ import main
from index.cluster import encode_on
from index.encodings import Stored

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="not run: embedding with Dask; it is not installed"
)
TEXTS = 24


class MortalEncoder(StateEncoder):
    """Takes its process down at a text that it meets for the first time: the file `grave` is there afterwards."""

    def __init__(self, grave: Path) -> None:
        super().__init__()
        self.grave = grave

    def encode(self, texts):
        if any("number 7 " in text for text in texts) and not self.grave.exists():
            self.grave.touch()
            os._exit(1)
        return super().encode(texts)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Documents whose texts are many shards."""
    monkeypatch.setattr(cluster, "SHARD", 1)
    folder = tmp_path / "sources"
    folder.mkdir()
    for number in range(TEXTS):
        words = " ".join(["far"] * (number % 5))
        (folder / f"{number:02}.txt").write_text(f"Ferry number {number} sails {words} to harbour {number * number}.")
    return folder


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a cluster in this process."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None) as running:
        yield running.scheduler_address


@needs_dask
def test_processes_build_the_same_index_even_when_one_dies(sources: Path, tmp_path: Path) -> None:
    """Byte for byte in everything that is counted, and as near as batches allow in vectors."""
    build_index(sources, tmp_path / "here", encoder=StateEncoder())
    ours, grave = StateEncoder(), tmp_path / "grave"
    report = build_index(sources, tmp_path / "there", encoder=ours, encode=partial(encode_on, "2", partial(MortalEncoder, grave)))
    assert grave.exists() and report.embedded == TEXTS and ours.encoded == []
    here, there = open_index(tmp_path / "here"), open_index(tmp_path / "there", whole=True)
    for part in ("passages", "sentences", "keys", "starts", "tokens", "states"):
        assert np.array_equal(getattr(here, part), getattr(there, part))
    for number in range(len(here.passages)):
        assert there.vector(number) == pytest.approx(here.vector(number), abs=1e-6)


@needs_dask
def test_a_build_that_is_stopped_keeps_what_the_cluster_embedded(
    sources: Path, tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next one hands out the rest alone."""
    monkeypatch.setattr("index.vectors.BATCH_TOKENS", 1)  # each text is handed out alone

    def stop(step: str, done: int, total: int) -> None:
        if step == "embedding" and done >= 16:
            raise BuildCancelled("cancelled")

    encode = partial(encode_on, scheduler, StateEncoder)
    with pytest.raises(BuildCancelled):
        build_index(sources, tmp_path / "index", encoder=StateEncoder(), encode=encode, progress=stop)
    assert build_index(sources, tmp_path / "index", encoder=StateEncoder(), encode=encode).embedded == TEXTS - 16


@needs_dask
def test_a_worker_with_another_model_is_refused(sources: Path, tmp_path: Path, scheduler: str) -> None:
    """Nothing is published."""
    encode = partial(encode_on, scheduler, partial(StateEncoder, "another@1"))
    with pytest.raises(ModelError, match=r"a worker has another@1, expected words\+states@2"):
        build_index(sources, tmp_path / "index", encoder=StateEncoder("words+states@2"), encode=encode)


@needs_dask
def test_a_cluster_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address and the cure."""
    monkeypatch.setattr(cluster, "SECONDS", 0.2)
    with pytest.raises(BuildError, match=r"workers tcp://127\.0\.0\.1:1: .*; what was embedded is kept: build again") as caught:
        list(encode_on("tcp://127.0.0.1:1", StateEncoder, StateEncoder(), [["text"]]))
    assert "\n" not in str(caught.value)


def test_without_dask_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(BuildError, match=r"pip install '\.\[workers\]'"):
        list(encode_on("2", StateEncoder, StateEncoder(), [["text"]]))


@pytest.mark.parametrize("workers", ["0", "-1", "two", "http://host:8786", ""])
def test_workers_that_are_none_are_refused(workers: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what is expected."""
    with pytest.raises(SystemExit):
        main(["build", "--workers", workers])
    assert "expected a number from 1 on or tcp://HOST:PORT" in capsys.readouterr().err


def test_the_shell_hands_the_workers_on(
    tiny_place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A build with nothing to embed asks for none."""
    asked = []

    def encode(workers, make, encoder, batches):
        asked.append(workers)
        yield from ((n, [Stored.of(e) for e in make().encode(texts)]) for n, texts in enumerate(batches))

    monkeypatch.setattr("index.__main__.encode_on", encode)
    monkeypatch.setattr("index.__main__.SentenceTransformerEncoder", lambda model=None: StateEncoder())
    (tiny_place / "sources").mkdir()
    (tiny_place / "sources" / "a.txt").write_text("The ferry sails.")
    for _ in range(2):
        assert main(["build", "--workers", "tcp://host:8786"]) == 0
    assert asked == ["tcp://host:8786"]
