"""The web server around the page: its command line, what its answers allow a browser to load, and the proxy it avoids."""

from __future__ import annotations

import argparse
import inspect
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from index.load import MAX_BYTES

from .answer import REMEMBERED
from .reader import NONE, TRAINED

LOOPBACK = ("127.0.0.1", "localhost", "::1")

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
"""What the page may load: only what this server sends. Gradio's own scripts need the two "unsafe" words."""


def import_gradio() -> Any:
    """Gradio, told not to report to its maker, and kept from writing stubs for editors beside its components: half of its import."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    file_of = inspect.getfile

    def file_of_others(what: Any) -> str:
        if isinstance(what, type) and what.__module__.startswith("gradio."):
            raise OSError("no stub is wanted")  # by which Gradio knows components that have no file
        return file_of(what)

    inspect.getfile = file_of_others
    try:
        import gradio
    finally:
        inspect.getfile = file_of
    return gradio


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


def read_count(value: str) -> int:
    """A number, 0 or more. Raises argparse.ArgumentTypeError."""
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"found {value!r}, expected a number, 0 or more")
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
        "--remember", type=read_count, default=REMEMBERED, metavar="N",
        help=f"keep so many answers in memory, to give them again when the same is asked (default: {REMEMBERED})",
    )  # fmt: skip
    parser.add_argument(
        "--auth", type=read_auth, metavar="USER:PASSWORD_FILE", help="ask for this user and the password in this file"
    )
    parser.add_argument(
        "--allow-uploads",
        action="store_true",
        help="let whoever reaches the page add, remove and describe documents in the sources folder",
    )
    return parser.parse_args(argv)


def spare_loopback_the_proxy(host: str) -> None:
    """Keep requests to this machine away from an HTTP proxy: Gradio calls its own server once at the start."""
    for name in ("NO_PROXY", "no_proxy"):
        names = [n for n in os.environ.get(name, "").split(",") if n]
        os.environ[name] = ",".join(dict.fromkeys([*names, *LOOPBACK, host]))


def launch(page: Any, host: str, port: int, auth: tuple[str, str] | None = None, uploads: bool = False) -> str:
    """Serve the page without waiting and return its address. Raises OSError when the port is taken."""
    import gradio as gr
    from starlette.middleware import Middleware

    spare_loopback_the_proxy(host)
    style, script = (files(__package__).joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
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
        max_file_size=MAX_BYTES if uploads else 1,
        theme=gr.themes.Base(font=system, font_mono=("ui-monospace", "monospace"), primary_hue="teal", neutral_hue="stone"),
        head=f"<style>{style}</style><script>{script}</script>",
        app_kwargs={"middleware": [Middleware(SafeHeaders)], "openapi_url": None},
    )
    return url
