"""Token states: int8 codes of what an inner layer of the encoder makes of each token."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.states import TOKEN_STATES, TokenStates, read_states

SEED = 3


def some_states() -> TokenStates:
    """Of 12 dimensions, 5 are kept."""
    generator = np.random.default_rng(SEED)
    projection = np.linalg.qr(generator.standard_normal((12, 5)))[0].astype(np.float32)
    return TokenStates(2, generator.standard_normal(12).astype(np.float32), projection, np.full(5, 0.02, dtype=np.float32))


def test_what_is_compressed_comes_back() -> None:
    """A state within the dimensions that are kept is restored to half a step in each of them."""
    states = some_states()
    kept = np.random.default_rng(SEED).uniform(-2, 2, (40, 5)).astype(np.float32)
    hidden = kept @ states.projection.T + states.mean
    codes = states.compress(hidden)
    assert codes.dtype == np.int8 and codes.shape == (40, states.dimension)
    restored = states.restore(codes)
    assert restored.dtype == np.float32 and restored.shape == hidden.shape
    assert np.abs((restored - states.mean) @ states.projection - kept).max() <= 0.0101
    assert (states.compress(restored) == codes).all()


def test_what_is_too_large_is_cut() -> None:
    """A code never wraps round."""
    states = some_states()
    far = np.stack([states.projection.T[0] * size + states.mean for size in (1000, -1000)])
    assert states.compress(far)[:, 0].tolist() == [127, -127]


def test_no_tokens_have_no_states() -> None:
    """An empty text is compressed and restored to nothing."""
    states = some_states()
    codes = states.compress(np.zeros((0, 12), dtype=np.float32))
    assert codes.shape == (0, 5) and states.restore(codes).shape == (0, 12)


def test_states_are_read_for_the_model_that_they_were_made_for(tmp_path: Path) -> None:
    """Another model's file, or none, is no states."""
    states = some_states()
    path = tmp_path / "states.npz"
    np.savez(path, model="a", layer=2, mean=states.mean, projection=states.projection.astype(np.float16), step=states.step)
    read = read_states(path, "a")
    assert read and read.layer == 2 and (read.mean == states.mean).all() and (read.step == states.step).all()
    assert read.projection.dtype == np.float32 and read.projection == pytest.approx(states.projection, abs=1e-3)
    assert read_states(path, "b") is None
    assert read_states(tmp_path / "missing.npz", "a") is None


def test_the_packaged_file_fits_the_packaged_model() -> None:
    """Made for its weights, of its hidden size."""
    from index.embed import PACKAGE_SHA256

    states = read_states(TOKEN_STATES, PACKAGE_SHA256)
    assert states and states.mean.shape == (384,) and states.projection.shape == (384, len(states.step))
    assert (states.step > 0).all()
