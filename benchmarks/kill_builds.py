"""Kill builds and roll-backs at many points and check that the index goes on answering, and that the next build works.

    python benchmarks/kill_builds.py --count 200

Each round changes a document, starts a build (or, every fifth, a roll-back) in a process of its own and ends that process with SIGKILL: in one half of the
rounds at a chosen system step (the n-th file opened, folder made, file renamed or removed, sync), in the other at a random
moment. After it the published index is opened, every checksum and span is checked and a question's passage is retrieved:
it must be the old text or, past the moment of publishing, the new one. Then the next build must succeed. Every fifth round starts
without an index, where having none is right as well. The last line is the result; the exit status is 1 on any failure.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the tiny encoder is the tests'

STEPS = (
    "open",
    "os.mkdir",
    "os.link",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.truncate",
    "os.chmod",
    "shutil.rmtree",
    "mmap.__new__",
)
FIRST, LATER, BACK = "first build", "later build", "roll-back"

ENDINGS = ("old", "new", "none", "finished")
"""What the index held after the kill: the old text, the new one, nothing yet; or the build had ended before the kill."""


def work_and_die(sources: str, folder: str, step: int, rolls_back: bool) -> None:
    """In a process of its own: build or roll back, and end at system step number `step` (0: count the steps and print them)."""
    from importlib import import_module

    from conftest import WordEncoder

    from index import build_index, roll_back

    for library in ("faiss", "filelock", "Stemmer"):
        import_module(library)  # what is imported now is no step of the build
    encoder = WordEncoder()
    encoder.encode(["words"])
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if event in STEPS:
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sync = os.fsync

    def counted_sync(descriptor: int) -> None:
        count("open", ())
        sync(descriptor)

    os.fsync = counted_sync
    print("ready", flush=True)
    sys.addaudithook(count)
    roll_back(folder) if rolls_back else build_index(sources, folder, encoder=encoder)
    print(steps, flush=True)


def start(sources: Path, index: Path, step: int, rolls_back: bool = False) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--child", str(sources), str(index), str(step), str(rolls_back)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n", "it did not start"
    return process


def begin(folder: Path) -> None:
    """A sources folder with a document that stays: most of the index, so that later builds share its rows."""
    (folder / "sources").mkdir(parents=True)
    paragraphs = (f"Entry number {n} of the ledger names ship{n} and harbour{n}. " * 4 for n in range(60))
    (folder / "sources" / "other.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")


def write(sources: Path, number: int) -> str:
    """Change one document of the two; its words are all its own, so that a question can find it."""
    words = f"Report number{number} praises bridge{number} over river{number}."
    (sources / "report.txt").write_text(
        f"{words}\n\n" + f"Nothing else of note happened in year{number}. " * 40, encoding="utf-8"
    )
    return words


def answer(index: Path, question: str) -> str:
    """Open, check everything, and retrieve: the document's first line as the index has it."""
    from conftest import WordEncoder

    from index import open_index
    from index.sparse import terms_of
    from index.verify import check_spans
    from qa.retrieve import search

    opened = open_index(index, whole=True)
    check_spans(opened)
    (encoding,) = WordEncoder().encode([question])
    hits = search(opened, encoding.vector, terms_of(question), 3)
    if not any(hit.document == "report.txt" for hit in hits):
        raise AssertionError(f"the question found {[hit.text[:40] for hit in hits]}")
    return opened.text(opened.numbers["report.txt"]).split("\n")[0]


def one_round(folder: Path, number: int, step: int, moment: float, rolls_back: bool) -> str:
    """One killed build or roll-back in `folder`; returns how it ended, one of ENDINGS. Raises on any failure."""
    from conftest import WordEncoder

    from index import IndexMissing, build_index, generations, open_index

    sources, index = folder / "sources", folder / "index"
    old = (sources / "report.txt").read_text(encoding="utf-8").split("\n")[0] if index.exists() else None
    built = new = write(sources, number)
    if rolls_back:
        before = open_index(index, generation=next(g.name for g in generations(index) if g.before))
        new = before.text(before.numbers["report.txt"]).split("\n")[0]
    process = start(sources, index, step, rolls_back)
    if not step:
        time.sleep(moment)
        process.kill()
    killed = process.wait() == -signal.SIGKILL
    assert process.stdout
    process.stdout.close()
    try:
        found = answer(index, "Which report praises a bridge?")
        if found not in (old, new) or (not killed and found != new):
            raise AssertionError(f"the index holds {found!r}, expected {old!r} or {new!r}")
        ending = ("new" if found == new else "old") if killed else "finished"
    except IndexMissing:
        if old is not None or not killed:
            raise
        ending = "none"
    build_index(sources, index, encoder=WordEncoder())
    if answer(index, "Which report praises a bridge?") != built:
        raise AssertionError("the next build did not publish the new text")
    return ending


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=200, help="how many builds to kill (default: 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps-only", action="store_true", help="kill at system steps only, spread evenly: repeatable exactly")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    return parser


def main() -> int:
    options = make_parser().parse_args()
    if options.child:
        work_and_die(options.child[0], options.child[1], int(options.child[2]), options.child[3] == "True")
        return 0
    rng = random.Random(options.seed)
    endings: Counter[str] = Counter()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        lengths = {}  # how many steps, and seconds, each kind of round takes
        folder = root / "measured"
        begin(folder)
        for times, kind in enumerate((FIRST, LATER, BACK)):
            write(folder / "sources", times)
            process = start(folder / "sources", folder / "index", 0, kind == BACK)
            begun = time.monotonic()
            steps = int(process.communicate()[0])
            lengths[kind] = (steps, time.monotonic() - begun)
        number = -1
        while sum(endings.values()) - endings["finished"] + failures < options.count:  # a build may end before its moment
            number += 1
            kind = (FIRST, LATER, LATER, BACK, LATER)[number % 5]
            if kind == FIRST:
                folder = root / f"round{number}"
                begin(folder)
            steps, seconds = lengths[kind]
            at_step = options.steps_only or number % 2 == 0
            step = 1 + (number * steps // options.count % steps if options.steps_only else rng.randrange(steps)) if at_step else 0
            try:
                endings[one_round(folder, number + 3, step, rng.uniform(0, seconds), kind == BACK)] += 1
            except Exception as error:
                failures += 1
                print(f"round {number}, {kind}, step {step}: {type(error).__name__}: {error}", file=sys.stderr)
    spread = ", ".join(f"{endings[ending]} {ending}" for ending in ENDINGS)
    steps = ", ".join(f"{kind} of {steps} steps" for kind, (steps, _) in lengths.items())
    print(f"{options.count} builds killed ({steps}): {spread}; {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
