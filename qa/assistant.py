"""One open index that answers questions: take a message apart, retrieve, read, judge, cite."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np

from index import Index, QuestionError, Where
from index.addresses import Published
from index.embed import Encoder, Encoding, SentenceTransformerEncoder
from index.published import DEFAULT_INDEX
from index.store import speech_of
from index.where import matching

from .answer import REMEMBERED, Answer, Citation, together
from .chat import MAX_HISTORY, standalone
from .cite import choose, cite, cite_related
from .differ import differences_in_words, set_beside, with_differences
from .kinds import names_in
from .language import foreign_language, language_note, languages_of
from .question import MAX_CHARACTERS, Question, checked, parse_question, readable
from .read import Reading, read
from .reader import TRAINED, Reader, chosen_reader, load_beside
from .retrieve import Hit, search
from .select import ruled_out, select_evidence, without_excluded
from .several import MAX_QUESTIONS, Part, parts_of
from .spelling import QUOTED
from .verdict import READER_SIGNS, SIGNS, judge, signs_of
from .within import searched

READ_PASSAGES = 24
"""Passages whose sentences are read for an answer."""

READ_VARIANTS = 8
"""Passages read beside them that mostly repeat one of them in a copy of its document, but not wholly."""

MAX_K = 1000
MAX_SCOPES = 32
"""Filters whose documents are remembered."""

NOTHING_THERE = "No document is left to search in."

LOOKING, READING = "Looking for passages", "Reading the best passages"
"""The steps of an answer, as they are told to whoever waits for it."""

_VEIL = "\uf8ff"  # a private character: no question has it for a meaning of its own


@dataclass(frozen=True, slots=True)
class Scope:
    """What questions are asked of: an index, or the documents `within` it that a filter leaves (bool, shape (documents,); None for
    all), the languages of these, and the answers given so far."""

    index: Index
    where: Where | None
    within: np.ndarray | None
    languages: tuple[str, ...]
    answers: dict[tuple[Part, tuple[str, ...]], Answer] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question before its verdict: as it stands alone, taken apart, the evidence that may be quoted, and whether
    somebody whose words are asked for was found speaking."""

    standalone: str
    question: Question
    reading: Reading
    speaker_found: bool


