"""Does a collection come out the same through PDF as through text? nDCG@10 of both, and the difference.

    python benchmarks/retrieval_through_pdf.py FOLDER [FOLDER ...] [--limit N]

FOLDER is a collection in the BEIR layout, as `python -m qa evaluate` reads it. Each document is written as a text and printed as a PDF: one, two and
three columns in turn, ragged and stretched, words divided at the ends of lines, a running head and page numbers (`benchmarks/pdf_words.py`). Both folders are
built and searched as in the product. Also printed: of how many PDFs the words come back exactly, in order, but for head and page numbers, and how many queries have another score.
With --limit only the first N documents, and the queries that have a right one among them.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does, before numpy is loaded

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from pdf_words import HEAD, SETTINGS, make_pdf  # noqa: E402

from index.embed import Encoder, SentenceTransformerEncoder  # noqa: E402
from qa import Assistant  # noqa: E402
from qa.evaluate import opened_over  # noqa: E402
from qa.evaluate_retrieval import PASSAGES  # noqa: E402
from qa.labelled import read_corpus, read_grades, read_queries  # noqa: E402
from qa.measures import mean, ndcg  # noqa: E402
from qa.reader import NONE  # noqa: E402


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure retrieval from the same documents as texts and as PDFs.")
    parser.add_argument("collections", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, help="only so many documents")
    return parser


def paragraphs_of(text: str) -> list[str]:
    """What is printed: the paragraphs of a text, white space as single blanks."""
    return [" ".join(p.split()) for p in re.split(r"\n\s*\n", text) if p.strip()] or ["(empty)"]


def as_text(number: int, text: str) -> bytes:
    """A document as a text file."""
    return "\n\n".join(paragraphs_of(text)).encode("utf-8")


def as_pdf(number: int, text: str) -> bytes:
    """The same as a PDF; the setting depends on its number."""
    return make_pdf(paragraphs_of(text), *SETTINGS[number % len(SETTINGS)], divided=True)


def scores(
    texts: Sequence[str],
    make: Callable[[int, str], bytes],
    suffix: str,
    queries: Mapping[str, str],
    grades: Mapping[str, Mapping[str, int]],
    names: Sequence[str],
    encoder: Encoder,
) -> tuple[dict[str, float], list[str], float]:
    """nDCG@10 of each query over the documents made, the words of each document as indexed, and the seconds of the build."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            Path(folder, f"{number:08d}{suffix}").write_bytes(make(number, text))
        started = time.perf_counter()
        with opened_over(Path(folder), encoder, NONE) as assistant:
            seconds = time.perf_counter() - started
            found = {}
            for query, text in queries.items():
                documents = (Path(hit.document).stem for hit in assistant.retrieve(text, PASSAGES))
                found[query] = ndcg([names[int(d)] for d in dict.fromkeys(documents)], grades[query])
            return found, quotable_words(assistant), seconds


def quotable_words(assistant: Assistant) -> list[str]:
    """The words of every document that may be quoted, joined by blanks; head and page numbers left out."""
    index = assistant.index
    words: list[list[str]] = [[] for _ in index.documents]
    for row in index.sentences:
        text = index.text(int(row["document"]))[row["start"] : row["end"]]
        words[int(row["document"])] += [] if text == HEAD or text.isdigit() else text.split()
    return [" ".join(w) for w in words]


def main() -> int:
    options = make_parser().parse_args()
    encoder = SentenceTransformerEncoder()
    for folder in options.collections:
        corpus, grades = read_corpus(folder), read_grades(folder)
        names = list(corpus)[: options.limit]
        kept = set(names)
        queries = {q: text for q, text in read_queries(folder).items() if kept & grades.get(q, {}).keys()}
        graded = {q: {name: grade for name, grade in grades[q].items() if name in kept} for q in queries}
        texts = [corpus[name] for name in names]
        plain, plain_words, plain_seconds = scores(texts, as_text, ".txt", queries, graded, names, encoder)
        printed, printed_words, printed_seconds = scores(texts, as_pdf, ".pdf", queries, graded, names, encoder)
        exact = sum(a == b for a, b in zip(plain_words, printed_words, strict=True))
        other = sum(abs(plain[q] - printed[q]) > 1e-9 for q in queries)
        ours, theirs = mean(list(plain.values())) or 0.0, mean(list(printed.values())) or 0.0
        print(
            f"{folder.name}: {len(names)} documents, {len(queries)} queries; nDCG@10 text {ours:.4f}, PDF {theirs:.4f}, difference {theirs - ours:+.4f}; "
            f"another score {other} queries; the same words {exact}/{len(names)}; built in {plain_seconds:.0f} s and {printed_seconds:.0f} s",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
