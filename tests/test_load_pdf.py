"""PDF: reading order, divided words, running heads, tables, pages that are pictures, and where every letter stands."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Sequence

import pytest

import index.load_pdf as pdf
from index import LoadError
from index.load_pdf import load_pdf
from index.loaded import Loaded, in_words
from index.segment import segment

WIDTH, HEIGHT = 595, 842
reportlab = pytest.importorskip("reportlab.pdfgen.canvas")

LEFT = "Inspectors visited the service in|January and found that children|waited too long for the help they|needed, and that records were lost|on the way to other agencies."
RIGHT = "The partnership has improved its|offer of early help since then, and|schools say that referrals are now|answered sooner than they were|in the year before the visit."


def make(*pages: Callable, **options) -> bytes:  # type: ignore[no-untyped-def,type-arg]
    """A PDF of which each page is drawn by a function of its canvas."""
    file = io.BytesIO()
    canvas = reportlab.Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1, **options)
    for draw in pages:
        canvas.setFont("Times-Roman", 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def lines(texts: Sequence[str] | str, x: float = 72, y: float = 700, step: float = 13) -> Callable:  # type: ignore[type-arg]
    """Draws lines one below the other; a string is cut at its bars."""

    def draw(canvas) -> None:  # type: ignore[no-untyped-def]
        for number, text in enumerate(texts.split("|") if isinstance(texts, str) else texts):
            canvas.drawString(x, y - number * step, text)

    return draw


def both(*draws: Callable) -> Callable:  # type: ignore[type-arg]
    return lambda canvas: [draw(canvas) for draw in draws]


def kinds(loaded: Loaded) -> list[tuple[str, str]]:
    return [(b.kind, b.span.of(loaded.text)) for b in segment(loaded.text, loaded.blocks)[0]]


def test_two_columns_are_read_one_after_the_other() -> None:
    """Down the left one, then down the right one, below a heading across both; also when the file has them line by line."""

    def across(canvas) -> None:  # type: ignore[no-untyped-def]
        for number, pair in enumerate(zip(LEFT.split("|"), RIGHT.split("|"), strict=True)):
            for x, text in zip((72, 320), pair, strict=True):
                canvas.drawString(x, 700 - 13 * number, text)

    def heading(canvas) -> None:  # type: ignore[no-untyped-def]
        canvas.setFont("Times-Bold", 18)
        canvas.drawString(72, 760, "Findings on the services of the whole area in that year")
        canvas.setFont("Times-Roman", 11)

    expected = [
        ("heading", "Findings on the services of the whole area in that year"),
        ("paragraph", LEFT.replace("|", " ")),
        ("paragraph", RIGHT.replace("|", " ")),
    ]
    for columns in (across, both(lines(RIGHT, x=320), lines(LEFT))):
        assert kinds(load_pdf(make(both(heading, columns)), "a.pdf")) == expected


def test_divided_words_are_joined_only_when_that_is_certain() -> None:
    """A word of English, or one that stands elsewhere in the file, loses its hyphen; what stands elsewhere with it, and the rest, do not."""
    text = "The inspec-|tion found a well-|being plan of the Xyloph-|rant board and of the Qwerp-|lin team. The Xylophrant board and|the well-being plan are new here."
    found = load_pdf(make(lines(text)), "a.pdf").text
    assert found == (
        "The inspection found a well-being plan of the Xylophrant board and of the Qwerp-lin team. "
        "The Xylophrant board and the well-being plan are new here."
    )


def test_a_long_word_is_joined_also_when_it_comes_letter_by_letter() -> None:
    """As a word does whose hyphen PDFium knows to be one: the letters go on on the next line."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    def written(canvas) -> None:  # type: ignore[no-untyped-def]
        style = ParagraphStyle("body", hyphenationLang=lambda word: [(word[:-3], "tic")] if word.endswith("tic") else [])
        paragraph = Paragraph(text, style)
        paragraph.wrapOn(canvas, 225, 200)
        paragraph.drawOn(canvas, 72, 600)

    text = "One of the words here is that which is characteristic of it."
    assert load_pdf(make(written), "a.pdf").text == text


def test_fragments_are_joined_in_a_language_whose_words_are_known() -> None:
    """Where neither part is a word, no compound was divided; among unknown words nobody can tell."""
    english = "The cells of this part were seen to be globu-|linemia and the others were not seen at all."
    assert "globulinemia" in load_pdf(make(lines(english)), "a.pdf").text
    others = "Qvx zellkwr dxrtw vwxzr plmqr globu-|linemia wrtxz."
    assert "globu-linemia" in load_pdf(make(lines(others)), "a.pdf").text


