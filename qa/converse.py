"""What the page does when a person asks, opens and chooses: without Gradio, a talk in, markup and another talk out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from index import QAError, QuestionError, Span, Where, changes, compare, generations, open_index
from index.errors import LinkError
from index.pages import Pages
from index.published import is_store, name_before, read_published
from index.where import where_of

from . import panels, printed, render, shelf, viewer
from .anchor import Anchor, Link, read_link, resolve
from .answer import Answer
from .assistant import LOOKING
from .copying import link_of
from .generations import comparison_html, generations_html
from .narrow import Choices, Values, choices_of, chosen
from .opening import Opened, cited, open_chosen, open_document, open_words
from .retrieve import Hit
from .serve import UNEXPECTED, Library
from .talk import Problem, Talk, Turn, place_of

LOADING = "The language model is being loaded; the question waits for it."
WELCOME_LOADING = "The language model is being loaded. You can ask already; the answer comes when it is ready."
MAX_HITS = 100
FURTHER = 5
"""Passages beside the quoted ones that the evidence lists, folded away."""

QUIET = 0.3
"""Seconds before the steps of an answer are told: a quick one needs none."""

NOT_THERE = "This quotation is not part of the conversation any more."
MOVED = {
    "exact": "",
    "moved": "The document has changed since the link was made; the linked words stand elsewhere now, here.",
    "changed": "The document has changed since the link was made, and so have the linked words: these stand in their place.",
}

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link asks for: a question ("" for none), a document opened at the linked words ("" for none), a filter."""

    question: str = ""
    document: str = ""
    where: Where | None = None


