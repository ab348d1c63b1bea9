"""The record of an export: what was asked, what was answered, and every quotation with all that is needed to prove it.

The records have the fields of `Answer` and `Citation` by the same names, so that the phrases of `qa.plain` fit them too;
they hold no document, so that an export can be read where there is none.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from typing import Any, TypeVar

from index import ExportError, Index, QuestionError, Span, Where

from .answer import Answer, Citation, Verdict

FORMAT, VERSION = "quote-only-qa export", 1

_ESCAPED = re.compile("[`\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Passage:
    """The wider run of a document to read around a quotation: `text` is its characters `[start, end)`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ExportedPlace:
    """Where else the same is said; `sha256` is of the document's file. Else as in `Place`."""

    document: str
    sha256: str
    start: int
    end: int
    text: str
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation as exported; `sha256` is of the document's file. Else as in `Citation`."""

    number: int
    document: str
    sha256: str
    start: int
    end: int
    text: str
    passage: Passage
    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    date: str | None = None
    speaker: str | None = None
    role: str | None = None
    leans: bool = False
    sources: int = 1
    differs_from: tuple[int, ...] = ()
    also_in: tuple[ExportedPlace, ...] = ()
    score: float = 0.0
    highlights: tuple[tuple[int, int], ...] = ()
    differing: tuple[tuple[int, int], ...] = ()
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A question and what was answered, as in `Answer`; of several questions in one message the quotations are in `parts`."""

    question: str
    verdict: Verdict
    confidence: float
    citations: tuple[Quotation, ...]
    related: tuple[Quotation, ...]
    standalone_question: str
    corrections: tuple[tuple[str, str], ...] = ()
    explanation: str = ""
    notes: tuple[str, ...] = ()
    documents_searched: int = 0
    passages_searched: int = 0
    generation: str = ""
    parts: tuple[Reply, ...] = ()
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Everything in an export: a conversation (`replies`), or chosen quotations (`chosen`), or both.

    `made` is the day on which it was made, YYYY-MM-DD.
    """

    replies: tuple[Reply, ...] = ()
    chosen: tuple[Quotation, ...] = ()
    made: str | None = None

    def quotations(self) -> Iterator[tuple[str, Quotation]]:
        """Every quotation in the order in which it is shown, with its name among all of the export."""
        for number, reply in enumerate(self.replies, 1):
            for part in reply.parts or (reply,):
                kinds = (("quotation", part.citations), ("passage", part.related))
                yield from ((f"question {number}, {kind} {q.number}", q) for kind, found in kinds for q in found)
        yield from ((f"chosen quotation {q.number}", q) for q in self.chosen)


def recorded(answer: Answer, index: Index) -> Reply:
    """An answer for an export. Take it while the index that gave the answer is open: raises ExportError when the index
    no longer has what is quoted.
    """
    whole = not answer.parts
    same = {f.name: getattr(answer, f.name) for f in fields(Reply) if f.name not in ("citations", "related", "parts")}
    return Reply(
        **same | {"confidence": float(answer.confidence)},
        citations=tuple(quotation(c, index) for c in answer.citations if whole),
        related=tuple(quotation(c, index) for c in answer.related if whole),
        parts=tuple(recorded(part, index) for part in answer.parts),
    )


def basket(citations: Sequence[Citation], index: Index, made: str | None = None) -> Record:
    """Chosen quotations, of one answer or of many, numbered anew; which of them differ was said of other numbers."""
    from dataclasses import replace

    chosen = (quotation(c, index) for c in citations)
    return Record(chosen=tuple(replace(q, number=n, differs_from=()) for n, q in enumerate(chosen, 1)), made=made)


