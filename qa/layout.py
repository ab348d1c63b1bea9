"""The components of the page and how they stand on it; what they do is wired in app.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

from index.catalogue import KEYS
from index.load import LOADERS

from . import frame, panels, render
from .converse import Chat
from .many import Batch
from .narrow import EVERYWHERE, FIELDS
from .talk import Talk

TITLE = "Answers from the documents"
UNOPENED = "Choose a quotation to read it in its document."
BOUND = "window.page.bind(element, trigger, watch)"
"""What each part of the page that shows our own markup runs when it is loaded; see qa/page.js."""

PLAIN: dict[str, Any] = {"apply_default_css": False}
KEPT = {"storage_key": "quote-only-qa kept conversations", "secret": "not a secret: it keeps what a restart must not lose"}

QUIETLY: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 8}
"""How the events of the page are wired: not for programs, without Gradio's own signs of waiting."""

DAYS = ("since", "until")
DATES = "2024 or 2024-05-31"

Parts = SimpleNamespace
"""Components by name."""


def lay_out(chat: Chat, changeable: bool) -> Parts:
    """The components of the page by name."""
    import gradio as gr

    p = Parts(talk=gr.State(Talk()), batch=gr.State(Batch()), kept=gr.BrowserState([], **KEPT))
    p.file, p.search = gr.JSON(visible=False), gr.Textbox(visible=False)
    html = partial(gr.HTML, js_on_load=BOUND, **PLAIN)
    html(frame.banner_html(TITLE), elem_id="banner")
    with gr.Row(elem_id="panes"):
        with gr.Column(scale=11, min_width=320, elem_id="talk"):
            p.welcome = html(chat.welcome(), elem_id="welcome")
            p.conversation = html(chat.conversation(Talk()), elem_id="conversation")
            p.offered = html(elem_id="offered")
            p.editing = html(elem_id="editing")
            _narrowing(gr, p, html)
            with gr.Row(elem_id="asking"):
                p.box = gr.Textbox(
                    label="Your question",
                    placeholder="Ask a question",
                    lines=1,
                    max_lines=6,
                    autofocus=True,
                    submit_btn=False,
                    scale=8,
                    elem_id="question",
                    container=False,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                p.send = gr.Button("Ask", variant="primary", scale=1, min_width=72, elem_id="send")
                p.undo = gr.Button("Undo", scale=1, min_width=72, elem_id="undo", interactive=False)
                p.clear = gr.Button("Clear", scale=1, min_width=72, elem_id="clear")
        with gr.Column(scale=9, min_width=320, elem_id="side"):
            with gr.Tabs(selected="evidence") as p.tabs:
                with gr.Tab("Evidence", id="evidence"):
                    p.evidence = html(chat.evidence(Talk(), 0), elem_id="evidence")
                with gr.Tab("Document", id="document"):
                    p.document = html(render.line_html(UNOPENED), elem_id="document")
                with gr.Tab("Export", id="export") as p.export_tab:
                    p.export = html(panels.export_html(Talk()), elem_id="export")
                with gr.Tab("Batch", id="batch"):
                    _batch(gr, p, html)
                with gr.Tab("Sources", id="sources") as p.sources_tab:
                    _sources(gr, p, html, changeable)
    return p


def _narrowing(gr: Any, p: Parts, html: Callable[..., Any]) -> None:
    """The filter on the documents, folded away; what can be chosen is filled in when the page is opened."""
    with gr.Accordion(EVERYWHERE, open=False, elem_id="narrowing") as p.narrowing:
        with gr.Row(elem_id="narrowed"):
            p.narrowed = [
                gr.Textbox(label=field.capitalize(), placeholder=DATES, max_lines=1, min_width=130, elem_id=f"only-{field}")
                if field in DAYS
                else gr.Dropdown([], label=field.capitalize(), multiselect=True, min_width=160, elem_id=f"only-{field}")
                for field in FIELDS
            ]
        with gr.Row(elem_id="left"):
            p.left = html(elem_id="left-over")
            p.everywhere = gr.Button("Search everywhere", min_width=90, elem_id="everywhere")


def _batch(gr: Any, p: Parts, html: Callable[..., Any]) -> None:
    """A sheet of questions and what comes of it."""
    p.questions = gr.Textbox(
        label="Questions, one a line, or a CSV table with a column “question”", lines=5, max_lines=12, elem_id="questions"
    )
    with gr.Row(elem_id="batching"):
        html(frame.CHOOSE_SHEET, elem_id="sheet")
        p.ask_all = gr.Button("Ask all", variant="primary", min_width=90, elem_id="ask-all")
        p.halt = gr.Button("Stop", min_width=72, elem_id="halt", visible=False)
    p.answers = html(elem_id="answers")


def _sources(gr: Any, p: Parts, html: Callable[..., Any], changeable: bool) -> None:
    """The documents, the state of their index, and where it is allowed the means to change them."""
    p.rebuild = gr.Button("Build the index", elem_id="rebuild")
    p.report = html(elem_id="report")
    p.cancel = gr.Button("Cancel the build", elem_id="cancel", visible=False)
    if changeable:
        p.upload = gr.File(label="Add documents", file_count="multiple", file_types=list(LOADERS), elem_id="upload", height=120)
        p.replace = gr.Checkbox(label="Replace documents that are there under the same name", elem_id="replace")
        p.put_back = gr.Button("Put back what was removed", elem_id="put-back", visible=False)
        p.editor, p.described = gr.Group(visible=False, elem_id="entry"), gr.State("")
        with p.editor:
            p.entry = [gr.Textbox(label=key.capitalize(), max_lines=1, elem_id=f"entry-{key}") for key in KEYS]
            with gr.Row():
                p.save = gr.Button("Save the entry", variant="primary", min_width=90, elem_id="save-entry")
                p.leave = gr.Button("Leave it as it is", min_width=90)
    p.sources, p.sought = html(elem_id="sources"), gr.State(("", 0))
    p.generations = html(elem_id="generations")
    html(frame.UPLOADS_ARE_OFF if not changeable else "", elem_id="uploads")
