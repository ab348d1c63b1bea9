"""The records that flow through the program: frozen, slotted, and plain.

All positions are characters (Python string indices, not bytes), half open: `text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

BLOCK_KINDS = ("paragraph", "heading", "byline", "lead_in", "item", "row", "boilerplate", "markup", "record")
"""What a block can be. `boilerplate` and `markup` stay in the text, so offsets hold, and are never cited; a `record` is a
row that names its columns, and a passage of its own."""

LOCATION_KINDS = ("page", "section", "row")
"""What a location can name."""


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
class Location:
    """Where in its file the characters `span` of a text stand. `kind` is one of LOCATION_KINDS, `label` its name in words.

    The label of a page is its number in the file, from 1; of a row its number in the file, the header's being 1; of a section the
    headings that lead to it, outermost first, with " > " between. `anchor` is the id of the HTML element to open. `glyph` is
    the number, from 0, of the span's first character among those of its page as PDFium counts them, the others following
    one by one; -1 where the words were not copied from there.
    """

    span: Span
    kind: str
    label: str
    anchor: str = ""
    glyph: int = -1

    def to_list(self) -> list[Any]:
        """The same as JSON-ready data."""
        return [self.span.start, self.span.end, LOCATION_KINDS.index(self.kind), self.label, self.anchor, self.glyph]

    @classmethod
    def from_list(cls, row: Sequence[Any]) -> Location:
        """What `to_list` made, read back."""
        return cls(Span(row[0], row[1]), LOCATION_KINDS[row[2]], *row[3:])


@dataclass(frozen=True, slots=True)
class Document:
    """One document: `id` is its path below the sources folder with `/`; `text` is what offsets refer to.

    `sha256` is the hash of the file's bytes. `notes` are remarks of the loader for `status`. `from_file` names the fields of
    `metadata` that the catalogue does not say and the file does. `blocks` are those that the file's own structure tells, and
    `locations` where its pieces stand; both in order and disjoint, and what they leave open is found from the text.
    """

    id: str
    text: str
    sha256: str
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    from_file: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    locations: tuple[Location, ...] = ()

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
    `copy_of` is the number of the document that this one is a copy of; `from_file` names the fields of `metadata` that
    come from the file itself, where the catalogue is silent.
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
    from_file: tuple[str, ...] = ()

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
            "from_file": list(self.from_file),
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
            tuple(row["from_file"]),
        )


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source file that was not indexed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two states of a collection. `reasons` are words for people.

    `renamed` holds the ids before and after of documents with the same bytes; they are neither added nor removed.
    `left_out` are those of `removed` whose files are there and cannot be read, and why.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    left_out: tuple[Skipped, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.renamed or self.reasons)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. Counts are of the published index.

    `reused` counts documents taken over unchanged from the index before; `embedded` counts the passages
    that had to be encoded; `published` is False when nothing had changed, so the index stayed as it was.
    `changes` is what differs from the index before; nothing where there was none.
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
    changes: Changes = field(default_factory=Changes)

    @property
    def removed(self) -> tuple[str, ...]:
        """The documents that were in the index before and no longer are."""
        return self.changes.removed

    @property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """The documents that have another name than before: that one and the new."""
        return self.changes.renamed

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {
            "skipped": [{"path": s.path, "reason": s.reason} for s in self.skipped],
            "notes": list(self.notes),
            "changes": asdict(self.changes),
        }