def quotation(citation: Citation, index: Index) -> Quotation:
    """A citation for an export, with the passage around it. Raises ExportError when it is not in the index."""
    around = citation.passage or Span(citation.start, citation.end)
    start, end = min(around.start, citation.start), max(around.end, citation.end)
    sha256, _ = _in_index(index, citation.document, citation.start, citation.end, citation.text)
    places = []
    for p in citation.also_in:
        digest, text = _in_index(index, p.document, p.start, p.end, p.text)
        places.append(ExportedPlace(p.document, digest, p.start, p.end, text, p.copy))
    own = ("sha256", "passage", "also_in", "score", "highlights", "differing")
    copied = {f.name: getattr(citation, f.name) for f in fields(Quotation) if f.name not in own}
    text = _in_index(index, citation.document, start, end)[1]
    return Quotation(
        **copied,
        sha256=sha256,
        passage=Passage(start, end, text),
        also_in=tuple(places),
        score=float(citation.score),
        highlights=tuple((s.start, s.end) for s in citation.highlights),
        differing=tuple((s.start, s.end) for s in citation.differing),
    )


def _in_index(index: Index, document: str, start: int, end: int, expected: str = "") -> tuple[str, str]:
    """The sha256 of a document and its characters `[start, end)`, which are the expected ones."""
    number = index.numbers.get(document)
    text = index.text(number)[start:end] if number is not None else ""
    if number is None or not text or (expected and text != expected):
        what = "is no longer in the index" if number is None else f"no longer has the words quoted from [{start}, {end})"
        raise ExportError(f"{document} {what}; ask again, then export")
    return index.documents[number].sha256, text


def to_json(record: Record) -> str:
    """The record as JSON. Every character that is not seen, and every backtick, is escaped, so that it can stand anywhere."""
    plain = {"format": FORMAT, "version": VERSION, **asdict(record)}
    dumped = json.dumps(plain, ensure_ascii=False, indent=1)
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", dumped) + "\n"


def from_json(text: str) -> Record:
    """What `to_json` made, read back. Raises ExportError, saying what is wrong with it."""
    try:
        plain = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ExportError(f"its record cannot be read as JSON ({error})") from error
    if not isinstance(plain, dict) or plain.pop("format", None) != FORMAT:
        raise ExportError(f'its record is not one of an export: no "format": "{FORMAT}"')
    version = plain.pop("version", None)
    if version != VERSION:
        raise ExportError(f"its record has version {version!r:.40}, this program reads {VERSION}")
    record: Record = _read(Record, plain, "record")
    for name, quoted in record.quotations():
        for start, end, words in (
            (quoted.start, quoted.end, quoted.text),
            (quoted.passage.start, quoted.passage.end, quoted.passage.text),
        ):
            if not 0 <= start < end or len(words) != end - start:
                raise ExportError(f"its record is damaged: {name} has {len(words)} characters at [{start}, {end})")
    return record


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"found {name}, expected a number")


def _read(kind: Any, value: Any, where: str) -> Any:
    """A value of JSON as a record, a tuple or a plain value of the type that is declared for it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind):
        return _read_record(typing.cast(Callable[..., Any], kind), value, where)
    if origin is tuple and isinstance(value, list):
        each = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(each) == len(value):
            return tuple(_read(k, v, f"{where}[{n}]") for n, (k, v) in enumerate(zip(each, value, strict=True)))
    elif origin is typing.Literal and value in arguments:
        return value
    elif origin is types.UnionType:
        return None if value is None else _read(arguments[0], value, where)
    elif kind is float and type(value) in (int, float):
        return float(value)
    elif type(value) is kind:
        return value
    raise ExportError(f"its record is damaged: {where} is {value!r:.60}")


def _read_record(kind: Callable[..., Any], value: Any, where: str) -> Any:
    declared = typing.get_type_hints(kind)
    needed = {f.name for f in fields(typing.cast(Any, kind)) if f.default is MISSING}
    if not isinstance(value, Mapping) or not needed <= set(value) <= set(declared):
        raise ExportError(f"its record is damaged: {where} is {value!r:.60}")
    try:
        return kind(**{name: _read(declared[name], v, f"{where}.{name}") for name, v in value.items()})
    except QuestionError as error:
        raise ExportError(f"its record is damaged: {where}: {error}") from error
