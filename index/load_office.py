"""DOCX and ODT: headings with their paths, paragraphs, lists, tables as rows, notes; what was struck out is not read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from .errors import LoadError
from .loaded import Loaded, Piece, assemble, item, row, stated
from .package import check_parts, open_zip, parse_xml, xml_part
from .records import Metadata

MAX_DEPTH = 60
"""Tables in tables and lists in lists, so deep and no deeper."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_NOTES = {"footnotes": "footnoteReference", "endnotes": "endnoteReference"}
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"


def load_docx(data: bytes, name: str) -> Loaded:
    """The text of a Word document. Raises LoadError: damaged, encrypted, too large unpacked."""
    _refuse_encrypted(data, name)
    with open_zip(data, name) as package:
        check_parts(package, name, lambda part: part.endswith((".xml", ".rels")))
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        known = document.core_properties
        metadata = stated(title=known.title, author=known.author, date=known.modified or known.created, language=known.language)
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise LoadError(f"{name}: not readable as DOCX ({' '.join(str(error).split())[:200]}); save it anew") from error
    body = document.element.body
    return assemble(_Word(document).blocks(body, 0) if body is not None else (), name, metadata)


def load_odt(data: bytes, name: str) -> Loaded:
    """The text of an OpenDocument text. Raises LoadError: damaged, encrypted, too large unpacked."""
    _refuse_encrypted(data, name)
    with open_zip(data, name) as package:
        check_parts(package, name, lambda part: part in ("content.xml", "meta.xml", "META-INF/manifest.xml"))
        manifest = xml_part(package, "META-INF/manifest.xml", name)
        if manifest is not None and any(str(e.tag).endswith("}encryption-data") for e in manifest.iter()):
            raise LoadError(f"{name}: encrypted; it needs a password: save it without one")
        content, about = xml_part(package, "content.xml", name), xml_part(package, "meta.xml", name)
    body = content.find(f"{_OFFICE}body/{_OFFICE}text") if content is not None else None
    if body is None:
        raise LoadError(f"{name}: not readable as ODT (it holds no text document); save it anew")
    return assemble(_open_blocks(body, 0, False), name, _odt_metadata(about))


def _refuse_encrypted(data: bytes, name: str) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise LoadError(f"{name}: encrypted, or in the old format of Word 97; save it as .docx without a password")


