"""Signatures of documents: the same everywhere, near for documents that are, and the bands that several share."""

from __future__ import annotations

import numpy as np
import pytest

from index.signatures import BAND, PERMUTATIONS, shared_bands, signature_of


def runs(first: int, last: int) -> list[tuple[str, ...]]:
    return [(str(n), "of", "these") for n in range(first, last)]


def test_a_signature_is_the_same_in_every_process_and_order() -> None:
    """It may be carried over from one index to the next; a release of numpy that draws other numbers must not go unseen."""
    made = signature_of([("the", "old", "bridge"), ("old", "bridge", "opened")])
    assert made.dtype == np.uint32 and made.shape == (PERMUTATIONS,)
    assert made[:3].tolist() == [3288652165, 2040364620, 529476299]
    assert np.array_equal(made, signature_of([("old", "bridge", "opened"), ("the", "old", "bridge")]))


def test_a_long_document_has_the_signature_of_its_parts_together(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = signature_of(runs(0, 25))
    monkeypatch.setattr("index.signatures.AT_ONCE", 10)
    assert np.array_equal(signature_of(runs(0, 25)), whole)


def test_equal_values_tell_the_share_of_common_runs() -> None:
    """Within what 64 draws allow; runs that no encoding knows are runs as well."""
    ours, theirs, others = (signature_of(runs(*bounds)) for bounds in ((0, 600), (200, 800), (1000, 1600)))
    assert 0.3 < (ours == theirs).mean() < 0.7 and (ours == others).mean() < 0.1
    assert not np.array_equal(signature_of([("\ud800", "a", "b")]), signature_of([]))


def test_only_bands_that_several_have_are_numbered() -> None:
    """Equal numbers are equal bands at the same place; the same values elsewhere are another band."""
    one, two, three = np.arange(PERMUTATIONS), np.arange(PERMUTATIONS) + 1000, np.arange(PERMUTATIONS) + 2000
    two[:BAND], three[BAND : 2 * BAND] = one[:BAND], one[:BAND]
    numbers = shared_bands(np.array([one, two, three], dtype=np.uint32))
    assert numbers.shape == (3, PERMUTATIONS // BAND)
    assert numbers[0, 0] == numbers[1, 0] >= 0 and (numbers >= 0).sum() == 2
    assert (shared_bands(np.stack([signature_of(runs(0, 9))])) == -1).all()
