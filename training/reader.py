"""Make the reader in `qa/reader/`: upper layers of the packaged encoder, trained to read a question and a passage together.

    python -m training.reader --data DIR --folds DIR --work DIR

The first stage learns from the reading sets, the second from the development questions and a sample of the first's rows, once for each
fold of the collections (FOLDS/reader0 …, what later fits need to see the collections as unseen) and once from all of them,
which ships. Loss of a question: listwise softmax of the evidence over all its passages, softmax of each passage's evidence
against its null, and of the answer's ends against none. In --work lie the encoded texts and the checkpoints; after an
interruption the same command goes on from there. With a GPU it is used; the order of the rows depends on SEED alone.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from index.digest import file_digest
from index.embed import SentenceTransformerEncoder
from index.states import TOKEN_STATES, read_states
from qa.evaluate_reading import held_back
from qa.joint import CODE_UNIT
from qa.measures import area_under_curve
from qa.network import ReaderNetwork, pairs_of
from qa.reader import READER, REPORT, WEIGHTS

from .questions import FOLDS, LEARN, QUESTIONS, fold_encoder, fold_of, part_of
from .reader_data import Pairing, question_pairings, reading_pairings
from .reader_loss import loss_of, to_device

FIT = ("qed-train", "nq-oracle", "squad2-half", "selqa-train")
MEASURE = {"qed-dev": 300, "selqa-dev": 100, "squad2-half": 500}
"""Rows measured after each epoch; of a set that is fitted, rows of the groups held back."""

OF_A_COLLECTION = 40
"""Development questions measured of each collection that a stage does not learn from."""

SEED, LAYERS = 1, 3
BATCH, RATE, HEAD_RATE, LATE_RATE, DECAY, WARM_UP, CLIP = 16, 2e-4, 1e-3, 1e-2, 0.01, 60, 5.0
CHECKPOINT = 100
READING, ALL = "reading", "all"
"""The first stage, and the one that ships."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A run over the data: `start` is the stage whose weights it begins with, None for the encoder's."""

    name: str
    start: str | None
    epochs: int
    rate: float


STAGES = (
    Stage(READING, None, 2, RATE),
    *(Stage(f"fold{fold}", READING, 1, RATE / 2) for fold in range(FOLDS)),
    Stage(ALL, READING, 1, RATE / 2),
)
REPLAYED = 0.5
"""Rows of the first stage that come into the second for each development question, so that it is not forgotten."""


def pairings(data: Path, folds: Path, work: Path) -> list[Pairing]:
    """All that is trained or measured on, encoded; each set is read from its file in `work` when it is there."""
    encoders = [fold_encoder(folds, fold) for fold in range(FOLDS)]
    result: list[Pairing] = []
    for name in dict.fromkeys((*FIT, *MEASURE, QUESTIONS)):
        cache = work / f"{name}.pkl"
        if not cache.is_file():
            path, limit = data / f"{name}.jsonl.gz", None if name in FIT else MEASURE.get(name)
            made = (
                question_pairings(lambda collection: encoders[fold_of(collection)])
                if name == QUESTIONS
                else reading_pairings(path, encoders[0], limit)
            )
            partial = cache.with_suffix(".partial")
            partial.write_bytes(pickle.dumps(list(made), protocol=5))
            os.replace(partial, cache)
        result += pickle.loads(cache.read_bytes())
        print(f"{name}: {len(result):,} questions encoded so far", flush=True)
    return result


def data_of(stage: Stage, all_pairings: Sequence[Pairing]) -> list[Pairing]:
    """The rows of one epoch of a stage, in a fixed order."""
    reading = [p for p in all_pairings if p.set in FIT and part_of(p.set, p.group) == LEARN]
    if stage.start is None:
        return reading
    questions = [p for p in all_pairings if p.set == QUESTIONS and f"fold{fold_of(p.group)}" != stage.name]
    replayed = random.Random(SEED).sample(reading, min(len(reading), int(REPLAYED * len(questions))))
    return questions + replayed


