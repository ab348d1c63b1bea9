"""An index from one engine to another, whatever happens on the way; and the shell's commands for it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import StateEncoder, WordEncoder
from stores import FailingStore, LaggingStore

from index import IndexMissing, StoreError, build_index, open_index
from index.__main__ import main
from index.addresses import Published, open_store
from index.copying import copy_index
from index.embedded_store import EmbeddedStore
from index.passage_store import Store
from index.stored_index import open_stored
from qa.__main__ import main as ask
from qa.retrieve import search


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of six documents."""
    (tmp_path / "sources").mkdir()
    for number in range(6):
        (tmp_path / "sources" / f"{number}.txt").write_text(f"The ferry number {number} sails to Norby.", encoding="utf-8")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=StateEncoder())
    return tmp_path


def test_a_copy_into_a_failing_store_is_whole_when_it_is_repeated(folder: Path) -> None:
    """Each time it goes on where it was; until it is through, nothing is published, and then everything is."""
    source, kept = EmbeddedStore(folder / "index"), LaggingStore()
    failing, tries, written = FailingStore(kept, every=7), 0, [0]
    while kept.name() is None:
        tries += 1
        try:
            copy_index(source, failing)
        except StoreError:
            facts = source.published()
            written.append(len(kept.written([entry.revision for entry in facts.catalogue])) if facts else 0)
    assert tries > 1 and written == sorted(written) and kept.name() == source.name()
    assert [d.revision for d in kept.scan()] == [d.revision for d in source.scan()]


def test_a_question_to_a_failing_store_is_answered_or_an_error(folder: Path) -> None:
    """Whenever it fails, and by whichever call: the next question is answered as if nothing had been."""
    kept, encoder = LaggingStore(), StateEncoder()
    copy_index(EmbeddedStore(folder / "index"), kept)
    asked = (encoder.encode_question("The ferry number 3").vector, ["ferri", "number", "3"], 4)
    expected = [hit.to_dict() for hit in search(open_stored(kept), *asked)]
    failed = 0
    for every in (3, 7, 13, 29):
        failing = FailingStore(kept, every)
        for _ in range(10):
            try:
                index = open_stored(failing)
                assert [hit.to_dict() for hit in search(index, *asked)] == expected
                index.check_rows(hit.number for hit in search(index, *asked))
            except StoreError as error:
                failed += 1
                assert "\n" not in str(error)
    assert 10 < failed < 35 and expected[0]["document"] == "3.txt"


def test_only_what_changed_is_written(folder: Path) -> None:
    """And what is gone is removed."""
    target = LaggingStore()
    copy_index(EmbeddedStore(folder / "index"), target)
    (folder / "sources" / "0.txt").unlink()
    (folder / "sources" / "1.txt").write_text("The ferry is red.", encoding="utf-8")
    build_index(folder / "sources", folder / "index", encoder=StateEncoder(), confirm_removals=lambda _: True)
    copied = copy_index(EmbeddedStore(folder / "index"), target)
    assert (copied.written, copied.kept, copied.removed) == (1, 4, 1)
    assert open_stored(target).text(0) == "The ferry is red." and target.count() == 5


def test_another_model_is_another_making(folder: Path) -> None:
    """Everything is written again, beside what answers; and a question by the wrong model is refused."""
    target = LaggingStore()
    copy_index(EmbeddedStore(folder / "index"), target)
    build_index(folder / "sources", folder / "index", encoder=StateEncoder("words+states@2"))
    assert copy_index(EmbeddedStore(folder / "index"), target).written == 6
    assert open_stored(target, "words+states@2").manifest["encoder"]["fingerprint"] == "words+states@2"
    with pytest.raises(Exception, match="built with words.states@2, asked with words.states@1"):
        open_stored(target, "words+states@1")


def test_a_generation_from_a_store_answers_for_a_build(folder: Path) -> None:
    """A changed document is the only one that is encoded."""
    store = LaggingStore()
    copy_index(EmbeddedStore(folder / "index"), store)
    copy_index(store, EmbeddedStore(folder / "back"))
    (folder / "sources" / "2.txt").write_text("The ferry is late.", encoding="utf-8")
    report = build_index(folder / "sources", folder / "back", encoder=StateEncoder())
    assert (report.reused, report.embedded) == (5, 1)
    build_index(folder / "sources", folder / "index", encoder=StateEncoder())
    assert np.array_equal(open_index(folder / "back").tokens, open_index(folder / "index").tokens)


