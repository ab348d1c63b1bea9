"""Plain text and Markdown: the text is the decoded file itself, and the front matter of Markdown is never quoted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any

from .decode import decode
from .loaded import Loaded, sections, stated
from .records import Block, Location, Metadata, Span

MAX_FRONT_MATTER = 10_000
"""Characters: what opens like front matter and is longer is writing."""

_FRONT_MATTER = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(.*?)(?:\r?\n)\1[ \t]*(?=\r?\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*\r?$|^(```|~~~)", re.MULTILINE)
FRONT_MATTER = "front matter"


def load_text(data: bytes, name: str) -> Loaded:
    """A plain text, unchanged (line ends and a byte-order mark stay). Raises LoadError."""
    text, note = decode(data, name)
    return Loaded(text, notes=(note,) if note else ())


def load_markdown(data: bytes, name: str) -> Loaded:
    """Markdown, unchanged; its front matter (YAML or TOML) is read as metadata, its headings as sections. Raises LoadError."""
    text, note = decode(data, name)
    match = _FRONT_MATTER.match(text, 0, MAX_FRONT_MATTER)
    known = _front_matter(match.group(1), match.group(2)) if match else None
    blocks: tuple[Block, ...] = ()
    metadata, begin = Metadata(), 0
    if match and known is not None:
        start, begin = match.start(1), len(match.group().rstrip())
        blocks = (Block("boilerplate", Span(start, begin), Span(start, begin), FRONT_MATTER),)
        metadata = _metadata(known)
    return Loaded(text, metadata, (note,) if note else (), blocks, tuple(_sections(text, begin)))


def _front_matter(fence: str, words: str) -> dict[Any, Any] | None:
    """What front matter says, or None when it is none: two rules with ordinary writing between them."""
    if fence == "+++":
        try:
            return tomllib.loads(words)
        except (tomllib.TOMLDecodeError, RecursionError):
            return None
    import yaml

    try:
        known = yaml.safe_load(words)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return known if isinstance(known, dict) else None


def _metadata(known: dict[Any, Any]) -> Metadata:
    lower = {str(key).casefold(): value for key, value in known.items()}
    author = lower.get("author", lower.get("authors"))
    if isinstance(author, list):
        author = ", ".join(a for a in author if isinstance(a, str))
    rights = lower.get("rights", lower.get("license", lower.get("licence")))
    language = lower.get("language", lower.get("lang"))
    return stated(
        title=lower.get("title"),
        author=author,
        date=lower.get("date"),
        publisher=lower.get("publisher"),
        language=language,
        rights=rights,
    )


def _sections(text: str, begin: int) -> Iterable[Location]:
    """The sections of a Markdown text, by its headings with number signs outside fenced code."""
    found: list[tuple[int, int, str, str]] = []
    fence = ""
    for match in _HEADING.finditer(text, begin):
        if match.group(3):
            fence = "" if fence == match.group(3) else fence or match.group(3)
        elif not fence:
            found.append((match.start(), len(match.group(1)), match.group(2).strip("\r"), ""))
    return sections(found, len(text))
