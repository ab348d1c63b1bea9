"""Words on a page to lines and pieces: nothing is lost or doubled, whatever stands where."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from index.loaded import CELL
from index.page_layout import Word, find_runs, paragraphs, regions
from index.page_text import Page, pieces_of

PLACES = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.integers(0, 30),
        st.sampled_from(["Words", "stand", "here.", "•", "12", "inspec-"]),
        st.integers(8, 12),
    ),
    max_size=60,
)


def words_at(places: list[tuple[int, int, str, int]]) -> list[Word]:
    """Words on a grid, numbered with a space between each two; some lie upon each other."""
    words, number = [], 0
    for x, y, text, size in places:
        words.append(Word(text, number, x * 8.0, y * 14.0, x * 8.0 + len(text) * size / 2, y * 14.0 + size))
        number += len(text) + 1
    return words


@given(PLACES)
def test_every_word_is_read_once(places: list[tuple[int, int, str, int]]) -> None:
    """Runs, columns and paragraphs share the words out among them."""
    words = words_at(places)
    columns = regions(find_runs(words))
    read = [w for column in columns for group in paragraphs(column) for line in group for run in line.runs for w in run.words]
    assert Counter(w.number for w in read if w.text != " ") == Counter(w.number for w in words)


@given(st.lists(PLACES, max_size=4))
def test_pieces_hold_the_words_of_all_pages(pages: list[list[tuple[int, int, str, int]]]) -> None:
    """Nothing is added but bars between cells, and nothing goes but hyphens; each place has the letters that it says."""
    texts = [" ".join(p[2] for p in places) for places in pages]
    laid_out = [Page(n, regions(find_runs(words_at(p))), top=800.0) for n, p in enumerate(pages, 1)]
    pieces = pieces_of(laid_out, lambda word: False)
    letters = Counter("".join(piece.text.replace(CELL, " ") for piece in pieces))
    expected = Counter("".join(texts))
    del letters[" "], expected[" "]
    assert letters == expected
    for piece in pieces:
        end = 0
        for location in piece.locations:
            assert end <= location.span.start < location.span.end <= len(piece.text)
            end = location.span.end
            number = location.glyph
            assert texts[int(location.label) - 1][number : number + len(location.span)] == location.span.of(piece.text)
