"""Token states: what an inner layer of the encoder makes of each token of a passage, compressed to 8 bits a dimension."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .arrays import load_made_for

TOKEN_STATES = Path(__file__).with_name("token_states.npz")
"""Which layer's hidden states are kept, and how they are compressed, for the model that it names."""


@dataclass(frozen=True, slots=True)
class TokenStates:
    """How hidden states become int8 codes and come back; d is `dimension`.

    `layer`: the states are the encoder's `hidden_states[layer]`, 0 being the output of the embeddings. Float32: `mean`,
    shape (hidden size,), is taken off; `projection`, shape (hidden size, d); `step`, shape (d,), what one unit of a code is.
    """

    layer: int
    mean: np.ndarray
    projection: np.ndarray
    step: np.ndarray

    @property
    def dimension(self) -> int:
        """Length of a token's code."""
        return int(self.projection.shape[1])

    def compress(self, hidden: np.ndarray) -> np.ndarray:
        """Hidden states, float32 shape (t, hidden size), as int8 codes, shape (t, d)."""
        return np.clip(np.rint((hidden - self.mean) @ self.projection / self.step), -127, 127).astype(np.int8)

    def restore(self, codes: np.ndarray) -> np.ndarray:
        """The hidden states that int8 codes, shape (t, d), stand for: float32, shape (t, hidden size)."""
        return (codes * self.step) @ self.projection.T + self.mean


def read_states(path: Path, model_digest: str) -> TokenStates | None:
    """The `TokenStates` in a file when they were made for the model whose weights have this sha256."""
    file = load_made_for(path, "model", model_digest)
    if file is None:
        return None
    return TokenStates(int(file["layer"]), *(file[name].astype(np.float32) for name in ("mean", "projection", "step")))
