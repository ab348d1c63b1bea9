"""What several documents say alike: one statement with its sources, decided by rules on words alone.

A wording that differs in a number, a date, a name or a negation is never taken for the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

import numpy as np

from index import Index, Span
from index.duplicates import wording
from index.sparse import STOP_WORDS, words_of
from index.store import speech_of
from index.words import is_english

from .answer import Place
from .facts import statement_of
from .kinds import names_in
from .read import Evidence

LEAST_TERMS = 3
"""Sentences of documents that are no copies need so many different words of content to be one statement: "He agreed." of two
documents is not."""

CONTAINED = 0.6
"""A sentence that stands word for word in another is the same statement when it makes up so much of the other's words."""

MISREAD = 2
"""Edits between a word and what it was misread for: "rn" for "m" is two."""

_VERB = r"(?:said|says|adds|added|states|stated|told (?:\w+ ){1,3}|explained|warned|claimed|argued|noted|commented|insisted|wrote|replied|admitted|confirmed|stressed|continued|announced|concluded|suggested)"
_TAIL = re.compile(
    rf"(?:[,.!?…]?[”\"’'][,.]?|,) (?:(?:[\w’'.-]+ ){{1,6}}?(?:also |later )?{_VERB}|{_VERB} [^“”\"]{{2,90}}|according to [^“”\",]{{2,60}})[.!]?\Z"
)
_HEAD = re.compile(rf"[^“”\"]{{2,90}}? {_VERB}[^“”\"\w]{{0,3}}(?=[“\"])")
_TURNS = frozenset(
    "not no never nor neither nobody none without deny denies denied false untrue wrong reject rejects rejected if whether unless hardly barely "
    "doubt doubts cannot almost nearly would could might may".split()
)
_TITLES = frozenset(
    "the councillor cllr dr mr mrs ms miss prof professor sir lady lord rev reverend superintendent inspector sergeant detective chief president "
    "minister mayor leader director captain judge".split()
)


