"""What a loader makes of a file: a text, the blocks and places that the file's structure tells, and what it says of itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from .errors import LoadError
from .records import Block, Location, Metadata, Span

MAX_CHARACTERS = 32 * 1024 * 1024
"""A document with more text than this is refused, whatever it is packed in."""

MAX_FIELD = 500
"""Characters kept of a title, author or publisher that a file states."""

CELL, BULLET = " | ", "• "
"""What stands between the cells of a row, and before an item of a list."""

MAX_HEADING = 200
"""Characters kept of a heading in the name of a section."""

_PATTERNS = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%A %d %B %Y", "%A, %d %B %Y", "%Y/%m/%d")
_FILE_NAME = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) - .*|[^\s]+\.(?:docx?|odt|rtf|indd|qxp|pptx?|xlsx?|pdf|tex|p65|html?))", re.I
)
_NOTHING = frozenset(
    "(anonymous) anonymous python-docx (unspecified) unspecified unknown none null n/a author title user admin administrator untitled document "
    "document1 presentation".split()
) | {"powerpoint presentation", "no title", "microsoft office user"}
"""What programs put where nobody has said anything."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of a file: its text, what kind of block it is, and where it stands.

    `mark` is the length of a bullet before its words; `reason` says why boilerplate is left out. `locations` have spans within
    the piece. A heading has a `level`, from 1, and may have an `anchor`: it opens a section.
    """

    text: str
    kind: str = "paragraph"
    mark: int = 0
    reason: str = ""
    locations: tuple[Location, ...] = ()
    level: int = 0
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's text and what its structure tells of it; the fields are those of `Document`."""

    text: str
    metadata: Metadata = Metadata()
    notes: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    locations: tuple[Location, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {
            "text": self.text,
            "metadata": self.metadata.to_dict(),
            "notes": list(self.notes),
            "blocks": [[b.kind, b.span.start, b.span.end, b.body.start, b.body.end, b.reason] for b in self.blocks],
            "locations": [location.to_list() for location in self.locations],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Loaded:
        """What `to_dict` made, read back."""
        blocks = tuple(Block(kind, Span(a, b), Span(c, d), reason) for kind, a, b, c, d, reason in data["blocks"])
        locations = tuple(Location.from_list(location) for location in data["locations"])
        return cls(data["text"], Metadata(**data["metadata"]), tuple(data["notes"]), blocks, locations)


def item(text: str) -> Piece:
    """An item of a list, with a bullet before it."""
    return Piece(BULLET + text, "item", mark=len(BULLET))


def row(cells: Sequence[str]) -> Piece:
    """A row with bars between its cells; of one cell it is a paragraph: a frame around words, not a table."""
    words = [cell for cell in cells if cell]
    return Piece(CELL.join(cells).strip(), "row") if len(words) > 1 else Piece("".join(words))


def assemble(pieces: Iterable[Piece], name: str, metadata: Metadata | None = None, notes: Sequence[str] = ()) -> Loaded:
    """One text of the pieces, in order: a blank line between them, a line end within lists and tables.

    Control characters become U+FFFD. Raises LoadError when no piece holds a letter or digit, or all are too long together.
    """
    parts: list[str] = []
    blocks: list[Block] = []
    locations: list[Location] = []
    headings: list[tuple[int, int, str, str]] = []
    position, before = 0, ""
    for piece in pieces:
        written = seen(piece.text)
        text = written.strip()
        if not text:
            continue
        if parts:
            glue = "\n" if piece.kind in ("item", "row") and before == piece.kind else "\n\n"
            parts.append(glue)
            position += len(glue)
        parts.append(text)
        shift = position - (len(written) - len(written.lstrip()))
        span = Span(position, position + len(text))
        blocks.append(Block(piece.kind, span, Span(span.start + min(piece.mark, len(text) - 1), span.end), piece.reason))
        locations.extend(_within(piece.locations, span, shift))
        if piece.level:
            headings.append((span.start, piece.level, text, piece.anchor))
        position, before = span.end, piece.kind
        if position > MAX_CHARACTERS:
            raise LoadError(f"{name}: more than {MAX_CHARACTERS:,} characters of text; split the file")
    text = "".join(parts)
    if not any(c.isalnum() for c in text):
        raise LoadError(f"{name}: empty: no letter or digit could be read from it; nothing to index{_because(notes)}")
    places = (*locations, *sections(headings, len(text)))  # no file has both
    return Loaded(text, metadata or Metadata(), tuple(notes), tuple(blocks), places)


def _within(locations: Iterable[Location], span: Span, shift: int) -> list[Location]:
    """Locations moved by `shift` and cut to `span`."""
    found = []
    for location in locations:
        start, end = max(span.start, location.span.start + shift), min(span.end, location.span.end + shift)
        if start < end:
            glyph = location.glyph + start - location.span.start - shift if location.glyph >= 0 else -1
            found.append(replace(location, span=Span(start, end), glyph=glyph))
    return found


def _because(notes: Sequence[str]) -> str:
    return f" ({'; '.join(notes)})" if notes else ""


def sections(headings: Iterable[tuple[int, int, str, str]], end: int) -> Iterable[Location]:
    """The sections that headings open: each (first character, level, words, anchor), in order; a text of `end` characters."""
    path: list[tuple[int, str]] = []
    listed = list(headings)
    for number, (start, level, words, anchor) in enumerate(listed):
        following = listed[number + 1][0] if number + 1 < len(listed) else end
        path = [p for p in path if p[0] < level] + [(level, " ".join(words.split())[:MAX_HEADING])]
        if start < following:
            yield Location(Span(start, following), "section", " > ".join(w for _, w in path), anchor)


def seen(text: str) -> str:
    """The text with what cannot be shown or stored (control characters, halves of surrogate pairs) as U+FFFD, one for one."""
    if text.isprintable():
        return text
    return "".join("\ufffd" if c not in "\t\n" and unicodedata.category(c) in ("Cc", "Cs") else c for c in text)


def in_words(locations: Sequence[Location]) -> str:
    """Where something stands, to be read by people: "page 7", "pages 7 and 8", "rows 12 to 14", "section “A > B”", or ""."""
    found = dict.fromkeys((location.kind, location.label) for location in locations)
    parts = []
    for kind in dict.fromkeys(kind for kind, _ in found):
        labels = [label for other, label in found if other == kind]
        if kind == "section":
            labels = [f"“{label}”" for label in labels]
        numbers = [int(label) for label in labels] if all(label.isdecimal() for label in labels) else []
        if numbers and len(numbers) > 2 and sorted(numbers) == list(range(min(numbers), max(numbers) + 1)):
            words = f"{min(numbers)} to {max(numbers)}"
        else:
            words = ", ".join(labels[:-1]) + (" and " if labels[1:] else "") + labels[-1]
        parts.append(f"{kind}{'s' if labels[1:] else ''} {words}")
    return ", ".join(parts)


def stated(**values: object) -> Metadata:
    """Metadata of what a file says of itself: white space collapsed, dates as in the catalogue, what says nothing left out."""
    known: dict[str, str | None] = {}
    for key, value in values.items():
        if key == "date":
            known[key] = day_of(value)
        elif isinstance(value, str) and (words := " ".join(seen(value).split())[:MAX_FIELD].strip()):
            known[key] = words if words.casefold() not in _NOTHING else None
    title = known.get("title")
    if title and _FILE_NAME.fullmatch(title):
        known["title"] = None
    language = known.get("language")
    if language and not re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*", language):
        known["language"] = None
    return Metadata(**known)


def day_of(value: object) -> str | None:
    """A date as "YYYY", "YYYY-MM" or "YYYY-MM-DD", of what a file gives for one; None when it is none."""
    if isinstance(value, date | datetime):
        return value.strftime("%Y-%m-%d") if value.year >= 1000 else None
    if isinstance(value, int) and 1000 <= value <= 9999:
        return str(value)
    text = " ".join(str(value).split())[:60] if value else ""
    match = re.match(r"D:([12]\d{3})(\d\d)?(\d\d)?", text) or re.fullmatch(
        r"([12]\d{3})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?", text
    )
    if match:
        year, month, day = match.groups()
        try:
            date(int(year), int(month or 1), int(day or 1))
        except ValueError:
            return None
        return "-".join(part for part in (year, month, day) if part)
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern).date().isoformat()
        except ValueError:
            continue
    return None


def merged(said: Metadata, found: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """What a person said, what a file says filled in where they are silent; and the names of the fields filled in."""
    taken = tuple(f.name for f in fields(Metadata) if getattr(said, f.name) is None and getattr(found, f.name) is not None)
    return replace(said, **{name: getattr(found, name) for name in taken}), taken
