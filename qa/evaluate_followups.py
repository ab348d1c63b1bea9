"""Follow-up questions with a person's stand-alone rewrite to measures: does the resolved question hold the words it should.

In these rows the history is a conversation: the titles of the page and its section, then question and answer in turn. The product
is given "page: section" and the questions as its history, oldest first; the people that an earlier question cites are the full
names in the answer to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.embed import Encoder
from index.sparse import terms_of

from .chat import standalone
from .evaluate import Measures
from .kinds import names_in
from .labelled import read_followups, sampled
from .measures import mean
from .reader import Reader

TITLES = 2


def measure_followups(
    path: Path, encoder: Encoder, reader: Reader | None = None, limit: int | None = None
) -> tuple[int, Measures]:
    """How many rows were measured, and the measures. Raises EvaluationError.

    Over all rows, "recall" and "precision" of the rewrite's content terms (index terms without stop words) in the resolved
    question, and the same for the question as typed ("bare"). Over the rows whose rewrite has terms that the question lacks,
    "added recall", the share of those that resolving added, and "added precision", the share of the added terms that are
    among them (0 when nothing was added). Over the rows whose rewrite is the question, "left alone": it came back unchanged.
    """
    rows = sampled(read_followups(path), limit)
    resolved = [resolve(row, encoder) for row in rows]
    wanted = [set(terms_of(row["rewrite"])) for row in rows]
    bare = [set(terms_of(row["question"])) for row in rows]
    held = [set(terms_of(question)) for question in resolved]
    added = [(w - b, h - b) for w, b, h in zip(wanted, bare, held, strict=True) if w - b]
    alone = [
        same_words(question, row["question"])
        for question, row in zip(resolved, rows, strict=True)
        if same_words(row["rewrite"], row["question"])
    ]
    return len(rows), {
        "recall": mean([share(w, h) for w, h in zip(wanted, held, strict=True)]),
        "recall bare": mean([share(w, b) for w, b in zip(wanted, bare, strict=True)]),
        "precision": mean([share(h, w) for w, h in zip(wanted, held, strict=True)]),
        "precision bare": mean([share(b, w) for w, b in zip(wanted, bare, strict=True)]),
        "added recall": mean([share(missing, new) for missing, new in added]),
        "added precision": mean([share(new, missing) for missing, new in added]),
        "left alone": mean(alone),
    }


def resolve(row: dict[str, Any], encoder: Encoder) -> str:
    """The question of a row as the product takes it to mean."""
    history: Sequence[str] = row["history"]
    asked, answers = history[TITLES::2], history[TITLES + 1 :: 2]
    cited = {
        " ".join(question.split()): [name for name in names_in(answer) if len(name.split()) > 1]
        for question, answer in zip(asked, answers, strict=False)
    }
    opening = ": ".join(history[:TITLES])
    return standalone(row["question"], [opening, *asked], encoder, lambda earlier: cited.get(earlier, []))


def same_words(one: str, other: str) -> bool:
    """Whether two questions are the same but for white space, case and the marks at their ends."""
    return _plain(one) == _plain(other)


def _plain(question: str) -> str:
    return " ".join(question.split()).casefold().strip(" ?.!,")


def share(wanted: set[str], held: set[str]) -> float:
    """The share of the wanted terms that are held: 1 when both are empty, 0 when only the wanted ones are."""
    return len(wanted & held) / len(wanted) if wanted else float(not held)
