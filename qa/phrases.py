"""Noun phrases of a question: where they stand, what they are headed by, whom or what they can be. Rules, no tagger."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.sparse import STOP_WORDS

from .kinds import names_in

BE = frozenset("is are was were isn't aren't wasn't weren't".split())
DO = frozenset("do does did don't doesn't didn't".split())
AUXILIARIES = (
    BE | DO | frozenset("has have had will would can could shall should may might must cannot can't won't hasn't haven't".split())
)
ASKING = frozenset("who whom whose what which when where why how".split())
_DETERMINERS = frozenset("the a an any some all each every both its their his her our your my these those this that".split())
_PREPOSITIONS = frozenset("of in on at for to from with near between against by about into over under during after before since "
    "until around through without within across towards among".split())  # fmt: skip
_COMPLEMENT = frozenset("of in on at for to from with near between against".split())
"""Prepositions that tie the phrase after them to the one before: "the flood wall AT Tarrowby"."""
_ADVERBS = frozenset(
    "actually always just never really simply still already even yet currently often mostly mainly exactly probably".split()
)
_QUANTITY = _ADVERBS | frozenset("many much few several more most other long often far old soon".split())
_OF_THINGS = frozenset("old long".split())
"""Words of quantity that describe a thing behind an article: "the OLD bridge", but "how old"."""
_FINITE = frozenset(
    "said says thought thinks found finds made makes took takes gave gives got gets went goes came comes ran runs kept keeps began begins "
    "became becomes left leaves received receives told tells won lost met rose fell felt knew saw bought sold spent wrote written held sent "
    "done led paid pays built meant means used did was happened born died grew stood taught contains includes put set chose worth "
    "hit cut shut worth".split()
)
"""Forms of common verbs that are hardly ever nouns; every word in "-ed" behind another word is taken for one too."""
_VERBS = _FINITE | frozenset(
    "say think find make take give get go come run work help happen mean cost pay need want use keep start stop open close begin end become "
    "leave move build offer receive report show tell ask answer call carry cover apply belong join win lose vote meet visit change rise fall "
    "increase drop improve agree decide complain respond react describe claim argue suggest recommend warn promise expect hope believe feel "
    "know see look try manage employ recruit hire spend raise charge buy sell provide include contain lead cause affect reduce protect "
    "die write hold send like due worth play live marry grow serve teach allow stand do be have add plan choose praise wait speak drive walk travel eat sleep sign attend deal earn talk".split()
)
"""Verbs and predicates that end a noun phrase where one is still to come: "Did the council VOTE", "What is the grant WORTH"."""
_PREDICATES = frozenset(
    "good bad better worse best safe ready available able important possible responsible necessary sure likely red open free high low wrong right true".split()
)
"""Adjectives that end a phrase when they stand behind it: "Is the wall SAFE"."""
_CLAUSES = frozenset("that who which to and if when because".split())
_SUBJECTS = frozenset("i you we they he she it one".split())
_TIMES = frozenset(
    "year years month months week weeks day days time times morning evening afternoon night today yesterday summer winter spring autumn "
    "monday tuesday wednesday thursday friday saturday sunday saturdays sundays january february march april may june july august september "
    "october november december decade century moment today".split()
)
_VAGUE = frozenset(
    "lot thing things something anything everything more kind kinds sort part parts way one ones else total average addition".split()
)
_PLURAL_PEOPLE = frozenset(
    "people children men women police staff youngsters pupils patients adults students volunteers workers".split()
)
_ORGANISATION = re.compile(
    r"\b(?:council|committee|services?|association|commission|trust|board|ltd|limited|plc|union|party|university|college|school|group|"
    r"ministry|department|police|agency|fund|society|company|hospital|court|authority|team|band|firm|government|parliament|bank|club|"
    r"charity|partnership|inspectorate|ofsted|nhs|cqc|transport|ferries|crew|family|couple)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:street|road|lane|park|house|home|view|river|bridge|island|borough|county|city|town|village|harbour|wall)\b",
    re.IGNORECASE,
)
_MEN = frozenset("mr father dad man boy king son brother husband grandfather uncle gentleman chairman spokesman sir lord".split())
_WOMEN = frozenset(
    "mrs ms miss mother mum woman girl queen daughter sister wife grandmother aunt lady chairwoman spokeswoman dame".split()
)
_PEOPLE = _MEN | _WOMEN | frozenset(
    "person leader director manager officer chair head mayor minister president author doctor teacher inspector councillor member "
    "spokesperson coordinator resident parent nurse farmer owner driver singer player actor writer artist professor founder chief "
    "executive secretary treasurer commissioner coach captain dr prof cllr rev".split()
)  # fmt: skip
_TOKEN = re.compile(r"[^\W_]+(?:[’'.&–-][^\W_]+)*(?:(?<=[sS])[’']|(?<=\b[A-Z])\.|(?<=\b[A-Z][a-z])\.)?|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: `text` with its complements ("the wall at Tarrowby"), `core` without ("the wall"), `start` of both in
    the question, `before` the word in front of it (folded)."""

    text: str
    core: str
    start: int
    before: str
    named: bool

    @property
    def head(self) -> str:
        """The last word of the core, folded."""
        return self.core.split()[-1].casefold()

    @property
    def owner(self) -> Phrase | None:
        """Whose it is, by name: of "Nora Hill's father" Nora Hill."""
        match = re.match(r"(?:(?:the|an?)\s+)?([A-ZÀ-Þ].*?)[’']s\s", self.core)
        return Phrase(match.group(1), match.group(1), self.start, self.before, True) if match else None

    @property
    def definite(self) -> bool:
        """Something particular: with an article or owner, named, of several words, or several things."""
        return self.named or self.plural or " " in self.core

    @property
    def plural(self) -> bool:
        """By its form; a name never is."""
        return not self.named and (
            self.head in _PLURAL_PEOPLE
            or self.head.endswith("men")
            or (self.head.endswith("s") and not self.head.endswith(("ss", "us", "is", "'s", "’s")))
        )

    @property
    def collective(self) -> bool:
        """A body of people, "it" or "they"."""
        return _ORGANISATION.search(self.core) is not None

    @property
    def human(self) -> bool:
        """People by their head word, one or several."""
        return self.head in _PLURAL_PEOPLE or self.head in _PEOPLE or self.head.removesuffix("s") in _PEOPLE

    @property
    def vague(self) -> bool:
        """A time, a quantity or a mere "thing": nothing that a pronoun takes up."""
        return self.head in _TIMES or self.head in _VAGUE or self.head[:1].isdigit() or not self.head[:1].isalnum()

    def may_be(self, pronoun: str) -> bool:
        """Whether "he" or "she" can stand for it: a person's name or role, and no title of the other sex."""
        if self.core.casefold().startswith(("a ", "an ", "any ")) or self.plural:
            return False
        words = {w.casefold().strip(".") for w in self.core.split()}
        if words & (_MEN if pronoun in ("she", "her", "hers") else _WOMEN):
            return False
        if self.head in _PEOPLE or words & _PEOPLE:
            return not self.head.endswith(("'s", "’s"))
        lone = " " not in self.core
        return (
            self.named and self.before not in ("the", "in", "at", "near", "a", "an") and not self.collective and not _PLACE.search(self.core)
            and not re.search(r"\b(?:the|for|and)\b|\d", self.core) and not (lone and (self.core.isupper() or self.before in _PREPOSITIONS))
        )  # fmt: skip