def report(number: int) -> Callable:  # type: ignore[type-arg]
    """A page with a running head, a foot with its number, and a paragraph that goes on on the next page."""

    def draw(canvas) -> None:  # type: ignore[no-untyped-def]
        canvas.drawString(72, 800, f"Annual report {2019 + number}")
        canvas.drawString(290, 30, str(number))
        opening = "and it goes on here until it is done." if number > 1 else "The first paragraph stands here alone."
        lines(
            [
                opening,
                f"Here on page {number} a long paragraph begins, which is not at its end when the",
                "page is, because it has still more to say about the bridge,",
            ]
        )(canvas)

    return draw


def test_running_heads_and_page_numbers_are_left_out_and_paragraphs_go_on() -> None:
    """They stay in the text and are never quoted; a sentence over two pages is one, and says so."""
    loaded = load_pdf(make(*(report(n) for n in (1, 2, 3))), "a.pdf")
    left_out = [(b.span.of(loaded.text), b.reason) for b in loaded.blocks if b.kind == "boilerplate"]
    expected = [((f"Annual report {2019 + n}", "a running head or foot"), (str(n), "a page number")) for n in (1, 2, 3)]
    assert left_out == [aside for page in expected for aside in page]
    sentence = next(s for s in segment(loaded.text, loaded.blocks)[1] if "on page 1" in s.span.of(loaded.text))
    assert sentence.span.of(loaded.text).endswith("bridge, and it goes on here until it is done.")
    places = [x for x in loaded.locations if x.span.overlaps(sentence.span)]
    assert in_words(places) == "pages 1 and 2"


def test_a_table_of_contents_is_left_out() -> None:
    """Its lines, with dots that lead to a page, are no writing."""
    loaded = load_pdf(make(lines("Findings . . . . . . . . . . . 4|Methods ................ 12|The bridge is long.")), "a.pdf")
    assert [b.reason for b in loaded.blocks if b.kind == "boilerplate"] == ["a line of a table of contents"] * 2
    assert [s.span.of(loaded.text) for s in segment(loaded.text, loaded.blocks)[1]] == ["The bridge is long."]


def test_tables_are_rows_and_lists_are_items() -> None:
    """A row is a line with bars between its cells; an item keeps its bullet before its words, and wraps."""

    def table(canvas) -> None:  # type: ignore[no-untyped-def]
        rows = (("School", "Pupils", "Rating"), ("Oak Primary", "310", "Good"), ("Elm Academy", "1,204", "Outstanding"))
        for number, row in enumerate(rows):
            for x, cell in zip((72, 220, 320), row, strict=True):
                canvas.drawString(x, 600 - 20 * number, cell)

    def items(canvas) -> None:  # type: ignore[no-untyped-def]
        for number, text in enumerate(("early help, which was much better than it had been", "strong schools")):
            canvas.drawString(72, 500 - 30 * number, "•")
            canvas.drawString(90, 500 - 30 * number, text)
        canvas.drawString(90, 487, "at the last visit")

    opening = lines("The schools of the area are these, and all of them were seen by inspectors:", y=640)
    found = kinds(load_pdf(make(both(opening, table, items)), "a.pdf"))
    assert found[1:] == [
        ("row", "School | Pupils | Rating"),
        ("row", "Oak Primary | 310 | Good"),
        ("row", "Elm Academy | 1,204 | Outstanding"),
        ("item", "• early help, which was much better than it had been at the last visit"),
        ("item", "• strong schools"),
    ]


def test_an_item_without_an_indent_goes_on_below_its_number() -> None:
    """Until it is at its end: the next line is the rest of a divided word or of a sentence, or a paragraph of its own."""
    text = [
        "1. The first recommendation of this report is about the inspec-",
        "tion of the bridge, which was not done for a long time, and about",
        "the school.",
        "2. The second recommendation of this report is about the market.",
        "Everybody who wrote to us has had an answer from the inspectors.",
    ]
    found = kinds(load_pdf(make(lines(text)), "a.pdf"))
    assert found == [
        ("item", " ".join(text[:3]).replace("inspec- tion", "inspection")),
        ("item", text[3]),
        ("paragraph", text[4]),
    ]


