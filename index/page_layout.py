"""The words of a page to its lines in reading order: columns, rows of tables, and what belongs to one paragraph.

Positions are in points, y upwards, the page as it is shown. Pure: nothing here knows what kind of file the words come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import NamedTuple

BULLET = re.compile(r"(?:[•‣▪◦●○■□–—·*\uf0b7\uf0a7-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])")
_WIDE_GAP, _WORD_GAP, _MERGE_GAP = 1.0, 0.3, 0.5  # in heights of a line
_MIN_COLUMN_LINES, _MIN_LAST_LINES, _MIN_COLUMN_LETTERS = 4, 2, 16  # with fewer it is a table; the last column may be short
_FILLED, _FILLING_GAP = 0.97, 2.5  # a line so wide, with gaps so small, is stretched to fill its column: no row
_ENDS = re.compile(r"[.!?:;…][”\"’')\]]*$")


class Word(NamedTuple):
    """Letters without a space between them, the number of the first on the page as the file's reader counts, and their box.

    The numbers of the others follow one by one.
    """

    text: str
    number: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(slots=True)
class Run:
    """Words side by side on one line, without a wide gap between them; the spaces between are words too."""

    words: list[Word] = field(default_factory=list)
    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0
    length: int = 0

    def add(self, word: Word, space: bool) -> None:
        """Append a word, and before it a space where one is to be read: most likely the file's own, numbered just before."""
        if not self.words:
            self.left, self.bottom, self.right, self.top = word[2:]
        elif space and not self.words[-1].text.isspace():
            self.words.append(Word(" ", word.number - 1, self.right, word.bottom, word.left, word.top))
            self.length += 1
        self.words.append(word)
        self.length += len(word.text)
        self.left, self.right = min(self.left, word.left), max(self.right, word.right)
        self.bottom, self.top = min(self.bottom, word.bottom), max(self.top, word.top)

    @property
    def height(self) -> float:
        return max(0.1, self.top - self.bottom)

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)


@dataclass
class Line:
    """The runs of one line, from left to right, within one column."""

    runs: list[Run]
    is_row: bool = False

    @cached_property
    def left(self) -> float:
        return self.runs[0].left

    @cached_property
    def right(self) -> float:
        return max(run.right for run in self.runs)

    @cached_property
    def bottom(self) -> float:
        return min(run.bottom for run in self.runs)

    @cached_property
    def top(self) -> float:
        return max(run.top for run in self.runs)

    @cached_property
    def size(self) -> float:
        """The height of its largest run of letters."""
        return max(self.runs, key=lambda run: run.length).height

    @cached_property
    def text(self) -> str:
        return " ".join(run.text for run in self.runs)


def find_runs(words: Iterable[Word]) -> list[Run]:
    """Words in the file's order to runs. Letters that were left out between two are a space; so is a gap between their boxes."""
    runs: list[Run] = []
    before: Word | None = None
    for word in words:
        height = max(0.1, min(word.top - word.bottom, before.top - before.bottom)) if before else 0.1
        gap = word.left - before.right if before else 0.0
        if before and word.left >= before.left and word.right <= before.right:
            gap = 0.0  # letters of one sign: a ligature
        beside = before is not None and _overlap(word, before) > 0.5 * height and -0.5 * height < gap < _WIDE_GAP * height
        if not beside:
            runs.append(Run())
        space = before is not None and (word.number > before.number + len(before.text) or gap > _WORD_GAP * height)
        runs[-1].add(word, space)
        before = word
    return _joined(runs)


def _joined(runs: list[Run]) -> list[Run]:
    """Join runs that the file has apart but that stand close together on one line."""
    found: list[Run] = []
    for run in sorted(runs, key=lambda r: (-round(r.bottom), r.left)):
        last = found[-1] if found else None
        if last and _overlap(run, last) > 0.6 * min(run.height, last.height):
            gap = run.left - last.right
            if -0.2 * run.height < gap < _MERGE_GAP * min(run.height, last.height):
                for number, word in enumerate(run.words):
                    last.add(word, number == 0 and gap > 0.15 * run.height)
                continue
        found.append(run)
    return found


def _overlap(a: Word | Run, b: Word | Run) -> float:
    return min(a.top, b.top) - max(a.bottom, b.bottom)


def regions(runs: Sequence[Run], depth: int = 0) -> list[list[Line]]:
    """The lines of a page, column after column, in reading order."""
    gutter = _gutter(runs) if depth < 4 else None
    if gutter is None:
        return [_lines(runs)] if runs else []
    found: list[list[Line]] = []
    for band in _bands(runs, gutter):
        across = [r for r in band if r.left < gutter < r.right]
        if across:
            found.append(_lines(band))
            continue
        for side in ([r for r in band if r.right <= gutter], [r for r in band if r.left >= gutter]):
            found += regions(side, depth + 1)
    return found


def _bands(runs: Sequence[Run], gutter: float) -> list[list[Run]]:
    """From top to bottom: runs across the gutter, and what stands beside it between two of them."""
    bands: list[list[Run]] = []
    was_across = None
    borders = sorted((r for r in runs if r.left < gutter < r.right), key=lambda r: -r.top)
    rest = sorted((r for r in runs if not r.left < gutter < r.right), key=lambda r: -(r.top + r.bottom))
    ordered: list[tuple[Run, bool]] = []
    for border in borders:
        middle = (border.top + border.bottom) / 2
        while rest and (rest[0].top + rest[0].bottom) / 2 > middle:
            ordered.append((rest.pop(0), False))
        ordered.append((border, True))
    for run, across in [*ordered, *((r, False) for r in rest)]:
        if across is not was_across:
            bands.append([])
        bands[-1].append(run)
        was_across = across
    return bands