def without_possessive(text: str) -> str:
    """The text without "'s" at its end."""
    return re.sub(r"[’']s?$", "", text)


def phrases_of(question: str) -> list[Phrase]:
    """The noun phrases of a question in their order, as far as its word order shows them."""
    tokens = [(m.start(), m.group()) for m in _TOKEN.finditer(question)]
    folded = [t.casefold() for _, t in tokens]
    names = _name_words(question)
    named = [start in names for start, _ in tokens]
    spans: list[tuple[int, int]] = []  # of tokens, half open
    pending = folded[:1] != [] and folded[0] in BE and folded[1:2] != ["there"]  # a verb or predicate is still to come
    at = 0
    while at < len(tokens):
        word, before = folded[at], folded[at - 1] if at else ""
        first = at + (word in _DETERMINERS and not named[at])
        end = first
        while end < len(tokens) and (named[end] or _is_content(folded[end]) or (end == first > at and folded[end] in _OF_THINGS)):
            end += 1
        is_verb = not named[at] and (
            before in ("who", "that")
            or (before in ASKING and word in _FINITE)
            or (pending and before in _SUBJECTS)
            or (before in AUXILIARIES - DO | {"to", "be", "been"} and (word in _VERBS or word.endswith(("ed", "ing"))))
        )
        if end == first or (first == at and is_verb):
            if is_verb and end > first:
                pending = False
            if word in AUXILIARIES:
                pending = word in DO or word not in BE and any(w in _VERBS or w.endswith("ed") for w in folded[at + 1 :])
            at += 1
            continue
        cut = _verb_at(folded, named, first, end, pending=pending)
        spans.append((at, cut))
        pending = pending and cut == end and folded[end : end + 1] != ["get"]
        at = cut + (cut < end)
    return _with_complements(question, tokens, folded, named, spans)


