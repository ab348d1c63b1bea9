"""An earlier question said again: as a statement, with another asking word, or asking for more."""

from __future__ import annotations

import re

from index.sparse import STOP_WORDS, words_of

from .phrases import ASKING, AUXILIARIES, BE, DO, Phrase, phrases_of, without_possessive

RELATIVE = 8
"""A relative clause is taken over with so many words at most."""

_WHEN_OR_HOW = re.compile(
    r"^\W*(?:(?:since |until |by |at |from |to |in )?(?:when|where|why)|how(?! many| much)(?: long| often| far| soon)?)\s+",
    re.IGNORECASE,
)
_OF_THINGS = re.compile(r"^\W*(?:how many|how much|which|what)\s+(?=\S)", re.IGNORECASE)


def statement_of(question: str) -> str:
    """What a question takes for granted or asks about, without its asking word: "the bridge was closed"."""
    question = question.rstrip(" ?.!")
    adverb = _WHEN_OR_HOW.match(question)
    if adverb or _first(question) in AUXILIARIES:
        return _in_order(question[adverb.end() :] if adverb else question)
    things = _OF_THINGS.match(question)
    thing, aux, rest = _around_auxiliary(question[things.end() :]) if things else ("", "", "")
    if things and aux:
        if aux.casefold() in DO:
            return f"{rest} {thing}".strip()
        return f"{thing} {aux} {rest}" if thing else _in_order(f"{aux} {rest}")
    return after_asking(question)


def after_asking(question: str) -> str:
    """A question without its asking word: of "Who chairs the group?" "chairs the group"."""
    question = question.rstrip(" ?.!")
    return re.sub(
        r"^\W*(?:who(?:m|se)?|what|which|when|where|why|how(?: many| much| long)?)\b\s*", "", question, flags=re.IGNORECASE
    )


def ask_again(asked: str, previous: str) -> str:
    """The question of an asking word alone: "Why?" after "When was the bridge closed?" is "Why was the bridge closed?"."""
    asked = capitalised(asked)
    question = previous.rstrip(" ?.!")
    adverb = _WHEN_OR_HOW.match(question)
    body = question[adverb.end() :] if adverb else question
    if _first(body) in AUXILIARIES and asked.casefold() not in ("who", "what"):
        return f"{asked} {body[:1].lower()}{body[1:]}?"
    things = _OF_THINGS.match(question)
    if things and asked.casefold() in ("how many", "which", "which one", "which ones"):
        return f"{asked.split(' one')[0]} {question[things.end() :]}?"
    thing, aux, rest = _around_auxiliary(question[things.end() :]) if things else ("", "", "")
    if asked.casefold() in ("why", "how", "why not", "how come") and aux and (thing or aux.casefold() not in BE):
        if aux.casefold() not in DO:
            return f"{asked} {aux} {thing} {rest}".rstrip() + "?"
        tail = re.search(r"\s(?:in|on|at|for|from|to|by|with|during|since|between|about)\s.*$", rest)
        at = tail.start() if tail else len(rest)
        return " ".join(f"{asked} {aux} {rest[:at]} {thing}{rest[at:]}".split()) + "?"
    if _first(question) in ASKING and asked.casefold() != _first(question):
        return f"{question}, and {asked[:1].lower()}{asked[1:]}?"
    return f"{asked}: {statement_of(question)}?"


def ask_who_said(previous: str) -> str:
    """The question of "Who said so?"."""
    said = statement_of(previous)
    return (
        f"Who said that {said}?" if _first(previous) not in ASKING or _WHEN_OR_HOW.match(previous) else f"Who said so ({said})?"
    )


def ask_more(asked: str, previous: str, topic: str) -> str:
    """The question of "What else?" or "Tell me more"."""
    asked = asked.rstrip(" ?.!")
    question = previous.rstrip(" ?.!")
    if asked.casefold().endswith(("else", "other")) and _first(asked) == _first(question):
        return f"{asked} {after_asking(question)}?".replace(" else else ", " else ")
    if asked.casefold().endswith(("else", "other")):
        return f"{asked}: {question[:1].lower()}{question[1:]}?"
    return f"{asked} about {topic}" if topic else f"{asked}: {question}"


def with_topic(question: str, topic: str) -> str:
    """The question with what the previous one was about, unless it says so already."""
    have = set(words_of(question))
    if not [w for w in words_of(topic) if w not in have and w not in STOP_WORDS and w not in ASKING]:
        return question
    question = question.rstrip(" ?.!")
    if re.search(r"\b(?:say|said|think|find|found|recommend|suggest|propose|want|report|claim|do|done|happened)$", question):
        return f"{question} about {topic}?"
    return f"{question} ({topic})?"


def mentioned_again(question: str, phrase: Phrase) -> str:
    """A phrase as who comes back to it says it: "a loan" is "the loan", "How many trees will be planted?" "the trees that will be planted"."""
    text = re.sub(r"^(?:an?|this|that|these|those|any|some)\s+", "the ", without_possessive(phrase.text), flags=re.IGNORECASE)
    text = text[:1].lower() + text[1:] if re.match(r"(?:The|A|An|Its|Their|His|Her)\s", text) else text
    if (
        text != phrase.text
        or not phrase.plural
        or re.match(r"(?:the|its|their|his|her|my|your|our|all|both)\s|.*[’']s?\s", text, re.IGNORECASE)
    ):
        return text
    behind = question[phrase.start + len(phrase.text) :].strip(" ?.!")
    if phrase.before in ("many", "which", "what") and behind and _first(behind) not in DO and len(behind.split()) <= RELATIVE:
        return f"the {text} {'who' if phrase.human else 'that'} {behind}"
    return f"the {text}"


def capitalised(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _first(text: str) -> str:
    return (words_of(text[:40]) or [""])[0]


def _around_auxiliary(text: str) -> tuple[str, str, str]:
    """What stands before the first auxiliary verb, the verb, and what stands behind; ("", "", text) without one."""
    for match in re.finditer(r"[\w’']+", text):
        if match.group().casefold() in AUXILIARIES:
            return text[: match.start()].strip(), match.group(), text[match.end() :].strip()
    return "", "", text


def _in_order(text: str) -> str:
    """ "was the bridge closed" as "the bridge was closed"; "did it close" as "it close"."""
    aux, _, rest = text.partition(" ")
    if aux.casefold() not in AUXILIARIES or not rest:
        return text
    if aux.casefold() in DO:
        return rest
    subject = next(iter(phrases_of(text)), None)
    if subject is None or subject.start > len(aux) + 1:
        return rest
    end = subject.start + len(subject.text)
    return f"{subject.text} {aux.lower()}{text[end:]}"
