"""Which sentences are the same words, and which documents are copies of another: syndicated articles, reprints.

Exact and cheap: sentences are compared by their wording, and documents by the sentences that they share, found through
a map from each wording to the documents that have it. A collection of copies costs no more than its distinct documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

COPY_OF_SMALLER, COPY_OF_LARGER = 0.8, 0.5
"""A document is a copy when it shares at least these parts of the words of the smaller and of the larger of the two: the
same article with another headline or an added paragraph, or cut by half; not a short notice that a report quotes."""

LEAST_WORDS = 40
"""Fewer shared words than this make no copy, unless the two documents have the very same sentences."""

COMMON = 50
"""A wording that stands in more distinct documents than this is a formula and suggests no copy."""

NAMED = 10
"""Copies of one document that are named in a note; the others are counted."""

_PIECE = re.compile(r"(?<![^\W_])-?\d+(?:[.:,/]\d+)*%?|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[$£€¥+<>=&±×÷≤≥≠]")
_FOREIGN = re.compile("[^\x00-\u02ff\u2010-\u205e\u2500-\u27bf]")  # beyond Latin and the signs of typography
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?")  # 60,000
_SIGNS = str.maketrans("’‘ʼ`´−–—", "'''''---")
_ASKS = re.compile(r"\?[\W_]*\Z")


def wording(text: str) -> tuple[str, ...]:
    """The words and numbers of a text in order, free of case, punctuation, quotation marks and typography.

    Numbers keep their decimal points, signs and currencies: "£1.5" is not "£15". A question keeps its question mark.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_SIGNS).casefold()
    pieces = [p.replace(",", "") if "," in p and _GROUPED.fullmatch(p) else p for p in _PIECE.findall(folded)]
    marks = "".join(c for c in _FOREIGN.findall(folded) if unicodedata.category(c)[0] in "MS")  # vowel signs, emoji
    return (*pieces, *filter(None, [marks, "?" if _ASKS.search(folded) else ""]))


def words_in(pieces: Sequence[str]) -> int:
    """How many words a wording holds; numbers and signs are none."""
    return sum(piece[0].isalpha() for piece in pieces)


def find_copies(documents: Sequence[Mapping[int, int]]) -> list[int | None]:
    """For each document the number of the one that it is a copy of, or None.

    A document is a map from the number of each wording in it to its words (`words_in`). What copies are copies of is the
    longest of its kind, the first of equals; it is no copy itself. Deterministic, and linear in the collection but for
    wordings that stand in up to COMMON distinct documents.
    """
    sizes = [sum(document.values()) for document in documents]
    originals: dict[int, list[int]] = {}  # by wording: the distinct documents that have it
    copy_of: list[int | None] = [None] * len(documents)
    for number in sorted(range(len(documents)), key=lambda n: (-sizes[n], -len(documents[n]), n)):
        document = documents[number]
        shared: Counter[int] = Counter()
        for wording_number, words in document.items():
            holders = originals.get(wording_number, ())
            if len(holders) <= COMMON:
                shared.update(dict.fromkeys(holders, words))
        likely = sorted(shared, key=lambda n: (-shared[n], n))[:COMMON]
        copy_of[number] = next((n for n in likely if _is_copy(document, documents[n])), None)
        if copy_of[number] is None:
            for wording_number in document:
                holders = originals.setdefault(wording_number, [])
                if len(holders) <= COMMON:
                    holders.append(number)
    return copy_of


def _is_copy(smaller: Mapping[int, int], larger: Mapping[int, int]) -> bool:
    if smaller.keys() == larger.keys():
        return True
    shared = sum(words for wording_number, words in smaller.items() if wording_number in larger)
    enough = shared >= COPY_OF_SMALLER * sum(smaller.values()) and shared >= COPY_OF_LARGER * sum(larger.values())
    return enough and shared >= LEAST_WORDS


def copies_in_words(names: Sequence[str], copy_of: Sequence[int | None]) -> tuple[str, ...]:
    """A line for each document that has copies, in order: "a.txt has 2 copies, counted once: b.txt, c.txt"."""
    copies: dict[int, list[str]] = {}
    for name, original in zip(names, copy_of, strict=True):
        if original is not None:
            copies.setdefault(original, []).append(name)
    lines = []
    for original, others in sorted(copies.items()):
        count = "a copy" if len(others) == 1 else f"{len(others):,} copies"
        more = f" and {len(others) - NAMED:,} more" if len(others) > NAMED else ""
        lines.append(f"{names[original]} has {count}, counted once: {', '.join(others[:NAMED])}{more}")
    return tuple(lines)
