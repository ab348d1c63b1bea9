"""What is printed of changes and generations: excerpts that show the difference, sizes that people read."""

from __future__ import annotations

import pytest

from index import Changes, Comparison, Skipped
from index.comparison import Quoted
from index.history import GenerationInfo
from index.lines import PASSAGE_EXCERPT, change_counts, change_lines, comparison_lines, generation_lines, size_in_words


def test_an_excerpt_begins_before_the_difference() -> None:
    """Two long passages that begin alike are told apart; a short one stands whole."""
    alike = "The council met in the old hall and spoke about the bridge for a very long time. " * 3
    went = (Quoted("a.txt", 0, 9, f"{alike}It is red."), Quoted("a.txt", 9, 19, "Nobody came."))
    came = (Quoted("a.txt", 0, 9, f"{alike}It is green."), Quoted("a.txt", 9, 19, "Everybody came."))
    lines = list(comparison_lines(Comparison("g000001", "g000002", Changes(changed=("a.txt",)), came, went)))
    shown = lines[lines.index("\na.txt") + 1 : -1]
    assert [line[0] for line in shown] == ["-", "-", "+", "+"]
    assert shown[0].startswith("- …") and shown[0].endswith("It is red.") and shown[2].endswith("It is green.")
    assert shown[1] == "- Nobody came." and shown[3] == "+ Everybody came."
    assert all(len(line) <= PASSAGE_EXCERPT + 3 for line in shown)


def test_nothing_of_a_name_or_passage_acts_on_a_terminal() -> None:
    """Escape codes and line breaks are shown."""
    quoted = (Quoted("a\x1b.txt", 0, 9, "red\x1b[31m\nwords"),)
    changes = Changes(removed=("a\x1b.txt",), renamed=(("b\x1b", "c\x1b"),), left_out=(Skipped("a\x1b.txt", "bad\x1b"),))
    printed = "\n".join(comparison_lines(Comparison("g000001", "g000002", changes, (), quoted)))
    assert "\x1b" not in printed and "- red\\x1b[31m words" in printed


def test_a_generation_that_cannot_be_read_has_a_line() -> None:
    """With nothing but its name, and why."""
    lines = list(generation_lines([GenerationInfo("g000001", False, False, damage="manifest.json: gone")]))
    assert lines[1:] == ["  g000001", "    damaged: manifest.json: gone"]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (54_321, "54.3 kB"), (999_900, "1.0 MB"), (5 * 10**12, "5,000 GB")],
)
def test_sizes_are_read_by_people(size: int, words: str) -> None:
    """In the unit that leaves few digits."""
    assert size_in_words(size) == words


def test_no_document_that_differs_leaves_the_reasons() -> None:
    """A changed setting is a change too."""
    assert change_counts(Changes(reasons=("the model changed",))) == "the model changed"
    assert change_counts(Changes()) == "nothing"
    assert change_counts(Changes(added=("a",) * 1200, removed=("b",))) == "1,200 added, 1 removed"
    assert list(change_lines(Changes())) == []
