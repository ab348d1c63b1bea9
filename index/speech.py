"""Who says it: attribution of direct and reported speech to a named speaker, by rules.

A sentence has a speaker when it holds an attribution ("…,” said Dr Ann Lee, head of the unit"), or when it is
quoted speech that belongs to one: in the same paragraph, or carried on from the paragraph before. Pronouns stand for
the latest speaker that they fit.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from dataclasses import dataclass

from .records import Block, Span, Speech

_VERB = (
    r"(?:said|says|added|adds|stated|states|told|tells|explained|explains|warned|warns|claimed|argued|argues|"
    r"noted|commented|insisted|insists|wrote|writes|replied|admitted|confirmed|stressed|continued|"
    r"announced|concluded|suggested|suggests|urged|recalled|remarked|acknowledged)"
)
_CAP = r"[A-ZÀ-ÖØ-Þ]"
# The words of a name; bounded, because a long run of letters is none.
_WORD = rf"(?:(?:Dr|Mr|Mrs|Ms|Prof|Rev|St|Sgt|Lt|Col|Gen|Cllr|{_CAP})\.|{_CAP}[\w’'-]{{0,40}})"
_NAME = rf"{_WORD}(?:[ \u00a0]+(?:(?:of|for|and|the|de|van|von|bin|al|on)[ \u00a0]+)*{_WORD}){{0,6}}"
_PRONOUN = r"(?:he|she|they|it|He|She|They|It)"
_COMMON = (
    r"(?:(?:[Tt]he|[Aa]n?|[Ii]ts|[Tt]heir|[Oo]ne|[Tt]wo|[Ss]ome)[ \u00a0]+"
    r"(?:(?!(?:was|were|is|are|has|had|have|that|who|which|and)\b)[\w’'-]+[ \u00a0]+){0,4}?[a-z][\w’'-]+)"
)
_PLURAL = r"(?:[A-Z]?[a-z]{3,}(?:s|ople|ice|men))"
_ADVERB = r"(?:(?:also|later|then|has|had|have|further|repeatedly|recently|previously)[ \u00a0]+){0,2}"
_ROLE = r"(?P<role>[^,;:.“”\"\n]{3,90}(?:,[ \u00a0]+[^,;:.“”\"\n]{3,60})?)"
_NOT_PASSIVE = r"(?<!was )(?<!were )(?<!been )(?<!be )(?<!is )(?<!are )(?<!not )"

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Dr Ann Lee, head of the unit, said
        rf"\b(?P<who>{_NAME}),[ \u00a0]+{_ROLE},[ \u00a0]+{_ADVERB}{_VERB}\b",
        # Head of the unit, Dr Ann Lee said
        rf"(?:^|(?<=[.!?”\"] ))(?P<role>{_CAP}[^,;:.“”\"\n]{{3,90}}),[ \u00a0]+(?P<who>{_NAME}),?[ \u00a0]+{_ADVERB}{_VERB}\b",
        # …,” said Dr Ann Lee, head of the unit
        rf"[,?!.…][”\"’'][ \u00a0]+{_VERB}[ \u00a0]+(?P<who>{_NAME})(?:,[ \u00a0]+{_ROLE})?",
        rf"[,?!.…][”\"’'][ \u00a0]+{_VERB}[ \u00a0]+(?P<who>{_COMMON})",
        # according to the report
        rf"\b[Aa]ccording to (?P<who>{_NAME}|{_COMMON}|{_PLURAL})(?=[,.;:”\"\s]|$)",
        # Ann Lee said / the report states / inspectors said / he said
        rf"(?P<who>\b{_NAME})[ \u00a0]+{_ADVERB}{_NOT_PASSIVE}{_VERB}\b",
        rf"(?P<who>\b{_COMMON})[ \u00a0]+{_ADVERB}{_NOT_PASSIVE}{_VERB}\b",
        rf"(?P<who>\b{_PRONOUN})[ \u00a0]+{_ADVERB}{_NOT_PASSIVE}{_VERB}\b",
        rf"(?:^|(?<=[,”\"] )|(?<=\. ))(?P<who>{_PLURAL})[ \u00a0]+{_ADVERB}{_NOT_PASSIVE}{_VERB}\b",
    )
)
_MENTION = re.compile(rf"(?:^|(?<=[.!?”\"] ))(?P<who>{_NAME})(?=,[ \u00a0]|[ \u00a0]+[a-z])")
_ORGANISATION = re.compile(
    r"\b(?:council|committee|services?|association|commission|trust|board|ltd|limited|plc|union|party|university|"
    r"college|school|group|ministry|department|police|agency|fund|society|company|hospital|court|authority|"
    r"street|road|house|park|home|office|centre|center|government|parliament|bank|club)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"(?:But|And|However|Yesterday|Today|Meanwhile|Later|Then|So|Also|While|As|In|Earlier|Afterwards)[ \u00a0,]+"
)
_PERSON_PRONOUNS, _PLURAL_PRONOUNS = {"he", "she"}, {"they"}
_NOT_NAMES = frozenset("he she they it we i you this that there these those who which what".split())
_SINGULAR_S = ("ss", "us", "is")
QUOTED_SHARE = 0.8
"""A sentence with at least this share of its characters inside quotation marks is quoted speech."""


@dataclass(frozen=True, slots=True)
class _Attribution:
    at: int
    speech: Speech
    pronoun: str = ""


def attribute_speech(text: str, blocks: tuple[Block, ...], sentences: list[Span], block_of: list[int]) -> list[Speech | None]:
    """For each sentence who says it, or None. `block_of` gives the number of each sentence's block."""
    quotes = find_quotations(text, blocks)
    people: Speech | None = None
    things: Speech | None = None
    groups: Speech | None = None
    carried: Speech | None = None  # the speaker of the paragraph before
    result: list[Speech | None] = [None] * len(sentences)
    for number, block in enumerate(blocks):
        if block.kind in ("boilerplate", "markup"):
            continue
        members = range(bisect_left(block_of, number), bisect_left(block_of, number + 1))
        found: list[tuple[int, Speech]] = []
        attributions = _attributions(text, block.body) if block.kind != "heading" else []
        attributions = [said for said in attributions if not _in_quotation(quotes, said.at)]
        speaking = {said.speech.speaker.start for said in attributions}
        mentions = [who for who in _people_mentioned(text, block.body) if who.start not in speaking]
        mentions = [who for who in mentions if not _in_quotation(quotes, who.start)][::-1]
        for said in attributions:
            while mentions and mentions[-1].start < said.at:
                people = _latest(text, people, mentions.pop())
            speech: Speech | None = said.speech
            if said.pronoun in _PERSON_PRONOUNS:
                speech = people
            elif said.pronoun in _PLURAL_PRONOUNS:
                speech = groups or people
            elif said.pronoun:
                speech = things
            elif _is_person(text, said.speech.speaker):
                people = speech
            elif _is_plural(text, said.speech.speaker):
                groups = speech
            else:
                things = speech
            if speech:
                found.append((said.at, speech))
        if mentions:
            people = _latest(text, people, mentions[0])
        quoted = {i: _quoted_share(quotes, sentences[i]) >= QUOTED_SHARE for i in members}
        places = [at for at, _ in found]
        for i in members:
            first, later = bisect_left(places, sentences[i].start), bisect_left(places, sentences[i].end)
            if first < later:
                result[i] = found[first][1]
            elif quoted[i] and found:
                result[i] = found[min(later, len(found) - 1)][1]
            elif carried and (quoted[i] or block.kind == "item"):
                result[i] = carried
        spoken = [result[i] for i in members if result[i]]
        led = block.kind == "lead_in" or block.body.of(text).endswith(":")
        if block.kind == "item":
            continue
        if spoken and (led or result[members[-1]]):
            carried = spoken[-1]
        else:
            carried = None
    return result


