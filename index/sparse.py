"""The keyword index: words to terms, and BM25 over passages, weighed when the index is built, as bm25s does it.

Why not bm25s itself, SQLite FTS5 or tantivy: `benchmarks/README.md`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import load_array
from .errors import IndexDamaged

K1, B = 0.9, 0.4
"""BM25 parameters: the usual ones for passages (Anserini's defaults), not tuned here."""

WORDS_FILE, WEIGHTS_FILE, NUMBERS_FILE, BOUNDS_FILE = "words.json", "weights.npy", "numbers.npy", "bounds.npy"

STOP_WORDS = frozenset(
    "a about above after again against all also am an and any are aren't as at be because been before being below between "
    "both but by can can't could couldn't did didn't do does doesn't doing don't down during each either else ever few for from "
    "further get got had hadn't has hasn't have haven't having he he'd he'll he's her here here's hers herself him himself "
    "his how how's i i'd i'll i'm i've if in into is isn't it it's its itself just let's may me might more most must mustn't "
    "my myself no nor not now of off on once only or other ought our ours ourselves out over own please same shall she she'd "
    "she'll she's should shouldn't so some such than that that's the their theirs them themselves then there there's these "
    "they they'd they'll they're they've this those through to too under until up upon us very was wasn't we we'd we'll we're "
    "we've were weren't what what's when when's where where's whether which while who who's whom whose why why's will with won't would "
    "wouldn't you you'd you'll you're you've your yours yourself yourselves".split()
)
_WORD = re.compile(r"[^\W_]+(?:(?:['’.&-]|(?<=\d),(?=\d{3}))[^\W_]+)*")
_BLOCK = 1 << 20  # weights computed at once
_APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")


def words_of(text: str) -> list[str]:
    """The words of a text in order: folded case, straight apostrophes, compatibility forms unified (NFKC)."""
    if text.isascii():  # the same, at half the time
        folded = text.replace("`", "'").lower()
    else:
        folded = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    words = []
    for word in _WORD.findall(folded):
        if word.isalnum():
            words.append(word)
            continue
        word = word.replace(",", "")  # "60,000" is one word, and the same as "60000"
        words.append(word)
        if "-" in word or "." in word or "&" in word:
            parts = re.split(r"[-.&]", word)
            if all(len(p) > 1 for p in parts):
                words[-1:] = parts
            else:
                words[-1] = re.sub(r"[-.]", "", word)
    return words


def terms_of(text: str) -> list[str]:
    """Index terms: the words of a text without stop words, possessives cut, stemmed (Snowball English)."""
    return [term_of(w) for w in words_of(text) if w not in STOP_WORDS]


@lru_cache(maxsize=200_000)
def term_of(word: str) -> str:
    """The index term of one folded word."""
    return str(_stemmer().stemWord(word.removesuffix("'s").removesuffix("'") or word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english", 0)


@dataclass(frozen=True, slots=True)
class KeywordIndex:
    """BM25 over `size` passages. `words` maps each folded word of the collection to the number of passages that hold it.

    Term number `terms[term]` is held by the passages `numbers[bounds[term] : bounds[term + 1]]` and adds the `weights`
    (float32) at the same places to their scores.
    """

    size: int
    words: dict[str, int]
    terms: dict[str, int]
    weights: np.ndarray
    numbers: np.ndarray
    bounds: np.ndarray
    _idfs: dict[str, float] = field(default_factory=dict, repr=False, compare=False)  # of the terms that were asked for

    def scores(self, terms: Iterable[str]) -> np.ndarray:
        """The BM25 score of every passage for these terms: float32, shape (passages,); 0 where none occurs."""
        scores = np.zeros(self.size, dtype=np.float32)
        for term in terms:
            rows = self._rows(term)
            scores[self.numbers[rows]] += self.weights[rows]
        return scores

    def document_frequency(self, term: str) -> int:
        """The number of passages that hold the term."""
        rows = self._rows(term)
        return rows.stop - rows.start

    def passages_with(self, term: str) -> np.ndarray:
        """The numbers of the passages that hold the term, ascending."""
        return self.numbers[self._rows(term)].astype(np.int64)

    def idf(self, term: str) -> float:
        """The inverse document frequency of a term, see `idf`."""
        known = self._idfs.get(term)
        if known is None:
            known = float(idf(self.document_frequency(term), self.size))
            if term in self.terms:
                self._idfs[term] = known
        return known

    def _rows(self, term: str) -> slice:
        number = self.terms.get(term)
        return slice(0, 0) if number is None else slice(int(self.bounds[number]), int(self.bounds[number + 1]))


def idf(n: Any, size: int) -> Any:
    """ln(1 + (N - n + .5) / (n + .5)) for n of N passages, or an array of them (Robertson & Zaragoza 2009, the Lucene form)."""
    return np.log(1 + (size - n + 0.5) / (n + 0.5))


def bm25(count: Any, length: Any, mean_length: float, weight: Any) -> Any:
    """What a term adds to the score of a passage of `length` terms that holds it `count` times: float32; `weight` is its idf. Arrays too."""
    return np.float32(np.float32(weight) * (count / (K1 * (1 - B + B * length / mean_length) + count)))


def build_sparse(texts: Iterable[str]) -> KeywordIndex:
    """The keyword index of passage texts, in order; they are read one by one."""
    words: dict[str, int] = {}
    terms: dict[str, int] = {}
    held, lengths = array("i"), array("i")  # the terms of all passages, one after the other, and how many each has
    for text in texts:
        found = words_of(text)
        for word in set(found):
            words[word] = words.get(word, 0) + 1
        before = len(held)
        held.extend(terms.setdefault(term_of(w), len(terms)) for w in found if w not in STOP_WORDS)
        lengths.append(len(held) - before)
    weighed = _weighed(np.array(held, dtype=np.int32), np.array(lengths, dtype=np.int32), len(terms))
    return KeywordIndex(len(lengths), dict(sorted(words.items())), terms, *weighed)


def _weighed(held: np.ndarray, lengths: np.ndarray, terms: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each term adds to the scores of its passages: `weights`, `numbers` and `bounds` of a KeywordIndex."""
    order = np.argsort(held, kind="stable")
    numbers, held = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[order], held[order]
    another = np.flatnonzero((held[1:] != held[:-1]) | (numbers[1:] != numbers[:-1])) + 1  # term or passage than before
    first = np.concatenate([np.zeros(min(1, len(held)), dtype=np.int64), another])
    counts = np.diff(first, append=len(held))
    held, numbers = held[first], numbers[first]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(held, minlength=terms))])
    rarity = idf(np.diff(bounds), len(lengths)).astype(np.float32)
    weights = np.zeros(len(held), dtype=np.float32)
    mean_length = lengths.sum() / max(1, len(lengths))
    for begin in range(0, len(held), _BLOCK):
        some = slice(begin, begin + _BLOCK)
        weights[some] = bm25(counts[some], lengths[numbers[some]], mean_length, rarity[held[some]])
    return weights, numbers, bounds


def write_sparse(index: KeywordIndex, folder: Path) -> None:
    """Write the index into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in ((WEIGHTS_FILE, index.weights), (NUMBERS_FILE, index.numbers), (BOUNDS_FILE, index.bounds)):
        np.save(folder / name, values)
    state = {"size": index.size, "words": index.words, "terms": list(index.terms)}
    (folder / WORDS_FILE).write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")


def read_sparse(folder: Path) -> KeywordIndex:
    """Open the index in `folder`, memory-mapped. Raises IndexDamaged."""
    try:
        state = json.loads((folder / WORDS_FILE).read_text(encoding="utf-8"))
        arrays = (load_array(folder / name) for name in (WEIGHTS_FILE, NUMBERS_FILE, BOUNDS_FILE))
        return KeywordIndex(state["size"], state["words"], {term: i for i, term in enumerate(state["terms"])}, *arrays)
    except (OSError, ValueError, KeyError) as error:
        raise IndexDamaged(f"{folder}: not readable as a keyword index ({error}); build the index again") from error