def turned(draw: Callable, degrees: int) -> Callable:  # type: ignore[type-arg]
    """Draws turned on the same page."""

    def turn(canvas) -> None:  # type: ignore[no-untyped-def]
        canvas.translate(WIDTH / 2, HEIGHT / 2)
        canvas.rotate(degrees)
        canvas.translate(-HEIGHT / 2, -WIDTH / 2)
        draw(canvas)

    return turn


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_every_letter_is_found_again_on_its_page(rotation: int, degrees: int) -> None:
    """The numbers of letters are PDFium's: the words at them are the words of the text, however page and words are turned."""
    import pypdfium2

    first, second = both(lines(LEFT, y=400), lines(RIGHT, x=320, y=400)), lines("A second page.|It is short.", y=400)
    source = pypdfium2.PdfDocument(make(turned(first, degrees), turned(second, degrees)))
    for page in source:
        page.set_rotation(rotation)
    file = io.BytesIO()
    source.save(file)
    loaded = load_pdf(file.getvalue(), "a.pdf")
    document = pypdfium2.PdfDocument(file.getvalue())
    pages = [page.get_textpage() for page in document]
    covered = 0
    for location in loaded.locations:
        words = location.span.of(loaded.text)
        assert pages[int(location.label) - 1].get_text_range(location.glyph, len(words)) == words
        covered += len(words)
    assert covered > 0.95 * len(loaded.text)
    assert len(loaded.locations) <= 14, "a run for a line, not for a letter"
    assert loaded.text.startswith(LEFT.replace("|", " ") + "\n\n" + RIGHT.replace("|", " "))


def test_metadata_comes_from_the_file() -> None:
    """Title, author and the day it was made; the names of programs are no titles."""

    def about(canvas) -> None:  # type: ignore[no-untyped-def]
        canvas.setTitle("On bridges")
        canvas.setAuthor("Ann Lee")
        canvas.drawString(72, 700, "Words of the page.")

    known = load_pdf(make(about), "a.pdf").metadata
    assert (known.title, known.author) == ("On bridges", "Ann Lee") and known.date
    assert load_pdf(make(lines("Words.")), "a.pdf").metadata.title is None


def picture_of_words(canvas) -> None:  # type: ignore[no-untyped-def]
    """A page that is only a picture, with words on it."""
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader

    image = Image.new("L", (1600, 400), 255)
    ImageDraw.Draw(image).text((40, 150), "The bridge was closed in May", fill=0, font=ImageFont.load_default(size=90))
    canvas.drawImage(ImageReader(image), 40, 500, 515, 129)


def test_pages_that_are_pictures_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Tesseract the note says which pages were not read and why; a file of nothing else is refused with that."""
    monkeypatch.setattr(pdf, "can_read", lambda: False)
    words = lines("Words of the first page.")
    loaded = load_pdf(make(words, picture_of_words, picture_of_words, words), "a.pdf")
    assert loaded.notes == (
        "pages 2 to 3 are without readable text; not read, because Tesseract is not installed (package tesseract-ocr)",
    )
    with pytest.raises(LoadError, match=r"a\.pdf: empty: .*page 1 is without readable text; not read, because"):
        load_pdf(make(picture_of_words), "a.pdf")


def test_blank_pages_are_no_pictures() -> None:
    """And not worth a note."""
    assert load_pdf(make(lines("Words."), lambda canvas: None), "a.pdf").notes == ()


@pytest.mark.skipif(not pdf.can_read(), reason="Tesseract is not installed")
def test_pictures_are_read_when_tesseract_is_there() -> None:
    """The words stand where their page does, and the note says that a program has read them."""
    first, last = lines("The first page has words."), lines("The last page has words.")
    loaded = load_pdf(make(first, picture_of_words, last), "a.pdf")
    start = loaded.text.index("The bridge was closed in May")
    assert loaded.text.index("first page") < start < loaded.text.index("last page")
    assert in_words([x for x in loaded.locations if x.span.start <= start < x.span.end]) == "page 2"
    assert loaded.notes == (
        "page 2 is without readable text; read by OCR (Tesseract), which errs: compare quotations with the page",
    )


def test_an_encrypted_file_is_refused_with_the_cure() -> None:
    """One that opens without a password is read."""
    from reportlab.lib.pdfencrypt import StandardEncryption

    with pytest.raises(LoadError, match=r"a\.pdf: encrypted; it needs a password: save it without one"):
        load_pdf(make(lines("Secret words."), encrypt=StandardEncryption("secret")), "a.pdf")
    assert load_pdf(make(lines("Open words."), encrypt=StandardEncryption("", "owner")), "a.pdf").text == "Open words."


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"words", make(lines("Words."))[:300]])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    """In one line that names the file."""
    with pytest.raises(LoadError, match=r"^a\.pdf: "):
        load_pdf(data, "a.pdf")


def test_a_file_whose_pages_go_in_circles_ends() -> None:
    """A page tree that is its own child, and one that promises more pages than there are."""
    loop = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 90>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    with pytest.raises(LoadError, match=r"^a\.pdf: "):
        load_pdf(loop, "a.pdf")


def test_pieces_are_pure() -> None:
    """The same file gives the same text and places twice."""
    data = make(both(lines(LEFT), lines(RIGHT, x=320)))
    first, second = (load_pdf(data, "a.pdf") for _ in range(2))
    assert first == second
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(first.locations))
