"""The reader: what it is given, what it says, and that it reads only what it was made for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import StateEncoder, WordEncoder
from safetensors.torch import save_file
from test_assistant import opened

from index import ModelError
from index.digest import file_digest
from index.embed import AUTO, CHOICE, FAST
from index.tokens import quantise, restore
from qa.fast_reader import AGREEMENT, FastReader, fast_reader, read_sample
from qa.joint import AskedTokens, PassageTokens, late_features
from qa.network import ReaderNetwork, pairs_of, read_pairs
from qa.read import READER_FEATURES, passage_tokens, read
from qa.reader import NONE, READER, REPORT, TRAINED, WEIGHTS, Reader, chosen_reader

WORKS = "The ferry sails at noon. Ann Lee drew the bridge. It rained.\n\nThe school opened in May. Nobody came to the gate.\n"
CODE_LENGTH = 8


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def question_of(tokens: int, seed: int = 0) -> AskedTokens:
    draw = np.random.default_rng(seed)
    weights = np.full(tokens, 1 / tokens)
    return AskedTokens(unit(draw.normal(size=(tokens, 16))), draw.normal(size=(tokens, 384)).astype(np.float32), weights, weights)


def passage_of(lengths: list[int], seed: int = 0, context: int = 0) -> PassageTokens:
    """A passage of sentences of so many tokens, after some of context."""
    draw = np.random.default_rng(seed)
    count = context + sum(lengths)
    sentence = np.concatenate([np.full(context, -1), np.repeat(np.arange(len(lengths)), lengths)])
    codes = draw.integers(-90, 90, (count, CODE_LENGTH)).astype(np.int8)
    return PassageTokens(quantise(unit(draw.normal(size=(count, 16)))), codes, sentence)


@pytest.fixture(scope="module")
def network() -> ReaderNetwork:
    """An untrained network of one layer whose heads say something."""
    torch.manual_seed(0)
    return ReaderNetwork(1, CODE_LENGTH).eval()


@pytest.fixture(scope="module")
def folder(network: ReaderNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader on disk, as training leaves one."""
    place = tmp_path_factory.mktemp("reader")
    save_file({name: weight.contiguous() for name, weight in network.state_dict().items()}, place / WEIGHTS)
    report = {
        "sha256": file_digest(place / WEIGHTS),
        "layers": 1,
        "code_length": CODE_LENGTH,
        "encoder": StateEncoder().fingerprint,
    }
    (place / REPORT).write_text(json.dumps(report), encoding="utf-8")
    return place


# --- the network ---


def test_a_passage_reads_the_same_in_any_company(network: ReaderNetwork) -> None:
    """Padding beside longer passages changes nothing."""
    asked, short, long = question_of(5), passage_of([3, 4], 1), passage_of([20, 1, 7], 2, context=6)
    (alone,) = read_pairs(network, asked, [short])
    together = read_pairs(network, asked, [long, short])
    assert len(together[0].evidence) == 3 and len(together[1].evidence) == 2
    np.testing.assert_allclose(together[1].evidence, alone.evidence, atol=1e-4)
    assert together[1].null == pytest.approx(alone.null, abs=1e-4)
    assert [a[:2] for a in together[1].answers] == [a[:2] for a in alone.answers]


def test_the_question_matters(network: ReaderNetwork) -> None:
    """Another question over the same passage is read otherwise, and one's padding is not the other's words."""
    passage = passage_of([5, 6])
    pairs = pairs_of([question_of(4, 1), question_of(9, 2)], [passage, passage])
    with torch.inference_mode():
        evidence, null, _ = network(pairs)
    alone = read_pairs(network, question_of(4, 1), [passage])[0]
    np.testing.assert_allclose(evidence[:2].numpy(), alone.evidence, atol=1e-4)
    assert float((evidence[:2] - evidence[2:]).abs().max()) > 1e-3 and null[0] != null[1]


