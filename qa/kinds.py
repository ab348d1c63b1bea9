"""What kind of fact a question asks for, and whether a sentence holds one. Rules over English surface forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from index.sparse import STOP_WORDS, term_of, words_of

KINDS = (
    "person", "date", "place", "count", "money", "amount", "duration", "reason", "said", "telephone", "email", "address", "list", "yesno", "other",
)  # fmt: skip
"""`list`, `yesno` and `other` name questions that no surface form of a sentence answers by itself."""

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|"
    r"Dec(?:ember)?)"
)
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half|third|quarter|single|"
    r"twice|once|several|none|no one|nobody)"
)
_DATE = re.compile(
    rf"\b(?:1[0-9]|20)\d\ds?\b|\b{_MONTH}\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b\d+(?:st|nd|rd|th)[ -]century\b|"
    r"\b\d{1,2}(?:[:.]\d\d| ?[ap]\.?m\b)|\b(?:[Ss]pring|[Ss]ummer|[Aa]utumn|[Ww]inter|Easter|Christmas|midnight|noon|century)\b|"
    r"\b(?:\d+|an?|few|several|last|next|this|earlier this) (?:years?|months?|weeks?|days?)(?: (?:ago|later|before|after))?\b|"
    r"\b(?:yesterday|today|tomorrow|annually|daily|weekly|monthly)\b|\b\d{1,4} (?:BCE?|AD|CE)\b"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WHOLE_DATE = re.compile(
    rf"\b(?:{_DAY}(?:(?:\s+(?:and|to|until)\s+|\s*[-–—,]\s*){_DAY})*\s+(?:of\s+)?)?{_MONTH}\b(?:\s+{_DAY}\b)?(?:,?\s+(?:1[0-9]|20)\d\d\b)?|"
    + _DATE.pattern
)
"""What is marked as a date: with the day, the days or the year that stand with a month."""

_NUMBER = re.compile(rf"[$£€]?\d[\d,.]*%?|\b{_NUMBER_WORD}\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"[$£€] ?\d[\d.,]*|\b\d[\d.,]* ?(?:%|percent|per cent|million|billion|dollars?|pounds?|euros?|kg|km|miles?|met(?:er|re)s?|feet|"
    rf"tons?|tonnes?|lit(?:er|re)s?|degrees?|knots?|mph)|\b{_NUMBER_WORD} (?:percent|per cent|million|billion|dollars?|pounds?|miles?|"
    r"met(?:er|re)s?|feet)",
    re.IGNORECASE,
)
_MONEY = re.compile(
    rf"[$£€] ?\d[\d.,]*|\b(?:\d[\d.,]*|{_NUMBER_WORD}) ?(?:dollars?|pounds?|euros?|pence|p\b|cents?)\b|\b(?:half[- ]price|free(?: of charge)?)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"\b(?:\d[\d.,]*|{_NUMBER_WORD}|an?|few|several|many)[ -](?:and a half )?(?:more |working )?"
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies))\b|\bfrom .{1,40}? (?:to|until)\b|"
    r"\bbetween .{1,30}? and\b|\b(?:indefinite(?:ly)?|permanent(?:ly)?|as long as|until|since)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|so that|in order|as a result|owing to|thanks to|reasons?|caus(?:e|ed|es|ing)|leads? to|led to|"
    r"therefore|thus|result(?:s|ed|ing)? (?:in|from)|given that|so as to|in response to|following|after|over (?:the|its|their)|"
    r"to (?:help|ensure|avoid|protect|prevent|make|allow|provide|improve|keep|give|comply|support|reduce|save|meet))\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|of|off|outside|inside|within|across|on|between|into|around|through|with) (?:the )?(?:[a-z]+ ){0,2}?[A-Z][a-z]+|"
    r"\b(?:located|co-located|situated|based|headquartered|north|south|east|west|city|county|province|region|coast|island|river|street)\b"
)
_SAID = re.compile(
    r"[“\"”]|\b(?:sa(?:id|ys?|ying)|stat(?:es?|ed|ing)|add(?:s|ed)|told|tells|claim(?:s|ed)?|reported|argu(?:es?|ed)|suggest(?:s|ed)?|"
    r"not(?:es|ed)|describ(?:es?|ed)|call(?:s|ed)|found|praised|conclud(?:es?|ed)|believ(?:es?|ed)|explain(?:s|ed)?|wrote|announced|"
    r"highlight(?:s|ed)?|recognised|recognized)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:director|leader|minister|president|king|queen|chief|head|officer|chair(?:man|woman)?|author|singer|actor|actress|inspectors?|"
    r"commission|council|member|professor|manager|team|staff|people|players?|users?|children|compan(?:y|ies)|part(?:y|ies)|partners?|"
    r"agenc(?:y|ies)|group|services?|police|professionals)\b",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(r"(?:\+\d{1,3}[ -]?)?\(?\d{2,5}\)?[ -]?\d{3,4}[ -]?\d{3,4}\b")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS = re.compile(
    r"\b(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d+[A-Za-z]? (?:[A-Z]\w+ ){1,3}(?:Street|Road|Lane|Avenue|Quay|Way|Square|Drive|Close|Hill))\b"
    r"|https?://\S+|\bwww\.\S+"
)
_CAPITALISED = r"(?:(?:[A-ZÀ-ÖØ-Þ]|Dr|Mr|Mrs|Ms|Prof|Rev|St|Sgt|Lt|Col|Gen|Cllr)\.|[A-ZÀ-ÖØ-Þ][\w’'-]*)"
_NAME = re.compile(rf"{_CAPITALISED}(?:\s+(?:(?:of|the|de|van|von|da|la|and|for)\s+){{0,2}}{_CAPITALISED})*")

_QUESTION_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("yesno", r"^\W*(?:and |but |so )?(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|may|might)\b"),
        ("email", r"\be-?mail\b"),
        ("telephone", r"\b(?:tele)?phone number\b|\bnumber (?:can|do|should) (?:i|we|you) (?:call|ring|phone)\b|\bwhat number\b"),
        ("address", r"\b(?:postal |web |postcode|post code|street )?address\b|\bpostcode\b|\bwebsite\b|\burl\b"),
        ("duration", r"\bhow (?:long|old)\b|\bsince when\b|\bwhat age\b"),
        ("count", r"\bhow many\b|\b(?:what|which) (?:is |was |are |were )?(?:the )?(?:total |exact )?(?:number|population|count|headcount)\b"),
        (
            "money",
            r"\bhow much (?:money|funding|cash)\b|\bhow much\b.*\b(?:cost|costs|pay|paid|spend|spent|charge|charged|earn|earned|worth|give|gave|given)\b|"
            r"\b(?:what|which) (?:is |was |are |were |will |would |did |does )?(?:the |a |an |it )?(?:\w+ ){0,3}?(?:price|cost|salary|budget|fee|fees|fine|"
            r"funding|turnover|grant|fare|fares|rent|rents)\b(?! of living)|\bwhat (?:will|does|did|would) .* cost\b",
        ),
        (
            "amount",
            r"\bhow (?:much|far|tall|high|big|large|deep|fast|hot|cold|heavy|wide|often)\b|\bwhat (?:proportion|percentage|share|fraction)\b|"
            r"\b(?:what|which) (?:is |was |are |were |will |would |did |does )?(?:the |a |an |it )?(?:\w+ ){0,2}?(?:percentage|percent|amount|"
            r"price|cost|temperature|speed|rate|height|length|size|distance|salary|budget|score|fee|fine|funding|turnover)\b",
        ),
        ("date", r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:year|dates?|day|month|time|century|decade|season|period)\b"),
        (
            "place",
            r"\bwhere\b(?!.*\bcome from\b)|\b(?:what|which) (?:\w+ )?(?:city|country|state|place|town|county|continent|location|region|river|island|street|"
            r"area|province|nation|borough|village)\b",
        ),
        ("reason", r"\bwhy\b|\bhow come\b|\bwhat (?:is |was |are |were )?(?:the )?(?:\w+ )?(?:reasons?|cause[sd]?|purpose)\b"),
        (
            "said",
            r"\bwhat (?:else )?(?:did|do|does|have|has) .*\b(?:say|said|think|call|find|found|claim|state|tell|report|believe|argue|describe|"
            r"conclude|thought|comment|add)\b|\bhow (?:did|do|does|has|have) .*\b(?:describe|view|respond|react|comment)\w*\b|\bwords\b|"
            r"\bwhat (?:was|were|is|are) .*\b(?:view|opinion|reaction|response|comments?)\b",
        ),
        (
            "person",
            r"\bwho(?:m|se)?\b|\b(?:what|which|name) (?:the )?(?:\w+ )?(?:persons?|people|man|woman|actor|actress|singer|author|player|president|"
            r"company|companies|band|team|artist|agenc(?:y|ies)|organi[sz]ations?|bod(?:y|ies)|inspectorates?|councillors?|officers?|council|"
            r"councils|groups?|partners?|ministers?)\b",
        ),
    )
)  # fmt: skip
_NO_NOUN = (
    r"(?:is|was|are|were|does|did|do|has|have|had|this|its|his|hers|makes|happens|causes|says|means|goes|comes|needs|shows|percentage|proportion|"
    r"share|number|the|will|would|can|could|should|must)"
)
_LIST = re.compile(
    r"^\W*(?:list|name|give me|enumerate)\b|\b(?:what|which) (?:are|were|did|do) (?:all |some of )?(?:the|its|their)\b.*\b\w+s\b|"
    r"\b(?:what|which) (?:\w+ ){0,2}(?:strengths|weaknesses|findings|recommendations|reasons|agencies|bodies|organi[sz]ations|services|areas|"
    r"problems|issues|concerns|groups|people|councils|actions|steps|points|things|improvements|benefits|inspectorates|partners|options|ways|"
    r"kinds|types|examples|sources|decisions)\b|\ball (?:of )?(?:the|that)\b|\beverything\b|\beach of\b|\bin full\b|\bcomplete list\b|"
    # which plans …, what new conditions …
    rf"^\W*(?:and |but |so )?(?:what|which) (?:(?!{_NO_NOUN}\b)[a-z-]+ ){{0,2}}?(?!{_NO_NOUN}\b)[a-z-]{{3,}}(?<![siu])s\b(?![’'])|"
    # what does it recommend, what must they do, what went well, where does the money come from
    r"\bwhat (?:does|do|did|has|have|will|would|must|should) .*\b(?:recommend|promise[ds]?|resolve|agree|propose|ask(?:ing|ed)? for|offer|do)\b|"
    r"\bwhat (?:else )?(?:went|has gone|is going|was (?:found )?|is (?:being )?) ?(?:well|badly|wrong|right|planned|recommended|promised)\b|"
    r"\bwhere (?:do|does|did|will|would) .*\b(?:money|income|funds|funding)\b.* come from\b",
    re.IGNORECASE,
)
_SPEAKER_ASKED = re.compile(
    r"\b(?:did|do|does|has|have|had)\s+(?P<who>.+?)\s+(?:also |actually |really )?(?:say|said|think|call|called|find|found|claim|state|stated|"
    r"tell|told|believe|argue|describe|described|conclude|comment|commented|add|respond|react|praise|feel)\b"
    r"|\baccording to (?P<whom>[^,?]+)|\bin (?P<whose>(?:the )?[\w’' ]+?)[’']s? (?:words|view|opinion)\b",
    re.IGNORECASE,
)


_ASKED = re.compile(
    r"\b(?:which|what)(?: (?:is|was|are|were) the| kind of| type of| sort of)? ((?:[\w’'-]+ ?){1,3})"
    r"|\bwho (?:is|was|are|were) the ((?:[\w’'-]+ ?){1,3})|\bhow many ((?:[\w’'-]+ ?){1,2})",
    re.IGNORECASE,
)
_VERBS = frozenset(
    "is was are were be been being do does did has have had will would can could should may might must take took say said think go goes went gone come comes came "
    "happen happens happened make makes made get gets got mean means seem seems look looks about else".split()
)


def asked_noun(question: str) -> str:
    """The thing that is asked for by name ("Which SCHOOL did best", "Who is the LEADER of", "How many NURSES"), or ""."""
    match = _ASKED.search(" ".join(question.split()))
    noun = ""
    for word in words_of(next(g for g in match.groups() if g)) if match else ():
        if word in _VERBS or word in STOP_WORDS:
            break
        noun = word
    return noun


def kind_of_question(question: str) -> str:
    """Which of KINDS the question asks for, by its form; the first form that fits wins."""
    text = " ".join(question.split())
    return next((kind for kind, form in _QUESTION_FORMS if form.search(text)), "other")


def asks_for_list(question: str) -> bool:
    """Whether the question asks for several things ("Which agencies …", "What were the key strengths …")."""
    return _LIST.search(" ".join(question.split())) is not None


def speaker_asked(question: str) -> str:
    """Whose words the question asks for ("What did X say about Y?", "according to X"), or ""."""
    match = _SPEAKER_ASKED.search(" ".join(question.split()))
    if not match:
        return ""
    who = next(g for g in match.group("who", "whom", "whose") if g)
    return who if len(who.split()) <= 8 else ""


def names_in(text: str) -> list[str]:
    """Capitalised runs of words that are names by their form; a lone capitalised stop word is none."""
    return [m.group() for m in _NAME.finditer(text) if _is_name(m.group())]


def names_asked_about(question: str) -> list[str]:
    """The names in a question, without the words that begin it ("Was Croydon Council …" holds "Croydon Council")."""
    names = []
    for match in _NAME.finditer(question):
        words = match.group().split()
        if match.start() == 0:  # any question begins with a capital
            words = words if len(words) > 1 else []
            while words and set(words_of(words[0])) & (STOP_WORDS | _VERBS):
                words = words[1:]
        if words and _is_name(" ".join(words)):
            names.append(" ".join(words))
    return names


def _is_name(run: str) -> bool:
    return any(w[:1].isupper() and not STOP_WORDS.issuperset(words_of(w)) for w in run.split())


def holds(kind: str, sentence: str, question_terms: frozenset[str]) -> float:
    """How well a sentence holds an expression of the kind asked for: 1 yes, 0.5 weakly, 0 no.

    An expression all of whose words the question already has does not count: it cannot be the answer.
    """
    check = _CHECKS.get(kind)
    return check(sentence, question_terms) if check else 0.0


def is_checked(kind: str) -> bool:
    """Whether `holds` can tell for this kind."""
    return kind in _CHECKS


def highlight(kind: str, sentence: str, question_terms: frozenset[str]) -> list[tuple[int, int]]:
    """Where in the sentence expressions of the kind stand, `[start, end)` within it; may be empty."""
    patterns = {
        "date": (_WHOLE_DATE,),
        "count": (_NUMBER,),
        "money": (_MONEY,),
        "amount": (_AMOUNT, _NUMBER),
        "duration": (_DURATION, _WHOLE_DATE),
    }
    patterns |= {"telephone": (_TELEPHONE,), "email": (_EMAIL,), "address": (_ADDRESS,), "person": (_NAME,)}
    for pattern in patterns.get(kind, ()):
        matches = [m for m in pattern.finditer(sentence) if pattern is not _NAME or _is_name(m.group())]
        found = [m.span() for m in matches if _is_new(m.group(), question_terms)]
        if found:
            return found
    return []


@lru_cache(maxsize=50_000)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(term_of(w) for w in words_of(text))


def _is_new(expression: str, question_terms: frozenset[str]) -> bool:
    return any(t not in question_terms for t in _terms(expression)) or not _terms(expression)


def _fresh(*patterns: re.Pattern[str]) -> Callable[[str, frozenset[str]], float]:
    """A check: 1 when the first pattern finds something that is not in the question, 0.5 when a later one does."""

    def check(sentence: str, question_terms: frozenset[str]) -> float:
        for pattern, value in zip(patterns, (1.0, 0.5, 0.5), strict=False):
            if any(_is_new(m.group(), question_terms) for m in pattern.finditer(sentence)):
                return value
        return 0.0

    return check


def _holds_person(sentence: str, question_terms: frozenset[str]) -> float:
    for match in _NAME.finditer(sentence):
        words = [w for w in match.group().split() if w[:1].isupper() and not STOP_WORDS.issuperset(words_of(w))]
        if match.start() < 2 and len(words) < 2:
            continue  # any sentence begins with a capital
        if any(t not in question_terms for w in words for t in _terms(w)):
            return 1.0
    return 0.5 if _ROLE.search(sentence) else 0.0


def _holds_place(sentence: str, question_terms: frozenset[str]) -> float:
    for match in _PLACE.finditer(sentence):
        if any(t not in question_terms for w in match.group().split() if w[:1].isupper() for t in _terms(w)):
            return 1.0
    return 0.5 if _PLACE.search(sentence) else 0.0


_CHECKS: dict[str, Callable[[str, frozenset[str]], float]] = {
    "person": _holds_person,
    "date": _fresh(_DATE),
    "place": _holds_place,
    "count": _fresh(_NUMBER),
    "money": _fresh(_MONEY),
    "amount": _fresh(_AMOUNT, _NUMBER),
    "duration": _fresh(_DURATION, _NUMBER),
    "reason": lambda sentence, _: float(_REASON.search(sentence) is not None),
    "said": lambda sentence, _: float(_SAID.search(sentence) is not None),
    "telephone": _fresh(_TELEPHONE),
    "email": _fresh(_EMAIL),
    "address": _fresh(_ADDRESS),
}
