"""What belongs together: announcements with what they announce, quotations that are not cut, sentences that lean."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_assistant import opened, rank_by_words

from qa.whole import announced_by, announcer_of, leans_back, whole_quotation

REPORT = (
    "The bridge was praised. However, the inspectors did highlight areas which could be improved.\n\n"
    "“The response to floods is slow,” the report stated.\n\n"
    "It added there was a lack of lamps.\n\n"
    "“Nobody paints the rails. They rust every winter.”\n\n"
    "The mayor is ill.\n"
)


def sentences(index) -> list[str]:  # type: ignore[no-untyped-def]
    return [index.text(int(r["document"]))[r["start"] : r["end"]] for r in index.sentences]


def test_a_pointer_brings_what_it_points_to(tmp_path: Path) -> None:
    """For as long as speech goes on; from each of them the pointer is found again."""
    index = opened(tmp_path, {"a.txt": REPORT}).index
    texts = sentences(index)
    pointer = next(n for n, t in enumerate(texts) if "areas which" in t)
    found = announced_by(index, pointer)
    assert [texts[n] for n in found] == texts[pointer + 1 : pointer + 5]
    assert "mayor" not in texts[found[-1]]
    assert {announcer_of(index, n) for n in found} == {pointer}
    assert announcer_of(index, pointer) is None and announcer_of(index, len(texts) - 1) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The bridge was shut for two weeks.",
        "Inspectors identified problems with lamps, rails and paint.",
        "They found areas of damp in the cellar of the house by the river near the old mill, and dry rot.",
        "The council has areas.",
    ],
)
def test_what_names_the_things_itself_announces_nothing(tmp_path: Path, sentence: str) -> None:
    """An enumeration, or a plural that nothing follows."""
    index = opened(tmp_path, {"a.txt": f"{sentence}\n\nThe mayor is ill.\n"}).index
    assert announced_by(index, 0) == []


def test_a_pointer_that_counts_brings_so_many(tmp_path: Path) -> None:
    """ "Three reasons": the three sentences after it, though they neither quote nor lean."""
    text = "The mayor gave three reasons.\n\nLamps are dear. Paint is old. Rails rust. The sea is cold.\n"
    index = opened(tmp_path, {"a.txt": text}).index
    assert [sentences(index)[n] for n in announced_by(index, 0)] == ["Lamps are dear.", "Paint is old.", "Rails rust."]


def test_a_colon_announces_the_next_paragraph(tmp_path: Path) -> None:
    """A list without marks; not what comes after it."""
    text = "The mayor is ill.\n\nWhat the bridge needs first:\n\nNew lamps. Fresh paint for the rails. A gate.\n\nThe sea is cold today.\n"
    index = opened(tmp_path, {"a.txt": text}).index
    texts = sentences(index)
    pointer = next(n for n, t in enumerate(texts) if t.endswith(":"))
    assert [texts[n] for n in announced_by(index, pointer)] == ["New lamps.", "Fresh paint for the rails.", "A gate."]
    assert announcer_of(index, len(texts) - 1) is None


def test_an_announcement_ends_with_its_document(tmp_path: Path) -> None:
    """The next document's first sentence is not what it announces."""
    index = opened(tmp_path, {"a.txt": "The mayor gave several reasons.\n", "b.txt": "“It is old,” said Ann Lee.\n"}).index
    assert announced_by(index, 0) == []


def test_the_answer_holds_the_pointer_and_what_it_points_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cited in the order of the document, with a note."""
    rank_by_words(monkeypatch)
    answer = opened(tmp_path, {"a.txt": REPORT}).ask("Which areas could be improved, the inspectors highlight?")
    assert "areas which could be improved" in answer.citations[0].text
    assert any("response to floods" in c.text for c in answer.citations)
    assert any("lack of lamps" in c.text for c in answer.citations)
    assert [c.start for c in answer.citations] == sorted(c.start for c in answer.citations)
    assert any("announces" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("paragraph", "sentence", "whole"),
    [
        ("“Rails rust. Lamps break. Paint peels,” said Ann Lee.", 1, "“Rails rust. Lamps break. Paint peels,” said Ann Lee."),
        ('"Rails rust. Lamps break," said Ann Lee. She left.', 0, '"Rails rust. Lamps break," said Ann Lee.'),
        ("She left. “Rails rust,” said Ann Lee.", 0, "She left."),
        ("“Rails rust,” said Ann Lee. “Lamps break.”", 1, "“Lamps break.”"),
        ("“Rails rust. " + "Lamps break every day. " * 40 + "So it is.”", 0, "“Rails rust."),
    ],
)
def test_a_quotation_is_not_cut_in_the_middle(tmp_path: Path, paragraph: str, sentence: int, whole: str) -> None:
    """Unless it is very long; sentences beside it stay out."""
    index = opened(tmp_path, {"a.txt": f"The mayor is ill.\n\n{paragraph}\n"}).index
    assert whole_quotation(index, sentence + 1).of(index.text(0)) == whole


def test_a_cited_quotation_is_whole_and_cited_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sentences of one quotation make one citation, with the better one marked."""
    rank_by_words(monkeypatch)
    text = "The mayor is ill.\n\n“Old rails rust in winter. Rails rust by the sea,” said Ann Lee.\n"
    answer = opened(tmp_path, {"a.txt": text}).ask("Do rails rust by the sea?")
    assert [c.text for c in answer.citations if "rust" in c.text] == [
        "“Old rails rust in winter. Rails rust by the sea,” said Ann Lee."
    ]
    assert answer.citations[0].highlights


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It was old.", True),
        ("However, the rails were new.", True),
        ("“They shine,” said Ann Lee.", True),
        ("Italy was far.", False),
    ],
)
def test_sentences_that_point_back_say_so(sentence: str, expected: bool) -> None:
    """ "It", "However", "“They": the reader needs the sentence before."""
    assert leans_back(sentence) is expected
