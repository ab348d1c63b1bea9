"""A question, taken apart: its words and their weight, the kind of answer, quoted phrases, mended spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from index import Index, QuestionError
from index.embed import Encoder
from index.sparse import STOP_WORDS, term_of, terms_of, words_of

from .kinds import asks_for_list, kind_of_question, speaker_asked
from .spelling import QUOTED, mend, outside_quotes
from .within import occurs

MAX_CHARACTERS = 10_000
"""A longer question is refused; it is a document."""

_ASKING_WORDS = frozenset(
    "according answer anyone anything call called describe describes described document documents else find get give happen happened happens "
    "know list many mean means much mention mentioned mentions name named people please report reported said say says show state stated "
    "tell thing things think told wants word words article articles".split()
)
"""Words that belong to the asking as often as to the matter; they count, but weigh less."""

LIGHT_WEIGHT = 0.3
"""Of asking words, of words that come from earlier questions, and of the name of the one whose words are asked for: the speaker
is found by attribution."""
_EXCLUDED = re.compile(r"(?:^|\s)-([^\W\d_][\w’'-]+)")


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. `text` is the question with its spelling mended and `-word`s taken out.

    `terms` are its content terms in order of appearance without repeats, `weights` their idf in the collection
    (asking words less); `unknown` are the words of it that occur nowhere in the collection; `phrases` must stand in a
    quotation word for word, `excluded` terms (those of `excluded_words`) must not. `within`: which documents it is asked of,
    bool, shape (documents,), None for all; the words `unknown` there are then those that none of these has.
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
    excluded_words: tuple[str, ...] = ()
    within: np.ndarray | None = None


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


def parse_question(
    text: str, index: Index, encoder: Encoder, *, own: str = "", mended: bool = True, within: np.ndarray | None = None
) -> Question:
    """Take a question apart against the words of a collection; `mended` when its spelling is to be mended.

    `own` is what was asked, where `text` has more words than that: those taken over from earlier questions find the passage, but
    weigh less among its sentences, most of which are about them. Raises QuestionError as `checked` does.
    """
    text = checked(text)
    left_out = _EXCLUDED.finditer(QUOTED.sub(" ", text))
    excluded_words = tuple(dict.fromkeys(word for match in left_out for word in words_of(match.group(1))))
    phrases = tuple(" ".join(words_of(m.group(1))) for m in QUOTED.finditer(text))
    text = " ".join(outside_quotes(text, lambda piece: _EXCLUDED.sub(" ", piece)).split())
    text, corrections = mend(text, index, encoder) if mended else (text, ())
    words = [w for w in words_of(text) if w not in STOP_WORDS and (len(w) > 1 or w.isdigit())]
    if not words:
        words = words_of(text)
    terms = tuple(dict.fromkeys(term_of(w) for w in words))
    speaker = tuple(term_of(w) for w in words_of(speaker_asked(text)) if w not in STOP_WORDS)
    light = {term_of(w) for w in words if w in _ASKING_WORDS} | set(speaker)
    if own:
        for typed, better in corrections:
            own = own.replace(typed, better)
        light |= set(terms) - set(terms_of(own))
    if light >= set(terms):
        light = set()
    weights = tuple(index.keywords.idf(t) * (LIGHT_WEIGHT if t in light else 1.0) for t in terms)
    unknown = tuple(dict.fromkeys(w for w in words if not occurs(index, term_of(w), within) and w not in _ASKING_WORDS))
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
        excluded=frozenset(term_of(w) for w in excluded_words),
        excluded_words=excluded_words,
        corrections=corrections,
        within=within,
    )
