"""What the tests share: one tiny deterministic encoder, the two articles, and a small index built with both."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from index import Index, build_index, open_index
from index.embed import Encoding
from index.tokens import quantise

ROOT = Path(__file__).parents[1]

settings.register_profile("tests", deadline=None)  # no test here may fail for a slow machine
settings.load_profile("tests")


class WordEncoder:
    """Words as tokens, each a fixed random unit vector; a text is the mean of its words. Remembers what it encoded."""

    fingerprint = "words@1"
    dimension = 64
    token_dimension = 16
    state_dimension = 0
    max_tokens = 256

    def __init__(self, fingerprint: str = fingerprint) -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def token_offsets(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.array([w.span() for w in re.finditer(r"\S+", text)], dtype=np.int64).reshape(-1, 2) for text in texts]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.encoded.extend(texts)
        return [self._encode(text) for text in texts]

    def encode_question(self, text: str) -> Encoding:
        self.encoded.append(text)
        return self._encode(text)

    def _encode(self, text: str) -> Encoding:
        words = list(re.finditer(r"\S+", text))
        if len(words) + 2 > self.max_tokens:
            raise ValueError(f"a text has {len(words) + 2} tokens, the encoder takes {self.max_tokens}")
        vectors = np.array([_word_vector(w.group()) for w in words], dtype=np.float32).reshape(-1, self.dimension)
        tokens = vectors[:, : self.token_dimension]
        offsets = np.array([w.span() for w in words], dtype=np.int64).reshape(-1, 2)
        mean = vectors.sum(axis=0) if words else np.ones(self.dimension, dtype=np.float32)
        return Encoding(mean / np.linalg.norm(mean), tokens / np.linalg.norm(tokens, axis=1, keepdims=True), offsets)


@cache
def _word_vector(word: str) -> np.ndarray:
    bare = re.sub(r"\W", "", word).casefold() or word
    seed = int.from_bytes(hashlib.blake2b(bare.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    vector = np.random.default_rng(seed).standard_normal(WordEncoder.dimension).astype(np.float32)
    return vector / np.linalg.norm(vector)


class StateEncoder(WordEncoder):
    """Like its base, with states: codes of each word that depend on the word before it too."""

    state_dimension = 8

    def __init__(self, fingerprint: str = "words+states@1") -> None:
        super().__init__(fingerprint)

    def _encode(self, text: str) -> Encoding:
        encoding = super()._encode(text)
        words = np.array([_word_vector(w)[-self.state_dimension :] for w in ["", *text.split()]], dtype=np.float32)
        return replace(encoding, states=quantise(words[1:] + words[:-1]))

    def encode_question(self, text: str) -> Encoding:
        encoding = super().encode_question(text)
        wide = np.zeros((len(encoding.tokens), 384), dtype=np.float32)
        wide[:, : self.token_dimension] = encoding.tokens
        return replace(encoding, states=wide)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture(scope="session")
def articles() -> Path:
    """The folder of the two articles and their catalogue."""
    return ROOT / "sources"


@pytest.fixture(scope="session")
def built(articles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the two articles by the tiny encoder. Read only: copy it before changing it."""
    folder = tmp_path_factory.mktemp("built") / "index"
    build_index(articles, folder, encoder=WordEncoder())
    return folder


@pytest.fixture
def small_index(built: Path) -> Index:
    """The index of `built`, open."""
    return open_index(built)


@pytest.fixture(scope="session")
def real_encoder():  # type: ignore[no-untyped-def]
    """The packaged model; only for tests marked `real`."""
    from index.embed import SentenceTransformerEncoder

    return SentenceTransformerEncoder()


def hidden_states(model: Path, text: str) -> list[np.ndarray]:
    """What each layer of a model makes of the tokens of a text, by transformers itself; special tokens left out."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)
    network = AutoModel.from_pretrained(model, local_files_only=True).eval()
    with torch.inference_mode():
        made = network(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
    return [layer[0, 1:-1].numpy() for layer in made.hidden_states]
