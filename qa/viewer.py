"""Documents as HTML: one to be read, with its quotations marked, and the table of them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from index import Index, Span
from index.records import IndexedDocument, LeftOut

from .answer import Citation
from .markup import escape, line, marked, visible
from .plain import date_words

MAX_SHOWN = 400_000
"""Characters of a document that one page shows; of a longer one, those around the chosen words."""

MAX_ROWS = 500
"""Documents that the table of sources lists."""


def holds(text: str | None, citation: Citation) -> bool:
    """Whether a text still has the quotation where it stood."""
    return text is not None and text[citation.start : citation.end] == citation.text


def span_html(
    text: str, span: Span, citations: Iterable[Citation], left_out: Iterable[LeftOut], chosen: Span | None = None
) -> str:
    """`text` within `span`: citations marked, with their highlights; what is never cited dimmed and labelled."""
    regions = [(Span(c.start, c.end), c, "") for c in citations] + [(part.span, None, part.reason) for part in left_out]
    if chosen and not any(region == chosen for region, _, _ in regions):
        regions.append((chosen, None, ""))
    parts, position = [], span.start
    for region, citation, reason in sorted(regions, key=lambda r: r[0]):
        here = Span(max(region.start, position), max(region.start, position, min(region.end, span.end)))
        if not len(here) or here.start >= span.end:
            continue
        parts.append(visible(text[position : here.start]))
        if reason:
            parts.append(
                f'<span class="left-out" data-reason="Left out, never quoted: {escape(reason)}">{visible(here.of(text))}</span>'
            )
        else:
            number = f' data-number="{citation.number}"' if citation else ""
            focus = ' id="chosen" tabindex="-1"' if region == chosen else ""
            inner, differing = (citation.highlights, citation.differing) if citation else ((), ())
            parts.append(f"<mark{number}{focus}>{marked(text, here, inner, differing)}</mark>")
        position = here.end
    return "".join(parts) + visible(text[position : span.end])


def joined(text: str, left_out: Iterable[LeftOut]) -> list[LeftOut]:
    """Neighbours that are left out for one reason, as one part."""
    parts: list[LeftOut] = []
    for part in sorted(left_out, key=lambda p: p.span):
        if parts and parts[-1].reason == part.reason and not text[parts[-1].span.end : part.span.start].strip():
            part = LeftOut(Span(parts.pop().span.start, part.span.end), part.reason)
        parts.append(part)
    return parts


def document_html(
    document: IndexedDocument, text: str, citations: Sequence[Citation] = (), chosen: Span | None = None, note: str = ""
) -> str:
    """A whole document. `citations` are those in it; the words at `chosen` get the id "chosen", to be scrolled to."""
    middle = chosen.start if chosen else 0
    first = max(0, min(middle - MAX_SHOWN // 2, len(text) - MAX_SHOWN))
    window = Span(first, min(len(text), first + MAX_SHOWN))
    if len(window) < len(text):
        note = f"{note} A long document: characters {window.start:,} to {window.end:,} of {len(text):,} are shown.".strip()
    body = span_html(text, window, [c for c in citations if holds(text, c)], joined(text, document.left_out), chosen)
    known = (document.metadata.publisher, document.metadata.author, date_words(document.metadata.date))
    source = " · ".join(value or f"{name} unknown" for name, value in zip(("publisher", "author", "date"), known, strict=True))
    return (
        f'<div class="panel document">{line(document.title or document.id, "title", "h2")}{line(source, "source")}'
        f"{line(f'{document.id}, {len(text):,} characters', 'fine')}{line(note, 'note')}"
        f'<div class="text whole" dir="auto">{body}</div>'
        '<button type="button" class="button back">Back to the conversation</button></div>'
    )


def sources_html(index: Index | None, note: str = "") -> str:
    """The table of documents: what is known of each, its length, what is left out and why."""
    if index is None:
        return f'<div class="panel">{line(note, "note")}</div>'
    rows = []
    for number, document in enumerate(index.documents[:MAX_ROWS]):
        text = index.text(number) if document.left_out else ""
        parts = "".join(
            f"<details><summary>{visible(p.reason)}, {len(p.span):,} characters</summary>"
            f'<div class="text small" dir="auto">{visible(p.span.of(text)[:2000])}</div></details>'
            for p in joined(text, document.left_out)
        )
        same = (
            () if document.copy_of is None else (f"Nearly the same text as {index.documents[document.copy_of].id}, counted once",)
        )
        parts += "".join(line(n, "fine") for n in (*same, *document.notes))
        name = line(document.id, "fine") if document.title else ""
        rows.append(
            f'<tr><td><button type="button" class="link" data-document="{escape(document.id)}" dir="auto">'
            f"{visible(document.title or document.id)}</button>{name}</td>"
            f'<td class="number" data-label="Date">{visible(date_words(document.metadata.date) or "unknown")}</td>'
            f'<td class="number" data-label="Characters">{document.characters:,}</td></tr>'
            f'<tr><td class="parts fine" colspan="3">{f"Left out, never quoted: {parts}" if parts else "Nothing left out"}'
            "</td></tr>"
        )
    skipped = "".join(
        f"<li><bdi>{visible(s['path'])}</bdi>: {visible(s['reason'])}</li>" for s in index.manifest.get("skipped", ())
    )
    skipped = f'<h3>Files that were not indexed</h3><ul class="fine">{skipped}</ul>' if skipped else ""
    counts = index.manifest["counts"]
    more = line(f"The first {MAX_ROWS:,} documents are listed.", "fine") if len(index.documents) > MAX_ROWS else ""
    made = f"{counts['documents']:,} documents, {counts['passages']:,} passages, {counts['sentences']:,} sentences"
    created = str(index.manifest.get("created", ""))[:16].replace("T", " ")
    made += f". Indexed {created} UTC with {index.manifest['encoder']['fingerprint']}."
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Document", "Date", "Characters"))
    return (
        f'<div class="panel sources">{line(note, "note")}<table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{more}{skipped}"
        + "".join(line(n, "fine") for n in index.manifest.get("notes", ()))
        + line(made, "fine")
        + "</div>"
    )
