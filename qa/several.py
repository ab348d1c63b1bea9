"""A message to the questions in it: sentences, list items and joined clauses that ask, each with the background before it.

Rules over English surface forms, made to split too little rather than too much: a clause is cut off only when both
sides ask in full ("Who came, and when did they leave?"), never inside quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index import Span
from index.sentences import split_sentences
from index.sparse import STOP_WORDS, words_of

from .kinds import names_in

MAX_QUESTIONS = 8
"""Questions of one message that are answered; the others are named as not answered."""

MAX_BACKGROUND = 400
"""Characters of a background sentence that may be leant on."""

_ASK = r"(?:who(?:m|se)?|what|when|where|why|which|how)"
_AUX = r"(?:(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)(?:n[’']t)?|ca[n’']t|won[’']t)"
_PREPOSITION = r"(?:(?:for|with|by|to|at|in|on|from|of|about|since|until|under)\s+)?"
_PRONOUN = r"(?:it|they|he|she|we|you|there|this|that|these|those|i)"
_DETERMINER = r"(?:the|a|an|its|their|his|her|our|your|my|this|that|these|those|each|every|any|some|no)"
_WORDS = r"[\w’'-]+"

_INVERTED = re.compile(
    rf"{_PREPOSITION}(?:(?:when|where|why|how)\s+(?:else\s+|exactly\s+)?{_AUX}\s+(?!not\b){_WORDS}"
    rf"|how\s+(?:many|much|long|often|far|old|big|large|high|well|soon|quickly|likely)\b(?:\s+{_WORDS}){{0,4}}?\s+{_AUX}\s+(?!not\b){_WORDS}"
    rf"|(?:what|whom?|(?:which|what|whose)\s+(?!{_DETERMINER}\b|{_PRONOUN}\b)(?:{_WORDS}\s+){{1,3}}?)\s*\b(?!is|are|was|were)(?:{_AUX})\s+(?:{_PRONOUN}|{_DETERMINER}|[A-Z]{_WORDS})\s+{_WORDS})",
    re.IGNORECASE,
)
"""Asks by its order of words; no clause within another has it."""

_SUBJECT = re.compile(
    rf"(?:who|what)\s+(?:else\s+)?(?!{_DETERMINER}\b|{_PRONOUN}\b|{_ASK}\b|and\b|or\b|of\b|about\b|else\b){_WORDS}\s*{_WORDS}?"
    rf"|(?:which|what|whose)\s+(?!{_DETERMINER}\b|{_PRONOUN}\b)(?:{_WORDS}\s+){{1,4}}?{_AUX}\s+(?!not\b){_WORDS}",
    re.IGNORECASE,
)
"""Asks too, unless it stands within another clause ("… the man WHO CAME")."""

_YES_NO = re.compile(
    r"(?:is|are|was|were|can|could|will|would|should|did|does|has)\s+(?:it|they|he|she|we|you|there)\s+\w+", re.IGNORECASE
)
_JOINT = re.compile(
    rf"\s*[,;]?\s+(?P<and>and|but)\s+(?:also\s+|then\s+)?(?={_PREPOSITION}{_ASK}\b|{_AUX}\s+{_PRONOUN}\b)|\s*[,;]\s+(?={_PREPOSITION}{_ASK}\b)",
    re.IGNORECASE,
)
_LEANS_ON_EACH = re.compile(r"\b(?:each|both|either|neither|respectively)\b(?!\s+(?:of\s+)?(?:the|these|those)\b)", re.IGNORECASE)
_OPENS_ASKING = re.compile(rf"(?:(?:and|but|so|or|also|then|ok(?:ay)?)\b[\s,]*)*{_PREPOSITION}(?:{_ASK}|{_AUX})\b", re.IGNORECASE)
_FOLLOWS_UP = re.compile(r"(?:and|but|or|also)\b|(?:what|how) about\b", re.IGNORECASE)
_IMPERATIVE = re.compile(
    r"(?:please\s+)?(?:list|name|give me|tell me|describe|explain|summari[sz]e|show me)\s+(?!an?\s+(?:short|brief|quick))(?:\S+\s+)\S+",
    re.IGNORECASE,
)
_INDIRECT = re.compile(
    rf"\b(?:(?:like|want|need|wish|love|curious|interested) to (?:know|find out|learn|understand|ask|hear)|wonder(?:ing)?|(?:tell|explain to|let) "
    rf"(?:me|us)(?: know)?|my question is)[\s,:]+(?:{_PREPOSITION}{_ASK}|if|whether)\b",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"\W*(?:(?:hello|hi|hey|dear|good (?:morning|afternoon|evening)|thanks?|thank you|cheers|regards|kind regards|best wishes)\b.{0,40}|"
    r"how are you(?: \w+){0,2}|(?:can|could|would|will) (?:you|anyone|someone|somebody) (?:please )?help(?: me| us)?(?: \w+){0,4}|"
    r"(?:can|could|may) i ask(?: you)?(?: (?:something|a question|a few questions|some questions))?|any (?:ideas?|thoughts)|ok(?:ay)?|right|really|"
    r"correct|yes|no|please|is that (?:right|correct|ok(?:ay)?)|(?:can|could) you (?:please )?answer (?:this|these|that)(?: \w+){0,3})\W*",
    re.IGNORECASE,
)
_MARKER = re.compile(r"[ \t]*(?:\(?\d{1,2}[.):]\)?|\(?[a-h][.)]|[-*•–·]|Q\d{0,2}[.:)])[ \t]+", re.IGNORECASE)
_INLINE = re.compile(rf"(?<=\?)[\"”’')]*\s+(?=\(?\d{{1,2}}[.)]\s|{_OPENS_ASKING.pattern})", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"][^“”\"]{2,200}[”\"]|(?<!\w)['‘][^'‘’\n]{2,200}['’](?!\w)")
_RESTRICTION = re.compile(r"(?:(?:^|\s+)(?:-[^\W\d_][\w’'-]+|[“\"][^“”\"]{2,200}[”\"])[,;.]?)+")
_ABOUT_THE_ASKING = re.compile(r"\b(?:questions?|quer(?:y|ies)|answers?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a message, and the sentences between the question before it and this one, oldest first."""

    question: str
    background: tuple[str, ...] = ()


