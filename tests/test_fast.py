"""The network on OpenVINO: it gives what the reference gives, is used where it does, and nothing heavy is loaded beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from index import ModelError, build_index, open_index
from index.agreement import AGREEMENT, read_sample
from index.embed import AUTO, CHOICE, FAST, PACKAGE_SHA256, REFERENCE, SentenceTransformerEncoder
from index.fast import FastNetwork, fast_network

HEAVY = ("torch", "sentence_transformers", "transformers", "gradio", "pandas", "openvino_telemetry", "openvino.tools.ovc")


def cosines(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    return (rows * others).sum(-1) / np.linalg.norm(rows, axis=-1) / np.linalg.norm(others, axis=-1)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers folder with an untrained BERT of two layers."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=50, max_position_embeddings=16, **shape)).save_pretrained(folder)
    modules = [{"type": "a.Transformer", "path": ""}, {"type": "a.Pooling", "path": "1_Pooling"}]
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}), encoding="utf-8")
    return folder


def test_the_network_is_that_of_the_folder(tiny_model: Path) -> None:
    """Vectors, tokens and each layer's states are those of transformers; padding changes none."""
    import torch
    from transformers import BertModel

    draw = np.random.default_rng(0)
    mask = (np.arange(9) < np.array([[9], [4], [1]])).astype(np.int64)
    ids = draw.integers(0, 50, mask.shape) * mask
    with torch.inference_mode():
        expected = BertModel.from_pretrained(tiny_model).eval()(
            torch.from_numpy(ids), attention_mask=torch.from_numpy(mask), output_hidden_states=True
        )
    there = mask.astype(bool)
    layers = [states.numpy() for states in expected.hidden_states]
    for layer in range(3):
        vectors, tokens, states = FastNetwork(tiny_model, layer).run(ids, mask)
        assert states is not None and vectors.dtype == tokens.dtype == states.dtype == np.float32
        assert cosines(states[there], layers[layer][there]).min() > 0.999
        assert cosines(tokens[there], layers[-1][there]).min() > 0.999
        mean = (layers[-1] * mask[..., None]).sum(axis=1) / mask.sum(axis=1)[:, None]
        assert cosines(vectors, mean).min() > 0.999
    assert FastNetwork(tiny_model, None).run(ids, mask)[2] is None


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_batches_come_back_in_their_order_however_many_are_computed_at_once(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Each text is the same in any company, and after one that the network cannot take."""
    monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
    network = FastNetwork(tiny_model, None)
    ids = np.random.default_rng(0).integers(0, 50, (20, 5))
    mask = np.ones_like(ids)
    with pytest.raises(Exception):  # noqa: B017 - whatever OpenVINO raises
        network.run(ids, mask[:, :3])
    vectors, tokens, _ = network.run(ids, mask)
    assert vectors.shape == (20, 32) and tokens.shape == (20, 5, 32)
    for row in range(20):
        alone, _, _ = network.run(ids[row : row + 1], mask[row : row + 1])
        assert cosines(alone, vectors[row : row + 1]).min() > 0.9999


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"model_type": "mpnet"}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}),
    ],
)
def test_another_kind_of_network_is_refused(tiny_model: Path, tmp_path: Path, file: str, change: dict[str, object]) -> None:
    """Rather than computed wrongly; what was found is said."""
    for path in tiny_model.rglob("*.*"):
        copy = tmp_path / path.relative_to(tiny_model)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / file).write_text(json.dumps(json.loads((tmp_path / file).read_text()) | change), encoding="utf-8")
    with pytest.raises(ModelError, match="a network of .*; built here is only bert, gelu"):
        FastNetwork(tmp_path, None)


# --- which network is used ---


def test_an_unknown_model_runs_on_the_reference(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing says what sentence-transformers makes of it; asked for the fast network by name, that is an error."""
    monkeypatch.setenv(CHOICE, AUTO)
    assert SentenceTransformerEncoder(tiny_model).runs_on.startswith("reference (sentence-transformers")
    assert "not known, only of the packaged one" in SentenceTransformerEncoder(tiny_model).runs_on
    monkeypatch.setenv(CHOICE, FAST)
    with pytest.raises(ModelError, match="not known, only of the packaged one"):
        _ = SentenceTransformerEncoder(tiny_model).runs_on


@pytest.mark.real
def test_the_choice_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the fast one; none that is not there; a slip of the pen is told."""
    monkeypatch.delenv(CHOICE, raising=False)
    assert SentenceTransformerEncoder().runs_on.startswith("fast (OpenVINO")
    monkeypatch.setenv(CHOICE, REFERENCE)
    assert SentenceTransformerEncoder().runs_on.startswith("reference (sentence-transformers")
    monkeypatch.setenv(CHOICE, "quick")
    with pytest.raises(ModelError, match="QA_ENCODER=quick, expected reference, fast or auto"):
        _ = SentenceTransformerEncoder().runs_on


@pytest.mark.real
def test_without_openvino_the_reference_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the reason is said."""
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)
    found = SentenceTransformerEncoder().runs_on
    assert found.startswith("reference (sentence-transformers") and "OpenVINO cannot run this model: import of openvino" in found


