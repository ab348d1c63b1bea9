"""DOCX and ODT: headings, lists, tables, notes and changes; what the file says of itself; what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime

import pytest

import index.package as package
from index import LoadError, Metadata
from index.load_office import load_docx, load_odt
from index.loaded import Loaded, in_words
from index.segment import segment

docx = pytest.importorskip("docx")

OFFICE = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("text", "text"), ("table", "table"), ("meta", "meta"))
    )
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def word(write: Callable[[object], object]) -> bytes:
    """A Word file of what a function writes into it."""
    document = docx.Document()
    write(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def odt(body: str, meta: str = "", **parts: str) -> bytes:
    """An OpenDocument text with this body."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        packed.writestr("content.xml", f"<office:document-content {OFFICE}><office:body><office:text>{body}</office:text></office:body></office:document-content>")  # fmt: skip
        packed.writestr("meta.xml", f"<office:document-meta {OFFICE}><office:meta>{meta}</office:meta></office:document-meta>")
        for name, text in parts.items():
            packed.writestr(name.replace("__", "/") + ".xml", text)
    return file.getvalue()


def kinds(loaded: Loaded) -> list[tuple[str, str]]:
    return [(b.kind, b.span.of(loaded.text)) for b in segment(loaded.text, loaded.blocks)[0]]


def place_of(loaded: Loaded, words: str) -> str:
    start = loaded.text.index(words)
    return in_words([x for x in loaded.locations if x.span.start <= start < x.span.end])


def minutes(document) -> None:  # type: ignore[no-untyped-def]
    document.add_heading("Minutes", 0)
    document.add_heading("Bridges", 1)
    document.add_paragraph("The bridge is long.\tIt is old.")
    document.add_heading("Repairs", 2)
    document.add_paragraph("Paint", style="List Bullet")
    document.add_paragraph("Rails", style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip([c for r in table.rows for c in r.cells], ("Item", "Cost", "Paint\nwork", "£1,200"), strict=True):
        cell.text = text
    document.add_heading("Roads", 1)
    document.add_paragraph("None were seen.")


def test_a_word_document_keeps_its_structure() -> None:
    """Headings, items with a bullet, rows with bars, in the order of the file; each knows its section."""
    loaded = load_docx(word(minutes), "a.docx")
    assert kinds(loaded) == [
        ("heading", "Minutes"),
        ("heading", "Bridges"),
        ("paragraph", "The bridge is long. It is old."),
        ("heading", "Repairs"),
        ("item", "• Paint"),
        ("item", "• Rails"),
        ("row", "Item | Cost"),
        ("row", "Paint work | £1,200"),
        ("heading", "Roads"),
        ("paragraph", "None were seen."),
    ]
    assert place_of(loaded, "£1,200") == "section “Bridges > Repairs”"
    assert place_of(loaded, "None were") == "section “Roads”"
    sentences = [s.span.of(loaded.text) for s in segment(loaded.text, loaded.blocks)[1]]
    assert "Paint" in sentences and "• Paint" not in sentences


def test_changes_links_and_notes_of_word() -> None:
    """What was inserted is read and what was deleted is not; the words of links stand; notes come behind their paragraph."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def write(document) -> None:  # type: ignore[no-untyped-def]
        document.element.body.insert(0, parse_xml(
            f"<w:p {space}><w:r><w:t xml:space='preserve'>The bridge </w:t></w:r><w:del w:id='1'><w:r><w:delText>was </w:delText></w:r></w:del>"
            "<w:ins w:id='2'><w:r><w:t xml:space='preserve'>is </w:t></w:r></w:ins><w:hyperlink w:anchor='x'><w:r><w:t>long</w:t></w:r></w:hyperlink>"
            "<w:r><w:footnoteReference w:id='7'/><w:t>.</w:t></w:r></w:p>"
        ))  # fmt: skip
        notes = f"<w:footnotes {space}><w:footnote w:id='7'><w:p><w:r><w:t>Some 300 metres.</w:t></w:r></w:p></w:footnote></w:footnotes>"
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
        part = Part(PackURI("/word/footnotes.xml"), kind, notes.encode(), document.part.package)
        document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)

    assert load_docx(word(write), "a.docx").text == "The bridge is long.\n\nSome 300 metres."


def test_metadata_of_word() -> None:
    """The core properties: title, author, the day of the last change, language."""

    def write(document) -> None:  # type: ignore[no-untyped-def]
        document.add_paragraph("Words.")
        known = document.core_properties
        known.title, known.author, known.modified, known.language = "On bridges", "Ann Lee", datetime(2020, 3, 6), "en-GB"

    assert load_docx(word(write), "a.docx").metadata == Metadata("On bridges", None, "Ann Lee", "2020-03-06", "en-GB")


def test_an_opendocument_text_keeps_its_structure() -> None:
    """The same for ODT: headings, nested lists, tables, notes behind their paragraph, no comments and no deleted words."""
    body = (
        "<text:tracked-changes><text:p>Deleted words.</text:p></text:tracked-changes>"
        '<text:h text:outline-level="1">Bridges</text:h>'
        '<text:p>The <text:span>bridge</text:span><text:s text:c="3"/>is<text:tab/>long<text:note><text:note-body><text:p>Some 300 metres.</text:p>'
        "</text:note-body></text:note>.<office:annotation><text:p>Is it?</text:p></office:annotation></text:p>"
        "<text:list><text:list-item><text:p>Paint</text:p><text:list><text:list-item><text:p>Red</text:p></text:list-item></text:list></text:list-item></text:list>"
        "<text:section><table:table><table:table-row><table:table-cell><text:p>Item</text:p></table:table-cell><table:table-cell><text:p>Cost</text:p>"
        "</table:table-cell></table:table-row></table:table></text:section>"
    )
    meta = "<dc:title>On bridges</dc:title><meta:initial-creator>Ann Lee</meta:initial-creator><dc:date>2020-03-06T10:00:00</dc:date>"
    loaded = load_odt(odt(body, meta), "a.odt")
    assert kinds(loaded) == [
        ("heading", "Bridges"),
        ("paragraph", "The bridge is long."),
        ("paragraph", "Some 300 metres."),
        ("item", "• Paint"),
        ("item", "• Red"),
        ("row", "Item | Cost"),
    ]
    assert place_of(loaded, "Red") == "section “Bridges”"
    assert loaded.metadata == Metadata("On bridges", None, "Ann Lee", "2020-03-06")


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


def replaced(data: bytes, part: str, text: bytes) -> bytes:
    """A zip file with one part replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, text if name == part else old.read(name))
    return file.getvalue()


