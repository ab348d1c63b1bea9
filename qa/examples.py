"""Questions to begin with, made from the documents at hand: who is quoted, what is listed, what headings ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, zip_longest

from index import Index, QAError

from .answer import Answer

MAX_TRIES = 12
_LOOKED_AT = 20_000  # sentences: enough to find examples, whatever the size of the collection
_LISTED = re.compile(r"(?P<what>\S.{8,100}?) (?P<verb>were|are|include|included|was|is):", re.DOTALL)
_DETERMINED = re.compile(r"(?:the|a|an|this|these|those|his|her|its|their|our|my|your|some|all)\b", re.IGNORECASE)


def example_questions(index: Index, ask: Callable[[str], Answer], limit: int = 4) -> list[str]:
    """At most `limit` questions that the documents answer, each with another quotation first; each has been asked."""
    found: list[str] = []
    seen: set[tuple[str, int]] = set()
    for question, _ in zip(_candidates(index), range(MAX_TRIES), strict=False):
        try:
            answer = ask(question)
        except QAError:
            continue
        first = next(((c.document, c.start) for c in answer.citations), None)
        if answer.verdict == "answered" and first and first not in seen:
            seen.add(first)
            found.append(question)
        if len(found) == limit:
            break
    return found


def _candidates(index: Index) -> Iterator[str]:
    """Questions of the three sorts by turns, none twice."""
    asked: set[str] = set()
    for question in chain.from_iterable(zip_longest(_speakers(index), _lists(index), _headings(index))):
        if question and question.casefold() not in asked:
            asked.add(question.casefold())
            yield question


def _speakers(index: Index) -> Iterator[str]:
    """Those who are quoted, by full name or as "the report"; a person once, whatever the form of address."""
    seen: set[str] = set()
    for number in range(min(len(index.sentences), _LOOKED_AT)):
        speech = index.speech(number)
        if speech is None:
            continue
        name = " ".join(speech.speaker.of(index.text(int(index.sentences[number]["document"]))).split())
        words = name.removeprefix("the ").split()
        named = len(words) > 1 and all(word[0].isupper() for word in words)
        known = " ".join(words[-2:]).casefold()
        if len(name) <= 60 and known not in seen and (named or name.startswith("the ")):
            seen.add(known)
            yield f"What did {name} say?"


def _lists(index: Index) -> Iterator[str]:
    """ "Key strengths were:" asks "What were the key strengths?"."""
    for text, words in _of_kind(index, "lead_in"):
        match = _LISTED.fullmatch(words)
        if match:
            what = match["what"]
            first, _, rest = what.partition(" ")
            if not re.search(rf"[a-z,] {re.escape(first)}\b", text):  # not a name, then
                what = f"{first.lower()} {rest}"
            verb = {"include": "are", "included": "were"}.get(match["verb"], match["verb"])
            yield f"What {verb} {'' if _DETERMINED.match(what) else 'the '}{what}?"


def _headings(index: Index) -> Iterator[str]:
    """Headings that are questions themselves, as in a list of frequent ones."""
    for _, words in _of_kind(index, "heading"):
        if words.endswith("?"):
            yield words


def _of_kind(index: Index, kind: str) -> Iterator[tuple[str, str]]:
    """The document's text and the sentence's words, for each sentence in a block of this kind."""
    for number in range(min(len(index.sentences), _LOOKED_AT)):
        if index.kind(number) == kind:
            row = index.sentences[number]
            text = index.text(int(row["document"]))
            yield text, " ".join(text[int(row["start"]) : int(row["end"])].split())
