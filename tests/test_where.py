"""Filters on documents: what they match, what they leave alone, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Metadata, QuestionError, Where, build_index, open_index
from index.records import IndexedDocument
from index.where import days_of, known_values, matching, where_of


def an_index(documents: dict[str, Metadata]) -> SimpleNamespace:
    """As much of an index as a filter looks at."""
    return SimpleNamespace(
        documents=tuple(IndexedDocument(name, known, None, "0" * 64, 1, 0, 1, (), ()) for name, known in documents.items())
    )


SHELF = an_index(
    {
        "a.txt": Metadata(publisher="CQC", author="Ann Lee", date="2024-03-06", language="en"),
        "reports/b.txt": Metadata(publisher="Ofsted", author="Bo Ek", date="2024", language="en-GB"),
        "reports/2020/c.txt": Metadata(publisher="CQC ", date="2020-02", language="de"),
        "bundle.zip/old/d.txt": Metadata(),
    }
)
ALL = [d.id for d in SHELF.documents]


def left(index: SimpleNamespace = SHELF, **fields: object) -> list[str]:
    """The documents that a filter leaves."""
    return [d.id for d, kept in zip(index.documents, matching(index, Where(**fields)), strict=True) if kept]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ALL),
        ({"document": "reports/b.txt"}, ALL[1:2]),
        ({"publisher": "cqc"}, [ALL[0], ALL[2]]),
        ({"publisher": ["  CQC", "OFSTED"]}, ALL[:3]),
        ({"author": "ann\n lee"}, ALL[:1]),
        ({"language": "en"}, ALL[:2]),
        ({"language": "en_gb"}, ALL[1:2]),
        ({"folder": "reports"}, ALL[1:3]),
        ({"folder": "./Reports/2020/"}, ALL[2:3]),
        ({"folder": "bundle.zip"}, ALL[3:]),
        ({"folder": "bundle.zip/old"}, ALL[3:]),
        ({"folder": "reports", "publisher": "CQC"}, ALL[2:3]),
        ({"folder": "reports", "author": "Ann Lee"}, []),
    ],
)
def test_values_of_a_field_are_alternatives_and_all_fields_must_hold(fields: dict[str, object], expected: list[str]) -> None:
    """Case and white space do not count; "en" takes in "en-GB"; a folder, or an archive, takes in everything below it."""
    assert left(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"since": "2024"}, ALL[:2]),
        ({"since": "2024", "until": "2024"}, ALL[:2]),
        ({"since": "2024-03"}, ALL[:1]),  # the other may be of January
        ({"until": "2024-11"}, [ALL[0], ALL[2]]),
        ({"until": "2020-02-29"}, ALL[2:3]),
        ({"until": "2020-02-28"}, []),  # it may be of the 29th
        ({"since": "2024-03-06", "until": "2024-03-06"}, ALL[:1]),
        ({"since": "2024-03-07"}, []),
        ({"since": "0001", "until": "9999"}, ALL[:3]),  # never one without a date
    ],
)
def test_a_date_is_in_a_range_when_all_days_that_it_can_be_are(fields: dict[str, str], expected: list[str]) -> None:
    """What is unknown of a document does not match, not the day of "2024" either."""
    assert left(**fields) == expected


dates = st.dates().map(str).flatmap(lambda day: st.sampled_from([day, day[:7], day[:4]]))


@given(dates, dates, dates)
def test_ranges_hold_for_whole_days_as_numbers_do(date: str, since: str, until: str) -> None:
    """A document's days, compared as days: the same result as with dates of the calendar."""
    index = an_index({"a.txt": Metadata(date=date)})
    if days_of(since)[0] > days_of(until)[1]:
        with pytest.raises(QuestionError, match="begins before it ends"):
            Where(since=since, until=until)
    else:
        inside = days_of(since)[0] <= days_of(date)[0] and days_of(date)[1] <= days_of(until)[1]
        assert left(index, since=since, until=until) == ["a.txt"] * inside


