"""CSV: a row is a record that names its columns, quoted whole, with its number."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import WordEncoder

from index import LoadError, build_index, open_index
from index.load_table import load_table
from index.loaded import in_words
from index.segment import MAX_RECORD, segment

SCHOOLS = 'School,Pupils,"Head, or acting head"\r\nOak Primary,310,Ann Lee\r\n\r\n"Elm\nAcademy","1,204",\r\n'


def texts(data: str | bytes, name: str = "a.csv") -> list[str]:
    loaded = load_table(data.encode() if isinstance(data, str) else data, name)
    return [b.span.of(loaded.text) for b in loaded.blocks]


def test_a_row_names_its_columns() -> None:
    """A line for each cell that holds something; the number of a row is that of a spreadsheet, the header's being 1."""
    loaded = load_table(SCHOOLS.encode(), "a.csv")
    rows = ["School: Oak Primary\nPupils: 310\nHead, or acting head: Ann Lee", "School: Elm Academy\nPupils: 1,204"]
    assert loaded.text == "\n\n".join(rows)
    assert [s.span.of(loaded.text) for s in segment(loaded.text, loaded.blocks)[1]] == rows
    assert [(x.span.of(loaded.text), in_words([x])) for x in loaded.locations] == [(rows[0], "row 2"), (rows[1], "row 4")]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_found(sign: str) -> None:
    """Also where the cells hold other such signs."""
    rows = [["Name", "Town, or city"], ["Ann; the first", "Bexley"], ["Bo", "Tarn, the"]]
    text = "\n".join(sign.join(f'"{cell}"' for cell in row) for row in rows)
    assert texts(text) == ["Name: Ann; the first\nTown, or city: Bexley", "Name: Bo\nTown, or city: Tarn, the"]


def test_tabs_divide_a_tsv_file() -> None:
    """Whatever else is in it."""
    assert texts("Name\tTown\nAnn, Bo\tBexley", "a.tsv") == ["Name: Ann, Bo\nTown: Bexley"]


@pytest.mark.parametrize("first", ["Oak,310", "Oak,Oak", ",Oak"])
def test_columns_without_names_are_numbered(first: str) -> None:
    """A first row with a number, a name twice or none is a row like the others, and a note says so."""
    loaded = load_table(f"{first}\nElm,20\n".encode(), "a.csv")
    assert loaded.text.startswith("Column ") and loaded.text.endswith("\n\nColumn 1: Elm\nColumn 2: 20")
    assert loaded.notes == ("its first row names no columns; they are numbered",)
    assert [x.label for x in loaded.locations] == ["1", "2"]


def test_rows_of_uneven_width() -> None:
    """Cells beyond the named columns are numbered."""
    assert texts("A,B\n1,2,3\n4\n") == ["A: 1\nB: 2\nColumn 3: 3", "A: 4"]


def test_other_encodings_are_told() -> None:
    """As for plain text; a byte-order mark is no part of the first name."""
    assert texts("\ufeffName,Cost\nPaint,£5\n") == ["Name: Paint\nCost: £5"]
    loaded = load_table("Name,Cost\nPaint,£5\n".encode("utf-16"), "a.csv")
    assert loaded.notes == ("read as UTF-16, by its byte-order mark",)


def test_a_cell_without_end_is_refused() -> None:
    """Its line is named."""
    with pytest.raises(LoadError, match=r"a\.csv: not readable as CSV near line 2 \(field larger than field limit"):
        load_table(b'A,B\n1,"' + b"x" * 200_000, "a.csv")
    with pytest.raises(LoadError, match=r"a\.csv: not readable as CSV near line 2 \(5,000 cells in a row"):
        load_table(b"A,B\n" + b"1," * 4_999 + b"1", "a.csv")


def test_a_long_record_is_quoted_in_parts() -> None:
    """A cell of many sentences is not quoted whole."""
    loaded = load_table(f"Name,Report\nAnn,{'A sentence stands here. ' * (MAX_RECORD // 20)}\n".encode(), "a.csv")
    assert len(segment(loaded.text, loaded.blocks)[1]) > 10


def test_a_row_is_a_passage(tmp_path: Path) -> None:
    """Each by itself, so that no answer runs from one row into the next; the same row twice is kept twice."""
    (tmp_path / "a.csv").write_text("School,Pupils\nOak,310\nElm,204\nElm,204\n")
    build_index(tmp_path, tmp_path / ".index", encoder=WordEncoder())
    opened = open_index(tmp_path / ".index")
    spans = [(int(p["start"]), int(p["end"])) for p in opened.passages]
    assert [opened.text(0)[a:b] for a, b in spans] == ["School: Oak\nPupils: 310", *["School: Elm\nPupils: 204"] * 2]
    assert [opened.location(0, a, b) for a, b in spans] == ["row 2", "row 3", "row 4"]
    assert opened.location(0, spans[0][0], spans[1][1]) == "rows 2 and 3"
