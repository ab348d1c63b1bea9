"""The state of a conversation on the page: said, edited, cleared, undone, and what was put aside."""

from __future__ import annotations

from test_render import cite, make

from qa.talk import MOST_UNDONE, Problem, Talk


def talk_of(*questions: str) -> Talk:
    talk = Talk()
    for question in questions:
        talk = talk.said(make([cite("x")], question=question))
    return talk


def questions(talk: Talk) -> list[str]:
    return [turn.question for turn in talk.turns]


def test_every_step_can_be_taken_back():
    """Questions, an edit and a clearing, one after the other, as far as is remembered."""
    talk = talk_of("one", "two", "three").with_editing(1).said(make([], question="else")).cleared()
    assert questions(talk) == []
    steps = []
    while talk.past:
        talk = talk.undone()
        steps.append(questions(talk))
    assert steps == [["one", "else"], ["one", "two", "three"], ["one", "two"], ["one"], []]
    assert talk.undone() is talk
    assert len(talk_of(*map(str, range(50))).past) == MOST_UNDONE


def test_a_question_is_stopped_though_it_was_answered_first():
    """Its answer goes, also where it took the place of others; one that was not answered yet leaves all as it is."""
    talk = talk_of("one", "two", "three")
    assert questions(talk.stopped(2)) == ["one", "two"]
    assert questions(talk.with_editing(0).said(make([], question="else")).stopped(0)) == ["one", "two", "three"]
    edited = talk.with_editing(0)
    assert talk.stopped(3) is talk and edited.stopped(0) is edited


def test_clearing_nothing_is_no_step():
    """There is nothing to take back then."""
    assert Talk().cleared().past == ()


def test_what_was_put_aside_stays_when_the_conversation_is_cleared():
    """It is taken out by choosing it again."""
    talk = talk_of("one").with_chosen(cite("x")).with_chosen(cite("They", 1, 3))
    assert [c.text for c in talk.cleared().chosen] == ["x", "he"]
    assert [c.text for c in talk.with_chosen(cite("x")).chosen] == ["he"]


def test_only_a_question_that_is_there_can_be_edited():
    """Anything else ends the editing."""
    talk = talk_of("one", "two")
    assert talk.with_editing("1").editing == 1 and talk.with_editing(0).editing == 0
    for number in (2, "-1", "x", None, "", 1.5):
        assert talk.with_editing(1).with_editing(number).editing is None


def test_what_was_heard():
    """The questions as they were understood, up to the one that is edited; not what could not be asked."""
    talk = talk_of("one", "two").said(Problem("bad", "why")).said(make([], question="three"))
    assert talk.heard() == ["one", "two", "three"] and talk.with_editing(1).heard() == ["one"]
    assert [a.question for a in talk.answers] == ["one", "two", "three"]


def test_another_conversation_takes_the_place_of_this_one():
    """Undo brings this one back; what either had put aside is there once."""
    mine, kept = talk_of("one").with_chosen(cite("x")), talk_of("kept").with_chosen(cite("x")).with_chosen(cite("They", 0, 2))
    both = mine.replaced_by(kept)
    assert questions(both) == ["kept"] and [c.text for c in both.chosen] == ["x", "Th"]
    assert questions(both.undone()) == ["one"]
