"""What the page does when a person asks, opens and follows a link, without Gradio and without a model."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from conftest import TEXTS, fake_index

from index import QuestionError, Where, open_index
from qa import converse, serve
from qa.anchor import anchor_of, link_to
from qa.converse import Chat, stepwise
from qa.serve import Library
from qa.talk import Problem, Talk


@pytest.fixture
def chat(library) -> Chat:
    return Chat(library)


def asked(chat: Chat, *questions: str) -> Talk:
    """The talk after these questions."""
    talk = Talk()
    for question in questions:
        *_, (_, talk, _) = chat.converse(question, talk)
    return talk


# --- asking ---


def test_converse_shows_the_question_then_the_answer(chat):
    """The question appears at once, the quotation after it."""
    (first, before, none), (second, after, turn) = chat.converse("When did they come?", Talk())
    assert "When did they come?" in first and "Looking for passages …" in first and none is None and before == Talk()
    assert "They came on <strong>20 January</strong>." in second and after.turns == (turn,)
    assert turn.question == "When did they come?"


def test_empty_question_changes_nothing(chat):
    """Enter in an empty box does nothing."""
    assert [(talk, turn) for _, talk, turn in chat.converse("  \n", Talk())] == [(Talk(), None)]


def test_history_is_what_was_understood(chat, assistant):
    """A follow-up gets the earlier questions as they were understood; questions that failed are left out."""
    talk = asked(chat, "When?", "nonsense", "And when?")
    assert assistant.histories[-1] == ["When? (alone)"]
    assert isinstance(talk.turns[1], Problem)


def test_an_edited_question_takes_the_place_of_its_answer_and_those_after_it(chat, assistant):
    """It is asked with what stands before it; undo brings back what was there."""
    talk = asked(chat, "When one?", "When two?", "When three?")
    editing = talk.with_editing("1")
    assert chat.conversation(editing).count("turn replaced") == 2
    (waiting, _, _), (_, edited, _) = chat.converse("When else?", editing)
    assert "When two?" not in waiting
    assert [t.question for t in edited.turns] == ["When one?", "When else?"]
    assert assistant.histories[-1] == ["When one? (alone)"]
    assert edited.undone().turns == talk.turns


def test_question_waits_for_the_model(tmp_path, assistant):
    """A question asked while the model is loaded is shown as waiting, and is answered afterwards."""
    go = threading.Event()
    library = Library(tmp_path, tmp_path, opener=lambda folder, model: (go.wait(10), assistant)[1])
    chat = Chat(library)
    thread = threading.Thread(target=library.load)
    thread.start()
    assert "being loaded" in chat.welcome()
    steps = chat.converse("When?", Talk())
    assert converse.LOADING in next(steps)[0]
    go.set()
    *_, (markup, talk, turn) = steps
    thread.join()
    assert "20 January" in markup and turn is talk.turns[-1]


def test_without_an_index_the_page_says_how_to_get_one(tmp_path):
    """And a question is told the same."""
    library = Library(tmp_path / "none", tmp_path, opener=lambda folder, model: open_index(folder))
    library.load()
    chat = Chat(library)
    assert "no index here" in chat.welcome() and "Build the index" in chat.welcome()
    assert "no index here" in chat.sources()
    assert chat.answer("When?") == Problem("When?", library.problem)


def test_problems_are_told_in_the_conversation(chat):
    """A refused question and a crash each give one line, and the conversation goes on."""
    assert chat.answer("") == Problem("", "the question is empty; ask something")
    assert chat.answer("crash") == Problem("crash", serve.UNEXPECTED)
    *_, (markup, _, _) = chat.converse("crash", Talk())
    assert "Something went wrong" in markup and "Traceback" not in markup


def test_long_work_tells_its_steps():
    """Steps of quick work are not told; of long work each is, and the result comes last."""
    assert run_through(stepwise(lambda tell: tell("one") or "done")) == ([], "done")
    go = threading.Event()

    def work(tell):
        go.wait(10)
        tell("two")
        told.wait(10)
        return "done"

    told = threading.Event()
    steps = stepwise(work)
    threading.Timer(converse.QUIET * 2, go.set).start()
    assert next(steps) == "two"
    told.set()
    assert run_through(steps) == ([], "done")


def test_an_error_of_long_work_arrives():
    """As if it had been done here."""
    with pytest.raises(ZeroDivisionError):
        run_through(stepwise(lambda tell: 1 / 0))


def run_through(steps) -> tuple[list[str], str]:
    """What was yielded, and what was returned."""
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as ended:
            return told, ended.value


# --- evidence, documents, links ---


def test_refusal_shows_nearest_passages_as_no_answer(chat):
    """What is not in the documents is said first; the nearest passage is called what it is."""
    *_, (markup, _, _) = chat.converse("What is the capital?", Talk())
    assert markup.index("Not in these documents") < markup.index("Not an answer") < markup.index("They came on")


def test_citation_opens_its_document(chat):
    """A button names a turn and a quotation; the document opens with the words marked."""
    talk = asked(chat, "When?")
    markup = chat.document(talk, {"turn": "0", "kind": "citations", "number": "1", "place": "0"})
    assert 'id="chosen"' in markup and "The visit. " in markup and "It rained." in markup
    other = chat.document(talk, {"turn": "0", "kind": "citations", "number": "1", "place": "1"})
    assert 'id="chosen" tabindex="-1">They came on' in other and "b.txt" in other


def test_related_passage_opens_too(chat):
    """The nearest passages of a refusal can be read in their documents."""
    talk = asked(chat, "What is the capital?")
    assert 'id="chosen"' in chat.document(talk, {"turn": "0", "kind": "related", "number": "1", "place": "0"})


@pytest.mark.parametrize(
    ("text", "marked", "note"),
    [
        ("New first line. " + TEXTS["a.txt"], True, "has changed since the answer was given."),
        ("Quite another text than before.", False, "no longer in it: ask again"),
    ],
)
def test_changed_document_never_marks_other_words(chat, assistant, text, marked, note):
    """After a rebuild an old citation opens at its words where they stand now, or says that they are gone."""
    talk = asked(chat, "When?")
    assistant.index = fake_index({"a.txt": text})
    markup = chat.document(talk, {"turn": "0", "kind": "citations", "number": "1", "place": "0"})
    assert ('id="chosen" tabindex="-1">They came on 20 January.</mark>' in markup) is marked
    assert note in markup


def test_removed_document_is_told(chat, assistant):
    """A document that is gone from the index is said to be gone."""
    talk = asked(chat, "When?")
    assistant.index = fake_index({"b.txt": TEXTS["b.txt"]})
    assert "a.txt is no longer in the index." in chat.document(talk, {"turn": "0", "kind": "citations", "number": "1"})
    assert "They came" in chat.evidence(talk, 0)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"turn": "7", "kind": "citations", "number": "1"},
        {"turn": "-1", "kind": "citations", "number": "1"},
        {"turn": "x"},
        {"turn": "0", "kind": "to_dict", "number": "1"},
        {"turn": "0", "kind": "citations", "number": "9"},
        {"turn": "0", "kind": "citations", "number": "1", "place": "5"},
        {"document": "../../etc/passwd"},
        {"document": None},
        {"document": "a.txt", "first": "x"},
    ],
)
def test_forged_choice_opens_nothing(chat, chosen):
    """A request that names what is not in the conversation or the index opens nothing and breaks nothing."""
    talk = asked(chat, "When?")
    assert "<mark" not in chat.document(talk, chosen)


def test_a_forged_quotation_cannot_be_put_aside(chat):
    """It is passed over; a real one is put aside once, and taken back."""
    talk = asked(chat, "When?")
    for data in ({}, {"turn": "9", "kind": "citations", "number": "1"}, {"turn": "0", "kind": "x", "number": "1"}):
        assert chat.put_aside(talk, data) == talk
    one = chat.put_aside(talk, {"turn": "0", "kind": "citations", "number": "1"})
    assert [c.text for c in one.chosen] == ["They came on 20 January."]
    assert chat.put_aside(one, {"turn": "0", "kind": "citations", "number": "1"}).chosen == ()
    assert chat.put_aside(one, {"unchoose": "0"}).chosen == () and chat.put_aside(one, {"unchoose": "7"}) == one
    assert "appear here" in chat.evidence(talk, "x")


def test_passages_that_were_found_besides_are_folded_away(chat):
    """Those that the answer does not show, each to be opened where it stands; none twice, none for several questions."""
    talk = asked(chat, "When?")
    evidence = chat.evidence(talk, 0)
    assert "1 more passage, nearest first, not quoted" in evidence
    assert 'data-document="b.txt" data-start="0" data-end="24"' in evidence and 'data-document="a.txt" data-start' not in evidence
    opened = chat.document(talk, {"document": "b.txt", "start": "0", "end": "24"})
    assert 'id="chosen" tabindex="-1">They came on 20 January.</mark>' in opened
    assert "<mark" not in chat.document(talk, {"document": "b.txt", "start": "90", "end": "99"})
    for forged in ({"start": "x", "end": "1"}, {"start": "5", "end": "1"}, {"start": "-5", "end": "1"}, {"start": "1"}):
        assert "not part of the conversation" in chat.document(talk, {"document": "b.txt"} | forged)


def linked(chat: Chat, text: str = TEXTS["a.txt"], document: str = "a.txt", question: str = "When?") -> converse.Linked:
    """What a link to the second sentence of a text asks for."""
    return chat.linked(link_to(anchor_of(document, text, 11, 35), question))


def test_a_link_asks_its_question_and_opens_its_quotation(chat):
    """In the document as it is, without a remark."""
    found = linked(chat)
    assert found.question == "When?"
    assert 'id="chosen" tabindex="-1">They came on 20 January.</mark>' in found.document and "changed" not in found.document
    assert chat.linked("?q=Who%20came%3F") == converse.Linked("Who came?") and chat.linked("") == converse.Linked()
    assert chat.linked("?utm=1&__theme=dark") == converse.Linked()


@pytest.mark.parametrize(
    ("now", "marked", "note"),
    [
        ("New words first. " + TEXTS["a.txt"], "They came on 20 January.", converse.MOVED["moved"]),
        ("The visit. They came on 21 January.  It rained.", "They came on 21 January.", converse.MOVED["changed"]),
        ("Quite another matter altogether, of ferries and tides.", None, "no longer in this document"),
    ],
)
def test_a_link_into_a_changed_document_says_so(chat, assistant, now, marked, note):
    """The words are found where they stand now, or those in their place; or are said to be gone."""
    assistant.index = fake_index({"a.txt": now})
    document = linked(chat).document
    assert note in document and ("<mark" in document) is bool(marked)
    assert f">{marked}</mark>" in document or not marked


@pytest.mark.parametrize(
    "query", ["?doc=a.txt", "?doc=a.txt&s=x&e=2&x=y", "?doc=gone.txt&s=0&e=3&x=abc", "?q=a&q=b", "?x=%ff&doc=1"]
)
def test_a_bad_link_is_told(chat, query):
    """Where its document would stand."""
    assert "cannot be opened" in chat.linked(query).document


def test_api_functions_answer_in_json(chat, assistant):
    """`ask` and `retrieve` give plain data; the history may be left out."""
    answer = chat.ask("When?", ["Who came?"])
    assert answer["verdict"] == "answered" and answer["citations"][0]["text"] == "They came on 20 January."
    assert assistant.histories == [["Who came?"]]
    assert chat.ask("When?")["question"] == "When?"
    assert chat.retrieve("visit", 3) == [{"document": "a.txt", "k": 3}]


@pytest.mark.parametrize("values", [(5,), (None,), ("q", "history"), ("q", [1]), ("q", {"a": 1})])
def test_api_refuses_other_types(chat, values):
    """Gradio does not check types for such endpoints, so these are refused here."""
    with pytest.raises(QuestionError, match="expected a question"):
        chat.ask(*values)


@pytest.mark.parametrize("k", [0, -1, 101, "5", 2.5, True, None])
def test_api_refuses_other_k(chat, k):
    """`k` is a whole number in bounds."""
    with pytest.raises(QuestionError, match="from 1 to 100"):
        chat.retrieve("q", k)


# --- some of the documents ---

NARROWED = ([], ["CQC"], [], "2024", "", None, [])
WHERE = Where(publisher="CQC", since="2024")


def test_a_question_is_asked_of_what_is_chosen(chat, assistant):
    """So are those that follow."""
    talk = Talk()
    for question in ("When?", "And when?"):
        *_, (_, talk, _) = chat.converse(question, talk, NARROWED)
    assert assistant.filters == [WHERE, WHERE]
    *_, (_, talk, _) = chat.converse("When?", talk)
    assert assistant.filters[-1] is None


def test_a_filter_that_cannot_be_is_a_problem(chat, assistant):
    """Told in place of the answer, and nothing is asked."""
    *_, (markup, _, turn) = chat.converse("When?", Talk(), ([], [], [], "2024-13", "", [], []))
    assert isinstance(turn, Problem) and "expected a date" in turn.message and "expected a date" in markup
    assert assistant.histories == []


def test_passages_beside_the_quoted_ones_are_inside_the_filter(chat, assistant, monkeypatch):
    """They are looked for with the filter of their answer, whatever is chosen now."""
    *_, (_, talk, _) = chat.converse("When?", Talk(), NARROWED)
    talk = Talk((replace(talk.turns[0], where=WHERE),))
    asked = []
    monkeypatch.setattr(assistant, "retrieve", lambda question, k, where: asked.append(where) or [])
    chat.evidence(talk, 0)
    assert asked == [WHERE]


def test_a_link_with_a_filter(chat):
    """Is read; the links of an opened quotation carry it on."""
    link = link_to(anchor_of("a.txt", TEXTS["a.txt"], 11, 35), "When?", WHERE)
    linked = chat.linked(link)
    assert (linked.question, linked.where) == ("When?", WHERE) and "publisher=CQC" in linked.document
    assert "filter cannot be used" in chat.linked("?q=When&since=x").document


def test_programs_name_what_is_searched(chat, assistant):
    """By the names of the fields; what is left out says nothing, what cannot be is refused."""
    chat.ask("When?", publisher=["CQC"], since="2024", folder=[], author=None)
    assert assistant.filters == [WHERE]
    with pytest.raises(QuestionError, match="expected a date"):
        chat.retrieve("visit", 3, until="yesterday")
    with pytest.raises(QuestionError, match="expected a text or a list"):
        chat.ask("When?", publisher={"CQC": 1})