def test_exact_words_lie_inside_their_sentence(network: ReaderNetwork) -> None:
    """First and last token of a run that is not longer than an answer may be."""
    lengths = [1, 40, 7]
    (found,) = read_pairs(network, question_of(6), [passage_of(lengths, 3, context=4)])
    for (first, last, _), length in zip(found.answers, lengths, strict=True):
        assert 0 <= first <= last < min(length, first + 30)


def test_the_fast_network_says_the_same(network: ReaderNetwork, folder: Path) -> None:
    """Evidence, null and exact words of passages of different lengths, as torch gives them."""
    asked, passages = question_of(6), [passage_of([20, 1, 7], 2, context=6), passage_of([3, 4], 1), passage_of([40], 3)]
    expected = read_pairs(network, asked, passages)
    found = FastReader(folder / WEIGHTS, 1, CODE_LENGTH).read(asked, passages)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine.evidence, theirs.evidence, atol=0.05)
        assert mine.null == pytest.approx(theirs.null, abs=0.05)
        assert [a[2] for a in mine.answers] == pytest.approx([a[2] for a in theirs.answers], abs=0.05)


def test_the_shipped_reader_is_held_against_what_it_is_known_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs on OpenVINO; weights that say something else there, or of which nothing is known, run on torch, or not by name."""
    for path in READER.iterdir():
        shutil.copy(path, tmp_path)
    report = json.loads((tmp_path / REPORT).read_text())
    shape = tmp_path / WEIGHTS, report["sha256"], report["layers"], report["code_length"]
    fast = fast_reader(*shape)
    sample = read_sample(tmp_path / AGREEMENT, report["sha256"])
    assert sample and len(sample.passages) > 1
    with np.load(tmp_path / AGREEMENT) as file:
        altered = dict(file) | {"null": file["null"] + 0.2}
    np.savez(tmp_path / AGREEMENT, **altered)
    with pytest.raises(ModelError, match=r"a logit of the reader is 0\.\d+ from the one expected, 0\.1 is the most"):
        fast_reader(*shape)
    monkeypatch.setenv(CHOICE, AUTO)
    said = Reader(tmp_path, token_offsets=WordEncoder().token_offsets).read(sample.asked, sample.passages)
    for mine, theirs in zip(fast.read(sample.asked, sample.passages), said, strict=True):
        np.testing.assert_allclose(mine.evidence, theirs.evidence, atol=0.1)
    (tmp_path / AGREEMENT).unlink()
    monkeypatch.setenv(CHOICE, FAST)
    with pytest.raises(ModelError, match="not known, only of the shipped one"):
        Reader(tmp_path, token_offsets=WordEncoder().token_offsets).load()


def test_late_features_are_those_of_the_sentences() -> None:
    """Best similarity of each question token, averaged; what the sentence before adds; the log of the length."""
    asked = AskedTokens(np.eye(2, dtype=np.float32), np.zeros((2, 384), np.float32), np.array([1.0, 0.0]), np.array([0.25, 0.75]))
    tokens = quantise(np.array([[1, 0], [0, 1], [0, 1]], dtype=np.float32))
    passage = PassageTokens(tokens, np.zeros((3, CODE_LENGTH), np.int8), np.array([0, 0, 1]))
    features = late_features(asked, restore(passage.tokens) @ asked.tokens.T, passage.sentence)
    np.testing.assert_allclose(features[0], [1, 1, 1, 0, np.log(3)], atol=1e-3)
    np.testing.assert_allclose(features[1], [0, 0.5, 0.75, 1, np.log(2)], atol=1e-3)


# --- the reader and its files ---


def test_only_the_best_passages_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentences of the others have the lowest values of those that were read."""
    monkeypatch.setattr("qa.reader.READ_TOGETHER", 1)
    reader = Reader(folder, token_offsets=WordEncoder().token_offsets)
    texts = ["one two three", "four five", "six seven eight nine"]
    places = [np.array([0, 2]), np.array([1])]
    together = reader.read_together(
        question_of(4), [passage_of([3, 4]), passage_of([2])].__getitem__, places, np.array([1.0, 5.0, 2.0]), np.inf
    )
    assert set(together.held) == {1} and set(together.answers) == {1}
    assert (together.columns == together.columns[1]).all()
    start, end, _ = reader.in_characters(together.answers, texts)[1]
    assert texts[1][start:end] in ("four", "five", "four five")


