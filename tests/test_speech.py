"""Who says it: attribution on invented texts, sentence by sentence."""

from __future__ import annotations

import pytest

from index.segment import segment
from index.speech import find_quotations


def said(text: str) -> list[tuple[str, str | None, str | None]]:
    """For each sentence its first words, its speaker and the speaker's role."""
    rows = []
    for sentence in segment(text)[1]:
        speech = sentence.speech
        who = speech.speaker.of(text) if speech else None
        role = speech.role.of(text) if speech and speech.role else None
        rows.append((" ".join(sentence.span.of(text).split()[:2]), who, role))
    return rows


ANN = "Dr Ann Lee"
CASES = {
    "said, then the name": ("“It works,” said Dr Ann Lee.", [("“It works,”", ANN, None)]),
    "the name, then said": ("“It works,” Dr Ann Lee said.", [("“It works,”", ANN, None)]),
    "the name first": ("Dr Ann Lee said: “It works. It is cheap.”", [("Dr Ann", ANN, None), ("It is", ANN, None)]),
    "reported speech": ("Dr Ann Lee said it worked.", [("Dr Ann", ANN, None)]),
    "according to": ("According to Dr Ann Lee, it works.", [("According to", ANN, None)]),
    "according to a thing": ("It works, according to the survey.", [("It works,", "the survey", None)]),
    "straight quotes": ('"It works," said Dr Ann Lee.', [('"It works,"', ANN, None)]),
    "role behind": ("Dr Ann Lee, head of the unit, said it worked.", [("Dr Ann", ANN, "head of the unit")]),
    "role in front": ("Head of the unit, Dr Ann Lee said it worked.", [("Head of", ANN, "Head of the unit")]),
    "role after said": ("“It works,” said Dr Ann Lee, head of the unit.", [("“It works,”", ANN, "head of the unit")]),
    "added": ("“It works,” added Dr Ann Lee.", [("“It works,”", ANN, None)]),
    "a group": ("“It works,” inspectors said.", [("“It works,”", "inspectors", None)]),
    "a paper": ("The report states that it works.", [("The report", "The report", None)]),
    "an organisation": ("Tarn Council said it works.", [("Tarn Council", "Tarn Council", None)]),
    "nobody": ("It works. It is cheap.", [("It works.", None, None), ("It is", None, None)]),
    "the passive": ("Dr Ann Lee was told it worked.", [("Dr Ann", None, None)]),
    "a title with a stop": ("Cllr. John Fuller said it worked.", [("Cllr. John", "Cllr. John Fuller", None)]),
    "an initial": ("John F. Smith said it worked.", [("John F.", "John F. Smith", None)]),
    "a hyphen": ("Mary-Jane O’Neil said it worked.", [("Mary-Jane O’Neil", "Mary-Jane O’Neil", None)]),
    "an opening word": ("But Ann Lee said it worked.", [("But Ann", "Ann Lee", None)]),
    "he": ("Bob Ray came. “It works,” he said.", [("Bob Ray", None, None), ("“It works,”", "Bob Ray", None)]),
    "it is no person": (
        "Bob Ray spoke. The report said so. It added that all was well.",
        [("Bob Ray", None, None), ("The report", "The report", None), ("It added", "The report", None)],
    ),
    "they": (
        "Inspectors said it works. They added that it is cheap.",
        [("Inspectors said", "Inspectors", None), ("They added", "Inspectors", None)],
    ),
    "a named report": ("An Ofsted report said it works.", [("An Ofsted", "An Ofsted report", None)]),
    "somebody named in a quotation is not she": (
        "Ann Lee, the clerk, said it works. “We won. Bob Ray helped us,” she said.",
        [("Ann Lee,", "Ann Lee", "the clerk"), ("“We won.", "Ann Lee", "the clerk"), ("Bob Ray", "Ann Lee", "the clerk")],
    ),
    "somebody quoted within a quotation": (
        "“Bob Ray said it was fine. We agreed,” said Ann Lee.",
        [("“Bob Ray", "Ann Lee", None), ("We agreed,”", "Ann Lee", None)],
    ),
    "he without anyone": ("He said it worked.", [("He said", None, None)]),
}


