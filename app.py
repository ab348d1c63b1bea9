"""The web chat: components and event wiring.    python app.py --help"""

# No "from __future__ import annotations" here: Gradio reads the annotations of nested handlers, so they must be objects.
import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from index import QAError
from qa import render
from qa.reader import NONE, TRAINED
from qa.serve import Chat, Library, open_assistant

TITLE = "Answers from the documents"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
"""What the page may load: only what this server sends. Gradio's own scripts need the two "unsafe" words."""


def make_page(library: Library) -> Any:
    """The page as gr.Blocks, not yet served."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import
    import gradio as gr

    chat = Chat(library)
    script = files("qa").joinpath("page.js").read_text(encoding="utf-8")
    unopened = render.line_html("Choose a quotation to read it in its document.")
    plain: dict[str, Any] = {"apply_default_css": False}
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        turns = gr.State([])
        gr.HTML(render.banner_html(TITLE), elem_id="banner", js_on_load=script, **plain)
        with gr.Row(elem_id="panes"):
            with gr.Column(scale=11, min_width=320, elem_id="talk"):
                conversation = gr.HTML(chat.conversation([]), elem_id="conversation", js_on_load=script, **plain)
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
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
                    send = gr.Button("Ask", variant="primary", scale=1, min_width=72, elem_id="send")
                    clear = gr.Button("Clear", scale=1, min_width=72, elem_id="clear")
            with gr.Column(scale=9, min_width=320, elem_id="side"):
                with gr.Tabs(selected="evidence") as tabs:
                    with gr.Tab("Evidence", id="evidence"):
                        evidence = gr.HTML(chat.evidence([], 0), elem_id="evidence", js_on_load=script, **plain)
                    with gr.Tab("Document", id="document"):
                        document = gr.HTML(unopened, elem_id="document", js_on_load=script, **plain)
                    with gr.Tab("Sources", id="sources") as sources_tab:
                        rebuild = gr.Button("Build the index", elem_id="rebuild")
                        report = gr.HTML(elem_id="report", **plain)
                        sources = gr.HTML(elem_id="sources", js_on_load=script, **plain)

        def greet(turns: list) -> Iterator[tuple[Any, ...]]:
            yield chat.conversation(turns), gr.skip(), gr.skip()
            library.loaded.wait()
            tab = gr.skip() if library.index() else gr.Tabs(selected="sources")
            yield chat.conversation(turns), chat.sources(), tab

        def converse(question: str, turns: list) -> Iterator[tuple[Any, ...]]:
            for markup, told, turn in chat.converse(question or "", turns):
                panel = chat.evidence(told, len(told) - 1) if turn else gr.skip()
                typed = gr.skip() if turn else ""  # what is typed while an answer is on its way stays
                yield typed, markup, told, panel, gr.Tabs(selected="evidence") if turn else gr.skip()

        def suggested(turns: list, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
            yield from converse(str(event._data.get("ask", "")), turns)

        def choose(turns: list, event: gr.EventData) -> tuple[Any, ...]:
            chosen = event._data
            if chosen.get("kind") == "evidence":
                return gr.Tabs(selected="evidence"), chat.evidence(turns, int(chosen["turn"])), gr.skip()
            return gr.Tabs(selected="document"), gr.skip(), chat.document(turns, chosen)

        def build(turns: list, progress: gr.Progress = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008 - Gradio finds it there
            words = library.build(lambda step, done, total: progress((done, total), desc=step, unit=""))
            return render.line_html(words, "note"), chat.sources(), chat.conversation(turns) if not turns else gr.skip()

        def forget() -> tuple[Any, ...]:
            return "", chat.conversation([]), [], chat.evidence([], 0), unopened, gr.Tabs(selected="evidence")

        answered = [box, conversation, turns, evidence, tabs]
        page.load(greet, turns, [conversation, sources, tabs], concurrency_limit=None, **private)
        typing = gr.on(  # Enter before the last answer is there is not lost: it asks afterwards
            [box.submit, send.click], converse, [box, turns], answered, trigger_mode="always_last", concurrency_limit=8, **private
        )
        choosing = conversation.submit(suggested, turns, answered, concurrency_limit=8, **private)
        for component in (conversation, evidence, sources):
            component.select(choose, turns, [tabs, evidence, document], concurrency_limit=8, **private).then(
                None, js="() => window.showChosen && window.showChosen()", **private
            )
        sources_tab.select(chat.sources, None, sources, **private)
        rebuild.click(
            build, turns, [report, sources, conversation], concurrency_limit=4, show_progress_on=report, api_visibility="private"
        )
        clear.click(forget, None, [box, conversation, turns, evidence, document, tabs], cancels=[typing, choosing], **private)

        def ask(question: str, history: list[str] | None = None) -> dict:
            return _told(chat.ask, question, history)

        def retrieve(question: str, k: int = 5) -> list[dict]:
            return _told(chat.retrieve, question, k)

        def _told(function: Callable[..., Any], *values: Any) -> Any:
            try:
                return function(*values)
            except QAError as error:
                raise gr.Error(str(error), print_exception=False) from None

        gr.api(ask, api_name="ask", api_description=chat.ask.__doc__, concurrency_limit=8)
        gr.api(retrieve, api_name="retrieve", api_description=chat.retrieve.__doc__, concurrency_limit=8)
    return page


class SafeHeaders:
    """ASGI middleware that adds POLICY and its like to every response."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"content-security-policy", POLICY.encode()),
                    (b"referrer-policy", b"no-referrer"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def read_auth(value: str) -> tuple[str, str]:
    """USER:PASSWORD_FILE as (user, password). Raises argparse.ArgumentTypeError with what is wrong."""
    user, colon, name = value.partition(":")
    if not (user and colon and name):
        raise argparse.ArgumentTypeError(f"found {value!r}, expected USER:PASSWORD_FILE, as in editor:password.txt")
    try:
        password = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error.strerror}; put the password in this file") from error
    except UnicodeDecodeError as error:
        raise argparse.ArgumentTypeError(f"{name}: not UTF-8 text; expected the password") from error
    if not password.strip():
        raise argparse.ArgumentTypeError(f"{name}: empty; put the password in it")
    return user, password