def parts_of(message: str) -> tuple[Part, ...]:
    """The questions of a message, in order; never none. A message that is one question comes back unchanged.

    `"quoted words"` and `-word`s that stand by themselves belong to every question. Sentences after the last question
    are the background of a question that has none before it.
    """
    whole = message
    message = re.sub(r"\n\s*\n", "\n\n", re.sub(r"[^\S\n]+", " ", message)).strip()
    masked = _QUOTED.sub(lambda m: m[0][0] + "x" * (len(m[0]) - 2) + m[0][-1], message)
    parts: list[Part] = []
    waiting: list[str] = []
    restrictions: list[str] = []
    dropped = False
    for span, item in _sentences(message, masked):
        text, plain = span.of(message), span.of(masked)
        if _RESTRICTION.fullmatch(text):
            restrictions.append(" ".join(text.split()))
        elif _SMALL_TALK.fullmatch(plain) or not any(c.isalnum() for c in plain):
            dropped = True
        elif not _asks(plain, item):
            waiting.append(text)
        elif parts and not item and _is_fragment(plain):
            parts[-1] = Part(f"{parts[-1].question} {text}", parts[-1].background)
        else:
            for clause in _clauses(text, plain):
                parts.append(Part(clause, _usable(waiting)))
                waiting = []
    if not parts or (len(parts) == 1 and not (waiting or parts[0].background or restrictions or dropped)):
        return (Part(whole),)
    if not parts[0].background and waiting:
        parts[0] = Part(parts[0].question, _usable(waiting))
    return tuple(Part(" ".join([part.question, *restrictions]), part.background) for part in parts)


def _sentences(message: str, masked: str) -> Iterator[tuple[Span, bool]]:
    """The sentences of a message without their list markers, and whether each is an item of a list."""
    for block, item in _blocks(masked):
        for sentence in split_sentences(masked, block):
            start = sentence.start
            cuts = [m.span() for m in _INLINE.finditer(masked, sentence.start, sentence.end)]
            for end, following in [*cuts, (sentence.end, sentence.end)]:
                marker = _MARKER.match(masked, start, end)
                first = marker.end() if marker and marker.group().strip(" \t") not in "-*•–·" else start
                if first < end:
                    yield Span(first, end), item
                start = following


