"""Fit the verdict's probability on questions with known answers, and write it to `qa/model.json`.

    python -m training.calibrate --folds DIR

Once without and once with the reader's signs: a ridge-penalised logistic regression over the signs of `qa/verdict.py` tells answerable questions from others; a logistic curve of its
value (Platt 1999) gives the probability that the first quotation holds a gold string. Figures are out of fold: each collection is
predicted by a fit on the others. The threshold for "answered" is the lowest whose balanced accuracy (answerable questions answered, others
refused), out of fold, is within two standard errors of the best: between what cannot be told apart, showing a passage with its
doubt beats hiding it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qa.measures import area_under_curve
from qa.read import MODEL
from qa.verdict import READER_SIGNS, SIGNS

from .questions import FOLDS, Tried, fold_encoder, fold_of, fold_reader, try_questions

RIDGE = 20.0


def fit_logistic(x: np.ndarray, y: np.ndarray, ridge: float = RIDGE) -> tuple[np.ndarray, float]:
    """Weights and bias of a logistic regression on standardised columns, by Newton steps; the bias is not penalised."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    penalty = np.diag([ridge] * x.shape[1] + [1e-6])
    w = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        step = np.linalg.solve((z.T * (p * (1 - p))) @ z + penalty, z.T @ (y - p) - penalty @ w)
        w += step
        if np.abs(step).max() < 1e-8:
            break
    weights = w[:-1] / spread
    return weights, float(w[-1] - weights @ mean)


def platt(value: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the logistic curve of a value that fits the truth best."""
    (slope,), intercept = fit_logistic(value[:, None], right, ridge=1.0)
    return float(slope), intercept


def curve(value: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """The probability at each value."""
    return 1 / (1 + np.exp(-np.clip(slope * value + intercept, -30, 30)))


def mean_auc(value: np.ndarray, has: np.ndarray, fold: np.ndarray) -> float:
    """The area under the curve, answerable against not, averaged over the collections."""
    return float(np.mean([area_under_curve(value[has & (fold == f)], value[~has & (fold == f)]) for f in np.unique(fold)]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate the verdict.")
    parser.add_argument("--folds", type=Path, required=True, help="what `late_interaction --folds` and `reader --folds` wrote")
    arguments = parser.parse_args()
    encoders = [fold_encoder(arguments.folds, fold) for fold in range(FOLDS)]
    readers = [fold_reader(arguments.folds, fold, encoder) for fold, encoder in enumerate(encoders)]
    calibrate("verdict", list(try_questions(lambda c: encoders[fold_of(c)], lambda c: None)))
    calibrate("verdict_with_reader", list(try_questions(lambda c: encoders[fold_of(c)], lambda c: readers[fold_of(c)])))


def calibrate(section: str, tried: Sequence[Tried]) -> None:
    """Fit the verdict on the questions, print what each sign is worth, and write the section of the model."""
    print(section)
    names = (*SIGNS, *READER_SIGNS)[: len(tried[0].signs)]
    signs, right = [t.signs for t in tried], [t.right for t in tried]
    answerable = [bool(t.row["gold"]) for t in tried]
    collections = sorted({t.collection for t in tried})
    folds = [collections.index(t.collection) for t in tried]
    x, y, has, fold = np.array(signs), np.array(right, float), np.array(answerable), np.array(folds)
    value = np.zeros(len(y))  # of the first model, out of fold
    for f in range(len(collections)):
        weights, bias = fit_logistic(x[fold != f], has[fold != f].astype(float))
        value[fold == f] = x[fold == f] @ weights + bias
    predicted = np.zeros(len(y))
    for f in range(len(collections)):
        predicted[fold == f] = curve(value[fold == f], *platt(value[fold != f], y[fold != f]))
    weights, bias = fit_logistic(x, has.astype(float))
    slope, intercept = platt(value, y)
    cuts = np.unique(np.round(predicted, 2))
    answered = np.array([(predicted[has] >= c).mean() for c in cuts])
    refused = np.array([(predicted[~has] < c).mean() for c in cuts])
    balanced = (answered + refused) / 2
    for row in zip(cuts, answered, refused, balanced, strict=True):
        print("  {:.2f}: HasAns {:.2f}  NoAns {:.2f}  balanced {:.3f}".format(*row))
    top = int(np.argmax(balanced))
    error = np.sqrt(answered[top] * (1 - answered[top]) / has.sum() + refused[top] * (1 - refused[top]) / (~has).sum()) / 2
    chosen = int(np.flatnonzero(balanced >= balanced[top] - 2 * error)[0])
    threshold = float(cuts[chosen])
    by_collection = {
        c: round(area_under_curve(predicted[has & (fold == i)], predicted[~has & (fold == i)]) or 0, 3)
        for i, c in enumerate(collections)
    }
    report = {
        "AUC by collection": by_collection,
        "questions": len(y),
        "answerable": int(has.sum()),
        "AUC answerable": round(area_under_curve(predicted[has], predicted[~has]) or 0, 3),
        "AUC first is right": round(area_under_curve(predicted[y == 1], predicted[y == 0]) or 0, 3),
        "Brier": round(float(((predicted - y) ** 2).mean()), 3),
        "HasAns": round(float(answered[chosen]), 3),
        "NoAns": round(float(refused[chosen]), 3),
        "balanced accuracy": round(float(balanced[chosen]), 3),
        "first": round(float(y[has].mean()), 3),
    }
    for i, name in enumerate(names):
        others = [k for k in range(len(names)) if k != i]
        without = np.zeros(len(y))
        for f in range(len(collections)):
            w, b = fit_logistic(x[fold != f][:, others], has[fold != f].astype(float))
            without[fold == f] = x[fold == f][:, others] @ w + b
        loss = mean_auc(value, has, fold) - mean_auc(without, has, fold)
        print(f"  {name:18} alone: AUC {area_under_curve(x[has, i], x[~has, i]):.3f}  without it: {-loss:+.4f}")
    print(json.dumps(report | {"threshold": threshold}))
    model = json.loads(MODEL.read_text(encoding="utf-8"))
    model[section] = {
        "weights": {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)},
        "bias": round(bias, 4),
        "slope": round(slope, 4),
        "intercept": round(intercept, 4),
        "threshold": threshold,
        "measured_out_of_fold": report,
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
