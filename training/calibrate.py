"""Fit the verdict's probability on questions with known answers, and write it to `qa/model.json`.

    python -m training.calibrate --folds DIR

A ridge-penalised logistic regression over the signs of `qa/verdict.py`; the label is "the first evidence holds a gold
string". Figures are out of fold: each collection is predicted by a fit on the others. The threshold for "answered" is
the lowest at which, out of fold, as many questions are treated right (the right sentence first, or rightly refused) as at the
best one, give or take a standard error (the one-standard-error rule of Breiman et al. 1984): between equals, showing a
passage with its doubt beats hiding it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from qa.measures import area_under_curve
from qa.read import MODEL
from qa.verdict import SIGNS

from .questions import fold_encoder, fold_of, try_questions

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


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate the verdict.")
    parser.add_argument("--folds", type=Path, required=True, help="what `training.late_interaction --folds` wrote")
    arguments = parser.parse_args()
    tried = list(try_questions(lambda name: fold_encoder(arguments.folds, fold_of(name))))
    signs, right = [t.signs for t in tried], [t.right for t in tried]
    answerable = [bool(t.row["gold"]) for t in tried]
    collections = sorted({t.collection for t in tried})
    folds = [collections.index(t.collection) for t in tried]
    x, y, has, fold = np.array(signs), np.array(right, float), np.array(answerable), np.array(folds)
    predicted = np.zeros(len(y))
    for f in range(len(collections)):
        weights, bias = fit_logistic(x[fold != f], y[fold != f])
        predicted[fold == f] = 1 / (1 + np.exp(-(x[fold == f] @ weights + bias)))
    cuts = np.unique(np.round(predicted, 2))
    treated_right = [float((y * (predicted >= c)).sum() + (~has & (predicted < c)).sum()) / len(y) for c in cuts]
    balanced = [float((predicted[has] >= c).mean() + (predicted[~has] < c).mean()) / 2 for c in cuts]
    error = float(np.sqrt(max(treated_right) * (1 - max(treated_right)) / len(y)))
    best = next(i for i, share in enumerate(treated_right) if share >= max(treated_right) - error)
    threshold = float(cuts[best])
    for c, right_share, both in zip(cuts, treated_right, balanced, strict=True):
        print(
            f"  {c:.2f}: HasAns {(predicted[has] >= c).mean():.2f}  NoAns {(predicted[~has] < c).mean():.2f}  treated right {right_share:.3f}  balanced {both:.3f}"
        )
    weights, bias = fit_logistic(x, y)
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
        "treated right": round(treated_right[best], 3),
        "balanced accuracy": round(balanced[best], 3),
        "first": round(float(y[has].mean()), 3),
    }
    for name, column in zip(SIGNS, x.T, strict=True):
        print(f"  {name:16} alone: AUC {area_under_curve(column[has], column[~has]):.3f}")
    print(json.dumps(report | {"threshold": threshold}))
    model = json.loads(MODEL.read_text(encoding="utf-8"))
    model["verdict"] = {
        "weights": {name: round(float(w), 4) for name, w in zip(SIGNS, weights, strict=True)},
        "bias": round(bias, 4),
        "threshold": threshold,
        "measured_out_of_fold": report,
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
