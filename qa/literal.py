"""Text that is read as it is by something else than a browser: Markdown, LaTeX, and paper.

Whatever comes from a document, the catalogue or a person is data here, never a sign of the language it stands in.
HTML has `qa.markup` for the same.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]|⟨(?=U\\+)")
_MARKDOWN_SIGNS = re.compile(
    r"([\\`*_\[\]{}#|~$^@]|([-.=+])(?=\2)|(?<!\d):(?=\S)|:(?=[^\s\d])|(?<=www)\.|<|&(?=[\w#]))", re.IGNORECASE
)
_ENTITIES = {"&": "&amp;", "<": "&lt;"}
_LATEX = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",  # an escaped brace would still count when BibTeX looks for the end of a field
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "`": r"{\textasciigrave}",
    "<": r"{\textless}",
    ">": r"{\textgreater}",
    "|": r"{\textbar}",
    "\n": r"{\newline}",
} | {sign: f"\\{sign}" for sign in "#$%&_"}
_LATEX_SIGNS = re.compile("[" + re.escape("".join(_LATEX)) + "]|([-',])(?=\\1)|(?<= ) | (?=\\Z)|\\A |\t")


def shown(text: str) -> str:
    """Text for readers that lose or obey characters which are not seen: each of these as its code, `⟨U+0007⟩`.

    The text can be had back from it, but for one thing: a carriage return before a line feed is part of the line end.
    """
    return _UNSEEN.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", text.replace("\r\n", "\n"))


def markdown_paragraph(text: str) -> str:
    """Text as one paragraph that Markdown (CommonMark) shows with the very characters of `shown`, line by line."""
    return re.sub(r"\n+|[^\n]+", _markdown_piece, shown(text))


def markdown_quote(text: str) -> str:
    """Text as a block quote that Markdown shows with the very characters of `shown`; an empty line parts paragraphs."""
    paragraphs = re.split(r"(?<=[^\n])\n\n(?=[^\n])", shown(text))
    lines = "\n\n".join(re.sub(r"\n+|[^\n]+", _markdown_piece, paragraph) for paragraph in paragraphs).split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def latex(text: str) -> str:
    """Text as the value of a BibTeX field in braces, with the very characters of `shown` once LaTeX has set it."""
    return _LATEX_SIGNS.sub(lambda m: _LATEX.get(m[0]) or ("{\\ }" if m[0].isspace() else f"{m[0]}{{}}"), shown(text))


def _markdown_piece(piece: re.Match[str]) -> str:
    """A line, or the line ends between two: of several, all but the first are written as characters."""
    text = piece[0]
    if text[0] != "\n":
        return _markdown_line(text)
    inner = piece.start() > 0 and piece.end() < len(piece.string)
    return "\\\n" + "&#10;" * (len(text) - 1) if inner else "&#10;" * len(text)


def _markdown_line(line: str) -> str:
    """One line. White space at its ends would be taken away, so it is written as characters."""
    bare = line.strip()
    start = line.index(bare) if bare else len(line)
    before, after = (
        re.sub(".", lambda m: f"&#{ord(m[0])};", s, flags=re.DOTALL) for s in (line[:start], line[start + len(bare) :])
    )
    escaped = _MARKDOWN_SIGNS.sub(lambda m: _ENTITIES.get(m[0]) or f"\\{m[0]}", bare)
    opening = re.match(r"\d+(?=[.)])|(?=[-+=>:])", escaped)
    if opening:  # a list, a heading or a quotation inside the quotation, if it were not for this
        escaped = f"{opening[0]}\\{escaped[opening.end() :]}"
    return before + escaped + after
