"""What the reader sees of a question and a passage, and what it says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

WIDTH, HEADS = 384, 12
CODE_UNIT = 32.0
"""What the int8 codes of stored states are divided by, so that they are of the size that layers are used to."""
SIMILARITY_BIAS = 6.0
"""Added to the attention logit of a question token and a passage token of similarity 1, in the first half of the heads."""

LONGEST_ANSWER = 30
"""Tokens that the exact words of an answer may have."""

NOWHERE = -1e4


@dataclass(frozen=True, slots=True)
class AskedTokens:
    """What the reader sees of a question of q tokens: `tokens` float32 (q, d) for late interaction, `states` float32
    (q, width), `weights` (q,) the idf shares and `importance` (q,), each summing to 1."""

    tokens: np.ndarray
    states: np.ndarray
    weights: np.ndarray
    importance: np.ndarray


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """What the reader sees of a passage of t tokens, as the index has it: `tokens` int8 (t, d) for late interaction, `states`
    int8 (t, code length), `sentence` (t,) the position of each token's sentence among those of the passage that have tokens, ascending, -1 for what belongs to none."""

    tokens: np.ndarray
    states: np.ndarray
    sentence: np.ndarray


@dataclass(frozen=True, slots=True)
class PassageRead:
    """The reader's logits for one passage: `evidence` (sentences,) and `null` on one scale: softmax over them all gives the
    probability that each sentence is evidence, and that the passage holds none. `answers` are the exact words of each
    sentence, the best first and last token `[first, last]` counted from its first, and the logit by which they beat none."""

    evidence: np.ndarray
    null: float
    answers: tuple[tuple[int, int, float], ...]


def late_features(asked: AskedTokens, similarity: np.ndarray, sentence: np.ndarray) -> np.ndarray:
    """Late interaction of each sentence of a passage, shape (sentences, 5).

    The best similarity of each question token averaged by idf, evenly, and by importance; what the sentence before adds; and
    the log of the sentence's tokens. `similarity` (t, q); `sentence` (t,) as in PassageTokens.
    """
    counted = sentence >= 0
    _, starts, lengths = np.unique(sentence[counted], return_index=True, return_counts=True)
    match = np.maximum.reduceat(similarity[counted], starts, axis=0)
    before = np.vstack([np.zeros((1, match.shape[1]), match.dtype), match[:-1]])
    return np.stack(
        [
            match @ asked.weights,
            match.mean(axis=1),
            match @ asked.importance,
            np.maximum(before - match, 0) @ asked.weights,
            np.log1p(lengths),
        ],
        axis=1,
    ).astype(np.float32)


def exact_words(ends: np.ndarray, sentence: np.ndarray) -> tuple[tuple[int, int, float], ...]:
    """The best run of tokens in each sentence: first and last counted from the sentence's first, and the sum of their logits.

    `ends` (t, 2); the logits of no answer are 0, so the sum is what the run has over none.
    """
    best = []
    for s in range(int(sentence.max()) + 1):
        rows = ends[sentence == s]
        sums = rows[:, :1] + rows[None, :, 1]
        first, last = divmod(int(np.where(_runs(len(rows)), sums, -np.inf).argmax()), len(rows))
        best.append((first, last, float(sums[first, last])))
    return tuple(best)


@lru_cache(maxsize=256)
def _runs(tokens: int) -> np.ndarray:
    """Which first and last token of a sentence make a run that may be an answer: bool, shape (tokens, tokens)."""
    places = np.arange(tokens)
    lengths = places - places[:, None]
    return (lengths >= 0) & (lengths < LONGEST_ANSWER)
