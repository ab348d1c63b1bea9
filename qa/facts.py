"""What a sentence states that another may state differently: its dates, times, amounts and numbers, and the words around.

Rules over English surface forms. Whatever a rule is unsure of becomes a fact that is never compared (`firm` is False) or
one that sets the scope of the others ("Year 7", "the second group"), so that doubt never reads as a contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from index.sparse import STOP_WORDS, term_of, words_of

_MONTHS = "January February March April May June July August September October November December".split()
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "dozen": 12,
    "k": 1e3,
    "m": 1e6,
    "bn": 1e9,
    "tn": 1e12,
}
_CURRENCIES = {"£": "£", "$": "$", "€": "€", "pound": "£", "dollar": "$", "euro": "€"}

_MONTH = "(?:" + "|".join(f"{m[:3]}(?:{m[3:]})?" if m != "May" else m for m in _MONTHS) + r"|Sept)\b"
_YEAR = r"(?:1[5-9]|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = rf"(?:{_DAY}(?: of)? {_MONTH}(?:[.,]{{0,2}} {_YEAR}\b)?|{_MONTH}\.? {_DAY}\b(?:,? {_YEAR}\b)?)"
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS[1:10])}))?|{'|'.join(sorted(_UNITS[1:], key=len, reverse=True))})\b"
)
_SCALE = r"(?:[ -]?(?:hundred|thousand|million|billion|trillion|dozen)\b|(?:k|m|bn|tn)\b)"
_NUMBER = rf"(?:(?:{_DIGITS}){_SCALE}?|(?i:{_WORDS})(?:[ -](?:hundred|thousand|million|billion|dozen)\b)?)"
_LABELS = "page|section|year|room|ward|route|line|unit|grade|level|number|no|phase|stage|group|class|item|chapter|appendix|table|figure|option|part|under|over|aged|age|paragraph|form|arch|zone|band|type|version|article|act|question"

_FACT = re.compile(
    r"(?<![^\W_])(?=[\d£$€(+A-Zbefmnost-])(?:"  # where none can begin, none is tried
    + "|".join(
        rf"(?P<{kind}>{pattern})"
        for kind, pattern in (
            ("iso", r"\b\d{4}-\d\d-\d\d\b"),
            ("telephone", r"(?<![\w£$€])(?:\+\d{1,3} ?)?\(?0\d{2,5}\)?[ -]?\d{3,4}[ -]?\d{3,4}\b"),
            ("dates", rf"\b(?:(?:[Bb]etween|[Ff]rom) )?(?:{_DATE}|{_DAY}) ?(?:and|to|until|till|-|–|—) ?{_DATE}"),
            ("date", rf"\b{_DATE}"),
            ("monthyear", rf"\b{_MONTH} {_YEAR}\b"),
            ("years", rf"\b{_YEAR} ?[/–—-] ?(?:\d\d){{1,2}}\b"),
            ("time", r"\b\d{1,2}(?:[:.]\d\d ?[ap]\.?m\b\.?|:\d\d| ?[ap]\.?m\b\.?)|\b(?:noon|midnight)\b"),
            ("money", rf"[£$€] ?(?:{_DIGITS}){_SCALE}?|\b{_NUMBER} (?:pounds?|dollars?|euros?)\b"),
            ("percent", rf"\b{_NUMBER} ?(?:%|per ?cent\b|percentage points?\b)"),
            ("ordinal", r"\b(?:\d+(?:st|nd|rd|th)|(?i:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth))\b"),
            ("range", rf"\b(?:{_NUMBER} (?:to|or) {_NUMBER}|(?:{_DIGITS}) ?[–—/-] ?(?:{_DIGITS}))\b"),
            ("year", rf"(?i:(?<=\bin )|(?<=\bby )|(?<=\bsince )|(?<=\buntil )|(?<=\bof )|(?<=\bfrom )|(?<=\bto )|(?<=\()){_YEAR}\b(?! [a-z]+s\b)"),
            ("number", rf"(?<![\w.])-?\b{_NUMBER}(?![\w%]|\.\d)"),
            ("weekday", rf"\b(?:{'|'.join(_WEEKDAYS)})\b"),
            ("month", rf"\b(?:{_MONTH.replace('|May', '').replace('Mar(?:ch)?', 'March(?= (?:and|to)|[,.])')})|(?<=\b[Ii]n )(?:March|May)\b|(?<=\b[Oo]f )(?:March|May)\b"),
        )
    )
    + ")"
)  # fmt: skip
_LOOSE_BEFORE = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|some|over|under|than|least|most|up to|as|circa|estimated|just|close to|"
    r"above|below|further|another|additional|extra|other|last|next|every|each|per|towards?|some of|between|one in|out of)(?: (?:the|an?|its|their))?\s*$",
    re.IGNORECASE,
)
_LOOSE_AFTER = re.compile(
    r"\s*(?:or so\b|or more\b|or fewer\b|or less\b|plus\b|\+|more\b|extra\b|additional\b|others?\b|further\b|of (?:the|these|those|them|all|its|their|us|\d)|"
    r"out of\b|in (?:every )?\d|-)",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"\b(?:{_LABELS})\.?\s*$", re.IGNORECASE)
_NAMED = re.compile(r"(?<=[\w,;:] )[A-Z]\w*\s*$")
_UNIT = re.compile(r"[ \u00a0-]+([^\W\d_][\w’'-]*)")
_WORD = re.compile(r"[^\W_][\w’'-]*")
NEGATION = re.compile(
    r"\b(?:not|no|never|nor|neither|nobody|none|without|den(?:y|ies|ied)|false|untrue|reject(?:s|ed)?)\b|n[’']t\b", re.IGNORECASE
)
_REPORTS = r"(?:said|says|states?|stated|added|adds|shows?|showed|revealed?|reveals|suggests?|suggested|found|finds|reports?|reported|announced|confirmed|told [\w ]{1,30}?)"
_HEAD = re.compile(rf"(?:According to [^,“”\"]{{1,60}}, |[^,;“”\"]{{2,80}}? {_REPORTS} that )")
_RESTRICTS = re.compile(
    r"\s+(?:with|without|in|on|at|from|of|for|under|over|aged|among|who|whose|that|which|by|using|receiving)\s+", re.IGNORECASE
)
_WIDE = frozenset("borough town city county area village district country region parish community".split())
_SCOPES = frozenset(("ordinal", "label", "range", "years"))
"""Kinds that say what the rest is about: where they differ, the sentences speak of two things."""

_ASKED = {
    "count": ("number",),
    "money": ("money",),
    "amount": ("money", "percent", "number"),
    "duration": ("number",),
    "date": ("date", "weekday", "time"),
}  # fmt: skip
SAME_FRAME, PARTLY_SAME = 0.8, 0.5
"""Shares of the words around the facts, weighted by idf, that two sentences have in common when they say the same in the
same words (of both), or answer the same question (of the shorter)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An expression at `[start, end)` of a sentence: its kind, the unit it counts ("" if none) and its value.

    `firm` is False for what is approximate or a part of something ("about 60", "12 of the 14").
    """

    kind: str
    unit: str
    value: tuple[float | None, ...]
    start: int
    end: int
    firm: bool = True

    def agrees(self, other: Fact) -> bool:
        """Whether both, of one kind, may be true of one thing: equal as far as both are known, or one the other rounded."""
        if self.value == other.value:
            return True
        if self.kind == "time" and None in (self.value[1], other.value[1]):
            return (self.value[0] or 0) % 720 == (other.value[0] or 0) % 720
        if self.kind in ("number", "money", "percent"):
            (a, a_step), (b, b_step) = self.value, other.value
            whole = float((a or 0) % 1 != 0 or (b or 0) % 1 != 0)  # "5 %" may be 5.4 %
            return abs((a or 0) - (b or 0)) <= max(a_step or whole, b_step or whole) / 2 + 1e-9
        if len(self.value) != len(other.value):
            return True  # a day and a range of days: they cannot be compared
        return all(a == b or a is None or b is None for a, b in zip(self.value, other.value, strict=True))


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence taken apart: its facts; the terms of its other words of content in order, "" where facts stand between them; all
    of these terms, and those of them in names; and how many words negate."""

    text: str
    facts: tuple[Fact, ...]
    sequence: tuple[str, ...]
    frame: frozenset[str]
    names: frozenset[str]
    negations: int

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return self.text.rstrip('”" ’').endswith("?")


