"""The page's “Search in” without the page: what can be chosen, what is, and what is said of it."""

from __future__ import annotations

from conftest import fake_index

from index import Where
from qa.many import ask_all
from qa.narrow import EVERYWHERE, FIELDS, OFFERED, choices_of, chosen, is_offered, linked_values, offered, told, values_of

NOTHING = ([], [], [], "", "", [], [])


def test_what_can_be_chosen_is_what_documents_have():
    """Documents by title and name, other values with how many documents have them."""
    choices = choices_of(fake_index({"a.txt": "x", "reports/b.txt": "y"}))
    assert choices["document"] == [("The visit (a.txt)", "a.txt"), ("reports/b.txt", "reports/b.txt")]
    assert choices["folder"] == [("reports (1)", "reports")] and choices["publisher"] == []


def test_of_many_values_the_first_are_offered_and_others_found_by_typing():
    """What is chosen is always among them, or its name could not be shown."""
    values = [(f"Town {n} (1)", f"town{n}") for n in range(10_000)]
    assert offered(values, None) == values[:OFFERED] and offered(values[:3], []) == values[:3]
    assert offered(values, ["town9999"]) == [values[9999], *values[:OFFERED]]
    assert offered(values, [], "TOWN 9871") == [values[9871]] and offered(values, [], "zebra") == []


def test_a_list_that_has_all_that_is_typed_stays():
    """So nothing moves under the hand that chooses; what was cut off or typed anew is offered anew."""
    values = [(f"Town {n} (1)", f"town{n}") for n in range(1000)]
    assert is_offered(values, "town 98", "town 98") and is_offered(values, "town 98", "town 987")
    assert is_offered(values, "town", "town")  # an arrow was pressed
    assert not is_offered(values, "town", "town 9") and not is_offered(values, "town 98", "town 9")
    assert not is_offered(values, "", "town 987") and not is_offered(values, "town 98", "")
    assert is_offered(values[:3], "", "town 2")


def test_what_is_chosen_is_a_filter_and_back():
    """Empty fields say nothing, white space around a date neither."""
    assert FIELDS == ("document", "publisher", "author", "since", "until", "language", "folder")
    assert chosen(NOTHING) is None and chosen(()) is None
    where = Where(publisher=["CQC", "Ofsted"], since="2024")
    assert chosen(([], ["CQC", "Ofsted"], None, " 2024 ", None, [], [])) == where
    assert chosen(values_of(where)) == where and chosen(values_of(None)) is None


def test_the_name_of_the_control_says_what_is_searched(library):
    """And beside it how much that is; or why it cannot be."""
    assert told(NOTHING, library) == (EVERYWHERE, "2 documents, 2 passages")
    name, left = told(([], ["CQC"], [], "2024", "", [], []), library)
    assert (name, left) == ("Search only in: publisher CQC, since 2024", "1 document, 2 passages")
    name, left = told(([], [], [], "soon", "", [], []), library)
    assert name == "Search in: not understood" and "expected a date" in left


def test_a_link_chooses():
    """What is wrong with it is told elsewhere."""
    assert chosen(linked_values("?q=x&publisher=CQC&since=2024")) == Where(publisher="CQC", since="2024")
    assert chosen(linked_values("?q=x")) is None and chosen(linked_values("?q=x&since=soon")) is None


def test_a_batch_is_asked_of_what_is_chosen(library, assistant):
    """Every row of it; what cannot be chosen is told once."""
    *_, batch = ask_all("When one?\nWhen two?\n", library, ([], ["CQC"], [], "", "", [], []))
    assert assistant.filters == [Where(publisher="CQC")] * 2 and len(batch.rows) == 2
    *_, batch = ask_all("When one?\nWhen two?\n", library, ([], [], [], "soon", "", [], []))
    assert batch.rows == () and "expected a date" in batch.note
