"""Conversations: what a follow-up question stands for, built only from words of the conversation and its citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index.embed import Encoder
from index.sparse import STOP_WORDS, words_of

from .answer import Answer
from .kinds import names_in

MAX_HISTORY = 20
"""Only this many of the latest questions are looked at; who speaks of something older says so."""

MAX_EARLIER = 1_000
"""Only this many characters of an earlier question are looked at."""

_LONGEST_WORD = 80  # characters of a word that are compared by meaning; more might not fit the encoder

_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|they|them|their|theirs|these|those|this|that)\b(?! (?:is|was) (?:a|an|the)\b)", re.IGNORECASE)
_OPENING = re.compile(
    r"^\W*(?:and|but|so|or|also|then|ok(?:ay)?|what about|how about|and what about|and how about|what of|same for|and for)\b[\s,]*",
    re.IGNORECASE,
)
_ELSE = re.compile(r"\b(?:else|more|other|another|too|as well|instead)\b", re.IGNORECASE)
_BARE = re.compile(
    r"^\W*(?:(?:and|but|so)\s+)?(?:since when|why(?: not)?|how(?: so| come| many| much| long| often)?|when|where|who(?: by)?|by whom|which(?: ones?)?|what)\W*$",
    re.IGNORECASE,
)
_ASKING = frozenset(
    "who whom whose what which when where why how many much long far often is are was were do does did has have had can could".split()
)
_NOUN_PHRASE = re.compile(
    r"\b(?:the|a|an|its|their|his|her|any|some|all|these|those)\s+(?:[\w’'-]+\s+){0,4}?[\w’'-]+(?=\s+(?:of|in|on|at|for|to|from|by|with|about|and|is|are|was|"
    r"were|do|does|did|has|have|had|that|which|who|say|said|work|help|take|took)\b|\W*$|,)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and its answer."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was asked and answered so far, oldest first. Adding a turn makes a new conversation."""

    turns: tuple[Turn, ...] = ()

    @property
    def history(self) -> list[str]:
        """The questions so far as they were understood, oldest first: what `Assistant.ask` takes as history."""
        return [turn.answer.standalone_question for turn in self.turns]

    def add(self, answer: Answer) -> Conversation:
        """The conversation with one more turn."""
        return Conversation((*self.turns, Turn(answer.question, answer)))


def standalone(question: str, history: Sequence[str], encoder: Encoder, cited: Callable[[str], Sequence[str]]) -> str:
    """The question as somebody would ask it who had not heard those before it.

    A question that stands alone comes back unchanged. `cited(question)` gives names and texts that the answer to an earlier
    question cites, for "he" and "she" whose names the questions do not have.
    """
    earlier = [" ".join(h.split())[:MAX_EARLIER] for h in history[-MAX_HISTORY:] if isinstance(h, str) and h.strip()]
    question = " ".join(question.split())
    if not earlier or not leans(question):
        return question
    previous = earlier[-1]
    if _BARE.match(question):
        asked = re.sub(r"^\W*(?:and|but|so)\s+", "", question, flags=re.IGNORECASE).rstrip(" ?.!")
        return f"{asked[:1].upper()}{asked[1:]}: {_statement(previous)}?"
    resolved = question
    if _PERSON.search(question):
        person = _person(earlier, cited)
        if person:
            resolved = _PERSON.sub(lambda m: _inflect(m, person), resolved)
    opening = _OPENING.match(question)
    rest = question[opening.end() :].rstrip(" ?.!") if opening else ""
    if opening and 0 < len(rest.split()) <= 6 and resolved == question and not _is_clause(rest):
        return _swap(previous, rest, encoder)
    if _THING.search(resolved):
        topic = topic_of(previous)
        if topic:
            resolved = _THING.sub(lambda m: _inflect(m, topic), resolved, count=1)
    if resolved == question or _ELSE.search(question):
        resolved = _with_topic(resolved, previous)
    return resolved