@lru_cache(maxsize=20_000)
def statement_of(text: str) -> Statement:
    """Take a sentence apart. What introduces a report ("Figures show that") is no part of what is stated."""
    head = _HEAD.match(text)
    begin = head.end() if head else 0
    facts = tuple(_fact(text, m) for m in _FACT.finditer(text, begin))
    sequence: list[str] = []
    names: set[str] = set()
    upcoming = list(facts[::-1])
    first = True
    for word in _WORD.finditer(text, begin):
        while upcoming and upcoming[-1].end <= word.start():
            upcoming.pop()
        if upcoming and upcoming[-1].start < word.end():
            sequence += [""] * (upcoming[-1].start >= word.start() or not sequence or sequence[-1] != "")
        elif word[0].casefold() not in STOP_WORDS and not NEGATION.fullmatch(word[0]):
            terms = [term_of(w) for w in words_of(word[0])]
            sequence += [t for t in terms if t]
            if word[0][0].isupper() and not first:
                names.update(terms)
        first = False
    negations = len(NEGATION.findall(text, begin))
    return Statement(text, facts, tuple(sequence), frozenset(filter(None, sequence)), frozenset(names), negations)


def _fact(text: str, match: re.Match[str]) -> Fact:
    kind, words, (start, end) = str(match.lastgroup), match[0], match.span()
    before, after = text[max(0, start - 30) : start], text[end : end + 40]
    firm = not _LOOSE_BEFORE.search(before) and not _LOOSE_AFTER.match(after)
    if kind == "number":
        if _LABEL.search(before) or _NAMED.search(before):
            kind = "label"
        follows = _UNIT.match(after)
        unit = follows[1] if follows and follows[1].casefold() not in STOP_WORDS else ""
        return Fact(kind, term_of(unit.casefold()) if unit else "", _amount(words), start, end, firm)
    if kind == "money":
        unit = next(sign for mark, sign in _CURRENCIES.items() if mark in words.casefold())
        return Fact(kind, unit, _amount(words), start, end, firm)
    if kind == "percent":
        return Fact(kind, "%", _amount(words), start, end, firm)
    if kind == "time":
        return Fact(kind, "", _time(words), start, end, firm)
    if kind == "weekday":
        return Fact(kind, "", (float(_WEEKDAYS.index(words)),), start, end, firm)
    if kind in ("date", "dates", "monthyear", "month", "iso", "year"):
        return Fact("year" if kind == "year" else "date", "", _dates(words), start, end, firm)
    return Fact(
        kind,
        "",
        tuple(float(n) for n in re.findall(r"\d+", words)) or (float(len(words)), float(ord(words[0]))),
        start,
        end,
        firm,
    )


