"""The encoder: the tiny one keeps the protocol's promises, and so does the packaged model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import StateEncoder, WordEncoder, hidden_states

from index import ModelError
from index.digest import file_digest
from index.embed import CHOICE, PACKAGE_SHA256, REFERENCE, SentenceTransformerEncoder
from index.states import TOKEN_STATES, read_states

TEXTS = ["Who inspected the services?", "Inspectors praised the council.\n“Good,” they said.", "naïve café 🙂 这是"]


def check_promises(encoder: object) -> None:
    """Unit vectors of the stated sizes, a row, an offset and perhaps a state for each token, and the same again."""
    encodings = encoder.encode(TEXTS)  # type: ignore[attr-defined]
    counts = encoder.count_tokens(TEXTS)  # type: ignore[attr-defined]
    for text, count, encoding in zip(TEXTS, counts, encodings, strict=True):
        assert encoding.vector.shape == (encoder.dimension,) and encoding.vector.dtype == np.float32  # type: ignore[attr-defined]
        assert encoding.tokens.shape == (count, encoder.token_dimension)  # type: ignore[attr-defined]
        assert encoding.offsets.shape == (count, 2)
        if encoder.state_dimension:  # type: ignore[attr-defined]
            assert encoding.states.shape == (count, encoder.state_dimension) and encoding.states.dtype == np.int8  # type: ignore[attr-defined]
        else:
            assert encoding.states is None
        assert np.linalg.norm(encoding.vector) == pytest.approx(1, abs=1e-5)
        assert np.linalg.norm(encoding.tokens, axis=1) == pytest.approx(np.ones(count), abs=1e-4)
        assert ((0 <= encoding.offsets) & (encoding.offsets <= len(text))).all()
        assert (np.diff(encoding.offsets[:, 0]) >= 0).all()
    again = encoder.encode(TEXTS)  # type: ignore[attr-defined]
    assert all((a.vector == b.vector).all() for a, b in zip(encodings, again, strict=True))
    assert encoder.encode([]) == []  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="tokens, the encoder takes 256"):
        encoder.encode(["word " * 255])  # type: ignore[attr-defined]


def test_the_tiny_encoder_keeps_the_promises(encoder: WordEncoder) -> None:
    """What most tests use behaves as the protocol says."""
    check_promises(encoder)
    check_promises(StateEncoder())


@pytest.mark.real
def test_the_packaged_model_keeps_the_promises(real_encoder: SentenceTransformerEncoder) -> None:
    """The packaged weights have the published hash, and the model its documented sizes."""
    check_promises(real_encoder)
    assert real_encoder.dimension == 384 and real_encoder.max_tokens == 256
    assert PACKAGE_SHA256[:16] in real_encoder.fingerprint


@pytest.mark.real
def test_batches_do_not_change_what_a_text_means(real_encoder: SentenceTransformerEncoder) -> None:
    """Padding may move the last bits of a vector, no more."""
    together = real_encoder.encode([*TEXTS, "word " * 200])
    for text, encoding in zip(TEXTS, together, strict=False):
        alone = real_encoder.encode([text])[0]
        assert alone.vector == pytest.approx(encoding.vector, abs=1e-5)
        assert (alone.offsets == encoding.offsets).all()


@pytest.fixture
def reference_encoder(monkeypatch: pytest.MonkeyPatch) -> SentenceTransformerEncoder:
    """The packaged model as sentence-transformers runs it."""
    monkeypatch.setenv(CHOICE, REFERENCE)
    encoder = SentenceTransformerEncoder()
    assert encoder.runs_on.startswith(REFERENCE)
    return encoder


@pytest.mark.real
def test_vectors_are_those_of_sentence_transformers(reference_encoder: SentenceTransformerEncoder) -> None:
    """The same vectors as the library's own `encode`, so that its documentation holds for them."""
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(reference_encoder.folder), local_files_only=True, device="cpu").encode(
        TEXTS, normalize_embeddings=True
    )
    for vector, encoding in zip(expected, reference_encoder.encode(TEXTS), strict=True):
        assert encoding.vector == pytest.approx(vector, abs=1e-5)


