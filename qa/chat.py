"""Conversations: what a follow-up question stands for, built only from words of the conversation and its citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from index.embed import Encoder
from index.sparse import STOP_WORDS, terms_of, words_of

from .answer import Answer
from .kinds import speaker_asked
from .leaning import (
    ABOUT,
    BARE,
    HOW_MANY,
    MORE,
    ONE,
    OPENING,
    SAYS_WHO,
    SUCH,
    THEN,
    THERE,
    WHEN,
    is_short,
    leans,
    person_pronouns,
    points_back,
    thing_pronouns,
)  # fmt: skip
from .phrases import ASKING, AUXILIARIES, BE, Phrase, phrases_of, without_possessive
from .restate import after_asking, ask_again, ask_more, ask_who_said, capitalised, mentioned_again, statement_of, with_topic

MAX_HISTORY = 20
"""Only this many of the latest questions are looked at; who speaks of something older says so."""

MAX_EARLIER = 1_000
"""Only this many characters of an earlier question are looked at."""

MAX_UNFOLDED = 3
"""So many of the latest questions that lean themselves are resolved first."""

_PLURAL = frozenset("they them their theirs these those".split())
_JUDGING = re.compile(r"\W*(?:is|was|are|were) (?:that|this|it)\b", re.IGNORECASE)  # "Is that a lot?"
_LONGEST_PHRASE = 80  # characters of a phrase that are compared by meaning; more might not fit the encoder


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

    A question that stands alone comes back unchanged. `cited(question)` gives the names that the answer to an earlier
    question cites, for "he" and "she" whose names the questions do not have.
    """
    earlier = [" ".join(h.split())[:MAX_EARLIER] for h in history[-MAX_HISTORY:] if isinstance(h, str) and h.strip()]
    question = " ".join(question.split())
    if not earlier or len(question) > MAX_EARLIER:  # a paragraph says by itself what it is about
        return question
    resolving = _Resolver(encoder, cited)
    if leans(question):
        leaning = next((n for n, h in enumerate(reversed(earlier[1:])) if not leans(h)), len(earlier) - 1)
        for at in range(len(earlier) - min(leaning, MAX_UNFOLDED), len(earlier)):
            earlier[at] = resolving.resolve(earlier[at], earlier[:at])
    return resolving.resolve(question, earlier)


def topic_of(question: str) -> str:
    """What a question is about: its last name or noun phrase, else its last content words."""
    phrases = [p for p in phrases_of(question) if not p.vague]
    phrases = [p for p in phrases if p.definite] or phrases
    if phrases:
        return next((p.text for p in phrases if p.text.endswith(phrases[-1].text)), phrases[-1].text)
    words = [w for w in re.findall(r"[\w’'-]+", question) if w.casefold() not in STOP_WORDS | ASKING | AUXILIARIES]
    return " ".join(words[-3:])