class _Word:
    """The blocks of a Word document; what it needs to know of styles and notes is read once."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, int] = {}
        self._listed: set[str] = set()
        for style in document.styles.element.iter(f"{_W}style"):
            self._read_style(style)
        self._notes = {kind: self._read_notes(document, kind) for kind in _NOTES}

    def _read_style(self, style: Any) -> None:
        identity = style.get(f"{_W}styleId") or ""
        name = style.find(f"{_W}name")
        match = re.fullmatch(r"heading (\d)|(title)", (name.get(f"{_W}val") or "").casefold()) if name is not None else None
        if match:
            self._levels[identity] = int(match.group(1) or 1)
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None and (outline.get(f"{_W}val") or "").isdecimal() and int(outline.get(f"{_W}val")) < 9:
            self._levels.setdefault(identity, int(outline.get(f"{_W}val")) + 1)
        if style.find(f"{_W}pPr/{_W}numPr") is not None and identity not in self._levels:
            self._listed.add(identity)

    @staticmethod
    def _read_notes(document: Any, kind: str) -> dict[str, Any]:
        for relation in document.part.rels.values():
            if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
                root = parse_xml(relation.target_part.blob, kind)
                return {note.get(f"{_W}id"): note for note in root if not note.get(f"{_W}type")}
        return {}

    def blocks(self, parent: Any, depth: int) -> Iterator[Piece]:
        """The blocks below an element, in order."""
        for child in parent if depth < MAX_DEPTH else ():
            if child.tag == f"{_W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                yield from self._table(child, depth)
            elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml", f"{_W}smartTag"):
                yield from self.blocks(child, depth + 1)

    def _paragraph(self, paragraph: Any) -> Iterator[Piece]:
        text = " ".join(_word_text(paragraph).split())
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        identity = (style.get(f"{_W}val") or "") if style is not None else ""
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        level = self._levels.get(identity, 0)
        if outline is not None and (outline.get(f"{_W}val") or "9") in "012345678":
            level = int(outline.get(f"{_W}val")) + 1
        number = paragraph.find(f"{_W}pPr/{_W}numPr/{_W}numId")
        listed = (number.get(f"{_W}val") != "0") if number is not None else identity in self._listed
        if level:
            yield Piece(text, "heading", level=level)
        elif listed and text:
            yield item(text)
        else:
            yield Piece(text)
        for box in paragraph.iter(f"{_W}txbxContent"):
            if not any(a.tag == f"{_MC}Fallback" for a in box.iterancestors()):
                yield from self.blocks(box, MAX_DEPTH - 2)
        for kind, reference in _NOTES.items():
            for note in paragraph.iter(f"{_W}{reference}"):
                found = self._notes[kind].get(note.get(f"{_W}id"))
                if found is not None:
                    words = " ".join(_word_text(p).strip() for p in found.iter(f"{_W}p"))
                    yield Piece(words.strip())

    def _table(self, table: Any, depth: int) -> Iterator[Piece]:
        for line in table.iter(f"{_W}tr"):
            if next(a for a in line.iterancestors() if a.tag == f"{_W}tbl") is not table:
                continue  # of a table within a cell, whose words are the cell's
            cells = [" ".join(" ".join(_word_text(p) for p in cell.iter(f"{_W}p")).split()) for cell in line.iter(f"{_W}tc")
                     if next(a for a in cell.iterancestors() if a.tag == f"{_W}tr") is line]  # fmt: skip
            yield row(cells)


def _word_text(paragraph: Any) -> str:
    """The words of a paragraph, with what was inserted and without what was deleted."""
    parts: list[str] = []
    left_out = {f"{_W}del", f"{_W}moveFrom", f"{_W}txbxContent", f"{_MC}Fallback", f"{_W}rPr", f"{_W}pPr", f"{_W}instrText"}
    stack = [iter(paragraph)]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
        elif child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            parts.append(" ")
        elif child.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif child.tag not in left_out:
            stack.append(iter(child))
    return "".join(parts)


def _open_blocks(parent: Any, depth: int, listed: bool) -> Iterator[Piece]:
    """The blocks of an OpenDocument element, in order."""
    for child in parent if depth < MAX_DEPTH else ():
        if child.tag == f"{_TEXT}h":
            level = child.get(f"{_TEXT}outline-level") or "1"
            yield Piece(_open_text(child), "heading", level=int(level) if level.isdecimal() else 1)
        elif child.tag == f"{_TEXT}p":
            text = _open_text(child)
            yield item(text) if listed and text else Piece(text)
            for note in child.iter(f"{_TEXT}note-body"):
                yield Piece(" ".join(_open_text(p) for p in note.iter(f"{_TEXT}p")))
        elif child.tag == f"{_TABLE}table":
            for line in child.iter(f"{_TABLE}table-row"):
                cells = [
                    " ".join(_open_text(p) for p in cell.iter(f"{_TEXT}p")) for cell in line if cell.tag == f"{_TABLE}table-cell"
                ]
                yield row(cells)
        elif child.tag == f"{_TEXT}list":
            yield from _open_blocks(child, depth + 1, True)
        elif child.tag in (f"{_TEXT}list-item", f"{_TEXT}list-header"):
            yield from _open_blocks(child, depth + 1, listed)
        elif child.tag not in (
            f"{_TEXT}tracked-changes",
            f"{_TEXT}sequence-decls",
            f"{_OFFICE}forms",
            f"{_TEXT}table-of-content",
        ):
            yield from _open_blocks(child, depth + 1, False)


def _open_text(paragraph: Any) -> str:
    """The words of an OpenDocument paragraph, without its notes and comments."""
    parts: list[str] = [paragraph.text or ""]
    stack = [iter(paragraph)]
    ends = [""]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
            parts.append(ends.pop())
            continue
        if child.tag == f"{_TEXT}s":
            parts.append(" ")
        elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            parts.append(" ")
        elif child.tag not in (f"{_TEXT}note", f"{_OFFICE}annotation") and isinstance(child.tag, str):
            parts.append(child.text or "")
            stack.append(iter(child))
            ends.append(child.tail or "")
            continue
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def _odt_metadata(about: Any) -> Metadata:
    found = about.find(f"{_OFFICE}meta") if about is not None else None
    if found is None:
        return Metadata()
    author = found.findtext(f"{_META}initial-creator") or found.findtext(f"{_DC}creator")
    day = found.findtext(f"{_DC}date") or found.findtext(f"{_META}creation-date")
    return stated(title=found.findtext(f"{_DC}title"), author=author, date=day, language=found.findtext(f"{_DC}language"))
