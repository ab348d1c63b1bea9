"""Print texts as PDFs and read them back: are the words the same, in the same order, and the paragraphs whole?

    python benchmarks/pdf_words.py sources/000_51f6e9db7569abb4.txt LICENSE

Each text is set in one, two and three columns, ragged and stretched, in two typefaces, with a running head and page numbers. For each setting:
the share of words that come back in order (2 × equal words / words of both), the paragraphs that come back as one block, and the pages a second.
"""

from __future__ import annotations

import argparse
import difflib
import io
import re
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from index.load_pdf import load_pdf  # noqa: E402
from index.loaded import CELL  # noqa: E402

SETTINGS = ((1, 11, 0, "Times-Roman"), (2, 10, 4, "Times-Roman"), (2, 9, 0, "Helvetica"), (3, 8, 4, "Times-Roman"))
"""Columns, size in points, alignment (0 ragged, 4 stretched), typeface."""

HEAD, WIDTH, HEIGHT, MARGIN, GUTTER = "A running head", 595, 842, 72, 18


_SYLLABLE = re.compile(r"(?<=[^\W\d_][aeiouy])(?=[^\W\d_aeiouy][^\W\d_]{2})")


def divisions(word: str) -> list[tuple[str, str]]:
    """Where a line may end in a word, roughly: behind a vowel, before a consonant; the last place first."""
    return [(word[: m.start()], word[m.start() :]) for m in _SYLLABLE.finditer(word)][::-1]


def make_pdf(paragraphs: list[str], columns: int, size: int, alignment: int, font: str, *, divided: bool = False) -> bytes:
    """A PDF of these paragraphs; with words `divided` at the ends of lines."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

    def edges(canvas, document) -> None:  # type: ignore[no-untyped-def]
        canvas.setFont("Helvetica", 8)
        canvas.drawString(MARGIN, HEIGHT - 32, HEAD)
        canvas.drawString(WIDTH / 2, 30, str(document.page))

    face = {"fontName": font, "fontSize": size, "leading": size * 1.2, "spaceAfter": size / 2}
    style = ParagraphStyle("body", **face, alignment=alignment, hyphenationLang=divisions if divided else "")
    width = (WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) / columns
    frames = [Frame(MARGIN + i * (width + GUTTER), 60, width, 730, leftPadding=0, rightPadding=0) for i in range(columns)]
    file = io.BytesIO()
    document = BaseDocTemplate(file, pagesize=(WIDTH, HEIGHT))
    document.addPageTemplates([PageTemplate(frames=frames, onPage=edges)])
    document.build([Paragraph(escape(paragraph), style) for paragraph in paragraphs])
    return file.getvalue()


def measure(text: str, setting: tuple[int, int, int, str]) -> str:
    """One line of measures of a text in a setting."""
    paragraphs = [" ".join(p.replace(CELL, " ").split()) for p in text.split("\n\n") if p.strip()]
    data = make_pdf(paragraphs, *setting)
    started = time.perf_counter()
    loaded = load_pdf(data, "made.pdf")
    seconds = time.perf_counter() - started
    written = [b.span.of(loaded.text).replace(CELL, " ") for b in loaded.blocks if b.kind != "boilerplate"]
    written = [words for words in written if words != HEAD]  # of a single page nobody can tell
    matcher = difflib.SequenceMatcher(None, " ".join(paragraphs).split(), " ".join(written).split(), autojunk=False)
    whole = sum(paragraph in set(written) for paragraph in paragraphs)
    pages = len({location.label for location in loaded.locations})
    return f"words {matcher.ratio():.4f}  whole paragraphs {whole}/{len(paragraphs)}  {pages} pages at {pages / seconds:.0f} a second"


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Print texts as PDFs and read them back.")
    parser.add_argument("texts", nargs="+", type=Path)
    return parser


def main() -> int:
    for path in make_parser().parse_args().texts:
        for setting in SETTINGS:
            print(
                f"{path.name}  columns {setting[0]}, {setting[1]} points, {setting[3]}: {measure(path.read_text('utf-8'), setting)}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
