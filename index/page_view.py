"""A page of a PDF as a picture, and where words stand on it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import LoadError
from .records import Location

MAX_DOTS = 25_000_000
"""A picture is never larger, however large the page says it is."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a page's width and height, from its top left corner."""


@dataclass(frozen=True, slots=True)
class PageView:
    """A page as PNG, as it is shown; the box of each run of letters asked for, None where there are no such letters; and how many pages there are."""

    png: bytes
    boxes: tuple[Box | None, ...]
    pages: int

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"png": base64.b64encode(self.png).decode("ascii"), "boxes": self.boxes, "pages": self.pages}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PageView:
        """What `to_dict` made, read back."""
        boxes = tuple((box[0], box[1], box[2], box[3]) if box else None for box in data["boxes"])
        return cls(base64.b64decode(data["png"]), boxes, int(data["pages"]))


def letters_on_pages(locations: Iterable[Location], start: int, end: int) -> dict[int, list[tuple[int, int]]]:
    """By page: the runs of letters, each its first and how many, at which the characters `[start, end)` of a text stand."""
    found: dict[int, list[tuple[int, int]]] = {}
    for location in locations:
        first, last = max(start, location.span.start), min(end, location.span.end)
        if location.kind == "page" and first < last:
            runs = found.setdefault(int(location.label), [])
            if location.glyph >= 0:
                runs.append((location.glyph + first - location.span.start, last - first))
    return found


def view_page(data: bytes, name: str, page: int, runs: Sequence[tuple[int, int]], width: int) -> PageView:
    """Page number `page`, from 1, of a PDF as a picture `width` dots wide, and the boxes of runs of its letters. Raises LoadError."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        if not 1 <= page <= len(document):
            raise LoadError(f"{name}: it has {len(document)} pages, asked for page {page}; build the index again")
        shown = document[page - 1]
        size = shown.get_size()
        scale = min(width / max(1.0, size[0]), (MAX_DOTS / max(1.0, size[0] * size[1])) ** 0.5)
        file = io.BytesIO()
        shown.render(scale=scale).to_pil().save(file, "PNG")
        text = shown.get_textpage()
        return PageView(file.getvalue(), tuple(_box(shown, text, *run) for run in runs), len(document))
    except pypdfium2.PdfiumError as error:
        raise LoadError(f"{name}: page {page} cannot be shown ({error}); save it anew with a current program") from error


def _box(page: Any, text: Any, first: int, count: int) -> Box | None:
    """The box around letters of one line, or None where there are no such letters."""
    import ctypes

    import pypdfium2.raw as raw

    left, top, right, bottom = 1.0, 1.0, 0.0, 0.0
    x, y, letter = ctypes.c_int(), ctypes.c_int(), raw.FS_RECTF()
    parts = 1_000_000  # of a page's width and height
    for number in range(first, first + count):
        if chr(raw.FPDFText_GetUnicode(text, number)).isspace() or not raw.FPDFText_GetLooseCharBox(text, number, letter):
            continue
        for corner in ((letter.left, letter.top), (letter.right, letter.bottom)):
            raw.FPDF_PageToDevice(page, 0, 0, parts, parts, 0, *corner, x, y)
            left, right = min(left, x.value / parts), max(right, x.value / parts)
            top, bottom = min(top, y.value / parts), max(bottom, y.value / parts)
    return (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom)) if left < right and top < bottom else None