def leans(question: str) -> bool:
    """Whether a question needs those before it: a pronoun, an opening "and …", "else", or an asking word alone."""
    if _BARE.match(question) or _OPENING.match(question) or _PERSON.search(question):
        return True
    content = [w for w in words_of(question) if w not in STOP_WORDS]
    pronoun = _THING.search(question)
    if pronoun and not _explained(question, pronoun.start()):
        return True
    return bool(_ELSE.search(question)) and len(content) <= 4


def _explained(question: str, at: int) -> bool:
    """Whether a noun phrase before the pronoun can be what it stands for, within the same question."""
    before = question[:at]
    return bool(_NOUN_PHRASE.search(before + " is")) or bool([n for n in names_in(before) if before.find(n) > 0])


def topic_of(question: str) -> str:
    """What a question is about: its last name or noun phrase, else its last content words."""
    body = question.rstrip(" ?.!")
    phrases = [(m.start(), m.group()) for m in _NOUN_PHRASE.finditer(body)]
    names = [(body.find(n), n) for n in names_in(body) if body.find(n) > 0]
    found = sorted(phrases + names)
    if found:
        return found[-1][1]
    words = [w for w in re.findall(r"[\w’'-]+", body) if w.casefold() not in STOP_WORDS and w.casefold() not in _ASKING]
    return " ".join(words[-3:])


def _person(earlier: Sequence[str], cited: Callable[[str], Sequence[str]]) -> str:
    """The person last spoken of: named in an earlier question, else the speaker or first name in its citations."""
    for question in reversed(earlier[-3:]):
        names = [n for n in names_in(question) if question.find(n) > 0 or len(n.split()) > 1]
        if names:
            return names[0]
        found = cited(question)
        if found:
            return found[0]
    return ""


def _inflect(pronoun: re.Match[str], phrase: str) -> str:
    word, following = pronoun.group().casefold(), words_of(pronoun.string[pronoun.end() :][:_LONGEST_WORD])[:1]
    possessive = word in ("his", "hers", "its", "their", "theirs") or (word == "her" and not STOP_WORDS.issuperset(following))
    return f"{phrase}'s" if possessive else phrase


def _is_clause(rest: str) -> bool:
    first = rest.split()[0].casefold()
    return first in _ASKING


def _statement(question: str) -> str:
    """A question without its asking word, for "Why: …"."""
    return re.sub(
        r"^\W*(?:who|what|which|when|where|why|how(?: many| much| long)?)\b\s*", "", question.rstrip(" ?.!"), flags=re.IGNORECASE
    )


def _swap(previous: str, phrase: str, encoder: Encoder) -> str:
    """The previous question with `phrase` in the place of that word of it which is nearest to it in meaning."""
    words = [m for m in re.finditer(r"[\w’'-]+", previous) if m.group().casefold() not in STOP_WORDS | _ASKING]
    if not words:
        return f"{phrase}: {previous}"
    vectors = [e.vector for e in encoder.encode([w[:_LONGEST_WORD] for w in (phrase, *(m.group() for m in words))])]
    target = words[int(np.argmax(np.stack(vectors[1:]) @ vectors[0]))]
    start = target.start()
    article = re.search(r"\b(?:the|a|an)\s+$", previous[:start], re.IGNORECASE)
    if article and re.match(r"(?:the|a|an|its|their)\s", phrase, re.IGNORECASE):
        start = article.start()
    if re.search(r"[’']s\s+$|\b(?:the|its|their)\s+[\w’'-]+\s+$", previous[:start], re.IGNORECASE):
        phrase = re.sub(r"^(?:the|a|an)\s+", "", phrase, flags=re.IGNORECASE)
    return f"{previous[:start]}{phrase}{previous[target.end() :]}"


def _with_topic(question: str, previous: str) -> str:
    """The question with what the previous one was about, in brackets, unless it says so already."""
    have = set(words_of(question))
    missing = [w for w in words_of(previous) if w not in have and w not in STOP_WORDS and w not in _ASKING]
    if not missing:
        return question
    return f"{question.rstrip(' ?.!')} ({_statement(previous)})?"
