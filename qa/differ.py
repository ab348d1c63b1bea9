"""Where sources differ: statements that say the same but for one number, date, amount or name, to be set side by side.

Precision before recall: what may be about two things (other years, other units, other wards) is left alone. See `facts`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from index import Index, Span
from index.duplicates import wording
from index.sparse import STOP_WORDS, term_of, words_of

from .agree import grouped
from .answer import Citation
from .facts import NEGATION, Fact, Statement, difference, expression, statement_of
from .kinds import names_in
from .question import Question
from .read import Evidence, Reading
from .whole import leans_back

LOOKED_AT = 40
"""Of the best evidence, how much is compared with what is cited."""

MOST_CITED = 5
COVERED = 0.7
"""Share of the question's words, weighted by idf, that both of two differently worded sentences must have."""

SAME_MATTER, MAIN_NAMES, DAYS_APART = 0.6, 5, 21
"""Documents speak of one matter when so much of the most frequent names of each stands in the other; not when their dates
are known to be further apart than DAYS_APART."""

LEAST_TERMS = 4
"""Words of content that two contradicting sentences of one document share at least."""

_ONE_ONLY = re.compile(
    r"\b(?:is|was|became|remains) (?:now )?(?:the|its|their|our|\w+[’']s)\b|\b(?:led|chaired|headed|run|written|founded|designed|built|opened|owned|"
    r"appointed|elected|chosen|won|succeeded|replaced|held|based|located|born|buried)\b|\b(?:takes?|took|taking) place\b"
)