class Chat:
    """The conversation, its evidence and the documents behind it, over the index of a library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._choices: tuple[str, Choices] = ("", {})
        self.pages = Pages()

    # --- asking ---

    def conversation(self, talk: Talk, waiting: str = "") -> str:
        """The conversation; `waiting` is markup of a question that is being looked up."""
        return render.conversation_html(talk.turns, self.view(talk), waiting, talk.editing)

    def welcome(self, narrowed: Values = ()) -> str:
        """What stands in place of the conversation before the first question, with examples from the documents that are searched."""
        if not self.library.loaded.is_set():
            return render.welcome_html(0, (), WELCOME_LOADING)
        index, examples = self.library.index(), self.library.examples()
        if index is None or examples is None:
            cure = "Or press “Build the index” under Sources."
            return render.welcome_html(0, (), f"There is nothing to ask yet. {self.library.problem}. {cure}")
        try:
            where = chosen(narrowed)
            offered = examples.within(where) if where else examples.first
        except QAError:  # told beside the filter
            offered = []
        return render.welcome_html(len(index.documents), offered)

    def converse(self, question: str, talk: Talk, narrowed: Values = ()) -> Iterator[tuple[str, Talk, Turn | None]]:
        """First the question as waiting, as often as a step is told, then its answer: (conversation, talk, new turn).

        `narrowed`: what the page is told to search only.
        """
        if not question.strip():
            yield self.conversation(talk), talk, None
            return
        shown = Talk(talk.turns[: talk.editing], talk.chosen)
        first = _told(LOOKING, 1, 1) if self.library.loaded.is_set() else LOADING
        yield self.conversation(shown, render.waiting_html(question, first)), talk, None
        answering = stepwise(lambda tell: self.answer(question, talk.heard(), tell, narrowed))
        while True:
            try:
                words = next(answering)
            except StopIteration as ended:
                turn = ended.value
                break
            yield self.conversation(shown, render.waiting_html(question, words)), talk, None
        talk = talk.said(turn)
        yield self.conversation(talk), talk, turn

    def answer(
        self,
        question: str,
        heard: Sequence[str] = (),
        tell: Callable[[str], None] | None = None,
        narrowed: Values = (),
    ) -> Turn:
        """The answer, or the problem that kept it away. `heard` are the earlier questions; `tell` hears of each step."""
        progress = (lambda step, number, of: tell(_told(step, number, of))) if tell else None
        try:
            return self.library.assistant().ask(question, list(heard), progress, where=chosen(narrowed))
        except QAError as error:
            return Problem(question, str(error))
        except Exception:
            log.exception("a question failed")
            return Problem(question, UNEXPECTED)

    def suggested(self, talk: Talk) -> str:
        """Questions to go on with after the last answer; all of them are answered by the documents."""
        last = talk.turns[-1] if talk.turns else None
        examples = self.library.examples()
        offered = examples.after(last, talk.answers) if examples and isinstance(last, Answer) else []
        return render.offered_html("You could ask next", offered)

    def choices(self) -> Choices:
        """What “Search in” offers."""
        index = self.library.index()
        if index and index.name != self._choices[0]:
            self._choices = index.name, choices_of(index)
        return self._choices[1] if index else {}

    # --- what the page shows ---

    def view(self, talk: Talk) -> render.View:
        """What the markup needs to know of the documents and of what was chosen."""
        index = self.library.index()
        names = {d.id: d.title for d in index.documents if d.title} if index else {}
        return render.View(names, self.text_of, frozenset(map(place_of, talk.chosen)))

    def text_of(self, document: str) -> str | None:
        """The text of a document as it is in the index now."""
        index = self.library.index()
        return index.text(index.numbers[document]) if index and document in index.numbers else None

    def evidence(self, talk: Talk, turn_number: int | str) -> str:
        """The evidence panel for a turn, by its number."""
        number = int(turn_number) if str(turn_number).isdecimal() else -1
        turn = talk.turns[number] if 0 <= number < len(talk.turns) else None
        answer = turn if isinstance(turn, Answer) else None
        return panels.evidence_html(answer, self.view(talk), number, self._further(answer) if answer else ())

    def _further(self, answer: Answer) -> list[Hit]:
        """The passages nearest to a single question that its answer does not show."""
        if answer.parts:
            return []
        shown = [(c.document, c.passage or Span(c.start, c.end)) for c in (*answer.citations, *answer.related)]
        try:
            hits = self.library.assistant().retrieve(answer.standalone_question, k=FURTHER + len(shown), where=answer.where)
        except QAError:  # the index is gone; the answer's own evidence can be seen all the same
            return []
        return [h for h in hits if not any(d == h.document and s.overlaps(Span(h.start, h.end)) for d, s in shown)][:FURTHER]

    def put_aside(self, talk: Talk, chosen: Mapping[str, Any]) -> Talk:
        """The talk with the quotation put aside that a button names, or no longer; unchanged when there is none such."""
        try:
            return talk.with_chosen(talk.chosen[int(chosen["unchoose"])] if "unchoose" in chosen else cited(talk, chosen)[1])
        except (KeyError, ValueError, TypeError, IndexError):
            return talk

    def document(self, talk: Talk, chosen: Mapping[str, Any]) -> str:
        """The document that a button names, as text or, with "printed", one of its pages as it was printed."""
        try:
            opened = open_chosen(self.library.index(), talk, chosen)
            if "printed" in chosen and opened.places.has_pages:
                return printed.page_html(opened, int(chosen["printed"]), self.pages.view)
            return _read(opened)
        except (KeyError, ValueError, TypeError):
            return render.line_html(NOT_THERE)
        except LinkError as error:
            return render.line_html(str(error))

    def linked(self, query: str) -> Linked:
        """What a link asks for, from its query string. What cannot be opened is said in place of the document."""
        try:
            link = read_link(query)
        except LinkError as error:
            return Linked(document=render.line_html(f"The link cannot be opened: {error}", "note"))
        return Linked(link.question.strip(), self._anchored(link.anchor, link) if link.anchor else "", link.where)

    def _anchored(self, anchor: Anchor, link: Link) -> str:
        index, text = self.library.index(), self.text_of(anchor.document)
        if text is None:
            return render.line_html(f"{anchor.document} is not in the index, so the link cannot be opened.", "note")
        found = resolve(anchor, text)
        if found is None:
            return _read(open_document(index, anchor.document, "The linked words are no longer in this document."))
        return _read(
            open_words(index, anchor.document, Span(found.start, found.end), link.question, MOVED[found.how], link.where)
        )

    def sources(self, sought: str = "", page: int = 0, *, changeable: bool = False) -> str:
        """The table of documents, with a remark when the folder has changed since they were indexed."""
        index = self.library.index()
        if index is None:
            return shelf.sources_html(None, self.library.problem or LOADING)
        try:  # what is in a store was built elsewhere
            built_here = not is_store(self.library.folder)
            note = shelf.changes_words(changes(self.library.sources, self.library.folder)) if built_here else ""
        except QAError as error:
            note = str(error)
        return shelf.sources_html(index, note, sought, page, changeable=changeable)

    def generations(self, told: str = "", *, changeable: bool = False) -> str:
        """The generations of the index; of that named `told` also what changed in it."""
        folder = self.library.folder
        try:
            infos = generations(folder, checksums=False)  # sizes alone: whoever goes back has the checksums verified
        except QAError:
            return ""  # the table of sources says what is the matter
        return generations_html(infos, told, self._changed(told) if told else "", changeable=changeable)

    def _changed(self, generation: str) -> str:
        """What changed in a generation against the one that answered before it."""
        folder = self.library.folder
        try:
            new = open_index(folder, generation=generation)
            before = name_before(read_published(folder), new.name)
            if before is None:
                return render.line_html("The one before is no longer kept.")
            return comparison_html(compare(open_index(folder, generation=before), new))
        except QAError as error:
            return render.line_html(str(error), "note")

    # --- for programs ---

    def ask(self, question: str, history: list[str] | None = None, **named: list[str] | str | None) -> dict[str, Any]:
        """Answer one question; `history` are the questions asked before it. Returns the answer as JSON.

        Only documents are searched that have one of the values of each list (`language` "en" takes in "en-GB", a `folder`
        everything below it) and a date from `since` until `until` (YYYY, YYYY-MM or YYYY-MM-DD).
        """
        history = [] if history is None else history
        if not isinstance(question, str) or not isinstance(history, list) or not all(isinstance(q, str) for q in history):
            raise QuestionError("expected a question as a string and a history as a list of strings")
        return self.library.assistant().ask(question, history=history, where=where_of(named)).to_dict()

    def retrieve(self, question: str, k: int = 5, **named: list[str] | str | None) -> list[dict[str, Any]]:
        """The `k` passages nearest to a question, best first, as JSON. The other parameters are those of `ask`."""
        if not isinstance(question, str) or not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MAX_HITS:
            raise QuestionError(f"expected a question as a string and k as a whole number from 1 to {MAX_HITS}")
        return [hit.to_dict() for hit in self.library.assistant().retrieve(question, k=k, where=where_of(named))]


def stepwise(work: Callable[[Callable[[str], None]], T]) -> Generator[str, None, T]:
    """Do work that tells of its steps in a thread of its own: yields what it tells, returns what it returns.

    Nothing is yielded of work that is done within QUIET seconds.
    """
    told: SimpleQueue[str | None] = SimpleQueue()
    pool = ThreadPoolExecutor(1)
    doing = pool.submit(work, told.put)
    pool.shutdown(wait=False)
    try:
        return doing.result(timeout=QUIET)
    except NotYet:
        doing.add_done_callback(lambda _: told.put(None))
    while (words := told.get()) is not None:
        if told.empty():  # else it is over already
            yield words
    return doing.result()


def _told(step: str, number: int, of: int) -> str:
    return f"Question {number} of {of}: {step[0].lower()}{step[1:]} …" if of > 1 else f"{step} …"


def _read(opened: Opened) -> str:
    """A document as text, each of its quotations with a link to it."""
    link = partial(link_of, text=opened.text, question=opened.question, where=opened.where)
    return viewer.document_html(
        opened.document, opened.text, opened.citations, opened.chosen, opened.note, opened.first, link, opened.places
    )
