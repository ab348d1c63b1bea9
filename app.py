"""The web chat: components and event wiring.    python app.py --help"""

# No "from __future__ import annotations" here: Gradio reads the annotations of nested handlers, so they must be objects.
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from index import QAError
from index.catalogue import KEYS
from qa import keep, layout, manage, panels, render, shelf, take
from qa.converse import Chat
from qa.layout import QUIETLY, Parts
from qa.many import Batch, ask_all
from qa.narrow import values_of
from qa.narrowing import wire_narrowing
from qa.programs import serve_programs
from qa.serve import Library, open_assistant
from qa.talk import Talk
from qa.web import LOOPBACK, arguments, import_gradio, launch

SAVE = "(file) => window.page.save(file)"

IN_TURN = QUIETLY | {"trigger_mode": "multiple", "concurrency_limit": 1}
"""Events that must not pass one another: each begins with what the one before left. Those of one kind share a `concurrency_id`."""

LISTING = IN_TURN | {"concurrency_id": "listing"}


def make_page(library: Library, changeable: bool = False) -> Any:
    """The page as gr.Blocks, not yet served. `changeable`: whoever sees it may change the sources folder."""
    gr = import_gradio()
    chat = Chat(library)
    with gr.Blocks(title=layout.TITLE, analytics_enabled=False, fill_width=True) as page:
        parts = layout.lay_out(chat, changeable)
        wire_conversation(gr, page, parts, chat)
        wire_export(gr, parts, chat)
        wire_batch(gr, parts, library)
        built = wire_sources(gr, parts, chat, changeable)
        wire_narrowing(gr, page, parts, chat, built)
        if changeable:
            wire_changes(gr, parts, chat)
        serve_programs(gr, chat)
    return page


def following(gr: Any, p: Parts, chat: Chat, talk: Talk, markup: str = "") -> dict[Any, Any]:
    """The parts of the page that follow the conversation; `markup` is that of the conversation where it is made already."""
    later = len(talk.turns) - 1 - talk.editing if talk.editing is not None else 0
    return {
        p.conversation: markup or chat.conversation(talk),
        p.talk: talk,
        p.undo: gr.update(interactive=bool(talk.past)),
        p.editing: render.editing_html(talk.editing, later),
    }