def _amount(words: str) -> tuple[float, float]:
    """The value of a number in digits or words, and the step to which it is given ("1.5 million": 100,000; 60,000: 10,000)."""
    digits = re.search(_DIGITS, words)
    rest = words[digits.end() :] if digits else words
    scale_word = re.search(r"hundred|thousand|million|billion|trillion|dozen|\b(?:k|m|bn|tn)\b|(?<=\d)(?:k|m|bn|tn)\b", rest.casefold()) or (
        re.match(r"(?:k|m|bn|tn)\b", rest.casefold()) if digits else None
    )  # fmt: skip
    scale = _SCALES[scale_word[0]] if scale_word else 1.0
    if digits:
        plain = digits[0].replace(",", "")
        decimals = len(plain.partition(".")[2])
        zeros = len(plain) - len(plain.rstrip("0")) if not decimals else 0
        step = scale / 10**decimals if scale > 1 or decimals else 10.0**zeros if zeros > 2 else 0.0
        sign = -1 if words.lstrip("£$€ ").startswith("-") else 1
        return sign * float(plain) * scale, step
    parts = re.findall(r"[a-z]+", words.casefold())
    value = sum(_UNITS.index(p) if p in _UNITS else 10 * (_TENS.index(p) + 2) for p in parts if p in _UNITS or p in _TENS)
    return value * scale, scale if scale > 100 else 0.0


def _time(words: str) -> tuple[float, float | None]:
    """Minutes since midnight; and 1.0 when it is known which half of the day is meant, else None."""
    if words in ("noon", "midnight"):
        return (720.0 if words == "noon" else 0.0), 1.0
    hours, minutes = (re.findall(r"\d+", words) + ["0"])[:2]
    half = re.search(r"[ap](?=\.?m)", words)
    hour = int(hours) % 12 + 12 * (half[0] == "p") if half else int(hours)
    return 60.0 * hour + int(minutes), 1.0 if half or hour > 12 else None


