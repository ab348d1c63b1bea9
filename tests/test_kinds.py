"""What kind of fact a question asks for, and whether a sentence holds one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sparse import term_of, words_of
from qa.kinds import KINDS, asks_for_list, highlight, holds, is_checked, kind_of_question, names_in, speaker_asked


def terms(question: str) -> frozenset[str]:
    return frozenset(term_of(w) for w in words_of(question))


@pytest.mark.parametrize(
    "kind, question",
    [
        ("person", "Who carried out the inspection?"),
        ("person", "Which agencies took part?"),
        ("person", "By whom was it written?"),
        ("person", "Whose idea was it?"),
        ("date", "When did they visit?"),
        ("date", "In what year was it built?"),
        ("date", "On which day does it open?"),
        ("place", "Where is the team based?"),
        ("place", "In which town do they meet?"),
        ("count", "How many children were seen?"),
        ("count", "What is the number of seats?"),
        ("money", "How much does it cost?"),
        ("money", "What was the budget?"),
        ("amount", "How much rain fell?"),
        ("amount", "What percentage of trains was late?"),
        ("amount", "How far is it to Norby?"),
        ("duration", "How long did it take?"),
        ("duration", "How old are the children?"),
        ("duration", "Since when has it been closed?"),
        ("reason", "Why was it closed?"),
        ("reason", "What was the reason for the delay?"),
        ("said", "What did the mayor say about it?"),
        ("said", "How did inspectors describe the service?"),
        ("telephone", "What is the phone number?"),
        ("email", "What is the e-mail address?"),
        ("address", "What is the postal address?"),
        ("yesno", "Is the bridge safe?"),
        ("yesno", "And did they agree?"),
        ("other", "Tell me about the bridge."),
        ("other", "bridge"),
        ("other", ""),
        ("other", "Кто проверил мост?"),
    ],
)
def test_the_form_of_a_question_tells_its_kind(kind: str, question: str) -> None:
    """In any case and spacing."""
    assert kind_of_question(question) == kind
    assert kind_of_question(f"  {question.upper()}\n".replace(" ", "  ")) == kind


@given(st.text(max_size=60), st.sampled_from(KINDS))
def test_any_text_has_a_kind_and_marks_inside_it(text: str, kind: str) -> None:
    """Whatever is typed: one of KINDS, a value from 0 to 1, and marks that slice the sentence."""
    assert kind_of_question(text) in KINDS
    assert holds(kind, text, frozenset()) in (0, 0.5, 1)
    assert all(0 <= start < end <= len(text) for start, end in highlight(kind, text, frozenset()))
    assert all(name in text for name in names_in(text))


@pytest.mark.parametrize(
    "kind, sentence",
    [
        ("person", "The report was written by Ann Lee."),
        ("date", "It took place between 20 and 24 January."),
        ("date", "It opened in 1987."),
        ("place", "The team is based in Norby."),
        ("count", "They planted forty trees."),
        ("count", "There are 12 of them."),
        ("money", "It costs £4.50 a day."),
        ("money", "They paid twelve pounds."),
        ("amount", "It weighs 4 tonnes."),
        ("amount", "It rose by 3 per cent."),
        ("duration", "Repairs took three weeks."),
        ("reason", "It closed because of the flood."),
        ("said", "The mayor said so."),
        ("telephone", "Ring 01234 567 890."),
        ("email", "Write to office@norby.example."),
        ("address", "It is at 4 Mill Lane."),
    ],
)
def test_a_sentence_holds_the_kind_of_fact(kind: str, sentence: str) -> None:
    """Fully; and a sentence without any such expression does not."""
    assert holds(kind, sentence, frozenset()) == 1
    assert holds(kind, "it was fine.", frozenset()) == 0


@pytest.mark.parametrize(
    "kind, question, sentence",
    [
        ("date", "When in March 2019 did it open?", "It opened in March 2019."),
        ("count", "How many of the 12 buses ran?", "The 12 buses ran."),
        ("person", "Who praised Ann Lee?", "praise went to Ann Lee."),
    ],
)
def test_what_the_question_says_already_is_no_answer(kind: str, question: str, sentence: str) -> None:
    """An expression all of whose words the question has cannot be what it asks for."""
    assert holds(kind, sentence, frozenset()) == 1
    assert holds(kind, sentence, terms(question)) < 1
    assert not highlight(kind, sentence, terms(question))


def test_kinds_without_a_form_are_not_checked() -> None:
    """Lists, yes-no questions and the rest: no expression can be missing."""
    assert [k for k in KINDS if not is_checked(k)] == ["list", "yesno", "other"]


@pytest.mark.parametrize(
    "kind, sentence, marked",
    [
        ("date", "It opened on 4 May 1987 in Norby.", "4 May 1987"),
        ("count", "They planted forty trees.", "forty"),
        ("money", "A ticket costs £4.50 today.", "£4.50"),
        ("amount", "It is 12 miles long.", "12 miles"),
        ("person", "It was written by Ann Lee.", "Ann Lee"),
        ("email", "Write to office@norby.example.", "office@norby.example"),
    ],
)
def test_the_fact_itself_is_marked(kind: str, sentence: str, marked: str) -> None:
    """The marks are within the sentence and carry the fact."""
    assert marked in [sentence[a:b] for a, b in highlight(kind, sentence, frozenset())]


def test_a_capital_at_the_beginning_marks_no_name() -> None:
    """ "It", "The" and "I’d" are no names, wherever they stand."""
    sentence = "It came after Ofsted wrote to them. “I’d like to thank Ann Lee,” he said. The end."
    assert [sentence[a:b] for a, b in highlight("person", sentence, frozenset())] == ["Ofsted", "Ann Lee"]


@pytest.mark.parametrize(
    "question",
    [
        "What were the key strengths?",
        "Which agencies took part?",
        "List the faults.",
        "Name all the bodies",
        "What are its main findings?",
        "Give me everything about it",
    ],
)
def test_questions_for_several_things(question: str) -> None:
    """They want the whole list."""
    assert asks_for_list(question)


@pytest.mark.parametrize(
    "question",
    [
        "which bus routes are to be withdrawn",
        "What new conditions were attached?",
        "What does the brief recommend?",
        "What must the owner do?",
        "What went well last year?",
        "Where did the money for the bridge come from?",
    ],
)
def test_several_things_are_asked_for_without_the_word_list(question: str) -> None:
    """A plural after the asking word, or a question that one thing seldom answers."""
    assert asks_for_list(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor?",
        "When was it?",
        "Is the list long?",
        "bridge",
        "",
        "What is the mayor's name?",
        "What happens next?",
        "What percentage agreed?",
        "Where does the mayor come from?",
    ],
)
def test_questions_for_one_thing(question: str) -> None:
    """They want one sentence."""
    assert not asks_for_list(question)


@pytest.mark.parametrize(
    "question, who",
    [
        ("What did Ann Lee say about the bridge?", "Ann Lee"),
        ("According to the report, what was missing?", "the report"),
        ("What was wrong, in the mayor's words?", "the mayor"),
        ("How has Dr Hill described it?", "Dr Hill"),
        ("What did they build?", ""),
        ("Who is the mayor?", ""),
        ("What did the one with the red hat who came late to the meeting say?", ""),
    ],
)
def test_whose_words_are_asked_for(question: str, who: str) -> None:
    """Or nobody's; a phrase too long to be a name is nobody."""
    assert speaker_asked(question) == who


def test_names_are_capitalised_runs() -> None:
    """With small words between their parts; a lone stop word with a capital is none."""
    assert names_in("The Ministry of Works met Ann Lee. They left Norby.") == ["The Ministry of Works", "Ann Lee", "Norby"]
    assert names_in("He and I. It is so.") == []


@pytest.mark.parametrize("sentence", ["Yes, I’d say so.", "Yes, I'd say so.", "Then I’ve gone and You’ll see."])
def test_a_contraction_is_no_name(sentence: str) -> None:
    """However its apostrophe is written."""
    assert holds("person", sentence, frozenset()) == 0.0


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [
        ("It took place between 20 and 24 January, inspectors said.", "20 and 24 January"),
        ("They came on 3rd of May 2021 and left.", "3rd of May 2021"),
        ("It opened on March 7, 1999 in the rain.", "March 7, 1999"),
        ("It was closed 1–3 June for repairs.", "1–3 June"),
        ("In January it rained.", "January"),
        ("Built in 1850, it stands.", "1850"),
    ],
)
def test_a_date_is_marked_whole(sentence: str, marked: str) -> None:
    """With its days and its year, and nothing beside it."""
    start, end = highlight("date", sentence, frozenset())[0]
    assert sentence[start:end] == marked