def test_nothing_to_copy_is_an_error(folder: Path) -> None:
    """And the target is left alone."""
    target = LaggingStore()
    with pytest.raises(IndexMissing, match="no index here to copy"):
        copy_index(EmbeddedStore(folder / "nothing"), target)
    assert target.name() is None


def test_the_shell_copies_and_asks(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that also writes a store, questions to the store, its status and proof, and the way back."""
    if importlib.util.find_spec("milvus_lite") is None:
        pytest.skip("not run: the shell with Milvus Lite; it is not installed")
    monkeypatch.setattr("index.__main__.SentenceTransformerEncoder", lambda model=None: WordEncoder())
    assert main(["build", "--store", "works.db"]) == 0
    assert "1 documents written, 0 there already" in capsys.readouterr().out
    assert main(["copy", ".index", "works.db"]) == 0
    assert "0 documents written, 1 there already" in capsys.readouterr().out
    assert main(["status", "--index", "works.db"]) == 0
    out = capsys.readouterr().out
    assert "works.txt" in out and "\nsearch      exact\n" in out
    assert main(["verify", "--index", "works.db"]) == 0
    assert "whole: " in capsys.readouterr().out
    assert main(["text", "works.txt", "--index", "works.db"]) == 0
    assert capsys.readouterr().out == (place / "sources" / "works.txt").read_text(encoding="utf-8")
    hits = []
    for index in (".index", "works.db"):
        assert ask(["retrieve", "Who works?", "--index", index, "--json"]) == 0
        hits.append(capsys.readouterr().out)
    assert hits[0] == hits[1] != "[]\n"
    assert main(["copy", "works.db", "back"]) == 0
    assert not build_index("sources", "back", encoder=WordEncoder()).published


def test_a_copy_onto_itself_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However the place is written."""
    assert main(["copy", ".index", "./.index"]) == 1
    assert "another place to copy it to" in capsys.readouterr().err


@pytest.mark.parametrize("store", ["a-folder", "a-file.db"])
def test_a_watched_folder_is_copied_after_each_build(
    place: Path, store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that is away costs a line; the index is built all the same, and the store catches up after the next change."""
    if store.endswith(".db") and importlib.util.find_spec("milvus_lite") is None:
        pytest.skip("not run: a watched folder and Milvus Lite; it is not installed")
    monkeypatch.setattr("index.__main__.SentenceTransformerEncoder", lambda model=None: WordEncoder())

    def away(address: Path | str) -> Store:
        if str(address) == store:
            raise StoreError("it is away")
        return open_store(address)

    def rests(sources: Path, _: Path) -> Iterator[None]:
        yield
        (sources / "ferry.txt").write_text("The ferry sails to Norby.", encoding="utf-8")
        with monkeypatch.context() as patched:
            patched.setattr("index.__main__.open_store", away)
            yield
        (sources / "works.txt").rename(sources / "ferries.txt")
        yield

    monkeypatch.setattr("index.__main__.rests", rests)
    assert main(["build", "--watch", "--store", store]) == 0
    lines = [line[9:] for line in capsys.readouterr().out.splitlines()]
    assert [line.partition(":")[0].partition(" in ")[0] for line in lines] == [
        "up to date",
        f"{store} holds 1 passages",
        "built",
        "error",
        "built",
        f"{store} holds 2 passages",
    ]
    assert lines[1].endswith(": 1 documents written, 0 there already, 0 removed") and lines[3] == "error: it is away"
    assert lines[5].endswith(": 2 documents written, 0 there already, 1 removed")
    assert [d.id for d in Published(store).open().documents] == ["ferries.txt", "ferry.txt"]


def test_a_store_that_is_not_there_ends_the_watch_before_it_begins(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a folder that is not there does."""
    for address, told in (("milvus+http://host", "expected milvus+http://host:19530/collection"), (".index", "another place")):
        assert main(["build", "--watch", "--store", address]) == 1
        assert told in capsys.readouterr().err
