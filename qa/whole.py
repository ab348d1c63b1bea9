"""What belongs together: the items of a list, what a sentence announces, a quotation of several sentences."""

from __future__ import annotations

import re
from itertools import groupby

from index import Index, Span
from index.records import BLOCK_KINDS, Block
from index.speech import find_quotations
from index.store import speech_of

MAX_ANNOUNCED = 4
"""At most this many sentences after one that announces them are brought along."""

LONGEST_LIST = 9
"""A paragraph after a colon is a list of what the colon announces when it has at most this many sentences."""

LONGEST_QUOTATION = 700
"""A quotation is widened to its marks within its paragraph when it has at most this many characters."""

_PARAGRAPH, _HEADING, _LEAD_IN, _ITEM, _ROW = (BLOCK_KINDS.index(k) for k in ("paragraph", "heading", "lead_in", "item", "row"))
_QUOTABLE = {BLOCK_KINDS.index(k) for k in ("paragraph", "lead_in", "item", "row")}

_LEANING = re.compile(
    r"[“\"‘']?(?:he|she|it|they|this|these|those|that|such|his|her|its|their|both|another|other|the same|as a result|however|but|also|so|"
    r"in addition|for example|by contrast|instead|moreover|furthermore|similarly|finally)\b",
    re.IGNORECASE,
)  # fmt: skip
_COUNTED = {"two": 2, "three": 3, "four": 4}
_THINGS = (
    r"areas?|points|issues|concerns|problems|weaknesses|strengths|failings|shortcomings|recommendations|findings|reasons|changes|improvements|"
    r"steps|actions|measures|criticisms|examples|ways|factors|priorities|things|options|conditions|risks|benefits|lessons|questions"
)
_ANNOUNCES = re.compile(
    r"\b(?:highlight|identif|nam|list|rais|ma[dk]e|set|flag|point|not|f[io]u?nd|ga?i?v|outlin|recommend|warn|describ|includ|ha[ds]|ha[sv]e|are|were|remain|agree)"
    r"\w*\b(?: out| up)? (?:(?:also|some|several|certain|various|many|other|further|key|main|the|following|a|number|few|range|of|two|three|four|specific|important|"
    rf"particular|serious|significant|new) ){{0,4}}(?P<things>{_THINGS})\b(?P<rest>[^.;:]{{0,60}})[.:]?\s*$",
    re.IGNORECASE,
)
"""A verb of naming, a plural without any of the things named, and not much after it: "did highlight areas which could be improved"."""


def leans_back(sentence: str) -> bool:
    """Whether a sentence points back to the one before it ("It added …")."""
    return _LEANING.match(sentence) is not None


def list_around(index: Index, number: int) -> list[list[int]]:
    """The items of the list that a lead-in, a heading or an item belongs to, in order, each as its sentence numbers."""
    rows = index.sentences
    document = rows[number]["document"]

    def inside(n: int, kinds: tuple[int, ...]) -> bool:
        return 0 <= n < len(rows) and rows[n]["document"] == document and int(rows[n]["kind"]) in kinds

    first = number
    while inside(first, (_ITEM, _ROW)) and inside(first - 1, (_ITEM, _ROW)):
        first -= 1
    while inside(first, (_HEADING, _LEAD_IN)):
        first += 1
    last = first
    while inside(last, (_ITEM, _ROW)):
        last += 1
    numbers = range(first, last)
    return [list(group) for _, group in groupby(numbers, key=lambda n: int(rows[n]["block"]))]


def announced_by(index: Index, number: int) -> list[int]:
    """The sentences that a pointer sentence points to ("inspectors did highlight areas which could be improved"), in order.

    They are the next sentences of the document for as long as they carry on: quoted or reported speech, a sentence that
    leans on the one before, or the rest of the pointer's own paragraph; as many as it counts ("three reasons"), at
    most MAX_ANNOUNCED. After a colon they are the next paragraph, at most LONGEST_LIST sentences: a list without marks.
    Empty for a sentence that announces nothing.
    """
    rows = index.sentences
    row = rows[number]
    text = index.text(int(row["document"]))
    sentence = " ".join(text[row["start"] : row["end"]].split())
    if sentence.endswith(":") and int(row["kind"]) == _PARAGRAPH:
        return _next_paragraph(index, number)
    match = _ANNOUNCES.search(sentence)
    if match is None or int(row["kind"]) not in _QUOTABLE or "," in match["rest"]:
        return []
    counted = next((n for word, n in _COUNTED.items() if re.search(rf"\b{word}\b", match.group(), re.IGNORECASE)), 0)
    found: list[int] = []
    for n in range(number + 1, min(number + 1 + (counted or MAX_ANNOUNCED), len(rows))):
        follower = rows[n]
        if follower["document"] != row["document"] or int(follower["kind"]) not in _QUOTABLE:
            break
        carries_on = follower["block"] == row["block"] or speech_of(follower) is not None
        if not (carries_on or counted or leans_back(text[follower["start"] : follower["end"]])):
            break
        found.append(n)
    return found


def _next_paragraph(index: Index, number: int) -> list[int]:
    """The sentences of the block after a sentence's own, when it can be quoted; none when it is longer than a list."""
    rows = index.sentences
    row = rows[number]
    found: list[int] = []
    for n in range(number + 1, min(number + 2 + LONGEST_LIST, len(rows))):
        follower = rows[n]
        first = rows[found[0]]["block"] if found else row["block"] + 1
        if follower["document"] != row["document"] or int(follower["kind"]) not in _QUOTABLE or follower["block"] != first:
            break
        found.append(n)
    return found if len(found) <= LONGEST_LIST else []


def announcer_of(index: Index, number: int) -> int | None:
    """The pointer sentence that points to a sentence, if there is one shortly before it."""
    for n in range(number - 1, max(-1, number - 1 - LONGEST_LIST), -1):
        if number in announced_by(index, n):
            return n
    return None


def whole_quotation(index: Index, number: int) -> Span:
    """The sentence, widened within its paragraph to the whole of every quotation that it would otherwise cut.

    With a widened end comes the rest of the sentence that the quotation ends in, which often says who speaks. More than
    LONGEST_QUOTATION characters stay cut.
    """
    rows = index.sentences
    row = rows[number]
    text = index.text(int(row["document"]))
    span = Span(int(row["start"]), int(row["end"]))
    first, last = number, number

    def beside(n: int) -> bool:
        return 0 <= n < len(rows) and rows[n]["document"] == row["document"] and rows[n]["block"] == row["block"]

    while beside(first - 1):
        first -= 1
    while beside(last + 1):
        last += 1
    paragraph = Span(int(rows[first]["start"]), int(rows[last]["end"]))
    quotes = find_quotations(text, (Block("paragraph", paragraph, paragraph),))
    cut = [q for q in quotes if q.overlaps(span) and not (span.start <= q.start and q.end <= span.end)]
    if not cut:
        return span
    touched = [
        rows[n] for n in range(first, last + 1) if any(q.overlaps(Span(int(rows[n]["start"]), int(rows[n]["end"]))) for q in cut)
    ]
    whole = Span(min(span.start, int(touched[0]["start"])), max(span.end, int(touched[-1]["end"])))
    return whole if len(whole) <= LONGEST_QUOTATION else span