@pytest.mark.parametrize("behind, read", [(2.0, {0, 1}), (2.1, {1})])
def test_passages_far_behind_the_best_are_not_read(folder: Path, behind: float, read: set[int]) -> None:
    reader = Reader(folder, token_offsets=WordEncoder().token_offsets)
    places = [np.array([0, 2]), np.array([1])]
    scores = np.array([-9.0, 5.0, 5.0 - behind])
    together = reader.read_together(question_of(4), [passage_of([3, 4]), passage_of([2])].__getitem__, places, scores, 2.0)
    assert set(together.held) == read


def test_weights_that_were_changed_are_refused(folder: Path, tmp_path: Path) -> None:
    """One byte is enough; so is a missing file."""
    copy = shutil.copytree(folder, tmp_path / "copy")
    data = bytearray((copy / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (copy / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelError, match="sha256"):
        Reader(copy, token_offsets=WordEncoder().token_offsets)
    (copy / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        Reader(copy, token_offsets=WordEncoder().token_offsets)


def test_an_encoder_that_it_was_not_made_for_has_no_reader() -> None:
    """Without states, or with states of another kind, the untrained path answers; an unknown choice is an error."""
    assert chosen_reader(TRAINED, WordEncoder()) is None
    assert chosen_reader(TRAINED, StateEncoder()) is None
    assert chosen_reader(NONE, StateEncoder()) is None
    with pytest.raises(ModelError, match="expected"):
        chosen_reader("best", StateEncoder())


# --- in the product ---


def test_a_reader_reads_what_the_index_holds(tmp_path: Path, folder: Path) -> None:
    """Its logits are among the features, and the words that answer lie inside their sentence."""
    encoder = StateEncoder()
    assistant = opened(tmp_path, {"works.txt": WORKS}, encoder)
    index, weighed = assistant.index, assistant.weigh("Who drew the bridge?")
    hits = assistant.retrieve("Who drew the bridge?", 5)
    reader = Reader(folder, token_offsets=encoder.token_offsets)
    encoding = encoder.encode_question("Who drew the bridge?")
    plain, joint = (read(index, weighed.question, encoding, hits, r) for r in (None, reader))
    assert plain.held is None and joint.held is not None and set(joint.held) <= set(range(len(index.passages)))
    assert {e.number for e in plain.evidence} == {e.number for e in joint.evidence}
    assert all(
        len(j.features) == len(p.features) + len(READER_FEATURES) for j, p in zip(joint.evidence, plain.evidence, strict=True)
    )
    for evidence in joint.evidence:
        if evidence.answer is not None:
            assert evidence.span.start <= evidence.answer.start < evidence.answer.end <= evidence.span.end


def test_a_passage_is_given_with_its_context(tmp_path: Path) -> None:
    """Tokens of the title belong to no sentence, the others to the sentence they stand in."""
    index = opened(tmp_path, {"works.txt": f"The works\n\n{WORKS}"}, StateEncoder()).index
    for number, row in enumerate(index.passages):
        passage, numbers = passage_tokens(index, number)
        assert len(passage.sentence) == len(passage.tokens) == len(passage.states) == row["tokens_end"] - row["tokens"]
        for place, sentence in enumerate(numbers):
            counted = index.sentences[sentence]["tokens_end"] - index.sentences[sentence]["tokens"]
            assert (passage.sentence == place).sum() == counted > 0
