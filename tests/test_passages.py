"""Sentences to passages: every sentence once, in order, within the encoder's limit, lists with their lead-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Passage, Sentence
from index.passages import CONTEXT_TOKENS, SPECIAL_TOKENS, TARGET_TOKENS, embedded_text, make_passages
from index.segment import segment


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def characters(texts: Sequence[str]) -> list[int]:
    """Counts as a tokenizer does for a script without spaces: a character a token."""
    return [sum(not c.isspace() for c in text) for text in texts]


def make(
    text: str, title: str | None = None, count: Callable[[Sequence[str]], list[int]] = words, limit: int = 256
) -> tuple[tuple[Passage, ...], tuple[Sentence, ...]]:
    blocks, sentences = segment(text)
    return make_passages(text, blocks, sentences, title, count, limit)


def paragraphs(count: int, length: int = 20) -> str:
    return "\n\n".join(f"Paragraph {i} says " + "word " * (length - 4) + "here." for i in range(count))


texts = st.lists(
    st.sampled_from(
        [
            "A heading\n\n",
            "\n\nSubscribe\n\n",
            "\n• one\n\nRead more\n\n• two\n\n",
            "Short one. ",
            "And " + "more " * 30 + "words. ",
            "\n\n",
            "Points:\n\n• one\n• two\n\n",
            "• item " + "w " * 50,
        ]
        + [
            "\n",
            "word " * 300,
            "x" * 400,
            "这是一个没有空格的句子。",
            "这" * 300,
            "| a | b |\n",
            "1. first\n2. second\n",
            "\u00a0",
            "🙂 ",
        ]
    ),
    max_size=14,
).map("".join)


@given(texts, st.sampled_from([words, characters]), st.sampled_from([None, "A title", "Very " * 80 + "long title"]))
def test_every_sentence_is_in_one_passage_and_none_is_too_long(
    text: str, count: Callable[[Sequence[str]], list[int]], title: str | None
) -> None:
    """Passages hold the sentences once and in order; what is embedded fits the encoder, special tokens included."""
    passages, sentences = make(text, title, count, limit=128)
    left_out = [block.span for block in segment(text)[0] if block.kind == "boilerplate"]
    assert [n for p in passages for n in range(p.first, p.last)] == list(range(len(sentences)))
    for passage in passages:
        members = sentences[passage.first : passage.last]
        assert passage.span.start == members[0].span.start and passage.span.end == members[-1].span.end
        embedded, starts = embedded_text(text, passage, sentences)
        assert count([embedded])[0] + SPECIAL_TOKENS <= 128
        assert not any(passage.span.overlaps(span) for span in left_out)
        assert count([passage.context])[0] <= CONTEXT_TOKENS
        for start, sentence in zip(starts, members, strict=True):
            assert embedded[start:].startswith(" ".join(sentence.span.of(text).split()))


@given(texts, st.sampled_from([words, characters]))
def test_cutting_an_over_long_sentence_loses_nothing(text: str, count: Callable[[Sequence[str]], list[int]]) -> None:
    """The pieces of a cut sentence are in order and disjoint, and only white space is between them."""
    before = [s for s in segment(text)[1]]
    after = make(text, count=count, limit=128)[1]
    position = 0
    for sentence in after:
        whole = next(s for s in before if s.span.start <= sentence.span.start and sentence.span.end <= s.span.end)
        assert (whole.kind, whole.block, whole.speech) == (sentence.kind, sentence.block, sentence.speech)
        assert position <= sentence.span.start < sentence.span.end
        position = sentence.span.end
    joined = "".join("".join(s.span.of(text).split()) for s in after)
    assert joined == "".join("".join(s.span.of(text).split()) for s in before)


def test_a_short_document_is_one_passage() -> None:
    """What fits the target stays together."""
    passages, sentences = make(paragraphs(3))
    assert len(passages) == 1 and len(sentences) == 3


def test_a_paragraph_is_not_parted_when_it_fits() -> None:
    """A passage closes between paragraphs, before the one that would take it past the target."""
    text = paragraphs(12)
    passages, sentences = make(text)
    assert len(passages) == 2
    for passage in passages:
        assert words([passage.span.of(text)])[0] <= TARGET_TOKENS
    assert sentences[passages[1].first].span.of(text).startswith("Paragraph 6")


def test_a_heading_begins_a_passage_and_is_context_of_its_section() -> None:
    """The heading stays with what it heads; later passages of the section know it as context."""
    text = f"{paragraphs(1)}\n\nThe second part\n\n{paragraphs(14)}"
    passages, sentences = make(text, title="The title")
    begins = [sentences[p.first].span.of(text) for p in passages]
    assert begins[1] == "The second part"
    assert [p.context for p in passages] == [
        "The title",
        "The title",
        "The title\nThe second part",
        "The title\nThe second part",
    ][: len(passages)]


def test_a_list_stays_with_its_lead_in() -> None:
    """The lead-in and its items are one passage, even where the paragraph before would have had room."""
    items = "\n".join(f"• item {i} " + "word " * 8 for i in range(9))
    text = f"{paragraphs(3)}\n\nThere are nine points:\n\n{items}"
    passages, sentences = make(text)
    assert [s.kind for s in sentences[passages[-1].first : passages[-1].last]] == ["lead_in"] + ["item"] * 9


def test_a_list_too_long_for_one_passage_keeps_its_lead_in_as_context() -> None:
    """Items that go to the next passage are embedded with the words that lead them in."""
    items = "\n".join(f"• item {i} " + "word " * 28 for i in range(12))
    passages, _ = make(f"There are twelve points:\n\n{items}")
    assert len(passages) > 1
    assert passages[0].context == ""
    assert all(p.context == "There are twelve points:" for p in passages[1:])


def test_what_is_quoted_never_holds_the_context() -> None:
    """The title is embedded in front; the passage's span holds the document's own words only."""
    text = paragraphs(1)
    (passage,), sentences = make(text, title="The title")
    assert embedded_text(text, passage, sentences)[0] == f"The title\n{text}"
    assert passage.span.of(text) == text


def test_a_title_that_opens_the_passage_is_not_repeated() -> None:
    """The first passage begins with the title itself, so its context leaves it out."""
    text = f"The title\n\n{paragraphs(1)}"
    (passage,), _ = make(text, title="The title")
    assert passage.context == ""


def test_an_over_long_sentence_is_cut_between_words() -> None:
    """A text without stops gives pieces that fit, and no piece begins or ends inside a word."""
    text = " ".join(f"word{i}" for i in range(1000))
    _, sentences = make(text)
    assert len(sentences) > 1
    assert [w for s in sentences for w in s.span.of(text).split()] == text.split()


def test_a_script_without_spaces_is_cut_inside() -> None:
    """Where there are no spaces the cut is between characters; nothing is lost."""
    text = "这是一个没有空格也没有句号的很长的句子" * 60
    passages, sentences = make(text, count=characters)
    assert len(passages) > 1
    assert "".join(s.span.of(text) for s in sentences) == text


@pytest.mark.parametrize("text", ["", "\n", "Subscribe", "---"])
def test_nothing_citable_gives_no_passage(text: str) -> None:
    """Boilerplate and markup alone make no passage."""
    assert make(text) == ((), ())
