"""Pages of a PDF as pictures: the boxes of a quotation are where its words are seen."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from conftest import WordEncoder
from test_load_pdf import LEFT, RIGHT, both, lines, make, turned

from index import LoadError, build_index, open_index
from index.load_pdf import load_pdf
from index.page_view import letters_on_pages, view_page
from index.workers import Worker


@pytest.mark.parametrize("degrees", [0, 90])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_lie_around_the_words(rotation: int, degrees: int) -> None:
    """Within them there is ink, and around all words of a page there is none elsewhere; however the page is turned."""
    import pypdfium2
    from PIL import Image, ImageDraw

    source = pypdfium2.PdfDocument(make(turned(both(lines(LEFT, y=400), lines(RIGHT, x=320, y=400)), degrees)))
    source[0].set_rotation(rotation)
    file = io.BytesIO()
    source.save(file)
    loaded = load_pdf(file.getvalue(), "a.pdf")
    runs = letters_on_pages(loaded.locations, 0, len(loaded.text))[1]
    view = view_page(file.getvalue(), "a.pdf", 1, runs, 800)
    image = Image.open(io.BytesIO(view.png)).convert("L")
    assert abs(image.width - 800) <= 1 and len(view.boxes) == len(runs) == 10
    for left, top, right, bottom in view.boxes:
        box = (int(left * image.width), int(top * image.height), int(right * image.width) + 1, int(bottom * image.height) + 1)
        assert image.crop(box).getextrema()[0] < 100
        ImageDraw.Draw(image).rectangle((box[0] - 1, box[1] - 1, box[2], box[3]), fill=255)
    assert image.getextrema() == (255, 255)


def test_a_quotation_is_marked_on_its_page(tmp_path: Path) -> None:
    """From the places in an index to the boxes, by a worker; a quotation over two pages has its part on each."""
    data = make(lines("The old bridge is long,", y=100), lines("and it is red. It is shut."))
    (tmp_path / "a.pdf").write_bytes(data)
    build_index(tmp_path, tmp_path / ".index", encoder=WordEncoder())
    opened = open_index(tmp_path / ".index")
    text = opened.text(0)
    start, end = text.index("bridge"), text.index(" It is shut")
    assert opened.location(0, start, end) == "pages 1 and 2"
    found = letters_on_pages(opened.locations(0, start, end), start, end)
    assert found == {1: [(8, 15)], 2: [(0, 14)]}
    with Worker() as worker:
        view = worker.view(data, "a.pdf", 1, found[1], 500)
        left, top, right, bottom = view.boxes[0]
        assert 0.1 < left < right < 0.5 and 0.85 < top < bottom < 0.9
        assert view == view_page(data, "a.pdf", 1, found[1], 500)
        with pytest.raises(LoadError, match=r"a\.pdf: it has 2 pages, asked for page 3; build the index again"):
            worker.view(data, "a.pdf", 3, [], 500)
        with pytest.raises(LoadError, match=r"a\.pdf: page 1 cannot be shown"):
            worker.view(b"words", "a.pdf", 1, [], 500)


def test_letters_that_are_not_there_have_no_box() -> None:
    """An index of another file marks nothing, and breaks nothing."""
    assert view_page(make(lines("Words.")), "a.pdf", 1, [(5000, 3)], 300).boxes == (None,)
