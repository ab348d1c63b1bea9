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
        return updates + [""] * len(befores)

    def seeking(field: str) -> Callable[..., Any]:
        def seek(typed: str, taken: list[str], before: str) -> Any:  # a partial would hide its annotations
            values = chat.choices().get(field, [])
            if is_offered(values, before, typed):
                return gr.skip(), gr.skip()
            return gr.update(choices=offered(values, taken, typed)), typed

        return seek

    def narrow(*values: Any) -> dict[Any, Any]:
        name, left = told(values, chat.library)
        css = [] if name == EVERYWHERE else ["narrowed"]
        return {p.narrowing: gr.update(label=name, elem_classes=css), p.left: render.line_html(left, "fine")}

    befores = [gr.State("") for field in FIELDS if field not in DAYS]  # what was typed when what the browser has was offered
    given, offers = [p.search, *p.narrowed], [*p.narrowed, *befores]
    opened = "(_, ...values) => [location.search, ...values]"
    page.load(offer, given, offers, js=opened, **QUIETLY | {"concurrency_limit": None})
    built.then(offer, given, offers, **QUIETLY)
    found_by_typing = [(field, part) for field, part in zip(FIELDS, p.narrowed, strict=True) if field not in DAYS]
    for (field, part), before in zip(found_by_typing, befores, strict=True):
        typed = f"(_, ...others) => [document.querySelector('#only-{field} input').value, ...others]"
        # One at a time, each with what stands there by then: the browser may take up two that overlap in either order.
        part.key_up(seeking(field), [p.search, part, before], [part, before], js=typed, trigger_mode="always_last", **QUIETLY)
    said = [p.narrowing, p.left]
    changes = [part.blur if field in DAYS else part.change for field, part in zip(FIELDS, p.narrowed, strict=True)]
    changed = gr.on(changes, narrow, p.narrowed, said, trigger_mode="always_last", **QUIETLY)
    cleared = p.everywhere.click(lambda: values_of(None), None, p.narrowed, **QUIETLY).then(narrow, p.narrowed, said, **QUIETLY)
    for event in (changed, cleared):
        event.then(lambda *values: chat.welcome(values), p.narrowed, p.welcome, **QUIETLY)
