"""Conversations kept by the browser: exports that are brought back, quotation by quotation, over the documents of today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import WordEncoder

from index import ExportError, Index, Where, build_index, open_index
from qa import Assistant
from qa.answer import Answer
from qa.export import FORMS
from qa.keep import ANEW, MOST_BYTES, brought_back, kept_entries, kept_entry, with_entry
from qa.talk import Problem, Talk
from qa.verify import IndexedDocuments, verify

WORKS = "The works began in May. Inspectors visited the old bridge in March. They found it safe.\n\nThe ferry sails at noon.\n"


@pytest.fixture
def index(tmp_path: Path) -> Index:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "works.txt").write_text(WORKS, encoding="utf-8")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
    return open_index(tmp_path / "index")


def rebuilt(tmp_path: Path, text: str, name: str = "works.txt") -> Index:
    """The index after the only document became another."""
    (tmp_path / "sources" / "works.txt").unlink()
    (tmp_path / "sources" / name).write_text(text, encoding="utf-8")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
    return open_index(tmp_path / "index")


def talk_over(tmp_path: Path) -> Talk:
    """Three questions, one of them two in one, a refused one, and a quotation put aside."""
    assistant = Assistant.open(tmp_path / "index", WordEncoder(), None)
    talk = Talk()
    for question in ("When did inspectors visit the old bridge?", "Who paints? When does the ferry sail?", "What of the moon?"):
        talk = talk.said(assistant.ask(question, talk.heard()))
    talk = talk.said(Problem("", "empty"))
    quoted = next(c for a in talk.answers for c in (*a.citations, *a.related))
    return talk.with_chosen(quoted)


def never(question: str, where: Where | None = None) -> Answer:
    raise AssertionError("nothing has changed, so nothing is asked anew")


def test_a_kept_conversation_comes_back_as_it_was(index, tmp_path):
    """Every answer, with its parts, its highlights and what was put aside; only what could not be asked is left out."""
    talk = talk_over(tmp_path)
    entry = json.loads(json.dumps(kept_entry(talk, index, "2026-01-31")))
    assert kept_entries([entry]) == [entry] and entry["title"] == "When did inspectors visit the old bridge?"
    back = brought_back(entry, index, never)
    assert back.turns == talk.answers and back.chosen == talk.chosen


def test_what_is_kept_is_an_export_that_can_be_proved(index, tmp_path):
    """As any other."""
    entry = kept_entry(talk_over(tmp_path), index, "2026-01-31")
    parsed = FORMS[".json"].read(entry["record"].encode())
    assert parsed.record.made == "2026-01-31" and len(parsed.record.chosen) == 1
    assert verify(parsed, [IndexedDocuments(index)]).holds


@pytest.mark.parametrize("name, text", [("works.txt", WORKS.replace("old bridge", "new bridge")), ("other.txt", WORKS)])
def test_a_changed_document_has_its_questions_asked_anew(index, tmp_path, name, text):
    """And the answer says so; what was put aside from it is gone. No words are shown that the document does not have."""
    talk = talk_over(tmp_path)
    entry = kept_entry(talk, index, "2026-01-31")
    after = rebuilt(tmp_path, text, name)
    assistant = Assistant.open(tmp_path / "index", WordEncoder(), None)
    back = brought_back(entry, after, assistant.ask)
    assert back.chosen == ()
    anew = [turn for turn in back.turns if ANEW in turn.notes]
    assert anew and back.turns[0] in anew
    for answer in back.turns:
        for c in (*answer.citations, *answer.related):
            assert after.text(after.numbers[c.document])[c.start : c.end] == c.text


def test_a_question_that_cannot_be_asked_anew_says_why(index, tmp_path):
    """It does not cost the others."""
    entry = kept_entry(talk_over(tmp_path), index, "2026-01-31")

    def refuse(question: str, where: Where | None = None) -> Answer:
        raise ExportError("no index")

    back = brought_back(entry, rebuilt(tmp_path, "Quite another text now."), refuse)
    assert isinstance(back.turns[0], Problem) and back.turns[0].message == "no index"


def test_a_filtered_question_keeps_its_filter(index, tmp_path):
    """When it is brought back, and when it is asked anew."""
    where = Where(document="works.txt")
    assistant = Assistant.open(tmp_path / "index", WordEncoder(), None)
    entry = kept_entry(Talk().said(assistant.ask("When did inspectors visit?", where=where)), index, "2026-01-31")
    assert brought_back(entry, index, never).turns[0].where == where
    changed = rebuilt(tmp_path, WORKS.replace("old", "new"))
    assert brought_back(entry, changed, assistant.ask).turns[0].where == where
    gone = brought_back(entry, rebuilt(tmp_path, WORKS, "other.txt"), assistant.ask).turns[0]
    assert isinstance(gone, Problem) and "other.txt" in gone.message


def test_nothing_to_keep(index):
    """Is told."""
    with pytest.raises(ExportError, match="no answer to keep"):
        kept_entry(Talk((Problem("?", "no"),)), index, "2026-01-31")


@pytest.mark.parametrize(
    "value", [None, 5, "x", {}, [None], [{"title": "t"}], [{"title": "t", "day": "d", "record": 5}], [["title", "day", "record"]]]
)
def test_what_else_a_browser_may_hold_is_passed_over(value):
    """It may hold anything."""
    assert kept_entries(value) == []


@pytest.mark.parametrize("record", ["", "{}", "[1]", '{"format": "quote-only-qa export", "version": 9}', "\x00"])
def test_a_damaged_record_is_told(index, record):
    """And opens nothing."""
    with pytest.raises(ExportError):
        brought_back({"title": "t", "day": "d", "record": record}, index, never)


def test_a_forged_quotation_is_not_shown(index, tmp_path):
    """Words that the document does not have, or highlights outside of them, have the question asked anew."""
    entry = kept_entry(talk_over(tmp_path), index, "2026-01-31")
    plain = json.loads(entry["record"])
    quoted = next(q for reply in plain["replies"] for q in (*reply["citations"], *reply["related"]))
    for key, value in (("text", quoted["text"][::-1]), ("highlights", [[0, 10**6]]), ("document", "../secret"), ("start", 0)):
        forged = json.loads(entry["record"])
        target = next(q for reply in forged["replies"] for q in (*reply["citations"], *reply["related"]))
        target[key] = value
        if key == "start":
            target["end"] = len(target["text"])
        assistant = Assistant.open(tmp_path / "index", WordEncoder(), None)
        back = brought_back(entry | {"record": json.dumps(forged)}, index, assistant.ask)
        for answer in back.turns:
            for c in (*answer.citations, *answer.related):
                assert index.text(index.numbers[c.document])[c.start : c.end] == c.text


def test_the_newest_comes_first_once_and_no_more_than_fits():
    """Keeping the same again changes nothing but its place; too much is told, nothing is dropped."""
    one, two = ({"title": t, "day": "d", "record": t * 10} for t in "ab")
    assert with_entry(with_entry([one], two), one) == [one, two]
    large = {"title": "c", "day": "d", "record": "c" * MOST_BYTES}
    with pytest.raises(ExportError, match="export and delete one first"):
        with_entry([one], large)
