"""Text to HTML, escaped: the only place where anything becomes markup.

Whatever comes from a document, a file name, the catalogue or a person is data here, never markup. In the HTML the
text content of every element of class "quotation" or "text" is the source's own, character for character, so that
it can be copied or checked; the style sheet keeps its white space. Characters that are not seen but change what is
(direction overrides, control characters) stand in an element of their own, where they do nothing and are shown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable
from itertools import pairwise

from index import Span

RUN = 200
_RUN = re.compile(rf"\S{{{RUN}}}(?=\S)")
_UNSEEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_IMPOSSIBLE = re.compile("[\x00\ud800-\udfff]")  # has no place in HTML, and in no document that was indexed


def escape(text: str) -> str:
    """Text as HTML, for element content and quoted attributes alike. It parses back to the same characters."""
    text = html.escape(_IMPOSSIBLE.sub("\ufffd", text), quote=True)
    return text.replace("\r", "&#13;")  # a bare one would become a line feed


def visible(text: str) -> str:
    """Text as HTML in which unseen characters are boxed: shown, and without power over their neighbours."""
    return _UNSEEN.sub(lambda m: f'<span class="unseen" data-code="U+{ord(m[0]):04X}">{m[0]}</span>', escape(text))


def readable(text: str) -> str:
    """The same for the page, where a long run without spaces may be broken after every RUN characters.

    Browsers take a minute to lay out 400,000 characters otherwise.
    """
    cuts = [0, *(m.end() for m in _RUN.finditer(text)), len(text)]
    return "<wbr>".join(visible(text[start:end]) for start, end in pairwise(cuts))


def line(text: str, css: str, tag: str = "p") -> str:
    """Text as one element of a class; nothing without a text."""
    return f'<{tag} class="{css}" dir="auto">{visible(text)}</{tag}>' if text else ""


def marked(text: str, span: Span, inner: Iterable[Span], differing: Collection[Span] = ()) -> str:
    """`text` within `span`, the parts in `inner` emphasised, those in `differing` as well, another way; overlaps are merged."""
    parts, position = [], span.start
    for part in sorted({*inner, *differing}, key=lambda s: (s.start, s not in differing, s.end)):
        start, end = max(part.start, position), min(part.end, span.end)
        if start < end:
            css = ' class="differing"' if part in differing else ""
            parts += [readable(text[position:start]), f"<strong{css}>", readable(text[start:end]), "</strong>"]
            position = end
    return "".join(parts) + readable(text[position : span.end])
