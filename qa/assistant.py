"""One open index that answers questions: retrieve, read, judge, cite."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index import Index, QuestionError, open_index
from index.build import DEFAULT_INDEX
from index.embed import Encoder, Encoding, SentenceTransformerEncoder
from index.store import read_current

from .answer import Answer, Citation
from .chat import standalone
from .cite import choose, cite, cite_related
from .differ import differences_in_words, set_beside, with_differences
from .kinds import names_in
from .question import MAX_CHARACTERS, Question, checked, parse_question, readable
from .read import Reading, read
from .retrieve import Hit, search
from .select import select_evidence
from .verdict import SIGNS, judge, signs_of

READ_PASSAGES = 24
"""Passages whose sentences are read for an answer."""

READ_VARIANTS = 8
"""Passages read beside them that mostly repeat one of them in a copy of its document, but not wholly."""

MAX_K = 1000


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

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._folder = folder
        self._encoder = encoder
        self._lock = threading.Lock()
        self._current = read_current(folder)
        self._index = open_index(folder, encoder.fingerprint)

    @classmethod
    def open(cls, index: Path | str = DEFAULT_INDEX, encoder: Encoder | None = None) -> Assistant:
        """Open the index in a folder. Raises IndexMissing, IndexDamaged, IndexMismatch or ModelError."""
        folder = Path(index)
        read_current(folder)  # a missing index is told before a model is loaded
        return cls(folder, encoder or SentenceTransformerEncoder())

    @property
    def index(self) -> Index:
        """The published index, opened again when another has been published."""
        with self._lock:
            current = read_current(self._folder)
            if current != self._current:
                self._index = open_index(self._folder, self._encoder.fingerprint)
                self._current = current
            return self._index

    def retrieve(self, question: str, k: int = 5) -> list[Hit]:
        """The best k passages for a question, best first; k is 0 to MAX_K. Raises QuestionError."""
        if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k <= MAX_K:
            raise QuestionError(f"k is {k!r}, expected a whole number from 0 to {MAX_K}")
        index = self.index
        parsed, encoding = self._understand(question, index)
        return search(index, encoding.vector, parsed.terms, k)

    def ask(self, question: str, history: Sequence[str] = ()) -> Answer:
        """Answer a question with quotations, or say that the documents do not.

        `history` holds the earlier questions of the conversation, oldest first. Raises QuestionError.
        """
        if not isinstance(history, Sequence) or isinstance(history, str) or not all(isinstance(h, str) for h in history):
            raise QuestionError("the history is a list of the earlier questions, oldest first")
        question, history = checked(question), [readable(h) for h in history]
        index = self.index
        weighed = self._weigh(index, question, history)
        parsed, reading = weighed.question, weighed.reading
        judgement = judge(index, parsed, reading, speaker_found=weighed.speaker_found)
        notes: tuple[str, ...] = ()
        citations: tuple[Citation, ...] = ()
        related: tuple[Citation, ...] = ()
        if judgement.verdict == "answered":
            chosen, notes = choose(index, parsed, reading)
            chosen, differences = set_beside(index, parsed, reading, chosen)
            citations = with_differences(index, cite(index, parsed, chosen), differences)
            notes += differences_in_words(citations)
        else:
            related = cite_related(index, parsed, reading)
        return Answer(
            question=question,
            verdict=judgement.verdict,
            confidence=judgement.confidence,
            citations=citations,
            related=related,
            standalone_question=parsed.text if parsed.corrections else weighed.standalone,
            corrections=parsed.corrections,
            explanation=judgement.explanation,
            notes=notes,
            documents_searched=len(index.documents) - index.manifest["counts"]["copies"],
            passages_searched=len(index.passages),
            generation=index.name,
        )

    def weigh(self, question: str, history: Sequence[str] = ()) -> Weighed:
        """Everything up to the verdict. Raises QuestionError."""
        return self._weigh(self.index, question, history)

    def first_quotation(self, weighed: Weighed) -> tuple[str, tuple[float, ...]]:
        """The first quotation if the question is answered ("" without evidence), and the signs of its verdict."""
        index = self.index
        if not weighed.reading.evidence:
            return "", (0.0,) * len(SIGNS)
        chosen, _ = choose(index, weighed.question, weighed.reading)
        signs = signs_of(index, weighed.question, weighed.reading, speaker_found=weighed.speaker_found)
        return cite(index, weighed.question, chosen)[0].text, signs

    def _weigh(self, index: Index, question: str, history: Sequence[str]) -> Weighed:
        resolved = standalone(checked(question), history, self._encoder, lambda earlier: self._people_cited(index, earlier))
        resolved = resolved[:MAX_CHARACTERS]  # the words that it took over may make it longer than anyone may ask
        parsed, reading = self._read(index, resolved, own="" if resolved == " ".join(question.split()) else question)
        reading, speaker_found = select_evidence(index, parsed, reading)
        return Weighed(resolved, parsed, reading, speaker_found)

    def _understand(self, question: str, index: Index, own: str = "") -> tuple[Question, Encoding]:
        parsed = parse_question(question, index, self._encoder, own=own)
        return parsed, self._encoder.encode_question(self._fitting(parsed.text))

    def _read(self, index: Index, question: str, own: str = "") -> tuple[Question, Reading]:
        parsed, encoding = self._understand(question, index, own)
        hits = search(index, encoding.vector, parsed.terms, READ_PASSAGES, READ_VARIANTS)
        return parsed, read(index, parsed, encoding, hits)

    def _fitting(self, text: str) -> str:
        """The question's beginning, as far as the encoder reads; keyword search sees all of it."""
        limit = self._encoder.max_tokens - 2
        while self._encoder.count_tokens([text])[0] > limit:
            text = text[: int(len(text) * 0.8)]
        return text

    def _people_cited(self, index: Index, question: str) -> list[str]:
        """The speaker of, or the names in, the best evidence for an earlier question."""
        _, reading = self._read(index, question)
        for evidence in reading.evidence[:1]:
            speech = index.speech(evidence.number)
            if speech:
                return [speech.speaker.of(index.text(evidence.document))]
            return [n for n in names_in(evidence.text) if len(n.split()) > 1]
        return []
