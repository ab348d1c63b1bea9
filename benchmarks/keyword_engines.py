"""Compare bm25s, SQLite FTS5 and tantivy as the keyword index: size, time, and whether the ranking is exactly BM25.

    python benchmarks/keyword_engines.py --data FOLDER

FOLDER is a collection in the BEIR layout: corpus.jsonl or corpus.jsonl.gz (_id, title, text) and queries.jsonl (_id, text). Its
texts are cut into passages as the product does. All engines get the same terms (stop words out, stemmed), joined by spaces
for those that want a text. The truth is BM25 written out in numpy in double precision. FTS5 and tantivy have k1 = 1.2 and
b = 0.75 fixed, so each is also held against the truth with those; "exact" is the share of queries whose first ten
passages are those of the truth (where scores tie, either order is right), at the product's k1 and b and at 1.2 and 0.75.
Building includes cutting the texts into terms; the size of bm25s includes the product's list of words.

Needs `pip install tantivy` beside the product.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.embed import SentenceTransformerEncoder  # noqa: E402
from index.passages import embedded_text, make_passages  # noqa: E402
from index.segment import segment  # noqa: E402
from index.sparse import K1, B, build_sparse, read_sparse, terms_of, write_sparse  # noqa: E402

DEPTH = 10
Scorer = Callable[[list[str]], list[int]]


def read_lines(folder: Path, name: str) -> list[dict[str, str]]:
    packed = folder / f"{name}.jsonl.gz"
    file = gzip.open(packed, "rt", encoding="utf-8") if packed.is_file() else (folder / f"{name}.jsonl").open(encoding="utf-8")
    with file:
        return [json.loads(line) for line in file if line.strip()]


def passages_of(folder: Path) -> list[str]:
    encoder = SentenceTransformerEncoder()
    texts = []
    for row in read_lines(folder, "corpus"):
        text = row["text"]
        blocks, sentences = segment(text)
        passages, sentences = make_passages(text, blocks, sentences, row.get("title"), encoder.count_tokens, encoder.max_tokens)
        texts.extend(embedded_text(text, passage, sentences)[0] for passage in passages)
    return texts


class Truth:
    """BM25 in the Lucene form, written out over postings in double precision."""

    def __init__(self, corpus: Sequence[Sequence[str]], k1: float, b: float) -> None:
        self.size = len(corpus)
        self.postings: dict[str, list[tuple[int, int]]] = {}
        for number, terms in enumerate(corpus):
            for term, frequency in Counter(terms).items():
                self.postings.setdefault(term, []).append((number, frequency))
        lengths = np.array([len(terms) for terms in corpus], dtype=np.float64)
        self.norm = k1 * (1 - b + b * lengths / lengths.mean())

    def scores(self, query: Sequence[str]) -> np.ndarray:
        scores = np.zeros(self.size)
        for term in query:
            rows = np.array(self.postings.get(term, []), dtype=np.int64).reshape(-1, 2)
            idf = np.log(1 + (self.size - len(rows) + 0.5) / (len(rows) + 0.5))
            scores[rows[:, 0]] += idf * rows[:, 1] / (rows[:, 1] + self.norm[rows[:, 0]])
        return scores


def agrees(found: Sequence[int], truth: np.ndarray) -> bool:
    """Whether the passages found have, place by place, the scores of the true ranking (so ties may stand either way)."""
    best = np.sort(truth)[::-1][:DEPTH]
    best = best[best > 0]
    got = truth[list(found)][: len(best)]
    return len(got) == len(best) and bool(np.allclose(got, best, rtol=1e-5, atol=1e-7))


def with_bm25s(texts: list[str], folder: Path) -> Scorer:
    write_sparse(build_sparse(texts), folder)
    index = read_sparse(folder)

    def search(query: list[str]) -> list[int]:
        scores = index.scores(query)
        best = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
        return [int(i) for i in best[np.lexsort((best, -scores[best]))] if scores[i] > 0]

    return search


def with_fts5(texts: list[str], folder: Path) -> Scorer:
    base = sqlite3.connect(folder / "fts5.db")
    base.execute(
        "create virtual table passages using fts5(terms, content='', columnsize=1, tokenize=\"unicode61 tokenchars ''''\")"
    )
    base.executemany(
        "insert into passages(rowid, terms) values (?, ?)", ((i, " ".join(terms_of(t))) for i, t in enumerate(texts))
    )
    base.execute("insert into passages(passages) values ('optimize')")
    base.commit()

    def search(query: list[str]) -> list[int]:
        words = " OR ".join('"' + term.replace('"', '""') + '"' for term in query)
        found = base.execute("select rowid from passages where passages match ? order by rank limit ?", (words, DEPTH))
        return [row for (row,) in found]

    return search


def with_tantivy(texts: list[str], folder: Path) -> Scorer:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("row", stored=True)
    schema = builder.build()
    index = tantivy.Index(schema, path=str(folder))
    writer = index.writer(num_threads=1)
    for row, text in enumerate(texts):
        document = tantivy.Document()
        document.add_text("terms", " ".join(terms_of(text)))
        document.add_unsigned("row", row)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(query: list[str]) -> list[int]:
        clauses = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "terms", term)) for term in query]
        hits = searcher.search(tantivy.Query.boolean_query(clauses), DEPTH).hits
        return [searcher.doc(address)["row"][0] for _, address in hits]

    return search


ENGINES = {"bm25s": with_bm25s, "SQLite FTS5": with_fts5, "tantivy": with_tantivy}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=5, help="each query is timed so often; the median counts")
    options = parser.parse_args()
    texts = passages_of(options.data)
    corpus = [terms_of(text) for text in texts]
    queries = [terms for row in read_lines(options.data, "queries") if (terms := terms_of(row["text"]))]
    ours, theirs = Truth(corpus, K1, B), Truth(corpus, 1.2, 0.75)
    print(f"{options.data.name}: {len(texts):,} passages, {len(queries):,} queries\n")
    print("| engine | size, kB | build, s | query, ms | exact at our k1, b | exact at 1.2, 0.75 |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, make in ENGINES.items():
        folder = Path(tempfile.mkdtemp())
        try:
            begun = time.perf_counter()
            search = make(texts, folder)
            build = time.perf_counter() - begun
            size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1000
            times = []
            for query in queries:
                rounds = []
                for _ in range(options.rounds):
                    begun = time.perf_counter()
                    search(query)
                    rounds.append(time.perf_counter() - begun)
                times.append(statistics.median(rounds))
            exact = [sum(agrees(search(q), truth.scores(q)) for q in queries) / len(queries) for truth in (ours, theirs)]
            milliseconds = 1000 * statistics.median(times)
            print(f"| {name} | {size:,.0f} | {build:.2f} | {milliseconds:.2f} | {exact[0]:.3f} | {exact[1]:.3f} |")
        finally:
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