def wire_conversation(gr: Any, page: Any, p: Parts, chat: Chat) -> None:
    """Questions, follow-ups, editing, undoing; and what a click on a quotation opens."""

    show = partial(following, gr, p, chat)

    def greet(talk: Talk, search: str) -> Iterator[dict[Any, Any]]:
        yield {p.welcome: chat.welcome()}
        chat.library.loaded.wait()
        yield {p.welcome: chat.welcome(), p.tabs: gr.skip() if chat.library.index() else gr.Tabs(selected="sources")}
        linked = chat.linked(search or "")
        if linked.question:
            yield from converse(linked.question, talk, *values_of(linked.where))
        if linked.document:
            yield {p.tabs: gr.Tabs(selected="document"), p.document: linked.document}

    def converse(question: str, talk: Talk, *narrowed: Any) -> Iterator[dict[Any, Any]]:
        for markup, after, turn in chat.converse(question or "", talk, narrowed):
            if turn is None:
                yield {p.conversation: markup, p.box: "", p.offered: "", p.editing: "", p.narrowing: gr.update(open=False)}
            else:  # what is typed while an answer is on its way stays
                panel = {p.evidence: chat.evidence(after, len(after.turns) - 1), p.tabs: gr.Tabs(selected="evidence")}
                yield show(after, markup) | panel

    def suggested(talk: Talk, event: gr.EventData, *narrowed: Any) -> Iterator[dict[Any, Any]]:
        yield from converse(str(event._data.get("ask", "")), talk, *narrowed)

    def choose(talk: Talk, event: gr.EventData) -> dict[Any, Any]:
        chosen = event._data
        if chosen.get("kind") == "evidence":
            return {p.tabs: gr.Tabs(selected="evidence"), p.evidence: chat.evidence(talk, chosen.get("turn", ""))}
        return {p.tabs: gr.Tabs(selected="document"), p.document: chat.document(talk, chosen)}

    def edit(talk: Talk, event: gr.EventData) -> dict[Any, Any]:
        return show(talk.with_editing(event._data.get("turn")))

    def forget(talk: Talk) -> dict[Any, Any]:
        return show(talk.cleared()) | {
            p.box: "",
            p.offered: "",
            p.evidence: chat.evidence(Talk(), 0),
            p.document: render.line_html(layout.UNOPENED),
        }

    def left(talk: Talk) -> dict[Any, Any]:
        return show(talk) | {p.offered: "", p.evidence: chat.evidence(talk, len(talk.turns) - 1)}

    def undo(talk: Talk) -> dict[Any, Any]:
        return left(talk.undone())

    def stop(talk: Talk, before: str) -> dict[Any, Any]:
        return left(talk.stopped(int(before)))

    answered = [p.box, p.conversation, p.talk, p.evidence, p.tabs, p.undo, p.editing, p.offered, p.narrowing]
    opened = [p.tabs, p.evidence, p.document]
    private = QUIETLY | {"concurrency_limit": None}
    greeted = [*answered, p.document, p.welcome]
    greeting = page.load(greet, [p.talk, p.search], greeted, js="(talk) => [talk, location.search]", **private)
    typing = gr.on(  # Enter before the last answer is there is not lost: it asks afterwards
        [p.box.submit, p.send.click], converse, [p.box, p.talk, *p.narrowed], answered, trigger_mode="always_last", **QUIETLY
    )
    choosing = gr.on([p.welcome.submit, p.offered.submit], suggested, [p.talk, *p.narrowed], answered, **QUIETLY)
    for asking in (greeting, typing, choosing):
        asking.then(chat.suggested, p.talk, p.offered, **QUIETLY)
    for part in (p.conversation, p.evidence, p.document, p.sources):
        part.select(choose, p.talk, opened, **QUIETLY).then(None, js="() => window.page.showChosen()", **QUIETLY)
    p.conversation.edit(edit, p.talk, answered, **QUIETLY)
    p.editing.edit(edit, p.talk, answered, **QUIETLY)
    # first the cancelling, then what it leaves: else a picture that was on its way would come after
    stopped = {"js": "(talk) => [talk, window.page.stopped()]"}
    ways = ((p.conversation.stop, stop, stopped), (p.clear.click, forget, {}), (p.undo.click, undo, {}))
    for event, leave, more in ways:
        given = [p.talk, p.search] if more else p.talk
        event(None, cancels=[typing, choosing], **QUIETLY).then(leave, given, [*answered, p.document], **more, **QUIETLY)


