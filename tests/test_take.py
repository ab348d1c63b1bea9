"""Files that the page gives away, as the bytes that a browser saves."""

from __future__ import annotations

import base64
import json

import pytest

from index import BatchError, ExportError
from qa.batch import Row
from qa.export import FORMS
from qa.take import MEDIA_TYPES, export_of, kept_file, table_of
from qa.talk import Talk


@pytest.fixture
def talk(small_index) -> Talk:
    from conftest import WordEncoder

    from qa import Assistant

    assistant = Assistant.open(small_index.folder, WordEncoder(), None)
    talk = Talk().said(assistant.ask("What were the key strengths?"))
    answer = talk.answers[0]
    return talk.with_chosen((*answer.citations, *answer.related)[0])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", ["conversation", "chosen"])
def test_exports(talk, small_index, what, form):
    """In every form, named by what it is and by the day."""
    file = export_of(talk, what, form, small_index, "2026-01-31")
    assert file.name == f"{'quotations' if what == 'chosen' else what}-2026-01-31{form}"
    record = FORMS[form].read(file.data).record
    assert (len(record.replies), len(record.chosen)) == ((1, 0) if what == "conversation" else (0, 1))
    assert base64.b64decode(file.to_dict()["data"]) == file.data and file.to_dict()["type"] == FORMS[form].media_type


@pytest.mark.parametrize("what, form", [("conversation", ".exe"), ("chosen", ""), ("everything", ".md")])
def test_what_cannot_be_exported_is_told(talk, small_index, what, form):
    """An unknown form, or nothing to put in it."""
    with pytest.raises(ExportError):
        export_of(talk, what, form, small_index, "2026-01-31")
    with pytest.raises(ExportError, match="nothing to export yet"):
        export_of(Talk(), "conversation", ".md", small_index, "2026-01-31")


def test_a_kept_conversation_is_its_own_file():
    """To the byte."""
    file = kept_file({"title": "t", "day": "2026-01-31", "record": '{"a": "ü"}'})
    assert (file.name, file.data.decode()) == ("conversation-2026-01-31.json", '{"a": "ü"}')


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_tables(form):
    """With the columns of the sheet; a table for spreadsheets begins with the mark that they need."""
    rows = [Row(1, "Who?", None, "not asked, since ü", ("7",))]
    file = table_of(rows, ["id"], ";", form, "2026-01-31")
    assert file.name == f"answers-2026-01-31{form}" and "ü" in file.data.decode("utf-8-sig")
    assert file.data.startswith(b"\xef\xbb\xbf") is (form == ".csv")
    if form == ".csv":
        assert file.data.decode("utf-8-sig").splitlines()[1].startswith("7;Who?;")
    if form == ".json":
        assert json.loads(file.data)[0]["others"] == {"id": "7"}


def test_an_unknown_table_is_told():
    """It names the forms."""
    with pytest.raises(BatchError, match="expected one of .csv"):
        table_of([], [], ",", ".tsv", "2026-01-31")
