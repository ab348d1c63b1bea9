"""What the web chat does, without its page: the index opened beside the server, questions in, markup out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from index import Index, QAError, QuestionError, Span, build_index, changes

from . import render, viewer
from .answer import Answer, Citation
from .examples import example_questions
from .reader import TRAINED
from .render import Problem, Turn

LOADING = "The language model is being loaded; the question waits for it."
LOOKING = "Looking in the documents …"
WELCOME_LOADING = "The language model is being loaded. You can ask already; the answer comes when it is ready."
UNEXPECTED = "Something went wrong in the program; its log says what. The documents and the conversation are unharmed."
CHANGED = "The sources folder has changed since the index was built."
MAX_HITS = 100

log = logging.getLogger(__name__)


class Library:
    """The open index and its encoder, loaded beside the server so that the page is there at once."""

    def __init__(self, folder: Path, sources: Path, model: str | None = None, opener: Callable[..., Any] | None = None) -> None:
        self.folder, self.sources, self.model = folder, sources, model
        self.loaded = threading.Event()
        self._examples: tuple[str, list[str]] = ("", [])
        self.problem = ""
        self._opener = opener or open_assistant
        self._assistant: Any = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Open the index, keeping the reason when that is not possible."""
        with self._lock:
            try:
                if self._assistant is None:
                    assistant = self._opener(self.folder, self.model)
                    self._examples = _examples(assistant)
                    self._assistant = assistant  # last: whoever sees it finds the examples too
                self.problem = ""
            except QAError as error:
                self.problem = str(error)
            except Exception:
                log.exception("the index could not be opened")
                self.problem = UNEXPECTED
            finally:
                self.loaded.set()

    def assistant(self) -> Any:
        """The assistant, waiting for it if need be. Raises QAError with the reason when there is none."""
        self.loaded.wait()
        if self._assistant is None:
            self.load()  # someone may have built the index meanwhile
        if self._assistant is None:
            raise QAError(self.problem)
        return self._assistant

    def index(self) -> Index | None:
        """The newest published index, or None when there is none."""
        try:
            return self.assistant().index if self.loaded.is_set() else None
        except QAError as error:
            self.problem = str(error)
            return None

    def examples(self) -> list[str]:
        """Questions that the published index answers; made anew when another is published."""
        index = self.index()
        if index is not None and index.name != self._examples[0]:
            self._examples = _examples(self._assistant)
        return self._examples[1] if index is not None else []

    def build(self, progress: Callable[[str, int, int], None]) -> str:
        """Build the index and say in one line what came of it. The old one answers until the new one is there."""
        from index.embed import SentenceTransformerEncoder

        self.loaded.wait()
        try:  # an encoder of its own: questions must not wait for the build's texts
            report = build_index(self.sources, self.folder, encoder=SentenceTransformerEncoder(self.model), progress=progress)
        except QAError as error:
            return f"The index was not built: {error}"
        self.load()
        if not report.published:
            return "Nothing has changed since the index was built."
        left = f" {len(report.skipped)} files were not indexed." if report.skipped else ""
        return f"Built in {report.seconds:.1f} s: {report.documents:,} documents, {report.passages:,} passages.{left}"


def open_assistant(folder: Path, model: str | None, reader: str = TRAINED) -> Any:
    """An assistant that is ready to answer at once; see `Assistant.open`."""
    from index.embed import SentenceTransformerEncoder

    from .assistant import Assistant

    encoder = SentenceTransformerEncoder(model)
    assistant = Assistant.open(folder, encoder, reader)
    encoder.encode(["The first use loads the network."])
    return assistant


def _examples(assistant: Any) -> tuple[str, list[str]]:
    """Example questions and the name of the index that they were tried on."""
    index = assistant.index
    return index.name, example_questions(index, assistant.ask)


