"""What the page's “Search in” does: its components are laid out in `qa.layout`, what it says is made in `qa.narrow`."""

# No "from __future__ import annotations" here: Gradio reads the annotations of nested handlers, so they must be objects.
from collections.abc import Callable
from typing import Any

from . import render
from .converse import Chat
from .layout import DAYS, QUIETLY, Parts
from .narrow import EVERYWHERE, FIELDS, is_offered, linked_values, offered, told, values_of


def wire_narrowing(gr: Any, page: Any, p: Parts, chat: Chat, built: Any) -> None:
    """The filter on the documents: what can be chosen, anew when the index was `built`; what is chosen, and what that leaves."""

    def offer(search: str, *values: Any) -> list[Any]:
        chat.library.loaded.wait()
        choices, wanted = chat.choices(), dict(zip(FIELDS, linked_values(search) if search else values, strict=True))
        updates = []
        for field in FIELDS:
            if field in DAYS:
                updates.append(gr.update(value=wanted[field]))
                continue
            found = offered(choices.get(field, []), wanted[field])
            known = [value for _, value in found if value in (wanted[field] or ())]
            updates.append(gr.update(choices=found, value=known, visible=bool(found)))
        return updates

    def seeking(field: str) -> Callable[..., Any]:
        def seek(taken: list[str], before: str, event: gr.KeyUpData) -> Any:  # a partial would hide its annotations
            values, typed = chat.choices().get(field, []), event.input_value
            if is_offered(values, before, typed):
                return gr.skip(), gr.skip()
            return gr.update(choices=offered(values, taken, typed)), typed

        return seek

    def narrow(*values: Any) -> dict[Any, Any]:
        name, left = told(values, chat.library)
        css = [] if name == EVERYWHERE else ["narrowed"]
        return {p.narrowing: gr.update(label=name, elem_classes=css), p.left: render.line_html(left, "fine")}

    given = [p.search, *p.narrowed]
    opened = "(_, ...values) => [location.search, ...values]"
    page.load(offer, given, p.narrowed, js=opened, **QUIETLY | {"concurrency_limit": None})
    built.then(offer, given, p.narrowed, **QUIETLY)
    typing = QUIETLY | {"trigger_mode": "multiple", "concurrency_limit": 1}  # every key, one after the other
    for field, part in zip(FIELDS, p.narrowed, strict=True):
        if field not in DAYS:
            before = gr.State("")  # what had been typed when the values were offered that the browser has
            part.key_up(seeking(field), [part, before], [part, before], **typing)
    said = [p.narrowing, p.left]
    changes = [part.blur if field in DAYS else part.change for field, part in zip(FIELDS, p.narrowed, strict=True)]
    changed = gr.on(changes, narrow, p.narrowed, said, trigger_mode="always_last", **QUIETLY)
    cleared = p.everywhere.click(lambda: values_of(None), None, p.narrowed, **QUIETLY).then(narrow, p.narrowed, said, **QUIETLY)
    for event in (changed, cleared):
        event.then(lambda *values: chat.welcome(values), p.narrowed, p.welcome, **QUIETLY)
