"""Questions to begin with and to go on with, made from the documents at hand: who is quoted, what is listed, what headings ask.

Each has been asked before it is offered, and was answered.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, zip_longest

import numpy as np

from index import Index, QAError, Where
from index.store import kind_of, speech_of
from index.where import matching

from .answer import Answer, Citation

FIRST, NEXT = 4, 3
"""So many questions are offered at first, and after an answer."""

MAX_TRIES = 12
"""So many questions are tried to find the first ones; half as many for each document that is cited."""

MAX_REMEMBERED = 500  # documents whose questions are kept
_LOOKED_AT = 20_000  # sentences: enough to find examples, whatever the size of the collection
_LISTED = re.compile(r"(?P<what>\S.{8,100}?) (?P<verb>were|are|include|included|was|is):", re.DOTALL)
_SUBJECT = re.compile(r"(?:[\w’'-]+ ){1,5}[\w’'-]+")  # a heading of two to six words and no punctuation
_DETERMINED = re.compile(r"(?:the|a|an|this|these|those|his|her|its|their|our|my|your|some|all)\b", re.IGNORECASE)


Place = tuple[str, int]
"""Where a quotation begins: document and character."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question that the documents answer, and where its first quotation begins."""

    question: str
    place: Place


def examples_of(index: Index, ask: Callable[[str], Answer], sentences: Sequence[int], limit: int, tries: int) -> list[Example]:
    """At most `limit` questions made from these sentences, each answered with another quotation first."""
    found: dict[Place, Example] = {}
    for question in islice(_candidates(index, sentences), tries):
        try:
            answer = ask(question)
        except QAError:
            continue
        if answer.verdict == "answered" and not answer.parts:
            place = _place(answer.citations[0])
            found.setdefault(place, Example(question, place))
        if len(found) == limit:
            break
    return list(found.values())


class Examples:
    """The questions that are offered over one index. Each document's are made once, when it is first cited."""

    def __init__(self, index: Index, ask: Callable[..., Answer]) -> None:
        self._index, self._ask = index, ask
        self._lock = threading.Lock()
        self._of_document: OrderedDict[str, list[Example]] = OrderedDict()
        self.generation = index.name
        self._first = examples_of(index, ask, range(min(len(index.sentences), _LOOKED_AT)), FIRST, MAX_TRIES)
        self.first = [example.question for example in self._first]

    def within(self, where: Where) -> list[str]:
        """At most FIRST questions that are answered by the documents that a filter leaves."""
        numbers = np.flatnonzero(matching(self._index, where)[self._index.sentences["document"]])
        ask = partial(self._ask, where=where)
        return [e.question for e in examples_of(self._index, ask, numbers[:_LOOKED_AT].tolist(), FIRST, MAX_TRIES)]

    def after(self, answer: Answer, earlier: Sequence[Answer] = ()) -> list[str]:
        """At most NEXT questions to go on with, those on the documents that the answer quotes first.

        None repeats a question of the conversation or leads to a quotation that it already has. After an answer from what a
        filter leaves, each is answered from there too.
        """
        asked = {" ".join(a.standalone_question.split()).casefold() for a in (answer, *earlier)}
        seen = {_place(c) for a in (answer, *earlier) for c in a.citations}
        near = dict.fromkeys(c.document for c in (*answer.citations, *answer.related))
        known = chain(chain.from_iterable(self._examples(document) for document in near), self._first)
        fresh = dict.fromkeys(e.question for e in known if e.place not in seen and e.question.casefold() not in asked)
        if answer.where:
            return list(islice((q for q in islice(fresh, MAX_TRIES) if self._answers(q, answer.where, seen)), NEXT))
        return list(islice(fresh, NEXT))

    def _answers(self, question: str, where: Where, seen: Container[Place]) -> bool:
        """Whether a question is answered from what a filter leaves, with a quotation that was not seen."""
        try:
            answer = self._ask(question, where=where)
        except QAError:
            return False
        return answer.verdict == "answered" and _place(answer.citations[0]) not in seen

    def _examples(self, document: str) -> list[Example]:
        number = self._index.numbers.get(document)
        if number is None:
            return []
        with self._lock:
            if document not in self._of_document:
                first, last = np.searchsorted(self._index.sentences["document"], [number, number + 1])
                sentences = range(int(first), min(int(last), int(first) + _LOOKED_AT))
                self._of_document[document] = examples_of(self._index, self._ask, sentences, MAX_TRIES // 2, MAX_TRIES // 2)
                if len(self._of_document) > MAX_REMEMBERED:
                    self._of_document.popitem(last=False)
            return self._of_document[document]


def _place(citation: Citation) -> Place:
    return citation.document, citation.start


def _candidates(index: Index, sentences: Sequence[int]) -> Iterator[str]:
    """Questions of the three sorts by turns, none twice."""
    asked: set[str] = set()
    sorts = (_speakers(index, sentences), _lists(index, sentences), _headings(index, sentences))
    for question in chain.from_iterable(zip_longest(*sorts)):
        if question and question.casefold() not in asked:
            asked.add(question.casefold())
            yield question


def _speakers(index: Index, sentences: Sequence[int]) -> Iterator[str]:
    """Those who are quoted, by full name or as "the report"; a person once, whatever the form of address."""
    seen: set[str] = set()
    for number in sentences:
        speech = speech_of(index.sentences[number])
        if speech is None:
            continue
        name = " ".join(speech.speaker.of(index.text(int(index.sentences[number]["document"]))).split())
        words = name.removeprefix("the ").split()
        named = len(words) > 1 and all(word[0].isupper() for word in words)
        known = " ".join(words[-2:]).casefold()
        if len(name) <= 60 and known not in seen and (named or name.startswith("the ")):
            seen.add(known)
            yield f"What did {name} say?"


def _lists(index: Index, sentences: Sequence[int]) -> Iterator[str]:
    """ "Key strengths were:" asks "What were the key strengths?"."""
    for text, words in _of_kind(index, sentences, "lead_in"):
        match = _LISTED.fullmatch(words)
        if match:
            what = match["what"]
            first, _, rest = what.partition(" ")
            if not re.search(rf"[a-z,] {re.escape(first)}\b", text):  # not a name, then
                what = f"{first.lower()} {rest}"
            verb = {"include": "are", "included": "were"}.get(match["verb"], match["verb"])
            yield f"What {verb} {'' if _DETERMINED.match(what) else 'the '}{what}?"


def _headings(index: Index, sentences: Sequence[int]) -> Iterator[str]:
    """Headings that are questions themselves, as in a list of frequent ones; of the others, what is said about them."""
    for _, words in _of_kind(index, sentences, "heading"):
        if words.endswith("?"):
            yield words
        elif _SUBJECT.fullmatch(words):
            yield f"What is said about {words}?"


def _of_kind(index: Index, sentences: Sequence[int], kind: str) -> Iterator[tuple[str, str]]:
    """The document's text and the sentence's words, for each sentence in a block of this kind."""
    for number in sentences:
        row = index.sentences[number]
        if kind_of(row) == kind:
            text = index.text(int(row["document"]))
            yield text, " ".join(text[int(row["start"]) : int(row["end"])].split())