class _Resolver:
    """One question after another made to stand alone."""

    def __init__(self, encoder: Encoder, cited: Callable[[str], Sequence[str]]) -> None:
        self._encoder, self._cited = encoder, cache(cited)

    def resolve(self, question: str, earlier: Sequence[str]) -> str:
        """The question with what it takes from the earlier ones, of which the last counts most."""
        if not leans(question):
            return _definite(question, earlier)
        previous = earlier[-1]
        opening = OPENING.match(question)
        opened = opening.group().strip() if opening else ""
        rest = question[len(opening.group()) :] if opening else question
        bare = BARE.match(rest)
        if bare:
            return ask_again(bare.group("asked"), previous)
        if SAYS_WHO.match(rest):
            return ask_who_said(previous)
        if MORE.match(rest):
            return ask_more(rest, previous, topic_of(previous))
        if (opened and not _is_clause(rest)) or ABOUT.search(opened) or is_short(rest):
            phrase = rest.rstrip(" ?.!")
            if phrase and (person_pronouns(rest) or thing_pronouns(rest)):
                return self._pronouns(f"What about {phrase}?", earlier)
            if phrase and not ONE.search(rest):
                matter = next((h for h in reversed(earlier) if not _JUDGING.match(h)), previous)
                return self._swap(matter, phrase)
        question = capitalised(rest) if rest else question
        if _JUDGING.match(question) and re.match(r"\W*(?:by |for )?how\b", previous, re.IGNORECASE):
            return with_topic(question, statement_of(previous))
        resolved = self._pronouns(_counted(question, earlier), earlier)
        resolved = _definite(_placed(resolved, earlier), earlier)
        if resolved == question and (not opened or len(terms_of(question)) <= 2):
            resolved = with_topic(resolved, topic_of(previous))
        return resolved

    def _pronouns(self, question: str, earlier: Sequence[str]) -> str:
        """The question with the first pronoun of each kind replaced, if anything fits it."""
        taken: dict[tuple[int, int], str] = {}
        persons = person_pronouns(question)
        if persons:
            person = self._person(earlier, persons[0].group().casefold(), owns=_owns(persons[0]))
            if person:
                taken[persons[0].span()] = _inflected(persons[0], person)
        things = thing_pronouns(question)
        said = set(terms_of(question))
        for plural in (True, False):
            pronoun = next((m for m in things if (m.group().casefold() in _PLURAL) == plural), None)
            acting = pronoun and (words_of(question[: pronoun.start()]) or [""])[-1] in AUXILIARIES - BE
            thing = pronoun and self._thing(earlier, plural=plural, acting=bool(acting), said=said)
            if pronoun and thing:
                said.update(terms_of(thing))
                taken[pronoun.span()] = _inflected(pronoun, thing)
        for (start, end), phrase in sorted(taken.items(), reverse=True):
            question = question[:start] + (capitalised(phrase) if start == 0 else phrase) + question[end:]
        return question

    def _person(self, earlier: Sequence[str], pronoun: str, *, owns: bool) -> str:
        """The person last spoken of: named or described in an earlier question, or in what answers a "Who …?"."""
        for question in reversed(earlier):
            phrases = phrases_of(question)
            fitting = [p for p in (*phrases, *filter(None, (p.owner for p in phrases))) if p.may_be(pronoun)]
            named = [p for p in fitting if p.named]
            asks_who = re.match(r"\W*who\b", question, re.IGNORECASE)
            if asks_who and not named and question in earlier[-3:]:
                new = self._new_person(question, pronoun)
                if new:
                    return new
            if named or fitting:
                speaker, found = speaker_asked(question), without_possessive((named or fitting)[0].text)
                return speaker if speaker.startswith(f"{found} who ") and not owns else found
            if asks_who and question is earlier[-1]:
                return f"the one who {after_asking(question)}"
        return next(filter(None, (self._new_person(q, pronoun) for q in reversed(earlier[-3:]))), "")

    def _new_person(self, question: str, pronoun: str) -> str:
        return next((n for n in self._new_names(question) if Phrase(n, n, 0, "", True).may_be(pronoun)), "")

    def _new_names(self, question: str) -> list[str]:
        """Names that the answer to a question cites and the question does not have."""
        known = set(words_of(question))
        return [n for n in self._cited(question) if not known.issuperset(words_of(n))]

    def _thing(self, earlier: Sequence[str], *, plural: bool, acting: bool, said: set[str]) -> str:
        """What "it" or "they" stands for: the last fitting phrase of the latest question that has one.

        "They" who act ("did they charge") are a body of people or several, before other things that are several.
        """
        for question in reversed(earlier[-4:]):
            phrases = [p for p in phrases_of(question) if not p.vague and not said.issuperset(terms_of(p.core))]
            if plural:
                bodies = [p for p in phrases if p.collective and p.before in AUXILIARIES]
                asked = [p for p in phrases if p.plural and p.before in ("many", "which", "what")]
                fitting = (acting and bodies) or asked or [p for p in phrases if p.plural]
                fitting = fitting or [p for p in phrases if p.collective] or [p for p in phrases if p.named]
                if acting and re.match(r"\W*who\b", question, re.IGNORECASE):
                    return f"those who {after_asking(question)}"  # the name in its answer may be one of several
            else:
                what_is = re.match(r"\W*(?:what|which) (?:is|was)\b", question, re.IGNORECASE)
                fitting = [p for p in phrases if not p.plural and (what_is or not (p.named and p.may_be("it")))]
            fitting = [p for p in fitting if p.definite] or fitting
            whole = [p for p in fitting if not any(p is not q and q.text.endswith(p.text) for q in fitting)]
            if whole:
                return mentioned_again(question, whole[-1])
        return "" if plural else topic_of(earlier[-1])

    def _swap(self, previous: str, phrase: str) -> str:
        """The previous question with `phrase` in the place of that phrase of it which is nearest in kind and meaning."""
        preposition = re.match(
            r"(?:in|on|at|for|to|from|by|with|during|after|before|since|between|under|of|about)\b ", phrase, re.IGNORECASE
        )
        bare = phrase[preposition.end() :] if preposition else phrase
        found = phrases_of(previous)
        if not preposition and not bare[:1].isupper():
            found = [p for p in found if not (p.named and p.may_be("it"))]  # a person gives way to a person only
            found = [p for p in found if p.before == "about"] or found  # what is spoken of gives way before who speaks
        if preposition:
            found = [p for p in found if p.before == preposition.group().strip().casefold()]
        if re.fullmatch(r"[A-ZÀ-Þ][a-zà-þ]\S+", bare):  # a lone name is a place, where a place stands
            found = [p for p in found if p.named and p.before in ("in", "at", "near", "from", "for")] or found
        numbers = [p for p in found if p.core[:1].isdigit()]
        if bare[:1].isdigit():
            found = numbers if numbers or preposition else found
        if not found:
            end = previous.rstrip(" ?.!")
            return f"{end} {phrase}?" if preposition else f"{end}: {phrase}?"
        target = found[0]
        if len(found) > 1:
            vectors = [e.vector for e in self._encoder.encode([p[:_LONGEST_PHRASE] for p in (bare, *(f.core for f in found))])]
            target = found[int(np.argmax(np.stack(vectors[1:]) @ vectors[0]))]
        start, end = target.start, target.start + len(target.core)
        owner = re.match(r".*[’']s?\s+(?=\S)|(?:its|their|his|her)\s+", target.core)
        if owner and not re.search(r"[’']s?\s", bare):
            start += owner.end()
            bare = re.sub(r"^(?:the|a|an)\s+", "", bare, flags=re.IGNORECASE)
        return f"{previous[:start]}{bare}{previous[end:]}"


