"""The reader: question and passages read together, for the evidence of sentences, the passages that hold none, and the exact words.

It reads no text: the index keeps what the encoder's lower layers made of each passage (`index.states`), and the question's is made
when it is asked. The weights are trained by `python -m training.reader`; the model card beside them says how and on what.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from index import ModelError
from index.digest import file_digest
from index.embed import FAST, REFERENCE, Encoder, chosen_network

from .fast_reader import fast_reader
from .joint import AskedTokens, PassageRead, PassageTokens

READER = Path(__file__).with_name("reader")
"""Folder of the shipped reader: its weights, its report and its model card."""

TRAINED, NONE = "trained", "none"
"""What can be asked for: the shipped reader, or the untrained path alone."""

WEIGHTS, REPORT = "weights.safetensors", "report.json"
READ_TOGETHER = 4
"""Passages, those with the best sentences before, that are read for a question at most."""


@dataclass(frozen=True, slots=True)
class Together:
    """What a reader says of n candidate sentences in several passages. `columns` (n, 2): the log odds of each being evidence
    against its passage holding none, and its logit; sentences that were not read have the lowest values of those that were.
    `held`: the log odds that a passage holds evidence, by its position. `answers`: by the position of a sentence that was read the first and
    last token of its exact words, and the logit by which these beat none."""

    columns: np.ndarray
    held: dict[int, float]
    answers: dict[int, tuple[int, int, float]]


class Reader:
    """The trained reader from a folder. Its network is loaded at the first reading. Safe to share between threads."""

    def __init__(self, folder: Path = READER, *, token_offsets: Callable[[Sequence[str]], list[np.ndarray]]) -> None:
        """`token_offsets` is that of the encoder. Raises ModelError when a file is missing or the weights are not the report's."""
        self.folder = folder
        self._token_offsets = token_offsets
        try:
            self.report: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
            digest = file_digest(folder / WEIGHTS)
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder}: the reader cannot be loaded: {error}") from error
        if digest != self.report["sha256"]:
            raise ModelError(f"{folder / WEIGHTS}: sha256 is {digest[:12]}…, expected {self.report['sha256'][:12]}…")
        self._lock = threading.Lock()

    @cached_property
    def _read(self) -> Callable[[AskedTokens, Sequence[PassageTokens]], list[PassageRead]]:
        """The network: on OpenVINO where it says there what it should, else on torch; `index.embed.CHOICE` is heeded."""
        weights, shape = self.folder / WEIGHTS, (self.report["layers"], self.report["code_length"])
        choice = chosen_network()
        if choice != REFERENCE:
            try:
                return fast_reader(weights, self.report["sha256"], *shape).read
            except ModelError:
                if choice == FAST:
                    raise
        from .network import load_network, read_pairs

        return partial(read_pairs, load_network(weights, *shape))

    def load(self) -> None:
        """Do now what the first reading would wait for. Raises ModelError."""
        with self._lock:
            _ = self._read

    def read(self, asked: AskedTokens, passages: Sequence[PassageTokens]) -> list[PassageRead]:
        """Read the passages, each with at least one sentence, for one question of at least one token."""
        if not passages:
            return []
        with self._lock:
            return self._read(asked, passages)

    def read_together(
        self,
        asked: AskedTokens,
        passage_at: Callable[[int], PassageTokens],
        places: Sequence[np.ndarray],
        scores: np.ndarray,
        within: float,
    ) -> Together:
        """Read the best passages by the `scores` (n,) of the sentences, none whose best is more than `within` below the best of all;
        `places` are the positions of each one's among these. Only those that are read are taken from `passage_at`, by their position.
        """
        tops = np.array([scores[rows].max() for rows in places])
        best = [i for i in np.argsort(-tops, kind="stable")[:READ_TOGETHER] if tops[i] >= tops.max() - within]
        columns = np.full((len(scores), 2), np.inf)
        held, answers = {}, {}
        for position, found in zip(best, self.read(asked, [passage_at(int(i)) for i in best]), strict=True):
            rows = places[position]
            columns[rows] = np.stack([found.evidence - found.null, found.evidence], axis=1)
            held[int(position)] = float(np.logaddexp.reduce(found.evidence) - found.null)
            answers |= {int(row): answer for row, answer in zip(rows, found.answers, strict=True)}
        columns = np.where(np.isinf(columns), columns.min(axis=0), columns)
        return Together(columns, held, answers)

    def in_characters(
        self, answers: Mapping[int, tuple[int, int, float]], texts: Sequence[str]
    ) -> dict[int, tuple[int, int, float]]:
        """The answers of a `Together` about these texts with the characters `[start, end)` in the place of the tokens."""
        offsets = self._token_offsets([texts[row] for row in answers])
        return {
            row: (int(where[first, 0]), int(where[last, 1]), sure)
            for (row, (first, last, sure)), where in zip(answers.items(), offsets, strict=True)
            if last < len(where)
        }


def chosen_reader(choice: Reader | str | None, encoder: Encoder) -> Reader | None:
    """A reader itself; of TRAINED, the shipped one when it was made for this encoder and its token states; of NONE, none.

    Raises ModelError.
    """
    if choice is None or choice == NONE or not encoder.state_dimension:
        return None
    if isinstance(choice, Reader):
        return choice
    if choice != TRAINED:
        raise ModelError(f"reader {choice!r}, expected {TRAINED!r} or {NONE!r}")
    reader = Reader(token_offsets=encoder.token_offsets)
    return reader if _read_apart(reader.report["encoder"]) == _read_apart(encoder.fingerprint) else None


def load_beside(encoder: Encoder, reader: Reader | None) -> None:
    """Load both networks while the caller does other things; what cannot be loaded is told to whoever uses it first."""
    for network in filter(None, (encoder, reader)):
        threading.Thread(target=_load, args=(network,)).start()


def _load(network: Encoder | Reader) -> None:
    with suppress(ModelError):
        network.load()


def _read_apart(fingerprint: str) -> tuple[str, ...]:
    """What of an encoder's fingerprint says how its lower layers read: the model and the token states."""
    return tuple(part for part in fingerprint.split("+") if "@" in part and not part[0].isdigit())
