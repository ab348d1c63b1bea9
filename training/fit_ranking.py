"""Fit the weights with which `qa/read.py` ranks sentences, and write them with their report to `qa/model.json`.

    python -m training.fit_ranking --data DIR --folds DIR [--ablate]

The model is linear; the loss is the negative log of the softmax mass on the evidence sentences of a text (listwise), with a
ridge penalty. It is fitted twice, without and with the reader's logits among the features. Of the reading data it sees only
groups that neither the reader nor late interaction has seen; measures are on groups that nothing has seen.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from qa.features import Example, collection_of, examples_of
from qa.labelled import read_reading
from qa.read import FEATURES, MODEL, READER_FEATURES

from .questions import FOLDS, FUSE, MEASURE, QUESTIONS, examples_from, fold_encoder, fold_of, fold_reader, part_of, try_questions

FIT = ("qed-train", "nq-oracle", "selqa-train", "squad2-half")
DEV = {"qed-dev": 300, "selqa-dev": 150}
LIMIT = 300
"""Rows of a set that are fitted on, and as many that are measured."""

RIDGE, STEPS, RATE = 30.0, 400, 0.05
QUESTION_WEIGHT = 4.0
"""The development questions count as much as this many of the other sets: they are what users ask."""


def fit(examples: Sequence[Example], columns: Sequence[int], ridge: float = RIDGE) -> np.ndarray:
    """Weights of the features, shape (features,); those outside `columns` stay at 0.

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
    full = np.zeros(answerable[0].features.shape[1])
    full[list(columns)] = weights / spread
    return full


def measure(examples: Sequence[Example], weights: np.ndarray) -> dict[str, float]:
    """Evidence sentence first, and its mean reciprocal rank, over the answerable examples with more than one sentence."""
    ranks = []
    for e in examples:
        if e.evidence and len(e.features) > 1:
            order = np.argsort(-(e.features[:, : len(weights)] @ weights), kind="stable")
            ranks.append(1 + min(int(np.flatnonzero(order == g)[0]) for g in e.evidence))
    return {"n": len(ranks), "first": float(np.mean([r == 1 for r in ranks])), "mrr": float(np.mean([1 / r for r in ranks]))}


def reading_examples(data: Path, folds: Path) -> tuple[list[Example], dict[str, list[Example]]]:
    """What is fitted on of the reading sets, and what is measured, by name; the reader's logits among the features."""
    encoder = fold_encoder(folds, 0)
    reader = fold_reader(folds, 0, encoder)
    rows = {name: read_reading(data / f"{name}.jsonl.gz", DEV.get(name)) for name in (*FIT, *DEV)}
    keywords = collection_of([row for some in rows.values() for row in some])

    def examples(name: str, part: str | None) -> list[Example]:
        some = [row for row in rows[name] if part is None or part_of(name, row["group"]) == part]
        return [replace(e, set=name) for e in examples_of(some[:LIMIT], keywords, encoder, reader)]

    fitted = [e for name in FIT for e in examples(name, FUSE)]
    measured = {f"{name}, held-back groups": examples(name, MEASURE) for name in FIT}
    return fitted, measured | {name: examples(name, None) for name in DEV}


def report_of(name: str, fitted: Sequence[Example], tests: dict[str, list[Example]], asked: Sequence[Example]) -> np.ndarray:
    """Fit on the reading examples and the questions, print each feature's worth, and write the section `name` of the model."""
    names = (*FEATURES, *READER_FEATURES)[: fitted[0].features.shape[1]]
    everything = list(range(len(names)))
    report = {}
    for collection in sorted({e.group for e in asked}):  # each collection is measured with weights fitted without it
        without = fit([*fitted, *(e for e in asked if e.group != collection)], everything)
        report[f"{collection}, left out"] = measure([e for e in asked if e.group == collection], without)
    weights = fit([*fitted, *asked], everything)
    report |= {name: measure(examples, weights) for name, examples in tests.items()}
    print(name)
    for test, figures in report.items():
        print(f"  {test:32} n {figures['n']:5}  first {figures['first']:.3f}  MRR {figures['mrr']:.3f}")
    model = json.loads(MODEL.read_text(encoding="utf-8")) if MODEL.exists() else {}
    model[name] = {
        "weights": {feature: round(float(w), 4) for feature, w in zip(names, weights, strict=True)},
        "fitted_on": {name: sum(e.set == name for e in fitted) for name in FIT},
        "measured": report,
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    return weights


def without_reader(examples: Sequence[Example]) -> list[Example]:
    """The same examples without the reader's features."""
    return [replace(e, features=e.features[:, : len(FEATURES)]) for e in examples]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep the computed features in this file")
    parser.add_argument("--ablate", action="store_true", help="also fit without each feature")
    parser.add_argument("--folds", type=Path, required=True, help="what `late_interaction --folds` and `reader --folds` wrote")
    arguments = parser.parse_args()
    if arguments.cache and arguments.cache.exists():
        fitted, tests, asked = pickle.loads(arguments.cache.read_bytes())
    else:
        fitted, tests = reading_examples(arguments.data, arguments.folds)
        encoders = [fold_encoder(arguments.folds, fold) for fold in range(FOLDS)]
        readers = [fold_reader(arguments.folds, fold, encoder) for fold, encoder in enumerate(encoders)]
        asked = examples_from(list(try_questions(lambda c: encoders[fold_of(c)], lambda c: readers[fold_of(c)])))
        if arguments.cache:
            arguments.cache.write_bytes(pickle.dumps((fitted, tests, asked)))
    report_of("ranking", without_reader(fitted), tests, without_reader(asked))
    weights = report_of("ranking_with_reader", fitted, tests, asked)
    if arguments.ablate:
        for i, feature in enumerate((*FEATURES, *READER_FEATURES)):
            without = fit([*fitted, *asked], [c for c in range(len(weights)) if c != i])
            changes = [measure(tests[t], without)["first"] - measure(tests[t], weights)["first"] for t in tests]
            print(f"  without {feature:16} " + "  ".join(f"{c:+.3f}" for c in changes))


if __name__ == "__main__":
    main()
