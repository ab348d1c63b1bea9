"""Where an index is, in one line."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from index import IndexMissing, StoreError
from index.addresses import Published, absolute, open_store
from index.embedded_store import EmbeddedStore
from index.published import is_store

needs_milvus = pytest.mark.skipif(
    importlib.util.find_spec("pymilvus") is None, reason="not run: what needs the client of Milvus; it is not installed"
)


def test_a_folder_is_the_embedded_engine(tmp_path: Path) -> None:
    """Whatever it is called, as long as it ends in no .db."""
    assert isinstance(open_store(tmp_path / "milvus"), EmbeddedStore)
    assert not is_store(".index") and not is_store("a.db/index")
    assert is_store("./a.db") and is_store("milvus+https://example.org:19530/reports")


def test_an_address_does_not_depend_on_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is made whole; a server's name is not taken for one."""
    monkeypatch.chdir(tmp_path)
    assert absolute("x.db") == str(tmp_path.resolve() / "x.db")
    assert absolute("milvus+http://host:19530/reports") == "milvus+http://host:19530/reports"


@needs_milvus
@pytest.mark.parametrize(
    "address",
    [
        "milvus+http://host:19530",
        "milvus+http://host:19530/",
        "milvus+ftp://host:19530/reports",
        "milvus+http://user:secret@host:19530/reports",
        "milvus+http://host:19530/re-ports",
        "milvus+http://host:19530/a/b",
        "milvus+http://host:19530/reports?token=secret",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """With what an address looks like, and where a token goes."""
    with pytest.raises(StoreError, match="expected milvus.http://host:19530/collection, a token in the variable MILVUS_TOKEN"):
        open_store(address)


@needs_milvus
def test_a_server_that_does_not_answer_is_one_line() -> None:
    """With the address and the cure, also when the address has been a path."""
    with pytest.raises(StoreError, match="127.0.0.1:1: .*; see that the server runs") as caught:
        Published(Path("milvus+http://127.0.0.1:1/reports")).current()
    assert "\n" not in str(caught.value)


def test_without_the_client_its_installation_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is an extra."""
    monkeypatch.setitem(__import__("sys").modules, "pymilvus", None)
    with pytest.raises(StoreError, match=r"pip install '\.\[milvus\]'"):
        open_store(tmp_path / "x.db")


def test_nothing_published_is_a_missing_index(tmp_path: Path) -> None:
    """In a folder as in a store."""
    with pytest.raises(IndexMissing, match="no index here"):
        Published(tmp_path).current()
