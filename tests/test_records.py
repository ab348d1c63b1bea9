"""The records: spans that cannot be wrong way round, and nothing that can be changed."""

from __future__ import annotations

import dataclasses
import json

import pytest

from index import BuildReport, Document, Metadata, Passage, Sentence, Skipped, Span, Speech
from index.records import Block


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (-2, -1)])
def test_a_span_the_wrong_way_round_is_refused(start: int, end: int) -> None:
    """A span needs 0 <= start <= end, and the message holds both numbers."""
    with pytest.raises(ValueError, match=rf"\[{start}, {end}\)"):
        Span(start, end)


def test_a_span_is_half_open() -> None:
    """The character at `end` is not part of a span."""
    assert Span(1, 3).of("abcd") == "bc"
    assert len(Span(1, 3)) == 2
    assert Span(2, 2).of("abcd") == ""


def test_spans_that_only_touch_do_not_overlap() -> None:
    """[0, 2) and [2, 4) share no character; [0, 3) and [2, 4) share one."""
    assert not Span(0, 2).overlaps(Span(2, 4))
    assert Span(0, 3).overlaps(Span(2, 4)) and Span(2, 4).overlaps(Span(0, 3))


def test_spans_sort_by_start_then_end() -> None:
    """The order of spans is the order of reading."""
    assert sorted([Span(2, 3), Span(0, 9), Span(0, 1)]) == [Span(0, 1), Span(0, 9), Span(2, 3)]


@pytest.mark.parametrize(
    "record",
    [
        Span(0, 1),
        Block("paragraph", Span(0, 1), Span(0, 1)),
        Speech(Span(0, 1)),
        Sentence(Span(0, 1), "paragraph", 0),
        Passage(Span(0, 1), 0, 1),
        Metadata(),
        Document("a.txt", "a", "0"),
        Skipped("a.bin", "why"),
    ],
)
def test_records_cannot_be_changed(record: object) -> None:
    """Records are frozen, and slotted: no attribute can be added either."""
    name = dataclasses.fields(record)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, None)
    assert not hasattr(record, "__dict__")


def test_metadata_shows_every_key() -> None:
    """What is unknown is in the dict as None: unknown, not forgotten."""
    assert Metadata(title="T").to_dict() == {
        "title": "T",
        "publisher": None,
        "author": None,
        "date": None,
        "language": None,
        "rights": None,
    }


def test_a_build_report_is_ready_for_json() -> None:
    """to_dict gives plain data with every field."""
    report = BuildReport(1, 2, 3, 0, (Skipped("a.bin", "binary"),), 0.5, notes=("twins",))
    data = json.loads(json.dumps(report.to_dict()))
    assert set(data) == {field.name for field in dataclasses.fields(BuildReport)}
    assert data["skipped"] == [{"path": "a.bin", "reason": "binary"}]
    assert data["notes"] == ["twins"]
