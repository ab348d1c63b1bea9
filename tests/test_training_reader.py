"""The training of the reader: its data, its loss, and that an interrupted run ends as one that was not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import StateEncoder
from test_reader import CODE_LENGTH, passage_of, question_of

from index.embed import Encoding
from qa.network import ReaderNetwork
from qa.reader import REPORT, WEIGHTS, Reader
from training import reader as training
from training.questions import LEARN, part_of
from training.reader_data import Pairing, reading_pairings
from training.reader_loss import chosen_passages, loss_of

GROUPS = [g for g in (f"group {n}" for n in range(40)) if part_of("qed-train", g) == LEARN]


class BatchEncoder(StateEncoder):
    """Encodes questions as a batch, as the real one does."""

    def encode_questions(self, texts: Sequence[str]) -> list[Encoding]:
        return [self.encode_question(text) for text in texts]


def pairing(number: int, *, gold: int | None = 1, name: str = "qed-train", passages: int = 2) -> Pairing:
    """A question whose evidence is one sentence of its first passage, or none."""
    first = np.zeros(3, dtype=bool)
    if gold is not None:
        first[gold] = True
    texts = tuple(passage_of([4, 5, 3], 10 * number + i) for i in range(passages))
    golds = (first, *(np.zeros(3, dtype=bool),) * (passages - 1))
    answers = (((5, 6),) if gold is not None else (), *((),) * (passages - 1))
    return Pairing(
        name, GROUPS[number % len(GROUPS)], question_of(5, number), texts, golds, answers, passage_of([6], 99 + number)
    )


def fresh() -> ReaderNetwork:
    torch.manual_seed(3)
    return ReaderNetwork(1, CODE_LENGTH)


# --- data ---


def write_rows(path: Path, *rows: dict) -> Path:
    path.write_text(
        "".join(json.dumps(row | {"id": str(i), "set": path.stem}) + "\n" for i, row in enumerate(rows)), encoding="utf-8"
    )
    return path


def row(question: str, text: str, cuts: list[list[int]], evidence: list[int], answer: str = "") -> dict:
    spans = [[text.index(answer), text.index(answer) + len(answer)]] if answer else []
    return {"question": question, "text": text, "sentences": cuts, "evidence": evidence, "spans": spans, "group": question}


def test_a_row_becomes_passages_with_evidence_and_exact_words(tmp_path: Path) -> None:
    """White space is collapsed; the answer's tokens are counted in their passage; the null passage shares words, not the answer."""
    text = "The  ferry sails. Ann  Lee drew the bridge."
    other = "The bridge is old. Nobody drew it."
    path = write_rows(
        tmp_path / "toy.jsonl",
        row("Who drew the bridge?", text, [[0, 17], [18, 43]], [1], "Ann  Lee"),
        row("Who drew the church?", other, [[0, 18], [19, 34]], []),
    )
    answered, unanswered = reading_pairings(path, BatchEncoder())  # type: ignore[arg-type]
    assert answered.answerable and answered.gold[0].tolist() == [False, True]
    assert answered.answers == (((3, 4),),)
    assert answered.passages[0].sentence.tolist() == [0] * 3 + [1] * 5
    assert answered.negative is not None and len(answered.negative.sentence) == len(other.split())
    assert not unanswered.answerable and unanswered.answers == ((),) and unanswered.negative is not None


def test_a_row_whose_evidence_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """Rather than taught as unanswerable."""
    long = "word " * 300
    path = write_rows(tmp_path / "toy.jsonl", row("Which word?", f"Short. {long}", [[0, 6], [7, 7 + len(long)]], [1]))
    assert list(reading_pairings(path, BatchEncoder())) == []  # type: ignore[arg-type]


# --- the loss ---


def test_passages_with_evidence_are_always_read() -> None:
    """And others beside them, no more than fit a step."""
    import random

    for seed in range(10):
        chosen = chosen_passages(pairing(1, passages=6), random.Random(seed))
        assert chosen[0] == 0 and len(chosen) == len(set(chosen)) == 3


@pytest.mark.parametrize("gold", [1, None])
def test_the_loss_falls_where_it_is_followed(gold: int | None) -> None:
    """For a question with an answer and for one without, whose null must win."""
    import random

    network = fresh()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    batch = [pairing(n, gold=gold) for n in range(4)]
    losses = []
    for _ in range(12):
        loss = loss_of(network, batch, random.Random(1), "cpu")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0] and all(np.isfinite(losses))


# --- the run ---


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> list[Pairing]:
    """Steps of four questions, a checkpoint after every other step."""
    monkeypatch.setattr(training, "BATCH", 4)
    monkeypatch.setattr(training, "CHECKPOINT", 2)
    monkeypatch.setattr(training, "MEASURE", {"qed-dev": 10})
    return [pairing(n) for n in range(20)] + [pairing(n, name="qed-dev") for n in range(3)]


def test_an_interrupted_run_ends_as_one_that_was_not(
    short_runs: list[Pairing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between two checkpoints, the same command gives the same weights."""
    stage = training.Stage("reading", None, 2, 1e-3)
    whole, halves = fresh(), fresh()
    (tmp_path / "whole").mkdir()
    (tmp_path / "halves").mkdir()
    report = training.run(stage, whole, short_runs, tmp_path / "whole", "cpu")
    assert report["steps"] == 10 and len(report["measures"]) == 2 and report["rows"] == 20
    calls = 0

    def stopping(*arguments):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        return loss_of(*arguments)

    monkeypatch.setattr(training, "loss_of", stopping)
    with pytest.raises(KeyboardInterrupt):
        training.run(stage, halves, short_runs, tmp_path / "halves", "cpu")
    again = training.run(stage, fresh(), short_runs, tmp_path / "halves", "cpu")
    assert again["losses"] == report["losses"] and again["measures"] == report["measures"]
    saved = [torch.load(tmp_path / name / "reading.checkpoint", weights_only=False)["network"] for name in ("whole", "halves")]
    assert all(torch.equal(saved[0][key], saved[1][key]) for key in saved[0])


def test_what_is_written_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In half precision, with its checksum beside it."""
    monkeypatch.setattr(training, "LAYERS", 1)
    network = fresh().eval()
    encoder = StateEncoder()
    training.write(network, tmp_path, encoder, [])  # type: ignore[arg-type]
    reader = Reader(tmp_path, token_offsets=encoder.token_offsets)
    (found,) = reader.read(question_of(5), [passage_of([4, 4])])
    from qa.network import read_pairs

    (exact,) = read_pairs(network, question_of(5), [passage_of([4, 4])])
    np.testing.assert_allclose(found.evidence, exact.evidence, atol=0.05)
    assert (tmp_path / WEIGHTS).stat().st_size < 25_000_000 and "stages" in json.loads((tmp_path / REPORT).read_text())
