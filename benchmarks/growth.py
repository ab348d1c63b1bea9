"""How build, memory, opening and retrieval grow with the collection, apart from the network.

    python benchmarks/growth.py --passages 1000 10000 100000

Texts are made of random words of a long-tailed vocabulary, twenty passages a document, and encoded by a stand-in that
looks up a random vector for each word: what is measured is everything but the network. For each size, in a process of its own: seconds of
the first build, of one with nothing changed and of one with a changed document; the most memory that the build took (the process,
files that are mapped included); seconds to open; the median of retrieving ten passages and the part of exact search's ten nearest
passages that are found; bytes on disk.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import cached_property
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from index import build_index, open_index  # noqa: E402
from index.embed import Encoding, SentenceTransformerEncoder  # noqa: E402

WORDS, SEED, PER_DOCUMENT, QUESTIONS = 50_000, 7, 20, 100


class LookupEncoder:
    """A stand-in with the model's tokenizer and shapes: a token's vector depends on nothing but the token."""

    fingerprint = "lookup@1"
    dimension, token_dimension, state_dimension, max_tokens = 384, 128, 128, 256

    @cached_property
    def _table(self) -> np.ndarray:
        table = np.random.default_rng(SEED).standard_normal((31_000, self.dimension)).astype(np.float32)
        return table / np.linalg.norm(table, axis=1, keepdims=True)

    @cached_property
    def _real(self) -> SentenceTransformerEncoder:
        return SentenceTransformerEncoder()

    def count_tokens(self, texts: list[str]) -> list[int]:
        return self._real.count_tokens(texts)

    def encode(self, texts: list[str]) -> list[Encoding]:
        return [self._encoding(piece) for piece in self._real._tokenizer.encode_batch(texts, add_special_tokens=False)]

    def encode_question(self, text: str) -> Encoding:
        return self.encode([text])[0]

    def _encoding(self, piece: object) -> Encoding:
        vectors = self._table[np.array(piece.ids, dtype=np.int64)]  # type: ignore[attr-defined]
        mean = vectors.sum(axis=0) + 1e-9
        tokens = vectors[:, : self.token_dimension]
        offsets = np.array(piece.offsets, dtype=np.int64).reshape(-1, 2)  # type: ignore[attr-defined]
        states = np.clip(tokens * 254, -127, 127).astype(np.int8)
        return Encoding(
            mean / np.linalg.norm(mean), tokens / np.linalg.norm(tokens, axis=1, keepdims=True), offsets, None, states
        )


def make_sources(folder: Path, passages: int) -> None:
    """Documents of PER_DOCUMENT passages of some hundred words."""
    rng = random.Random(SEED)
    vocabulary = ["".join(rng.choices("abcdefghijklmnoprstuw", k=rng.randint(3, 9))) for _ in range(WORDS)]
    weights = np.cumsum(1 / np.arange(1, WORDS + 1)).tolist()
    for number in range(max(1, passages // PER_DOCUMENT)):
        paragraphs = []
        for _ in range(PER_DOCUMENT):
            words = rng.choices(vocabulary, cum_weights=weights, k=45)
            sentences = [" ".join(words[i : i + 15]).capitalize() + "." for i in range(0, 45, 15)]
            paragraphs.append(" ".join(sentences))
        (folder / f"{number:06d}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")


def measure(passages: int) -> dict[str, float]:
    """Build, open and ask a collection of this size."""
    from index.dense import search_dense
    from index.sparse import terms_of
    from qa.retrieve import search

    with tempfile.TemporaryDirectory() as root:
        sources, folder = Path(root, "sources"), Path(root, "index")
        sources.mkdir()
        make_sources(sources, passages)
        encoder = LookupEncoder()
        found: dict[str, float] = {}

        def build(name: str) -> None:
            begin = time.perf_counter()
            report = build_index(sources, folder, encoder=encoder)
            found[name] = time.perf_counter() - begin
            found["passages"] = report.passages

        build("build")
        found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        build("nothing changed")
        (sources / "000000.txt").write_text("Something else stands here. It is short.", encoding="utf-8")
        build("one changed")
        found["disk"] = (
            sum(p.stat().st_size for p in (folder / "generations" / open_index(folder).name).rglob("*") if p.is_file()) / 2**20
        )
        begin = time.perf_counter()
        index = open_index(folder)
        found["open"] = time.perf_counter() - begin
        rng = random.Random(SEED)
        texts = [index.text(rng.randrange(len(index.documents))) for _ in range(QUESTIONS)]
        questions = [" ".join(rng.sample(text.replace(".", "").split(), 8)) for text in texts]
        encodings = [encoder.encode_question(q) for q in questions]
        search(index, encodings[0].vector, terms_of(questions[0]), 10)
        times = []
        for question, encoding in zip(questions, encodings, strict=True):
            begin = time.perf_counter()
            search(index, encoding.vector, terms_of(question), 10)
            times.append(time.perf_counter() - begin)
        vectors = index.dense.reconstruct_n(0, index.dense.ntotal)
        nearest = [set(np.argsort(-(vectors @ e.vector), kind="stable")[:10].tolist()) for e in encodings]
        again = [set(search_dense(index.dense, e.vector, 10)[1].tolist()) for e in encodings]
        found["recall"] = statistics.mean(len(a & b) / 10 for a, b in zip(nearest, again, strict=True))
        found["retrieve"] = statistics.median(times) * 1000
        return found


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    return parser


def main() -> int:
    options = make_parser().parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return 0
    rows = []
    for size in options.passages:
        done = subprocess.run([sys.executable, __file__, "--one", str(size)], capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps(rows[-1]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
