"""The endpoints of the page that programs may call."""

# No "from __future__ import annotations" here: Gradio reads the annotations of nested handlers, so they must be objects.
from collections.abc import Callable
from functools import partial
from typing import Any

from index import QAError

from .converse import Chat
from .narrow import FIELDS


def serve_programs(gr: Any, chat: Chat) -> None:
    """Add `/ask` and `/retrieve` to the page that `gr` is building."""

    names = list[str] | None

    def ask(
        question: str, history: names = None, document: names = None, publisher: names = None, author: names = None,
        since: str | None = None, until: str | None = None, language: names = None, folder: names = None,
    ) -> dict:  # fmt: skip
        return _told(partial(chat.ask, question, history), document, publisher, author, since, until, language, folder)

    def retrieve(
        question: str, k: int = 5, document: names = None, publisher: names = None, author: names = None,
        since: str | None = None, until: str | None = None, language: names = None, folder: names = None,
    ) -> list[dict]:  # fmt: skip
        return _told(partial(chat.retrieve, question, k), document, publisher, author, since, until, language, folder)

    def _told(function: Callable[..., Any], *values: Any) -> Any:
        try:
            return function(**dict(zip(FIELDS, values, strict=True)))
        except QAError as error:
            raise gr.Error(str(error), print_exception=False) from None

    gr.api(ask, api_name="ask", api_description=chat.ask.__doc__, concurrency_limit=8)
    gr.api(retrieve, api_name="retrieve", api_description=chat.retrieve.__doc__, concurrency_limit=8)
