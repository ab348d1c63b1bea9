"""PDF: the text of every page with the place of every letter, by PDFium; pages without text are named or read by OCR."""

from __future__ import annotations

import io
import itertools
import math
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from .errors import LoadError
from .loaded import Loaded, Piece, assemble, stated
from .ocr import DOTS_PER_INCH, can_read, read_picture
from .page_layout import Line, Run, Word, find_runs, regions
from .page_text import Page, pieces_of
from .records import Location, Metadata, Span
from .words import is_english

MAX_PAGES = 5_000
"""A file with more is no report."""

MAX_LAID_OUT = 4_000
"""Runs of letters on a page; with more it is a drawing, and its words are taken in the file's order."""

MIN_LETTERS = 3
"""A page with fewer letters and a picture is a scanned one."""

MIN_OUTLINES = 20
"""More drawn shapes than this on a page without letters, and they may be letters."""

OCR_SECONDS = 60.0
"""Time for reading the pictures of one file; pages that are left then are named."""

_READ_AS = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\x02": "-", "\ufffe": "-"}
_LIGATURES = frozenset(_READ_AS) - {"\x02", "\ufffe"}
_HYPHENS = re.compile("[\x02\ufffe]")
"""As which PDFium shows a hyphen at the end of a line."""

_UNREADABLE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x01\x03-\x08\x0e-\x1f]")
MAX_UNREADABLE = 0.2
"""A page with a larger share of letters that no font maps to a character is not read from its text."""