def find_quotations(text: str, blocks: tuple[Block, ...]) -> list[Span]:
    """Spans inside double quotation marks, marks included, in order.

    A mark left open at the end of a paragraph stays open when the next paragraph begins with one (a quotation
    over several paragraphs) and is otherwise closed there.
    """
    spans: list[Span] = []
    for block in blocks:
        opened: int | None = None
        for match in re.finditer(r"[“”\"„«»]", text[block.body.start : block.body.end]):
            at = block.body.start + match.start()
            mark, before = match.group(), text[at - 1] if at > block.body.start else " "
            opens = mark in "“„«" or (mark == '"' and opened is None and (before.isspace() or before in "([—–"))
            if opens and opened is None:
                opened = at
            elif not opens and opened is not None:
                spans.append(Span(opened, at + 1))
                opened = None
        if opened is not None:
            spans.append(Span(opened, block.body.end))
    return spans


def _quoted_share(quotes: list[Span], sentence: Span) -> float:
    first = max(0, bisect_left(quotes, Span(sentence.start, sentence.start)) - 1)
    inside = 0
    for quote in quotes[first:]:
        if quote.start >= sentence.end:
            break
        inside += max(0, min(quote.end, sentence.end) - max(quote.start, sentence.start))
    return inside / max(1, len(sentence))