@pytest.mark.real
def test_states_are_those_of_the_layer(reference_encoder: SentenceTransformerEncoder) -> None:
    """A question's states are the layer's output, a passage's the same compressed; without states all else is the same."""
    layer = read_states(TOKEN_STATES, PACKAGE_SHA256)
    assert layer and reference_encoder.state_dimension == layer.dimension
    without = SentenceTransformerEncoder(token_states=None)
    assert without.state_dimension == 0 and reference_encoder.fingerprint.startswith(without.fingerprint + "+states")
    for text in TEXTS:
        passage, question = reference_encoder.encode([text])[0], reference_encoder.encode_question(text)
        hidden = hidden_states(reference_encoder.folder, text)[layer.layer]
        assert question.states is not None and question.states.dtype == np.float32
        assert question.states == pytest.approx(hidden, abs=1e-5)
        assert (passage.states == layer.compress(question.states)).all()
        for made, plain in ((passage, without.encode([text])[0]), (question, without.encode_question(text))):
            assert plain.states is None
            assert (made.vector == plain.vector).all() and (made.tokens == plain.tokens).all()


def test_the_fingerprint_holds_the_states(tmp_path: Path) -> None:
    """Another compression is another fingerprint; one made for another model is not used."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    ours, changed, others = (tmp_path / f"{name}.npz" for name in ("ours", "changed", "others"))
    model, mean, projection = file_digest(tmp_path / "model.safetensors"), np.zeros(4), np.eye(4, 3)
    np.savez(ours, model=model, layer=1, mean=mean, projection=projection, step=np.ones(3))
    np.savez(changed, model=model, layer=1, mean=mean, projection=projection, step=np.full(3, 2.0))
    np.savez(others, model="another", layer=1, mean=mean, projection=projection, step=np.ones(3))
    made = [SentenceTransformerEncoder(tmp_path, token_states=path) for path in (None, others, ours, changed)]
    assert [e.state_dimension for e in made] == [0, 0, 3, 3]
    plain, foreign, *used = (e.fingerprint for e in made)
    assert plain == foreign and len({plain, *used}) == 3
    assert SentenceTransformerEncoder(tmp_path).fingerprint == plain


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """A model folder without weights, and a name that is neither a folder nor known here, are one line each."""
    with pytest.raises(ModelError, match="no model.safetensors in it; expected a sentence-transformers model folder"):
        SentenceTransformerEncoder(tmp_path)
    with pytest.raises(ModelError, match="neither a folder nor a model that is already on this machine; give a folder"):
        SentenceTransformerEncoder("nobody/has-this-model")


def test_changed_weights_of_the_package_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged weights are used only when they are the published ones."""
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr("index.embed._model_folder", lambda model: tmp_path)
    with pytest.raises(ModelError, match=r"sha256 is .{12}…, expected 53aa51172d14…; reinstall"):
        SentenceTransformerEncoder()


def test_another_models_fingerprint_is_its_own(tmp_path: Path) -> None:
    """A model given by folder is known by its name and weights."""
    for name, weights in (("one", b"1"), ("two", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(weights)
    one, two = (SentenceTransformerEncoder(tmp_path / name).fingerprint for name in ("one", "two"))
    assert one.startswith("one@") and two.startswith("two@") and one[4:] != two[4:]


def test_making_an_encoder_loads_no_network() -> None:
    """Counting tokens and asking for the fingerprint needs no torch."""
    code = (
        "import sys, json; from index.embed import SentenceTransformerEncoder as E; e = E(); e.count_tokens(['one two']);"
        "e.dimension, e.max_tokens, e.fingerprint;"
        "print(json.dumps([m for m in ('torch', 'sentence_transformers') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
