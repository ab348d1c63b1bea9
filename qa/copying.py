"""A quotation's way out of the page: what its buttons put on the clipboard, and the link that opens it again."""

from __future__ import annotations

from index import Where
from index.errors import LinkError

from .anchor import anchor_of, link_to
from .answer import Citation
from .markup import escape
from .reference import REFERENCES

NAMES = {"text": "Text", "markdown": "Markdown", "html": "HTML", "bibtex": "BibTeX", "csl-json": "CSL-JSON"}


def copy_menu(citation: Citation, link: str = "", *, whole: bool = False) -> str:
    """Buttons that copy the quotation: its words, or with its reference in each form, or a link to it.

    `link` is its query string, as `link_of` makes it. With `whole` its words are part of the button, for places where the
    quotation does not stand beside it.
    """
    forms = "".join(
        f'<button type="button" data-form="{form}" data-copy="{escape(REFERENCES[form](citation))}">{name}</button>'
        for form, name in NAMES.items()
    )
    linked = f'<button type="button" data-link="{escape(link)}">Link</button>' if link else ""
    words = f' data-copy="{escape(citation.text)}"' if whole else ""
    number = citation.number
    return (
        f'<button type="button" class="copy"{words} aria-label="Copy the words of quotation {number}">Copy</button>'
        f'<details class="menu"><summary aria-label="Copy quotation {number} with its reference">Copy with reference</summary>'
        f'<div class="forms" role="group" aria-label="Forms of the reference">{forms}{linked}</div></details>'
    )


def link_of(citation: Citation, text: str | None, question: str = "", where: Where | None = None) -> str:
    """The query string of a link that asks the question of what a filter leaves, and opens the quotation in the document's `text`.

    "" when it cannot be put in a link, or no longer stands there.
    """
    if text is None or text[citation.start : citation.end] != citation.text:
        return ""
    try:
        return link_to(anchor_of(citation.document, text, citation.start, citation.end), question, where)
    except LinkError:
        return ""