class Assistant:
    """Questions to cited answers over one index. Safe to share between threads.

    A newly published index is noticed at the next question; the one before answers until then.
    """

    def __init__(self, published: Published, encoder: Encoder, reader: Reader | None = None, remember: int = REMEMBERED) -> None:
        self._published = published
        self._encoder = encoder
        self._reader = reader
        self._remember = remember
        self._lock = threading.Lock()
        self._scopes: dict[Where | None, Scope] = {}
        self._current = published.current()
        self._index = published.open(encoder.fingerprint)

    @classmethod
    def open(
        cls,
        index: Path | str = DEFAULT_INDEX,
        encoder: Encoder | None = None,
        reader: Reader | str | None = TRAINED,
        remember: int = REMEMBERED,
    ) -> Assistant:
        """Open the index in a folder or a store. Raises IndexMissing, IndexDamaged, IndexMismatch, StoreError or ModelError.

        `reader` is TRAINED, the shipped one if it was made for the encoder; NONE or None; or a reader. `remember`: so many answers
        are kept in memory for each filter, to be given again when the same is asked of the same index.
        """
        published = Published(index)
        published.current()  # a missing index is told before a model is loaded
        encoder = encoder or SentenceTransformerEncoder()
        chosen = chosen_reader(reader, encoder)
        load_beside(encoder, chosen)
        return cls(published, encoder, chosen, remember)

    @property
    def index(self) -> Index:
        """The published index, opened again when another has been published."""
        with self._lock:
            current = self._published.current()
            if current != self._current:
                self._index = self._published.open(self._encoder.fingerprint)
                self._current = current
                self._scopes.clear()
            return self._index

    def searched(self, where: Where | None = None) -> tuple[int, int]:
        """How many documents, copies of one counted once, and how many passages a filter leaves. Raises QuestionError."""
        scope = self._scope(where)
        return searched(scope.index, scope.within)

    def retrieve(self, question: str, k: int = 5, *, where: Where | None = None) -> list[Hit]:
        """The best k passages for a question, of the documents that a filter leaves, best first; k is 0 to MAX_K. Raises QuestionError."""
        if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k <= MAX_K:
            raise QuestionError(f"k is {k!r}, expected a whole number from 0 to {MAX_K}")
        question = checked(question)
        scope = self._scope(where)
        asked = " ".join(part.question for part in parts_of(question))
        parsed, encoding = self._understand(asked, scope, _foreign(scope, question))
        return search(scope.index, encoding.vector, parsed.terms, k, parsed.phrases, parsed.excluded, within=scope.within)

    def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        progress: Callable[[str, int, int], None] | None = None,
        *,
        where: Where | None = None,
    ) -> Answer:
        """Answer a question with quotations, or say that the documents do not.

        `history` holds the earlier questions of the conversation, oldest first. Several questions in one message are
        answered one by one, the earlier ones as history of the later: see `Answer.parts`. `progress(step, number, of)` is
        called before each step (LOOKING, READING) of each of them, numbered from 1. `where` leaves only some of the documents
        to be searched, quoted and counted. Raises QuestionError.
        """
        if not isinstance(history, Sequence) or isinstance(history, str) or not all(isinstance(h, str) for h in history):
            raise QuestionError("the history is a list of the earlier questions, oldest first")
        question, heard = checked(question), _heard(history)
        scope = self._scope(where)
        parts = parts_of(question)
        asked = parts[:MAX_QUESTIONS]
        answers = []
        for number, part in enumerate(asked, 1):
            answers.append(self._answer(scope, part, heard, _teller(progress, number, len(asked))))
            if len(parts) == 1:
                return _noted(replace(answers[0], question=question, where=scope.where))
            heard += [*part.background, answers[-1].standalone_question]
        notes = []
        if len(parts) > MAX_QUESTIONS:
            rest = " ".join(f"“{' '.join(part.question.split())}”" for part in parts[MAX_QUESTIONS:])
            notes = [f"Only the first {MAX_QUESTIONS} of {len(parts)} questions are answered. Not answered, ask again: {rest}"]
        whole = together(question, answers, notes, lambda document: scope.index.text(scope.index.numbers[document]))
        return replace(whole, parts=tuple(_noted(part) for part in whole.parts), where=scope.where)

    def _scope(self, where: Where | None) -> Scope:
        """What a filter leaves of the published index. Raises QuestionError."""
        if where is not None and not isinstance(where, Where):
            raise QuestionError(f"where is {where!r:.60}, expected a filter: qa.Where")
        where, index = where or None, self.index
        scope = self._scopes.get(where)
        if scope is None or scope.index is not index:
            within = matching(index, where) if where else None
            scope = Scope(index, where, within, languages_of(index, within))
            with self._lock:
                if len(self._scopes) >= MAX_SCOPES:
                    self._scopes.clear()
                self._scopes[where] = scope
        return scope

    def _answer(self, scope: Scope, part: Part, heard: Sequence[str], tell: Callable[[str], None] | None) -> Answer:
        """The answer to one question, with what was heard before it; on what its citations differ is not noted yet."""
        if tell:
            tell(LOOKING)
        asked = part, tuple(heard)
        answer = scope.answers.get(asked)
        if answer is None:
            answer = self._found(scope, part, heard, tell)
            if len(scope.answers) >= self._remember:
                scope.answers.clear()
            if self._remember:
                scope.answers[asked] = answer
        return answer

    def _found(self, scope: Scope, part: Part, heard: Sequence[str], tell: Callable[[str], None] | None) -> Answer:
        index = scope.index
        foreign = _foreign(scope, part.question)
        weighed = self._weigh(scope, part, heard, foreign, tell)
        parsed, reading = weighed.question, weighed.reading
        told = replace(parsed, unknown=()) if foreign else parsed  # that foreign words do not occur is no news
        judgement = judge(index, told, reading, speaker_found=weighed.speaker_found)
        verdict, explanation = judgement.verdict, judgement.explanation
        notes: tuple[str, ...] = ()
        citations: tuple[Citation, ...] = ()
        related: tuple[Citation, ...] = ()
        if verdict == "answered":
            chosen, notes = choose(index, parsed, reading)
            chosen, differences = set_beside(index, parsed, reading, chosen)
            citations = with_differences(index, cite(index, parsed, chosen), differences)
            citations, notes = without_excluded(index, parsed, citations, notes)
            if not citations:
                verdict, explanation = "related", ruled_out(index, parsed)
        if verdict != "answered":
            related, _ = without_excluded(index, parsed, cite_related(index, parsed, reading), ())
            if not related:
                verdict = "not_found"
                explanation = " ".join(dict.fromkeys(filter(None, (ruled_out(index, parsed), explanation))))
        if foreign:
            notes = (language_note(foreign, scope.languages), *notes)
        documents, passages = searched(index, scope.within)
        return Answer(
            question=part.question,
            verdict=verdict,
            confidence=judgement.confidence,
            citations=citations,
            related=related,
            standalone_question=parsed.text if parsed.corrections else weighed.standalone,
            corrections=parsed.corrections,
            explanation=explanation if documents else NOTHING_THERE,
            notes=notes,
            documents_searched=documents,
            passages_searched=passages,
            generation=index.name,
        )

    def weigh(self, question: str, history: Sequence[str] = ()) -> Weighed:
        """Everything up to the verdict, for the first question of a message. Raises QuestionError."""
        scope, part = self._scope(None), parts_of(checked(question))[0]
        return self._weigh(scope, part, _heard(history), _foreign(scope, part.question))

    def first_quotation(self, weighed: Weighed) -> tuple[str, tuple[float, ...]]:
        """The first quotation if the question is answered ("" without evidence), and the signs of its verdict."""
        index = self.index
        if not weighed.reading.evidence:
            return "", (0.0,) * (len(SIGNS) + len(READER_SIGNS if self._reader else ()))
        chosen, _ = choose(index, weighed.question, weighed.reading)
        signs = signs_of(index, weighed.question, weighed.reading, speaker_found=weighed.speaker_found)
        return cite(index, weighed.question, chosen)[0].text, signs

    def _weigh(
        self, scope: Scope, part: Part, heard: Sequence[str], foreign: str, tell: Callable[[str], None] | None = None
    ) -> Weighed:
        question, quoted = _veiled(checked(part.question))
        before = [*heard, *part.background]
        resolved = standalone(question, before, self._encoder, lambda earlier: self._people_cited(scope, earlier))
        own = "" if resolved == " ".join(question.split()) else part.question
        resolved = _unveiled(resolved, quoted)
        resolved = resolved[:MAX_CHARACTERS]  # the words that it took over may make it longer than anyone may ask
        parsed, reading = self._read(scope, resolved, foreign, own, tell)
        reading, speaker_found = select_evidence(scope.index, parsed, reading)
        return Weighed(resolved, parsed, reading, speaker_found)

    def _understand(self, question: str, scope: Scope, foreign: str = "", own: str = "") -> tuple[Question, Encoding]:
        parsed = parse_question(question, scope.index, self._encoder, own=own, mended=not foreign, within=scope.within)
        start, end = self._window(parsed.text)
        encoding = self._encoder.encode_question(parsed.text[start:end])
        return parsed, replace(encoding, offsets=encoding.offsets + start)

    def _read(
        self, scope: Scope, question: str, foreign: str = "", own: str = "", tell: Callable[[str], None] | None = None
    ) -> tuple[Question, Reading]:
        parsed, encoding = self._understand(question, scope, foreign, own)
        within = scope.within
        hits = search(scope.index, encoding.vector, parsed.terms, READ_PASSAGES, parsed.phrases, (), READ_VARIANTS, within)
        if tell:
            tell(READING)
        return parsed, read(scope.index, parsed, encoding, hits, self._reader)

    def _window(self, text: str) -> tuple[int, int]:
        """As much of a question as the encoder reads: its end when it asks there, else its beginning.

        Keyword search sees all of it.
        """
        limit, start, end = self._encoder.max_tokens - 2, 0, len(text)
        asks_last = text.rstrip().endswith("?")
        while self._encoder.count_tokens([text[start:end]])[0] > limit:
            keep = int((end - start) * 0.8)
            start, end = (end - keep, end) if asks_last else (start, start + keep)
        return start, end

    def _people_cited(self, scope: Scope, question: str) -> list[str]:
        """The speaker of, or the names in, the best evidence for an earlier question."""
        index = scope.index
        _, reading = self._read(scope, question)
        for evidence in reading.evidence[:1]:
            speech = speech_of(index.sentences[evidence.number])
            if speech:
                return [speech.speaker.of(index.text(evidence.document))]
            return [n for n in names_in(evidence.text) if len(n.split()) > 1]
        return []