def grouped(index: Index, evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """Evidence that makes the same statement together, each group led by its best; groups in order of their leaders."""
    groups: list[list[Evidence]] = []
    by_words: dict[int, list[int]] = {}
    for e in evidence:
        keys = _keys(e.text)
        found = {g for key in keys for g in by_words.get(key, ())}
        home = next((g for g in sorted(found) if _alike(index, groups[g][0], e)), None)
        if home is None:
            home = len(groups)
            groups.append([])
            for key in keys:
                by_words.setdefault(key, []).append(home)
        groups[home].append(e)
    return groups


@lru_cache(maxsize=20_000)
def _keys(text: str) -> frozenset[int]:
    """What sentences that make the same statement have in common at least once: the wording, or four words in a row; hashed,
    since it only suggests what to compare."""
    pieces = _wording(text)
    core = _wording(_core(text)) or pieces
    return frozenset(map(hash, [pieces, *(core[i : i + 4] for i in range(max(1, len(core) - 3)))]))


def _alike(index: Index, ours: Evidence, theirs: Evidence) -> bool:
    if index.original(ours.document) == index.original(theirs.document) and _same_but_misread(ours.text, theirs.text):
        return True
    return same_statement(ours.text, theirs.text) and _compatible(*(_speaker(index, e.number) for e in (ours, theirs)))


_wording = lru_cache(maxsize=20_000)(wording)


def _same_but_misread(ours: str, theirs: str) -> bool:
    """Whether two wordings are the same, but for words of which one is no word and an edit or two from the other, which is one.

    So scanners and typists err. Two words, two names and any other number are a difference that somebody may have meant.
    """
    pairs = ((a, b) for a, b in zip_longest(_wording(ours), _wording(theirs), fillvalue="") if a != b)
    return all(a.isalpha() and b.isalpha() and is_english(a) != is_english(b) and _edits(a, b) <= MISREAD for a, b in pairs)


def _edits(ours: str, theirs: str) -> int:
    from rapidfuzz.distance import DamerauLevenshtein

    return DamerauLevenshtein.distance(ours, theirs)


@lru_cache(maxsize=20_000)
def same_statement(ours: str, theirs: str) -> bool:
    """Whether two sentences say the same in the same words: but for marks, typography, an attribution ("…,” he said) or a
    few words more that hold no number, date, name or negation.
    """
    shorter, longer = sorted((_core(text) for text in (ours, theirs)), key=lambda core: len(_wording(core)))
    short, long = _wording(shorter), _wording(longer)
    at = next((i for i in range(len(long) - len(short) + 1) if long[i : i + len(short)] == short), None)
    if at is None or len(short) < CONTAINED * len(long):
        return False
    if len({w for w in short if w[0].isalpha() and w not in STOP_WORDS}) < LEAST_TERMS or not _attributions_agree(ours, theirs):
        return False
    if short == long:
        return True
    if long[-1] == "?":
        return False
    extra = long[:at] + long[at + len(short) :]
    names = {w for name in names_in(longer) for w in wording(name)}
    stated = statement_of(longer)
    facts = {w for fact in stated.facts for w in wording(longer[fact.start : fact.end])}
    return not any(w in _TURNS or w in names or w in facts or not w[0].isalpha() or w.endswith("n't") for w in extra)


@lru_cache(maxsize=20_000)
def _parts(text: str) -> tuple[str, str, str]:
    """A sentence in three: who says it, what is said, and who says it."""
    head, tail = _HEAD.match(text), _TAIL.search(text)
    start, end = head.end() if head else 0, tail.start() if tail else len(text)
    return (text[:start], text[start:end], text[end:]) if start < end else ("", text, "")


def _core(text: str) -> str:
    """A sentence without who says it."""
    return _parts(text)[1]


def _attributions_agree(ours: str, theirs: str) -> bool:
    """Whether what is cut off as attribution names nobody else and no other number."""
    rests = [_parts(text)[::2] for text in (ours, theirs)]
    names = [{w for part in rest for name in names_in(part) for w in words_of(name)} - _TITLES for rest in rests]
    numbers = [{w for part in rest for w in wording(part) if w[0].isdigit()} for rest in rests]
    return all(not a or not b or bool(a & b) for a, b in (names, numbers))


def _speaker(index: Index, sentence: int) -> str:
    row = index.sentences[sentence]
    speech = speech_of(row)
    return speech.speaker.of(index.text(int(row["document"]))) if speech else ""


def _compatible(ours: str, theirs: str) -> bool:
    """Whether two speakers may be one: not two different names. "Mercer" may be John Mercer, who is not Jane Mercer."""
    named = [[w for name in names_in(who) for w in words_of(name) if w not in _TITLES] for who in (ours, theirs)]
    short, long = sorted(named, key=len)
    return not short or set(short) <= set(long)


def places_of(index: Index, group: Sequence[Evidence], within: np.ndarray | None = None) -> tuple[tuple[Place, ...], int]:
    """Where other documents make the statement of a group, the first place in each; and how many documents do, copies of one
    document counted once. Looked for in the whole collection, or in the documents `within`: bool, shape (documents,)."""
    first = group[0]
    numbers = {e.number: e for e in group}
    for e in group:
        if _is_sentence(index, e):
            numbers |= {n: first for n in index.same_wording(e.number) if n not in numbers and _same_words(index, e.number, n)}
    places: list[Place] = []
    originals, documents = {index.original(first.document)}, {first.document}
    rows = sorted((int(index.sentences[n]["document"]), n) for n in numbers)
    rows = [row for row in rows if within is None or within[row[0]]]
    for document, n in sorted(rows, key=lambda r: (index.documents[r[0]].copy_of is not None, r)):
        if document in documents:
            continue
        span = Span(int(index.sentences[n]["start"]), int(index.sentences[n]["end"]))
        original = index.original(document)
        text = span.of(index.text(document))
        places.append(Place(index.documents[document].id, span.start, span.end, text, original in originals))
        documents.add(document)
        originals.add(original)
    return tuple(places), len(originals)


def _is_sentence(index: Index, evidence: Evidence) -> bool:
    row = index.sentences[evidence.number]
    return (int(row["start"]), int(row["end"])) == (evidence.span.start, evidence.span.end)


def _same_words(index: Index, ours: int, theirs: int) -> bool:
    """Whether sentences of the same wording make the same statement: in copies always, else when they say enough."""
    rows = [index.sentences[n] for n in (ours, theirs)]
    if index.original(int(rows[0]["document"])) == index.original(int(rows[1]["document"])):
        return True
    text = index.text(int(rows[0]["document"]))[rows[0]["start"] : rows[0]["end"]]
    return same_statement(text, text) and _compatible(_speaker(index, ours), _speaker(index, theirs))
