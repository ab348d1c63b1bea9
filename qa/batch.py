"""Many questions, each asked on its own: rows with the answer, or with why there is none, in the order of the questions."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index import Where
from index.errors import QAError, QuestionError

from .answer import Answer
from .plain import READ_AS, VERDICTS, heading_of, remarks, said_by, several_words
from .sheet import Entry

if TYPE_CHECKING:
    from .assistant import Assistant

NOT_ASKED = "Not asked"
UNKNOWN = "unknown"

_FAILED = "something went wrong in the program; its log says what"
_LEANS = "The quotation refers to what stands before it: read it in its passage."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A question of a batch, numbered from 1, with its answer, or with the problem that kept it away.

    `others` are the cells of the question's sheet that are carried through.
    """

    number: int
    question: str
    answer: Answer | None = None
    problem: str = ""
    others: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """What the row says, by the names of columns; texts are exact, None where there is nothing or nothing is known.

        `quotation` is the best one; `start` and `end` are its characters in `document`.
        """
        answer, problem = self.answer, self.problem
        best = answer.citations[0] if answer and answer.citations else None
        return {
            "verdict": verdict_words(answer) if answer else NOT_ASKED,
            "confidence": round(answer.confidence, 3) if answer else None,
            "quotation": best.text if best else None,
            "title": best.title if best else None,
            "publisher": best.publisher if best else None,
            "date": best.date if best else None,
            "document": best.document if best else None,
            "location": best.location if best else None,
            "start": best.start if best else None,
            "end": best.end if best else None,
            "speaker": (said_by(best) or None) if best else None,
            "further citations": len(answer.citations) - 1 if answer and best else 0,
            "question as understood": answer.standalone_question if answer else None,
            "note": (note_words(answer) if answer else problem) or None,
        }

    def cells(self) -> dict[str, str]:
        """The same as texts for a table: "" for nothing, "unknown" for what is not known of a source."""
        row = self.to_dict()
        unknown = {name for name in ("title", "publisher", "date") if row["document"] is not None}
        return {name: str(value) if value is not None else UNKNOWN if name in unknown else "" for name, value in row.items()}


COLUMNS = tuple(Row(1, "").to_dict())
"""The names of the columns that a batch adds to those of its sheet."""


def answers_to(questions: Iterable[Entry | str], assistant: Assistant, where: Where | None = None) -> Iterator[Row]:
    """A row for each question as soon as it is answered, in their order; no question is part of another's history. `where` holds for all.

    A question that cannot be asked, or that the program fails on, costs only its own row. Raises QAError when the index
    can no longer be read, or has no document with a value of `where`.
    """
    if where:
        assistant.searched(where)  # a filter that cannot be is told once, not in every row
    for number, entry in enumerate(questions, 1):
        entry = Entry(entry) if isinstance(entry, str) else entry
        answer, problem = (None, entry.problem) if entry.problem else _asked(entry.question, assistant, where)
        yield Row(number, entry.question, answer, problem, entry.others)


def _asked(question: str, assistant: Assistant, where: Where | None) -> tuple[Answer | None, str]:
    try:
        return assistant.ask(question, where=where), ""
    except QuestionError as error:
        return None, str(error)
    except QAError:
        raise
    except Exception:
        log.exception("a question of a batch failed")
        return None, _FAILED


def verdict_words(answer: Answer) -> str:
    """The verdict in words; of several questions in one, how many are answered."""
    return several_words(answer) if answer.parts else VERDICTS[answer.verdict]


def note_words(answer: Answer) -> str:
    """What the reader should know beside the best quotation: remarks, the nearest passage, the verdict on each part."""
    notes = [remark for remark in remarks(answer) if not remark.startswith(READ_AS)]
    if answer.citations and answer.citations[0].leans:
        notes.append(_LEANS)
    if answer.related and not answer.parts:
        near = answer.related[0]
        notes.append(f"Not an answer, the nearest passage: {near.document}, characters {near.start} to {near.end}.")
    for number, part in enumerate(answer.parts, 1):
        notes.append(f"{heading_of(number, part)} {' '.join([f'{VERDICTS[part.verdict]}.', note_words(part)])}".strip())
    return "\n".join(notes) if answer.parts else " ".join(notes)