def _is_clause(rest: str) -> bool:
    """Whether what follows "and" has a verb of its own: "And who runs it?"."""
    words = [w.casefold() for w in re.findall(r"[\w’'-]+", rest)]
    return bool(AUXILIARIES.intersection(words)) or (words[:1] != [] and words[0] in ASKING)


def _owns(pronoun: re.Match[str]) -> bool:
    word, following = pronoun.group().casefold(), words_of(pronoun.string[pronoun.end() :][:80])[:1]
    return word in ("his", "hers", "its", "their", "theirs") or (word == "her" and not STOP_WORDS.issuperset(following))


def _inflected(pronoun: re.Match[str], phrase: str) -> str:
    if not _owns(pronoun):
        return phrase
    return f"{phrase}'" if phrase.endswith("s") and pronoun.group().casefold() in _PLURAL else f"{phrase}'s"


def _counted(question: str, earlier: Sequence[str]) -> str:
    """ "How many?" and "Which one?" with the things that were spoken of."""
    one, many = ONE.search(question), HOW_MANY.search(question)
    if not one and not many:
        return question
    for previous in reversed(earlier[-3:]):
        plurals = [p for p in phrases_of(previous) if p.plural and not p.vague]
        if not plurals:
            continue
        if many:
            bare = re.sub(r"^(?:the|these|those|its|their|all|any|some)\s+", "", plurals[0].core, flags=re.IGNORECASE)
            return f"{question[: many.end()]} {bare}{question[many.end() :]}"
        things = (
            plurals[0].text
            if re.match(r"(?:the|its|their|these|those)\s|\S+[’']s?\s", plurals[0].text)
            else f"the {plurals[0].text}"
        )
        asked = re.sub(r"\s+(?:ones?|of (?:them|these|those))$", "", one.group(), flags=re.IGNORECASE) if one else ""
        return f"{question[: one.start()]}{asked} of {things}{question[one.end() :]}" if one else question
    return question


def _placed(question: str, earlier: Sequence[str]) -> str:
    """ "there" and "then" with the place and the time that were spoken of."""
    there, then = THERE.search(question), THEN.search(question)
    for previous in reversed(earlier[-3:]):
        places = [p for p in phrases_of(previous) if p.before in ("in", "at", "near", "on", "to") and not p.vague]
        if there and places:
            preposition = "in" if places[-1].before == "to" else places[-1].before
            return f"{question[: there.start()]}{preposition} {places[-1].text}{question[there.end() :]}"
        times = WHEN.findall(previous)
        if then and times:
            return f"{question[: then.start()]} {times[-1]}{question[then.end() :]}"
    return question


def _definite(question: str, earlier: Sequence[str]) -> str:
    """ "the report", "those talks" with the fuller words of an earlier question for the same thing."""
    phrases = phrases_of(question)
    specific = len(terms_of(question)) > 4 or any(p.named for p in phrases)
    for such in SUCH.finditer(question):
        back, noun = points_back(such), such.group("noun").casefold()
        alone = any(p.text == such.group() and p.start == such.start() for p in phrases)
        if not back and (specific or such.group("the").casefold() != "the" or not alone):
            continue
        for previous in reversed(earlier[-3:]):
            fuller = [p for p in phrases_of(previous) if p.head == noun and len(set(terms_of(p.text))) > 1]
            if fuller:
                text = mentioned_again(previous, fuller[-1])
                return question[: such.start()] + (capitalised(text) if such.start() == 0 else text) + question[such.end() :]
        topic = topic_of(earlier[-1]) if back else ""
        if topic:
            return f"{question[: such.end()]} ({topic}){question[such.end() :]}"
    return question