@pytest.mark.real
def test_a_network_that_gives_something_else_is_refused(
    real_encoder: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong vector in the sample is enough."""
    sample = read_sample(AGREEMENT, PACKAGE_SHA256)
    assert sample
    vectors = sample.vectors.copy()
    vectors[0] = vectors[1]
    monkeypatch.setattr("index.fast.read_sample", lambda path, digest: replace(sample, vectors=vectors))
    with pytest.raises(ModelError, match=r"fast \(OpenVINO .*: a vector has the cosine 0\.\d+ to that of sentence-transformers"):
        fast_network(real_encoder.folder, PACKAGE_SHA256, sample.layer)


@pytest.mark.real
def test_both_networks_serve_one_index(articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one has encoded the other takes over, for they give the same: vectors to 0.9995, codes of tokens and states to a step or two."""
    folders = {}
    for choice in (REFERENCE, FAST):
        monkeypatch.setenv(CHOICE, choice)
        encoder, folders[choice] = SentenceTransformerEncoder(), tmp_path / choice
        build_index(articles, folders[choice], encoder=encoder)
        assert encoder.runs_on.startswith(choice)
    reference, fast = (open_index(folders[choice], encoder.fingerprint) for choice in (REFERENCE, FAST))
    assert not build_index(articles, folders[REFERENCE], encoder=encoder).published
    rows = [index.dense.reconstruct_n(0, len(index.passages)) for index in (reference, fast)]
    assert cosines(*rows).min() >= 0.9995
    assert reference.states is not None and fast.states is not None
    for mine, theirs in ((fast.tokens, reference.tokens), (fast.states, reference.states)):
        assert mine.shape == theirs.shape and np.abs(mine.astype(int) - theirs).max() <= 3


def loaded_by(package: str, arguments: list[str], watched: Sequence[str]) -> list[str]:
    """Which of these modules are loaded when a command has run in a process of its own, successfully."""
    code = (
        f"import json, sys; from {package}.__main__ import main\n"
        f"assert main(sys.argv[1:]) == 0; print(); print(json.dumps([m for m in {tuple(watched)} if sys.modules.get(m)]))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.real
def test_building_and_asking_load_nothing_heavy(articles: Path, tmp_path: Path) -> None:
    """No torch, no sentence-transformers, no page; and of OpenVINO not the tools that would report their import to its maker.

    Nor does asking load what only building needs.
    """
    assert loaded_by("index", ["build", str(articles), "--index", str(tmp_path)], [*HEAVY, "scipy"]) == []
    asked = ["ask", "Who carried out the inspection?", "--index", str(tmp_path)]
    assert loaded_by("qa", asked, [*HEAVY, "scipy", "trafilatura", "index.build"]) == []
