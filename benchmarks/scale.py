"""What collections of 10^7 to 10^9 passages cost in a store: the tables of docs/scale.md, computed from what one passage costs.

    python benchmarks/scale.py --tokens 160 --sentences 3 --per-document 20

The defaults are those of the documents in `tests/questions` (the manifest of their index counts them), sizes by `benchmarks/store_costs.py`, and times of
two cores that others use too. Options in place of them are what you measure yourself.
"""

from __future__ import annotations

import argparse
import sys

TOKEN = (128 + 128 + 4) * 4 / 3
"""Bytes of a token: its vector, its state and where it begins, as base64."""

SEARCHED = 4 * 1024
"""Bytes of a passage that a search itself reads: its vector and the keys of its terms and wordings."""

DOCUMENT, WORD, PASSAGE, SENTENCE = 1.2 * 1024, 190, 8, 4
"""Bytes in the program that asks: for each document, each different word, each passage (one number kept, one while a question is asked), each sentence."""

WORDS = 1_000_000
SIZES = (10**7, 10**8, 10**9)
DAY = 24 * 3600


def main() -> int:
    options = make_parser().parse_args()
    passage = TOKEN * options.tokens + SEARCHED
    asking = DOCUMENT / options.per_document + PASSAGE + SENTENCE * options.sentences
    machine = options.memory * 2**30
    columns = ("passages", "kept by the engine", "machines, all in memory", "machines, the rest mapped", "program that asks")
    columns += ("embedding, one core", f"{options.cores} cores", "copying, one program")
    print("| " + " | ".join(columns) + " |\n|" + "--:|" * len(columns))
    for size in SIZES:
        embedding = size * options.embedding / 1000 / DAY
        cells = (
            f"10^{len(str(size)) - 1}",
            f"{size * passage / 2**40:,.1f} TiB",
            f"{-(-size * passage // machine):,.0f}",
            f"{-(-size * SEARCHED // machine):,.0f}",
            f"{(size * asking + WORDS * WORD) / 1e9:,.1f} GB",
            f"{embedding:,.1f} days",
            f"{embedding / options.cores:,.1f} days",
            f"{size * options.copying / 1000 / DAY:,.0f} days",
        )
        print("| " + " | ".join(cells) + " |")
    print(f"\n{passage / 1024:.1f} KiB a passage in the engine, {asking:.0f} bytes in the program that asks")
    return 0


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tokens", type=float, default=92, help="in a passage (default: %(default)s)")
    parser.add_argument("--sentences", type=float, default=5, help="in a passage (default: %(default)s)")
    parser.add_argument(
        "--per-document", type=float, default=10, metavar="N", help="passages in a document (default: %(default)s)"
    )
    parser.add_argument("--memory", type=float, default=48, help="GiB that a machine has for data (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=64, help="workers that embed (default: %(default)s)")
    parser.add_argument(
        "--embedding", type=float, default=12, help="seconds of one core for 1,000 passages (default: %(default)s)"
    )
    parser.add_argument("--copying", type=float, default=28, help="seconds for 1,000 passages (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
