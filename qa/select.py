"""Which evidence may be quoted: whose words, which phrases; and which of it leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from index import Index
from index.sparse import term_of, words_of
from index.store import speech_of

from .answer import Citation, numbered
from .kinds import asked_noun
from .question import Question
from .read import Evidence, Reading
from .retrieve import passages_with, stands_in
from .whole import list_around

SPEAKER_BONUS = 1.5
"""Added to the score of what the person says whose words are asked for."""

SPEAKER_SHARE = 0.5
"""A speaker matches when this idf share of the asked words stands in the speaker's name and role."""


def select_evidence(index: Index, question: Question, reading: Reading) -> tuple[Reading, bool]:
    """The reading without what the question rules out, and whether somebody asked for is found speaking.

    A heading or lead-in answers only by the list below it. Quoted phrases must stand in a sentence word for word, `-word`s
    must not. When somebody's words are asked for who speaks by name, only that speaker's sentences stay; otherwise they come first.
    """
    evidence: Iterable[Evidence] = reading.evidence
    if question.excluded:
        evidence = [e for e in evidence if spared(question, e.text)]
    for phrase in question.phrases:
        evidence = [e for e in evidence if stands_in(phrase, e.text)]
    evidence = [e for e in evidence if e.kind not in ("heading", "lead_in") or _opens_what_is_asked(index, question, e)]
    if not question.speaker:
        return replace(reading, evidence=tuple(evidence)), False
    evidence = list(evidence)
    spoken = {e.number for e in evidence if _says(index, question, e)}
    by_name = [e for e in evidence if e.number in spoken and _named(index, e)]
    if by_name:
        evidence = by_name
    raised = [replace(e, score=e.score + SPEAKER_BONUS * (e.number in spoken)) for e in evidence]
    raised.sort(key=lambda e: (-e.score, e.number))
    mentioned = any(set(question.speaker) & {term_of(w) for w in words_of(e.text)} for e in raised)
    return replace(reading, evidence=tuple(raised)), bool(spoken) or mentioned


def spared(question: Question, text: str) -> bool:
    """Whether a text holds none of the `-word`s."""
    return not question.excluded & {term_of(w) for w in words_of(text)}


def without_excluded(
    index: Index, question: Question, citations: Sequence[Citation], notes: tuple[str, ...]
) -> tuple[tuple[Citation, ...], tuple[str, ...]]:
    """The citations without those that hold a `-word` beside the sentence that was found, numbered anew; and the notes.

    Items of a list and passages around a sentence are quoted for what stands beside them.
    """
    kept = [c for c in citations if spared(question, c.text)]
    if len(kept) == len(citations):
        return tuple(citations), notes
    kept_numbered = numbered(kept, 0, lambda document: index.text(index.numbers[document]))
    return kept_numbered, (f"Left out for the words you ruled out: {len(citations) - len(kept)} of {len(citations)}.",)


def ruled_out(index: Index, question: Question) -> str:
    """In words, why no sentence is left when quoted phrases or `-word`s leave none; "" when there are no such."""
    missing = [f"“{phrase}”" for phrase in question.phrases if not passages_with(index, [phrase], question.within)]
    if missing:
        return f"The exact words {' and '.join(missing)} stand nowhere in what can be quoted from the documents."
    left_out = " or ".join(f"“{word}”" for word in question.excluded_words)
    if question.phrases:
        quoted = " and ".join(f"“{phrase}”" for phrase in question.phrases)
        return f"No one sentence has the exact words {quoted}{f' without {left_out}' if left_out else ''}."
    return f"Every sentence that was found has {left_out}, which you ruled out." if left_out else ""


def _opens_what_is_asked(index: Index, question: Question, evidence: Evidence) -> bool:
    """Whether a heading or lead-in opens a list, and one of the things that the question names, if it names any."""
    noun = asked_noun(question.text)
    named = not noun or term_of(noun) in {term_of(w) for w in words_of(evidence.text)}
    return named and bool(list_around(index, evidence.number))


def _says(index: Index, question: Question, evidence: Evidence) -> bool:
    """Whether the sentence is said by the one whose words are asked for."""
    speech = speech_of(index.sentences[evidence.number])
    if speech is None:
        return False
    text = index.text(evidence.document)
    known = {term_of(w) for part in (speech.speaker, speech.role) if part for w in words_of(part.of(text))}
    weights = [index.keywords.idf(t) for t in question.speaker]
    matched = sum(w for t, w in zip(question.speaker, weights, strict=True) if t in known)
    return matched >= SPEAKER_SHARE * sum(weights) > 0


def _named(index: Index, evidence: Evidence) -> bool:
    speech = speech_of(index.sentences[evidence.number])
    return speech is not None and speech.speaker.of(index.text(evidence.document))[:1].isupper()
