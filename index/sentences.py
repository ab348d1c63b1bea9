"""Where a sentence ends: rules for running English text (and for the full stops of other scripts)."""

from __future__ import annotations

import re

from .records import Span

# A full stop after one of these never ends a sentence: a name follows.
_TITLES = frozenset(
    "adm brig capt cdr cllr cllrs cmdr col cpl dr drs fr gen gov hon insp lt maj messrs mme mr mrs ms mx pc "
    "prof pte rep revd rev sen sgt sr st ste supt".split()
)
# After one of these it does not when a number, or for the last group anything, follows.
_BEFORE_NUMBER = frozenset(
    "art ch chap fig figs no nos nr p pp par para paras pt ref sec sect vol vols "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_BEFORE_ANYTHING = frozenset("cf e.g eg i.e ie viz vs v approx ca esp incl".split())
# After one of these it does only when the next word is one that often begins a sentence.
_MAYBE_LAST = frozenset(
    "a.m p.m etc inc ltd co corp plc dept assn bros jr al ed eds ph.d m.d b.a m.a u.k u.s u.n e.u d.c".split()
)
_STARTERS = frozenset(
    "A After All Also Although An And Another As At Both But By Each Even Every For From He Her Here His How However "
    "I If In Inspectors It Its Many More Most No Not Now On One Our Since So Some Such That The Their Then There These "
    "They This Those To Under We What When Where Which While Who Why With You".split()
)

# The stop, what closes after it (quotation marks, brackets, a footnote's number), and the white space behind.
_END = re.compile(r"""([.!?…]+|[。！？।۔؟]+)(["”’'»)\]*_]*(?:\[\d{1,3}\])*)(\s+|(?=[“「])|(?<=[。！？])(?=\S)|$)""")
_WORD_BEFORE = re.compile(r"[^\s(\[“\"‘'—–/]*\Z")
_SPEECH_TAG = re.compile(
    r"(?!(?:He|She|It|They|We|I|You)\b)(?:[A-Z][\w’'.-]*\s+){1,4}"
    r"(?:said|says|asked|asks|added|adds|replied|told|wrote|explained|continued|stated)\b"
)
_OPENERS = "“\"‘'«(["
_WINDOW = 80  # characters looked back for the word before a stop


def split_sentences(text: str, span: Span) -> list[Span]:
    """The sentences of `text` within `span`, in order, trimmed of white space.

    They are disjoint, and all that stands between them is white space. A run without a final stop is a
    sentence too. Linear in the length of the span.
    """
    ends = [m.end(2) for m in _END.finditer(text, span.start, span.end) if _ends_sentence(text, m, span)]
    sentences, start = [], span.start
    for end in [*ends, span.end]:
        trimmed = trim(text, start, end)
        if trimmed:
            sentences.append(trimmed)
        start = end
    return sentences


def trim(text: str, start: int, end: int) -> Span | None:
    """`text[start:end]` without the white space around it, or None when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None


def _ends_sentence(text: str, match: re.Match[str], span: Span) -> bool:
    stop, closers = match.group(1), match.group(2)
    if match.end() >= span.end:
        return True
    if stop[0] in "。！？।۔؟":
        return True
    following = text[match.end() : match.end() + _WINDOW]
    first = following.lstrip(_OPENERS + "*_")[:1]
    if first.islower():
        return False
    if not (first.isalnum() or following[:1] in _OPENERS + "£$€#•-–—"):
        return False
    if closers and stop[-1] in "!?…," and _SPEECH_TAG.match(following):
        return False
    if stop == "." and not closers:
        return _full_stop_ends(text, match.start(), span.start, following)
    return True


def _full_stop_ends(text: str, stop: int, floor: int, following: str) -> bool:
    """Whether the single full stop at `stop`, followed by white space and `following`, ends a sentence."""
    found = _WORD_BEFORE.search(text, max(floor, stop - _WINDOW), stop)
    word = found.group() if found else ""
    lower, next_word = word.lower(), re.match(r"[“\"‘'(\[]*([\w’']*)", following).group(1)  # type: ignore[union-attr]
    starter = next_word in _STARTERS and not re.match(r"[A-Z]\.", following)  # not the next initial
    if len(word) == 1 and word.isupper():  # an initial: "J. Smith", but "It was I. The others left."
        return starter
    if lower in _TITLES or lower in _BEFORE_ANYTHING:
        return False
    if lower in _BEFORE_NUMBER:
        return not next_word[:1].isdigit()
    if lower in _MAYBE_LAST or re.fullmatch(r"(?:[a-z]\.)+[a-z]", lower):
        return starter
    if re.fullmatch(r"\(?\d{1,3}|[ivx]{1,4}", lower) and stop - len(word) == floor:  # "1. Welcome"
        return False
    return True
