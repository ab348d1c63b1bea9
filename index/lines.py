"""What `python -m index` prints of changes and generations, as lines of text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from os.path import commonprefix

from .comparison import Comparison, Quoted
from .history import GenerationInfo
from .records import Changes, Skipped
from .store import Index

EXCERPT, PASSAGE_EXCERPT = 70, 110
"""Characters shown of a block that is left out, and of a passage that came or went."""

_BEFORE = 30  # characters shown before the first difference


def one_line(text: str) -> str:
    """White space collapsed and control characters made visible, so that no file's words can act on a terminal."""
    return "".join(c if c.isprintable() or c == "\u00a0" else repr(c)[1:-1] for c in " ".join(text.split()))


def excerpt(text: str, most: int = EXCERPT) -> str:
    """The beginning of a text in one line."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"


def document_lines(index: Index) -> Iterator[str]:
    """What is known of each document, and what of it is left out."""
    for number, document in enumerate(index.documents):
        yield f"\n{document.id}"
        said = ((key, getattr(document.metadata, key)) for key in ("publisher", "author", "date"))
        for key, value in (("title", document.title), *said):
            yield f"  {key:<9} {one_line(value or 'unknown')}{' (the file says so)' if key in document.from_file else ''}"
        if document.copy_of is not None:
            yield f"  copy      nearly the same text as {index.documents[document.copy_of].id}, counted once"
        for note in document.notes:
            yield f"  note      {one_line(note)}"
        text = index.text(number)
        for part in document.left_out:
            yield f"  left out  [{part.span.start}, {part.span.end}) {part.reason}: {excerpt(part.span.of(text))}"


def remark_lines(skipped: Sequence[tuple[str, str]], notes: Sequence[str]) -> Iterator[str]:
    """The files that were left out, each with its reason, and the notes."""
    yield from (f"not indexed: {one_line(path)}: {one_line(reason)}" for path, reason in skipped)
    yield from (f"note: {one_line(note)}" for note in notes)


def change_lines(changes: Changes) -> Iterator[str]:
    """Each document that differs, and the other reasons."""
    why = {s.path: f" ({one_line(s.reason)})" for s in changes.left_out}
    for word, names in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        for name in names:
            yield f"  {word:<8} {one_line(name)}{why.get(name, '') if word == 'removed' else ''}"
    for was, now in changes.renamed:
        yield f"  {'renamed':<8} {one_line(was)} to {one_line(now)}"
    for reason in changes.reasons:
        yield f"  {one_line(reason)}"


def change_counts(changes: Changes) -> str:
    """How many documents differ, for example "2 added, 1 removed"; for no document the reasons, or "nothing"."""
    kinds = (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed), ("renamed", changes.renamed))
    counted = [f"{len(names):,} {word}" for word, names in kinds if names]
    return ", ".join(counted or changes.reasons) or "nothing"


def removal_lines(removed: Iterable[Skipped]) -> Iterator[str]:
    """Documents that have disappeared, each with why it cannot be indexed."""
    return (f"disappeared: {one_line(s.path)}: {one_line(s.reason)}" for s in removed)


def generation_lines(infos: Sequence[GenerationInfo]) -> Iterator[str]:
    """A table of generations; the one that answers is marked, and what is damaged says so."""
    yield f"  {'':<10} {'created':<25} {'documents':>9} {'passages':>9} {'size':>9}  model"
    for info in infos:
        mark = "*" if info.answers else " "
        known = f"{info.created:<25} {info.documents:>9,} {info.passages:>9,} {size_in_words(info.bytes):>9}  {info.model}"
        yield f"{mark} {info.name:<10} {known if info.created else ''}".rstrip()
        if info.damage:
            yield f"    damaged: {one_line(info.damage)}"


def size_in_words(size: int) -> str:
    """A size in bytes as people read it, in units of 1,000."""
    amount, units = float(size), iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while amount >= 999.5 and unit != "GB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:,.0f} {unit}" if amount >= 99.5 or unit == "bytes" else f"{amount:.1f} {unit}"


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """The documents that differ, of each the passages that went (-) and came (+), and the totals."""
    documents = comparison.documents
    yield f"{comparison.old} to {comparison.new}"
    yield from change_lines(documents)
    names = dict(documents.renamed)
    moved = [(names.get(p.document, p.document), "-", p) for p in comparison.went]
    moved += [(p.document, "+", p) for p in comparison.came]
    for name, group in groupby(sorted(moved, key=lambda one: (one[0], one[1] == "+", one[2].start)), key=lambda one: one[0]):
        yield f"\n{one_line(name)}"
        yield from _passage_lines([(sign, passage) for _, sign, passage in group])
    came, went = len(comparison.came), len(comparison.went)
    yield f"\ndocuments: {change_counts(documents)}; passages: {came:,} came, {went:,} went"


def _passage_lines(passages: Sequence[tuple[str, Quoted]]) -> Iterator[str]:
    """Excerpts that begin shortly before the first word in which a passage differs from the likest of the other side."""
    others = {sign: sorted(one_line(p.text) for s, p in passages if s != sign) for sign in "-+"}
    for sign, passage in passages:
        text = one_line(passage.text)
        place = bisect_left(others[sign], text)  # those that begin most like it stand beside it
        shared = max((len(commonprefix([text, other])) for other in others[sign][max(0, place - 1) : place + 1]), default=0)
        start = text.rfind(" ", 0, max(0, shared - _BEFORE)) + 1
        yield f"{sign} {'…' if start else ''}{excerpt(text[start:], PASSAGE_EXCERPT)}"
