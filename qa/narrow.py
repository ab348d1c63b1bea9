"""The page's “Search in”: what can be chosen there, the filter that is chosen, and what it leaves, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import islice

from index import Index, LinkError, QAError, Where
from index.where import KNOWN, known_values, where_of

from .anchor import read_link
from .plain import SEARCHED_ONLY, counted, where_words
from .serve import Library

FIELDS = tuple(field.name for field in fields(Where))
"""The fields of a filter, in the order in which the page asks for them."""

OFFERED = 200
"""Values of a field that are offered at once: a browser stands still over ten thousand. Others are found by typing."""

EVERYWHERE = "Search in: all documents"

Values = Sequence[list[str] | str | None]
"""What is chosen, in the order of FIELDS; empty where nothing is."""

Choices = dict[str, list[tuple[str, str]]]
"""By the name of a field: what is shown and what is chosen, of each value that documents have."""


def choices_of(index: Index) -> Choices:
    """What can be chosen over an index: documents by title and name, other values with how many documents have them."""
    titles = {d.id: f"{d.title} ({d.id})" if d.title else d.id for d in index.documents}
    return {
        field: [(titles.get(v, v) if field == "document" else f"{v} ({count:,})", v) for v, count in known.items()]
        for field, known in ((field, known_values(index, field)) for field in KNOWN)
    }


def offered(values: Sequence[tuple[str, str]], taken: Sequence[str] | None, typed: str = "") -> list[tuple[str, str]]:
    """Of the values of a field, those that are chosen and the first OFFERED others in which all typed words stand."""
    words = typed.casefold().split()
    held = set(taken or ())
    found = (pair for pair in values if pair[1] not in held and all(word in pair[0].casefold() for word in words))
    return [pair for pair in values if pair[1] in held] + list(islice(found, OFFERED))


def is_offered(values: Sequence[tuple[str, str]], before: str, typed: str) -> bool:
    """Whether what was offered for the words typed `before` holds all that is to be offered now: then the list had better not change
    under the hand that chooses from it."""
    return typed == before or (typed.startswith(before) and len(offered(values, (), before)) < OFFERED)


def chosen(values: Values) -> Where | None:
    """The filter of what is chosen. Raises QuestionError."""
    given = {field: value.strip() if isinstance(value, str) else value for field, value in zip(FIELDS, values, strict=False)}
    return where_of({field: value for field, value in given.items() if value})


def told(values: Values, library: Library) -> tuple[str, str]:
    """What is searched, as the name of the control, and how much that is or why it cannot be."""
    try:
        where = chosen(values)
        documents, passages = library.assistant().searched(where)
    except QAError as error:
        return "Search in: not understood", str(error)
    left = f"{counted(documents, 'document')}, {counted(passages, 'passage')}"
    return (where_words(where).replace(SEARCHED_ONLY, "Search only in: ") if where else EVERYWHERE), left


def values_of(where: Where | None) -> list[list[str] | str]:
    """What is chosen where a filter is."""
    return [list(value) if isinstance(value, tuple) else value or "" for value in (getattr(where or Where(), f) for f in FIELDS)]


def linked_values(query: str) -> list[list[str] | str]:
    """What is chosen where a link, given by its query string, has a filter."""
    try:
        return values_of(read_link(query).where)
    except LinkError:  # told in place of what it was to open
        return values_of(None)
