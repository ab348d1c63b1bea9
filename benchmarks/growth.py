"""How build, memory, opening and retrieval grow with the collection.

    python benchmarks/growth.py --passages 1000 10000 100000
    python benchmarks/growth.py --passages 5000 --per-document 1 --model
    python benchmarks/growth.py --passages 1010000 --narrow --limit 4

Texts are made of random words of a long-tailed vocabulary and, without `--model`, encoded by a stand-in that looks up a random vector
for each word: what is measured then is everything but the network. For each size, in a process of its own: seconds of the first build, of one
with nothing changed and of one with a changed document, these two also as shares of the first; the most memory that the first build took
(mapped files included); seconds to open; the median of retrieving ten passages once the question is encoded, and of a whole answer to a question (the
stand-in has no reader); which part of exact search's ten nearest passages is found, and how is searched; size on disk. `--narrow` keeps 16 numbers of
each token instead of 256, for sizes whose tokens the disk cannot hold; tokens are never in memory. `--limit` refuses the process more memory of its own
than that many GiB (RLIMIT_DATA; mapped files, which the system may drop, do not count).

The last row, for two sizes or more, is the exponent b with which each grows: least squares of log(value) = a + b log(passages). 1 is in step with the
collection; what is mostly a fixed cost at these sizes has less.
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
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from index import build_index, open_index  # noqa: E402
from index.embed import Encoder, Encoding, SentenceTransformerEncoder  # noqa: E402

WORDS, SEED, QUESTIONS = 50_000, 7, 100


class LookupEncoder:
    """A stand-in with the model's tokenizer and shapes: a token's vector depends on nothing but the token."""

    fingerprint = "lookup@1"
    dimension, token_dimension, state_dimension, max_tokens = 384, 128, 128, 256
    runs_on = "a table"

    @cached_property
    def _table(self) -> np.ndarray:
        table = np.random.default_rng(SEED).standard_normal((31_000, self.dimension)).astype(np.float32)
        return table / np.linalg.norm(table, axis=1, keepdims=True)

    @cached_property
    def _real(self) -> SentenceTransformerEncoder:
        return SentenceTransformerEncoder()

    def load(self) -> None:
        _ = self._table

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


class NarrowEncoder(LookupEncoder):
    """The same with the first 16 numbers of each token, and no states."""

    fingerprint = "narrow@1"
    token_dimension, state_dimension = 16, 0

    def _encoding(self, piece: object) -> Encoding:
        return replace(super()._encoding(piece), states=None)


def make_sources(folder: Path, passages: int, per_document: int) -> None:
    """Documents of so many passages, each of 45 words that the model takes apart into some 170 tokens."""
    rng = random.Random(SEED)
    vocabulary = ["".join(rng.choices("abcdefghijklmnoprstuw", k=rng.randint(3, 9))) for _ in range(WORDS)]
    weights = np.cumsum(1 / np.arange(1, WORDS + 1)).tolist()
    for number in range(max(1, passages // per_document)):
        paragraphs = []
        for _ in range(per_document):
            words = rng.choices(vocabulary, cum_weights=weights, k=45)
            sentences = [" ".join(words[i : i + 15]).capitalize() + "." for i in range(0, 45, 15)]
            paragraphs.append(" ".join(sentences))
        (folder / f"{number:06d}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")


def measure(passages: int, per_document: int, encoder: Encoder) -> dict[str, Any]:
    """Build, open and ask a collection of this size."""
    from index.dense import measure_recall
    from index.sparse import terms_of
    from qa import Assistant
    from qa.reader import NONE, TRAINED
    from qa.retrieve import search

    with tempfile.TemporaryDirectory() as root:
        sources, folder = Path(root, "sources"), Path(root, "index")
        sources.mkdir()
        make_sources(sources, passages, per_document)
        encoder.encode(["A network that is loaded."])
        found: dict[str, Any] = {}

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
        texts = [index.text(rng.randrange(1, len(index.documents))) for _ in range(QUESTIONS)]  # the first is the changed one
        questions = [" ".join(rng.sample(text.replace(".", "").split(), 8)) for text in texts]
        encodings = [encoder.encode_question(q) for q in questions]
        search(index, encodings[0].vector, terms_of(questions[0]), 10)
        times = []
        for question, encoding in zip(questions, encodings, strict=True):
            begin = time.perf_counter()
            search(index, encoding.vector, terms_of(question), 10)
            times.append(time.perf_counter() - begin)
        asked = np.array([e.vector for e in encodings])
        found["recall"] = measure_recall(index.dense, index.vectors, asked)
        found["search"] = index.search.kind
        assistant = Assistant.open(
            folder, encoder, TRAINED if isinstance(encoder, SentenceTransformerEncoder) else NONE, remember=0
        )
        assistant.ask(questions[0])
        answers = []
        for question in questions:
            begin = time.perf_counter()
            assistant.ask(question)
            answers.append(time.perf_counter() - begin)
        found["answer"] = statistics.median(answers) * 1000
        found["retrieve"] = statistics.median(times) * 1000
        return found


COLUMNS = {
    "passages": "{:,.0f}",
    "build": "{:,.1f} s",
    "nothing changed": "{:.2f} s",
    "one changed": "{:.2f} s",
    "memory": "{:,.0f} MiB",
    "disk": "{:,.0f} MiB",
    "open": "{:.2f} s",
    "retrieve": "{:.1f} ms",
    "answer": "{:.1f} ms",
    "recall": "{:.3f}",
    "search": "{}",
}


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """With which power of its size a value grows, by least squares on the logarithms. Sizes and values are positive."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def exponents(measured: Sequence[dict[str, float]]) -> str:
    """The last row of the table."""
    sizes = [found["passages"] for found in measured]
    fitted = (
        exponent(sizes, [found[name] for found in measured]) for name in COLUMNS if name not in ("passages", "recall", "search")
    )
    return "| exponent | " + " | ".join(f"{power:.2f}" for power in fitted) + " | | |"


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, nargs="+", default=[1000, 10_000], help="sizes (default: 1000 10000)")
    parser.add_argument("--per-document", type=int, default=20, metavar="N", help="passages in a document (default: %(default)s)")
    parser.add_argument("--model", action="store_true", help="encode with the model instead of the stand-in")
    parser.add_argument("--narrow", action="store_true", help="keep little of each token")
    parser.add_argument("--limit", type=float, metavar="GIB", help="memory that the process may have of its own")
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    return parser


def main() -> int:
    options = make_parser().parse_args()
    if options.in_process:
        if options.limit:
            resource.setrlimit(resource.RLIMIT_DATA, (int(options.limit * 2**30),) * 2)
        encoder = SentenceTransformerEncoder() if options.model else NarrowEncoder() if options.narrow else LookupEncoder()
        print(json.dumps(measure(options.passages[0], options.per_document, encoder)))
        return 0
    print("| " + " | ".join(COLUMNS) + " |\n|" + "--:|" * len(COLUMNS))
    measured = []
    for size in options.passages:
        command = [sys.executable, __file__, "--in-process", "--passages", str(size), "--per-document", str(options.per_document)]
        command += ["--model"] * options.model + ["--narrow"] * options.narrow
        command += ["--limit", str(options.limit)] if options.limit else []
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        cells = {name: form.format(found[name]) for name, form in COLUMNS.items()}
        for name in ("nothing changed", "one changed"):
            cells[name] += f" ({found[name] / found['build']:.1%})"
        print("| " + " | ".join(cells.values()) + " |", flush=True)
        measured.append(found)
    if len(measured) > 1:
        print(exponents(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
