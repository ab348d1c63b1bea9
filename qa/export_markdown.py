"""An export as Markdown: written so that CommonMark shows the very characters, and read back as CommonMark shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from index import ExportError

from .literal import markdown_paragraph, markdown_quote
from .outline import RECORD_HEADING, RECORD_NOTE, Block, Kind, Parsed, outline
from .record import Record, from_json, to_json

if TYPE_CHECKING:
    from markdown_it.token import Token

_HEADINGS: dict[Kind, str] = {"title": "#", "heading": "##", "subheading": "###"}
_QUOTES: tuple[Kind, ...] = ("quotation", "passage")
_FENCE = "```"


def to_markdown(record: Record) -> bytes:
    """The export as a Markdown file."""
    blocks = [_written(block) for block in outline(record)]
    note = markdown_paragraph(RECORD_NOTE)
    return "\n\n".join([*blocks, f"## {RECORD_HEADING}", note, f"{_FENCE}json\n{to_json(record)}{_FENCE}\n"]).encode()


def from_markdown(data: bytes) -> Parsed:
    """The export read back. Raises ExportError when it holds no record."""
    from markdown_it import MarkdownIt

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportError(f"it is not UTF-8 (byte {error.start})") from error
    tokens = MarkdownIt("commonmark").parse(text)
    records = [t.content for t in tokens if t.type == "fence" and t.info.strip() == "json"]
    if len(records) != 1:
        raise ExportError(f"it holds {len(records) or 'no'} records in a block of JSON, expected one")
    record = from_json(records[0])
    markup = any(t.type in ("html_block", "html_inline") for token in tokens for t in (token, *(token.children or ())))
    damage = ("it holds HTML, which can change what is seen",) if markup else ()
    written = text.replace("\r\n", "\n") == to_markdown(record).decode()
    return Parsed(record, tuple(_seen(tokens, record)), written, damage)


def _written(block: Block) -> str:
    if block.kind in _HEADINGS:
        return f"{_HEADINGS[block.kind]} {markdown_paragraph(block.text)}"
    if block.kind in _QUOTES:
        return markdown_quote(block.text)
    written = markdown_paragraph(block.text)
    return f"**{written}**" if block.kind in ("asked", "verdict") and written.strip("*") == written else written


def _seen(tokens: Sequence[Token], record: Record) -> Iterator[Block]:
    """The block quotes and what stands right below each. Those of the appendix are passages."""
    passages = sum(1 for _ in record.quotations())
    quotes = [n for n, t in enumerate(tokens) if t.type == "blockquote_open" and t.level == 0]
    for at, opened in enumerate(quotes):
        closed = next(n for n in range(opened, len(tokens)) if tokens[n].type == "blockquote_close" and tokens[n].level == 0)
        below = next((n for n in range(closed + 1, len(tokens)) if tokens[n].type == "paragraph_close"), closed)
        passage = at >= len(quotes) - passages
        yield Block("passage" if passage else "quotation", _text(tokens[opened + 1 : closed]))
        yield Block("detail" if passage else "source", _text(tokens[closed + 1 : below]))


def _text(tokens: Sequence[Token]) -> str:
    """What is seen of blocks: paragraphs; anything else is named in a way that no text of an export has."""
    found = []
    for token in tokens:
        if token.type == "inline":
            found.append("".join(_inline(child) for child in token.children or ()))
        elif token.type not in ("paragraph_open", "paragraph_close"):
            found.append(f"\0{token.type}\0")
    return "\n\n".join(found)


def _inline(token: Token) -> str:
    if token.type in ("text", "text_special"):
        return token.content
    return "\n" if token.type in ("hardbreak", "softbreak") else f"\0{token.type}\0"
