"""Test collections of documents, queries and grades to measures of retrieval.

Each document is cut, encoded and searched as in the product, and counts by its best passage.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from index.embed import Encoder

from .assistant import MAX_K, Assistant
from .evaluate import Measures, document_number, opened_over
from .labelled import read_corpus, read_grades, read_queries, sampled
from .measures import mean, ndcg, recall_at
from .reader import Reader
from .retrieve import Hit

PASSAGES = 100
"""Passages asked for where ten documents are wanted."""


def measure_retrieval(
    folder: Path, encoder: Encoder, reader: Reader | None = None, limit: int | None = None
) -> tuple[int, Measures]:
    """How many graded queries were asked, and the measures. Raises EvaluationError.

    "nDCG@10" and "recall@100" over documents: of the fused search, of its vectors alone and of its words alone. Recall is
    that of the documents among the first MAX_K passages; "p50 ms" is the median time of a search for PASSAGES of them.
    """
    corpus, grades = read_corpus(folder), read_grades(folder)
    queries = sampled([(q, text) for q, text in read_queries(folder).items() if q in grades], limit)
    names = list(corpus)
    gains: dict[str, list[float]] = {"": [], " vectors": [], " words": []}
    recalls: dict[str, list[float]] = {name: [] for name in gains}
    times = []
    with opened_over(list(corpus.values()), encoder) as assistant:
        for query, text in queries:
            started = time.perf_counter()
            hits = assistant.retrieve(text, PASSAGES)
            times.append(time.perf_counter() - started)
            orders = _orders(assistant, text)
            ranked = {search: documents_of(order, names) for search, order in orders.items()}
            gains[""].append(ndcg(documents_of(hits, names), grades[query]))
            for search in (" vectors", " words"):
                gains[search].append(ndcg(ranked[search], grades[query]))
            for search, documents in ranked.items():
                recalls[search].append(recall_at(documents, grades[query], 100))
    return len(queries), {
        **{f"nDCG@10{search}": mean(values) for search, values in gains.items()},
        **{f"recall@100{search}": mean(values) for search, values in recalls.items()},
        "p50 ms": 1000 * statistics.median(times) if times else None,
    }


def _orders(assistant: Assistant, query: str) -> dict[str, Sequence[Hit]]:
    """The fused order of the first MAX_K passages, and those of its two searches."""
    hits = assistant.retrieve(query, MAX_K)
    return {
        "": hits,
        " vectors": sorted((h for h in hits if h.dense_rank), key=lambda h: h.dense_rank or 0),
        " words": sorted((h for h in hits if h.sparse_rank), key=lambda h: h.sparse_rank or 0),
    }


def documents_of(hits: Sequence[Hit], names: Sequence[str]) -> list[str]:
    """The documents of the hits by name, each at the rank of its best passage."""
    return list(dict.fromkeys(names[document_number(h.document)] for h in hits))
