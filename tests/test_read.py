"""Hits to evidence: which sentences are read, how they are scored, and in which order they come."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import WordEncoder
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import WORKS, opened

import qa.read
from index import Index
from qa import Assistant
from qa.question import Question, parse_question
from qa.read import FEATURES, MODEL, Reading, load_weights, read, reading_range, softmax, token_weights_of
from qa.retrieve import search


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("read"), {"works.txt": WORKS})


def only(feature: str) -> np.ndarray:
    """Weights that rank by one feature."""
    return np.array([float(name == feature) for name in FEATURES])


def reading_of(index: Index, text: str, weights: np.ndarray | None = None, k: int = 24) -> tuple[Question, Reading]:
    encoder = WordEncoder()
    question = parse_question(text, index, encoder)
    encoding = encoder.encode_question(question.text)
    with pytest.MonkeyPatch.context() as patch:
        if weights is not None:
            patch.setattr(qa.read, "load_weights", lambda **_: weights)
        return question, read(index, question, encoding, search(index, encoding.vector, question.terms, k))


def test_shipped_weights_are_numbers_for_known_features() -> None:
    """Every weight in model.json belongs to a feature that is computed, and is finite."""
    weights = json.loads(MODEL.read_text(encoding="utf-8"))["ranking"]["weights"]
    assert set(weights) <= set(FEATURES)
    assert load_weights().shape == (len(FEATURES),) and np.isfinite(load_weights()).all() and load_weights().any()


def test_every_sentence_of_the_hits_is_read_once(assistant: Assistant) -> None:
    """Each with its own words, and its features one number per name."""
    _, reading = reading_of(assistant.index, "Who visited the bridge?")
    assert sorted(e.number for e in reading.evidence) == list(range(len(assistant.index.sentences)))
    for evidence in reading.evidence:
        assert evidence.text == evidence.span.of(assistant.index.text(evidence.document)) != ""
        assert len(evidence.features) == len(FEATURES)
        assert reading.numbers[reading.position(evidence)] == evidence.number


def test_evidence_is_best_first_and_ties_go_by_place(assistant: Assistant) -> None:
    """With weights of nothing, all scores are equal and the order is that of the collection."""
    _, reading = reading_of(assistant.index, "Who visited the bridge?")
    assert [e.score for e in reading.evidence] == sorted((e.score for e in reading.evidence), reverse=True)
    _, level = reading_of(assistant.index, "Who visited the bridge?", np.zeros(len(FEATURES)))
    assert [e.number for e in level.evidence] == sorted(e.number for e in level.evidence)


@pytest.mark.parametrize("feature", ["match", "match_soft", "match_least"])
@pytest.mark.parametrize(
    "question, answer", [("visited bridge", "Inspectors"), ("ferry sails", "The ferry"), ("apple trees planted", "Pupils")]
)
def test_a_feature_of_matching_finds_the_sentence_with_the_words(
    assistant: Assistant, feature: str, question: str, answer: str
) -> None:
    """Each of them alone."""
    _, reading = reading_of(assistant.index, question, only(feature))
    assert reading.evidence[0].text.startswith(answer)


@pytest.mark.parametrize(
    "question, feature, answer",
    [("When was it?", "holds_date", "in March"), ("How many were there?", "holds_count", "forty apple trees")],
)
def test_the_kind_of_fact_lifts_the_sentence_that_holds_it(
    assistant: Assistant, question: str, feature: str, answer: str
) -> None:
    """And is 0 in every sentence when another kind is asked for."""
    _, reading = reading_of(assistant.index, question, only(feature))
    assert answer in reading.evidence[0].text and reading.evidence[0].score == 1
    _, other = reading_of(assistant.index, "Tell me about it", only(feature))
    assert {e.score for e in other.evidence} == {0}


def test_longer_sentences_are_longer(assistant: Assistant) -> None:
    """The feature grows with the words."""
    _, reading = reading_of(assistant.index, "bridge", only("length"))
    counts = [len(e.text.split()) for e in reading.evidence]
    assert counts == sorted(counts, reverse=True)


@given(st.text("the bridge? Ferry-sails of 12\u0301é’s", min_size=1, max_size=40))
def test_token_weights_share_one(assistant: Assistant, text: str) -> None:
    """They sum to 1 over any question with a token, none is negative, and stop words weigh nothing beside others."""
    encoder = WordEncoder()
    if not text.strip():
        return
    question = parse_question(text, assistant.index, encoder)
    weights = token_weights_of(question, encoder.encode_question(question.text))
    assert (weights >= 0).all()
    assert len(weights) == 0 or weights.sum() == pytest.approx(1)


def test_stop_words_weigh_nothing(assistant: Assistant) -> None:
    """Unless there is nothing else."""
    encoder = WordEncoder()
    for text, weighed in (("the bridge of it", [False, True, False, False]), ("the of it", [True] * 3)):
        question = parse_question(text, assistant.index, encoder)
        assert list(token_weights_of(question, encoder.encode_question(text)) > 0) == weighed


@pytest.mark.parametrize("text", ["?!", "…", "--", "\x01", "_"])
def test_a_question_without_a_word_has_no_evidence(assistant: Assistant, text: str) -> None:
    """Marks alone match nothing, so nothing is the best match."""
    _, reading = reading_of(assistant.index, text)
    assert reading.evidence == ()


@pytest.mark.parametrize(
    "text, far",
    [
        ("Who visited the bridge?", False),
        ("Which agencies took part?", True),
        ("What did the mayor say about the bridge?", True),
    ],
)
def test_for_a_list_and_for_what_somebody_said_passages_are_read_however_far_behind(
    assistant: Assistant, text: str, far: bool
) -> None:
    within = reading_range(parse_question(text, assistant.index, WordEncoder()))
    assert np.isinf(within) if far else 0 < within < 10


def test_no_hits_no_evidence(assistant: Assistant) -> None:
    """And no error."""
    _, reading = reading_of(assistant.index, "bridge", k=0)
    assert reading.evidence == () and reading.match.size == 0


@given(st.lists(st.floats(-500, 500), min_size=1, max_size=20))
def test_softmax_is_a_share(scores: list[float]) -> None:
    """Shares sum to 1 and keep the order, however far apart the scores are."""
    shares = softmax(scores)
    assert sum(shares) == pytest.approx(1)
    assert all(a >= b for (x, a) in zip(scores, shares, strict=True) for (y, b) in zip(scores, shares, strict=True) if x >= y)
