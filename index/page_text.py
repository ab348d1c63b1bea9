"""The laid out pages of a file to pieces of text: paragraphs across columns and pages, hyphens, running heads and feet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from .loaded import CELL, Piece
from .page_layout import BULLET, Line, is_item, paragraphs
from .records import Location, Span

HEAD, NUMBER, CONTENTS = "a running head or foot", "a page number", "a line of a table of contents"

MIN_PAGES = 3
"""A line at the edge of so many pages is a running head; of two pages where there are only two."""

HEADING_SIZE, HEADING_LETTERS = 1.15, 200
"""A heading's letters are so many times as high as most letters of the file, and there are at most so many."""

SOFT_HYPHEN = "\u00ad"
HYPHENS = "-\u2010" + SOFT_HYPHEN
"""What ends a line within a word."""

KNOWN = 0.6
"""A file of whose words so many are known is in the language that `is_word` knows."""

LONGEST_WORD = 60
"""Letters of a word that are looked at, back from the end of its line."""

_EDGE_LINES, _EDGE = 2, 0.12  # of a page's height
_PAGE_NUMBER = re.compile(
    r"[-–—|\s]*(?:(?:page|p\.|seite)\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|\|)\s*\d{1,4})?[-–—|.\s]*", re.I
)
_LEADER = re.compile(r"(?:[.…·_]\s?){6,}\s*(?:\d{1,4}|[ivxlc]{1,7})$")
_SENTENCE_END = re.compile(r"[.!?:;…”\"][’')\]]*$")
_WORD_AT_END, _WORD_AT_START = re.compile(r"[^\W\d_]+$"), re.compile(r"[^\W\d_]+")

Layout = list[list[Line]]
"""A page: its columns in reading order, each the lines from top to bottom."""


@dataclass(slots=True)
class Page:
    """A page to be read: its number from 1, its columns, and how high it is."""

    number: int
    columns: Layout
    top: float = 0.0
    bottom: float = 0.0


@dataclass(slots=True)
class _Block:
    lines: list[tuple[int, Line]] = field(default_factory=list)  # with their pages
    kind: str = "paragraph"
    reason: str = ""


def pieces_of(pages: Sequence[Page], is_word: Callable[[str], bool]) -> list[Piece]:
    """The pieces of a file's pages, in reading order. `is_word` knows the words of the language, in lower case.

    A paragraph that goes on in the next column or on the next page is one piece; what stands at the edge of the pages between
    comes behind it.
    """
    asides = _asides(pages)
    body = _body_size(pages)
    blocks: list[_Block] = []
    last: _Block | None = None
    for page in pages:
        heads: list[_Block] = []
        written: list[_Block] = []
        for column in page.columns:
            heads += [_Block([(page.number, line)], "boilerplate", asides[id(line)]) for line in column if id(line) in asides]
            groups = paragraphs([line for line in column if id(line) not in asides])
            for group in groups:
                block = _Block([(page.number, line) for line in group], _kind(group, body))
                before = written[-1] if written else last
                if before and group is groups[0] and _goes_on(before, block):
                    before.lines += block.lines
                else:
                    written.append(block)
        middle = (page.top + page.bottom) / 2
        blocks += [h for h in heads if h.lines[0][1].bottom > middle]
        blocks += written
        blocks += [h for h in heads if h.lines[0][1].bottom <= middle]
        last = written[-1] if written else last
    words = _words(blocks)
    known = sum(map(is_word, words)) >= KNOWN * len(words)
    return [_piece(block, words, is_word, known) for block in blocks]