def _blocks(masked: str) -> list[tuple[Span, bool]]:
    """Runs of lines that belong together: a list item is one, and so is a paragraph."""
    blocks: list[tuple[Span, bool]] = []
    open_ = False
    for line in re.finditer(r"[^\n]+", masked):
        words = line.group().strip()
        marker = _MARKER.match(line.group())
        apart = line.start() > 1 and masked[line.start() - 2] == "\n"
        if not words:
            open_ = False
        elif marker:
            blocks.append((Span(line.start() + marker.end(), line.end()), True))
            open_ = not words.endswith((".", "?", "!", ":"))
        elif open_ and blocks and not apart and _ask_in_turn(blocks[-1][0].of(masked), words):
            blocks[-1] = (blocks[-1][0], True)
            blocks.append((Span(line.start(), line.end()), True))
        elif open_ and blocks and not apart:
            blocks[-1] = (Span(blocks[-1][0].start, line.end()), blocks[-1][1])
            open_ = not words.endswith((".", "?", "!", ":"))
        else:
            blocks.append((Span(line.start(), line.end()), False))
            open_ = not words.endswith((".", "?", "!", ":"))
    return blocks


def _ask_in_turn(line: str, following: str) -> bool:
    """Whether two lines without marks are a question each."""
    return _asks_in_full(line, alone=True) and _asks_in_full(following, alone=True)


def _asks(plain: str, item: bool) -> bool:
    words = plain.strip()
    if re.search(r"\?[\"”’')\]\s]*$", words) or _IMPERATIVE.match(words) or _INDIRECT.search(words):
        return True
    return bool(_INVERTED.match(words) or (item and _OPENS_ASKING.match(words)))


def _is_fragment(plain: str) -> bool:
    """Whether a few words with a question mark ask nothing by themselves ("Which one? The police?")."""
    return (
        len(plain.split()) <= 4
        and not _OPENS_ASKING.match(plain)
        and not _FOLLOWS_UP.match(plain)
        and not _IMPERATIVE.match(plain)
    )


def _clauses(text: str, plain: str) -> list[str]:
    """An asking sentence, cut where a full question is joined to a full question."""
    cuts, start = [], 0
    for joint in _JOINT.finditer(plain):
        left, right = plain[start : joint.start()], plain[joint.end() :]
        if _asks_in_full(left, alone=True) and _may_follow(right, left, joined=bool(joint.group("and"))):
            cuts.append((joint.start(), joint.end()))
            start = joint.end()
    if not cuts:
        return [text]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    return [_as_question(text[a:b]) for a, b in zip(starts, ends, strict=True)]


def _asks_in_full(clause: str, *, alone: bool) -> bool:
    clause = re.sub(r"^\W*(?:(?:and|but|so|also|then|please)\b[\s,]*)*", "", clause, flags=re.IGNORECASE)
    if not (_INVERTED.match(clause) or _YES_NO.match(clause) or (alone and _SUBJECT.match(clause))):
        return False
    asking = rf"{_ASK}|{_AUX}|not|so"
    return bool(re.search(rf"\b{_AUX}\s+{_PRONOUN}\b", clause, re.IGNORECASE)) or any(
        w not in STOP_WORDS and not re.fullmatch(asking, w) for w in words_of(clause)
    )


def _may_follow(right: str, left: str, *, joined: bool) -> bool:
    """Whether what stands behind a joint is a question of its own and no part of the one before."""
    if _LEANS_ON_EACH.search(right):
        return False
    if _YES_NO.match(right) and re.match(r"\W*who\b", left, re.IGNORECASE) and re.match(r"did|does|has", right, re.IGNORECASE):
        return False  # "Who came and did it first?"
    embedded = len(re.findall(rf"\b{_ASK}\b", left, re.IGNORECASE)) > 1
    return _asks_in_full(right, alone=joined and not embedded)


def _as_question(clause: str) -> str:
    clause = clause.strip().rstrip(" ,;")
    if not re.search(r"[?.!][\"”’')]*$", clause):
        clause += "?"
    return clause[:1].upper() + clause[1:]


def _usable(waiting: list[str]) -> tuple[str, ...]:
    """The background sentences that name something which a question could point to."""
    sentences = (" ".join(sentence.split()) for sentence in waiting)
    named = [s for s in sentences if re.search(r"\b(?:the|an?|its|their)\s", s, re.IGNORECASE) or names_in(s)]
    return tuple(s[:MAX_BACKGROUND] for s in named if not _ABOUT_THE_ASKING.search(s))
