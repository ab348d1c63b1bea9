"""Where each millisecond of a question goes.

    python benchmarks/profile_question.py [QUESTIONS.jsonl ...] [--index .index] [--reader none] [--rounds 3]

The questions, by default those for development on the two articles, are asked of an index, warm. The functions that make an answer are
wrapped from outside, each where it is called; a step's time is what its functions took less the steps inside them, and "other" is what is in none. Printed,
in the order of the work, are the median milliseconds of each step over the questions, its share of a question's whole time (the mean
over the questions, so that the shares add up), how often it is called for one question (the mean), and how long a whole question takes with the wrapping and without.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does, before numpy is loaded

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from qa import Assistant  # noqa: E402
from qa.labelled import read_questions  # noqa: E402
from qa.reader import NONE, TRAINED  # noqa: E402

STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "look for a new index": (("index.addresses", "Published.current"),),
    "parts and language": (("qa.assistant", "parts_of"), ("qa.assistant", "foreign_language"), ("qa.assistant", "languages_of")),
    "stand-alone question": (("qa.assistant", "standalone"),),
    "spelling": (("qa.question", "mend"),),
    "parse": (("qa.assistant", "parse_question"),),
    "count tokens": (("index.embed", "SentenceTransformerEncoder.count_tokens"),),
    "encode: the network": (("index.fast", "FastNetwork.run"), ("index.reference", "ReferenceNetwork.run")),
    "encode: all else": (("index.embed", "SentenceTransformerEncoder.encode_question"),),
    "dense search": (("index.store", "Index.nearest"),),
    "keywords": (("index.store", "Index.keyword_scores"),),
    "repeats of copies": (("qa.retrieve", "find_repeats"),),
    "fuse, and the hits": (("qa.assistant", "search"),),
    "read: candidates": (("qa.read", "_candidates"),),
    "read: token match": (("qa.read", "_token_match"),),
    "read: features": (("qa.read", "features_of"),),
    "read: rows of passages": (("qa.read", "passage_tokens"),),
    "reader: the network": (("qa.reader", "Reader.read"),),
    "reader: the heads": (("qa.fast_reader", "FastReader._heard"),),
    "reader: all else": (("qa.reader", "Reader.read_together"),),
    "read: all else": (("qa.assistant", "read"),),
    "select": (("qa.assistant", "select_evidence"),),
    "judge": (("qa.assistant", "judge"),),
    "choose": (("qa.assistant", "choose"),),
    "differences": (
        ("qa.assistant", "set_beside"),
        ("qa.assistant", "with_differences"),
        ("qa.assistant", "differences_in_words"),
    ),
    "cite": (("qa.assistant", "cite"), ("qa.assistant", "cite_related"), ("qa.assistant", "without_excluded")),
    "count what was searched": (("qa.assistant", "searched"),),
}
"""By step, the functions that belong to it: the module where a function is called by its name, or where its class is, and its name."""

OTHER = "other"


class Stopwatch:
    """The seconds of each step of one question, and how often it was called."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._inside = [0.0]  # the seconds of the steps inside each one that is running

    def timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time noted less that of the steps inside it."""

        @wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            self._inside.append(0.0)
            begun = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                whole = time.perf_counter() - begun
                self.seconds[step] += whole - self._inside.pop()
                self._inside[-1] += whole
                self.calls[step] += 1

        return run


@contextmanager
def wrapped(watch: Stopwatch) -> Iterator[None]:
    """For the time of the context every function in STEPS is timed. Raises AttributeError when one is no longer there."""
    replaced = []
    try:
        for step, functions in STEPS.items():
            for module, name in functions:
                owner_name, _, attribute = name.rpartition(".")
                owner = import_module(module)
                owner = attrgetter(owner_name)(owner) if owner_name else owner
                function = getattr(owner, attribute)
                replaced.append((owner, attribute, function))
                setattr(owner, attribute, watch.timed(step, function))
        yield
    finally:
        for owner, attribute, function in replaced:
            setattr(owner, attribute, function)


def timed(assistant: Assistant, row: dict[str, Any]) -> float:
    """The seconds of a whole answer."""
    begun = time.perf_counter()
    assistant.ask(row["question"], row["history"])
    return time.perf_counter() - begun


def profile(assistant: Assistant, rows: Sequence[dict[str, Any]], rounds: int) -> list[str]:
    """The lines of the table."""
    for row in rows:  # loads and warms
        assistant.ask(row["question"], row["history"])
    seconds: list[Counter[str]] = []
    calls: Counter[str] = Counter()
    plain = [timed(assistant, row) for row in rows * rounds]
    for row in rows * rounds:
        watch = Stopwatch()
        with wrapped(watch):
            whole = timed(assistant, row)
        watch.seconds[OTHER] = whole - sum(watch.seconds.values())
        seconds.append(watch.seconds)
        calls += watch.calls
    total = sum(sum(each.values()) for each in seconds)
    lines = ["| step | median, ms | share | calls |", "|---|--:|--:|--:|"]
    for step in (*STEPS, OTHER):
        median = 1000 * statistics.median(each[step] for each in seconds)
        share = sum(each[step] for each in seconds) / total
        lines.append(f"| {step} | {median:.2f} | {share:.1%} | {calls[step] / len(seconds):.1f} |")
    whole = 1000 * statistics.median(sum(each.values()) for each in seconds)
    lines.append(f"| a whole question; without the wrapping {1000 * statistics.median(plain):.2f} ms | {whole:.2f} | 100.0% | |")
    return lines


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Where each millisecond of a question goes.")
    default = [ROOT / "tests" / "questions" / name for name in ("bexley-dev.jsonl", "bexley-dev-2.jsonl")]
    parser.add_argument("questions", type=Path, nargs="*", default=default)
    parser.add_argument("--index", default=".index")
    parser.add_argument("--reader", choices=(TRAINED, NONE), default=TRAINED)
    parser.add_argument("--rounds", type=int, default=3, help="how often each question is timed (default: %(default)s)")
    return parser


def main() -> int:
    options = make_parser().parse_args()
    assistant = Assistant.open(options.index, reader=options.reader, remember=0)
    rows = [row for path in options.questions for row in read_questions(path)]
    size = f"{len(assistant.index.documents):,} documents, {len(assistant.index.passages):,} passages"
    print(f"{len(rows)} questions, {options.rounds} times each, over {size}, reader {options.reader}\n")
    print("\n".join(profile(assistant, rows, options.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