def wire_export(gr: Any, p: Parts, chat: Chat) -> None:
    """Quotations put aside, exports, and conversations kept in the browser."""

    def panel(talk: Talk, kept: Any, note: str = "") -> str:
        return panels.export_html(talk, keep.kept_entries(kept), note)

    def put_aside(talk: Talk, kept: Any, event: gr.EventData) -> dict[Any, Any]:
        talk = chat.put_aside(talk, event._data)
        return {p.talk: talk, p.export: panel(talk, kept)}

    def take_out(talk: Talk, kept: Any, event: gr.EventData) -> dict[Any, Any]:
        talk = chat.put_aside(talk, event._data)
        return {p.talk: talk, p.export: panel(talk, kept), p.conversation: chat.conversation(talk)}

    def export(talk: Talk, kept: Any, event: gr.EventData) -> dict[Any, Any]:
        try:
            index, wanted = chat.library.assistant().index, event._data
            file = take.export_of(talk, wanted["export"], wanted["form"], index, date.today().isoformat())
        except QAError as error:
            return {p.file: None, p.export: panel(talk, kept, f"Nothing was exported: {error}")}
        return {p.file: file.to_dict(), p.export: gr.skip()}

    def keep_it(talk: Talk, kept: Any) -> dict[Any, Any]:
        try:
            entry = keep.kept_entry(talk, chat.library.assistant().index, date.today().isoformat())
            kept = keep.with_entry(keep.kept_entries(kept), entry)
        except QAError as error:
            return {p.export: panel(talk, kept, f"It was not kept: {error}")}
        return {p.kept: kept, p.export: panel(talk, kept, "The conversation is kept in this browser.")}

    def kept_one(talk: Talk, kept: Any, event: gr.EventData) -> dict[Any, Any]:
        entries, number = keep.kept_entries(kept), int(event._data["kept"])
        entry, act = entries[number], event._data["act"]
        if act == "export":
            return {p.file: take.kept_file(entry).to_dict()}
        if act == "delete":
            entries.remove(entry)
            return {p.kept: entries, p.export: panel(talk, entries)}
        try:
            assistant = chat.library.assistant()
            talk = talk.replaced_by(keep.brought_back(entry, assistant.index, assistant.ask))
        except QAError as error:
            return {p.export: panel(talk, entries, f"It cannot be opened: {error}")}
        evidence = {p.evidence: chat.evidence(talk, len(talk.turns) - 1)}
        return following(gr, p, chat, talk) | evidence | {p.export: panel(talk, entries, "The conversation is open.")}

    both = [p.talk, p.kept]
    # a second quotation put aside before the first is noted waits for it: none is passed over, none is noted over another, and the
    # panel that lists them shows all
    in_turn = IN_TURN | {"concurrency_id": "aside"}
    for part in (p.conversation, p.evidence):
        part.like(put_aside, both, [p.talk, p.export], **in_turn)
    p.export.like(take_out, both, [p.talk, p.export, p.conversation], **in_turn)
    p.export.download(export, both, [p.file, p.export], **QUIETLY).then(None, p.file, js=SAVE, **QUIETLY)
    p.export.apply(keep_it, both, [p.kept, p.export], **in_turn)
    opened = [p.kept, p.export, p.file, p.talk, p.conversation, p.undo, p.evidence, p.editing]
    p.export.input(kept_one, both, opened, **QUIETLY).then(None, p.file, js=SAVE, **QUIETLY)
    p.export_tab.select(panel, both, p.export, **in_turn)


def wire_batch(gr: Any, p: Parts, library: Library) -> None:
    """A batch of questions: asked, stopped, its table taken away."""

    def run(text: str, *narrowed: Any) -> Iterator[tuple[Any, ...]]:
        for batch in ask_all(text or "", library, narrowed):
            yield batch, batch.html(), gr.update(visible=batch.running)

    def halt(batch: Batch) -> tuple[Any, ...]:
        batch = batch.stopped()
        return batch, batch.html(), gr.update(visible=False)

    def table(batch: Batch, event: gr.EventData) -> dict[str, str]:
        form = str(event._data["table"])
        return take.table_of(batch.rows, batch.others, batch.delimiter, form, date.today().isoformat()).to_dict()

    shown = [p.batch, p.answers, p.halt]
    running = p.ask_all.click(run, [p.questions, *p.narrowed], shown, **QUIETLY)
    p.halt.click(None, cancels=[running], **QUIETLY).then(halt, p.batch, shown, **QUIETLY)
    p.answers.download(table, p.batch, p.file, **QUIETLY).then(None, p.file, js=SAVE, **QUIETLY)


def list_sources(p: Parts, chat: Chat, changeable: bool, after: Any) -> None:
    """Draw the table of documents anew after an event, with what was sought in it last."""
    after(lambda sought: chat.sources(*sought, changeable=changeable), p.sought, p.sources, **LISTING)


