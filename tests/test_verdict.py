"""Whether the best evidence answers: the probability, the verdict and the words that explain it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from conftest import WordEncoder
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import WORKS, opened, rank_by_words

import qa.verdict
from qa import Assistant
from qa.read import MODEL
from qa.verdict import KIND_WORDS, SIGNS, judge, load_calibration, probability, signs_of


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("verdict"), {"works.txt": WORKS})


def signs(assistant: Assistant, question: str) -> dict[str, float]:
    weighed = assistant.weigh(question)
    values = signs_of(assistant.index, weighed.question, weighed.reading, speaker_found=weighed.speaker_found)
    return dict(zip(SIGNS, values, strict=True))


def test_the_shipped_calibration_is_whole() -> None:
    """A weight for every sign, a bias, a threshold between 0 and 1, and the report of the fit."""
    calibration = load_calibration()
    assert set(calibration["weights"]) == set(SIGNS)
    assert all(math.isfinite(w) for w in (*calibration["weights"].values(), calibration["bias"], calibration["intercept"]))
    assert calibration["slope"] > 0
    assert 0 < calibration["threshold"] < 1
    assert json.loads(MODEL.read_text(encoding="utf-8"))["verdict"]["measured_out_of_fold"]


def test_each_sign_counts_in_its_direction() -> None:
    """More match never lowers the probability; a mismatch, and whatever is unknown or missing, never raise it."""
    level = dict.fromkeys(SIGNS, 0.5)
    rising = ("passage_match", "passage_least", "speaker_found", "yesno")
    for name in SIGNS:
        low, high = (probability([*(level | {name: value}).values()]) for value in (0.1, 0.9))
        assert low <= high if name in rising else low >= high, name


@given(st.lists(st.floats(-1e6, 1e6), min_size=len(SIGNS), max_size=len(SIGNS)))
def test_a_probability_is_one(values: list[float]) -> None:
    """From 0 to 1, whatever the signs."""
    assert 0 <= probability(values) <= 1


def test_a_question_in_the_documents_words_has_better_signs(assistant: Assistant) -> None:
    """Sign by sign, than one whose words are nowhere."""
    inside, outside = signs(assistant, "inspectors visited the old bridge"), signs(assistant, "the zebra drove a purple tractor")
    assert all(inside[name] > outside[name] for name in ("passage_match", "passage_least"))
    assert inside["worst_mismatch"] < outside["worst_mismatch"]
    assert inside["unknown"] == 0 and outside["unknown"] == 1


def test_signs_of_what_is_missing(assistant: Assistant) -> None:
    """The kind of fact asked for, and the speaker asked for."""
    assert signs(assistant, "When did inspectors visit the bridge?")["kind_missing"] == 0
    assert signs(assistant, "What is the e-mail address of the ferry?")["kind_missing"] == 1
    assert signs(assistant, "Is the ferry red?")["kind_missing"] == 0
    assert signs(assistant, "What did Nora Zebra say about it?")["speaker_missing"] == 1
    assert signs(assistant, "Who visited the bridge?")["speaker_missing"] == 0


def test_names_and_numbers_that_the_passage_does_not_have(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name at the beginning of the question counts too; and the explanation says which is missing."""
    assert signs(assistant, "Did inspectors visit the bridge in 1847?")["number_missing"] == 1
    assert signs(assistant, "Did inspectors visit the bridge in March?")["number_missing"] == 0
    assert signs(assistant, "Was Norby Zebra Council visited?")["name_missing"] == 1
    rank_by_words(monkeypatch, answered=False)
    two = opened(tmp_path, {"a.txt": "Inspectors visited the old bridge in March.\n", "b.txt": "The ferry sank in 1847.\n"})
    assert "does not mention “1847”" in two.ask("Did inspectors visit the old bridge in March 1847?").explanation


@pytest.mark.parametrize("question", ["Who visited the bridge?", "zebra albatross", "the of and", "???"])
def test_the_verdict_follows_the_threshold(assistant: Assistant, monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    """Answered from the threshold on, whatever the question; without evidence nothing is answered."""
    rank_by_words(monkeypatch)
    evidence = bool(assistant.weigh(question).reading.evidence)
    assert (assistant.ask(question).verdict == "answered") is evidence
    rank_by_words(monkeypatch, answered=False)
    assert assistant.ask(question).verdict != "answered"


def test_related_and_not_found(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Related when the nearest passage shares a word with the question; not found when nothing does."""
    rank_by_words(monkeypatch, answered=False)
    monkeypatch.setattr(qa.verdict, "RELATED_SIGN", 2.0)
    assert assistant.ask("Who owns the bridge?").verdict == "related"
    assert assistant.ask("Who owns the zebra?").verdict == "not_found"


def test_the_explanation_names_the_unknown_words(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most five of them, and none that is known; and how much was searched."""
    rank_by_words(monkeypatch, answered=False)
    one = assistant.ask("Does the zebra visit the bridge?").explanation
    assert "“zebra” occurs nowhere" in one and "bridge”" not in one
    assert "Searched 1 document, " in one
    two = assistant.ask("zebra and albatross").explanation
    assert "“zebra”, “albatross” occur nowhere" in two
    assert assistant.ask(" ".join(f"zebra{n}x" for n in range(9))).explanation.count("“") == 5


@pytest.mark.parametrize(
    "question, kind", [("What is the e-mail of the ferry?", "email"), ("What is the phone number of the ferry?", "telephone")]
)
def test_the_explanation_names_the_kind_of_fact(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, question: str, kind: str
) -> None:
    """When the nearest passages give none."""
    rank_by_words(monkeypatch, answered=False)
    assert KIND_WORDS[kind] in assistant.ask(question).explanation


def test_an_answer_needs_no_explanation(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is its own."""
    rank_by_words(monkeypatch)
    assert assistant.ask("Who visited the bridge?").explanation == ""


def test_nothing_at_all_is_not_found(assistant: Assistant) -> None:
    """No evidence: confidence 0, and still an explanation."""
    weighed = assistant.weigh('"words that stand nowhere"')
    judgement = judge(assistant.index, weighed.question, weighed.reading, speaker_found=False)
    assert (judgement.verdict, judgement.confidence) == ("not_found", 0.0)
    assert judgement.explanation and len(judgement.signs) == len(SIGNS)


def test_an_index_without_a_quotable_sentence_finds_nothing(tmp_path) -> None:
    """Headings and nothing below them."""
    answer = opened(tmp_path, {"a.md": "# The ferry\n\n## The bridge\n"}, WordEncoder()).ask("Where is the bridge?")
    assert answer.verdict == "not_found" and not answer.citations
