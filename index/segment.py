"""Text to blocks, and blocks to sentences: spans into the unchanged text, never strings.

Between blocks there is only white space; between the sentences of a block there is only white space and the
block's own mark (a bullet, a number, heading signs). So the pieces and what is between them give the text back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .boilerplate import boilerplate_reasons
from .records import Block, Sentence, Span
from .sentences import split_sentences, trim
from .speech import attribute_speech

_BULLET = re.compile(r"(?:[•‣▪◦●○■□–—·*+-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])[ \t\u00a0]+(?=\S)")
_NUMBERED = re.compile(r"\(?[0-9a-z]")
_MD_HEADING = re.compile(r"#{1,6}[ \t]+(?=\S)")
_RULE = re.compile(r"[-=_*~#•·. \t\u00a0]{3,}|\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?|```.*")
_ROW = re.compile(r"\|.*\|")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATELINE = re.compile(
    rf"(?:(?:published|updated|posted|date)\s*:?\s*)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|{_MONTH}\s+\d{{4}}|\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}})"
    r"(?:,?\s+(?:at\s+)?\d{1,2}[:.]\d\d\s*(?:[ap]\.?m\.?)?(?:\s+[A-Z]{2,4})?)?",
    re.IGNORECASE,
)
_NAME = r"[^\W\d_a-z][\w’'.-]*"
_PERSON_LINE = re.compile(rf"{_NAME}(?:\s+(?:{_NAME}|de|van|von|der|bin|al)){{1,3}}(?:\s+and\s+{_NAME}(?:\s+{_NAME}){{1,2}})?")
_BY_LINE = re.compile(
    rf"(?:by|words by|written by|story by|reported by|author\s*:|from)\s+{_NAME}(?:\s+\S+){{0,8}}", re.IGNORECASE
)

MAX_WRAP = 130
"""Lines longer than this were not wrapped by hand: each is a paragraph."""

MIN_WRAP = 45
"""Groups of lines all shorter than this (an address, a poem) are not joined either."""

_TOP_BLOCKS = 6  # a byline stands among the first blocks
_HEADING_CHARS, _HEADING_WORDS = 120, 16


@dataclass(frozen=True, slots=True)
class _Line:
    span: Span  # without the white space around it
    indent: int
    blank_before: bool


MAX_RECORD = 600
"""Characters: a record of at most so many is quoted whole."""


def segment(text: str, given: Sequence[Block] = ()) -> tuple[tuple[Block, ...], tuple[Sentence, ...]]:
    """Blocks and citable sentences of a text, in order. Boilerplate and markup have blocks and no sentences.

    `given` are blocks that are known before, in order; of what lies between them the blocks are found.
    """
    blocks = find_blocks(text, given)
    sentences = [
        Sentence(span, block.kind, number)
        for number, block in enumerate(blocks)
        if block.kind not in ("boilerplate", "markup")
        for span in ([block.body] if _is_one(block) else split_sentences(text, block.body))
    ]
    speech = attribute_speech(text, blocks, [s.span for s in sentences], [s.block for s in sentences])
    return blocks, tuple(replace(s, speech=said) for s, said in zip(sentences, speech, strict=True))


def _is_one(block: Block) -> bool:
    return block.kind == "record" and len(block.body) <= MAX_RECORD


def find_blocks(text: str, given: Sequence[Block] = ()) -> tuple[Block, ...]:
    """The blocks of a text, in order: see BLOCK_KINDS for what they can be. `given` are known before, as in `segment`."""
    blocks: list[Block] = []
    position = 0
    for block in given:
        blocks += [*_between(text, position, block.span.start), block]
        position = block.span.end
    blocks += _between(text, position, len(text))
    following = _next_written(blocks)
    blocks = [_kind_of(text, blocks, i, following[i]) for i in range(len(blocks))]
    blocks = [_lead_in(text, block, after) for block, after in zip(blocks, following, strict=True)]
    reasons = boilerplate_reasons(text, blocks)
    return tuple(
        replace(block, kind="boilerplate", reason=block.reason or reason) if reason else block
        for block, reason in zip(blocks, reasons, strict=True)
    )


def _between(text: str, start: int, end: int) -> list[Block]:
    return _list_blocks(text, _paragraphs(text, _lines(text, start, end)))


def _lines(text: str, start: int, end: int) -> list[_Line]:
    lines: list[_Line] = []
    position, blank = start, True
    if text.startswith("\ufeff", start, end) and start == 0:  # a byte-order mark: markup that holds its place
        lines.append(_Line(Span(0, 1), 0, True))
        position = 1
    for raw in text[position:end].splitlines(keepends=True):
        span = trim(text, position, position + len(raw))
        if span and any(not c.isspace() and c not in "\ufeff\u200b" for c in raw):
            lines.append(_Line(span, span.start - position, blank))
            blank = False
        else:
            blank = True
            if span:  # only zero-width spaces: markup too
                lines.append(_Line(span, 0, True))
        position += len(raw)
    return lines


def _paragraphs(text: str, lines: list[_Line]) -> list[Block]:
    """Join hand-wrapped lines; every bullet, heading sign, table row and repeated line starts anew."""
    groups: list[list[_Line]] = []
    for line in lines:
        if line.blank_before or not groups:
            groups.append([])
        groups[-1].append(line)
    return [block for group in groups for block in _unwrap(text, group)]


def _unwrap(text: str, group: list[_Line]) -> list[Block]:
    width = max(line.indent + len(line.span) for line in group)
    wrapped = len(group) > 1 and MIN_WRAP <= width <= MAX_WRAP
    blocks: list[Block] = []
    for number, line in enumerate(group):
        block = _marked(text, line.span)
        before = group[number - 1] if number else None
        if before and block.kind == "paragraph" and blocks[-1].kind in ("paragraph", "item"):
            hanging = blocks[-1].kind == "item" and line.indent > before.indent and len(before.span) < MAX_WRAP
            hanging = hanging or (blocks[-1].kind == "item" and line.indent > 0 and wrapped)
            if hanging or (wrapped and _soft_break(text, before, line, width)):
                last = blocks[-1]
                blocks[-1] = replace(last, span=Span(last.span.start, line.span.end), body=Span(last.body.start, line.span.end))
                continue
        blocks.append(block)
    return blocks


def _soft_break(text: str, before: _Line, line: _Line, width: int) -> bool:
    """Whether the break between two lines was made for width: the next word would not have fitted."""
    if line.span.of(text) == before.span.of(text):
        return False  # a doubled line, not a wrapped one
    word = re.match(r"\S+", line.span.of(text)).group()  # type: ignore[union-attr]
    return before.indent + len(before.span) + 1 + len(word) > width


def _marked(text: str, span: Span) -> Block:
    """A block for one line, by the marks that it carries."""
    line = span.of(text)
    if _RULE.fullmatch(line) or not line.strip("\ufeff\u200b"):
        return Block("markup", span, span)
    if heading := _MD_HEADING.match(line):
        return Block("heading", span, Span(span.start + heading.end(), span.end))
    if _ROW.fullmatch(line):
        return Block("row", span, span)
    if bullet := _BULLET.match(line):
        return Block("item", span, Span(span.start + bullet.end(), span.end))
    return Block("paragraph", span, span)


def _list_blocks(text: str, blocks: list[Block]) -> list[Block]:
    """Keep as items only what stands in a list: a lone "1. Welcome" or "- a remark" is no list."""
    result = []
    for i, block in enumerate(blocks):
        if block.kind == "item":
            before, after = blocks[i - 1] if i else None, blocks[i + 1] if i + 1 < len(blocks) else None
            beside = any(b and b.kind == "item" and _style(text, b) == _style(text, block) for b in (before, after))
            led = before is not None and before.body.of(text).endswith(":")
            if not (beside or led):
                block = Block("paragraph", block.span, block.span)
        result.append(block)
    return result


def _style(text: str, block: Block) -> str:
    mark = text[block.span.start : block.body.start].strip()
    return "number" if _NUMBERED.match(mark) else mark


def _next_written(blocks: list[Block]) -> list[Block | None]:
    """For each block the next one that is not markup."""
    following: list[Block | None] = []
    after = None
    for block in reversed(blocks):
        following.append(after)
        after = after if block.kind == "markup" else block
    return following[::-1]


def _kind_of(text: str, blocks: list[Block], i: int, after: Block | None) -> Block:
    """Tell headings and bylines from paragraphs."""
    block = blocks[i]
    if block.kind != "paragraph":
        return block
    line = block.body.of(text)
    if i < _TOP_BLOCKS and _is_byline(text, blocks, i):
        return replace(block, kind="byline")
    below = blocks[i + 1] if i + 1 < len(blocks) else None
    underlined = below is not None and re.fullmatch(r"=+|-{3,}", below.span.of(text)) is not None
    underlined = underlined and len(text[block.span.end : below.span.start].splitlines()) == 1
    one_line = not any(c in line for c in "\n\r")
    short = len(line) <= _HEADING_CHARS and len(line.split()) <= _HEADING_WORDS
    titled = line[:1].isupper() or line[:1].isdigit() or (line[:1] in "“\"‘'" and line[1:2].isupper())
    if underlined and one_line and short:
        return replace(block, kind="heading")
    if not (one_line and short and titled and after) or line[-1] in '.!:;,…”"' or not any(c.isalpha() for c in line):
        return block
    follows_blank = (
        after.kind in ("item", "row") or "\n" in text[block.span.end : after.span.start][1:] or len(after.body) > len(line)
    )
    if line[-1] == "?" and len(line.split()) > 10:
        return block
    return replace(block, kind="heading") if follows_blank else block


def _is_byline(text: str, blocks: list[Block], i: int) -> bool:
    line = blocks[i].body.of(text)
    if len(line) > _HEADING_CHARS or line[-1] in "!?:;,":
        return False
    if _DATELINE.fullmatch(line) or _BY_LINE.fullmatch(line):
        return True
    beside = [b.body.of(text) for b in blocks[max(0, i - 1) : i + 2] if b is not blocks[i]]
    return bool(_PERSON_LINE.fullmatch(line)) and not line.isupper() and any(_DATELINE.fullmatch(other) for other in beside)


def _lead_in(text: str, block: Block, after: Block | None) -> Block:
    """A paragraph that ends with a colon before an item leads the list in."""
    leads = block.kind in ("paragraph", "heading") and after is not None and after.kind in ("item", "row")
    return replace(block, kind="lead_in") if leads and block.body.of(text).endswith(":") else block