class Chat:
    """What the page does, without Gradio: text in, markup out."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def names(self) -> dict[str, str]:
        """Titles by document id."""
        index = self.library.index()
        return {d.id: d.title for d in index.documents if d.title} if index else {}

    def text_of(self, document: str) -> str | None:
        """The text of a document as it is in the index now."""
        index = self.library.index()
        return index.text(index.numbers[document]) if index and document in index.numbers else None

    def conversation(self, turns: Sequence[Turn], waiting: str = "") -> str:
        """The conversation, or the welcome when nothing has been asked."""
        if turns or waiting:
            return render.conversation_html(turns, self.names(), waiting)
        if not self.library.loaded.is_set():
            return render.welcome_html(0, (), WELCOME_LOADING)
        index = self.library.index()
        if index is None:
            cure = "Or press “Build the index” under Sources."
            return render.welcome_html(0, (), f"There is nothing to ask yet. {self.library.problem}. {cure}")
        return render.welcome_html(len(index.documents), self.library.examples())

    def converse(self, question: str, turns: list[Turn]) -> Iterator[tuple[str, list[Turn], Turn | None]]:
        """First the question as waiting, then its answer: (conversation, turns, the new turn)."""
        if not question.strip():
            yield self.conversation(turns), turns, None
            return
        message = LOOKING if self.library.loaded.is_set() else LOADING
        yield self.conversation(turns, render.waiting_html(question, message)), turns, None
        turn = self.answer(question, turns)
        turns = [*turns, turn]
        yield self.conversation(turns), turns, turn

    def answer(self, question: str, turns: Sequence[Turn]) -> Turn:
        """The answer, or the problem that kept it away."""
        try:
            return self.library.assistant().ask(question, [t.standalone_question for t in turns if isinstance(t, Answer)])
        except QAError as error:
            return Problem(question, str(error))
        except Exception:
            log.exception("a question failed")
            return Problem(question, UNEXPECTED)

    def evidence(self, turns: Sequence[Turn], number: int) -> str:
        """The evidence panel for turn `number`."""
        turn = turns[number] if 0 <= number < len(turns) else None
        return render.evidence_html(turn if isinstance(turn, Answer) else None, self.text_of, number)

    def document(self, turns: Sequence[Turn], chosen: dict[str, Any]) -> str:
        """The document that a button names: by its id, or as a place of a citation of a turn."""
        if "document" in chosen:
            return self._document(str(chosen["document"]), (), None)
        try:
            number, place = int(chosen["number"]), int(chosen.get("place") or 0)
            turn = dict(enumerate(turns))[int(chosen["turn"])]
            citations = {"citations": turn.citations, "related": turn.related}[chosen["kind"]]  # type: ignore[union-attr]
            citation = {c.number: c for c in citations}[number]
            other = dict(enumerate(citation.also_in, 1))[place] if place else None
        except (KeyError, ValueError, TypeError, AttributeError):
            return render.line_html("This quotation is not part of the conversation any more.")
        if other:
            return self._document(other.document, (), Span(other.start, other.end), other.text or citation.text)
        return self._document(citation.document, citations, Span(citation.start, citation.end), citation.text)

    def _document(self, name: str, citations: Sequence[Citation], chosen: Span | None, words: str = "") -> str:
        index, text, note = self.library.index(), self.text_of(name), ""
        if index is None or text is None:
            return render.line_html(f"{name} is no longer in the index.")
        if chosen and chosen.of(text) != words:
            at = text.find(words)
            chosen = Span(at, at + len(words)) if at >= 0 else None
            note = "The document has changed since the answer was given."
            note += "" if chosen else " The quoted words are no longer in it: ask again."
        here = [c for c in citations if c.document == name]
        return viewer.document_html(index.documents[index.numbers[name]], text, here, chosen, note)

    def sources(self) -> str:
        """The table of documents, with a remark when the folder has changed since they were indexed."""
        index = self.library.index()
        if index is None:
            return viewer.sources_html(None, self.library.problem or LOADING)
        try:
            note = CHANGED if changes(self.library.sources, self.library.folder) else ""
        except QAError as error:
            note = str(error)
        return viewer.sources_html(index, note)

    def ask(self, question: str, history: list[str] | None = None) -> dict[str, Any]:
        """Answer one question; `history` are the questions asked before it. Returns the answer as JSON."""
        history = [] if history is None else history
        if not isinstance(question, str) or not isinstance(history, list) or not all(isinstance(q, str) for q in history):
            raise QuestionError("expected a question as a string and a history as a list of strings")
        return self.library.assistant().ask(question, history=history).to_dict()

    def retrieve(self, question: str, k: int = 5) -> list[dict[str, Any]]:
        """The `k` passages nearest to a question, best first, as JSON."""
        if not isinstance(question, str) or not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MAX_HITS:
            raise QuestionError(f"expected a question as a string and k as a whole number from 1 to {MAX_HITS}")
        return [hit.to_dict() for hit in self.library.assistant().retrieve(question, k=k)]
