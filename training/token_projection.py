"""Make `index/token_projection.npz`: fewer dimensions for the token vectors that late interaction compares.

    python -m training.token_projection --data DIR [--dimensions 128]

DIR holds the labelled reading data (gzipped JSON lines with `question` and `text`). The projection is the leading
eigenvectors of the uncentred second-moment matrix of unit token vectors (PCA without centring, so that inner products
are kept as well as a linear map of that size can), from a fixed sample of passages and questions.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from index.digest import file_digest
from index.embed import TOKEN_PROJECTION, SentenceTransformerEncoder
from qa.labelled import read_reading

SETS = ("qed-train", "nq-oracle", "squad2-half", "selqa-train")  # those that may shape what ships
ROWS_PER_SET, BATCH = 250, 16


def sample_texts(data: Path) -> list[str]:
    """Passages and questions of a fixed random sample of each set, long passages cut."""
    texts = []
    for name in SETS:
        for row in read_reading(data / f"{name}.jsonl.gz", ROWS_PER_SET):
            texts += [row["text"][:800], row["question"]]
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the projection of token vectors.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled reading data")
    parser.add_argument("--dimensions", type=int, default=128)
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder(project_tokens=False)
    moment = np.zeros((encoder.dimension, encoder.dimension))
    texts = sorted(
        (t for t in sample_texts(arguments.data) if 0 < encoder.count_tokens([t])[0] < encoder.max_tokens - 2), key=len
    )
    count = 0
    for begin in range(0, len(texts), BATCH):
        for encoding in encoder.encode(texts[begin : begin + BATCH]):
            moment += encoding.tokens.T @ encoding.tokens
            count += len(encoding.tokens)
    values, vectors = np.linalg.eigh(moment / count)
    projection = vectors[:, ::-1][:, : arguments.dimensions]
    kept = values[::-1][: arguments.dimensions].sum() / values.sum()
    path = Path(__file__).parent.parent / "index" / TOKEN_PROJECTION
    np.savez(path, projection=projection.astype(np.float16), model=file_digest(encoder.folder / "model.safetensors"))
    print(f"{path.name}: {projection.shape[1]} of {encoder.dimension} dimensions, {kept:.1%} of the energy, {count:,} tokens")


if __name__ == "__main__":
    main()
