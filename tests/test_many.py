"""A batch of questions on the page: whatever is pasted, row by row, and how far it is."""

from __future__ import annotations

import pytest

from qa import many
from qa.many import Batch, ask_all


def whole(text: str, library) -> Batch:
    *_, batch = ask_all(text, library)
    return batch


@pytest.mark.parametrize(
    ("text", "questions", "others"),
    [
        ("When one?\n\n  When two?\n", ["When one?", "  When two?"], ()),
        ('id,question\n1,When one?\n2,"When, two?"\n', ["When one?", "When, two?"], ("id",)),
        ("Question;note\nWhen one?;x\n", ["When one?"], ("note",)),
        ("question\nWhen one?\n", ["When one?"], ()),
        ("When, or where?\nWhen two, three?\n", ["When, or where?", "When two, three?"], ()),
    ],
)
def test_lines_and_tables(library, text, questions, others):
    """A first line that names the column makes it a table; anything else is one question a line."""
    batch = whole(text, library)
    assert [row.question for row in batch.rows] == questions and batch.others == others
    assert not batch.running and batch.of == len(questions)


def test_every_question_stands_alone(library, assistant):
    """No question is history of another; one that cannot be asked costs only its row."""
    batch = whole("When one?\nnonsense\ncrash\nWhat is the capital?\n", library)
    assert assistant.histories == [[]] * 4
    assert [row.answer.verdict if row.answer else "-" for row in batch.rows] == ["answered", "-", "-", "not_found"]
    assert "4 of 4 questions asked" in batch.html() and "Traceback" not in batch.html()


def test_the_table_grows_while_it_runs(library, monkeypatch):
    """What was answered can be seen before the rest."""
    monkeypatch.setattr(many, "SHOWN_EVERY", -1)
    seen = [(len(batch.rows), batch.running) for batch in ask_all("When one?\nWhen two?\n", library)]
    assert seen == [(0, True), (1, True), (2, True), (2, False)]


@pytest.mark.parametrize("text", ["", " \n\n", "question\n", "\ufeff"])
def test_no_question_is_told(library, text):
    """In one line."""
    assert "there is no question in it" in whole(text, library).note


def test_too_many_are_for_the_shell(library, assistant):
    """None is asked."""
    batch = whole("When?\n" * 1001, library)
    assert "1,001 questions, at most 1,000" in batch.note and "python -m qa batch" in batch.note and not assistant.histories


def test_a_stopped_batch_keeps_its_rows(library):
    """And says that it was stopped; one that had ended does not."""
    batch = whole("When one?\n", library)
    assert batch.stopped().note == ""
    running = Batch(batch.rows, 9, running=True)
    assert (
        running.stopped().rows == batch.rows
        and "Stopped." in running.stopped().html()
        and "data-table" in running.stopped().html()
    )
