"""What a build spends its time on, and how much of the encoder's speed it keeps.

    python benchmarks/build_throughput.py FOLDER [--limit N] [--rounds 3]

FOLDER is a collection in the BEIR layout, as `python -m qa evaluate` reads it, or any folder of documents. Its index is built once, and the seconds of each
step and their shares are printed. Then the texts that were encoded, as they were batched (those of like length together), are encoded again: by the
product, and by sentence-transformers' own `encode` in its usual batches of 32 and in batches as ours, in turn, piece by piece, in the same process on the same threads.
Printed are tokens a second of each, and the share of each plain one's speed that ours has, the median over the pieces, which a busy machine disturbs least: ours also
makes token vectors and states.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does, before numpy is loaded

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index import build_index  # noqa: E402
from index.embed import Encoding, SentenceTransformerEncoder  # noqa: E402
from qa.labelled import read_corpus  # noqa: E402

PIECE = 4
"""Batches of ours that are encoded before it is the others' turn."""

USUAL_BATCH = 32


class RecordingEncoder(SentenceTransformerEncoder):
    """The product's encoder, with the batches that it was given and the seconds that they took."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.seconds = 0.0

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        started = time.perf_counter()
        made = super().encode(texts)
        self.seconds += time.perf_counter() - started
        self.batches.append(list(texts))
        return made


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Time the steps of a build, and encoding beside sentence-transformers alone.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, help="only so many documents of a collection")
    parser.add_argument("--rounds", type=int, default=3, help="times that all texts are encoded each way (0: only the build)")
    return parser


def timed_build(sources: Path, index: Path, encoder: RecordingEncoder) -> tuple[Counter[str], int]:
    """The seconds of each step of a build, by the name under which it tells of its progress, and how many documents it read."""
    spent: Counter[str] = Counter()
    last = time.perf_counter()

    def tell(step: str, done: int, total: int) -> None:
        nonlocal last
        now = time.perf_counter()
        spent[step] += now - last  # a call comes at the end of a piece of work
        last = now

    documents = build_index(sources, index, encoder=encoder, progress=tell).documents
    spent["publishing"] = time.perf_counter() - last
    spent["embedding"] -= encoder.seconds
    spent["encoding"] = encoder.seconds
    return spent, documents


def compare(encoder: RecordingEncoder, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Tokens a second of ours and of the plain ways, in turn; and the share of each plain one's speed that ours has."""
    from sentence_transformers import SentenceTransformer

    batches = encoder.batches.copy()
    plain = SentenceTransformer(str(encoder.folder), local_files_only=True, device="cpu")
    size = max(map(len, batches))
    ways: dict[str, Callable[[list[list[str]]], object]] = {
        "ours": lambda piece: [encoder.encode(batch) for batch in piece],
        f"plain, batches of {USUAL_BATCH}": lambda piece: plain.encode(sum(piece, []), batch_size=USUAL_BATCH),
        f"plain, batches of {size}": lambda piece: plain.encode(sum(piece, []), batch_size=size),
    }
    pieces = [batches[begin : begin + PIECE] for begin in range(0, len(batches), PIECE)] * rounds
    tokens = sum(n + 2 for piece in pieces for batch in piece for n in encoder.count_tokens(batch))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way(pieces[0])  # loads and warms
    for number, piece in enumerate(pieces):
        for name in sorted(ways, key=lambda name: (list(ways).index(name) + number) % len(ways)):
            started = time.perf_counter()
            ways[name](piece)
            seconds[name].append(time.perf_counter() - started)
    shares = {n: median(t / o for t, o in zip(s, seconds["ours"], strict=True)) for n, s in seconds.items() if n != "ours"}
    return {name: tokens / sum(spent) for name, spent in seconds.items()}, shares


def main() -> int:
    options = make_parser().parse_args()
    encoder = RecordingEncoder()
    encoder.encode(["The network is loaded before the build, which is timed."])
    encoder.batches, encoder.seconds = [], 0.0
    with tempfile.TemporaryDirectory() as place:
        sources = options.folder
        if (sources / "qrels.tsv").is_file():
            sources = Path(place, "sources")
            sources.mkdir()
            for number, text in enumerate([*read_corpus(options.folder).values()][: options.limit]):
                (sources / f"{number:08d}.txt").write_text(text or "(empty)", encoding="utf-8", newline="")
        started = time.perf_counter()
        spent, documents = timed_build(sources, Path(place, "index"), encoder)
        whole = time.perf_counter() - started
    passages = sum(map(len, encoder.batches))
    print(f"{options.folder.name}: {documents:,} documents, {passages:,} passages encoded, built in {whole:.1f} s")
    for step, seconds in spent.most_common():
        print(f"  {step:<12}{seconds:8.2f} s {seconds / whole:7.1%}")
    print(f"  all but encoding {1 - spent['encoding'] / whole:.1%}")
    speeds, shares = compare(encoder, options.rounds) if options.rounds else ({}, {})
    for name, speed in speeds.items():
        share = f"; ours has {shares[name]:.1%} of its speed" if name in shares else ""
        print(f"  {name:<24}{speed:10,.0f} tokens a second{share}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
