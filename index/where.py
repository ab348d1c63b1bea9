"""Which documents a question is asked of: a filter as plain data, and the documents of an index that it leaves."""

from __future__ import annotations

import calendar
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .catalogue import is_date
from .errors import QuestionError
from .names import folders_of, shown
from .records import IndexedDocument
from .store import Index

NAMED = 3
"""Known values that are named when a filter asks for one that no document has."""


@dataclass(frozen=True, slots=True)
class Where:
    """A filter on documents: several values of one field are alternatives, and all the fields that are given must hold.

    `document` is an id, `language` a BCP 47 tag, of which "en" takes in "en-GB"; a `folder` takes in everything below it, and
    an archive is one. `since` and `until` are "YYYY", "YYYY-MM" or "YYYY-MM-DD", both included. The constructor takes one
    text in place of several. Raises QuestionError for a value that no field can have.
    """

    document: tuple[str, ...] = ()
    publisher: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    language: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in KNOWN:
            object.__setattr__(self, field, _texts(field, getattr(self, field)))
        for field in ("since", "until"):
            value = getattr(self, field)
            if value is not None and not (isinstance(value, str) and is_date(value)):
                raise QuestionError(f'{field} is "{shown(value)}", expected a date: YYYY, YYYY-MM or YYYY-MM-DD')
        if self.since and self.until and days_of(self.since)[0] > days_of(self.until)[1]:
            raise QuestionError(f"found since {self.since} until {self.until}, expected a range that begins before it ends")

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return self != Where()

    def to_dict(self) -> dict[str, Any]:
        """The filter as JSON-ready data; `Where(**…)` reads it back."""
        return asdict(self)


def _texts(field: str, given: object) -> tuple[str, ...]:
    values = (given,) if isinstance(given, str) else given
    if not isinstance(values, Sequence) or not all(isinstance(value, str) for value in values):
        raise QuestionError(f"{field} is {shown(repr(given))}, expected a text or a list of texts")
    if not all(_key(field, value) for value in values):
        raise QuestionError(f'found "" for the {field} to search in, expected a name; leave it out to search everywhere')
    return tuple(dict.fromkeys(" ".join(value.split()) for value in values))


def where_of(named: Mapping[str, Any]) -> Where | None:
    """The filter of values by the names of its fields, of which None and empty lists say nothing; None when all do. Raises QuestionError."""
    where = Where(**{name: value for name, value in named.items() if value is not None and value != [] and value != ()})
    return where or None


def days_of(date: str) -> tuple[str, str]:
    """The first and the last day, YYYY-MM-DD, of a date of which the day, or the month too, may be unknown."""
    year, month, day = (*date.split("-"), "", "")[:3]
    last = month or "12"
    return f"{year}-{month or '01'}-{day or '01'}", f"{year}-{last}-{day or calendar.monthrange(int(year), int(last))[1]}"


def matching(index: Index, where: Where) -> np.ndarray:
    """Which documents of an index a filter leaves: bool, shape (documents,).

    Case, composition and white space do not count. What is unknown of a document does not match: nor does a date of which the
    day is unknown, unless all the days that it can be are in the range ("2024" since 2024, but not since March 2024).
    Raises QuestionError for a value that no document has, with the nearest ones that some have.
    """
    mask = np.ones(len(index.documents), dtype=bool)
    for field in KNOWN:
        if wanted := getattr(where, field):
            keys = [{_key(field, value) for value in KNOWN[field](document)} for document in index.documents]
            _refuse_unknown(index, field, wanted, set().union(*keys))
            asked = {_key(field, value) for value in wanted}
            mask &= np.array([not asked.isdisjoint(of_document) for of_document in keys], dtype=bool)
    if where.since or where.until:
        first, last = days_of(where.since or "0001")[0], days_of(where.until or "9999")[1]
        days = [days_of(d.metadata.date) if is_date(d.metadata.date or "") else None for d in index.documents]
        mask &= np.array([d is not None and first <= d[0] and d[1] <= last for d in days], dtype=bool)
    return mask


def known_values(index: Index, field: str) -> dict[str, int]:
    """The values that documents have of a field that is not a date, in alphabetical order, and how many documents a filter on each leaves."""
    written: dict[str, str] = {}
    counts: dict[str, int] = {}
    for document in index.documents:
        for key, value in {_key(field, value): value for value in KNOWN[field](document)}.items():
            written.setdefault(key, value)
            counts[key] = counts.get(key, 0) + 1
    return {written[key]: counts[key] for key in sorted(counts)}


def _refuse_unknown(index: Index, field: str, wanted: Sequence[str], known: set[str]) -> None:
    for value in wanted:
        if (key := _key(field, value)) not in known:
            cure = f"the nearest known: {_nearest(index, field, key)}" if known else f"of none is the {field} known; leave it out"
            raise QuestionError(f'found the {field} "{shown(value)}" to search in, which no document has; {cure}')


def _nearest(index: Index, field: str, key: str) -> str:
    from rapidfuzz import fuzz, process

    written = {_key(field, value): value for value in known_values(index, field)}
    nearest = process.extract(key[:200], written.keys(), scorer=fuzz.WRatio, limit=NAMED)
    return ", ".join(f'"{shown(written[found])}"' for found, *_ in nearest)


def _key(field: str, value: str) -> str:
    """What two values of a field have in common that count as the same one."""
    key = " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).casefold()).split())
    if field == "language":
        return key.replace("_", "-")
    return key.removeprefix("./").strip("/") if field == "folder" else key


def _languages(document: IndexedDocument) -> list[str]:
    """ "zh-Hant-TW", "zh-Hant" and "zh"."""
    parts = (document.metadata.language or "").replace("_", "-").split("-")
    return ["-".join(parts[:end]) for end in range(len(parts), 0, -1)] if parts[0] else []


KNOWN: dict[str, Callable[[IndexedDocument], list[str]]] = {
    "document": lambda document: [document.id],
    "publisher": lambda document: [document.metadata.publisher] if document.metadata.publisher else [],
    "author": lambda document: [document.metadata.author] if document.metadata.author else [],
    "language": _languages,
    "folder": lambda document: list(folders_of(document.id)),
}
"""The fields of a filter that are not dates, and the values of a document that match them: none where it is not known."""
