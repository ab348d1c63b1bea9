"""A quotation with its reference, to be taken elsewhere: plain text, Markdown, HTML, BibTeX, CSL-JSON.

What is unknown of a source is left out; nothing is made up for it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

from .literal import latex, markdown_paragraph, markdown_quote
from .markup import visible
from .plain import date_words, said_by

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


class Quoted(Protocol):
    """What a reference is made of: a `Citation` has it, and so has a quotation of an export."""

    @property
    def document(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def publisher(self) -> str | None: ...
    @property
    def author(self) -> str | None: ...
    @property
    def date(self) -> str | None: ...
    @property
    def speaker(self) -> str | None: ...
    @property
    def role(self) -> str | None: ...
    @property
    def location(self) -> str | None: ...


def source_line(quoted: Quoted) -> str:
    """The source as far as it is known, in one line: author, title, publisher, date, document, characters."""
    known = (quoted.author, quoted.title, quoted.publisher, date_words(quoted.date), quoted.document)
    return ", ".join([*filter(None, known), _place(quoted)])


def attribution(quoted: Quoted) -> str:
    """Who says it, in a line of its own where somebody is quoted, and the source."""
    speaker = said_by(quoted)  # type: ignore[arg-type]
    return f"— {speaker}\n{source_line(quoted)}" if speaker else source_line(quoted)


def as_text(quoted: Quoted) -> str:
    """The quotation, its very characters between quotation marks, and below it who says it and where it stands."""
    return f"“{quoted.text}”\n{attribution(quoted)}\n"


def as_markdown(quoted: Quoted) -> str:
    """A block quote that renders to the quotation's characters, and below it who says it and where it stands."""
    return f"{markdown_quote(quoted.text)}\n\n{markdown_paragraph(attribution(quoted))}\n"


def as_html(quoted: Quoted) -> str:
    """A `figure`; the text content of its `blockquote` is the quotation, to be shown with `white-space: pre-wrap`."""
    speaker = said_by(quoted)  # type: ignore[arg-type]
    said = f'<p class="said" dir="auto">— {visible(speaker)}</p>' if speaker else ""
    words = f'<blockquote class="quotation" dir="auto" style="white-space: pre-wrap">{visible(quoted.text)}</blockquote>'
    return f'<figure>{words}<figcaption>{said}<p class="source" dir="auto">{visible(source_line(quoted))}</p></figcaption></figure>\n'


def as_bibtex(quoted: Quoted) -> str:
    """An entry `@misc`: the quotation is its `annote`, document and characters are its `note`."""
    year, month, day = _date_parts(quoted.date)
    fields = {
        "author": f"{{{latex(quoted.author)}}}" if quoted.author else "",  # a second pair: one name, not "and" and a comma
        "title": f"{{{latex(quoted.title)}}}" if quoted.title else "",  # a second pair: capitals stay
        "publisher": latex(quoted.publisher or ""),
        "date": quoted.date if year else "",
        "year": f"{year:04}" if year else latex(quoted.date or ""),
        "day": str(day) if day else "",
        "note": latex(f"{quoted.document}, {_place(quoted)}"),
        "annote": latex(quoted.text),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    if month:
        lines.append(f"  month = {_MONTHS[month - 1]},")  # a name that each style writes its own way, so without braces
    return "\n".join([f"@misc{{{reference_key(quoted)},", *lines, "}"]) + "\n"


def csl_item(quoted: Quoted) -> dict[str, Any]:
    """The item of CSL-JSON: the quotation is its `annote`, document and characters are its `note`."""
    year, month, day = _date_parts(quoted.date)
    item: dict[str, Any] = {"id": reference_key(quoted), "type": "document"}
    if quoted.title:
        item["title"] = quoted.title
    if quoted.author:
        item["author"] = [{"literal": quoted.author}]
    if quoted.publisher:
        item["publisher"] = quoted.publisher
    if year:
        item["issued"] = {"date-parts": [[part for part in (year, month, day) if part]]}
    elif quoted.date:
        item["issued"] = {"literal": quoted.date}
    return item | {"note": f"{quoted.document}, {_place(quoted)}", "annote": quoted.text}


def as_csl_json(quoted: Quoted) -> str:
    """CSL-JSON of one item, as Zotero and others import it."""
    return json.dumps([csl_item(quoted)], ensure_ascii=True, indent=1) + "\n"


REFERENCES = MappingProxyType[str, Callable[[Quoted], str]](
    {"text": as_text, "markdown": as_markdown, "html": as_html, "bibtex": as_bibtex, "csl-json": as_csl_json}
)
"""The forms of a reference by their names."""


def reference_key(quoted: Quoted) -> str:
    """A name for the quotation in letters, digits and hyphens: another place in the documents, another name."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", quoted.document).strip("-")
    digest = hashlib.sha256(quoted.document.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, (name, digest, str(quoted.start), str(quoted.end))))


def _place(quoted: Quoted) -> str:
    return ", ".join(filter(None, (quoted.location, f"characters {quoted.start} to {quoted.end}")))


def _date_parts(words: str | None) -> tuple[int, int, int]:
    """Year, month and day of a date of the catalogue; 0 for what it does not say, and for what is no date."""
    match = _DATE.fullmatch(words or "")
    year, month, day = (int(part or 0) for part in match.groups()) if match and "00" not in match.groups() else (0, 0, 0)
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return 0, 0, 0
    return year, month, day
