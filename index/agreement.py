"""Whether a network gives what sentence-transformers gives: a sample of texts, and what it made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .arrays import load_made_for

AGREEMENT = Path(__file__).with_name("agreement.npz")
"""The sample for the packaged model (made by `python -m training.agreement`)."""

VECTORS_ALIKE, TOKENS_ALIKE = 0.9995, 0.999
"""The least cosine of each vector, and of each token's vector and state, to the one that is expected."""

Run = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray | None]]
"""What a network does; see `index.embed.Network`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """n texts and what the network of sentence-transformers makes of them; the first `questions` of them are questions.

    `ids` and `mask` int (n, t), padded. Float32: `vectors` (n, d), `tokens` and `states` (tokens, d), those of all texts in order
    without padding, the states being the output of layer `layer`.
    """

    ids: np.ndarray
    mask: np.ndarray
    questions: int
    layer: int
    vectors: np.ndarray
    tokens: np.ndarray
    states: np.ndarray


def read_sample(path: Path, model_digest: str) -> Sample | None:
    """The sample in a file when it was made with the model whose weights have this sha256."""
    file = load_made_for(path, "model", model_digest)
    if file is None:
        return None
    whole = (int(file[name]) for name in ("questions", "layer"))
    return Sample(file["ids"], file["mask"], *whole, *(file[name].astype(np.float32) for name in ("vectors", "tokens", "states")))


def disagreement(sample: Sample, run: Run) -> str:
    """How a network differs from what is expected; "" when it gives the same and finds the same passages first."""
    vectors, tokens, states = run(sample.ids, sample.mask)
    there = sample.mask.astype(bool)
    compared = [("vector", vectors, sample.vectors, VECTORS_ALIKE), ("token", tokens[there], sample.tokens, TOKENS_ALIKE)]
    if states is not None:
        compared.append(("state", states[there], sample.states, TOKENS_ALIKE))
    for kind, made, expected, least in compared:
        found = float(_cosines(made, expected).min())
        if not found >= least:  # also when it is no number
            return f"a {kind} has the cosine {found:.4f} to that of sentence-transformers, expected {least} or more"
    if (_first_hits(vectors, sample.questions) != _first_hits(sample.vectors, sample.questions)).any():
        return "a question finds another passage first than with sentence-transformers"
    return ""


def _first_hits(vectors: np.ndarray, questions: int) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.argmax(unit[:questions] @ unit[questions:].T, axis=1)


def _cosines(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(others, axis=1)
    return np.einsum("nd,nd->n", rows, others) / np.maximum(lengths, 1e-9)
