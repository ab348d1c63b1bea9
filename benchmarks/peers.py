"""This product beside others on the same texts, weights and threads, in turn, to a table and a picture.

    pip install -e . -r benchmarks/peers.txt
    python benchmarks/peers.py [--corpus FOLDER] [--rounds 3] [--threads 2] [--only NAME ...] [--out docs/speed]

FOLDER is a collection in the BEIR layout, as `python -m qa evaluate` reads it. Without one the texts are the paragraphs of the documents in sources/ and of
those beside tests/questions/, the questions those of tests/questions/ for development: few, but everybody has them.

Each system that is installed (`benchmarks/peer_systems.py`) runs in processes of its own, one at a time, on the same cores, with the weights packaged
for this project and without a network: in each round one process builds an index of the texts, and another opens it and asks the questions, each system
in its turn. The table, OUT.md, has the medians over the rounds and in brackets the ratios to the first system of the same round, of these too the median; the
picture is OUT.svg. What was measured is written to OUT.jsonl after each round; with --add the rounds that stand there count too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from bar_charts import Panel, draw  # noqa: E402
from peer_systems import SYSTEMS  # noqa: E402

OURS = "ours"
SEED = 1
LEAST_WORDS, MOST_QUESTIONS = 8, 200
"""Of a paragraph that is a text of the corpus that everybody has, and of its questions."""

COLUMNS = {
    "load": ("import and load, s", "{:.2f}"),
    "build": ("build, texts/s", "{:.1f}"),
    "answered": ("start to first answer, s", "{:.2f}"),
    "question": ("question, ms", "{:.1f}"),
    "build memory": ("memory to build, MB", "{:,.0f}"),
    "memory": ("memory to ask, MB", "{:,.0f}"),
    "same first": ("same text first", "{:.0%}"),
}
"""What is measured, and how it is shown."""

PANELS = {
    "build": "Build: texts a second",
    "question": "A question, warm: ms",
    "answered": "From process start to the first answer: s",
    "memory": "Most memory while asking: MB",
}

Figures = dict[str, Any]
"""What was measured of a system in one round: its name as `system`, the values of COLUMNS, and the machine's `load average` before the round."""

Summary = dict[str, dict[str, tuple[float, float | None]]]
"""By system and column the median over the rounds, and the median of the ratios to the first system in the same round, if it has that value."""

PAGE = """# Speed, beside others

Made by `python benchmarks/peers.py`: {texts:,} texts of {corpus}, {questions:,} questions, {rounds} rounds, {threads} threads each, on {machine}. Medians over the rounds;
in brackets the ratio to the first row, taken within each round, of these too the median. The machine's load average before each round was {loads}: what it does beside this
disturbs every value, and the more the more threads a system has; ratios count.

![The same as bars](speed.svg)

{table}

- All run the same weights, all-MiniLM-L6-v2, each text one entry. The others see the first 256 tokens of a text; ours cuts it into passages, and encodes all of it, its
  tokens' vectors and states too.
- The others return the nearest texts. **ours** returns a verdict and quotations with citations: it searches by vectors and by words, reads the sentences of the best passages and judges
  whether they answer; without the reader it does so by late interaction alone. *Retrieval alone* is what compares with the others' work, and with txtai's hybrid search.
- *Import and load*: from the start of the process until texts can be encoded. *Build*: from the texts to an index on the disk; ours also reads them from files. *Start to first
  answer*: another process, which opens that index; ours as `python -m qa ask` does. *Question*: the median over the questions but the first, one at a time.
  *Memory*: the most that the process had, files that it maps included. *Same text first*: the share of the questions for which the first text is that of the first row;
  it tells that the weights are the same, not who is right.
- Versions: Python {python}, {versions}.
"""


def own_corpus() -> tuple[dict[str, str], list[str]]:
    """The texts by name, and the questions, of the files of this project."""
    from qa.labelled import read_questions

    folder = ROOT / "tests" / "questions"
    files = sorted(p for p in [*ROOT.glob("sources/*"), *folder.glob("*/*")] if p.suffix in (".txt", ".md"))
    paragraphs = [" ".join(part.split()) for p in files for part in re.split(r"\n\s*\n", p.read_text(encoding="utf-8"))]
    texts = [paragraph for paragraph in paragraphs if len(paragraph.split()) >= LEAST_WORDS]
    questions = [row["question"] for p in sorted(folder.glob("*-dev*.jsonl")) for row in read_questions(p) if not row["history"]]
    return named(texts), random.Random(SEED).sample(questions, MOST_QUESTIONS)


