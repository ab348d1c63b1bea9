"""The plain stack beside ours, in one run: the same sentences and weights, best cosine, and cosine with BM25; and the time of both.

    python benchmarks/plain_stack.py QUESTIONS.jsonl [--index .index] [--passages 5000] [--corpus FOLDER ...]

The plain stack gets our sentences (without boilerplate), so it is flattered: sentence vectors in FAISS, the best cosine first; then
the same plus BM25 over sentences, both as z-scores. It answers every question, so it is compared with our order before refusal as
well as with our answers. Follow-ups are asked of it as typed.

Ours is measured with the trained reader and without it. Time is a whole answer of ours against one encode and one search, question by
question in turn, on the index given and on a collection of about --passages passages (0: none). That is made of the words of the documents in the index and of those beside
QUESTIONS, so that anybody has it: their sentences in random order, with one word in five put in the place of another. With --corpus, folders
in the BEIR layout, its texts are those instead.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does, before numpy is loaded

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.dense import build_dense, search_dense  # noqa: E402
from index.embed import Encoder, SentenceTransformerEncoder  # noqa: E402
from index.sparse import build_sparse, terms_of  # noqa: E402
from qa import Assistant  # noqa: E402
from qa.evaluate import holds_gold, opened_over  # noqa: E402
from qa.labelled import read_corpus, read_questions  # noqa: E402
from qa.measures import area_under_curve, mean  # noqa: E402
from qa.reader import NONE  # noqa: E402

SEED, SWAPPED = 1, 0.2
SENTENCES, PARAGRAPHS = 5, 12
"""Of a paragraph and of a document that is made up; such a paragraph is about a passage."""

PLAIN_HITS = 10


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare with sentence vectors in FAISS, with and without BM25.")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--index", default=".index")
    parser.add_argument("--passages", type=int, default=5000, help="also time a collection of about so many (0: do not)")
    parser.add_argument("--corpus", type=Path, nargs="*", default=[], help="make it of these BEIR folders")
    return parser


def standardised(scores: np.ndarray) -> np.ndarray:
    """Scores less their mean, over their standard deviation."""
    return (scores - scores.mean()) / (scores.std() + 1e-9)


def sentences_of(assistant: Assistant) -> list[str]:
    """Every sentence of the index that can be quoted."""
    index = assistant.index
    return [index.text(int(s["document"]))[s["start"] : s["end"]] for s in index.sentences]


def compare(assistant: Assistant, rows: Sequence[dict[str, Any]], encoder: Encoder) -> None:
    """Print the shares of right answers and the AUC of the confidence, of the plain stacks and of ours."""
    texts = sentences_of(assistant)
    plain = build_dense(np.stack([e.vector for t in texts for e in encoder.encode([" ".join(t.split())])]))
    keywords = build_sparse(texts)
    systems: dict[str, list[tuple[list[str], float]]] = {}
    for row in rows:
        scores, numbers = search_dense(plain, encoder.encode([row["question"]])[0].vector, len(texts))
        cosine = np.zeros(len(texts))
        cosine[numbers] = scores
        mixed = standardised(cosine) + standardised(keywords.scores(terms_of(row["question"])))
        for name, order in (("cosine", cosine), ("cosine + BM25", mixed)):
            best = [texts[i] for i in np.argsort(-order, kind="stable")[:3]]
            systems.setdefault(name, []).append((best, float(order.max())))
        for name, ours in (("ours", assistant), ("ours, --reader none", without_reader(assistant, encoder))):
            answer = ours.ask(row["question"], row["history"])
            ranked = [e.text for e in ours.weigh(row["question"], row["history"]).reading.evidence]
            systems.setdefault(f"{name}, before refusal", []).append((ranked[:3], answer.confidence))
            systems.setdefault(name, []).append(([c.text for c in answer.citations[:3]], answer.confidence))
    has = [bool(row["gold"]) for row in rows]
    print(f"{'':36}{'hit@1':>8}{'hit@3':>8}{'AUC':>8}   ({sum(has)} questions with an answer, {len(rows) - sum(has)} without)")
    for name, results in systems.items():
        pairs = [(found, row["gold"]) for (found, _), row in zip(results, rows, strict=True) if row["gold"]]
        shares = [mean([any(holds_gold(t, g) for t in found[:k] for g in gold) for found, gold in pairs]) for k in (1, 3)]
        scores = [score for _, score in results]
        with_answer, without = ([s for s, h in zip(scores, has, strict=True) if h is wanted] for wanted in (True, False))
        cells = (*shares, area_under_curve(with_answer, without))
        print(f"{name:36}" + "".join(f"{'–' if value is None else f'{value:.3f}':>8}" for value in cells))


@lru_cache(maxsize=4)
def without_reader(assistant: Assistant, encoder: Encoder) -> Assistant:
    """An assistant over the same index on the untrained path."""
    return Assistant.open(assistant.index.folder, encoder, NONE, remember=0)


def print_times(name: str, assistant: Assistant, rows: Sequence[dict[str, Any]], encoder: Encoder) -> None:
    """Print the median time of our answers with and without the reader, of one encode and one search, and their ratios."""
    unread = without_reader(assistant, encoder)
    ours, plainer, theirs = [], [], []
    for row in [rows[0], *rows]:  # the first one warms up
        started = time.perf_counter()
        search_dense(assistant.index.dense, encoder.encode([row["question"]])[0].vector, PLAIN_HITS)
        theirs.append(time.perf_counter() - started)
        started = time.perf_counter()
        assistant.ask(row["question"], row["history"])
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        unread.ask(row["question"], row["history"])
        plainer.append(time.perf_counter() - started)
    our, plain, their = (statistics.median(times[1:]) for times in (ours, plainer, theirs))
    print(
        f"{name}, {len(assistant.index.passages):,} passages: an answer {1000 * our:.1f} ms, with --reader none {1000 * plain:.1f} ms, "
        f"the plain stack {1000 * their:.1f} ms; ratios {our / their:.2f} and {plain / their:.2f}"
    )


def made_up(sentences: Sequence[str], paragraphs: int) -> list[str]:
    """Documents of random sentences with words swapped, the same every time: nonsense, but in the words of the originals."""
    rng = random.Random(SEED)
    words = re.findall(r"\b[a-z]{4,}\b", " ".join(sentences))

    def swapped(word: re.Match[str]) -> str:
        return rng.choice(words) if rng.random() < SWAPPED else word.group()

    def paragraph() -> str:
        chosen = (" ".join(s.split()) for s in rng.choices(sentences, k=SENTENCES))
        return " ".join(re.sub(r"\b[a-z]{4,}\b", swapped, s) for s in chosen)

    sizes = [min(PARAGRAPHS, paragraphs - begin) for begin in range(0, paragraphs, PARAGRAPHS)]
    return ["\n\n".join(paragraph() for _ in range(size)) for size in sizes]


def texts_beside(questions: Path) -> list[str]:
    """The sentences, roughly, of the collections that lie beside a questions file."""
    files = sorted(p for p in questions.parent.glob("*/*") if p.suffix in (".txt", ".md"))
    return [s for p in files for s in re.split(r"(?<=[.?!])\s+|\n\s*\n", p.read_text(encoding="utf-8")) if len(s.split()) > 3]


def main() -> None:
    arguments = make_parser().parse_args()
    encoder = SentenceTransformerEncoder()
    assistant = Assistant.open(arguments.index, encoder, remember=0)
    rows = read_questions(arguments.questions)
    compare(assistant, rows, encoder)
    print_times("this index", assistant, rows, encoder)
    if arguments.corpus:
        name, texts = "corpus", [text for folder in arguments.corpus for text in read_corpus(folder).values()]
    else:
        pool = [s for s in sentences_of(assistant) if len(s.split()) > 3] + texts_beside(arguments.questions)
        name, texts = "made up", made_up(pool, arguments.passages)
    if arguments.passages > 0:
        with opened_over(texts, encoder) as large:
            print_times(name, large, rows, encoder)


if __name__ == "__main__":
    main()
