"""The answer's records: what their constructors refuse, and how they become JSON."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from index import Span
from qa import Answer, Citation, Place
from qa.answer import numbered

TEXT = "The visit. They came on 20 January. It rained."


def citation(**changes: Any) -> Citation:
    given = {"number": 1, "document": "a.txt", "title": None, "start": 11, "end": 35, "text": TEXT[11:35], "score": 0.5}
    return Citation(**(given | {"document_text": TEXT} | changes))


def test_a_citation_is_the_documents_text() -> None:
    """The constructor checks it, and does not keep the document."""
    assert citation().text == "They came on 20 January."
    assert "document_text" not in citation().to_dict()


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "They came on 21 January."},
        {"text": "they came on 20 January."},
        {"text": ""},
        {"start": 11, "end": 11, "text": ""},
        {"start": 10},
        {"end": 36},
        {"start": 11 - len(TEXT), "end": 35},
        {"document_text": TEXT.replace("20", "21")},
        {"document_text": ""},
    ],
)
def test_a_citation_with_another_text_is_refused(changes: dict[str, Any]) -> None:
    """A changed letter, a moved edge, nothing at all, another document: the document is named."""
    with pytest.raises(ValueError, match=r"a\.txt .*not the document's text"):
        citation(**changes)


@pytest.mark.parametrize("mark", [Span(10, 20), Span(30, 36), Span(0, 5), Span(40, 44)])
def test_a_highlight_outside_the_quotation_is_refused(mark: Span) -> None:
    """Even by one character."""
    with pytest.raises(ValueError, match="highlight lies outside"):
        citation(highlights=(Span(24, 34), mark))


def test_a_highlight_may_be_the_whole_quotation() -> None:
    """Or touch its edges."""
    assert citation(highlights=(Span(11, 35), Span(11, 12), Span(34, 35))).highlights[0].of(TEXT) == TEXT[11:35]


def test_records_are_frozen() -> None:
    """Nobody changes a quotation after it was checked."""
    with pytest.raises(FrozenInstanceError):
        citation().text = "They came on 21 January."  # type: ignore[misc]


def test_an_answer_becomes_json() -> None:
    """Every field by its name, spans as pairs, nothing lost on the way."""
    cited = citation(highlights=(Span(24, 34),), also_in=(Place("b.txt", 3, 27, "They came."),), passage=Span(0, len(TEXT)))
    answer = Answer("When?", "answered", 0.75, (cited,), (), "When did they come?", (("whn", "when"),), notes=("A note.",))
    plain = json.loads(json.dumps(answer.to_dict()))
    assert set(plain) == {f.name for f in fields(Answer)}
    assert set(plain["citations"][0]) == {f.name for f in fields(Citation)}
    assert plain["citations"][0]["highlights"] == [[24, 34]]
    assert plain["citations"][0]["also_in"] == [{"document": "b.txt", "start": 3, "end": 27, "text": "They came.", "copy": False}]
    assert plain["citations"][0]["passage"] == [0, len(TEXT)]
    assert plain["corrections"] == [["whn", "when"]] and plain["notes"] == ["A note."]
    assert json.loads(json.dumps(citation().to_dict()))["passage"] is None


def test_citations_are_numbered_on_with_what_they_differ_from() -> None:
    """Those that are no longer there are differed from no more."""
    cited = [
        citation(number=n, differs_from=others, differing=(Span(24, 34),)) for n, others in ((1, (2, 3)), (3, (1,)), (4, (2,)))
    ]
    found = numbered(cited, 5, lambda _: TEXT)
    assert [(c.number, c.differs_from, len(c.differing)) for c in found] == [(6, (7,), 1), (7, (6,), 1), (8, (), 0)]
