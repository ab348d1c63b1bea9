"""The reader's network on OpenVINO, and its heads in numpy: what `qa.network` says, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import ModelError
from index.arrays import load_made_for
from index.graph import Graph, read_weights
from index.tokens import restore

from .joint import (
    CODE_UNIT,
    HEADS,
    SIMILARITY_BIAS,
    WIDTH,
    AskedTokens,
    PassageRead,
    PassageTokens,
    exact_words,
    late_features,
)

AGREEMENT = "agreement.npz"
"""Beside the weights: a question, some passages, and what the network says of them in 32 bits (made by `python -m training.agreement`)."""

ALIKE = 0.1
"""How far a logit may be from the one that is expected."""

_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Sample:
    """A question, n passages of t tokens in all, and what is to be said of them: `evidence` (sentences,) and `null` (n,)."""

    asked: AskedTokens
    passages: list[PassageTokens]
    evidence: np.ndarray
    null: np.ndarray


def fast_reader(weights: Path, digest: str, layers: int, code_length: int) -> FastReader:
    """The network of a file of weights, whose sha256 is `digest`, held against what it is known to say of a sample.

    Raises ModelError when that is not known, OpenVINO is missing, or the network says anything else.
    """
    sample = read_sample(weights.with_name(AGREEMENT), digest)
    if sample is None:
        raise ModelError(f"{weights}: what this reader says of the sample is not known, only of the shipped one")
    try:
        reader = FastReader(weights, layers, code_length)
        said = reader.read(sample.asked, sample.passages)
    except (ImportError, OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{weights}: OpenVINO cannot run the reader: {' '.join(str(error).split())}") from error
    logits = np.concatenate([*(passage.evidence for passage in said), [passage.null for passage in said]])
    apart = float(np.abs(logits - np.concatenate([sample.evidence, sample.null])).max())
    if not apart <= ALIKE:  # also when it is no number
        raise ModelError(
            f"{weights}: on OpenVINO a logit of the reader is {apart:.2f} from the one expected, {ALIKE} is the most"
        )
    return reader


def read_sample(path: Path, digest: str) -> Sample | None:
    """The sample in a file when it was made with the weights that have this sha256."""
    file = load_made_for(path, "weights", digest)
    if file is None:
        return None
    asked = AskedTokens(*(file[name] for name in ("asked_tokens", "asked_states", "asked_weights", "asked_importance")))
    bounds = np.cumsum(file["lengths"])[:-1]
    parts = (np.split(file[name], bounds) for name in ("tokens", "states", "sentence"))
    return Sample(asked, [PassageTokens(*part) for part in zip(*parts, strict=True)], file["evidence"], file["null"])


class FastReader:
    """The network with the weights of a safetensors file. Not for two threads at once."""

    def __init__(self, weights: Path, layers: int, code_length: int) -> None:
        """Raises what `index.graph` raises."""
        self._heads = read_weights(weights)
        graph = Graph(self._heads)
        asked = graph.input("asked", [-1, -1, WIDTH])
        codes, matched = graph.input("codes", [-1, -1, code_length]), graph.input("matched", [-1, -1, 3])
        alike = graph.input("alike", [-1, 1, -1, -1])
        passage = graph.add(graph.linear(codes, "decode"), graph.linear(matched, "token_match"))
        x = graph.concat([asked, graph.add(passage, graph.constant(self._head("kinds")[1]))], 1)
        for number in range(layers):
            x = _layer(graph, x, alike, f"layers.{number}")
        self._network = graph.compile([x], "reader")

    def read(self, asked: AskedTokens, passages: Sequence[PassageTokens]) -> list[PassageRead]:
        """What the network says of each passage for a question."""
        begin = 1 + len(asked.tokens)
        question = np.concatenate([self._head("start")[None], asked.states + self._head("kinds")[0]])[None]
        similarities = [restore(passage.tokens) @ asked.tokens.T for passage in passages]
        read = self._network.run(
            [question, *self._inputs(asked, passage, similarity)]
            for passage, similarity in zip(passages, similarities, strict=True)
        )
        return [
            self._heard(states[0], states[begin:], late_features(asked, similarity, passage.sentence), passage.sentence)
            for ((states,),), passage, similarity in zip(read, passages, similarities, strict=True)
        ]

    def _inputs(self, asked: AskedTokens, passage: PassageTokens, similarity: np.ndarray) -> tuple[np.ndarray, ...]:
        """Of a passage for a question, as a batch of one: the codes of its tokens, how they match, and the bias of what is alike."""
        codes = passage.states[None] / np.float32(CODE_UNIT)
        weighted = (3 * (similarity @ weights) for weights in (asked.weights, asked.importance))
        matched = np.stack([similarity.max(axis=1), *weighted], axis=1)[None].astype(np.float32)
        begin = 1 + len(asked.tokens)
        alike = np.zeros((1, 1, begin + len(passage.tokens), begin + len(passage.tokens)), dtype=np.float32)
        alike[0, 0, begin:, 1:begin] = similarity.clip(min=0) * SIMILARITY_BIAS
        return codes, matched, alike + alike.swapaxes(2, 3)

    def _heard(self, first: np.ndarray, tokens: np.ndarray, late: np.ndarray, sentence: np.ndarray) -> PassageRead:
        """The heads over the states of the start, shape (WIDTH,), and of a passage's tokens, shape (t, WIDTH)."""
        counted = tokens[sentence >= 0]
        _, starts, numbers, lengths = np.unique(
            sentence[sentence >= 0], return_index=True, return_inverse=True, return_counts=True
        )
        evident = self._linear(counted, "evident_token")[:, 0]
        most = np.maximum.reduceat(evident, starts)
        share = np.exp(evident - most[numbers])[:, None]
        mean = np.add.reduceat(counted, starts) / lengths[:, None]
        attended = np.add.reduceat(counted * share, starts) / np.add.reduceat(share, starts)
        evidence = late @ self._head("late") + self._linear(np.concatenate([mean, attended], axis=1), "evidence")[:, 0] + most
        best = late[:, :3].max(axis=0).clip(min=-1)
        null = self._linear(first, "null")[0] + self._linear(best, "null_late")[0]
        return PassageRead(evidence, float(null), exact_words(self._linear(tokens, "ends"), sentence))

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self._head(f"{name}.weight").T + self._head(f"{name}.bias")

    def _head(self, name: str) -> np.ndarray:
        return np.asarray(self._heads[name], dtype=np.float32)


def _layer(graph: Graph, x: Any, alike: Any, name: str) -> Any:
    """`qa.network.JointLayer`; the first half of the heads has the bias of what is alike."""
    width = WIDTH // HEADS
    query, query_2, key, key_2, value, value_2 = graph.split(
        graph.heads(graph.linear(x, f"{name}.attend"), 3 * HEADS, width), 6, 1
    )
    seen = [
        graph.attend(query, key, value, alike, WIDTH // 2),
        graph.attend(query_2, key_2, value_2, None, WIDTH // 2),
    ]
    x = graph.norm(graph.add(x, graph.linear(graph.concat(seen, 2), f"{name}.mix")), f"{name}.mix_norm", _EPSILON)
    made = graph.linear(graph.gelu(graph.linear(x, f"{name}.expand")), f"{name}.contract")
    return graph.norm(graph.add(x, made), f"{name}.norm", _EPSILON)
