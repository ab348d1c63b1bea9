"""Sentences to passages: runs of whole sentences within the encoder's limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .records import Block, Passage, Sentence, Span

TARGET_TOKENS = 128
"""A passage is closed when the next paragraph would take it past this many tokens."""

CONTEXT_TOKENS = 48
"""At most this many tokens of title, heading and list lead-in are embedded before a passage."""

SPECIAL_TOKENS = 2

CountTokens = Callable[[Sequence[str]], list[int]]


def make_passages(
    text: str,
    blocks: Sequence[Block],
    sentences: Sequence[Sentence],
    title: str | None,
    count_tokens: CountTokens,
    max_tokens: int,
) -> tuple[tuple[Passage, ...], tuple[Sentence, ...]]:
    """Passages of a document, in order, which together hold every sentence once.

    A heading starts a passage, and so does what follows boilerplate, so that none lies inside one; a record is one; a list stays
    with its lead-in, and where it is too long for one passage, the lead-in is context of the others. A sentence longer than
    `max_tokens` allows (a text without stops) is cut between words, which is why the sentences are returned too.
    """
    room = max_tokens - SPECIAL_TOKENS - CONTEXT_TOKENS
    target = min(TARGET_TOKENS, room)
    sentences, lengths = _fitting(text, sentences, count_tokens, room)
    passages: list[Passage] = []
    heading = lead_in = ""
    run: list[int] = []  # sentence numbers of the passage being filled

    def close() -> None:
        if run:
            first, last = run[0], run[-1]
            start, end = sentences[first].span.start, sentences[last].span.end
            leads = bool(lead_in) and sentences[first].kind in ("item", "row")
            context = _context(title, heading, lead_in if leads else "", text[start : start + 400])
            context = _cut(context, count_tokens, CONTEXT_TOKENS)
            passages.append(Passage(Span(start, end), first, last + 1, context))
            run.clear()

    used = 0
    for unit in _units(blocks, sentences):
        if run and _boilerplate_between(blocks, sentences[run[-1]].block, sentences[unit[0]].block):
            close()
        kind = sentences[unit[0]].kind
        if run and "record" in (kind, sentences[run[-1]].kind):
            close()
        size = sum(lengths[i] for i in unit)
        only_headings = bool(run) and all(sentences[i].kind == "heading" for i in run)
        if kind == "heading" and not only_headings:
            close()
        elif used + size > target and not (only_headings and used + size <= room):
            close()
        if not run:
            used = 0
        if kind == "heading":
            heading = sentences[unit[0]].span.of(text)
        if kind == "lead_in":
            lead_in = sentences[[i for i in unit if sentences[i].kind == "lead_in"][-1]].span.of(text)
        for i in unit:
            if run and used + lengths[i] > room or (run and size > room and used + lengths[i] > target):
                close()
                used = 0
            run.append(i)
            used += lengths[i]
    close()
    return tuple(passages), tuple(sentences)


def embedded_text(text: str, passage: Passage, sentences: Sequence[Sentence]) -> tuple[str, list[int]]:
    """What is encoded for a passage, and where in it each of its sentences begins.

    The context comes first, then the passage's own sentences, white space collapsed.
    """
    parts, starts, position = [], [], len(passage.context) + 1 if passage.context else 0
    for sentence in sentences[passage.first : passage.last]:
        part = " ".join(sentence.span.of(text).split())
        starts.append(position)
        parts.append(part)
        position += len(part) + 1
    own = " ".join(parts)
    return (f"{passage.context}\n{own}" if passage.context else own), starts


def _boilerplate_between(blocks: Sequence[Block], first: int, last: int) -> bool:
    return any(block.kind == "boilerplate" for block in blocks[first + 1 : last])


def _units(blocks: Sequence[Block], sentences: Sequence[Sentence]) -> list[list[int]]:
    """Sentence numbers that belong together: a block; a list with its lead-in."""
    units: list[list[int]] = []
    for i, sentence in enumerate(sentences):
        before = sentences[i - 1] if i else None
        same_block = before is not None and before.block == sentence.block
        in_list = before is not None and sentence.kind in ("item", "row") and before.kind in ("lead_in", sentence.kind)
        if before and in_list:
            in_list = not _boilerplate_between(blocks, before.block, sentence.block)
        if same_block or in_list:
            units[-1].append(i)
        else:
            units.append([i])
    return units


def _fitting(text: str, sentences: Sequence[Sentence], count_tokens: CountTokens, room: int) -> tuple[list[Sentence], list[int]]:
    """The sentences with their token counts; those with more tokens than `room` cut between words."""
    counts = count_tokens([s.span.of(text) for s in sentences])
    result: list[Sentence] = []
    lengths: list[int] = []
    for sentence, count in zip(sentences, counts, strict=True):
        pieces = [sentence.span] if count <= room else _cut_span(text, sentence.span, count_tokens, room)
        result.extend(replace(sentence, span=piece) for piece in pieces)
        lengths.extend([count] if count <= room else count_tokens([p.of(text) for p in pieces]))
    return result, lengths


def _cut_span(text: str, span: Span, count_tokens: CountTokens, room: int) -> list[Span]:
    """Cut a span between words (inside one, where a word alone is too long) into pieces of at most `room` tokens."""
    pieces: list[Span] = []
    start = span.start
    while start < span.end:
        size = min(span.end - start, 8 * room)
        while True:
            end = start + size
            if end < span.end:
                space = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
                end = space if space > start else end
            if end - start <= 1 or count_tokens([text[start:end]])[0] <= room:
                break
            size = max(1, (end - start) // 2)
        pieces.append(Span(start, end))
        start = end
        while start < span.end and text[start].isspace():
            start += 1
    return pieces


def _context(title: str | None, heading: str, lead_in: str, begins: str) -> str:
    parts = [title or "", heading if heading != title else "", lead_in]
    return "\n".join(" ".join(p.split()) for p in parts if p and not begins.startswith(p))


def _cut(context: str, count_tokens: CountTokens, limit: int) -> str:
    while context and count_tokens([context])[0] > limit:
        context = context[: int(len(context) * 0.8)].rsplit(" ", 1)[0] if " " in context else ""
    return context