def wire_sources(gr: Any, p: Parts, chat: Chat, changeable: bool) -> Any:
    """The table of documents, and the build of their index, which everybody can follow. Returns the event of a build."""
    rebuild, kept = chat.library.rebuild, partial(chat.generations, changeable=changeable)

    def follow() -> Iterator[dict[Any, Any]]:
        for words, share in rebuild.watch():
            yield {p.report: shelf.build_html(words, share, running=True), p.cancel: gr.update(visible=True)}
        ended = shelf.build_html(rebuild.words, None, running=False)
        yield {p.report: ended, p.cancel: gr.update(visible=False), p.generations: kept(), p.welcome: chat.welcome()}

    def build() -> Iterator[dict[Any, Any]]:
        rebuild.start()
        yield from follow()

    def look() -> Iterator[dict[Any, Any]]:
        yield {p.generations: kept()}
        if rebuild.running:
            yield from follow()

    def seek(event: gr.EventData) -> tuple[str, int]:
        return str(event._data.get("sought", "")), int(event._data.get("page", 0))

    def compared(event: gr.EventData) -> str:
        return kept(str(event._data.get("compare", "")))

    shown = [p.report, p.cancel, p.generations, p.welcome]
    looked = p.sources_tab.select(look, None, shown, trigger_mode="multiple", **QUIETLY)
    built = p.rebuild.click(build, None, shown, trigger_mode="multiple", **QUIETLY)
    sought = p.sources.submit(seek, None, p.sought, **LISTING)
    for after in (p.sources_tab.select, looked.then, built.then, sought.then):
        list_sources(p, chat, changeable, after)
    p.cancel.click(rebuild.cancel, None, None, **QUIETLY)
    p.generations.submit(compared, None, p.generations, **QUIETLY)
    return built


def wire_changes(gr: Any, p: Parts, chat: Chat) -> None:
    """Documents added, removed, put back and described."""
    sources = chat.library.sources

    def told(words: str) -> dict[Any, Any]:
        removed = manage.last_removed(sources)
        back = gr.update(visible=bool(removed), value=f"Put back {removed}")
        return {p.report: render.line_html(words, "note"), p.put_back: back}

    def upload(paths: list[str] | None, replace: bool) -> dict[Any, Any]:
        return told(manage.add(sources, map(Path, paths or ()), replace=bool(replace))) | {p.upload: None}

    def remove(event: gr.EventData) -> dict[Any, Any]:
        return told(manage.remove(sources, str(event._data["remove"])))

    def go_back(event: gr.EventData) -> dict[Any, Any]:
        index = chat.library.index()
        model = index.manifest["encoder"]["fingerprint"] if index else None
        words = manage.go_back(chat.library.folder, str(event._data["rollBack"]), model)
        return told(words) | {p.generations: chat.generations(changeable=True), p.welcome: chat.welcome()}

    def edit(event: gr.EventData) -> dict[Any, Any]:
        document = str(event._data["change"])
        try:
            known = manage.known(sources, document)
        except QAError as error:
            return told(str(error))
        values = {field: known[key] for field, key in zip(p.entry, KEYS, strict=True)}
        return values | {p.described: document, p.editor: gr.update(visible=True)}

    def save(document: str, *values: str) -> dict[Any, Any]:
        words = manage.describe(sources, document, dict(zip(KEYS, values, strict=True)))
        return told(words) | {p.editor: gr.update(visible=False)}

    shown = [p.report, p.put_back]
    changing = (
        p.upload.upload(upload, [p.upload, p.replace], [*shown, p.upload], **QUIETLY),
        p.sources.delete(remove, None, shown, **QUIETLY),
        p.generations.apply(go_back, None, [*shown, p.generations, p.welcome], **QUIETLY),
        p.put_back.click(lambda: told(manage.put_back(sources)), None, shown, **QUIETLY),
        p.save.click(save, [p.described, *p.entry], [*shown, p.editor], **QUIETLY),
    )
    for changed in changing:
        list_sources(p, chat, True, changed.then)
    editing = p.sources.edit(edit, None, [*shown, *p.entry, p.described, p.editor], **QUIETLY)
    editing.then(None, js="() => window.page.toEntry()", **QUIETLY)
    p.leave.click(lambda: gr.update(visible=False), None, p.editor, **QUIETLY)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted."""
    options = arguments(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    os.environ["HF_HUB_OFFLINE"] = "1"
    library = Library(
        options.index, options.sources, options.model, partial(open_assistant, reader=options.reader, remember=options.remember)
    )
    page = make_page(library, options.allow_uploads)
    try:
        url = launch(page, options.host, options.port, options.auth, options.allow_uploads)
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
