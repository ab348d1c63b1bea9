"""The English words that a question may hold without being mistyped: the list that comes with symspellpy (MIT).

82,834 words, British and American forms and inflections among them; the package's own code is not run. The others looked at: pyspellchecker's list has
no British forms, english-words' no inflections, wordfreq is twenty times the size.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import distribution

PACKAGE, LIST = "symspellpy", "symspellpy/frequency_dictionary_en_82_765.txt"


def is_english(word: str) -> bool:
    """Whether a folded word is on the list, or its singular or base is when it ends in "'s"."""
    return word.removesuffix("'s") in _words()


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    path = distribution(PACKAGE).locate_file(LIST)
    with open(str(path), encoding="utf-8-sig") as lines:
        return frozenset(line.split(" ", 1)[0] for line in lines)
