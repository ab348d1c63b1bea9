"""Files made to hurt: each ends within its limits with a document or one line that names the file, and the build goes on."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import WordEncoder

from index import LoadError, build_index, open_index
from index.load import Source, read_source
from index.segment import segment
from index.verify import check_spans
from index.workers import Worker

OPENING = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
ENDING = b"trailer<</Root 1 0 R>>\n%%EOF"
PAGE = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 %s %s]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>endobj\n"
FORM_IN_ITSELF = (
    b"4 0 obj<</Length 5>>stream\n/F Do\nendstream endobj\n5 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]"
    b"/Resources<</XObject<</F 5 0 R>>>>/Length 5>>stream\n/F Do\nendstream endobj\n"
)
HOSTILE = {
    "a form that draws itself.pdf": lambda: OPENING + PAGE % (b"9", b"9") + FORM_IN_ITSELF + ENDING,
    "a page of a million kilometres.pdf": lambda: OPENING + PAGE % (b"1e12", b"1e12") + FORM_IN_ITSELF + ENDING,
    "objects without end.pdf": lambda: OPENING + b"".join(b"%d 0 obj<</A %d 0 R>>endobj\n" % (i, i + 1) for i in range(4, 200_000)) + ENDING,
    "objects in circles.pdf": lambda: b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj 2 0 R endobj\n" + ENDING,
    "depth.pdf": lambda: b"%PDF-1.4\n1 0 obj" + b"<</A" * 300_000 + b"endobj\n" + ENDING,
    "elements in elements.html": lambda: b"<html><body>" + b"<div>" * 50_000 + b"words",
    "tables in tables.html": lambda: b"<html><body>" + b"<table><tr><td>" * 2_000 + b"words",
    "one endless line.html": lambda: b"<html><body><p>" + b"word " * 1_000_000,
    "attributes.html": lambda: b"<html><body><p " + b"a=1 " * 200_000 + b">words</p>",
    "every control character.html": lambda: b"<html><body><p>words " + bytes(range(1, 32)) * 50 + b" are here</p></body></html>",
    "quotation marks.csv": lambda: b"a,b\n" + b'"' * 1_000_000,
    "one endless line.csv": lambda: b"a," * 1_000_000,
    "one endless cell.csv": lambda: b"a" * 5_000_000,
    "every control character.csv": lambda: b"a,b\n" + bytes(range(1, 10)) + b"," + b"words " * 200,
    "one endless line.txt": lambda: b"word " * 400_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_within_its_limits(worker: Worker, name: str) -> None:
    """Far from the two minutes that it may take, and without ending the worker."""
    data, suffix = HOSTILE[name](), "." + name.rpartition(".")[2]
    started = time.monotonic()
    try:
        loaded = worker.load(suffix, data, name)
    except LoadError as error:
        assert str(error).startswith(f"{name}: ") and "\n" not in str(error)
        assert "brought down" not in str(error)
    else:
        loaded.text.encode("utf-8")
        assert not any(unicodedata.category(c) == "Cc" for c in loaded.text if c not in "\n\t")
        assert all(s.span.of(loaded.text).strip() for s in segment(loaded.text, loaded.blocks)[1])
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("name", "most"), [("a.txt", 32), ("a.csv", 32), ("a.html", 32), ("a.pdf", 128), ("a.docx", 128), ("a.zip", 128)]
)
def test_a_sparse_file_of_a_gigabyte_is_refused_unread(tmp_path: Path, name: str, most: int) -> None:
    """By its size alone; the message has both numbers."""
    with (tmp_path / name).open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(LoadError, match=rf"{name}: 1024\.0 MB, more than the {most} MB that one file may have; split it"):
        read_source(Source(name, tmp_path / name))


def test_a_folder_of_hostile_files_is_built(tmp_path: Path) -> None:
    """The good one is in the index, whose spans all fit; the others are documents or named with a reason."""
    for name, make in HOSTILE.items():
        if "endless line" not in name:
            (tmp_path / name).write_bytes(make())
    (tmp_path / "good.txt").write_text("The bridge is long.")
    for name in ("caf\u00e9.html", "cafe\u0301.html"):
        (tmp_path / name).write_text("<p>Composed or not, each is itself.</p>")
    report = build_index(tmp_path, tmp_path / ".index", encoder=WordEncoder())
    opened = open_index(tmp_path / ".index")
    assert {"good.txt", "caf\u00e9.html", "cafe\u0301.html"} <= set(opened.numbers)
    assert {d.id for d in opened.documents} | {s.path for s in report.skipped} == {p.name for p in tmp_path.iterdir()} - {
        ".index"
    }
    check_spans(opened)
