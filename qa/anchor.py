"""Anchors: where a quotation stands, kept so that it is found again after the document was edited, and put in a link.

The names are those of the W3C's Web Annotation model: `start` and `end` are its TextPositionSelector; `exact`, `prefix` and
`suffix` its TextQuoteSelector.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from index import Where
from index.errors import LinkError, QuestionError
from index.where import where_of

from .nearly import Near, nearly, occurrences

CONTEXT = 32
"""Characters kept of what stands before and after a quotation."""

MAX_LINK = 1_900
"""Characters of a link from its "?" on; with the address of a page before it, it stays under the 2,000 that every program passes on."""

MAX_READ = 4_000
"""Characters of a link that are read, since another program may have written it longer than needed."""

ALIKE = 70.0
"""Words are the same ones, changed, when they are at least so alike (rapidfuzz's ratio, 0 to 100)."""

SHORT = 24
"""Of fewer characters than these, others are alike by chance: what is around them must be alike as well."""

AROUND = 60.0

How = Literal["exact", "moved", "changed"]

_KEYS = ("q", "doc", "s", "e", "x", "t", "h", "b", "a")
_FILTERS = frozenset(field.name for field in fields(Where))
_SIZES = ((128, 32), (64, 32), (32, 32), (16, 16), (8, 8), (8, 0))  # of the ends of a quotation and of its context
_ALIGNED_WHOLE = 600  # longer quotations are found by their ends when they changed
_END = 128
_MAX_HASHED = 1 << 26  # characters; a hostile link must not have every part of a document hashed
_DIGEST = re.compile(r"[0-9a-f]{16}")
_NUMBER = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Ends:
    """What a link keeps of a quotation that is too long for it: how it begins and ends, and a digest of all of it."""

    head: str
    tail: str
    digest: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """Characters `[start, end)` of a document when it was quoted, the quotation (or its ends), and what was around it.

    Raises LinkError when the parts do not fit each other.
    """

    document: str
    start: int
    end: int
    exact: str | Ends
    prefix: str = ""
    suffix: str = ""

    def __post_init__(self) -> None:
        if not self.document or not 0 <= self.start < self.end:
            raise LinkError(
                f"found the document {self.document!r:.80} and [{self.start}, {self.end}), expected a quotation in it"
            )
        if isinstance(self.exact, Ends):
            ends = len(self.exact.head), len(self.exact.tail)
            fits = min(ends) > 0 and sum(ends) <= len(self) and bool(_DIGEST.fullmatch(self.exact.digest))
        else:
            fits = len(self.exact) == len(self)
        if not fits:
            raise LinkError(f"the link's quotation is not one of {len(self):,} characters; copy the link again")

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Found:
    """Where an anchored quotation stands now.

    `how` is "exact" (where it was), "moved" (the same words elsewhere) or "changed" (words that differ a little; of a
    quotation known by its ends, perhaps only between them).
    """

    start: int
    end: int
    how: How


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: the question ("" for none), the quotation and the filter on the documents (None for none)."""

    question: str = ""
    anchor: Anchor | None = None
    where: Where | None = None


def anchor_of(document: str, text: str, start: int, end: int) -> Anchor:
    """The anchor of characters `[start, end)` of a document's text. Raises LinkError when it has no such characters."""
    if not 0 <= start < end <= len(text):
        raise LinkError(f"{document}: [{start}, {end}) is no quotation in a text of {len(text):,} characters")
    return Anchor(document, start, end, text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def link_to(anchor: Anchor, question: str = "", where: Where | None = None) -> str:
    """The query string of a link to a quotation, from "?" on, at most MAX_LINK characters.

    A quotation too long for it is kept by its ends; a question too long is left out, with the filter that it was asked with.
    Raises LinkError when even the document's name is too long, and for text that is no Unicode (lone surrogates).
    """
    for asked, filtered in dict.fromkeys(((question, where), ("", None))):
        for kept in _shorter(anchor):
            link = _written(kept, asked, filtered)
            if len(link) <= MAX_LINK:
                return link
    raise LinkError(f"the document's name has {len(anchor.document):,} characters, too many for a link")


def read_link(query: str | Mapping[str, str]) -> Link:
    """What a link says, from its query string (with or without "?") or its parameters; unknown ones are passed over.

    Raises LinkError when it is too long, malformed or incomplete.
    """
    try:
        written = urlencode(query) if isinstance(query, Mapping) else query.removeprefix("?")
        if len(written) > MAX_READ:
            raise LinkError(f"the link has {len(written):,} characters, at most {MAX_READ:,} are read")
        pairs = parse_qsl(written, keep_blank_values=True, errors="strict", max_num_fields=256)
    except (ValueError, AttributeError, TypeError) as error:
        raise LinkError("the link is malformed; copy it again") from error
    where = _where(pairs)
    pairs = [(key, value) for key, value in pairs if key in _KEYS]
    given = dict(pairs)
    if len(given) < len(pairs):
        raise LinkError("the link says something twice; copy it again")
    question = given.pop("q", "")
    if not given:
        return Link(question, where=where)
    if missing := [key for key in ("doc", "s", "e", "x") if not given.get(key)]:
        raise LinkError(f"the link lacks {' and '.join(missing)}; copy it again")
    if not _NUMBER.fullmatch(given["s"]) or not _NUMBER.fullmatch(given["e"]):
        raise LinkError("the link's position is no number; copy it again")
    if any(len(given.get(key, "")) > CONTEXT for key in "ba"):
        raise LinkError(f"the link has more than {CONTEXT} characters around its quotation; copy it again")
    cut = "t" in given or "h" in given
    exact = Ends(given["x"], given.get("t", ""), given.get("h", "")) if cut else given["x"]
    place = int(given["s"]), int(given["e"])
    return Link(question, Anchor(given["doc"], *place, exact, given.get("b", ""), given.get("a", "")), where)


def resolve(anchor: Anchor, text: str) -> Found | None:
    """Where a quotation stands in the text of its document as it is now; None when the words are gone.

    Of the same words in several places, the one with the same context is meant, then the one nearest to where it was.
    """
    place = _same_words(anchor, text)
    if place is not None:
        return Found(place, place + len(anchor), "exact" if place == anchor.start else "moved")
    near = _changed_words(anchor, text)
    return Found(near.start, near.end, "changed") if near and near.start < near.end else None


def _shorter(anchor: Anchor) -> list[Anchor]:
    """The anchor, then with less and less of its quotation and its context."""
    kept = [anchor]
    for size, context in _SIZES:
        ends = _ends(anchor, size)
        prefix = anchor.prefix[-context:] if context else ""
        if ends:
            kept.append(Anchor(anchor.document, anchor.start, anchor.end, ends, prefix, anchor.suffix[:context]))
    return kept


def _ends(anchor: Anchor, size: int) -> Ends | None:
    """The quotation by at most `size` characters of each end; None when it has only one."""
    if isinstance(anchor.exact, Ends):
        return Ends(anchor.exact.head[:size], anchor.exact.tail[-size:], anchor.exact.digest)
    size = min(size, len(anchor) // 2)
    return Ends(anchor.exact[:size], anchor.exact[-size:], _digest(anchor.exact)) if size else None


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _where(pairs: list[tuple[str, str]]) -> Where | None:
    """The filter among what a link says, in which only dates cannot be said twice."""
    named: dict[str, list[str]] = {}
    for key, value in pairs:
        named.setdefault(key, []).append(value)
    days = {key: values[0] for key in ("since", "until") if len(values := named.get(key, [])) == 1}
    try:
        return where_of({key: days.get(key, values) for key, values in named.items() if key in _FILTERS})
    except QuestionError as error:
        raise LinkError(f"the link's filter cannot be used: {error}") from error


def _written(anchor: Anchor, question: str, where: Where | None) -> str:
    exact = anchor.exact
    kept = (exact.head, exact.tail, exact.digest) if isinstance(exact, Ends) else (exact, "", "")
    values = (question, anchor.document, str(anchor.start), str(anchor.end), *kept, anchor.prefix, anchor.suffix)
    try:
        pairs = [(k, v) for k, v in zip(_KEYS, values, strict=True) if v]
        filtered = {k: v for k, v in where.to_dict().items() if v} if where else {}
        return "?" + urlencode([*pairs, *filtered.items()], doseq=True, safe="/")
    except UnicodeEncodeError as error:
        raise LinkError("the quotation or the question is no Unicode text, so it cannot be put in a link") from error


def _same_words(anchor: Anchor, text: str) -> int | None:
    """Where the very words of the quotation stand: most of its context first, then the place nearest to the old one."""
    from rapidfuzz import fuzz

    exact, prefix, suffix = anchor.exact, anchor.prefix, anchor.suffix
    if isinstance(exact, Ends):
        wanted = [(prefix + exact.head, len(prefix)), (exact.head, 0)]
    else:
        wanted = [(prefix + exact + suffix, len(prefix)), (prefix + exact, len(prefix)), (exact + suffix, 0), (exact, 0)]

    def around(start: int) -> float:
        end = start + len(anchor)
        return fuzz.ratio(prefix, text[max(0, start - len(prefix)) : start]) + fuzz.ratio(suffix, text[end : end + len(suffix)])

    groups = [[wanted[0]], wanted[1:-1], wanted[-1:]]
    for group in groups:
        starts = {at + offset for words, offset in group for at in occurrences(words, text, anchor.start - offset)}
        ordered = sorted(starts, key=lambda start: (-around(start), abs(start - anchor.start)))
        if not isinstance(exact, Ends):
            found = ordered[:1]
        else:
            found = _with_digest(ordered, len(anchor), exact, text)
        if found:
            return found[0]
    return None


def _with_digest(starts: list[int], length: int, ends: Ends, text: str) -> list[int]:
    """The first of the places, if any, where all of a quotation stands that is known by its ends."""
    ending = (start for start in starts if text.startswith(ends.tail, start + length - len(ends.tail)))
    for start, _ in zip(ending, range(max(1, _MAX_HASHED // length)), strict=False):
        if _digest(text[start : start + length]) == ends.digest:
            return [start]
    return []


def _changed_words(anchor: Anchor, text: str) -> Near | None:
    """Where words stand that differ a little from the quotation."""
    prefix, suffix = anchor.prefix, anchor.suffix
    if isinstance(anchor.exact, str) and len(anchor) <= _ALIGNED_WHOLE:
        found = [n for n in nearly(prefix, anchor.exact, suffix, text, anchor.start) if _trusted(n, len(anchor))]
        return found[0] if found else None
    ends = _ends(anchor, _END)
    if ends is None:
        return None
    heads = nearly(prefix, ends.head, "", text, anchor.start)
    tails = nearly("", ends.tail, suffix, text, anchor.end - len(ends.tail))
    pairs = [
        Near(head.start, tail.end, head.alike + tail.alike, head.around + tail.around)
        for head in heads
        for tail in tails
        if _trusted(head, len(ends.head)) and _trusted(tail, len(ends.tail)) and head.start <= tail.start
        if len(anchor) <= 2 * (tail.end - head.start) <= 4 * len(anchor)
    ]
    return max(pairs, key=lambda n: (n.alike + n.around, -abs(n.start - anchor.start)), default=None)


def _trusted(near: Near, length: int) -> bool:
    return near.alike >= ALIKE and (length >= SHORT or near.around >= AROUND)