def _dates(words: str) -> tuple[float | None, ...]:
    """(day, month, year) of a date, or of both ends of a range one after the other; None for what is not said."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", words):
        year, month, day = map(float, words.split("-"))
        return day, month, year
    months = [float(i) for m in re.findall(r"[A-Z][a-z]{2}", words) for i, name in enumerate(_MONTHS, 1) if name.startswith(m)]
    years = [float(y) for y in re.findall(rf"\b{_YEAR}\b", words)]
    days = [float(d) for d in re.findall(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?\b", words)]
    month, year = (months or [None])[-1], (years or [None])[-1]
    if len(days) < 2:
        return (days or [None])[0], month, year
    return days[0], months[0] if months else None, year, days[1], month, year


def expression(text: str, fact: Fact) -> tuple[int, int]:
    """`[start, end)` of a fact in its sentence with the unit that it counts: "12 nurses"."""
    unit = _UNIT.match(text, fact.end) if fact.kind == "number" and fact.unit else None
    return fact.start, unit.end() if unit else fact.end


def difference(
    ours: Statement, theirs: Statement, weight: Callable[[str], float], asked: str, reworded: Callable[[], bool]
) -> tuple[Fact, Fact] | None:
    """The facts in which two sentences that say the same differ, or None: exactly one, all others being equal.

    `weight` tells the idf of a term. Sentences in other words count when `reworded`, and only for the kind of fact that is
    `asked` for, counted in the same unit. Different years, ordinals or labels mean that two things are spoken of.
    """
    if ours.negations % 2 != theirs.negations % 2 or ours.asks or theirs.asks:
        return None
    pairs = _pairs(ours, theirs)
    differing = [(a, b) for a, b in pairs or () if not a.agrees(b)]
    if len(differing) != 1 or _restricted(ours, theirs) or _restricted(theirs, ours) or _substituted(ours, theirs):
        return None
    a, b = differing[0]
    shared, within = ours.frame & theirs.frame, ours.frame <= theirs.frame or theirs.frame <= ours.frame
    ours_mass, theirs_mass, shared_mass = (sum(map(weight, terms)) for terms in (ours.frame, theirs.frame, shared))
    alike = len(shared) >= 2 and within and shared_mass >= SAME_FRAME * max(ours_mass, theirs_mass)
    comparable = a.kind not in _SCOPES and a.firm and b.firm and not (a.kind == "date" and _other_year(a, b))
    if not comparable or (a.kind == "year" and asked != "date"):
        return None
    if alike and len(ours.facts) == len(theirs.facts):
        return a, b
    fits = a.kind in _ASKED.get(asked, ()) and (a.kind != "number" or a.unit != "")
    enough = len(shared - {a.unit}) >= 2 and shared_mass >= PARTLY_SAME * min(ours_mass, theirs_mass)
    return (a, b) if fits and enough and reworded() else None


def _other_year(a: Fact, b: Fact) -> bool:
    return a.value[2] is not None and b.value[2] is not None and a.value[2] != b.value[2]


def _pairs(ours: Statement, theirs: Statement) -> list[tuple[Fact, Fact]] | None:
    """The facts that correspond: in order where the kinds and units do, else those that are single of their kind and unit.

    None when it is not clear which belongs to which, or when only one sentence has a scope.
    """
    keys = [[(f.kind, f.unit) for f in s.facts] for s in (ours, theirs)]
    if keys[0] == keys[1]:
        return list(zip(ours.facts, theirs.facts, strict=True))
    pairs = []
    for key in {*keys[0], *keys[1]}:
        mine, others = ([f for f in s.facts if (f.kind, f.unit) == key] for s in (ours, theirs))
        if mine and others and (len(mine) > 1 or len(others) > 1):
            return None
        if (key[0] in _SCOPES or key[0] == "year") and not (mine and others):
            return None
        pairs += zip(mine, others, strict=False)
    return pairs


def _substituted(ours: Statement, theirs: Statement) -> bool:
    """Whether a word of one stands in the place of another word of the other ("children's ward", "stroke ward")."""
    shared = ours.frame & theirs.frame | {""}
    places = []
    for statement in (ours, theirs):
        found = set()
        sequence = ("<", *statement.sequence, ">")
        for before, word, after in zip(sequence, sequence[1:], sequence[2:], strict=False):
            if word not in shared:
                found |= {("after", before)} if before in shared else set()
                found |= {("before", after)} if after in shared else set()
        places.append(found)
    return bool(places[0] & places[1])


def _restricted(ours: Statement, theirs: Statement) -> bool:
    """Whether what is counted is narrowed by words the other sentence lacks ("40 pupils with special needs")."""
    for fact in ours.facts:
        unit = _UNIT.match(ours.text, fact.end) if fact.kind == "number" and fact.unit else None
        narrows = _RESTRICTS.match(ours.text, unit.end()) if unit else None
        if narrows:
            words = [w for w in words_of(ours.text[narrows.end() : narrows.end() + 60]) if w not in STOP_WORDS]
            within = {w for f in theirs.facts for w in words_of(theirs.text[f.start : f.end])}
            if words and words[0] not in _WIDE | within and term_of(words[0]) not in theirs.frame:
                return True
    return False
