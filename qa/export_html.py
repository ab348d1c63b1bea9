"""An export as one HTML file: no script, a small style sheet inside, light, dark and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

from index import ExportError

from .literal import shown
from .markup import escape, visible
from .outline import PROVED, RECORD_HEADING, RECORD_NOTE, Block, Kind, Parsed, outline
from .record import Record, from_json, to_json

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5b5b66; --line: #c9c9d2; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf1; --soft: #a9a9b6; --line: #4a4a55; --paper: #17171b; } }
body { margin: 2rem auto; max-width: 44rem; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
p, blockquote, pre { white-space: pre-wrap; overflow-wrap: anywhere; }
blockquote { margin: 1.2rem 0 .3rem; padding-left: 1rem; border-left: 3px solid var(--line); font-family: Georgia, serif; }
.asked, .verdict { font-weight: 600; }
.source, .places, .detail, .passage { color: var(--soft); font-size: .9rem; }
.source, .places, .detail { margin: 0 0 .3rem; padding-left: calc(1rem + 3px); }
.unseen { outline: 1px dotted var(--soft); }
.unseen::before { content: attr(data-code); font: .7em monospace; }
pre { font-size: .75rem; max-height: 20rem; overflow: auto; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --line: #999; --paper: #fff; }
  body { margin: 0; max-width: none; } details { display: none; }
  blockquote, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; }
}
"""
_TAGS: dict[Kind, str] = {"title": "h1", "heading": "h2", "subheading": "h3", "quotation": "blockquote", "passage": "blockquote"}
_KNOWN = frozenset("html head meta title style body h1 h2 h3 p blockquote span details summary pre".split())
_ATTRIBUTES = frozenset("class dir data-code lang charset name content".split())
_ONLY = {"dir": "auto", "charset": "utf-8"}
"""Attributes that have one value in every export, and another effect on what is seen with any other."""


def to_html(record: Record) -> bytes:
    """The export as one HTML file."""
    blocks = outline(record)
    body = "\n".join(_written(block) for block in blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(blocks[0].text)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n"
        f'<details><summary>{RECORD_HEADING}</summary>\n<p>{RECORD_NOTE}</p>\n<pre class="record">{escape(to_json(record))}</pre>\n'
        "</details>\n</body>\n</html>\n"
    ).encode()


def from_html(data: bytes) -> Parsed:
    """The export read back. Raises ExportError when it holds no record."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportError(f"it is not UTF-8 (byte {error.start})") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as every browser does
    page = _Page()
    page.feed(text)
    page.close()
    records = [text for css, text in page.found if css == "record"]
    if len(records) != 1:
        raise ExportError(f"it holds {len(records) or 'no'} records, expected one")
    record = from_json(records[0])
    seen = tuple(Block(kind, shown(text)) for css, text in page.found for kind in PROVED if css == kind)
    written = text == to_html(record).decode()
    return Parsed(record, seen, written, tuple(dict.fromkeys(page.damage)))


def _written(block: Block) -> str:
    tag = _TAGS.get(block.kind, "p")
    return f'<{tag} class="{block.kind}" dir="auto">{visible(block.text)}</{tag}>'


class _Page(HTMLParser):
    """The text of every element with a class, and what no export holds, since it could change what is seen."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self.damage: list[str] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._allow(tag in _KNOWN and len(values) == len(attrs), f"it holds <{tag:.20}> as no export has it")
        for name, value in values.items():
            self._allow(name in _ATTRIBUTES and value == _ONLY.get(name, value), f'it holds {name:.20}="{value:.40}"')
        if values.get("class") in PROVED:
            self._allow(
                [opened for opened, _, _ in self._open] == ["html", "body"], f"a {values['class']} stands in another element"
            )
        if tag != "meta":
            self._open.append((tag, values, []))

    def handle_endtag(self, tag: str) -> None:
        self._allow(bool(self._open) and self._open[-1][0] == tag, f"</{tag:.20}> closes nothing")
        if not self._open or self._open[-1][0] != tag:
            return
        _, values, parts = self._open.pop()
        text = "".join(parts)
        if self._open:
            self._open[-1][2].append(text)
        css = values.get("class", "quotation" if tag == "blockquote" else "")
        self.found.append((css, text))
        if tag == "span" or "data-code" in values:  # the style sheet shows the code
            self._allow(
                len(text) == 1 and values.get("data-code") == f"U+{ord(text):04X}", "a character is shown with another code"
            )
        self._allow(tag != "style" or text == _STYLE, "its style sheet has been changed")

    def _allow(self, allowed: bool, what: str) -> None:
        if not allowed:
            self.damage.append(f"{what}, which can change what is seen")

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)

    def handle_comment(self, data: str) -> None:
        self.damage.append("it holds a comment, which no export has")

    def handle_pi(self, data: str) -> None:
        self.damage.append("it holds a processing instruction, which no export has")

    def unknown_decl(self, data: str) -> None:
        self.damage.append("it holds a declaration, which no export has")
