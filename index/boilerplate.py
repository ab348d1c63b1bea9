"""What surrounds the writing: offers, calls to act, sharing buttons, doubled captions. Left out, never deleted.

Recognised by general signs only: prices a month, calls to act, picture credits, the absence of sentences.
"""

from __future__ import annotations

import re

from .records import Block

_CALL_WORDS = (
    r"subscribe(?: now| today| here)?|sign up(?: now| here| today)?(?: (?:for|to) .*)?|log ?in|sign in|"
    r"register(?: now| here| today)?|read more(?:\s*[:>».].*)?|find out more|click here.*|"
    r"share(?: this)?(?: article| story| page| post)?|tweet|print|"
    r"follow us.*|like us.*|join us on .*|(?:download|get) (?:the|our) app.*|advert(?:isement|isment)?|sponsored(?: content)?|"
    r"accept(?: all)?(?: cookies)?|cookie (?:policy|settings).*|privacy (?:policy|notice)|terms (?:of use|and conditions)|"
    r"related (?:articles|stories|topics|content)|most (?:read|popular)|recommended(?: for you)?|skip to (?:main )?content|"
    r"back to top|leave a (?:comment|reply)|comments? ?\(\d+\)|view comments|newsletter|buy now|add to (?:basket|cart)|"
    r"all rights reserved.*|©.*|copyright(?:\s*(?:©|\(c\)|\d{4}).*)?"
)
_CALL_LINE = re.compile(rf"(?:{_CALL_WORDS})[.!]?", re.IGNORECASE)
_LURE = re.compile(r"\bunlimited access\b|\bfree trial\b|\bcancel any ?time\b|\bmoney[- ]back\b|\b\d+% off\b", re.IGNORECASE)
_OFFER = re.compile(
    r"[£$€]\s?\d[\d.,]*\s*(?:/|per|a|each|every)\s*(?:mo(?:nth)?|year|week|issue|annum|quarter)|"
    r"\b(?:digital|print|online|premium|annual|monthly)\s+(?:membership|subscription|edition|issue|access)s?\b|" + _LURE.pattern,
    re.IGNORECASE,
)
_TO_THE_READER = re.compile(r"\byour?\b", re.IGNORECASE)
_CREDIT = re.compile(
    r"(?:^|[.\s(\[|])(?:picture|photo(?:graph)?|image|credit|photo credit|picture credit|pic)s?\s*(?::|by\b|\|)\s*\S.{0,60}$"
    r"|\((?:getty(?: images)?|pa(?: wire)?|reuters|afp|shutterstock|istock)[^)]*\)$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?][”\"’')]*$")

MAX_CALL_SECTION = 500
"""Characters: a longer section at the end of a text is writing, whatever its first line says."""

_ENDLESS = re.compile(r"[!-~]{1000}")  # encoded data, minified code; only ASCII, since not every script has spaces

CREDIT, DOUBLED, CALL, OFFER, ENDLESS = (
    "a doubled picture caption",
    "a line that repeats the one before it",
    "a call to act, not writing",
    "an offer or subscription advert",
    "a run of characters without an end, not writing",
)


def boilerplate_reasons(text: str, blocks: list[Block]) -> list[str]:
    """For each block, why it is left out, or ""."""
    words = [block.body.of(text) for block in blocks]
    reasons = [CALL if _is_call(block, line) else "" for block, line in zip(blocks, words, strict=True)]
    for i in range(1, len(blocks)):
        if len(words[i]) > 3 and words[i] == words[i - 1] and blocks[i].kind not in ("row", "record"):
            caption = bool(_CREDIT.search(words[i]))
            reasons[i] = CREDIT if caption else DOUBLED
            if caption:
                reasons[i - 1] = CREDIT
    for first, last in _runs_without_sentences(blocks, words):
        offers = [i for i in range(first, last) if _OFFER.search(words[i])]
        calls = [i for i in range(first, last) if _is_call(blocks[i], words[i])]
        signs = sorted({*offers, *calls})
        lured = bool(calls) or any(_LURE.search(words[i]) for i in offers)  # a club's list of fees has neither
        if len(signs) >= 2 and offers and lured:
            headings = [i for i in range(first, signs[0] + 1) if blocks[i].kind == "heading"]
            begin = headings[-1] if headings else signs[0]
            end = signs[-1] + 1
            while end < last and blocks[end].kind == "item":
                end += 1
            for i in range(begin, end):
                reasons[i] = reasons[i] or OFFER
    for i in _call_sections_at_the_end(blocks, words):
        reasons[i] = reasons[i] or CALL
    return [reason or (ENDLESS if _ENDLESS.search(line) else "") for reason, line in zip(reasons, words, strict=True)]


def _call_sections_at_the_end(blocks: list[Block], words: list[str]) -> list[int]:
    """Blocks of the short sections at the end of a text that open with a call to act ("Follow us", "Subscribe")."""
    found: list[int] = []
    end = len(blocks)
    while end > 0:
        opener = end - 1
        while opener > 0 and not _opens_section(blocks[opener], words[opener]) and not _is_call(blocks[opener], words[opener]):
            opener -= 1
        if not _is_call(blocks[opener], words[opener]) or sum(map(len, words[opener:end])) > MAX_CALL_SECTION:
            break
        if any(_is_written(blocks[i], words[i]) and not _TO_THE_READER.search(words[i]) for i in range(opener, end)):
            break
        found.extend(range(opener, end))
        end = opener
    return found


def _opens_section(block: Block, line: str) -> bool:
    return block.kind == "heading" and not re.search(r"[@:]|www\.", line)


def _is_call(block: Block, line: str) -> bool:
    """A whole line that only asks for a click."""
    return block.kind not in ("row", "record", "markup") and len(line) < 100 and _CALL_LINE.fullmatch(line) is not None


def _is_written(block: Block, line: str) -> bool:
    """Whether a block holds sentences, or is too long for anything else."""
    if block.kind in ("markup", "heading") or _is_call(block, line):
        return False
    return _SENTENCE_END.search(line) is not None or len(line) > 160


def _runs_without_sentences(blocks: list[Block], words: list[str]) -> list[tuple[int, int]]:
    """Runs `[first, last)` of neighbouring blocks of which none is a written sentence."""
    runs, first = [], None
    for i, (block, line) in enumerate(zip(blocks, words, strict=True)):
        if _is_written(block, line) or block.kind in ("lead_in", "byline", "row", "record"):
            if first is not None:
                runs.append((first, i))
            first = None
        elif first is None:
            first = i
    return runs if first is None else [*runs, (first, len(blocks))]