def test_entities_are_refused() -> None:
    """A document type, where entities grow or name files, is in no office file."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    hostile = f"{BOMB}<w:document {space}><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body></w:document>".encode()
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document {space}><w:body/></w:document>'.encode()
    good = word(minutes)
    for text in (hostile, outside, hostile.decode().encode("utf-16")):
        with pytest.raises(LoadError, match=r"^a\.docx: .*(document type|not well formed)"):
            load_docx(replaced(good, "word/document.xml", text), "a.docx")
    with pytest.raises(LoadError, match=r"^a\.odt: .*document type"):
        load_odt(replaced(odt("<text:p>x</text:p>"), "content.xml", b"<!DOCTYPE a><a/>"), "a.odt")


def test_a_bomb_is_refused_by_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ratio and total are read from the directory, before anything is unpacked."""
    bomb = replaced(word(minutes), "word/styles.xml", b" " * (8 * 2**20))
    with pytest.raises(LoadError, match=r"a\.docx: unpacks to 8,388,608 bytes from [\d,]+, as no document does"):
        load_docx(bomb, "a.docx")
    monkeypatch.setattr(package, "MAX_UNPACKED", 2**20)
    with pytest.raises(LoadError, match=r"a\.docx: unpacks to 8 MB, more than the 1 MB allowed"):
        load_docx(bomb, "a.docx")


@pytest.mark.parametrize("load", [load_docx, load_odt])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"words", word(minutes)[:2000], b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_what_is_no_office_file_is_refused(load: Callable[[bytes, str], Loaded], data: bytes) -> None:
    """In one line that names the file."""
    with pytest.raises(LoadError, match=r"^a\.docx: ") as refused:
        load(data, "a.docx")
    assert "\n" not in str(refused.value)


def test_an_encrypted_opendocument_text_is_refused() -> None:
    """Its manifest says so."""
    manifest = '<m:manifest xmlns:m="urn:x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    with pytest.raises(LoadError, match=r"a\.odt: encrypted; it needs a password: save it without one"):
        load_odt(odt("<text:p>x</text:p>", **{"META-INF__manifest": manifest}), "a.odt")


def test_tables_nested_without_end_are_cut() -> None:
    """Depth is bounded, and what lies deeper is left."""
    body = "<text:list><text:list-item>" * 100 + "<text:p>Deep.</text:p>" + "</text:list-item></text:list>" * 100
    assert load_odt(odt(f"<text:p>Words.</text:p>{body}"), "a.odt").text == "Words."
