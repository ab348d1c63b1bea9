"""The plain stack beside ours, in one run: the same sentences and weights, best cosine, and cosine with BM25.

    python benchmarks/plain_stack.py QUESTIONS.jsonl [--index .index]

The plain stack gets our sentences (without boilerplate), so it is flattered: sentence vectors in FAISS, the best cosine first; then
the same plus BM25 over sentences, both as z-scores. It answers every question, so it is compared with our order before refusal as
well as with our answers. Follow-ups are asked of it as typed. Time is one encode and one search against one whole answer.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from index.dense import build_dense, search_dense
from index.embed import SentenceTransformerEncoder
from index.sparse import build_sparse, terms_of
from qa import Assistant
from qa.evaluate import holds_gold
from qa.labelled import read_questions
from qa.measures import area_under_curve


def standardised(scores: np.ndarray) -> np.ndarray:
    """Scores less their mean, over their standard deviation."""
    return (scores - scores.mean()) / (scores.std() + 1e-9)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare with sentence vectors in FAISS, with and without BM25.")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--index", default=".index")
    return parser


def main() -> None:
    arguments = make_parser().parse_args()
    encoder = SentenceTransformerEncoder()
    assistant = Assistant.open(arguments.index, encoder)
    index = assistant.index
    texts = [index.text(int(s["document"]))[s["start"] : s["end"]] for s in index.sentences]
    plain = build_dense(np.stack([e.vector for t in texts for e in encoder.encode([" ".join(t.split())])]))
    keywords = build_sparse(texts)
    rows = read_questions(arguments.questions)
    systems: dict[str, list[tuple[list[str], float]]] = {
        "cosine": [],
        "cosine + BM25": [],
        "ours, before refusal": [],
        "ours": [],
    }
    plain_times, our_times = [], []
    for row in [rows[0], *rows]:  # the first one warms up
        started = time.perf_counter()
        vector = encoder.encode([row["question"]])[0].vector
        scores, numbers = search_dense(plain, vector, len(texts))
        plain_times.append(time.perf_counter() - started)
        cosine = np.zeros(len(texts))
        cosine[numbers] = scores
        mixed = standardised(cosine) + standardised(keywords.scores(terms_of(row["question"])))
        started = time.perf_counter()
        answer = assistant.ask(row["question"], row["history"])
        our_times.append(time.perf_counter() - started)
        ranked = [e.text for e in assistant.weigh(row["question"], row["history"]).reading.evidence]
        for name, order in (("cosine", cosine), ("cosine + BM25", mixed)):
            systems[name].append(([texts[i] for i in np.argsort(-order, kind="stable")[:3]], float(order.max())))
        systems["ours, before refusal"].append((ranked[:3], answer.confidence))
        systems["ours"].append(([c.text for c in answer.citations[:3]], answer.confidence))
    has = [bool(row["gold"]) for row in rows]
    print(f"{'':22}{'hit@1':>8}{'hit@3':>8}{'AUC':>8}   ({sum(has)} questions with an answer, {len(rows) - sum(has)} without)")
    for name, results in systems.items():
        pairs = [(r, q) for r, q in zip(results[1:], rows, strict=True) if q["gold"]]
        first = np.mean([any(holds_gold(t, g) for t in texts[:1] for g in q["gold"]) for (texts, _), q in pairs])
        three = np.mean([any(holds_gold(t, g) for t in texts for g in q["gold"]) for (texts, _), q in pairs])
        scores = [s for _, s in results[1:]]
        auc = area_under_curve(
            [s for s, h in zip(scores, has, strict=True) if h], [s for s, h in zip(scores, has, strict=True) if not h]
        )
        print(f"{name:22}{first:8.3f}{three:8.3f}{auc:8.3f}")
    ours, theirs = statistics.median(our_times[1:]), statistics.median(plain_times[1:])
    print(f"median time: ours {1000 * ours:.1f} ms, the plain stack {1000 * theirs:.1f} ms, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
