"""What a search may find: keys and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.filters import AllOf, AnyOf, Not, key_of, leaves, term_key
from index.milvus_schema import expression


@pytest.mark.parametrize("key", ['x"] or true', "", "abc", "ABCDEF0123456789", "0123456789abcdef\n", "ü" * 16, None, 7])
def test_what_is_no_key_is_refused(key: object) -> None:
    """So that nobody's words come into an engine's language."""
    with pytest.raises(ValueError, match="expected a key"):
        AnyOf("term", frozenset([key]))  # type: ignore[list-item]


def test_a_field_that_passages_do_not_have_is_refused() -> None:
    """With those that they have."""
    with pytest.raises(ValueError, match="expected one of document, revision, term, wording"):
        AnyOf("id", frozenset())


@given(st.text())
def test_every_text_has_keys_of_hexadecimal_digits(text: str) -> None:
    """Lone surrogates, quotes and nothing at all among them; other texts have others."""
    assert AnyOf("document", frozenset([key_of(text)])) and AnyOf("term", frozenset([term_key(text)]))
    assert key_of(text) != key_of(text + "x") and term_key(text) != term_key(text + "x")
    assert not set(expression(AnyOf("term", frozenset([term_key(text)])))) - set(
        'array_contains_any(terms, ["0123456789abcdef"])'
    )


def test_a_tree_leaves_what_its_parts_say() -> None:
    """One of the keys, all of the parts, none of what is ruled out; and everything where there is no tree."""
    a, b, c = key_of("a"), key_of("b"), key_of("c")
    keys = {"document": frozenset([a]), "term": frozenset([b, c])}
    assert leaves(None, keys) and leaves(AnyOf("document", frozenset([a, b])), keys)
    assert not leaves(AnyOf("document", frozenset([b])), keys) and not leaves(AnyOf("document", frozenset()), keys)
    one, two = AnyOf("term", frozenset([b])), AnyOf("document", frozenset([c]))
    assert not leaves(AllOf((one, two)), keys) and leaves(AllOf((one, Not(two))), keys)
    assert expression(AllOf((one, Not(two)))) == f'(array_contains_any(terms, ["{b}"])) and (not (document in ["{c}"]))'
