"""Fit the weights with which `qa/read.py` ranks sentences, and write them with their report to `qa/model.json`.

    python -m training.fit_ranking --data DIR --folds DIR [--ablate]

The model is linear; the loss is the negative log of the softmax mass on the evidence sentences of a text (listwise),
with a ridge penalty. Rows are split by group; measures are on groups that the fit has not seen.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embed import SentenceTransformerEncoder
from qa.evaluate_reading import held_back
from qa.features import Example, collection_of, examples_of
from qa.labelled import read_reading
from qa.read import FEATURES, MODEL

from .questions import QUESTIONS, examples_from, fold_encoder, fold_of, try_questions

FIT = {"qed-train": 900, "nq-oracle": 500, "squad2-half": 900, "selqa-train": 400}
MEASURE = {"qed-dev": 400, "selqa-dev": 300}
RIDGE, STEPS, RATE = 30.0, 400, 0.05
QUESTION_WEIGHT = 4.0
"""The development questions count as much as this many of the other sets: they are what users ask."""


def fit(examples: Sequence[Example], columns: Sequence[int], ridge: float = RIDGE) -> np.ndarray:
    """Weights of the features, shape (len(FEATURES),); features outside `columns` stay at 0.

    Adam on features standardised over all sentences; every set counts the same, whatever its size, the development
    questions QUESTION_WEIGHT times as much.
    """
    answerable = [e for e in examples if e.evidence and len(e.features) > 1]
    sizes = Counter(e.set for e in answerable)
    x = np.concatenate([e.features for e in answerable])[:, columns]
    spread = x.std(axis=0) + 1e-9
    x = x / spread
    lengths = np.array([len(e.features) for e in answerable])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    counts = {name: (QUESTION_WEIGHT if name == QUESTIONS else 1.0) for name in sizes}
    share = np.repeat([counts[e.set] / (sum(counts.values()) * sizes[e.set]) for e in answerable], lengths)
    gold = np.concatenate([np.isin(np.arange(len(e.features)), e.evidence) for e in answerable])

    def normalised(mass: np.ndarray) -> np.ndarray:
        return mass / np.repeat(np.add.reduceat(mass, starts), lengths)

    weights, first, second = (np.zeros(len(columns)) for _ in range(3))
    for step in range(1, STEPS + 1):
        scores = x @ weights
        mass = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), lengths))
        target = normalised(np.where(gold, np.maximum(mass, 1e-12), 0))
        gradient = ((normalised(mass) - target) * share) @ x + ridge * weights / len(answerable)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        weights -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    full = np.zeros(len(FEATURES))
    full[list(columns)] = weights / spread
    return full


def measure(examples: Sequence[Example], weights: np.ndarray) -> dict[str, float]:
    """Evidence sentence first, and its mean reciprocal rank, over the answerable examples with more than one sentence."""
    ranks = []
    for e in examples:
        if e.evidence and len(e.features) > 1:
            order = np.argsort(-(e.features @ weights), kind="stable")
            ranks.append(1 + min(int(np.flatnonzero(order == g)[0]) for g in e.evidence))
    return {"n": len(ranks), "first": float(np.mean([r == 1 for r in ranks])), "mrr": float(np.mean([1 / r for r in ranks]))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep the computed features in this file")
    parser.add_argument("--ablate", action="store_true", help="also fit without each feature")
    parser.add_argument("--folds", type=Path, required=True, help="what `training.late_interaction --folds` wrote")
    arguments = parser.parse_args()
    if arguments.cache and arguments.cache.exists():
        sets = pickle.loads(arguments.cache.read_bytes())
    else:
        rows = {name: read_reading(arguments.data / f"{name}.jsonl.gz", limit) for name, limit in (FIT | MEASURE).items()}
        keywords = collection_of([row for some in rows.values() for row in some])
        encoder = SentenceTransformerEncoder()
        sets = {name: list(examples_of(some, keywords, encoder)) for name, some in rows.items()}
        if arguments.cache:
            arguments.cache.write_bytes(pickle.dumps(sets))
    training = [e for name in FIT for e in sets[name] if not held_back(e.group)]
    tests = {f"{name}, held-back groups": [e for e in sets[name] if held_back(e.group)] for name in FIT}
    tests |= {name: sets[name] for name in MEASURE}
    everything = list(range(len(FEATURES)))
    asked = examples_from(list(try_questions(lambda name: fold_encoder(arguments.folds, fold_of(name)))))
    report = {}
    for collection in sorted({e.group for e in asked}):  # each collection is measured with weights fitted without it
        without = fit(training + [e for e in asked if e.group != collection], everything)
        report[f"{collection}, left out"] = measure([e for e in asked if e.group == collection], without)
    training += asked
    weights = fit(training, everything)
    report |= {name: measure(examples, weights) for name, examples in tests.items()}
    for name, figures in report.items():
        print(f"{name:32} n {figures['n']:5}  first {figures['first']:.3f}  MRR {figures['mrr']:.3f}")
    if arguments.ablate:
        for i, feature in enumerate(FEATURES):
            without = fit(training, [c for c in everything if c != i])
            changes = [measure(tests[t], without)["first"] - report[t]["first"] for t in tests]
            print(f"  without {feature:16} " + "  ".join(f"{c:+.3f}" for c in changes))
    model = json.loads(MODEL.read_text(encoding="utf-8")) if MODEL.exists() else {}
    model["ranking"] = {
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, weights, strict=True)},
        "fitted_on": {name: sum(not held_back(e.group) for e in sets[name]) for name in FIT},
        "measured": report,
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
