"""Answers in words: the phrases that every form of an answer shares, and the plain forms, terminal text and Markdown."""

from __future__ import annotations

import re
import textwrap

from index import Where
from index.where import KNOWN

from .answer import Answer, Citation

VERDICTS = {
    "answered": "The documents answer this",
    "related": "Related, but no answer",
    "not_found": "Not in these documents",
}
MOST_PLACES = 8
"""Other documents that are named for one statement; there may be a thousand copies."""

LEANS = "It refers to what stands before it: read it in its passage."
NOT_AN_ANSWER = "Not an answer. The nearest passages are:"

_TERMINAL_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
READ_AS = "Read as: "
SEARCHED_ONLY = "Searched only in: "
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:@$^=])")
_MONTHS = "January February March April May June July August September October November December".split()


def percent(probability: float) -> str:
    """A probability for people; never "0 %" or "100 %", which would claim certainty."""
    return "<1 %" if probability < 0.01 else ">99 %" if probability > 0.99 else f"{probability:.0%}".replace("%", " %")


def confidence_words(answer: Answer) -> str:
    """The confidence as a plain phrase and a number."""
    p = answer.confidence
    if answer.verdict == "answered":
        steps = ((0.95, "very likely right"), (0.8, "likely right"), (0.6, "probably right"), (0, "uncertain, check it"))
        return f"{next(words for least, words in steps if p >= least)} ({percent(p)})"
    steps = ((0.5, "an answer is possible"), (0.2, "an answer is unlikely"), (0, "an answer is very unlikely"))
    return f"{next(words for least, words in steps if p >= least)} ({percent(p)})"


def several_words(answer: Answer) -> str:
    """How many of several questions are answered."""
    answered = sum(part.verdict == "answered" for part in answer.parts)
    return f"{answered or 'None'} of {len(answer.parts)} questions answered"


def heading_of(number: int, part: Answer) -> str:
    """The heading of one of several answers."""
    return f"{number}. {' '.join(part.question.split())}"


def date_words(date: str | None) -> str | None:
    """ "2020-03-06" as "6 March 2020"; anything else unchanged."""
    match = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", date or "")
    if not match or not 1 <= int(match[2]) <= 12:
        return date
    return " ".join(filter(None, (str(int(match[3])) if match[3] else "", _MONTHS[int(match[2]) - 1], match[1])))