def new_network(encoder: SentenceTransformerEncoder) -> ReaderNetwork:
    """A network that begins as the encoder's last LAYERS, its heads as late interaction alone."""
    from transformers import AutoModel

    torch.manual_seed(SEED)
    model = AutoModel.from_pretrained(encoder.folder, local_files_only=True)
    network = ReaderNetwork(LAYERS, encoder.state_dimension)
    states = read_states(TOKEN_STATES, file_digest(encoder.folder / "model.safetensors"))
    assert states is not None
    with torch.no_grad():
        network.decode.weight.copy_(torch.from_numpy((states.projection * states.step * CODE_UNIT).astype(np.float32)))
        network.decode.bias.copy_(torch.from_numpy(states.mean))
        network.start.normal_(std=0.5)
        for head in (network.evidence, network.evident_token, network.null, network.null_late):
            head.weight.zero_()
            head.bias.zero_()
        network.null_late.bias.fill_(8.0)
        for layer, source in zip(network.layers, model.encoder.layer[-LAYERS:], strict=True):
            attention = source.attention
            parts = (attention.self.query, attention.self.key, attention.self.value)
            layer.attend.weight.copy_(torch.cat([part.weight for part in parts]))
            layer.attend.bias.copy_(torch.cat([part.bias for part in parts]))
            for target, origin in (
                (layer.mix, attention.output.dense),
                (layer.mix_norm, attention.output.LayerNorm),
                (layer.expand, source.intermediate.dense),
                (layer.contract, source.output.dense),
                (layer.norm, source.output.LayerNorm),
            ):
                target.load_state_dict(origin.state_dict())
    return network


def batches(data: Sequence[Pairing], epoch: int) -> list[list[Pairing]]:
    """The rows of an epoch in batches of like length, the same for the same epoch."""
    shuffler = random.Random(f"{SEED} {epoch}")
    rows = list(data)
    shuffler.shuffle(rows)
    result = []
    for begin in range(0, len(rows), 20 * BATCH):
        chunk = sorted(rows[begin : begin + 20 * BATCH], key=lambda p: max(len(x.tokens) for x in p.passages))
        some = [chunk[i : i + BATCH] for i in range(0, len(chunk), BATCH)]
        shuffler.shuffle(some)
        result += some
    return result


@torch.no_grad()
def measure(network: ReaderNetwork, rows: Sequence[Pairing], device: str) -> dict[str, float | None]:
    """Evidence first and its mean reciprocal rank by the reader alone, and the AUC of answerable rows against others."""
    network.eval()
    ranks, sure = [], {True: [], False: []}
    for row in rows:
        pairs = to_device(pairs_of([row.asked] * len(row.passages), row.passages), device)
        evidence, null, _ = (t.cpu().numpy() for t in network(pairs))
        odds, gold = evidence - null[pairs.pair.cpu().numpy()], np.concatenate(row.gold)
        sure[row.answerable].append(float(odds.max()))
        if row.answerable and len(gold) > 1:
            ranks.append(1 + int(np.flatnonzero(gold[np.argsort(-odds, kind="stable")])[0]))
    network.train()
    auc = area_under_curve(sure[True], sure[False])
    return {
        "questions": len(rows),
        "first": round(float(np.mean([r == 1 for r in ranks])), 3),
        "MRR": round(float(np.mean([1 / r for r in ranks])), 3),
        "AUC": None if auc is None else round(auc, 3),
    }


def measured(stage: Stage, all_pairings: Sequence[Pairing]) -> dict[str, list[Pairing]]:
    """What is measured after a stage: rows that no stage fits, and the collections that this one does not."""
    sets = {
        name: [p for p in all_pairings if p.set == name and (name not in FIT or held_back(name, p.group))] for name in MEASURE
    }
    for p in all_pairings:
        if p.set == QUESTIONS and stage.name in (READING, f"fold{fold_of(p.group)}"):
            sets.setdefault(p.group, []).append(p)
    return {name: rows[: MEASURE.get(name, OF_A_COLLECTION)] for name, rows in sets.items()}