_CALENDAR = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october "
    "november december"
)
_COUNTING = "many much long far often old big high number figure date year day time"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two statements that differ: the numbers of their documents and the spans of these where they do."""

    documents: tuple[int, int]
    spans: tuple[Span, Span]


def set_beside(
    index: Index, question: Question, reading: Reading, chosen: Sequence[Sequence[Evidence]]
) -> tuple[list[list[Evidence]], tuple[Difference, ...]]:
    """What is to be cited, with the statements that differ from it in one fact put right behind it; and the differences.

    Only the best evidence is looked at, at most MOST_CITED are cited unless more were chosen, and lists stay as they are.
    """
    ordered = [list(group) for group in chosen]
    if len(ordered) > MOST_CITED or any(group[0].kind in ("item", "row") for group in ordered):
        return ordered, ()
    found: dict[tuple[int, int], tuple[Span, Span]] = {}
    for group in list(ordered):
        for theirs in _others(index, question, group[0], reading):
            if group not in ordered:  # it made room for what is set beside a better one
                break
            there = next((g for g in ordered if theirs in g), None)
            place = ordered.index(group) + 1
            if there is not None and ordered.index(there) < place:
                continue  # told already, from the other side
            facts = differ(index, question, group[0], there[0]) if there else differ(index, question, group[0], theirs)
            if facts is None or there is None and place >= MOST_CITED:
                continue
            if there is None:
                there = [theirs, *_equals(index, reading, theirs)]
                del ordered[MOST_CITED - 1 :]
            else:
                ordered.remove(there)
            ordered.insert(place + sum(first == group[0].number for first, _ in found), there)
            found[group[0].number, there[0].number] = _at(group[0], facts[0]), _at(there[0], facts[1])
    where = {group[0].number: i for i, group in enumerate(ordered)}
    told = sorted((where[a], where[b], spans) for (a, b), spans in found.items() if a in where and b in where)
    return ordered, tuple(Difference((ordered[a][0].document, ordered[b][0].document), spans) for a, b, spans in told)


def _others(index: Index, question: Question, ours: Evidence, reading: Reading) -> list[Evidence]:
    """Of the best evidence, what differs from `ours`, each wording once."""
    if not statement_of(ours.text).facts and question.kind not in ("person", "place"):
        return []
    best = (e for e in reading.evidence[:LOOKED_AT] if e.kind not in ("item", "row", "heading", "lead_in"))
    differing = [e for e in best if differ(index, question, ours, e)]
    return [group[0] for group in grouped(index, differing)]


def _equals(index: Index, reading: Reading, evidence: Evidence) -> list[Evidence]:
    """The other evidence that makes the same statement."""
    group = next((g for g in grouped(index, reading.evidence) if evidence in g), [])
    return [e for e in group if e.number != evidence.number]


def _at(evidence: Evidence, fact: Fact) -> Span:
    """Where a fact stands in its document, with the unit that it counts."""
    start, end = expression(evidence.text, fact)
    return Span(evidence.span.start + start, evidence.span.start + end)


def differ(index: Index, question: Question, ours: Evidence, theirs: Evidence) -> tuple[Fact, Fact] | None:
    """The expressions, as positions in the two sentences, in which they differ while they say the same; or None."""
    if ours.number == theirs.number or leans_back(ours.text) or leans_back(theirs.text):
        return None
    a, b = statement_of(ours.text), statement_of(theirs.text)
    if len(a.frame & b.frame) < 2:
        return None
    elsewhere = ours.document != theirs.document

    def reworded() -> bool:
        return elsewhere and _covered(question, ours.text) and _covered(question, theirs.text)

    facts, but = difference(a, b, index.keywords.idf, question.kind, reworded), frozenset[str]()
    if facts is None and question.kind in ("person", "place"):
        facts = _other_name(a, b)
        but = _terms(" ".join(s.text[f.start : f.end] for s, f in zip((a, b), facts or (), strict=False)))
    if facts is None:
        return None
    meant = _of_one_matter(index, ours, theirs, a, b, but) if elsewhere else _firm_within(a, b, facts)
    return facts if meant else None


def _firm_within(a: Statement, b: Statement, facts: tuple[Fact, Fact]) -> bool:
    """Within one document only the very same words with another amount contradict; another day may be another event."""
    return facts[0].kind in ("number", "money", "percent") and a.frame == b.frame and len(a.frame) >= LEAST_TERMS


def _covered(question: Question, text: str) -> bool:
    """Whether a sentence has most of what is asked; how it is negated ("without any", "no") or counted does not matter."""
    terms = {term_of(w) for w in words_of(text)}
    asked = [
        (t, w)
        for t, w in zip(question.terms, question.weights, strict=True)
        if t not in _terms(_COUNTING) and not NEGATION.fullmatch(t)
    ]
    return sum(w for t, w in asked if t in terms) >= COVERED * sum(w for _, w in asked) > 0


def _other_name(a: Statement, b: Statement) -> tuple[Fact, Fact] | None:
    """The one name in which two sentences of otherwise the same words differ, where only one can be right ("is the head")."""
    alike = [f.kind for f in a.facts] == [f.kind for f in b.facts]
    if not alike or any(not x.agrees(y) for x, y in zip(a.facts, b.facts, strict=True)):
        return None
    names = [names_in(a.text), names_in(b.text)]
    only = [[n for n in names[i] if not any(set(words_of(n)) & set(words_of(m)) for m in names[1 - i])] for i in (0, 1)]
    if [len(o) for o in only] != [1, 1] or not _ONE_ONLY.search(a.text):
        return None
    rests = [wording(s.text.replace(o[0], " ")) for s, o in zip((a, b), only, strict=True)]
    words = [{w for w in rest if w not in STOP_WORDS} for rest in rests]
    if words[0] != words[1] or len(words[0]) < 2:
        return None
    facts = [Fact("name", "", (), s.text.index(o[0]), s.text.index(o[0]) + len(o[0])) for s, o in zip((a, b), only, strict=True)]
    return facts[0], facts[1]


def _of_one_matter(index: Index, ours: Evidence, theirs: Evidence, a: Statement, b: Statement, but: frozenset[str]) -> bool:
    """Whether two documents speak of one matter, as far as their titles, dates and names tell; editions of a series do not.

    `but` are the words of the names in which the two differ.
    """
    one, two = index.documents[ours.document], index.documents[theirs.document]
    labels = [wording(d.title or d.id) for d in (one, two)]
    plain = [[w for w in label if not _dated(w)] for label in labels]
    if labels[0] != labels[1] and plain[0] == plain[1] and plain[0]:
        return False
    days = [_day(d.metadata.date) for d in (one, two)]
    if days[0] and days[1] and abs((days[0] - days[1]).days) > DAYS_APART:
        return False
    texts = [index.text(e.document) for e in (ours, theirs)]
    extra = (a.names - b.frame - but, b.names - a.frame - but)
    if all(extra) or any(not term <= _terms(text) for term, text in zip(extra, texts[::-1], strict=True)):
        return False
    return all(_shares_names(x, y, but) for x, y in (texts, texts[::-1]))


def _dated(word: str) -> bool:
    return not word[0].isalpha() or term_of(word) in _terms(_CALENDAR) or word in ("st", "nd", "rd", "th")


def _day(known: str | None) -> date | None:
    try:
        return date.fromisoformat(known) if known else None
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _terms(text: str) -> frozenset[str]:
    return frozenset(term_of(w) for w in words_of(text))


@lru_cache(maxsize=256)
def _main_names(text: str) -> tuple[tuple[str, int], ...]:
    """The most frequent words of names in a text, not counting those at the start of a sentence, and how often they stand."""
    found = Counter(term_of(w.casefold()) for w in re.findall(r"(?<=[\w,;:’'] )[A-Z][\w’'-]+", text))
    for term in _terms(_CALENDAR) & found.keys():
        del found[term]
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MAIN_NAMES])


def _shares_names(ours: str, theirs: str, but: frozenset[str]) -> bool:
    names = [(name, n) for name, n in _main_names(ours) if name not in but]
    known = _terms(theirs)
    return sum(n for name, n in names if name in known) >= SAME_MATTER * sum(n for _, n in names)


def with_differences(index: Index, citations: Sequence[Citation], differences: Iterable[Difference]) -> tuple[Citation, ...]:
    """The citations, each knowing which others it differs from and where; those places are highlighted too.

    A statement may stand in the quotation of another, which is then the one that differs.
    """
    marked = list(citations)
    for d in differences:
        places = [_holding(index, citations, *at) for at in zip(d.documents, d.spans, strict=True)]
        if None in places or places[0] == places[1]:
            continue
        for here, there, span in zip(places, places[::-1], d.spans, strict=True):
            c = marked[here]
            marked[here] = replace(
                c,
                document_text=index.text(index.numbers[c.document]),
                differs_from=tuple(sorted({*c.differs_from, citations[there].number})),
                differing=tuple(sorted({*c.differing, span})),
                highlights=tuple(sorted({*c.highlights, span})),
            )
    return tuple(marked)


def _holding(index: Index, citations: Sequence[Citation], document: int, span: Span) -> int | None:
    """The place of the first citation that quotes a span of a document."""
    quoting = (
        i for i, c in enumerate(citations) if index.numbers[c.document] == document and c.start <= span.start < span.end <= c.end
    )
    return next(quoting, None)


def differences_in_words(citations: Sequence[Citation]) -> tuple[str, ...]:
    """A line for each statement on which citations differ, of words quoted from them, in the order of their numbers."""
    by_number = {c.number: c for c in citations}
    lines, told = [], set()
    for c in citations:
        if not c.differs_from or c.number in told:
            continue
        members = sorted({c.number, *c.differs_from})
        told |= {*members}
        said: dict[str, list[int]] = {}
        for n in members:
            said.setdefault(_differing_words(by_number[n]), []).append(n)
        parts = ", ".join(f"“{words}” {' '.join(f'[{n}]' for n in numbers)}" for words, numbers in said.items())
        one = len({by_number[n].document for n in members}) == 1
        lines.append(f"The document says both: {parts}." if one else f"The sources differ: {parts}.")
    return tuple(lines)


def _differing_words(citation: Citation) -> str:
    return "” and “".join(
        " ".join(citation.text[d.start - citation.start : d.end - citation.start].split()) for d in citation.differing
    )
