"""The table of sources as HTML: what is known of each document, what is left out of it and why, and the state of the index."""

from __future__ import annotations

from collections.abc import Sequence

from index import Changes, Index
from index.dense import EXACT
from index.records import IndexedDocument

from .markup import escape, line, visible
from .plain import date_words
from .viewer import joined

PAGE = 100
"""Documents that the table lists at once."""

NAMED = 5  # documents that are named where a sentence tells of more
HEADINGS = ("Document", "Date", "Characters", "Passages")


def changes_words(changes: Changes) -> str:
    """What a build would find to do, in a sentence for each kind of change; "" for nothing."""
    return f"The sources folder has changed since the index was built: {named_changes(changes)}" if changes else ""


def named_changes(changes: Changes) -> str:
    """The documents that differ, a few of each kind by name, and the other reasons; "" for nothing."""
    kinds = (
        (changes.added, "added"),
        (changes.changed, "changed"),
        (changes.removed, "removed"),
        ([f"{was} to {now}" for was, now in changes.renamed], "renamed"),
    )
    return " ".join([*(f"{_named(names)} {verb}." for names, verb in kinds if names), *changes.reasons])


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def sources_html(index: Index | None, note: str = "", sought: str = "", page: int = 0, *, changeable: bool = False) -> str:
    """The documents whose title or name has the words `sought`, PAGE at a time; `changeable` ones with buttons to change them."""
    if index is None:
        return f'<div class="panel sources">{line(note, "note")}</div>'
    words = sought.casefold().split()
    found = [n for n, d in enumerate(index.documents) if all(w in f"{d.title or ''} {d.id}".casefold() for w in words)]
    page = max(0, min(page, (len(found) - 1) // PAGE))
    shown = found[page * PAGE : (page + 1) * PAGE]
    counts = index.passage_counts()
    variants: dict[int, list[str]] = {}
    for document in index.documents:
        if document.copy_of is not None:
            variants.setdefault(document.copy_of, []).append(document.id)
    rows = "".join(_row(index, n, int(counts[n]), variants.get(n, ()), changeable) for n in shown)
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADINGS)
    skipped = "".join(
        f"<li><bdi>{visible(s['path'])}</bdi>: {visible(s['reason'])}</li>" for s in index.manifest.get("skipped", ())
    )
    skipped = f'<h3>Files that were not indexed</h3><ul class="fine skipped">{skipped}</ul>' if skipped else ""
    return (
        f'<div class="panel sources">{line(_state(index), "fine")}{line(note, "note")}{_finder(index, sought, len(found))}'
        f'<table><caption class="unseen-label">Documents in the index</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{_pages(page, len(found), sought)}{skipped}"
        + "".join(line(n, "fine") for n in index.manifest.get("notes", ()))
        + "</div>"
    )


def _state(index: Index) -> str:
    counts, created = index.manifest["counts"], str(index.manifest.get("created", ""))[:16].replace("T", " ")
    copies = f" ({counts['copies']:,} nearly the same as another)" if counts["copies"] else ""
    made = f"{counts['documents']:,} documents{copies}, {counts['passages']:,} passages, {counts['sentences']:,} sentences"
    model = index.manifest["encoder"]["fingerprint"].partition("@")[0]
    searched = "" if index.search.kind == EXACT else f" Search is {index.search}."
    return f"{made}. Indexed {created} UTC with {model} ({index.name}).{searched}"


def _finder(index: Index, sought: str, found: int) -> str:
    """A field to look for documents by title or name, once they are more than fit on a page."""
    if len(index.documents) <= PAGE:
        return ""
    return (
        '<form class="seek" role="search"><label>Find documents '
        f'<input type="search" name="sought" value="{escape(sought)}" autocomplete="off"></label>'
        f'<button class="small" type="submit">Find</button> <span class="fine" role="status">{found:,} found</span></form>'
    )


def _pages(page: int, found: int, sought: str) -> str:
    if found <= PAGE:
        return ""
    last = (found - 1) // PAGE
    ways = (("Previous page", page - 1, page > 0), ("Next page", page + 1, page < last))
    buttons = "".join(
        f'<button type="button" class="small" data-page="{to}" data-sought="{escape(sought)}">{name}</button>'
        for name, to, there in ways
        if there
    )
    return f'<div class="pages"><span class="fine">Page {page + 1:,} of {last + 1:,}</span>{buttons}</div>'


def _row(index: Index, number: int, passages: int, variants: Sequence[str], changeable: bool) -> str:
    document = index.documents[number]
    cells = (
        ("Date", visible(date_words(document.metadata.date) or "unknown")),
        ("Characters", f"{document.characters:,}"),
        ("Passages", f"{passages:,}"),
    )
    name = line(document.id, "fine") if document.title else ""
    change = (
        f'<div class="change"><button type="button" class="link" data-change="{escape(document.id)}">Edit</button>'
        f'<button type="button" class="link" data-remove="{escape(document.id)}">Remove</button></div>'
        if changeable
        else ""
    )
    return (
        f'<tr><td><button type="button" class="link" data-document="{escape(document.id)}" dir="auto">'
        f"{visible(document.title or document.id)}</button>{name}{change}</td>"
        + "".join(f'<td class="number" data-label="{label}">{value}</td>' for label, value in cells)
        + f'</tr><tr><td class="parts fine" colspan="{len(HEADINGS)}">{_left_out(index, number, document, variants)}</td></tr>'
    )


def _left_out(index: Index, number: int, document: IndexedDocument, variants: Sequence[str]) -> str:
    """What of a document is never quoted, and why; which are its variants, and other remarks on it."""
    text = index.text(number) if document.left_out else ""
    parts = "".join(
        f"<details><summary>{visible(p.reason)}, {len(p.span):,} characters</summary>"
        f'<div class="text small" dir="auto" tabindex="0">{visible(p.span.of(text)[:2000])}</div></details>'
        for p in joined(text, document.left_out)
    )
    copy = [] if document.copy_of is None else [f"Nearly the same text as {index.documents[document.copy_of].id}, counted once"]
    copy += [f"Nearly the same text, counted once with this: {_named(variants)}"] if variants else []
    parts = f"Left out, never quoted: {parts}" if parts else "Nothing left out"
    return parts + "".join(line(n, "fine") for n in (*copy, *document.notes))


def build_html(words: str, share: float | None, *, running: bool) -> str:
    """How far a build is, with a bar; or what came of it."""
    if not running:
        return f'<div class="panel build" role="status">{line(words, "note")}</div>'
    value = f' value="{share:.3f}"' if share is not None else ""
    bar = f'<progress max="1"{value} aria-label="Build"></progress>'
    return f'<div class="panel build"><p role="status">{visible(words)}</p>{bar}</div>'
