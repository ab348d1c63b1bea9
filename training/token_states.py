"""Make `index/token_states.npz`: which inner states of a passage's tokens the index keeps for the reader, and how.

    python -m training.token_states --data DIR

The output of the encoder's layer LAYER, projected on its DIMENSIONS leading principal components over the passages of the
reading data (no labels are used), each in 8-bit steps that reach to the QUANTILE of its values. The shipped file was made over
the same texts; the reader must be trained again when it changes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from index.embed import PACKAGE_SHA256, SentenceTransformerEncoder
from index.states import TOKEN_STATES
from qa.labelled import read_reading

from .fit_ranking import FIT

LAYER, DIMENSIONS, QUANTILE = 3, 128, 0.9995
TEXTS, LONGEST, BATCH = 2000, 200, 32


def inner_states(texts: list[str], folder: Path) -> np.ndarray:
    """The states of all tokens but the special ones at layer LAYER: float32 (tokens, hidden size)."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    rows = []
    for begin in range(0, len(texts), BATCH):
        batch = tokenizer(texts[begin : begin + BATCH], truncation=True, max_length=LONGEST, padding=True, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**batch, output_hidden_states=True).hidden_states[LAYER]
        kept = batch["attention_mask"].bool()
        kept[:, 0] = False
        kept &= batch["input_ids"] != tokenizer.sep_token_id
        rows.append(hidden[kept].numpy())
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Choose how inner states are kept.")
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    texts = sorted({row["text"] for name in FIT for row in read_reading(arguments.data / f"{name}.jsonl.gz")})
    states = inner_states(texts[:: max(1, len(texts) // TEXTS)], SentenceTransformerEncoder(token_states=None).folder)
    mean = states.mean(axis=0)
    centred = states - mean
    values, vectors = np.linalg.eigh(centred.T @ centred)
    projection = np.ascontiguousarray(vectors[:, ::-1][:, :DIMENSIONS])
    step = np.quantile(np.abs(centred @ projection), QUANTILE, axis=0) / 127
    np.savez(
        TOKEN_STATES,
        model=PACKAGE_SHA256,
        layer=LAYER,
        mean=mean.astype(np.float32),
        projection=projection.astype(np.float16),
        step=step.astype(np.float32),
    )
    print(f"{len(states):,} tokens, {values[::-1][:DIMENSIONS].sum() / values.sum():.3f} of the variance kept")


if __name__ == "__main__":
    main()