def test_values_are_the_same_in_every_composition() -> None:
    """An accent may be a character of its own, as file names of some systems have it."""
    index = an_index({"cafe\u0301.txt": Metadata(publisher="Straße & Söhne")})
    assert left(index, document="caf\u00e9.txt") == left(index, publisher="STRASSE & SO\u0308HNE") == ["cafe\u0301.txt"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"publisher": "CQG"},
            'found the publisher "CQG" to search in, which no document has; the nearest known: "CQC", "Ofsted"',
        ),
        ({"document": "b.txt"}, 'the nearest known: "reports/b.txt"'),
        ({"publisher": ["CQC", "nobody"]}, '"nobody"'),
        ({"language": "fr"}, '"en"'),
        ({"folder": "2020"}, '"reports/2020"'),
        ({"author": "A" * 5000}, "the nearest known"),
        ({"publisher": "a\nb"}, '"a b"'),
    ],
)
def test_a_value_that_no_document_has_is_told_with_the_nearest(fields: dict[str, object], message: str) -> None:
    """In one line that is not long, whatever the value."""
    with pytest.raises(QuestionError) as caught:
        left(**fields)
    assert message in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_a_field_that_is_known_of_no_document_is_told() -> None:
    """There is nothing near to name."""
    with pytest.raises(QuestionError, match="of none is the publisher known; leave it out"):
        left(an_index({"a.txt": Metadata()}), publisher="CQC")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"since": "2024-13"}, 'since is "2024-13", expected a date'),
        ({"until": "2023-02-29"}, "expected a date"),
        ({"since": ""}, "expected a date"),
        ({"since": 2024}, "expected a date"),
        ({"since": "2024-06", "until": "2023"}, "since 2024-06 until 2023, expected a range"),
        ({"publisher": ""}, "leave it out"),
        ({"folder": ["reports", "./"]}, "leave it out"),
        ({"document": 7}, "expected a text or a list of texts"),
        ({"author": [None]}, "expected a text or a list of texts"),
        ({"language": {"en": 1}}, "expected a text or a list of texts"),
    ],
)
def test_what_no_filter_can_say_is_refused(fields: dict[str, object], message: str) -> None:
    """An impossible date, an empty name, and what is no text: when the filter is made."""
    with pytest.raises(QuestionError, match=message):
        Where(**fields)  # type: ignore[arg-type]


def test_a_filter_is_data() -> None:
    """It can be compared, kept as JSON and read back; one text stands for a list of one; repeats and white space go."""
    where = Where(publisher=["CQC", " CQC "], since="2024", document="a.txt")
    assert where == Where(document=("a.txt",), publisher=("CQC",), since="2024") and hash(where)
    assert Where(**where.to_dict()) == where
    assert where and not Where()
    assert where_of({"publisher": [], "since": None}) is None
    assert where_of({"publisher": ["CQC"], "author": ()}) == Where(publisher="CQC")


def test_known_values_are_counted() -> None:
    """Each with as many documents as a filter on it leaves, in the spelling that comes first."""
    assert known_values(SHELF, "publisher") == {"CQC": 2, "Ofsted": 1}
    assert known_values(SHELF, "language") == {"de": 1, "en": 2, "en-GB": 1}
    assert known_values(SHELF, "folder") == {"bundle.zip": 1, "bundle.zip/old": 1, "reports": 2, "reports/2020": 1}
    for field in ("document", "publisher", "author", "language", "folder"):
        assert all(len(left(**{field: value})) == count for value, count in known_values(SHELF, field).items())


def test_what_the_file_itself_says_counts_as_known(tmp_path: Path, encoder) -> None:  # type: ignore[no-untyped-def]
    """Where the catalogue is silent."""
    (tmp_path / "a.md").write_text("---\nauthor: Ann Lee\n---\nThe ferry sails.\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("The bridge is old.\n", encoding="utf-8")
    build_index(tmp_path, tmp_path / "index", encoder=encoder)
    assert matching(open_index(tmp_path / "index"), Where(author="ann lee")).tolist() == [True, False]
