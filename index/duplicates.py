"""Which sentences are the same words, and which documents are copies of another: syndicated articles, reprints.

Sentences are compared by their wording, and documents by their runs of words: those whose MinHash signatures suggest it
(`index/signatures.py`) are compared exactly. A collection of copies costs no more than its distinct documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from .signatures import shared_bands

COPY_OF_SMALLER, COPY_OF_LARGER = 0.75, 0.5
"""A document is a copy when at least these parts of its runs of three words, and of those of the one it copies, stand in the
other too: the same article with another headline, an added paragraph or lightly edited, or cut by half; not a short notice
that a report quotes, and not two articles that share quotations."""

SUSPECT = 0.25
"""Documents are compared at all when so many of the values of their signatures are equal, as many as runs are expected to be of
all that stand in either. Of copies that is three in seven at least, by which 64 values miss this mark once in a thousand times."""

RUN, LEAST_RUNS = 3, 40
"""Words in a run; and how many runs two documents need in common, unless they have the very same sentences."""

COMMON = 50
"""A band of a signature that more distinct documents have than this comes from a formula and suggests no copy."""

LIKELY = 5
"""Documents that one is compared with, those with the signatures most like its own."""

NAMED = 10
"""Copies of one document that are named in a note; the others are counted."""

_PIECE = re.compile(r"(?<![^\W_])-?\d+(?:[.:,/]\d+)*%?|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[$£€¥+<>=&±×÷≤≥≠]")
_FOREIGN = re.compile("[^\x00-\u02ff\u2010-\u205e\u2500-\u27bf]")  # beyond Latin and the signs of typography
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?")  # 60,000
_SIGNS = str.maketrans("’‘ʼ`´−–—", "'''''---", "\u00ad")  # a soft hyphen is no hyphen
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


def runs_of(pieces: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """The runs of RUN words in a wording; numbers count as words here, so that tables differ by their figures."""
    return frozenset(tuple(pieces[i : i + RUN]) for i in range(len(pieces) - RUN + 1))


def find_copies(
    documents: Sequence[Mapping[int, int]], signatures: np.ndarray, runs: Callable[[int], frozenset[tuple[str, ...]]]
) -> list[int | None]:
    """For each document the number of the one that it is a copy of, or None.

    A document is a map from the number of each wording in it to its words (`words_in`); `signatures`, shape (documents,
    PERMUTATIONS), are those of its runs of words, and `runs` gives the runs of document n, called only for suspects. What
    copies are copies of is the longest of its kind, the first of equals; it is no copy itself. Deterministic, and linear in
    the collection but for bands that up to COMMON distinct documents have.
    """
    sizes = [sum(document.values()) for document in documents]
    bands = shared_bands(signatures)
    holders: dict[int, list[int]] = {}  # by band: the distinct documents that have it
    same: dict[frozenset[int], int] = {}  # by wordings: the distinct document that has these and no others
    copy_of: list[int | None] = [None] * len(documents)
    known = lru_cache(maxsize=256)(runs)
    for number in sorted(range(len(documents)), key=lambda n: (-sizes[n], -len(documents[n]), n)):
        wordings, own = frozenset(documents[number]), [band for band in bands[number].tolist() if band >= 0]
        if wordings in same:
            copy_of[number] = same[wordings]
            continue
        suspects = sorted({n for band in own if len(holders.get(band, ())) <= COMMON for n in holders.get(band, ())})
        alike = (signatures[suspects] == signatures[number]).mean(axis=1)
        likely = [suspects[i] for i in np.argsort(-alike, kind="stable")[:LIKELY].tolist() if alike[i] >= SUSPECT]
        copy_of[number] = next((n for n in likely if _is_copy(known(number), known(n))), None)
        if copy_of[number] is not None or not wordings:
            continue
        same[wordings] = number
        for band in own:
            found = holders.setdefault(band, [])
            if len(found) <= COMMON:
                found.append(number)
    return copy_of


def _is_copy(ours: frozenset[tuple[str, ...]], theirs: frozenset[tuple[str, ...]]) -> bool:
    shared, smaller, larger = len(ours & theirs), *sorted((len(ours), len(theirs)))
    return shared >= LEAST_RUNS and shared >= COPY_OF_SMALLER * smaller and shared >= COPY_OF_LARGER * larger


def copies_in_words(names: Sequence[str], copy_of: Sequence[int | None]) -> tuple[str, ...]:
    """A line for each document that has copies, in order. Which of them was first is not known, so it is not said."""
    copies: dict[int, list[str]] = {}
    for name, original in zip(names, copy_of, strict=True):
        if original is not None:
            copies.setdefault(original, []).append(name)
    lines = []
    for original, others in sorted(copies.items()):
        more = f" and {len(others) - NAMED:,} more" if len(others) > NAMED else ""
        named = ", ".join([names[original], *others[:NAMED]])
        lines.append(f"nearly the same text, counted once: {named}{more}")
    return tuple(lines)
