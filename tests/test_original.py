"""The file behind a document: found again, also in an archive, and refused when it is not the one that was indexed."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import WordEncoder

from index import Index, LoadError, build_index, open_index
from index.original import read_original


def pack(path: Path, members: Mapping[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as package:
        for name, text in members.items():
            package.writestr(name, text)


@pytest.fixture
def indexed(tmp_path: Path) -> Index:
    """An index of a text, a member of an archive, and a text in a folder that is named like one."""
    sources = tmp_path / "sources"
    (sources / "old.zip").mkdir(parents=True)
    (sources / "a.txt").write_text("They came by train.")
    (sources / "old.zip" / "b.txt").write_text("They left by boat.")
    pack(sources / "bundle.zip", {"minutes/c.txt": "They met at noon.", "d.txt": "It rained."})
    build_index(sources, tmp_path / "index", encoder=WordEncoder())
    return open_index(tmp_path / "index")


def read(index: Index, name: str) -> bytes:
    return read_original(index, index.numbers[name])


def test_each_document_has_its_file(indexed: Index) -> None:
    """Its very bytes, wherever they are packed."""
    assert read(indexed, "a.txt") == b"They came by train."
    assert read(indexed, "old.zip/b.txt") == b"They left by boat."
    assert read(indexed, "bundle.zip/minutes/c.txt") == b"They met at noon."


def test_another_file_than_was_indexed_is_refused(indexed: Index, tmp_path: Path) -> None:
    """Also a member of an archive; its neighbour, which is as it was, is still read."""
    (tmp_path / "sources" / "a.txt").write_text("They came by car.")
    pack(tmp_path / "sources" / "bundle.zip", {"minutes/c.txt": "They met at two.", "d.txt": "It rained."})
    for name in ("a.txt", "bundle.zip/minutes/c.txt"):
        with pytest.raises(LoadError, match=f"{name}: the file has changed since it was indexed; build the index again"):
            read(indexed, name)
    assert read(indexed, "bundle.zip/d.txt") == b"It rained."


def test_a_file_that_is_gone_is_told(indexed: Index, tmp_path: Path) -> None:
    """So is a member, and a whole archive, and one that is no archive any more."""
    (tmp_path / "sources" / "a.txt").unlink()
    pack(tmp_path / "sources" / "bundle.zip", {"d.txt": "It rained."})
    with pytest.raises(LoadError, match=r"a\.txt: no longer in the sources folder; put it back or build the index again"):
        read(indexed, "a.txt")
    with pytest.raises(LoadError, match=r"bundle\.zip/minutes/c\.txt: no longer in its archive"):
        read(indexed, "bundle.zip/minutes/c.txt")
    (tmp_path / "sources" / "bundle.zip").write_text("words")
    with pytest.raises(LoadError, match=r"bundle\.zip"):
        read(indexed, "bundle.zip/d.txt")
    (tmp_path / "sources" / "bundle.zip").unlink()
    with pytest.raises(LoadError, match=r"bundle\.zip/d\.txt: no longer in"):
        read(indexed, "bundle.zip/d.txt")
