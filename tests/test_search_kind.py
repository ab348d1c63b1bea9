"""Exact search while the collection is small, approximate search of a large one: chosen by the build, told, and carried along."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import StateEncoder, WordEncoder

from index import Index, build_index, dense, open_index
from index.__main__ import main
from index.copying import copy_index
from index.embedded_store import EmbeddedStore
from index.encodings import JOURNAL, VECTORS
from index.store import GENERATIONS
from qa.shelf import sources_html


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty documents; above 50 passages search is with 8 bits, above 70 by lists."""
    monkeypatch.setattr(dense, "EXACT_UP_TO", 50)
    monkeypatch.setattr(dense, "EIGHT_BIT_UP_TO", 70)
    folder = tmp_path / "sources"
    folder.mkdir()
    for number in range(60):
        write(folder, number)
    return folder


def write(folder: Path, number: int) -> None:
    (folder / f"{number:03}.txt").write_text(f"Ferry number {number} sails to harbour {number * number}.", encoding="utf-8")


def built(sources: Path, encoder: WordEncoder | None = None, **options: bool) -> Index:
    build_index(sources, sources.parent / "index", encoder=encoder or StateEncoder(), **options)
    return open_index(sources.parent / "index")


def test_a_build_that_grows_says_how_it_searches(sources: Path) -> None:
    """With the recall that it measured: in the report and in the manifest."""
    folder = sources.parent / "index"
    report = build_index(sources, folder, encoder=StateEncoder())
    assert [note for note in report.notes if note.startswith("search is with 8 bits a number: ") and "% of the 10" in note]
    for number in range(60, 80):
        write(sources, number)
    report = build_index(sources, folder, encoder=StateEncoder())
    search = open_index(folder).search
    assert search.kind == dense.LISTS and search.recall > 0.8
    assert f"search is {search}" in report.notes and "by inverted lists" in str(search)
    assert report.embedded == 20


def test_exact_search_is_kept_where_it_was_asked_for(sources: Path) -> None:
    """Until that is taken back: no build changes it by itself; and asking is enough for a new generation."""
    assert built(sources).search.kind == dense.EIGHT_BIT
    assert built(sources, exact=True).search == dense.Search(dense.EXACT, True, 1.0)
    write(sources, 60)
    index = built(sources)
    assert index.search.kind == dense.EXACT and not build_index(sources, index.folder, encoder=StateEncoder()).published
    assert built(sources, exact=False).search.kind == dense.EIGHT_BIT


def test_vectors_stay_exact_from_build_to_build(sources: Path) -> None:
    """However often they are carried over, and from whichever kind to whichever; nothing is encoded again."""
    exact = built(sources, exact=True).vectors
    for options in ({"exact": False}, {}, {"exact": True}, {"exact": False}):
        write(sources, 99)
        (sources / "099.txt").write_text(f"Another ferry, {options}.", encoding="utf-8")
        encoder = StateEncoder()
        index = built(sources, encoder, **options)
        assert np.array_equal(index.vectors[:60], exact) and len(encoder.encoded) <= 1
        place = index.folder / GENERATIONS / index.name
        assert (place / VECTORS).exists() == (index.search.kind == dense.EIGHT_BIT) and not (place / JOURNAL).exists()
    assert main(["verify", "--index", str(index.folder), "--sources", str(sources)]) == 0


def test_damaged_vectors_are_made_again(sources: Path) -> None:
    """A changed byte is found before anything is carried over, and questions never read it."""
    index = built(sources)
    path = index.folder / GENERATIONS / index.name / VECTORS
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(bytes(data))
    write(sources, 60)
    encoder = StateEncoder()
    again = built(sources, encoder)
    assert len(encoder.encoded) == 61 and not np.array_equal(index.vectors[:60], again.vectors[:60])
    assert np.array_equal(again.vectors, built(sources, exact=True).vectors)


def test_a_copy_takes_the_exact_vectors_along(sources: Path, tmp_path: Path) -> None:
    """And chooses its own way to search."""
    index = built(sources)
    copy_index(EmbeddedStore(index.folder), EmbeddedStore(tmp_path / "copy"))
    copy = open_index(tmp_path / "copy")
    assert np.array_equal(copy.vectors, index.vectors) and copy.search.kind == dense.EIGHT_BIT
    assert not build_index(sources, tmp_path / "copy", encoder=StateEncoder()).published


def test_status_says_how_the_index_is_searched(
    sources: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the shell can ask for exact search."""
    monkeypatch.setattr("index.__main__.SentenceTransformerEncoder", lambda model=None: WordEncoder())
    places = [str(sources), "--index", str(sources.parent / "index")]
    for option, words in ((), "with 8 bits a number: "), (["--exact"], "exact, as was asked"), (["--no-exact"], "with 8 bits"):
        assert main(["build", *places, *option]) == 0
        assert ("note: search is with 8 bits a number: " in capsys.readouterr().out) == (option != ["--exact"])
        assert main(["status", *places[1:]]) == 0
        assert f"\nsearch      {words}" in capsys.readouterr().out


def test_the_page_says_how_it_searches_where_that_is_not_exact(sources: Path) -> None:
    """With the recall that was measured."""
    index = built(sources)
    assert f"Search is with 8 bits a number: {index.search.recall:.1%} of the 10 nearest" in sources_html(index)
    assert "Search is" not in sources_html(built(sources, exact=True))