def _is_content(word: str) -> bool:
    return (
        word[:1].isalnum()
        and word not in STOP_WORDS
        and word not in AUXILIARIES
        and word not in _QUANTITY
        and word not in _PREPOSITIONS
    )


def _name_words(question: str) -> set[int]:
    """Where the words of names start; asking words and the question's first word alone are no part of a name."""
    found: set[int] = set()
    at = 0
    for name in names_in(question):
        at = question.index(name, at)
        words = [(at + m.start(), m.group()) for m in re.finditer(r"\S+", name)]
        while words and words[0][1].casefold() in STOP_WORDS | AUXILIARIES | ASKING:
            words.pop(0)
        if words and (words[0][0] > 0 or len(words) > 1):
            found.update(start for start, _ in words)
        at += len(name)
    return found


def _verb_at(folded: list[str], named: list[bool], first: int, end: int, *, pending: bool) -> int:
    """Where the verb stands in a run of words, `end` if nowhere: "the council VOTE", "the bridge CLOSED"."""
    rest = [i for i in range(first + 1, end) if not named[i]]
    finite = [i for i in rest if folded[i].endswith("ed") or folded[i] in _FINITE]
    if rest and rest[-1] == end - 1 and folded[end - 1] in _PREDICATES:
        return end - 1
    if (
        not pending
        and rest
        and rest[-1] == end - 1
        and folded[end : end + 1] in (["the"], ["a"], ["an"], ["any"], ["their"], ["its"])
    ):
        return finite[0] if finite else end - 1  # two phrases in a row: a verb stands between them
    if not pending or not rest or folded[end : end + 1] in (["get"], ["have"], ["do"], ["be"]):
        return finite[0] if finite else end
    clause = next((i for i in range(end, len(folded)) if folded[i] in _CLAUSES), len(folded))
    later = any(w in _VERBS for w in folded[end:clause])
    verbs = [i for i in rest if folded[i] in _VERBS] or finite
    if later and folded[end] in _COMPLEMENT and verbs[:1] == [end - 1]:
        return end  # "did the REPORT on the wall say"
    if verbs:
        return verbs[-1]
    return end if later or rest[-1] != end - 1 else end - 1


def _with_complements(
    question: str, tokens: list[tuple[int, str]], folded: list[str], named: list[bool], spans: list[tuple[int, int]]
) -> list[Phrase]:
    result: list[Phrase] = []
    for i in reversed(range(len(spans))):
        start, end = spans[i]
        begin = tokens[start][0]
        core = question[begin : tokens[end - 1][0] + len(tokens[end - 1][1])]
        text = core
        if (
            result
            and spans[i + 1][0] == end + 1
            and folded[end] in (_COMPLEMENT if not named[end - 1] else ("of",))
            and not result[-1].vague
        ):
            text = question[begin : result[-1].start + len(result[-1].text)]
        result.append(Phrase(text, core, begin, folded[start - 1] if start else "", named[end - 1]))
    return result[::-1]
