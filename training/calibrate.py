"""Fit the verdict's probability on questions with known answers, and write it to `qa/model.json`.

    python -m training.calibrate SOURCES=QUESTIONS.jsonl [SOURCES=QUESTIONS.jsonl ...]

A ridge-penalised logistic regression over the signs of `qa/verdict.py`; the label is "the first evidence holds a gold
string". Figures are out of fold: questions are split in ten by a hash of their text. The threshold for "answered" is the one
at which most questions are treated right, out of fold: answered with the right sentence first, or rightly refused.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from pathlib import Path

import numpy as np

from index import build_index
from index.embed import SentenceTransformerEncoder
from qa.assistant import Assistant
from qa.evaluate import area_under_curve, holds_gold, read_questions
from qa.read import MODEL
from qa.verdict import SIGNS

FOLDS, RIDGE = 10, 20.0


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
    parser.add_argument("questions", nargs="+", help="SOURCES=QUESTIONS.jsonl")
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder()
    signs, right, answerable, folds = [], [], [], []  # type: ignore[var-annotated]
    for pair in arguments.questions:
        sources, questions = pair.split("=", 1)
        with tempfile.TemporaryDirectory() as folder:
            build_index(sources, folder, encoder=encoder)
            assistant = Assistant.open(folder, encoder)
            for row in read_questions(Path(questions)):
                values, first = assistant.signs(row["question"], row["history"])
                signs.append(values)
                right.append(any(holds_gold(first, g) for g in row["gold"]))
                answerable.append(bool(row["gold"]))
                folds.append(zlib.crc32(row["question"].encode()) % FOLDS)
    x, y, has, fold = np.array(signs), np.array(right, float), np.array(answerable), np.array(folds)
    predicted = np.zeros(len(y))
    for f in range(FOLDS):
        weights, bias = fit_logistic(x[fold != f], y[fold != f])
        predicted[fold == f] = 1 / (1 + np.exp(-(x[fold == f] @ weights + bias)))
    cuts = np.unique(np.round(predicted, 2))
    treated_right = [float((y * (predicted >= c)).sum() + (~has & (predicted < c)).sum()) / len(y) for c in cuts]
    balanced = [float((predicted[has] >= c).mean() + (predicted[~has] < c).mean()) / 2 for c in cuts]
    best = int(np.argmax(treated_right))
    threshold = float(cuts[best])
    for c, right_share, both in zip(cuts, treated_right, balanced, strict=True):
        print(f"  {c:.2f}: HasAns {(predicted[has] >= c).mean():.2f}  NoAns {(predicted[~has] < c).mean():.2f}  treated right {right_share:.3f}  balanced {both:.3f}")
    weights, bias = fit_logistic(x, y)
    report = {
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
