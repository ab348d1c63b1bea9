"""Flip one bit at random places of an index and see that it is always found, always named, and never answered from.

    python benchmarks/flip_bytes.py --count 500

Each round flips a bit in a random file of the published generation (each file as often as any other, whatever its size) or in CURRENT.
Then the index is opened and every passage is searched for and read as for a question: that must be refused with the file's name. And
`verify` must refuse it too. The last line is the result; the exit status is 1 on any failure.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the tiny encoder is the tests'

from conftest import StateEncoder  # noqa: E402

from index import IndexDamaged, build_index, open_index  # noqa: E402
from index.published import CURRENT  # noqa: E402
from index.store import GENERATIONS  # noqa: E402
from qa.read import passage_tokens  # noqa: E402


def read_everything(folder: Path) -> None:
    """Open an index and use all of it."""
    index = open_index(folder)
    for number in range(len(index.passages)):
        passage_tokens(index, number)
    for number in range(len(index.documents)):
        index.text(number), index.locations(number, 0, 10**9)
    index.keywords.scores(["children"])


def complaint(use: object, folder: Path) -> str:
    """What the refusal says; "" where nothing is refused."""
    try:
        use(folder)  # type: ignore[operator]
    except IndexDamaged as error:
        return str(error)
    return ""


def main() -> int:
    options = make_parser().parse_args()
    rng = random.Random(options.seed)
    failures: list[str] = []
    rounds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as root:
        sources, folder = Path(root, "sources"), Path(root, "index")
        shutil.copytree(options.sources, sources)
        build_index(sources, folder, encoder=StateEncoder())
        (sources / "added.txt").write_text(
            "A document that came later. Its rows are beside those of the others.", encoding="utf-8"
        )
        build_index(sources, folder, encoder=StateEncoder())
        place = folder / GENERATIONS / open_index(folder).name
        files = [p for p in [folder / CURRENT, *sorted(place.rglob("*"))] if p.is_file() and p.stat().st_size]
        for _ in range(options.count):
            path = rng.choice(files)
            whole = path.read_bytes()
            used = whole.index(b"\n") if path.name == CURRENT else len(whole)  # of CURRENT, the line of the one that answers
            at, bit = rng.randrange(used), rng.randrange(8)
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            rounds[path.name] += 1
            for use in (read_everything, lambda f: open_index(f, whole=True)):
                said = complaint(use, folder)
                if path.name not in said and not (path.name == CURRENT and str(folder) in said):
                    failures.append(f"{path.name}, byte {at}, bit {bit}: {said or 'nothing was refused'}")
            path.write_bytes(whole)
        read_everything(folder)
    for name, count in sorted(rounds.items()):
        print(f"{name}: {count}")
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{options.count} flipped bits in {len(rounds)} files, {len(failures)} failures")
    return 1 if failures else 0


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=500, metavar="N", help="flipped bits (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=6, help="default: %(default)s")
    parser.add_argument("--sources", type=Path, default=ROOT / "sources", help="what to index (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
