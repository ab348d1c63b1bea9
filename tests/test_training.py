"""What made the shipped weights: the fits find what is there to be found, and a split keeps groups together."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import WordEncoder
from test_assistant import WORKS

from index.digest import file_digest
from index.embed import _read_projections
from index.tokens import quantise
from qa.evaluate_reading import held_back
from qa.features import Example, collection_of, examples_of
from qa.labelled import read_reading
from qa.question import Question
from qa.read import FEATURES
from qa.verdict import SIGNS
from training import fit_ranking
from training.calibrate import fit_logistic
from training.fit_ranking import fit
from training.late_interaction import LateInteraction, Text, measure, train, write
from training.questions import FOLDS, FUSE, LEARN, MEASURE, collections, examples_from, fold_of, part_of, try_questions

NO_QUESTION = Question("", "other", False, (), (), (), frozenset(), (), (), frozenset(), ())


def example(features: np.ndarray, *evidence: int, name: str = "toy") -> Example:
    texts = ("",) * len(features)
    return Example(
        name,
        "group",
        features,
        evidence,
        NO_QUESTION,
        texts,
        np.zeros((0, len(features))),
        np.zeros(0),
        np.zeros(0),
        np.zeros((0, 2)),
    )


def toy(informative: int, rows: int = 60, *, flipped: bool = False) -> list[Example]:
    """Examples in which one feature is highest (or lowest) for the evidence and the others are noise."""
    random = np.random.default_rng(0)
    examples = []
    for n in range(rows):
        features = random.standard_normal((5, len(FEATURES)))
        features[n % 5, informative] = (-1 if flipped else 1) * (np.abs(features[:, informative]).max() + 0.5)
        examples.append(example(features, n % 5))
    return examples


# --- the verdict's fit ---


def test_a_logistic_fit_separates_what_is_separable() -> None:
    """Every row falls on its side, the useful column has the sign it should, and the useless one next to nothing."""
    random = np.random.default_rng(0)
    y = (np.arange(200) % 2).astype(float)
    x = np.column_stack([3 * y + random.uniform(0, 1, 200), random.standard_normal(200), -y])
    weights, bias = fit_logistic(x, y, ridge=0.1)
    assert ((x @ weights + bias > 0) == (y == 1)).all()
    assert weights[0] > 0 > weights[2]
    assert abs(weights[1]) < abs(weights[0]) / 5


def test_a_logistic_fit_gives_the_share_where_nothing_tells() -> None:
    """A column that says nothing leaves the base rate; and a constant one does no harm."""
    y = np.array([1.0] * 30 + [0.0] * 90)
    x = np.column_stack([np.ones(120), np.tile([0.0, 1.0], 60)])
    weights, bias = fit_logistic(x, y)
    predicted = 1 / (1 + np.exp(-(x @ weights + bias)))
    assert np.isfinite(weights).all() and predicted.mean() == pytest.approx(0.25, abs=1e-3)
    assert np.ptp(predicted) < 0.02


def test_a_stronger_ridge_is_more_careful() -> None:
    """Probabilities move towards the middle."""
    y = (np.arange(100) % 2).astype(float)
    x = y[:, None]
    spreads = [np.ptp(1 / (1 + np.exp(-(x @ w + b)))) for w, b in (fit_logistic(x, y, ridge=r) for r in (1.0, 20.0, 400.0))]
    assert spreads[0] > spreads[1] > spreads[2] > 0


# --- the ranking's fit ---


@pytest.mark.parametrize("informative", [0, 3, len(FEATURES) - 1])
def test_the_ranking_fit_finds_the_feature_that_tells(informative: int) -> None:
    """It has the largest weight, and puts the evidence first."""
    examples = toy(informative)
    weights = fit(examples, range(len(FEATURES)), ridge=1.0)
    assert int(np.argmax(weights)) == informative == int(np.argmax(np.abs(weights)))
    assert fit_ranking.measure(examples, weights)["first"] > fit_ranking.measure(examples, np.zeros(len(FEATURES)))["first"]
    assert fit_ranking.measure(examples, weights)["first"] > 0.95


def test_a_feature_that_tells_against_gets_a_negative_weight() -> None:
    """The sign is learned, not assumed."""
    weights = fit(toy(2, flipped=True), range(len(FEATURES)), ridge=1.0)
    assert int(np.argmin(weights)) == 2 and weights[2] < 0


def test_features_left_out_of_the_fit_stay_zero() -> None:
    """So that an ablation leaves them out."""
    weights = fit(toy(1), [1, 4])
    assert weights.shape == (len(FEATURES),)
    assert set(np.flatnonzero(weights)) <= {1, 4} and weights[1] > 0


def test_each_set_counts_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few examples of one set weigh as much as many of another that says the opposite."""
    one = [example(e.features, *e.evidence, name="small") for e in toy(0, 10)]
    many = [example(e.features, *e.evidence, name="large") for e in toy(0, 100, flipped=True)]
    balanced = fit(one + many, [0], ridge=0.01)[0]
    drowned = fit([example(e.features, *e.evidence) for e in one + many], [0], ridge=0.01)[0]
    assert drowned < 0 and abs(balanced) < abs(drowned) / 2


def test_measures_of_a_ranking() -> None:
    """First, and the mean reciprocal rank, by hand; what has no evidence or no choice does not count."""
    column = np.zeros((4, len(FEATURES)))
    column[:, 0] = [4, 3, 2, 1]
    examples = [example(column, 0), example(column, 3, 1), example(column), example(column[:1], 0)]
    weights = np.eye(len(FEATURES))[0]
    assert fit_ranking.measure(examples, weights) == {"n": 2, "first": 0.5, "mrr": pytest.approx((1 + 1 / 2) / 2)}


