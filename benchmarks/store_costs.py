"""What a passage costs in each engine, and what a question: the numbers that docs/scale.md computes from.

    python benchmarks/store_costs.py --passages 10000 --store /tmp/try.db milvus+http://127.0.0.1:19530/try

The collection is that of benchmarks/growth.py, built once in a folder and copied into each store: seconds for a thousand passages;
KiB sent for each; KiB that a file has for each on disk; seconds to open, and bytes of memory for each passage, of the program that asks;
median milliseconds to find ten passages, and to fetch all that reading them needs; whether they are the ones that the embedded index finds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from growth import SEED, LookupEncoder, make_sources  # noqa: E402

from index import build_index, open_index  # noqa: E402
from index.addresses import open_store  # noqa: E402
from index.copying import copy_index  # noqa: E402
from index.milvus_client import MilvusClient, size_of  # noqa: E402
from index.sparse import terms_of  # noqa: E402
from index.stored_index import open_stored  # noqa: E402
from qa.retrieve import search  # noqa: E402

QUESTIONS = 40
COLUMNS = ("store", "1,000 passages", "sent each", "on disk each", "open", "memory each", "find", "read", "same")


def main() -> int:
    options = make_parser().parse_args()
    with tempfile.TemporaryDirectory() as root:
        sources, folder = Path(root, "sources"), Path(root, "index")
        sources.mkdir()
        make_sources(sources, options.passages, options.per_document)
        encoder = LookupEncoder()
        build_index(sources, folder, encoder=encoder)
        index = open_index(folder)
        rng = random.Random(SEED)
        texts = [index.text(rng.randrange(len(index.documents))) for _ in range(QUESTIONS)]
        questions = [" ".join(rng.sample(text.replace(".", "").split(), 8)) for text in texts]
        asked = [(encoder.encode_question(q).vector, terms_of(q), 10) for q in questions]
        expected = [[hit.number for hit in search(index, *question)] for question in asked]
        print("| " + " | ".join(COLUMNS) + " |\n|---" + "|--:" * (len(COLUMNS) - 1) + "|")
        for address in options.store:
            print(
                "| " + " | ".join([address, *_measured(address, folder, len(index.passages), asked, expected)]) + " |", flush=True
            )
    return 0


def _measured(address: str, folder: Path, passages: int, asked: list, expected: list) -> list[str]:
    sent, plain = [0], MilvusClient.upsert

    def upsert(client, collection, rows):  # type: ignore[no-untyped-def]
        rows = list(rows)
        sent[0] += sum(map(size_of, rows))
        plain(client, collection, rows)

    MilvusClient.upsert = upsert  # type: ignore[method-assign]
    store = open_store(address)
    begin = time.perf_counter()
    copy_index(open_store(folder), store)
    copying = time.perf_counter() - begin
    MilvusClient.upsert = plain  # type: ignore[method-assign]
    disk = sum(p.stat().st_size for p in Path(address).rglob("*") if p.is_file()) if Path(address).exists() else 0
    tracemalloc.start()
    begin = time.perf_counter()
    stored = open_stored(store)
    opening = time.perf_counter() - begin
    memory = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    finding, reading, same = [], [], 0
    for question, wanted in zip(asked, expected, strict=True):
        begin = time.perf_counter()
        hits = search(stored, *question)
        finding.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        stored.check_rows([hit.number for hit in hits])
        reading.append(time.perf_counter() - begin)
        same += [hit.number for hit in hits] == wanted
    store.close()
    return [
        f"{copying / passages * 1000:.2f} s",
        f"{sent[0] / passages / 1024:.1f} KiB",
        f"{disk / passages / 1024:.1f} KiB" if disk else "",
        f"{opening:.2f} s",
        f"{memory / passages:,.0f} B",
        f"{statistics.median(finding) * 1000:.0f} ms",
        f"{statistics.median(reading) * 1000:.0f} ms",
        f"{same} of {len(asked)}",
    ]


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--per-document", type=int, default=20, metavar="N", help="passages in a document (default: %(default)s)")
    parser.add_argument(
        "--store", nargs="+", required=True, metavar="ADDRESS", help="stores that are empty or may be written over"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
