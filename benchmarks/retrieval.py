"""`qa.retrieve` on a test collection: nDCG@10 of the fused search, and of each of its two searches alone.

    python benchmarks/retrieval.py FOLDER [FOLDER ...]

A folder is in the BEIR layout: corpus.jsonl.gz (_id, title, text), queries.jsonl (_id, text), qrels.tsv (query, document, grade). Each
document becomes a .txt file and is cut, encoded and searched as in the product; a document counts by its best passage.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index import build_index
from index.embed import SentenceTransformerEncoder
from qa import Assistant

DEPTH = 100  # passages asked for, so that ten documents are among them


def ndcg(ranked: Sequence[str], grades: dict[str, int], k: int = 10) -> float:
    """Normalised discounted cumulative gain at k, gain = grade (Jarvelin & Kekalainen 2002); 0 for a query without hits."""
    gain = sum(grades.get(d, 0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    ideal = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return gain / ideal if ideal else 0.0


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def relevance(path: Path) -> dict[str, dict[str, int]]:
    """Grades by query and document; the grade is the last column, a heading line is passed over."""
    grades: dict[str, dict[str, int]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if fields and fields[-1].isdigit() and int(fields[-1]) > 0:
            grades.setdefault(fields[0], {})[fields[-2]] = int(fields[-1])
    return grades


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure retrieval on test collections.")
    parser.add_argument("folders", nargs="+", type=Path)
    encoder = SentenceTransformerEncoder()
    print(
        f"{'collection':12}{'documents':>10}{'passages':>10}{'fused':>8}{'vectors':>9}{'words':>8}{'build, s':>10}{'query, ms':>11}"
    )
    for folder in parser.parse_args().folders:
        grades = relevance(folder / "qrels.tsv")
        with tempfile.TemporaryDirectory() as place:
            sources = Path(place, "sources")
            sources.mkdir()
            for row in rows(folder / "corpus.jsonl.gz"):
                text = f"{row.get('title') or ''}\n\n{row['text']}".strip()
                (sources / f"{row['_id']}.txt").write_text(text or "(empty)", encoding="utf-8")
            report = build_index(sources, Path(place, "index"), encoder=encoder)
            assistant = Assistant.open(Path(place, "index"), encoder)
            scores: dict[str, list[float]] = {"fused": [], "vectors": [], "words": []}
            times = []
            for query in rows(folder / "queries.jsonl"):
                wanted = grades.get(str(query["_id"]))
                if not wanted:
                    continue
                started = time.perf_counter()
                hits = assistant.retrieve(query["text"], DEPTH)
                times.append(time.perf_counter() - started)
                orders = {
                    "fused": hits,
                    "vectors": sorted((h for h in hits if h.dense_rank), key=lambda h: h.dense_rank or 0),
                    "words": sorted((h for h in hits if h.sparse_rank), key=lambda h: h.sparse_rank or 0),
                }
                for name, order in orders.items():
                    documents = list(dict.fromkeys(h.document.removesuffix(".txt") for h in order))
                    scores[name].append(ndcg(documents, wanted))
        means = {name: statistics.mean(values) for name, values in scores.items()}
        print(
            f"{folder.name:12}{report.documents:10,}{report.passages:10,}{means['fused']:8.3f}{means['vectors']:9.3f}"
            f"{means['words']:8.3f}{report.seconds:10.1f}{1000 * statistics.median(times):11.1f}"
        )


if __name__ == "__main__":
    main()
