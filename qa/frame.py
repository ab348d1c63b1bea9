"""The frame of the page as HTML: its head, and the list of its keys."""

from __future__ import annotations

from .markup import escape

KEYS = (
    ("/", "to the question"),
    ("Enter", "ask; Shift+Enter begins a new line"),
    ("n, p", "next and previous quotation in the document"),
    ("f", "find in the document"),
    ("← →", "the page before and after, on a page as printed"),
    ("1 … 5", "Evidence, Document, Export, Batch, Sources"),
    ("u", "undo"),
    ("Esc", "back from the document; close what is open"),
    ("?", "these keys"),
)

CHOOSE_SHEET = (
    '<label class="choose-sheet small">Choose a file <input type="file" class="unseen-label" data-sheet="questions" '
    'accept=".csv,.tsv,.txt,text/csv,text/plain"></label>'
)
"""A sheet is read by the browser into the field above, so that nothing needs to be uploaded."""

UPLOADS_ARE_OFF = (
    '<p class="fine">Documents are added, removed and described here when the program is started with <code>--allow-uploads</code>; '
    "else in the sources folder.</p>"
)


def banner_html(title: str) -> str:
    """The head of the page, with a link past it for the keyboard, and the keys that `?` lists."""
    rows = "".join(f"<div><dt><kbd>{escape(key)}</kbd></dt><dd>{escape(what)}</dd></div>" for key, what in KEYS)
    return (
        f'<a class="skip" href="#question" data-skip="question">Skip to the question</a><header><div><h1>{escape(title)}</h1>'
        "<p>Quotations only, exact to the character. Nothing is generated, nothing leaves this machine.</p></div>"
        '<button type="button" class="small keys" data-help="1" aria-haspopup="dialog">Keys <kbd>?</kbd></button></header>'
        '<div id="told" class="unseen-label" role="status" aria-live="polite"></div>'
        f'<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2><dl>{rows}</dl>'
        '<label class="switch"><input type="checkbox" id="single-keys" checked> Single letters work outside of fields</label>'
        '<form method="dialog"><button class="small">Close</button></form></dialog>'
    )
