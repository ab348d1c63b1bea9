"""The encoder's network as sentence-transformers runs it: the reference for every other."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ModelError


class ReferenceNetwork:
    """A sentence-transformers model from a folder, loaded at the first run."""

    def __init__(self, folder: Path, layer: int | None) -> None:
        """`layer`: the one whose hidden states are given too, 0 being the output of the embeddings."""
        from importlib.metadata import version

        self._folder = folder
        self._layer = layer
        self.name = f"reference (sentence-transformers {version('sentence-transformers')})"

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
            kept_layers = {} if self._layer is None else {"output_hidden_states": True}
            return SentenceTransformer(str(self._folder), local_files_only=True, device="cpu", config_kwargs=kept_layers)
        except Exception as error:
            raise ModelError(f"{self._folder}: not loaded by sentence-transformers: {error}") from error

    def run(self, ids: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """See `index.embed.Network`."""
        model = self._model
        import torch

        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        with torch.inference_mode():
            out = model({**inputs, "token_type_ids": torch.zeros_like(inputs["input_ids"])})
        states = None if self._layer is None else out["all_layer_embeddings"][self._layer].numpy()
        return out["sentence_embedding"].numpy(), out["token_embeddings"].numpy(), states