def run(stage: Stage, network: ReaderNetwork, all_pairings: Sequence[Pairing], work: Path, device: str) -> dict[str, Any]:
    """Train one stage, from its last checkpoint if there is one, and return its report. The weights are left in `work`."""
    data = data_of(stage, all_pairings)
    steps = stage.epochs * -(-len(data) // BATCH)
    warm_up = min(WARM_UP, steps // 10 + 1)
    network.to(device).train()
    body = [p for name, p in network.named_parameters() if name.startswith(("layers", "decode"))]
    late = [network.late, network.null_late.bias]
    known = {id(p) for p in (*body, *late)}
    heads = [p for p in network.parameters() if id(p) not in known]
    share = stage.rate / RATE
    optimiser = torch.optim.AdamW(
        [
            {"params": body, "lr": stage.rate, "weight_decay": DECAY},
            {"params": heads, "lr": HEAD_RATE * share, "weight_decay": DECAY},
            {"params": late, "lr": LATE_RATE * share, "weight_decay": 0.0},
        ]
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda i: min(1, (i + 1) / warm_up) * max(0.02, 1 - i / steps))
    state: dict[str, Any] = {"step": 0, "seconds": 0.0, "losses": [], "measures": []}
    checkpoint = work / f"{stage.name}.checkpoint"
    torch.manual_seed(SEED)
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=False)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        torch.set_rng_state(saved["random"])
        state = saved["state"]
        print(f"{stage.name}: goes on after step {state['step']:,}", flush=True)
    began, before, recent, step = time.monotonic(), state["seconds"], [], 0
    for epoch in range(stage.epochs):
        for batch in batches(data, epoch):
            step += 1
            if step <= state["step"]:
                continue
            loss = loss_of(network, batch, random.Random(f"{SEED} {stage.name} {step}"), device)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimiser.step()
            schedule.step()
            recent.append(float(loss.detach()))
            epoch_ends = step == (epoch + 1) * steps // stage.epochs
            if step % CHECKPOINT == 0 or epoch_ends:
                state |= {"step": step, "seconds": before + time.monotonic() - began}
                state["losses"].append([step, round(float(np.mean(recent)), 3)])
                recent = []
                print(
                    f"{stage.name}: step {step:,} of {steps:,}, {state['seconds']:.0f} s, loss {state['losses'][-1][1]}",
                    flush=True,
                )
                _save(checkpoint, network, optimiser, schedule, state)
        if len(state["measures"]) == epoch:
            sets = measured(stage, all_pairings)
            state["measures"].append({name: measure(network, rows, device) for name, rows in sets.items()})
            print(json.dumps(state["measures"][-1]), flush=True)
            _save(checkpoint, network, optimiser, schedule, state)
    return {"stage": asdict(stage), "rows": len(data), "steps": steps} | {k: v for k, v in state.items() if k != "step"}


def _save(path: Path, network: ReaderNetwork, optimiser: Any, schedule: Any, state: dict[str, Any]) -> None:
    saved = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "random": torch.get_rng_state(),
        "state": state,
    }
    partial = path.with_suffix(".partial")
    torch.save(saved, partial)
    os.replace(partial, path)


def write(network: ReaderNetwork, folder: Path, encoder: SentenceTransformerEncoder, reports: Sequence[dict[str, Any]]) -> None:
    """The weights in half precision, and beside them the report with their sha256."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: p.detach().cpu().to(torch.float16).contiguous() for name, p in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    report = {
        "sha256": file_digest(folder / WEIGHTS),
        "layers": LAYERS,
        "code_length": encoder.state_dimension,
        "encoder": encoder.fingerprint,
        "parameters": sum(p.numel() for p in network.parameters()),
        "seed": SEED,
        "hardware": f"{platform.machine()}, {torch.get_num_threads()} threads"
        + (f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""),
        "torch": torch.__version__,
        "stages": list(reports),
    }
    (folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the reader.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the reading sets, gzipped JSON lines")
    parser.add_argument(
        "--folds", type=Path, required=True, help="what `training.late_interaction --folds` wrote; readers go there too"
    )
    parser.add_argument("--work", type=Path, required=True, help="where the encoded texts and the checkpoints lie")
    parser.add_argument("--steps", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    arguments.work.mkdir(parents=True, exist_ok=True)
    encoder = SentenceTransformerEncoder()
    rows = pairings(arguments.data, arguments.folds, arguments.work)
    reports: dict[str, dict[str, Any]] = {}
    trained: dict[str, dict[str, Tensor]] = {}
    for stage in STAGES:
        network = new_network(encoder)
        if stage.start is not None:
            network.load_state_dict(trained[stage.start])
        reports[stage.name] = run(stage, network, rows, arguments.work, device)
        trained[stage.name] = {name: weight.detach().cpu().clone() for name, weight in network.state_dict().items()}
        if stage.name != READING:
            folder = READER if stage.name == ALL else arguments.folds / stage.name.replace("fold", "reader")
            write(network.cpu(), folder, encoder, [reports[READING], reports[stage.name]])


if __name__ == "__main__":
    main()
