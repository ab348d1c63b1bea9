"""HTML and saved pages: the main content by trafilatura, headings with the ids to open them at; nothing is run or fetched."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .decode import decode
from .errors import LoadError
from .loaded import Loaded, Piece, assemble, item, row, stated
from .records import Metadata

MAX_DEPTH = 60
"""Lists in lists and quotations in quotations, so deep and no deeper."""

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_BLOCKS = frozenset(("p", "head", "list", "item", "table", "quote", "code", "div", "row", "cell"))


def load_html(data: bytes, name: str) -> Loaded:
    """The main content of a page. Raises LoadError: no text in it, an encoding that cannot be told."""
    import trafilatura

    text, note = _decoded(data, name)
    notes = [note] if note else []
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)  # it speaks of bytes, which these are no longer
    if not re.search(r"<html\b", text[:100_000], re.IGNORECASE):
        text = f"<!DOCTYPE html><html><body>{text}</body></html>"
    tree = trafilatura.load_html(text)
    if tree is None:
        raise LoadError(f"{name}: not readable as HTML; save the page anew")
    anchors = _anchors(tree)
    language = next((e.get("lang") for e in tree.iter("html") if e.get("lang")), None)
    careful = {"original_date": True, "extensive_search": False}
    found = trafilatura.bare_extraction(text, with_metadata=True, include_comments=False, date_extraction_params=careful)
    body = found.body if found is not None else None
    if body is None or not "".join(body.itertext()).strip():
        notes.append("its main content is not recognised; all its paragraphs were taken")
        body = trafilatura.baseline(text)[0]
    pieces = list(_anchored(_pieces(body, 0), anchors))
    if not pieces:
        pieces = [Piece(" ".join(line.split())) for line in trafilatura.html2txt(text).splitlines()]
    known = found if found is not None else trafilatura.extract_metadata(text, date_config=careful)
    metadata = Metadata(language=language)
    if known is not None:
        metadata = stated(title=known.title, author=known.author, date=known.date, publisher=known.sitename, language=language)
    return assemble(pieces, name, metadata, notes)


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    """The text of a page: UTF-8 or by its mark, else as it declares, else as its characters suggest."""
    declared = _CHARSET.search(data[:4096])
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = declared.group(1).decode("ascii").lower()
        encoding = (
            "cp1252" if encoding in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else encoding
        )  # as browsers do
        try:
            return data.decode(encoding), f"read as {encoding}, as it declares"
        except (LookupError, UnicodeDecodeError, ValueError):
            pass
    return decode(data, name)


def _anchors(tree: Any) -> dict[str, list[str]]:
    """By the words of a heading: the ids to open the page at, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for heading in tree.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        own = [heading, *heading.iterdescendants()]
        parent = heading.getparent()
        if parent is not None and parent.tag in ("section", "div", "article", "header") and parent[0] is heading:
            own.append(parent)
        names = (e.get("id") or (e.get("name") if e.tag == "a" else None) for e in own if isinstance(e.tag, str))
        found[_words(heading)].append(next(filter(None, names), ""))
    return found


def _anchored(pieces: Iterator[Piece], anchors: dict[str, list[str]]) -> Iterator[Piece]:
    for piece in pieces:
        listed = anchors.get(piece.text) if piece.level else None
        yield replace(piece, anchor=listed.pop(0)) if listed else piece


def _pieces(parent: Any, depth: int) -> Iterator[Piece]:
    """The blocks of what trafilatura found, in order."""
    for child in parent if depth < MAX_DEPTH else ():
        if child.tag == "head":
            level = (child.get("rend") or "h2")[-1]
            yield Piece(_words(child), "heading", level=int(level) if level in "123456" else 2)
        elif child.tag == "row":
            yield row([_words(cell) for cell in child if cell.tag == "cell"])
        elif child.tag in ("table", "list"):
            yield from _pieces(child, depth + 1)
        else:
            own = _words(child, inner=False)
            if own:
                yield item(own) if child.tag == "item" else Piece(own)
            yield from _pieces(child, depth + 1) if any(c.tag in _BLOCKS for c in child) else ()


def _words(element: Any, inner: bool = True) -> str:
    """The words of an element; without those of the blocks in it unless `inner`."""
    parts: list[str] = []
    stack: list[Any] = [element]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        if node is not element and isinstance(node.tag, str) and node.tag in ("lb", "br"):
            parts.append(" ")
        elif node is element or isinstance(node.tag, str) and (inner or node.tag not in _BLOCKS):
            parts.append(node.text or "")
            for child in reversed(node):
                stack.extend((child.tail or "", child))
    return " ".join("".join(parts).split())