def _body_size(pages: Sequence[Page]) -> float:
    """The height of most letters."""
    counts: Counter[float] = Counter()
    for page in pages:
        for column in page.columns:
            for line in column:
                counts[round(line.size * 2) / 2] += len(line.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def _kind(group: Sequence[Line], body: float) -> str:
    if group[0].is_row:
        return "row"
    if is_item(group[0]):
        return "item"
    letters = sum(len(line.text) for line in group)
    large = median(line.size for line in group) >= HEADING_SIZE * body
    return "heading" if large and letters <= HEADING_LETTERS and any(c.isalpha() for c in group[0].text) else "paragraph"


def _goes_on(before: _Block, block: _Block) -> bool:
    """Whether a block that opens a column is the rest of the last one before it."""
    if block.kind != "paragraph" or before.kind not in ("paragraph", "item"):
        return False
    last, first = before.lines[-1][1], block.lines[0][1]
    if abs(last.size - first.size) > 0.12 * last.size or _SENTENCE_END.search(last.text):
        return False
    return first.text[:1].islower() or last.text[-1:] in HYPHENS + "," or last.text[-1:].islower()


def _asides(pages: Sequence[Page]) -> dict[int, str]:
    """By the identity of a line: why it is no part of the writing. Running heads and feet, page numbers."""
    edges: list[list[tuple[Line, str, int]]] = []  # of each page: line, wording without numbers, height in steps of 4 points
    for page in pages:
        lines = sorted((line for column in page.columns for line in column), key=lambda line: -line.bottom)
        near = lines if len(lines) <= 2 * _EDGE_LINES else [*_edge(lines), *_edge(lines[::-1])]
        edges.append(
            [(line, re.sub(r"\d+", "#", " ".join(line.text.casefold().split())), round(line.bottom / 4)) for line in near]
        )
    seen: Counter[tuple[str, int]] = Counter()
    for edge in edges:
        seen.update({(words, place + step) for _, words, place in edge for step in (-1, 0, 1)})
    enough = 2 if len(pages) == 2 else MIN_PAGES
    every = (line for page in pages for column in page.columns for line in column)
    found = {id(line): CONTENTS for line in every if _LEADER.search(line.text)}
    there, missed = Counter[int](), Counter[int]()
    for page, edge in zip(pages, edges, strict=True):
        for line, words, place in edge:
            near_edge = min(page.top - line.top, line.bottom - page.bottom) < _EDGE * (page.top - page.bottom)
            if near_edge and _PAGE_NUMBER.fullmatch(line.text):
                found[id(line)] = NUMBER
            elif near_edge and seen[words, place] >= enough and any(c.isalpha() for c in words) and len(pages) > 1:
                found[id(line)] = HEAD
            there[place] += found.get(id(line)) == HEAD
            missed[place] += id(line) not in found
    for edge in edges:  # a head that names a short chapter stands where the others do
        for line, _, place in edge:
            if there[place] >= MIN_PAGES and there[place] > missed[place]:
                found.setdefault(id(line), HEAD)
    return found


def _edge(lines: Sequence[Line]) -> list[Line]:
    """The lines of the first few rows, whichever columns they stand in."""
    found: list[Line] = []
    rows = 0
    for line in lines:
        if not found or abs(line.bottom - found[-1].bottom) > 0.5 * line.size:
            rows += 1
        if rows > _EDGE_LINES:
            break
        found.append(line)
    return found


def _words(blocks: Sequence[_Block]) -> frozenset[str]:
    """The words within lines, folded, and those with a hyphen in them: what speaks for joining a divided word, or against."""
    found: set[str] = set()
    for block in blocks:
        for _, line in block.lines:
            found.update(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text.casefold()))
    return frozenset(found)


def _piece(block: _Block, words: frozenset[str], is_word: Callable[[str], bool], known: bool) -> Piece:
    parts: list[tuple[int, str, int]] = []  # page, letters, the number of the first; -1 for what stands in no file
    row = block.kind == "row"
    for page, line in block.lines:
        if parts:
            _join(parts, line, words, is_word, known)
        for number, run in enumerate(line.runs):
            if number:
                bullet = number == 1 and BULLET.fullmatch(line.runs[0].text)
                parts.append((page, CELL if row and not bullet else " ", -1))
            parts += [(page, word.text, word.number) for word in run.words]
    parts = [part for page, letters, number in parts for part in _without_soft_hyphens(page, letters, number)]
    text = "".join(letters for _, letters, _ in parts)
    mark = BULLET.match(text) if block.kind == "item" else None
    width = len(text) - len(text[mark.end() :].lstrip()) if mark else 0
    return Piece(text, block.kind, width, block.reason, tuple(_locations(parts)))


def _join(
    parts: list[tuple[int, str, int]], line: Line, words: frozenset[str], is_word: Callable[[str], bool], known: bool
) -> None:
    """Lead over to the next line: a space, or nothing within a word; a hyphen goes where the word is surely one without it.

    That is a word that stands whole elsewhere or is known; in a known language also one of which neither part is a word.
    """
    page, last, number = parts[-1]
    if last[-1] not in HYPHENS:
        parts.append((page, " ", -1))
        return
    before = "".join(letters for _, letters, _ in parts[-LONGEST_WORD:-1])  # a divided word may come letter by letter
    first, second = _WORD_AT_END.search(before + last[:-1]), _WORD_AT_START.match(line.text)
    if not (first and second):
        if not (before + last)[-2:-1].isalnum():  # a dash by itself
            parts.append((page, " ", -1))
        return
    whole = (first.group() + second.group()).casefold()
    divided = f"{first.group()}-{second.group()}".casefold()
    fragments = known and not any(len(part) < 2 or is_word(part.casefold()) for part in (first.group(), second.group()))
    if second.group()[0].islower() and divided not in words and (whole in words or is_word(whole) or fragments):
        parts[-1] = (page, last[:-1], number)
    elif last[-1] == SOFT_HYPHEN:  # not sure: what a person sees there is a hyphen
        parts[-1] = (page, last[:-1] + "-", number)


def _without_soft_hyphens(page: int, letters: str, number: int) -> Iterator[tuple[int, str, int]]:
    if SOFT_HYPHEN not in letters:
        yield page, letters, number
        return
    for position, letter in enumerate(letters):
        if letter != SOFT_HYPHEN:
            yield page, letter, number + position if number >= 0 else -1


def _locations(parts: Sequence[tuple[int, str, int]]) -> list[Location]:
    """Where the letters stand, in runs of letters that the page too has one after the other."""
    found: list[list[int]] = []  # first and last character, page, number of the first letter
    position = 0
    for page, letters, number in parts:
        end = position + len(letters)
        if number >= 0 and letters:
            last = found[-1] if found else None
            if last and last[1] == position and last[2] == page and last[3] + position - last[0] == number:
                last[1] = end
            else:
                found.append([position, end, page, number])
        position = end
    return [Location(Span(start, end), "page", str(page), glyph=number) for start, end, page, number in found]
