"""The sample that a network is held against: what is like it passes, and every kind of difference is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.agreement import AGREEMENT, Sample, disagreement, read_sample
from index.embed import PACKAGE_SHA256, SentenceTransformerEncoder
from index.reference import ReferenceNetwork


@pytest.fixture
def sample() -> Sample:
    """Two questions and three passages; the first question finds the first passage, the second the second."""
    draw = np.random.default_rng(1)
    mask = np.array([[1, 1, 0], [1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1]])
    vectors = np.eye(4, dtype=np.float32)[[0, 1, 0, 1, 2]] + 0.3
    tokens, states = draw.normal(size=(2, mask.sum(), 4)).astype(np.float32)
    return Sample(mask * 7, mask, 2, 3, vectors, tokens, states)


def network_of(sample: Sample):  # type: ignore[no-untyped-def]
    """A network that gives what the sample says, with noise where there is padding."""

    def padded(rows: np.ndarray) -> np.ndarray:
        table = np.full((*sample.mask.shape, rows.shape[1]), np.nan, dtype=np.float32)
        table[sample.mask.astype(bool)] = rows
        return table

    return lambda ids, mask: (sample.vectors, padded(sample.tokens), padded(sample.states))


def test_the_same_is_no_disagreement(sample: Sample) -> None:
    """Also a little off, and with another length."""
    assert disagreement(sample, network_of(sample)) == ""
    assert disagreement(sample, network_of(replace(sample, vectors=2 * sample.vectors + 0.001))) == ""


@pytest.mark.parametrize("kind", ["vector", "token", "state"])
def test_one_row_that_differs_is_named(sample: Sample, kind: str) -> None:
    """By its kind, with its cosine; so is one that is no number."""
    rows = getattr(sample, f"{kind}s")
    for wrong in (-rows[1], np.nan * rows[1]):
        changed = rows.copy()
        changed[1] = wrong
        found = disagreement(sample, network_of(replace(sample, **{f"{kind}s": changed})))
        assert found.startswith(f"a {kind} has the cosine") and "sentence-transformers" in found


def test_another_first_hit_is_a_disagreement(sample: Sample) -> None:
    """Vectors that are like enough may still order two near passages otherwise."""
    near, turned = sample.vectors.copy(), sample.vectors.copy()
    near[2:4] = near[0] + np.array([[0.001, 0, 0, 0], [0, 0.001, 0, 0]])
    turned[2:4] = near[3:1:-1]
    found = disagreement(replace(sample, vectors=near), network_of(replace(sample, vectors=turned)))
    assert found == "a question finds another passage first than with sentence-transformers"


def test_a_sample_is_read_for_its_model_only(tmp_path: Path) -> None:
    """Another model's is none, and so is a missing one; the packaged one is the packaged model's."""
    assert read_sample(AGREEMENT, "another") is None
    assert read_sample(tmp_path / "missing.npz", PACKAGE_SHA256) is None
    sample = read_sample(AGREEMENT, PACKAGE_SHA256)
    assert sample and sample.vectors.shape == (len(sample.ids), 384)
    assert len(sample.tokens) == len(sample.states) == sample.mask.sum()


@pytest.mark.real
def test_the_packaged_sample_is_what_sentence_transformers_gives(real_encoder: SentenceTransformerEncoder) -> None:
    """So that whatever agrees with it agrees with sentence-transformers."""
    sample = read_sample(AGREEMENT, PACKAGE_SHA256)
    assert sample
    vectors, tokens, states = ReferenceNetwork(real_encoder.folder, sample.layer).run(sample.ids, sample.mask)
    assert states is not None
    there = sample.mask.astype(bool)
    np.testing.assert_allclose(vectors, sample.vectors, atol=1e-5)
    np.testing.assert_allclose(tokens[there], sample.tokens, atol=2e-3)
    np.testing.assert_allclose(states[there], sample.states, atol=1e-2)
