"""How often an answer is another one when the fast networks encode and read, instead of the reference ones.

    python benchmarks/same_answers.py tests/questions/*.jsonl

The documents are in the folder beside each file of questions, or in sources/. An index of them is built, and every question asked, with the networks
of sentence-transformers and torch, and again with those on OpenVINO. Counted are the answers with another verdict, another first citation, or other citations.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does, before numpy is loaded

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from index.embed import CHOICE, FAST, REFERENCE, SentenceTransformerEncoder  # noqa: E402
from qa import Answer  # noqa: E402
from qa.evaluate import opened_over  # noqa: E402
from qa.labelled import read_questions, stem  # noqa: E402


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Compare the answers through the fast networks with those through the reference."
    )
    parser.add_argument("questions", type=Path, nargs="+")
    return parser


def sources_of(questions: Path) -> Path:
    """The folder of the documents that a file of questions is about."""
    beside = questions.with_name(stem(questions).partition("-")[0])
    return beside if beside.is_dir() else ROOT / "sources"


def answers(questions: Path, choice: str) -> list[Answer]:
    """The answers to a file of questions through the networks of this choice."""
    os.environ[CHOICE] = choice
    encoder = SentenceTransformerEncoder()
    encoder.load()
    with opened_over(sources_of(questions), encoder) as assistant:
        return [assistant.ask(row["question"], row["history"]) for row in read_questions(questions)]


def apart(ours: Sequence[Answer], theirs: Sequence[Answer]) -> list[int]:
    """Of how many pairs of answers the verdicts, the first citations, and the citations differ."""
    pairs = [(parts_of(mine), parts_of(other)) for mine, other in zip(ours, theirs, strict=True)]
    return [sum(mine[part] != other[part] for mine, other in pairs) for part in range(3)]


def parts_of(answer: Answer) -> tuple[str, list[object], list[object]]:
    """What is compared of an answer."""
    quoted: list[object] = [(c.document, c.start, c.end) for c in answer.citations]
    return answer.verdict, quoted[:1], quoted


def main() -> None:
    options = make_parser().parse_args()
    print(f"{'':24}{'questions':>10}{'verdict':>10}{'first':>10}{'any':>10}")
    total = [0, 0, 0, 0]
    for path in options.questions:
        ours, theirs = answers(path, FAST), answers(path, REFERENCE)
        counts = [len(ours), *apart(ours, theirs)]
        total = [sum(pair) for pair in zip(total, counts, strict=True)]
        print(f"{stem(path):24}" + "".join(f"{count:>10,}" for count in counts), flush=True)
    print(f"{'all':24}" + "".join(f"{count:>10,}" for count in total))


if __name__ == "__main__":
    main()
