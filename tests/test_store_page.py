"""The page over a store of another engine: it asks, opens and lists; what needs a folder is refused in a line."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from conftest import WordEncoder

from index import BuildError, build_index
from index.__main__ import main
from index.addresses import open_store
from index.copying import copy_index
from qa import Assistant, manage
from qa.converse import Chat
from qa.serve import Library
from qa.talk import Talk


@pytest.fixture
def chat(place: Path, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """The page over a file of Milvus Lite."""
    if importlib.util.find_spec("milvus_lite") is None or importlib.util.find_spec("pymilvus") is None:
        pytest.skip("not run: the page over Milvus Lite; it is not installed")
    store = open_store("works.db")
    copy_index(open_store(".index"), store)
    store.close()
    opener = lambda folder, model: Assistant.open(folder, WordEncoder(), None)  # noqa: E731
    library = Library(Path("works.db"), Path("sources"), opener=opener)
    library.load()
    return Chat(library)


def test_the_page_asks_a_store(chat: Chat) -> None:
    """Answers with quotations that open their document, the list of documents, the questions it offers."""
    *_, (markup, talk, turn) = chat.converse("Who visited the old bridge?", Talk())
    assert "Inspectors visited" in re.sub("<[^>]*>", "", markup) and turn.verdict == "answered"
    assert "forty apple trees" in chat.document(talk, {"turn": "0", "kind": "citations", "number": "1", "place": "0"})
    listed = chat.sources()
    assert "works.txt" in listed and "has changed" not in listed and "no index" not in listed
    assert chat.generations() == "" and chat.library.examples() is not None


def test_a_store_is_not_built_from_the_page(chat: Chat) -> None:
    """The line says how it is; nothing is written anywhere, and what answered answers."""
    told = chat.library.build(lambda *step: None)
    assert told == (
        "The index was not built: works.db: an index is built in a folder; "
        "written into a store too by: python -m index build --store works.db"
    )
    assert "a store has no generations" in manage.go_back(chat.library.folder, "g000001", None)
    assert chat.library.index().text(0).startswith("Inspectors visited")


@pytest.mark.parametrize("address", ["milvus+http://host:19530/reports", "reports.db"])
def test_commands_on_generations_say_that_a_store_has_none(
    address: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a build into one is refused before anything is made."""
    monkeypatch.setattr("index.__main__.SentenceTransformerEncoder", lambda model=None: WordEncoder())
    for command in ("list", "diff", "rollback"):
        assert main([command, "--index", address]) == 1
        assert "a store has no generations, only an index in a folder" in capsys.readouterr().err
    with pytest.raises(BuildError, match="an index is built in a folder"):
        build_index("sources", address, encoder=WordEncoder())
    assert sorted(p.name for p in place.iterdir()) == [".index", "sources"]