def test_a_split_goes_by_group_and_stays() -> None:
    """By the group's name alone, in every process: what was held back when the weights were measured is held back for good."""
    assert [held_back("squad2-half", f"group {n}") for n in range(8)] == [False] * 7 + [True]


def test_a_twelfth_is_held_back_and_a_third_where_groups_are_few() -> None:
    """Of many groups; what is fitted on beside the reader is a part of its own."""
    groups = [f"group {n}" for n in range(4000)]
    assert 0.06 < np.mean([held_back("toy", g) for g in groups]) < 0.11
    assert 0.29 < np.mean([held_back("squad2-half", g) for g in groups]) < 0.38
    parts = [part_of("toy", g) for g in groups]
    assert set(parts) == {LEARN, FUSE, MEASURE} and all(
        (p == MEASURE) == held_back("toy", g) for p, g in zip(parts, groups, strict=True)
    )


# --- labelled data ---


def test_rows_are_sampled_the_same_way_each_time(tmp_path: Path) -> None:
    """A limit draws a fixed sample; none gives all in order."""
    path = tmp_path / "rows.jsonl.gz"
    row = {"question": "Who?", "text": "Ann.", "sentences": [[0, 4]], "evidence": [0]}
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row | {"id": str(n)}) + "\n" for n in range(50))
    assert [r["id"] for r in read_reading(path)] == [str(n) for n in range(50)]
    assert read_reading(path, 10) == read_reading(path, 10) and len(read_reading(path, 10)) == 10
    assert read_reading(path, 500) == read_reading(path)


def test_a_labelled_text_becomes_features_for_each_sentence() -> None:
    """The evidence keeps its place when an empty sentence falls away."""
    text = "The ferry sails.  Ann Lee drew the bridge. It rained."
    row = {"set": "toy", "group": "g", "question": "Who drew the bridge?", "text": text}
    row |= {"sentences": [[0, 16], [16, 18], [18, 43], [44, 53]], "evidence": [2]}
    (only,) = examples_of([row], collection_of([row]), WordEncoder())
    assert only.features.shape == (3, len(FEATURES)) and np.isfinite(only.features).all()
    assert only.evidence == (1,) and only.texts[1] == "Ann Lee drew the bridge."
    assert int(np.argmax(only.features[:, FEATURES.index("match_soft")])) == 1


def test_questions_are_tried_on_their_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its signs and whether the first quotation is right; those with evidence become examples."""
    monkeypatch.setattr("training.questions._FOLDER", tmp_path)
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "works.txt").write_text(WORKS, encoding="utf-8")
    for number, line in enumerate(
        (
            {"question": "When did inspectors visit the bridge?", "gold": ["in March"]},
            {"question": "Who owns a zebra?", "gold": []},
        )
    ):
        (tmp_path / f"toy-dev-{number}.jsonl").write_text(json.dumps(line), encoding="utf-8")
    tried = list(try_questions(lambda _: WordEncoder()))
    assert [t.collection for t in tried] == ["toy", "toy"] and all(len(t.signs) == len(SIGNS) for t in tried)
    assert tried[1].right is False
    (found,) = examples_from(tried)
    assert ["in March" in found.texts[i] for i in found.evidence] == [True]


def test_every_collection_has_documents_and_a_fold() -> None:
    """The folds are of nearly one size."""
    found = collections()
    assert "bexley" in found and all(folder.is_dir() and files for folder, files in found.values())
    sizes = [sum(fold_of(name) == fold for name in found) for fold in range(FOLDS)]
    assert max(sizes) - min(sizes) <= 1


def noisy_text(generator: np.random.Generator) -> Text:
    """Five sentences of six random tokens; the evidence shares half of the question's dimensions, the rest is louder noise."""

    def unit(rows: np.ndarray) -> np.ndarray:
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    loudness = np.repeat([1.0, 3.0], 8)
    question, tokens = generator.standard_normal((3, 16)), generator.standard_normal((30, 16))
    gold = int(generator.integers(5))
    tokens[6 * gold : 6 * gold + 3, :8] = question[:, :8]
    at = np.arange(5)
    tokens = quantise(unit(tokens * loudness))
    return Text("toy", "g", unit(question * loudness), np.full(3, 1 / 3), tokens, np.full(5, 6), at > 0, at == gold)


def test_late_interaction_learns_which_tokens_answer_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It turns down what says nothing; and the encoder reads the file that is written."""
    generator = np.random.default_rng(1)
    texts = [noisy_text(generator) for _ in range(200)]
    unseen = [noisy_text(generator) for _ in range(100)]
    start = np.eye(16, dtype=np.float32)
    monkeypatch.setattr("training.late_interaction.RATE", 0.06)
    monkeypatch.setattr("training.late_interaction.EPOCHS", 6)
    model = train(texts, start)
    first = [float(measure(m, unseen).split("first ")[1].split()[0]) for m in (LateInteraction(start), model)]
    assert first[1] > first[0] + 0.15
    once, again = train(texts[:20], start), train(texts[:20], start)
    assert all(bool((a == b).all()) for a, b in zip(once.parameters(), again.parameters(), strict=True))
    encoder = SimpleNamespace(folder=tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    write(model, tmp_path / "late_interaction.npz", encoder)  # type: ignore[arg-type]
    read = _read_projections(tmp_path / "late_interaction.npz", file_digest(tmp_path / "model.safetensors"))
    assert read and read.passage.shape == read.question.shape == (16, 16) and read.importance.shape == (16,)
    assert _read_projections(tmp_path / "late_interaction.npz", "another model") is None
