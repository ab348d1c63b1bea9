"""The keyword index: words, terms, and BM25 scores against the formula."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import IndexDamaged
from index.sparse import K1, STOP_WORDS, WORDS_FILE, B, build_sparse, read_sparse, term_of, terms_of, words_of, write_sparse

TEXTS = ["the council praised the inspectors", "inspectors praised inspectors", "a bridge over the river", "", "praise"]


def bm25(texts: list[str], query: list[str]) -> list[float]:
    """The Lucene form of BM25, written out (Kamphuis et al. 2020)."""
    corpus = [terms_of(t) for t in texts]
    average = sum(map(len, corpus)) / len(corpus)
    scores = []
    for terms in corpus:
        score = 0.0
        for term in query:
            holders = sum(term in other for other in corpus)
            idf = math.log(1 + (len(corpus) - holders + 0.5) / (holders + 0.5))
            frequency = terms.count(term)
            score += idf * frequency / (frequency + K1 * (1 - B + B * len(terms) / average))
        scores.append(score)
    return scores


@pytest.mark.parametrize("query", [["prais"], ["inspector", "prais"], ["bridg", "river"], ["prais", "prais"], ["unknown"], []])
def test_scores_are_those_of_the_formula(query: list[str]) -> None:
    """Exact to float32, a repeated term counted twice, an unknown one not at all."""
    scores = build_sparse(TEXTS).scores(query)
    assert scores.dtype == np.float32
    assert scores == pytest.approx(bm25(TEXTS, query), rel=1e-5, abs=1e-7)


@settings(max_examples=30)
@given(
    st.lists(st.text(alphabet="abcd ", max_size=20), min_size=1, max_size=6), st.lists(st.sampled_from(["ab", "c", "abc", "dd"]))
)
def test_scores_are_those_of_the_formula_for_any_texts(texts: list[str], query: list[str]) -> None:
    """The same for texts that nobody chose."""
    if any(terms_of(t) for t in texts):
        assert build_sparse(texts).scores(query) == pytest.approx(bm25(texts, query), rel=1e-5, abs=1e-7)


def test_the_weights_are_those_of_bm25s() -> None:
    """Bit for bit, in the same order."""
    bm25s = pytest.importorskip("bm25s", reason="not run: the comparison with bm25s; it is not installed")
    draw = np.random.default_rng(3)
    texts = [
        " ".join(draw.choice(["ferry", "council", "river", "the", "school", "bridges", "bridge"], size=n)) for n in range(60)
    ]
    numbers: dict[str, int] = {}
    engine = bm25s.BM25(method="lucene", k1=K1, b=B)
    corpus = [[numbers.setdefault(term, len(numbers)) for term in terms_of(text)] for text in texts]
    engine.index((corpus, numbers), show_progress=False)
    ours = build_sparse(texts)
    for name, array in (("data", ours.weights), ("indices", ours.numbers), ("indptr", ours.bounds)):
        assert np.array_equal(engine.scores[name], array)


def test_an_index_survives_the_disk(tmp_path: Path) -> None:
    """Written and read again, scores, frequencies and words are the same."""
    index = build_sparse(TEXTS)
    write_sparse(index, tmp_path / "keywords")
    again = read_sparse(tmp_path / "keywords")
    assert (again.size, again.words) == (index.size, index.words)
    assert again.scores(["prais", "inspector"]).tolist() == index.scores(["prais", "inspector"]).tolist()
    assert again.document_frequency("inspector") == 2


@pytest.mark.parametrize("texts", [[], [""], ["the of and", "..."]])
def test_a_collection_without_a_term_scores_nothing(texts: list[str], tmp_path: Path) -> None:
    """No term, no error: every passage scores 0, on disk as well."""
    write_sparse(build_sparse(texts), tmp_path)
    index = read_sparse(tmp_path)
    assert index.scores(["prais"]).tolist() == [0.0] * len(texts)
    assert index.document_frequency("prais") == 0


def test_rare_terms_weigh_more() -> None:
    """idf falls with the number of passages that hold the term."""
    index = build_sparse(TEXTS)
    assert index.idf("unknown") > index.idf("bridg") > index.idf("prais") > 0


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    """Missing or cut files are an error with the cure, whichever file it is."""
    write_sparse(build_sparse(TEXTS), tmp_path)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        if path.name == WORDS_FILE:
            with pytest.raises(IndexDamaged, match="build the index again"):
                read_sparse(tmp_path)
        path.write_bytes(whole)
    with pytest.raises(IndexDamaged, match="build the index again"):
        read_sparse(tmp_path / "gone")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Council’s report", ["the", "council's", "report"]),
        ("at-risk multi-agency", ["at", "risk", "multi", "agency"]),
        ("e-mail U.K. A&E", ["email", "uk", "a&e"]),
        ("ﬁre ＡＢＣ", ["fire", "abc"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("£15 / month, 3.5%", ["15", "month", "35"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
        ("🙂 …", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """Folded case, straight apostrophes, unified forms; hyphened words are taken apart, initials put together."""
    assert words_of(text) == words


def test_terms_are_stemmed_and_without_stop_words() -> None:
    """A question's "inspected" meets a text's "inspection"; "the" meets nothing."""
    assert terms_of("The inspectors’ inspections") == ["inspector", "inspect"]
    assert term_of("inspected") == term_of("inspection's") == "inspect"
    assert terms_of(" ".join(STOP_WORDS)) == []


@given(st.text())
def test_words_of_any_text(text: str) -> None:
    """No text breaks the tokenizer, and every word has a letter or digit and no space."""
    for word in words_of(text):
        assert word and any(c.isalnum() for c in word) and not any(c.isspace() for c in word)


def test_a_number_with_commas_is_one_word() -> None:
    """However its thousands are marked; a list of numbers stays a list."""
    assert words_of("60,000 of 1,2 and £15,000.") == ["60000", "of", "1", "2", "and", "15000"]
    assert terms_of("60,000") == terms_of("60000")