def load_pdf(data: bytes, name: str) -> Loaded:
    """The text of a PDF in reading order, every piece with its page and letters. Raises LoadError: locked, damaged, no text."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise LoadError(f"{name}: encrypted; it needs a password: save it without one") from error
        raise LoadError(f"{name}: not readable as PDF ({error}); save it anew with a current program") from error
    if count > MAX_PAGES:
        raise LoadError(f"{name}: {count:,} pages, more than the {MAX_PAGES:,} that one file may have; split it")
    try:
        pages, scanned, notes = [], [], []
        for number in range(1, count + 1):
            try:
                page = _read_page(document, number)
            except pypdfium2.PdfiumError:
                notes.append(f"page {number} cannot be read and is left out")
                continue
            if page:
                pages.append(page)
            else:
                scanned.append(number)
        pieces = pieces_of([p for p in pages if p.columns], is_english)
        read, told = _by_ocr(document, scanned)
        return assemble(_in_page_order(pieces, read), name, _metadata(document), [*notes, *told])
    finally:
        document.close()


def _words(page: Any) -> tuple[list[Word], float]:
    """The words of a PDFium page, in the file's order, on the page turned so that most of them stand upright; its height then."""
    import pypdfium2.raw as raw

    text = page.get_textpage()
    try:
        count = raw.FPDFText_CountChars(text)
        width, height = page.get_size()
        if page.get_rotation() in (90, 270):
            width, height = height, width  # of the page as it is stored
        angles = [raw.FPDFText_GetCharAngle(text, i) for i in range(0, count, max(1, count // 200))]
        turns = Counter(round(angle / (math.pi / 2)) % 4 for angle in angles if angle >= 0)
        turn = turns.most_common(1)[0][0] if turns else 0
        letters = "".join(map(chr, map(raw.FPDFText_GetUnicode, itertools.repeat(text, count), range(count))))
        boxes = _Boxes(text, turn, width, height)
        words = [word for match in re.finditer(r"\S+", letters) for word in _words_at(match, boxes)]
        return words, width if turn % 2 else height
    finally:
        text.close()


class _Boxes:
    """The boxes of the letters of a page, turned."""

    def __init__(self, text: Any, turn: int, width: float, height: float) -> None:
        import pypdfium2.raw as raw

        self._text, self._turn, self._size = text, turn, (width, height)
        self._box, self._get = raw.FS_RECTF(), raw.FPDFText_GetLooseCharBox

    def __getitem__(self, number: int) -> Sequence[float]:
        """Left, bottom, right, top of a letter."""
        box = self._box
        if not self._get(self._text, number, box):
            return 0.0, 0.0, 0.0, 0.0
        return _turned(box.left, box.bottom, box.right, box.top, self._turn, *self._size)


def _words_at(match: re.Match[str], boxes: _Boxes) -> Iterator[Word]:
    """The words of a run of letters; they are one by one where the run goes over the end of a line, or holds a ligature."""
    text, number = match.group(), match.start()
    left, bottom, right, top = boxes[number]
    if len(text) > 1:
        last = boxes[match.end() - 1]
        high = min(top - bottom, last[3] - last[1])
        beside = min(top, last[3]) - max(bottom, last[1]) > 0.5 * high and 0 < last[2] - left < 1.5 * len(text) * max(1.0, high)
        if not beside or not _LIGATURES.isdisjoint(text):
            for at, letter in enumerate(text, number):
                for part in _READ_AS.get(letter, letter):
                    yield Word(part, at, *boxes[at])
            return
        bottom, right, top = min(bottom, last[1]), max(right, last[2]), max(top, last[3])
    yield Word(_HYPHENS.sub("-", text), number, left, bottom, right, top)


def _turned(left: float, bottom: float, right: float, top: float, turn: int, width: float, height: float) -> Sequence[float]:
    """A box on a page of `width` by `height` that is turned by so many right angles."""
    if turn == 1:
        return height - top, left, height - bottom, right
    if turn == 2:
        return width - right, height - top, width - left, height - bottom
    if turn == 3:
        return bottom, width - right, top, width - left
    return left, bottom, right, top


def _read_page(document: Any, number: int) -> Page | None:
    """A page laid out; one without columns is blank, None is one whose words are a picture or cannot be read."""
    page = document[number - 1]
    try:
        words, height = _words(page)
        written = "".join(word.text for word in words)
        unreadable = len(_UNREADABLE.findall(written))
        if len(written) < MIN_LETTERS and _has_picture(page) or unreadable > MAX_UNREADABLE * len(written):
            return None
        runs = [run for run in find_runs(words) if run.text.strip()]
        return Page(number, _columns(runs), top=height, bottom=0.0)
    finally:
        page.close()


def _columns(runs: list[Run]) -> list[list[Line]]:
    return regions(runs) if len(runs) <= MAX_LAID_OUT else [[Line([run])] for run in runs]


def _has_picture(page: Any) -> bool:
    import pypdfium2.raw as raw

    count = min(raw.FPDFPage_CountObjects(page), 1000)
    kinds = Counter(raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, i)) for i in range(count))
    outlines = kinds[raw.FPDF_PAGEOBJ_PATH] > MIN_OUTLINES
    return outlines or kinds[raw.FPDF_PAGEOBJ_IMAGE] + kinds[raw.FPDF_PAGEOBJ_FORM] > 0


def _by_ocr(document: Any, scanned: Sequence[int]) -> tuple[list[tuple[int, list[Piece]]], list[str]]:
    """The pieces of pages that are pictures, and notes: which were read, and which were not and why."""
    if not scanned:
        return [], []
    if not can_read():
        return [], [
            f"{_pages(scanned)} without readable text; not read, because Tesseract is not installed (package tesseract-ocr)"
        ]
    started = time.monotonic()
    found: list[tuple[int, list[Piece]]] = []
    for number in scanned:
        left = OCR_SECONDS - (time.monotonic() - started)
        text = read_picture(_picture(document, number), left) if left > 1 else ""
        parts = [" ".join(part.split()) for part in text.split("\n\n")]
        pieces = [Piece(part, locations=(Location(Span(0, len(part)), "page", str(number)),)) for part in parts if part]
        if pieces:
            found.append((number, pieces))
    read = [number for number, _ in found]
    unread = [number for number in scanned if number not in set(read)]
    notes = []
    if read:
        notes.append(
            f"{_pages(read)} without readable text; read by OCR (Tesseract), which errs: compare quotations with the page"
        )
    if unread:
        notes.append(f"{_pages(unread)} without readable text, and OCR found none in its time")
    return found, notes


def _picture(document: Any, number: int) -> bytes:
    """A page as PNG, never larger than some 25 million dots."""
    page = document[number - 1]
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / 72, (25e6 / max(1.0, width * height)) ** 0.5)
    file = io.BytesIO()
    page.render(scale=scale, grayscale=True).to_pil().save(file, "PNG")
    page.close()
    return file.getvalue()


def _pages(numbers: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [f"{a}" if a == b else f"{a} to {b}" for a, b in runs]
    listed = ", ".join(words[:-1]) + (" and " if words[1:] else "") + words[-1]
    return f"page {listed} is" if len(numbers) == 1 else f"pages {listed} are"


def _in_page_order(pieces: list[Piece], read: list[tuple[int, list[Piece]]]) -> list[Piece]:
    """The pieces of pages read by OCR put before the first piece of a later page."""
    result = list(pieces)
    for number, found in reversed(read):
        at = next((i for i, p in enumerate(result) if p.locations and int(p.locations[0].label) > number), len(result))
        result[at:at] = found
    return result


def _metadata(document: Any) -> Metadata:
    known = document.get_metadata_dict(skip_empty=True)
    return stated(title=known.get("Title"), author=known.get("Author"), date=known.get("CreationDate"))
