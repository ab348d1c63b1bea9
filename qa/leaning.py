"""Whether a question leans on those before it, and by which of its words."""

from __future__ import annotations

import re

from index.sparse import STOP_WORDS, terms_of, words_of

from .phrases import AUXILIARIES, BE, Phrase, phrases_of

OPENING = re.compile(
    r"^\W*(?:(?:and|but|so|or|also|then|ok(?:ay)?|well|now)\b[\s,]*)*(?:(?:what about|how about|what of|(?:the )?same for)\b\s*)?",
    re.IGNORECASE,
)
ABOUT = re.compile(r"\b(?:what about|how about|what of|same for)\b", re.IGNORECASE)
BARE = re.compile(
    r"^(?P<asked>(?:since|until|by|for|to|from|with|in|at|on) (?:when|whom|what|which|where)|why(?: not)?|how(?: so| come| many| much| long| often| exactly)?|which(?: ones?)?|"
    r"when|where|who(?: by)?|what)(?:(?:(?<=why)|(?<=how)) (?:was|is) (?:that|this)|"
    r" (?:did|do|does|would|will|have|has) (?:they|he|she|it|we) (?:do|done) (?:that|this|it|so))?\W*$",
    re.IGNORECASE,
)
SAYS_WHO = re.compile(
    r"^(?:who (?:said|says|claims|claimed|thinks|told you|reported) (?:so|that|this|it)|says who|according to whom?)\W*$",
    re.IGNORECASE,
)
MORE = re.compile(
    r"^(?:(?:please )?(?:tell|show|give) (?:me|us) (?:(?:some|a bit|a little) )?more|more|go on|continue|more (?:details?|information)|any more|"
    r"(?:what|any ?thing|who|where|when|why|which|some ?thing|any ?one)(?: more| else| other)+)(?: please)?\W*$",
    re.IGNORECASE,
)
ONE = re.compile(
    r"\b(?:which(?: ones?| of (?:them|these|those))?(?=\W*$|\s+(?:is|are|was|were|did|do|does|has|have|had|will|would|can|won|got|came)\b)|"
    r"which (?:ones?|of (?:them|these|those))|the (?:first|second|third|fourth|fifth|last|latest|next|other|same) ones?)\b", re.IGNORECASE
)  # fmt: skip
HOW_MANY = re.compile(
    r"\bhow many(?=\W*$|\s+(?:is|are|was|were|did|do|does|has|have|had|will|would|should|can|could|came|went|got|left)\b)",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers)\b", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\b(?:(?:is|was|be|are|were|makes?|made|whose \w+ (?:is|was)) it (?!going|able|due|used|meant|said)(?:\w+ ){0,2}?(?:that|to|if|whether|who|for (?:\w+ ){1,4}to)\b|"
    r"it (?:costs?|takes?|took) (?:\w+ )?to\b|(?:does|did|do|will) it (?:rain|snow|freeze)|(?:what|which) (?:time|day|date) (?:is|was) it\b|"
    r"it (?:is|was) (?:true|possible|likely|clear|important|necessary|said)\b)", re.IGNORECASE
)  # fmt: skip
_THING = re.compile(r"\b(?:its?|they|them|theirs?)\b(?![’'])", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?P<the>this|that|these|those)\b(?![’'])(?P<gap>\W*)(?P<next>[\w’'-]*)(?P<then>\W*[\w’'-]*)", re.IGNORECASE
)
_BEHIND_A_PRONOUN = frozenset(
    "is was are were be been do does did has had have will would can could should mean means cost costs come comes came in for to from by at on with "
    "happen happened work affect go so and or if when because more less enough too true right good bad all".split()
)
"""Words before which "this" or "that" stands for something by itself: "What does THAT mean", not "What did THAT report say"."""
_BEHIND_A_VERB = frozenset(
    "the a an any in on to for with from by up out about like as his her its their my your our me you us it them".split()
)
_BOUNDARY = re.compile(
    r"\b(?:if|that|when|because|while|after|before|and|but|or|so|who|which|as|than|until|since|how|whether|what|where|to)\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(r"\b(?:some|any|every|no)(?:body|one)\b|\bpeople\b|\b(?:person|those) (?:who|that)\b", re.IGNORECASE)
_BELIEF = frozenset(
    "say says said think thinks thought believe believes promise promised hope sure claim claims know knew find found".split()
)
SUCH = re.compile(r"\b(?P<the>this|that|these|those|such|the) (?P<noun>[^\W\d_][\w’'-]+)\b", re.IGNORECASE)
_HERE = frozenset(
    "year month week morning evening area borough town city country county village region place article articles document documents page pages "
    "site text collection case time times day days way kind sort one ones".split()
)
"""Nouns that "this" and "that" point to without an earlier question: "this borough"."""
THERE = re.compile(
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )(?<!been )(?<!have )\bthere\b(?! (?:is|are|was|were|be|been|has|have|will|any|a|an|isn|aren|wasn)\b|[’'])(?=\W*$|\s*[,;]|\s+(?:in|on|during|after|before|since|at|and|when)\b)",
    re.IGNORECASE,
)
THEN = re.compile(r"^since then\b|\s(?:then|at (?:that|the) time|that (?:year|day|month|week))(?=\W*$)", re.IGNORECASE)
WHEN = re.compile(
    r"\b(?:(?:in|on|since|before|after|during|at|until|by) )(?:[A-Z]?[a-z]+ )?(?:\d{1,2} )?(?:[A-Z][a-z]+ )?\d{4}(?:[–-]\d+)?\b"
)
_ELSE = re.compile(r"\b(?:else|(?:what|any|some|\w+thing) more|others?|another)\b(?!.*\bthan\b)", re.IGNORECASE)
_SHORT = re.compile(
    r"^(?:in|on|at|for|to|from|by|with|during|after|before|since|between|under|of|the|its|their|his|her|\d[\w–-]*$)\b",
    re.IGNORECASE,
)


MAX_POINTING = 3
"""A question with more content words than this says by itself which "these findings" are."""


def leans(question: str) -> bool:
    """Whether a question needs those before it: a pronoun, an opening "and …", "else", or hardly a word of its own."""
    opening = OPENING.match(question)
    rest = question[opening.end() :] if opening else question
    if opening and opening.group().strip() or any(form.match(rest) for form in (BARE, SAYS_WHO, MORE)):
        return True
    if (
        person_pronouns(question)
        or thing_pronouns(question)
        or ONE.search(question)
        or _counts_nothing(question)
        or is_short(question)
    ):
        return True
    if THERE.search(question) or THEN.search(question) or any(points_back(m) for m in SUCH.finditer(question)):
        return True
    return _ELSE.search(question) is not None and len(terms_of(question)) <= 3 and not any(p.named for p in phrases_of(question))


def person_pronouns(question: str) -> list[re.Match[str]]:
    """The pronouns for a person that no phrase before them in the question explains."""
    phrases = phrases_of(question)
    return [
        m
        for m in _PERSON.finditer(question)
        if not any(p.start < m.start() and (p.may_be(m.group().casefold()) or p.named and not p.collective) for p in phrases)
    ]


def thing_pronouns(question: str) -> list[re.Match[str]]:
    """The pronouns for things that no phrase before them in the question explains and that are more than a form."""
    phrases = [p for p in phrases_of(question) if not p.vague]
    found = [] if _EXPLETIVE.search(question) else list(_THING.finditer(question))
    return sorted([m for m in found if not _explained(m, phrases)] + _pointing(question), key=lambda m: m.start())


def _explained(pronoun: re.Match[str], phrases: list[Phrase]) -> bool:
    """Whether something before the pronoun agrees with it: "its" in the same clause, "it" and "them" only over a clause's end."""
    word, question = pronoun.group().casefold(), pronoun.string
    if word in ("they", "their") and _SOMEBODY.search(question, 0, pronoun.start()):
        return True
    before, behind = words_of(question[: pronoun.start()])[-1:], words_of(question[pronoun.end() :])[:1]
    opens_clause = (
        word in ("it", "they") and not AUXILIARIES.issuperset(before) and (AUXILIARIES | _BELIEF).intersection(behind + before)
    )
    for phrase in phrases:
        end = phrase.start + len(phrase.core)
        several = phrase.plural or phrase.named or phrase.collective or (phrase.human and bool(opens_clause))
        owns = word in ("its", "their")
        asked = phrase.before in ("what", "which", "many", "much") and not phrase.named and not owns
        across = owns or opens_clause or _BOUNDARY.search(question, end, pronoun.start())
        if end < pronoun.start() and not asked and across and (several if word.startswith("the") else not phrase.plural):
            return True
    return False


def _pointing(question: str) -> list[re.Match[str]]:
    """ "this", "that", "these" and "those" by themselves, cut from the words behind them."""
    found = []
    for match in _POINTING.finditer(question):
        the, following = match.group("the").casefold(), match.group("next").casefold()
        before = (words_of(question[: match.start()][-40:]) or [""])[-1]
        following_words = _BEHIND_A_PRONOUN if the in ("this", "that") else _BEHIND_A_PRONOUN & AUXILIARIES
        if match.start() and len(words_of(question[: match.start()])) == 1 and before in BE:
            following_words = following_words | {"a", "the"}  # "Is that a lot?"
        alone = not following or "?" in match.group("gap") or "," in match.group("gap") or following in following_words
        verb = (
            before in AUXILIARIES
            and the in ("this", "that")
            and words_of(match.group("then"))[:1] in ([w] for w in _BEHIND_A_VERB)
        )
        joins = the == "that" and before and before not in STOP_WORDS | AUXILIARIES | {"like", "mean", "since", "why", "how"}
        if (alone or verb) and not joins:
            found.append(re.compile(r"\w+").match(question, match.start()))
    return [m for m in found if m]


def is_short(question: str) -> bool:
    """ "In Croydon?", "The weaknesses?": a phrase with a question mark and no verb."""
    words = [w.casefold() for w in re.findall(r"[\w’'-]+", question)]
    return (
        question.endswith("?")
        and 0 < len(words) <= 5
        and not AUXILIARIES.intersection(words)
        and _SHORT.match(question) is not None
    )


def _counts_nothing(question: str) -> bool:
    """ "How many were closed?": of what, the question does not say."""
    many = HOW_MANY.search(question)
    return many is not None and not any(p.start < many.start() for p in phrases_of(question))


def points_back(such: re.Match[str]) -> bool:
    """Whether "those talks" points back: not "this borough", and not "that" which joins two clauses."""
    the, noun = such.group("the").casefold(), such.group("noun").casefold()
    if the == "the" or noun in STOP_WORDS | AUXILIARIES | _HERE | _BEHIND_A_PRONOUN or noun.endswith(("ing", "ed")):
        return False
    if (
        such.string[such.end() :].startswith(" of ")
        or len(terms_of(such.string)) > MAX_POINTING
        or any(m.start() == such.start() for m in _pointing(such.string))
    ):
        return False
    before = such.string[: such.start()].split()[-1:]
    return the != "that" or not before or before[0].casefold() in STOP_WORDS | AUXILIARIES