def counted(number: int, thing: str) -> str:
    """ "1 passage", "1,200 passages"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def source_words(citation: Citation) -> list[str]:
    """Title (else the file name), then publisher, author and date, then which of these are unknown."""
    facts = {"publisher": citation.publisher, "author": citation.author, "date": date_words(citation.date)}
    unknown = [name for name, value in facts.items() if not value]
    listed = " and ".join(filter(None, (", ".join(unknown[:-1]), *unknown[-1:])))
    known = [value for value in facts.values() if value]
    return [citation.title or citation.document, *known, *([f"{listed} unknown"] if unknown else [])]


def place_words(citation: Citation) -> str:
    """The file and where in it the quotation stands."""
    return ", ".join(filter(None, (citation.document, citation.location, f"characters {citation.start} to {citation.end}")))


def where_words(where: Where | None) -> str:
    """Which documents alone were searched, in a line; "" for all of them."""
    if where is None:
        return ""
    said = [f"{field} {' or '.join(map(_listed, getattr(where, field)))}" for field in KNOWN if getattr(where, field)]
    days = [f"{name} {date_words(day)}" for name, day in (("since", where.since), ("until", where.until)) if day]
    return f"{SEARCHED_ONLY}{', '.join([*said, *days])}"


def _listed(value: str) -> str:
    """A value as a member of a list: in quotation marks when it looks like a list itself."""
    return f"“{value}”" if re.search(r", | or ", value) else value


def said_by(citation: Citation) -> str:
    """Who says it, with the role when it is stated; "" when nobody is quoted."""
    return ", ".join(filter(None, (citation.speaker, citation.role)))


def sources_words(citation: Citation) -> str:
    """In how many documents a statement is found, copies counted once; "" when it is one."""
    return f"found in {citation.sources:,} sources" if citation.sources > 1 else ""


def differs_words(citation: Citation) -> str:
    """Which other quotations say it with another number, date, amount or name; "" when none does."""
    numbers = " and ".join(f"[{n}]" for n in citation.differs_from)
    return f"Differs from {numbers}" if numbers else ""


def places_words(citation: Citation) -> list[str]:
    """Where the same is said in other documents, a line each; of very many the first."""
    lines = [
        f"also in {p.document}{' (nearly the same text)' if p.copy else ''}, characters {p.start} to {p.end}"
        for p in citation.also_in[:MOST_PLACES]
    ]
    rest = len(citation.also_in) - MOST_PLACES
    return [
        *filter(None, [differs_words(citation), sources_words(citation)]),
        *lines,
        *([f"and in {rest:,} more"] if rest > 0 else []),
    ]


def reads_otherwise(answer: Answer) -> bool:
    """Whether the question was taken to mean another one than was typed, mended spelling apart."""
    respelt = answer.question
    for old, new in answer.corrections:
        respelt = respelt.replace(old, new)
    return _plain_words(answer.standalone_question) not in ("", _plain_words(answer.question), _plain_words(respelt))


def remarks(answer: Answer, *, understood: bool = True) -> list[str]:
    """The lines between the verdict and the quotations; without `understood` not the one with the question as it was understood."""
    searched = list(filter(None, [where_words(answer.where)]))
    if answer.parts:
        return [*searched, *answer.notes]  # each part has its own
    lines = [f"{READ_AS}{answer.standalone_question}"] if understood and reads_otherwise(answer) else []
    if answer.corrections:
        pairs = ", ".join(f"“{new}” (you typed “{old}”)" for old, new in answer.corrections)
        lines.append(f"Showing results for {pairs}")
    return [*searched, *lines, *answer.notes, *filter(None, [answer.explanation])]


def _plain_words(question: str) -> str:
    return " ".join(question.split()).casefold().rstrip(" ?.!")


def _terminal_safe(text: str) -> str:
    """Text that moves no cursor and reverses no line: such characters become a replacement sign."""
    return _TERMINAL_UNSAFE.sub(lambda m: "\n" if m[0] == "\r" else "\ufffd", text.replace("\r\n", "\n"))


def _wrapped(text: str, width: int, indent: str) -> str:
    lines = _terminal_safe(text).split("\n")
    return "\n".join(
        textwrap.fill(
            line,
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        )
        or indent.rstrip()
        for line in lines
    )


def answer_terminal(answer: Answer, width: int = 80) -> str:
    """The answer for a terminal. Lines are wrapped; `--json` has the quotations to the character."""
    width = max(width, 30)
    if answer.parts:
        head = [several_words(answer), *(_wrapped(remark, width, "") for remark in remarks(answer))]
        parts = [
            f"\n{_wrapped(heading_of(number, part), width, '')}\n{answer_terminal(part, width).rstrip()}"
            for number, part in enumerate(answer.parts, 1)
        ]
        return "\n".join([*head, *parts]) + "\n"
    lines = [f"{VERDICTS[answer.verdict]} · {confidence_words(answer)}"]
    lines += [_wrapped(remark, width, "") for remark in remarks(answer)]
    if answer.related:
        lines += ["", NOT_AN_ANSWER]
    for citation in answer.citations or answer.related:
        number = f"[{citation.number}]" if answer.citations else " ~ "
        indent = " " * (len(number) + 1)
        lines += ["", number + _wrapped(citation.text, width, indent)[len(number) :]]
        if speaker := said_by(citation):
            lines.append(_wrapped(f"— {speaker}", width, indent))
        lines.append(_wrapped(" · ".join(source_words(citation)), width, indent))
        lines.append(_wrapped(place_words(citation), width, indent))
        lines += [_wrapped(place, width, indent) for place in places_words(citation)]
    return "\n".join(lines) + "\n"


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it is, on one line for each of its own."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", _terminal_safe(text)).replace("&", "&amp;").replace("<", "&lt;")


def answer_markdown(answer: Answer) -> str:
    """The answer as Markdown, the quotations as block quotes, each of several questions as a heading."""
    if answer.parts:
        head = [f"**{several_words(answer)}**", *map(markdown_text, remarks(answer))]
        parts = [
            f"### {markdown_text(heading_of(number, part))}\n\n{answer_markdown(part)}"
            for number, part in enumerate(answer.parts, 1)
        ]
        return "\n\n".join([*head, *parts])
    parts = [f"**{VERDICTS[answer.verdict]}** · {markdown_text(confidence_words(answer))}", *map(markdown_text, remarks(answer))]
    if answer.related:
        parts.append(f"*{markdown_text(NOT_AN_ANSWER)}*")
    for citation in answer.citations or answer.related:
        quote = "\n".join(f"> {line}  " for line in markdown_text(citation.text).split("\n"))
        speaker = f"— {markdown_text(said_by(citation))}  \n" if said_by(citation) else ""
        title, *rest = map(markdown_text, source_words(citation))
        where = markdown_text(place_words(citation))
        also = "".join(f"  \n{markdown_text(place)}" for place in places_words(citation))
        parts += [
            quote,
            f"{speaker}*{title}* · {' · '.join(rest)}  \n{where}{also}" if rest else f"{speaker}*{title}*  \n{where}{also}",
        ]
    return "\n\n".join(parts).replace("\n\n\n", "\n\n") + "\n"