def collection(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The texts by name, and the questions, of a folder in the BEIR layout. Raises EvaluationError."""
    from qa.labelled import read_corpus, read_queries

    return named(read_corpus(folder).values()), list(read_queries(folder).values())


def named(texts: Iterable[str]) -> dict[str, str]:
    """Texts by the names of the files that they are to the product."""
    return {f"{number:08d}.txt": text.strip() or "(empty)" for number, text in enumerate(texts)}


def memory() -> float:
    """The most memory that this process has had, in MB, mapped files included."""
    status = Path("/proc/self/status")
    if status.exists():  # of this program alone; getrusage begins with the process that started it
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def measure(part: str, name: str, corpus: Path, folder: Path, weights: Path, started: float) -> Figures:
    """Build an index in a folder, or open the one in it and ask the questions; this process was `started` at that `time.time`."""
    begun = time.time()
    given = json.loads(corpus.read_text(encoding="utf-8"))
    started += time.time() - begun  # that is no work of the system's
    system = SYSTEMS[name](weights)
    if part == "build":
        system.load()
        limit_torch()
        loaded = time.time()
        system.build(given["texts"], folder)
        return {"load": loaded - started, "build": len(given["texts"]) / (time.time() - loaded), "build memory": memory()}
    system.open(folder)
    limit_torch()
    firsts = [system.ask(given["questions"][0])[:1]]
    answered = time.time() - started
    times = []
    for question in given["questions"][1:]:
        asked = time.perf_counter()
        found = system.ask(question)
        times.append(time.perf_counter() - asked)
        firsts.append(found[:1])
    return {"answered": answered, "question": 1000 * median(times), "memory": memory(), "firsts": firsts}


def limit_torch() -> None:
    """The environment has said it already; what a system has set instead is set back."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def limited(threads: int) -> dict[str, str]:
    """The environment of a process: so many threads, no network, nobody told."""
    number = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), str(threads))
    quiet = {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    return os.environ | number | quiet


def is_installed(name: str) -> bool:
    try:
        return find_spec(SYSTEMS[name].needs) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False


def one_round(names: Sequence[str], corpus: Path, threads: int, weights: Path) -> list[Figures]:
    """What is measured of each system in a round; one that fails is told and left out."""
    measured: list[Figures] = []
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    with tempfile.TemporaryDirectory() as place:
        reference: list[list[str]] = []
        for number, name in enumerate(names):
            builds = SYSTEMS[name].builds
            folder = Path(place, str(number) if builds and name != OURS else OURS)
            folder.mkdir(exist_ok=True)
            figures: Figures = {"system": name}
            for part in ("build", "ask") if builds else ("ask",):
                command = [
                    sys.executable,
                    __file__,
                    "--process",
                    part,
                    name,
                    str(corpus),
                    str(folder),
                    str(weights),
                    str(time.time()),
                ]
                process = subprocess.run(command, env=limited(threads), capture_output=True, text=True, check=False)
                if process.returncode:
                    break
                figures |= json.loads(process.stdout.splitlines()[-1])
            if "firsts" not in figures:
                print(f"{process.stderr[-2000:]}\n{name}: left out of this round, its process failed", file=sys.stderr)
                continue
            firsts = figures.pop("firsts")
            reference = reference or firsts
            figures["load average"] = busy
            figures["same first"] = sum(a == b for a, b in zip(firsts, reference, strict=True)) / len(firsts)
            measured.append(figures)
            print(
                f"{name}: " + ", ".join(f"{column} {figures[column]:.4g}" for column in COLUMNS if column in figures), flush=True
            )
    return measured


def summarised(rounds: Sequence[Sequence[Figures]]) -> Summary:
    """See Summary. The first system of a round is what the others of it are compared with."""
    values: dict[str, dict[str, list[tuple[float, float | None]]]] = {}
    for row, first in ((row, rows[0]) for rows in rounds for row in rows):
        for column in COLUMNS:
            if column in row:
                ratio = row[column] / first[column] if column in first else None
                values.setdefault(row["system"], {}).setdefault(column, []).append((row[column], ratio))
    return {name: {column: medians(pairs) for column, pairs in of.items()} for name, of in values.items()}


def medians(pairs: Sequence[tuple[float, float | None]]) -> tuple[float, float | None]:
    """The median of the values, and that of the ratios that there are."""
    ratios = [ratio for _, ratio in pairs if ratio is not None]
    return median(value for value, _ in pairs), median(ratios) if ratios else None


def table(found: Summary) -> str:
    """The summary as Markdown, one row a system."""
    lines = ["| system | a question gets | " + " | ".join(title for title, _ in COLUMNS.values()) + " |"]
    lines.append("|---|---|" + "--:|" * len(COLUMNS))
    for name, row in found.items():
        cells = [cell(column, *row[column]) if column in row else "–" for column in COLUMNS]
        lines.append(f"| {name} | {SYSTEMS[name].gives} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(column: str, value: float, ratio: float | None) -> str:
    shown = COLUMNS[column][1].format(value)
    return shown if ratio is None or column == "same first" else f"{shown} ({ratio:.2f})"


def picture(found: Summary) -> str:
    """The summary as an SVG."""
    panels = []
    for column, title in PANELS.items():
        form = COLUMNS[column][1]
        bars = [(name, row[column][0], form.format(row[column][0])) for name, row in found.items() if column in row]
        panels.append(Panel(title, "more is better" if column == "build" else "less is better", bars))
    return draw(panels, lambda name: name.startswith(OURS))


def versions() -> str:
    """Of what was measured, and of what runs our networks."""
    names = re.findall(r"^([\w-]+)==", (ROOT / "benchmarks" / "peers.txt").read_text(encoding="utf-8"), re.MULTILINE)
    found = []
    for name in [*names, "faiss-cpu", "openvino"]:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def machine() -> str:
    """The processor, in words."""
    told = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.+)", told.read_text()) if told.exists() else None
    return f"{os.cpu_count()} cores ({model.group(1) if model else platform.processor() or platform.machine()})"


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Measure this product beside others: load, build, first answer, question, memory."
    )
    parser.add_argument(
        "--corpus", type=Path, metavar="FOLDER", help="a collection in the BEIR layout (default: this project's files)"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only its first N texts")
    parser.add_argument("--questions", type=int, metavar="N", help="only its first N questions")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=2, help="of each system, and so many cores (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, metavar="NAME", help=f"of: {', '.join(SYSTEMS)}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "speed", metavar="OUT", help="default: docs/speed")
    parser.add_argument("--add", action="store_true", help="add the rounds to those in OUT.jsonl")
    parser.add_argument("--process", nargs=6, help=argparse.SUPPRESS)
    return parser