def read_port(value: str) -> int:
    """A port number. Raises argparse.ArgumentTypeError."""
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise argparse.ArgumentTypeError(f"found {value!r}, expected a port from 1 to 65535")
    return int(value)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="app.py", description="Serve the web chat.", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=read_port, default=7860, help="the port to listen on (default: 7860)")
    parser.add_argument(
        "--index", type=Path, default=Path(os.environ.get("QA_INDEX") or ".index"), help="the index (default: .index)"
    )
    parser.add_argument("--sources", type=Path, default=Path("sources"), help="the documents to build it from (default: sources)")
    parser.add_argument("--model", help="a sentence-transformers folder in place of the packaged model")
    parser.add_argument("--reader", choices=(TRAINED, NONE), default=TRAINED, help="none: answer without the trained reader")
    parser.add_argument(
        "--auth", type=read_auth, metavar="USER:PASSWORD_FILE", help="ask for this user and the password in this file"
    )
    return parser.parse_args(argv)


def spare_loopback_the_proxy(host: str) -> None:
    """Keep requests to this machine away from an HTTP proxy: Gradio calls its own server once at the start."""
    for name in ("NO_PROXY", "no_proxy"):
        names = [n for n in os.environ.get(name, "").split(",") if n]
        os.environ[name] = ",".join(dict.fromkeys([*names, *LOOPBACK, host]))


def launch(page: Any, host: str, port: int, auth: tuple[str, str] | None = None) -> str:
    """Serve the page without waiting and return its address. Raises OSError when the port is taken."""
    import gradio as gr
    from starlette.middleware import Middleware

    spare_loopback_the_proxy(host)
    style = files("qa").joinpath("page.css").read_text(encoding="utf-8")
    system = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    _, url, _ = page.queue(default_concurrency_limit=8).launch(
        server_name=host,
        server_port=port,
        auth=auth,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        inbrowser=False,
        mcp_server=False,
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        footer_links=[],
        max_file_size=1,  # nothing is ever uploaded
        theme=gr.themes.Base(font=system, font_mono=("ui-monospace", "monospace"), primary_hue="teal", neutral_hue="stone"),
        head=f"<style>{style}</style>",
        app_kwargs={"middleware": [Middleware(SafeHeaders)], "openapi_url": None},
    )
    return url


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted."""
    options = arguments(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    os.environ["HF_HUB_OFFLINE"] = "1"
    library = Library(options.index, options.sources, options.model, partial(open_assistant, reader=options.reader))
    page = make_page(library)
    try:
        url = launch(page, options.host, options.port, options.auth)
    except OSError as error:
        print(f"app.py: error: {options.host}:{options.port}: {error}; choose another with --port", file=sys.stderr)
        return 1
    threading.Thread(target=library.load, daemon=True).start()
    print(f"Serving on {url}  (Ctrl+C stops)", flush=True)
    if options.host not in LOOPBACK and not options.auth:
        print("Anyone who can reach this address can ask; --auth asks for a password.", flush=True)
    page.block_thread()
    return 0


if __name__ == "__main__":
    sys.exit(main())
