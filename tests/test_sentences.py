"""Where sentences end, case by case. In the tables "|" stands between the sentences that are expected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Span
from index.sentences import split_sentences, trim


def split(text: str) -> list[str]:
    return [span.of(text) for span in split_sentences(text, Span(0, len(text)))]


TITLES_AND_NAMES = """
Dr Lee left. |She was tired.
Dr. Lee left. |She was tired.
We met Cllr. John Fuller and Cllr Ann Roe. |They agreed.
Mr. and Mrs. Brown came with Prof. A. B. Smith. |Nobody else did.
The book is by J. R. R. Tolkien. |It is long.
He met J. Smith in May. |They spoke.
St. Mary's School is open. |So is St. Paul's.
Sgt. Pepper and Lt. Col. Blake spoke.
The Rev. Martin Luther King Jr. spoke there.
It was I. |The others had left.
"""

NUMBERS = """
The rate rose by 3.5 per cent. |It had been 2.1 per cent.
It cost £4.50. |That is less than before.
Version 1.2.3 is out. |Version 2 follows.
See No. 5 and p. 12. |Then stop.
See Fig. 3 and para. 4.2 of vol. 2.
It began on 5 Jan. 2020. |It ended later.
In 2019 there were 40. |In 2020 there were 50.
The visit was on 20.01.2020. |A report followed.
"""

ABBREVIATIONS = """
Bring fruit, e.g. apples, or nuts. |Not sweets.
It is the usual, i.e. Monday. |Come early.
It starts at 9 a.m. |The doors open at eight.
It starts at 9 a.m. on Monday.
It starts at 9 a.m. |However, come earlier.
They sell pens, paper, etc. |They also sell ink.
Smith et al. (2019) found this.
The U.K. Government agreed. |It was late.
He works for Brown Ltd. in Leeds.
It was Leeds vs. York in the final.
"""

QUOTATIONS = """
“It works.” |The report says so.
“It works,” the report says.
He said: “It works. |It is cheap.” |Then he left.
“Really?” he asked.
“Really?” |He asked again.
“Never!” said Ann. |“Why not?” asked Bob.
"It works." |The report says so.
"Really?" she asked. |Nobody spoke.
“Stop!” Ann Lee said. |He stopped.
He called it ‘bad.’ |We did not.
It is (he said) good. |We agree.
(It was late.) |They left.
This is the end (at last). |Now go.
“A.” |“B.”
"""

STOPS = """
What? |When? |Why not!
Wait... |Then it came.
Wait… what is it?
He waited … and left.
No final stop
One sentence. |Another without its stop
Is this the end?! |It is.
See www.example.org for more. |Or call.
Write to a.b@example.org. |Or call.
The file is report.pdf, as before.
One.Two is one word.
The U.N. |It meets today.
They said so.[1] |Others did not.
*It works.* |**It is cheap.**
"""

OTHER_SCRIPTS = """
这是第一句。|这是第二句。
これは本です。|それは何ですか？|わかりません！
यह पहला वाक्य है। |यह दूसरा है।
هل هذا صحيح؟ |نعم هو صحيح.
Это первое. |Это второе.
Ça va. |Élan vital. |Über alles.
"""


@pytest.mark.parametrize(
    "line",
    [
        line
        for table in (TITLES_AND_NAMES, NUMBERS, ABBREVIATIONS, QUOTATIONS, STOPS, OTHER_SCRIPTS)
        for line in table.strip().splitlines()
    ],
)
def test_sentences_end_where_a_reader_ends_them(line: str) -> None:
    """Each line of the tables is split at its marks and nowhere else."""
    assert split(line.replace("|", "")) == [part.strip() for part in line.split("|")]


@pytest.mark.parametrize("gap", [" ", "  ", "\u00a0", "\u00a0 ", "\n", "\r\n", "\t", "\u2028", " \n "])
def test_any_white_space_may_follow_the_stop(gap: str) -> None:
    """Doubled, non-breaking and line-breaking spaces end a sentence as one space does, and belong to neither."""
    assert split(f"It works.{gap}It is cheap.") == ["It works.", "It is cheap."]


def test_inner_spaces_are_kept() -> None:
    """White space within a sentence is quoted as it stands."""
    assert split("It is “stable and\u00a0 effective”.  Good.") == ["It is “stable and\u00a0 effective”.", "Good."]


def test_a_numbered_opening_is_not_a_sentence() -> None:
    """The number of a minute belongs to what follows."""
    assert split("1. Welcome and apologies. All were there.") == ["1. Welcome and apologies.", "All were there."]
    assert split("iv. Any other business.") == ["iv. Any other business."]


def test_only_the_span_is_split() -> None:
    """Text around the span has no say, and offsets are those of the whole text."""
    text = "Mr. It works. Good. More."
    spans = split_sentences(text, Span(4, 19))
    assert [s.of(text) for s in spans] == ["It works.", "Good."]
    assert spans[0] == Span(4, 13)


@pytest.mark.parametrize("text", ["", "   ", "\n\u00a0\t"])
def test_nothing_but_white_space_holds_no_sentence(text: str) -> None:
    """An empty span gives no sentence, not an empty one."""
    assert split(text) == []
    assert trim(text, 0, len(text)) is None


pieces = st.sampled_from(
    ["Dr", "Cllr", "J", "e.g", "No", "5", "3.5", ".", "!", "?", "…", ",", "”", "“", '"', "’", "(", ")", " ", "  ", "\u00a0", "\n"]
    + ["\r\n", "word", "Word", "It", "a.m", "。", "”)", "\u2028", "🙂", "שלום", "[1]"]
)


@given(st.one_of(st.text(), st.lists(pieces).map("".join)), st.data())
def test_sentences_partition_their_span(text: str, data: st.DataObject) -> None:
    """Sentences are in order, disjoint and trimmed, and what stands between them is white space only."""
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    position = span.start
    for sentence in split_sentences(text, span):
        assert position <= sentence.start < sentence.end <= span.end
        assert not text[position : sentence.start].strip()
        assert sentence.of(text) == sentence.of(text).strip()
        position = sentence.end
    assert not text[position : span.end].strip()