def _foreign(scope: Scope, question: str) -> str:
    """The language of a question in another language than the documents', else ""."""
    return foreign_language(question, scope.languages, scope.index.keywords.words)


def _teller(progress: Callable[[str, int, int], None] | None, number: int, of: int) -> Callable[[str], None] | None:
    return (lambda step: progress(step, number, of)) if progress else None


def _noted(answer: Answer) -> Answer:
    """The answer, its citations numbered for good, with a note for each statement on which they differ."""
    return replace(answer, notes=(*answer.notes, *differences_in_words(answer.citations)))


def _heard(history: Sequence[str]) -> list[str]:
    """The latest questions of a conversation one by one, the background of each before it; no more than are looked at."""
    heard: list[str] = []
    for message in reversed(history[-MAX_HISTORY:]):
        parts = parts_of(readable(message).replace(_VEIL, "\ufffd")[-MAX_CHARACTERS:])
        heard[:0] = [text for part in parts for text in (*part.background, part.question)]
        if len(heard) >= MAX_HISTORY:
            break
    return heard[-MAX_HISTORY:]


def _veiled(question: str) -> tuple[str, list[str]]:
    """The question with its quoted words put out of reach of whoever resolves pronouns, and these words."""
    question = question.replace(_VEIL, "\ufffd")
    quoted = [m.group() for m in QUOTED.finditer(question)]
    numbers = count()
    return QUOTED.sub(lambda _: f"{_VEIL}{next(numbers)}{_VEIL}", question), quoted


def _unveiled(question: str, quoted: Sequence[str]) -> str:
    return re.sub(rf"{_VEIL}(\d+){_VEIL}", lambda m: quoted[int(m.group(1))], question)
