"""Where a text holds words, and where it holds nearly these words: linear in the text, whatever is searched for."""

from __future__ import annotations

import heapq
import unicodedata
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

ENOUGH = 1_000
"""Occurrences that are told apart by their context; of more, those nearest to the place."""

_NEAR = 1 << 12  # characters around the place that are looked through first
_AT_ONCE = 1 << 20  # characters that are counted at once, so that memory does not grow with the text
_PIECE = 4
_TABLE_BITS = 20
_LEAST_SHARED = 0.15  # of the pieces; four characters run together are what few changes leave of a short quotation
_WINDOWS = 8
_ALIGNED = 3
_LONGEST_WORD = 40
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Near:
    """Characters `[start, end)` that are nearly the words: how alike they are, and what is around them, 0 to 100."""

    start: int
    end: int
    alike: float
    around: float


def occurrences(words: str, text: str, place: int) -> list[int]:
    """Where the words stand in a text, nearest to `place` first, at most ENOUGH."""
    radius = _NEAR
    while True:
        low, high = max(0, place - radius), max(0, place + radius + len(words))
        found = list(islice(_each(words, text, low, high), 2 * _NEAR))
        if len(found) >= ENOUGH or (low == 0 and high >= len(text)):
            return sorted(found, key=lambda at: abs(at - place))[:ENOUGH]
        radius *= 16


def _each(words: str, text: str, low: int, high: int) -> Iterator[int]:
    at = text.find(words, low, high)
    while at >= 0:
        yield at
        at = text.find(words, at + 1, high)


def nearly(before: str, words: str, after: str, text: str, place: int) -> list[Near]:
    """The few places where a text holds nearly these words, best first; `before` and `after` are what was around them.

    Windows of the text that share the most short pieces with the words are found first, then aligned to the character.
    """
    starts = _best(before + words + after, text, place - len(before))
    if before or after:  # words that moved away from what was around them
        starts += [start - len(before) for start in _best(words, text, place)]
    found = {_aligned(before, words, after, text, start) for start in starts}
    return sorted(found, key=lambda n: (-n.alike - n.around, abs(n.start - place)))


def _best(pattern: str, text: str, place: int) -> list[int]:
    """Starts of the few windows that are most like the pattern."""
    from rapidfuzz import fuzz

    alike = {start: fuzz.ratio(pattern, text[start : start + len(pattern)]) for start in _windows(pattern, text, place)}
    return heapq.nlargest(_ALIGNED, alike, key=lambda start: (alike[start], -abs(start - place)))


def _windows(pattern: str, text: str, place: int) -> list[int]:
    """Starts of windows as long as the pattern that share the most pieces with it, ties to the one nearest to `place`."""
    pieces = len(pattern) - _PIECE + 1
    if pieces < 1:
        return []
    wanted = np.zeros(1 << _TABLE_BITS, dtype=bool)
    wanted[_piece_codes(pattern)] = True
    least = max(1, int(pieces * _LEAST_SHARED))
    best: list[tuple[int, int, int]] = []
    for low in range(0, len(text), _AT_ONCE):
        codes = _piece_codes(text[low : low + _AT_ONCE + len(pattern)])
        shared = np.concatenate(([0], np.cumsum(wanted[codes], dtype=np.int32)))
        shared = shared[pieces:] - shared[:-pieces] if len(shared) > pieces else shared[-1:]
        near = place - low
        for _ in range(_WINDOWS):
            at = int(shared.argmax())
            if 0 <= near < len(shared) and shared[near] == shared[at]:
                at = near
            if shared[at] < least:
                break
            best.append((int(shared[at]), -abs(low + at - place), low + at))
            shared[max(0, at - len(pattern) // 2) : at + len(pattern) // 2 + 1] = -1
    return [start for _, _, start in heapq.nlargest(_WINDOWS, best)]


def _piece_codes(text: str) -> np.ndarray:
    """A number of _TABLE_BITS bits for each run of _PIECE characters."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    count = max(0, len(points) - _PIECE + 1)
    codes = np.zeros(count, dtype=np.uint32)
    for number, factor in enumerate(_FACTORS):
        codes += points[number : number + count] * factor
    return codes >> np.uint32(32 - _TABLE_BITS)


def _aligned(before: str, words: str, after: str, text: str, window: int) -> Near:
    """The characters near a window that stand for the words: the ends by what is around them, then by whole words."""
    from rapidfuzz import fuzz
    from rapidfuzz.distance import Levenshtein

    pattern = before + words + after
    start, end = max(0, window), max(0, min(len(text), window + len(pattern)))
    slack = 16 + len(pattern) // 8
    for _ in range(2):
        begins = range(max(0, start - slack), min(end, start + slack) + 1)
        start = max(begins, key=lambda s: fuzz.ratio(pattern, text[s:end]))
        ends = range(max(start, end - slack), min(len(text), end + slack) + 1)
        end = max(ends, key=lambda e: fuzz.ratio(pattern, text[start:e]))
    first, last = len(before), len(before) + len(words) - 1
    inner = [start, end]
    for op in Levenshtein.opcodes(pattern, text[start:end]):
        if op.src_start <= first < op.src_end:
            inner[0] = start + op.dest_start + (first - op.src_start) * (op.tag != "delete")
        if op.src_start <= last < op.src_end:
            inner[1] = start + op.dest_start + (last - op.src_start + 1) * (op.tag != "delete")
    start, end = _whole_words(before, words, after, text, *inner)
    around = [(before, text[max(0, start - len(before)) : start]), (after, text[end : end + len(after)])]
    ratios = [fuzz.ratio(was, now) for was, now in around if was]
    return Near(start, end, fuzz.ratio(words, text[start:end]), sum(ratios) / len(ratios) if ratios else 0.0)


def _whole_words(before: str, words: str, after: str, text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space that the words did not end in, and with the rest of a word where they ended with a word."""
    while start < end and text[start].isspace() and not words[0].isspace():
        start += 1
    while start < end and text[end - 1].isspace() and not words[-1].isspace():
        end -= 1
    if start < end and _in_word(words[0]) and not _in_word(before[-1:]) and _in_word(text[start]):
        more = next((n for n in range(_LONGEST_WORD) if start == n or not _in_word(text[start - n - 1])), 0)
        start -= more
    if start < end and _in_word(words[-1]) and not _in_word(after[:1]) and _in_word(text[end - 1]):
        more = next((n for n in range(_LONGEST_WORD) if not _in_word(text[end + n : end + n + 1])), 0)
        end += more
    return start, end


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character or " ").startswith("M")
