"""Mistyped words of a question to the words of the collection that they mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from index import Index
from index.embed import Encoder
from index.sparse import STOP_WORDS
from index.words import is_english

MIN_CORRECTED, SIMILAR, SIMILAR_SHORT = 4, 78.0, 84.0
"""Words shorter than MIN_CORRECTED letters are left alone; a correction needs this similarity (0 to 100, rapidfuzz ratio)
to a word of the collection, the higher one for words of up to five letters."""

QUOTED = re.compile(r"[“\"]([^“”\"]{2,200})[”\"]")
"""Words in quotation marks: they are meant as they are."""

_PLURALS_TWICE = frozenset("childrens feets gooses mens mices oxens teeths womens".split())
_Y_WITH_S = re.compile("[^aeiou]ys$")
"""Endings that no word has: "childrens", "agencys"."""


def mend(text: str, index: Index, encoder: Encoder) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text with the mistyped words mended, and what was mended: (word as typed, word of the collection).

    A word stays that the collection has, that is English, that inflects one of these, that is quoted, or that is one
    token to the encoder: its vocabulary is made of common words and names.
    """
    quoted = [m.span() for m in QUOTED.finditer(text)]
    corrections: dict[str, str] = {}
    for match in re.finditer(rf"[^\W\d_]{{{MIN_CORRECTED},}}(?:['’]s)?", text):
        word = match.group().removesuffix("'s").removesuffix("’s")
        folded = word.casefold()
        if word in corrections or any(start < match.start() < end for start, end in quoted):
            continue
        if _is_word(folded, index) or _is_inflection(folded, index) or encoder.count_tokens([folded])[0] == 1:
            continue
        better = nearest_word(folded, index)
        if better:
            corrections[word] = better
    for word, better in corrections.items():
        slip = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        text = outside_quotes(text, lambda piece, slip=slip, better=better: slip.sub(better, piece))
    return text, tuple(corrections.items())


def outside_quotes(text: str, change: Callable[[str], str]) -> str:
    """The text with `change` made to every part of it that stands in no quotation marks."""
    pieces, position = [], 0
    for quoted in QUOTED.finditer(text):
        pieces += [change(text[position : quoted.start()]), quoted.group()]
        position = quoted.end()
    return "".join([*pieces, change(text[position:])])


def _is_word(word: str, index: Index) -> bool:
    return word in index.keywords.words or word in STOP_WORDS or is_english(word)


def _is_inflection(word: str, index: Index) -> bool:
    """Whether the word is another with a regular ending: names and new words have forms that no list holds."""
    if word in _PLURALS_TWICE or _Y_WITH_S.search(word):
        return False
    bases = (word[: -len(ending)] for ending in ("s", "es", "ed", "ing") if word.endswith(ending))
    return any(len(base) >= MIN_CORRECTED and _is_word(base, index) for base in bases)


def nearest_word(word: str, index: Index) -> str:
    """The word of the collection that a mistyped word most likely means, or ""; a word that is there is not mistyped.

    Same first letter or the same letters in another order; similarity by rapidfuzz's normalised indel ratio, ties to
    the more frequent word. A possessive without its apostrophe is mended as one.
    """
    from rapidfuzz import fuzz, process
    from rapidfuzz.distance import DamerauLevenshtein

    words = index.keywords.words
    possessive = f"{word[:-1]}'s"
    if word in words or (word.endswith("s") and possessive in words):
        return "" if word in words else possessive
    near = [w for w in words if abs(len(w) - len(word)) <= 2 and len(w) >= MIN_CORRECTED and w.isalpha()]
    floor = SIMILAR_SHORT if len(word) <= 5 else SIMILAR
    found = process.extract(word, near, scorer=fuzz.ratio, score_cutoff=floor, limit=20)
    best, best_rank = "", (0.0, 0)
    for candidate, similarity, _ in found:
        edits = DamerauLevenshtein.distance(word, candidate)
        anagram = Counter(word) == Counter(candidate)
        if not (candidate[0] == word[0] or anagram) or edits > (1 if len(word) <= 5 else 2):
            continue
        rank = (similarity - 5 * edits + (10 if anagram else 0), words[candidate])
        if rank > best_rank:
            best, best_rank = candidate, rank
    return best