def main() -> int:
    options = make_parser().parse_args()
    if options.process:
        part, name, *places, started = options.process
        print(json.dumps(measure(part, name, *map(Path, places), float(started))))
        return 0
    from index.embed import SentenceTransformerEncoder

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    texts, questions = collection(options.corpus) if options.corpus else own_corpus()
    texts, questions = dict(list(texts.items())[: options.limit]), questions[: options.questions]
    chosen = [name for name in SYSTEMS if name in (options.only or SYSTEMS)]
    names = [name for name in chosen if is_installed(name)]
    for name in chosen:
        if name not in names:
            print(f"{name} is not installed: pip install -r benchmarks/peers.txt", file=sys.stderr)
    kept = options.out.with_suffix(".jsonl")
    rounds = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if options.add and kept.exists() else []
    weights = SentenceTransformerEncoder().folder
    with tempfile.TemporaryDirectory() as place:
        corpus = Path(place, "corpus.json")
        corpus.write_text(json.dumps({"texts": texts, "questions": questions}), encoding="utf-8")
        for number in range(len(rounds) + 1, len(rounds) + options.rounds + 1):
            print(f"round {number}", flush=True)
            rounds.append(one_round(names, corpus, options.threads, weights))
            kept.write_text("".join(json.dumps(rows) + "\n" for rows in rounds), encoding="utf-8")
    found = summarised(rounds)
    loads = ", ".join(
        f"{rows[0]['load average']:.1f}" if rows and rows[0]["load average"] is not None else "unknown" for rows in rounds
    )
    about = {"loads": loads, "texts": len(texts), "questions": len(questions), "rounds": len(rounds), "threads": options.threads}
    corpus_name = options.corpus.name if options.corpus else "this project's own files"
    corpus_name += " (its first)" if options.limit else ""
    told = PAGE.format(
        **about, corpus=corpus_name, machine=machine(), table=table(found), python=platform.python_version(), versions=versions()
    )
    options.out.with_suffix(".md").write_text(told.replace("speed.svg", options.out.with_suffix(".svg").name), encoding="utf-8")
    options.out.with_suffix(".svg").write_text(picture(found), encoding="utf-8")
    print(f"\n{table(found)}\n\nwritten: {kept}, {options.out.with_suffix('.md')}, {options.out.with_suffix('.svg')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