def _gutter(runs: Sequence[Run]) -> float | None:
    """The x of a gap between two columns of writing, or None. Tables have such gaps too, but short cells."""
    if len(runs) < _MIN_COLUMN_LINES + _MIN_LAST_LINES:
        return None
    height = median(r.height for r in runs)
    best, best_score = None, 0.0
    starts = sorted({round(r.left) for r in runs})
    for start in starts:
        x = start - 1.5
        right = [r for r in runs if r.left >= x]
        left = [r for r in runs if r.right <= x - 0.4 * height]
        if len(left) < _MIN_COLUMN_LINES or len(right) < _MIN_LAST_LINES:
            continue
        if sum(round(r.left) == start for r in right) < min(3, len(right)):
            continue
        across = len(runs) - len(left) - len(right)
        score = min(len(left), len(right)) - 1.5 * across
        if score > best_score and all(_is_writing(side) for side in (left, right)) and _side_by_side(left, right):
            best, best_score = x, score
    return best


def _is_writing(runs: Sequence[Run]) -> bool:
    return median(r.length for r in runs) >= _MIN_COLUMN_LETTERS


def _side_by_side(left: Sequence[Run], right: Sequence[Run]) -> bool:
    low, high = max(min(r.bottom for r in s) for s in (left, right)), min(max(r.top for r in s) for s in (left, right))
    return all(sum(low <= (r.top + r.bottom) / 2 <= high for r in side) >= min(3, len(right)) for side in (left, right))


def _lines(runs: Sequence[Run]) -> list[Line]:
    """Runs to lines, from top to bottom."""
    found: list[list[Run]] = []
    for run in sorted(runs, key=lambda r: -(r.top + r.bottom)):
        if found and _overlap(run, found[-1][0]) > 0.5 * min(run.height, found[-1][0].height):
            found[-1].append(run)
        else:
            found.append([run])
    lines = [Line(sorted(line, key=lambda r: r.left)) for line in found]
    width = max((line.right for line in lines), default=0) - min((line.left for line in lines), default=0)
    cells = [0 if _is_stretched(line, width) else _cells(line) for line in lines]
    for number, (first, second) in enumerate(zip(lines, lines[1:], strict=False)):
        if min(cells[number : number + 2]) >= 2 and _aligned(first, second) >= 2:
            first.is_row = second.is_row = True
    return lines


def _is_stretched(line: Line, width: float) -> bool:
    gaps = [b.left - a.right for a, b in zip(line.runs, line.runs[1:], strict=False)]
    return line.right - line.left > _FILLED * width and max(gaps, default=0.0) < _FILLING_GAP * line.size


def _cells(line: Line) -> int:
    """How many cells a line would be as a row of a table; a bullet is none."""
    return len(line.runs) - (1 if BULLET.fullmatch(line.runs[0].text) else 0)


def _aligned(first: Line, second: Line) -> int:
    """How many runs of two lines begin, end or are centred at the same place."""
    near = 0.5 * first.size
    return sum(
        any(
            abs(a.left - b.left) < near or abs(a.right - b.right) < near or abs(a.left + a.right - b.left - b.right) < 2 * near
            for b in second.runs
        )
        for a in first.runs
    )


def paragraphs(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines of a column in groups: paragraphs, headings, list items, single rows of a table."""
    if not lines:
        return []
    steps = [a.bottom - b.bottom for a, b in zip(lines, lines[1:], strict=False) if 0 < a.bottom - b.bottom < 2.5 * a.size]
    step = median(steps) if steps else 0.0
    right = max(line.right for line in lines)
    groups = [[lines[0]]]
    for before, line in zip(lines, lines[1:], strict=False):
        if _begins(groups[-1], before, line, step, right):
            groups.append([])
        groups[-1].append(line)
    return groups


def _begins(group: list[Line], before: Line, line: Line, step: float, right: float) -> bool:
    """Whether a line begins a paragraph of its own behind `group`, whose last line is `before`."""
    if before.is_row or line.is_row:
        return True
    down = before.bottom - line.bottom
    if down > 1.3 * step and down > 1.25 * before.size or down > 1.9 * before.size or down < 0:
        return True
    if abs(before.size - line.size) > 0.12 * max(before.size, line.size) or is_item(line):
        return True
    first = group[0]
    if is_item(first):
        if line.left >= _body_left(first) - 0.5 * line.size:
            return False
        if abs(line.left - first.left) > 0.5 * line.size or _ENDS.search(before.text) and not line.text[:1].islower():
            return True
    elif line.left - before.left > 0.8 * line.size:  # the first line is indented
        return True
    if before.text[-1:] in "-\u2010\u00ad":
        return False
    word = re.match(r"\S*", line.text).group()  # type: ignore[union-attr]
    width = (line.right - line.left) / max(1, len(line.text)) * (len(word) + 1)
    fits = before.right + width + line.size < right
    return fits and (_ENDS.search(before.text) is not None or before.right - before.left < 0.6 * (right - before.left))


def is_item(line: Line) -> bool:
    """Whether a line opens an item of a list."""
    return re.match(rf"{BULLET.pattern}\s+\S", line.text) is not None


def _body_left(line: Line) -> float:
    """Where the words of an item begin, behind its bullet."""
    if len(line.runs) > 1 and BULLET.fullmatch(line.runs[0].text):
        return line.runs[1].left
    words = line.runs[0].words
    for before, word in zip(words, words[1:], strict=False):
        if before.text.isspace():
            return word.left
    return line.left
