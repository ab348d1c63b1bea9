"""An export as DOCX: paragraphs with named styles, the record as a custom XML part, which Word keeps when it saves."""

from __future__ import annotations

import io
import zipfile
from html import escape
from typing import TYPE_CHECKING, Any

from index import ExportError

from .literal import shown
from .outline import PROVED, RECORD_HEADING, RECORD_NOTE, Block, Kind, Parsed, outline
from .record import Record, from_json, to_json

if TYPE_CHECKING:
    from docx.document import Document

MAX_UNPACKED = 512 * 1024 * 1024
"""A file that unpacks to more bytes is refused: no export comes near, and it might fill the memory."""

_BUILT_IN: dict[Kind, str] = {"title": "Title", "heading": "Heading 1", "subheading": "Heading 2", "line": "Normal"}
_SIZES: dict[Kind, int] = {"quotation": 12, "passage": 10, "source": 9, "places": 9, "detail": 9, "asked": 12, "verdict": 11}
_NAMESPACE = "urn:quote-only-qa:export"
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad"}
_FOREIGN = {"sym", "drawing", "pict", "object", "fldSimple", "instrText"}


def to_docx(record: Record) -> bytes:
    """The export as a DOCX file."""
    import docx

    document = docx.Document()
    _set_styles(document)
    blocks = _all_blocks(record)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = blocks[0].text, "", ""
    styles = {style.name: style.style_id for style in document.styles}  # looking each up in the document is slow
    for block in blocks:
        paragraph = document.add_paragraph(shown(block.text))
        paragraph._p.style = styles[_BUILT_IN.get(block.kind) or _style_name(block.kind)]
    _attach(document, to_json(record))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def from_docx(data: bytes) -> Parsed:
    """The export read back, as a reader sees it: with insertions and without deletions that were tracked, and nothing hidden.

    Raises ExportError when it is no DOCX file or holds no record.
    """
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(part.file_size for part in package.infolist()) > MAX_UNPACKED:
                raise ExportError(f"it unpacks to more than {MAX_UNPACKED // 2**20} MB")
        document = docx.Document(io.BytesIO(data))
        record_text = _attached(document)
        paragraphs = _paragraphs(document)
    except ExportError:
        raise
    except Exception as error:  # zipfile, zlib, lxml and python-docx each raise their own, and others, for damaged files
        raise ExportError(f"it cannot be read as DOCX ({type(error).__name__}: {' '.join(str(error).split())})") from error
    record = from_json(record_text)
    names = {_style_name(kind): kind for kind in PROVED}
    seen = tuple(Block(names[style], text) for style, text in paragraphs if style in names)
    written = [text for _, text in paragraphs if text] == [shown(block.text) for block in _all_blocks(record)]
    return Parsed(record, seen, written)


def _all_blocks(record: Record) -> list[Block]:
    return [
        *outline(record),
        Block("heading", RECORD_HEADING),
        Block("line", f"{RECORD_NOTE} It is a part of this file that is not shown."),
    ]


def _style_name(kind: str) -> str:
    return f"Export {kind}"  # names of our own: "Quote" and the like are already those of other programs


def _set_styles(document: Document) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Cm, Pt

    for kind, size in _SIZES.items():
        style = document.styles.add_style(_style_name(kind), WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.font.size = document.styles["Normal"], Pt(size)
        style.font.bold = kind in ("asked", "verdict")
        if kind not in ("asked", "verdict"):
            style.paragraph_format.left_indent = Cm(1)
        if kind == "quotation":
            style.paragraph_format.keep_with_next = True


def _attach(document: Document, record: str) -> None:
    """Put the record into a custom XML part of the document."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.part import Part

    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<record xmlns="{_NAMESPACE}">{escape(record, quote=False)}</record>'
    package = document.part.package
    part = Part(package.next_partname("/customXml/item%d.xml"), "application/xml", xml.encode(), package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)


def _attached(document: Document) -> str:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    found = []
    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.CUSTOM_XML and not relation.is_external:
            element = parse_xml(relation.target_part.blob)
            if element.tag == f"{{{_NAMESPACE}}}record":
                found.append(element.text or "")
    if len(found) != 1:
        raise ExportError(f"it holds {len(found) or 'no'} records, expected one")
    return found[0]


def _paragraphs(document: Document) -> list[tuple[str, str]]:
    """The style and the text of every paragraph, also of those inside tables and frames."""
    from docx.oxml.ns import qn

    styles = {style.style_id: style.name or "" for style in document.styles}
    body, prefix = document.element.body, qn("w:p").removesuffix("p")
    hidden = {style.style_id for style in document.styles if getattr(style, "font", None) and style.font.hidden}
    return [(styles.get(p.style, ""), "" if p.style in hidden else _text(p, prefix)) for p in body.iter(qn("w:p"))]


def _text(paragraph: Any, prefix: str) -> str:
    """The text that is seen of a paragraph. What is no text counts as a character that no export holds."""
    parts = []
    for run in paragraph.iter(f"{prefix}r"):
        hidden = run.find(f"{prefix}rPr/{prefix}vanish") is not None
        if hidden or any(True for _ in run.iterancestors(f"{prefix}del", f"{prefix}moveFrom")):
            continue
        for element in run:
            name = str(element.tag).removeprefix(prefix)
            foreign = name in _FOREIGN or name.startswith("{")
            parts.append((element.text or "") if name == "t" else "\0" if foreign else _BREAKS.get(name, ""))
    return "".join(parts)
