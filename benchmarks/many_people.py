"""Many people ask at once while the index is rebuilt: no error, no answer from two generations; and how long they wait.

    python benchmarks/many_people.py --people 50 --seconds 300

Starts the chat on a copy of the sources and asks through its HTTP interface, each person one question after the other. At a third and
at two thirds of the time both documents are changed, so that every offset moves, and `python -m index build` is run beside it. All citations
of an answer must slice to their words in the texts of one and the same generation. Prints questions, errors, mixed answers, how many
answers came from each generation, and the median and the 95th percentile of the seconds from question to answer.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browsing import Server  # noqa: E402

from qa.narrow import FIELDS  # noqa: E402

REBUILDS = 2


def questions() -> list[str]:
    """The development questions on the two articles."""
    path = ROOT / "tests" / "questions" / "bexley-dev.jsonl"
    return [json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()]


def ask(url: str, question: str) -> dict:
    """One question through the page's interface; returns the answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    body = json.dumps({"data": [question, [], *[None] * len(FIELDS)]}).encode()  # no history, no filter
    request = urllib.request.Request(f"{url}/gradio_api/call/ask", body, {"Content-Type": "application/json"})
    with opener.open(request, timeout=300) as reply:
        event = json.load(reply)["event_id"]
    with opener.open(f"{url}/gradio_api/call/ask/{event}", timeout=300) as reply:
        kind = ""
        for line in reply:
            if line.startswith(b"event:"):
                kind = line[6:].strip().decode()
            elif line.startswith(b"data:") and kind in ("complete", "error"):
                if kind == "error":
                    raise RuntimeError(f"the server answered with an error: {line[5:].strip().decode()}")
                return json.loads(line[5:])[0]
    raise RuntimeError("the server ended without an answer")


class Generations:
    """The texts of the documents in each generation so far, oldest first."""

    def __init__(self, sources: Path) -> None:
        self.sources = sources
        self.texts: list[dict[str, str]] = []
        self.note()

    def note(self) -> None:
        """Remember the texts as they are now."""
        self.texts.append({p.name: p.read_bytes().decode() for p in self.sources.glob("*.txt")})

    def change(self) -> None:
        """Put a line of its own above every document."""
        number = len(self.texts)
        for path in self.sources.glob("*.txt"):
            path.write_bytes(
                f"Edition {number}, printed again\n\n".encode() * number + (ROOT / "sources" / path.name).read_bytes()
            )
        self.note()

    def of(self, answer: dict) -> set[int]:
        """The generations whose texts have all the quotations of an answer at their places."""
        quoted = [*answer["citations"], *answer["related"]]
        fits = lambda texts: all(texts[c["document"]][c["start"] : c["end"]] == c["text"] for c in quoted)  # noqa: E731
        return {number for number, texts in enumerate(self.texts) if fits(texts)}


def main() -> int:
    options = make_parser().parse_args()
    with tempfile.TemporaryDirectory() as root:
        sources, index = Path(root, "sources"), Path(root, "server", "index")
        shutil.copytree(ROOT / "sources", sources)
        generations = Generations(sources)
        index.parent.mkdir()
        build = [sys.executable, "-m", "index", "build", str(sources), "--index", str(index)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        server = Server(index.parent, sources, "--remember", "0").wait()
        times: list[float] = []
        seen: Counter[str] = Counter()
        problems: list[str] = []
        done = threading.Event()

        def person(number: int) -> None:
            rng = random.Random(number)
            asked = questions()
            while not done.is_set():
                question = rng.choice(asked)
                begin = time.monotonic()
                try:
                    found = generations.of(answer := ask(server.url, question))
                except Exception as error:
                    problems.append(f"{question}: {type(error).__name__}: {error}")
                    continue
                times.append(time.monotonic() - begin)
                quoted = bool(answer["citations"] or answer["related"])
                seen["no quotation" if not quoted else f"generation {max(found)}" if found else "mixed"] += 1

        try:
            ask(server.url, "Who inspected?")  # the models are loaded
            started = time.monotonic()
            people = [threading.Thread(target=person, args=(n,)) for n in range(options.people)]
            for one in people:
                one.start()
            for _ in range(REBUILDS):
                time.sleep(options.seconds / (REBUILDS + 1))
                generations.change()
                built = subprocess.run(build, cwd=ROOT, check=False, capture_output=True, text=True)
                if built.returncode:
                    problems.append(f"the build failed: {built.stderr}")
            time.sleep(max(options.seconds / (REBUILDS + 1), started + options.seconds - time.monotonic()))
            done.set()
            for one in people:
                one.join()
            seconds = time.monotonic() - started
        finally:
            done.set()
            server.stop()
        for problem in problems[:20]:
            print(problem, file=sys.stderr)
        spread = ", ".join(f"{count:,} {name}" for name, count in sorted(seen.items()))
        print(
            f"{options.people} people, {seconds:.0f} s, {REBUILDS} rebuilds: {len(times):,} answers ({spread}), {len(problems)} errors"
        )
        if times:
            print(
                f"from question to answer: median {statistics.median(times):.2f} s, 95th percentile {sorted(times)[int(0.95 * len(times))]:.2f} s"
            )
        missed = [n for n in range(REBUILDS + 1) if not seen[f"generation {n}"]]
        if missed:
            print(f"no answer came from generation {missed}", file=sys.stderr)
        return 1 if problems or seen["mixed"] or missed else 0


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=50, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=300, help="at least so long (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
