"""The English words that a question may hold without being mistyped: the list that comes with symspellpy (MIT).

82,834 words, British and American forms and inflections among them; the package's own code is not run. The others looked at: pyspellchecker's list has
no British forms, english-words' no inflections, wordfreq is twenty times the size.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE, LIST = "symspellpy", "frequency_dictionary_en_82_765.txt"


def is_english(word: str) -> bool:
    """Whether a folded word is on the list, or its singular or base is when it ends in "'s"."""
    return word.removesuffix("'s") in _words()


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    package = find_spec(PACKAGE)
    assert package and package.submodule_search_locations, f"{PACKAGE} is a dependency"
    with Path(package.submodule_search_locations[0], LIST).open(encoding="utf-8-sig") as lines:
        return frozenset(line.split(" ", 1)[0] for line in lines)
