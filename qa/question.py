"""A question, taken apart: its words and their weight, the kind of answer, quoted phrases, mended spelling."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from index import Index, QuestionError
from index.embed import Encoder
from index.sparse import STOP_WORDS, term_of, terms_of, words_of

from .kinds import asks_for_list, kind_of_question, speaker_asked

MAX_CHARACTERS = 10_000
"""A longer question is refused; it is a document."""

MIN_CORRECTED, SIMILAR, SIMILAR_SHORT = 4, 78.0, 84.0
"""Words shorter than MIN_CORRECTED letters are left alone; a correction needs this similarity (0 to 100, rapidfuzz ratio)
to a word of the collection, the higher one for words of up to five letters."""

_ASKING_WORDS = frozenset(
    "according answer anyone anything call called describe describes described document documents else find get give happen happened happens "
    "know list many mean means much mention mentioned mentions name named people please report reported said say says show state stated "
    "tell thing things think told wants word words article articles".split()
)
"""Words that belong to the asking as often as to the matter; they count, but weigh less."""

LIGHT_WEIGHT = 0.3
"""Of asking words, of words that come from earlier questions, and of the name of the one whose words are asked for: the speaker
is found by attribution."""
_PHRASE = re.compile(r"[“\"]([^“”\"]{2,200})[”\"]")
_EXCLUDED = re.compile(r"(?:^|\s)-([^\W\d_][\w’'-]+)")


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. `text` is the question with its spelling mended and `-word`s taken out.

    `terms` are its content terms in order of appearance without repeats, `weights` their idf in the collection
    (asking words less); `unknown` are the words of it that occur nowhere in the collection; `phrases` must stand in a
    quotation word for word, `excluded` terms must not.
    """

    text: str
    kind: str
    wants_list: bool
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    unknown: tuple[str, ...]
    all_terms: frozenset[str]
    speaker: tuple[str, ...]
    phrases: tuple[str, ...]
    excluded: frozenset[str]
    corrections: tuple[tuple[str, str], ...]


def readable(text: str) -> str:
    """The text with every surrogate that lacks its partner replaced, since no encoder takes it. Raises QuestionError."""
    if not isinstance(text, str):
        raise QuestionError(f"found {text!r:.60}, expected the question as text")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def checked(text: str) -> str:
    """The question, readable. Raises QuestionError when it is no text, empty or longer than MAX_CHARACTERS."""
    text = readable(text)
    if not text.strip():
        raise QuestionError("the question is empty; ask something")
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(f"the question has {len(text):,} characters, at most {MAX_CHARACTERS:,} are read; shorten it")
    return text


def parse_question(text: str, index: Index, encoder: Encoder, *, own: str = "") -> Question:
    """Take a question apart against the words of a collection.

    `own` is what was asked, where `text` has more words than that: those taken over from earlier questions find the passage, but
    weigh less among its sentences, most of which are about them. Raises QuestionError as `checked` does.
    """
    text = checked(text)
    excluded = frozenset(term_of(w) for m in _EXCLUDED.finditer(text) for w in words_of(m.group(1)))
    phrases = tuple(" ".join(words_of(m.group(1))) for m in _PHRASE.finditer(text))
    text = " ".join(_EXCLUDED.sub(" ", text).split())
    text, corrections = _correct(text, index, encoder)
    words = [w for w in words_of(text) if w not in STOP_WORDS and (len(w) > 1 or w.isdigit())]
    if not words:
        words = words_of(text)
    terms = tuple(dict.fromkeys(term_of(w) for w in words))
    speaker = tuple(term_of(w) for w in words_of(speaker_asked(text)) if w not in STOP_WORDS)
    light = {term_of(w) for w in words if w in _ASKING_WORDS} | set(speaker)
    if own:
        light |= set(terms) - set(terms_of(own))
    if light >= set(terms):
        light = set()
    weights = tuple(index.keywords.idf(t) * (LIGHT_WEIGHT if t in light else 1.0) for t in terms)
    unknown = tuple(
        dict.fromkeys(w for w in words if not index.keywords.document_frequency(term_of(w)) and w not in _ASKING_WORDS)
    )
    return Question(
        text=text,
        kind=kind_of_question(text),
        wants_list=asks_for_list(text),
        terms=terms,
        weights=weights,
        unknown=unknown,
        all_terms=frozenset(term_of(w) for w in words_of(text)),
        speaker=speaker,
        phrases=tuple(p for p in phrases if p),
        excluded=excluded,
        corrections=corrections,
    )


def _correct(text: str, index: Index, encoder: Encoder) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Mend words that the collection does not have but nearly has.

    Words that it has in any form stay, and so do words that are one token to the encoder: its vocabulary is made of
    common words, so they are spelled as meant.
    """
    corrections: dict[str, str] = {}
    for match in re.finditer(rf"[^\W\d_]{{{MIN_CORRECTED},}}(?:['’]s)?", text):
        word = match.group().removesuffix("'s").removesuffix("’s")
        folded = word.casefold()
        if (
            word in corrections
            or folded in STOP_WORDS
            or folded in _ASKING_WORDS
            or index.keywords.document_frequency(term_of(folded))
        ):
            continue
        if encoder.count_tokens([folded])[0] == 1:
            continue
        better = nearest_word(folded, index)
        if better:
            corrections[word] = better
    for word, better in corrections.items():
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", better, text)
    return text, tuple(corrections.items())


def nearest_word(word: str, index: Index) -> str:
    """The word of the collection that a mistyped word most likely means, or "".

    Same first letter or the same letters in another order; similarity by rapidfuzz's normalised indel ratio, ties to the more
    frequent word. A word that is a known inflection, or that has plainly another ending, is not a typing error.
    """
    from rapidfuzz import fuzz, process
    from rapidfuzz.distance import DamerauLevenshtein

    words = index.keywords.words
    near = [w for w in words if abs(len(w) - len(word)) <= 2 and len(w) >= MIN_CORRECTED and w.isalpha()]
    floor = SIMILAR_SHORT if len(word) <= 5 else SIMILAR
    found = process.extract(word, near, scorer=fuzz.ratio, score_cutoff=floor, limit=20)
    best, best_rank = "", (0.0, 0)
    for candidate, similarity, _ in found:
        edits = DamerauLevenshtein.distance(word, candidate)
        anagram = Counter(word) == Counter(candidate)
        if not (candidate[0] == word[0] or anagram) or edits > (1 if len(word) <= 5 else 2):
            continue
        if _only_ending_differs(word, candidate):
            continue
        rank = (similarity - 5 * edits + (10 if anagram else 0), words[candidate])
        if rank > best_rank:
            best, best_rank = candidate, rank
    return best


def _only_ending_differs(word: str, candidate: str) -> bool:
    """Whether the two are an inflection or derivation of each other ("teacher", "teaches") and not a slip."""
    common = 0
    for a, b in zip(word, candidate, strict=False):
        if a != b:
            break
        common += 1
    endings = (word[common:], candidate[common:])
    return common >= 4 and all(e in _ENDINGS for e in endings)


_ENDINGS = frozenset(
    (
        " s es d ed r er rs ers ing ings ion ions ional ive ly y ies ied al e or ors ment ments ance ence able ible ist ists n "
        "ise ised ises ising isation ize ized izes izing ization se sed ses sing ze zed zes zing"
    ).split(" ")
)