def _attributions(text: str, body: Span) -> list[_Attribution]:
    """Attributions in a paragraph, in order; where patterns overlap, the earlier in _PATTERNS wins."""
    words = body.of(text)
    taken: list[Span] = []  # disjoint, in order
    found: list[_Attribution] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(words):
            area = Span(*match.span())
            place = bisect_left(taken, area)
            if any(area.overlaps(other) for other in taken[max(0, place - 1) : place + 1]):
                continue
            start, end = match.span("who")
            start += len(lead.group()) if (lead := _LEADING.match(words[start:end])) else 0
            name = words[start:end]
            role = match.groupdict().get("role")
            pronoun = name.lower() if name.lower() in _NOT_NAMES else ""
            if not name or (pronoun and pronoun not in ("he", "she", "they", "it")):
                continue
            insort(taken, area)
            role_span = Span(body.start + match.start("role"), body.start + match.end("role")) if role else None
            speech = Speech(Span(body.start + start, body.start + end), role_span)
            found.append(_Attribution(body.start + match.start("who"), speech, pronoun))
    return sorted(found, key=lambda a: a.at)


def _is_person(text: str, speaker: Span) -> bool:
    name = speaker.of(text)
    if not name[:1].isupper() or name.lower().startswith(("the ", "a ", "an ")) or len(name.split()) > 5:
        return False
    return not _ORGANISATION.search(name) and (" " in name or not _is_plural(text, speaker))


def _people_mentioned(text: str, body: Span) -> list[Span]:
    """The people of two words or more who are the subject of a sentence of the paragraph."""
    people: list[Span] = []
    for match in _MENTION.finditer(body.of(text)):
        who = Span(body.start + match.start("who"), body.start + match.end("who"))
        if len(who.of(text).split()) > 1 and _is_person(text, who):
            people.append(who)
    return people


def _latest(text: str, known: Speech | None, mentioned: Span) -> Speech:
    """The person who is mentioned; somebody who is only named again keeps the role."""
    return known if known and known.speaker.of(text) == mentioned.of(text) else Speech(mentioned)


def _in_quotation(quotes: list[Span], at: int) -> bool:
    return _quoted_share(quotes, Span(at, at + 1)) > 0


def _is_plural(text: str, speaker: Span) -> bool:
    last = speaker.of(text).split()[-1].lower()
    return last in ("people", "police", "men", "women") or (last.endswith("s") and not last.endswith(_SINGULAR_S))
