"""The records that flow through the program: frozen, slotted, and plain.

All positions are characters (Python string indices, not bytes), half open: `text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

BLOCK_KINDS = ("paragraph", "heading", "byline", "lead_in", "item", "row", "boilerplate", "markup")
"""What a block can be. `boilerplate` and `markup` stay in the text, so offsets hold, and are never cited."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open run of characters, `text[start:end]`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span needs 0 <= start <= end, found [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of this span in `text`."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Block:
    """A structural piece of a text: `kind` is one of BLOCK_KINDS, `span` includes a bullet or heading mark.

    `body` is the span without that mark, `reason` says why a block of kind "boilerplate" is left out.
    """

    kind: str
    span: Span
    body: Span
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """Who says a sentence: the speaker's name and, when stated, role, as spans of the same text."""

    speaker: Span
    role: Span | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit that is quoted: its span, the kind and number of its block, and who says it, if anyone."""

    span: Span
    kind: str
    block: int
    speech: Speech | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is retrieved: sentences `[first, last)` of a document, and the text around them.

    `span` runs from the start of the first sentence to the end of the last. `context` (title, heading,
    list lead-in) is embedded before the passage's own words and never quoted as part of it.
    """

    span: Span
    first: int
    last: int
    context: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the catalogue knows of a document; None means unknown, and unknown is shown as such.

    `date` is "YYYY", "YYYY-MM" or "YYYY-MM-DD"; `language` is a BCP 47 tag; `rights` is a note in words.
    """

    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    rights: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """The same as a dict, every key present."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True, slots=True)
class Document:
    """One source file: `id` is its path below the sources folder with `/`; `text` is what offsets refer to.

    `sha256` is the hash of the file's bytes. `notes` are remarks of the loader for `status`.
    """

    id: str
    text: str
    sha256: str
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str | None:
        return self.metadata.title


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a document that is never cited, and why."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What the index knows of a document; its text is `Index.text(number)`.

    `byte_start` and `byte_end` bound the UTF-8 text in the texts file; `title` falls back to the first heading;
    `copy_of` is the number of the document that this one is a copy of.
    """

    id: str
    metadata: Metadata
    title: str | None
    sha256: str
    characters: int
    byte_start: int
    byte_end: int
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    copy_of: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {
            "id": self.id,
            "metadata": self.metadata.to_dict(),
            "title": self.title,
            "sha256": self.sha256,
            "characters": self.characters,
            "bytes": [self.byte_start, self.byte_end],
            "left_out": [[part.span.start, part.span.end, part.reason] for part in self.left_out],
            "notes": list(self.notes),
            "copy_of": self.copy_of,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> IndexedDocument:
        """What `to_dict` made, read back."""
        return cls(
            row["id"],
            Metadata(**row["metadata"]),
            row["title"],
            row["sha256"],
            row["characters"],
            *row["bytes"],
            tuple(LeftOut(Span(start, end), reason) for start, end, reason in row["left_out"]),
            tuple(row["notes"]),
            row["copy_of"],
        )


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source file that was not indexed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. Counts are of the published index.

    `reused` counts documents taken over unchanged from the index before; `embedded` counts the passages
    that had to be encoded; `published` is False when nothing had changed, so the index stayed as it was.
    """

    documents: int
    passages: int
    sentences: int
    reused: int
    skipped: tuple[Skipped, ...]
    seconds: float
    embedded: int = 0
    published: bool = True
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {
            "skipped": [{"path": s.path, "reason": s.reason} for s in self.skipped],
            "notes": list(self.notes),
        }