@pytest.mark.parametrize("name", CASES)
def test_who_says_it(name: str) -> None:
    """Each sentence of the invented text has the speaker and role that a reader gives it."""
    text, expected = CASES[name]
    assert said(text) == expected


def test_a_quotation_over_paragraphs_keeps_its_speaker() -> None:
    """Left open at the end of a paragraph and opened again at the next, a quotation stays its speaker's."""
    text = (
        "Ann Lee, the head teacher, said: “We began in May.\n\n"
        "“We went on in June. It rained.\n\n"
        "“We ended in July.”\n\n"
        "The school is in Leeds."
    )
    assert [(who, role) for _, who, role in said(text)] == [("Ann Lee", "the head teacher")] * 4 + [(None, None)]


def test_closed_quotations_in_a_row_keep_their_speaker() -> None:
    """Paragraphs that are nothing but quotation carry on from the speaker before; the first that is not ends it."""
    text = "“It works,” the survey stated.\n\n“It is cheap.”\n\n“It is quick.”\n\nIt rained in Leeds.\n\n“Nobody’s words.”"
    assert [who for _, who, _ in said(text)] == ["the survey", "the survey", "the survey", None, None]


def test_a_new_speaker_takes_over() -> None:
    """The words after an attribution belong to the latest speaker, not to the first."""
    text = "Ann Lee said: “We began.”\n\n“We went on,” Bob Ray said.\n\n“We ended.”"
    assert [who for _, who, _ in said(text)] == ["Ann Lee", "Bob Ray", "Bob Ray"]


def test_he_is_the_latest_person() -> None:
    """A pronoun stands for the latest person named, with the role given where the person was introduced."""
    text = "Ann Lee, the clerk, said it works.\n\nBob Ray, the mayor, said it is cheap.\n\n“It is quick,” he said."
    assert said(text)[-1] == ("“It is", "Bob Ray", "the mayor")


def test_a_person_only_mentioned_can_be_he() -> None:
    """Somebody who is the subject of the sentence before may be the one who then speaks."""
    text = "Ann Lee said it works.\n\nBob Ray opened the bridge.\n\n“It is quick,” he said."
    assert said(text)[-1][1] == "Bob Ray"


def test_a_heading_says_nothing() -> None:
    """A headline with "says" in it is no quotation, and gives nobody the words below."""
    text = "Bridge works, says mayor\n\n“Nobody’s words.”"
    assert [who for _, who, _ in said(text)] == [None, None]


def test_items_under_what_somebody_says_are_theirs() -> None:
    """A list led in by an attribution belongs to its speaker."""
    text = "The survey said:\n\n• it works\n• it is cheap\n\nIt rained."
    assert [who for _, who, _ in said(text)] == ["The survey", "The survey", "The survey", None]


def test_unquoted_words_beside_a_quotation_are_the_writers() -> None:
    """In the same paragraph, what stands outside the quotation marks is nobody's speech."""
    assert [who for _, who, _ in said("It rained. “It works,” said Ann Lee. Then all left.")] == [None, "Ann Lee", None]


def quotations(text: str) -> list[str]:
    return [span.of(text) for span in find_quotations(text, segment(text)[0])]


def test_quotations_are_found_with_their_marks() -> None:
    """Curly, straight and angled marks; a mark for inches or an apostrophe opens nothing."""
    assert quotations('He said “one” and "two" and «three».') == ["“one”", '"two"', "«three»"]
    assert quotations("It is 5\" long, and it’s Ann's.") == []


def test_a_quotation_left_open_ends_with_its_paragraph() -> None:
    """A mark that is never closed does not swallow the rest of the document."""
    text = "Ann Lee said: “We began.\n\nIt rained in Leeds."
    assert quotations(text) == ["“We began."]


def test_a_long_run_of_letters_is_no_name() -> None:
    """Rules that read names stay linear: a file of capitals is refused as a name, not read for hours."""
    assert said("É" * 200_000 + " said so.")[0][1] is None
