"""Each form of labelled data to its measures, on tiny data worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import WordEncoder
from test_assistant import opened, rank_by_words
from test_labelled import write, write_collection

import qa.evaluate_reading
from qa.evaluate import opened_over
from qa.evaluate_documents import measure_documents, right_evidence
from qa.evaluate_followups import measure_followups, resolve, same_words, share
from qa.evaluate_reading import confidence, measure_reading, text_found
from qa.evaluate_retrieval import measure_retrieval
from qa.features import collection_of, examples_of
from qa.read import FEATURES

FERRY = "The harbour is old. The ferry sails to Norby at six. Rain fell on the bridge."
GARDEN = "Pupils planted forty apple trees. The garden opens in May. Ann Lee drew the gate."


def reading_row(question: str, text: str, *evidence: int, **more: Any) -> dict[str, Any]:
    """A labelled row whose sentences end at stops."""
    ends = [i + 1 for i, c in enumerate(text) if c == "."]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return {
        "question": question,
        "text": text,
        "sentences": [list(s) for s in zip(starts, ends, strict=True)],
        "evidence": list(evidence),
        "spans": [],
        **more,
    }


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranking by matching words, whatever the fitted weights are."""
    rank_by_words(monkeypatch)
    weights = np.array([10.0 * (name == "match_soft") for name in FEATURES])
    monkeypatch.setattr(qa.evaluate_reading, "load_weights", lambda **_: weights)


# --- reading ---


def test_reading_ranks_the_sentences_of_each_text(tmp_path: Path) -> None:
    """One row right at once, one whose evidence shares no word; a text of one sentence, and an unanswerable one, do not count."""
    path = write(
        tmp_path / "toy.jsonl",
        reading_row("When does the ferry sail to Norby?", FERRY, 1),
        reading_row("Which ferry sails to Norby?", FERRY, 0, 2),
        reading_row("Which garden?", "The garden opens in May.", 0),
        reading_row("Who owns the zebra?", GARDEN),
    )
    n, results = measure_reading(path, WordEncoder())
    assert n == 4 and results["first"] == 0.5
    assert results["MRR"] == pytest.approx((1 + 1 / 2) / 2)
    assert results["MAP"] == pytest.approx((1 + (1 / 2 + 2 / 3) / 2) / 2)


def test_reading_confidence_tells_answerable_rows_from_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the product's own signs; without unanswerable rows there is nothing to tell."""
    monkeypatch.undo()
    rows = [reading_row("The ferry sails to Norby at six?", FERRY, 1), reading_row("Who polished the purple zebra?", GARDEN)]
    both = measure_reading(write(tmp_path / "both.jsonl", *rows), WordEncoder())[1]
    one = measure_reading(write(tmp_path / "one.jsonl", rows[0]), WordEncoder())[1]
    rows.append(
        reading_row("Who polished the ferry?", GARDEN, spans=[[0, 6]])
    )  # it has an answer, its sentences are not labelled
    assert measure_reading(write(tmp_path / "all.jsonl", *rows), WordEncoder())[1]["unanswerable"] == 1
    assert [both["AUC"], both["unanswerable"]] == [1, 1] and [one["AUC"], one["unanswerable"]] == [None, None]


def test_confidence_looks_at_what_may_be_quoted(tmp_path: Path) -> None:
    """A phrase in quotation marks that no sentence holds leaves nothing to quote."""
    questions = "Does the ferry sail at six?", 'Does the "purple ferry" sail?'
    rows = [reading_row(question, FERRY, 1, set="toy", group="toy") for question in questions]
    keywords = collection_of(rows)
    found, missing = (
        confidence(e, np.arange(len(e.texts), dtype=float), keywords) for e in examples_of(rows, keywords, WordEncoder())
    )
    assert found > 0.5 and missing == 0


def test_evidence_that_cannot_be_read_counts_as_not_found(tmp_path: Path) -> None:
    """A sentence too long for the encoder, and a row without any that fits: 0, and not left out of the mean."""
    long = " ".join(["word"] * 300) + "."
    path = write(
        tmp_path / "toy.jsonl",
        reading_row("Which word?", f"{long} The ferry sails.", 0),
        reading_row("Which word?", f"{long} {long}", 0),
        reading_row("Does the ferry sail?", f"{long} The ferry sails.", 1),
    )
    results = measure_reading(path, WordEncoder())[1]
    assert results["first"] == results["MRR"] == results["MAP"] == pytest.approx(1 / 3)


def test_a_set_that_the_ranking_was_fitted_on_is_measured_on_its_held_back_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name of its file; in another set all groups count, and a limit draws from what counts."""
    rows = [reading_row("Which ferry sails to Norby?", FERRY, 1, group=f"group {n}") for n in range(8)]
    monkeypatch.setattr(qa.evaluate_reading, "fitted_on", lambda: frozenset({"seen"}))
    monkeypatch.setattr(qa.evaluate_reading, "held_back", lambda name, group: (name, group) == ("seen", "group 7"))
    assert measure_reading(write(tmp_path / "seen.jsonl.gz", *rows), WordEncoder())[0] == 1
    assert measure_reading(write(tmp_path / "unseen.jsonl", *rows), WordEncoder())[0] == 8
    assert measure_reading(write(tmp_path / "unseen.jsonl", *rows), WordEncoder(), limit=3)[0] == 3


def test_a_history_is_resolved_and_compared_with_the_bare_question(tmp_path: Path) -> None:
    """What "it" is stands in the earlier question only: it moves the evidence, and the text, to the first place."""
    row = reading_row("Where does it go?", "It goes up. The ferry goes to Norby.", 1, history=["Who built the ferry?"])
    others = [reading_row("Where?", f"It goes to {name}. Where does it end.") for name in ("Sudby", "Westby", "Eastby")]
    n, results = measure_reading(write(tmp_path / "toy.jsonl", row, *others), WordEncoder())
    assert n == 4 and results["first"] == 1 > results["first bare"]  # type: ignore[operator]
    assert results["text@1"] == 1 > results["text@1 bare"]  # type: ignore[operator]
    assert results["text@20"] == results["text@20 bare"] == 1
    assert "text@1" not in measure_reading(write(tmp_path / "alone.jsonl", *others), WordEncoder())[1]


def test_a_text_is_found_by_any_of_its_passages_among_the_first_hits() -> None:
    """Unanswerable rows do not count; a text that is not there is not found at any depth."""
    texts = [FERRY, GARDEN]
    rows = [reading_row("When does the garden open?", GARDEN, 1), reading_row("Who?", FERRY)]
    with opened_over(texts, WordEncoder()) as assistant:
        assert text_found(assistant, rows, texts) == {"text@1": 1, "text@5": 1, "text@20": 1}
        assert text_found(assistant, [reading_row("Which zebra?", "A zebra.", 0)], texts)["text@20"] == 0


# --- follow-ups ---


def test_followups_are_compared_with_the_rewrite_by_their_terms(tmp_path: Path) -> None:
    """One resolved in full, one that stands alone; the questions as typed are the baseline."""
    path = write(
        tmp_path / "toy.jsonl",
        {
            "history": ["Norby", "Ferry", "Who built the ferry?", "Ann Lee."],
            "question": "When does it sail?",
            "rewrite": "When does the ferry sail?",
        },
        {"history": ["Norby", "Ferry"], "question": "Who built the ferry?", "rewrite": "Who built the ferry"},
    )
    n, results = measure_followups(path, WordEncoder())
    assert n == 2
    assert (results["recall"], results["recall bare"]) == (1, pytest.approx((1 / 2 + 1) / 2))
    assert (results["precision"], results["precision bare"]) == (1, 1)
    assert (results["added recall"], results["added precision"], results["left alone"]) == (1, 1, 1)


def test_a_wrong_or_missing_resolution_counts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms that are not the rewrite's cost precision; a question that was left as it is added 0, and is not dropped."""
    rows = [
        {"history": ["a", "b", "Who?", "x"], "question": "Where is it?", "rewrite": "Where is the blue ferry?"},
        {"history": ["a", "b", "Who?", "x"], "question": "Where was it built?", "rewrite": "Where was the ferry built?"},
        {"history": ["a", "b", "Who?", "x"], "question": "Which trees?", "rewrite": "Which trees?"},
    ]
    resolved = {
        "Where is it?": "Where is the ferry bridge?",
        "Where was it built?": "Where was it built?",
        "Which trees?": "Which trees of it?",
    }
    monkeypatch.setattr("qa.evaluate_followups.standalone", lambda question, *_: resolved[question])
    results = measure_followups(write(tmp_path / "toy.jsonl", *rows), WordEncoder())[1]
    assert results["recall"] == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    assert results["added recall"] == pytest.approx((1 / 2 + 0) / 2)
    assert results["added precision"] == pytest.approx((1 / 2 + 0) / 2)
    assert results["left alone"] == 0


def test_a_followup_is_resolved_with_the_questions_and_what_they_cite(monkeypatch: pytest.MonkeyPatch) -> None:
    """The history given is the titles and questions; the full names of an answer are what its question cites."""
    seen: list[Any] = []

    def standalone(question: str, history: Any, encoder: Any, cited: Any) -> str:
        seen.append((list(history), cited("Who built it?"), cited("Where?")))
        return question

    monkeypatch.setattr("qa.evaluate_followups.standalone", standalone)
    row = {"history": ["Norby", "Ferry", "Where?", "there", "Who built it?", "It was Ann Lee in Norby."], "question": "When?"}
    resolve(row, WordEncoder())
    assert seen == [(["Norby: Ferry", "Where?", "Who built it?"], ["Ann Lee"], [])]


def test_the_same_words_and_shares_of_terms() -> None:
    """White space, case and end marks aside; of nothing wanted, only holding nothing is all."""
    assert same_words("Who  built it?", "who built it") and not same_words("Who built it?", "Who built that?")
    assert (share({"a", "b"}, {"a"}), share(set(), set()), share(set(), {"a"}), share({"a"}, set())) == (0.5, 1, 0, 0)


# --- retrieval ---


def test_retrieval_is_measured_for_the_fused_search_and_each_alone(tmp_path: Path) -> None:
    """Over graded queries only; a query that finds nothing it should counts 0."""
    write_collection(tmp_path, "q1\td2\t1\nq3\tmissing\t1\n")
    write(
        tmp_path / "queries.jsonl",
        *({"_id": q, "text": t} for q, t in (("q1", "When does the ferry sail?"), ("q2", "rain"), ("q3", "ferry"))),
    )
    n, results = measure_retrieval(tmp_path, WordEncoder())
    assert n == 2
    assert {results[f"nDCG@10{s}"] for s in ("", " vectors", " words")} == {0.5}
    assert {results[f"recall@100{s}"] for s in ("", " vectors", " words")} == {0.5}
    assert results["p50 ms"] > 0  # type: ignore[operator]


def test_each_search_alone_has_its_own_order(tmp_path: Path) -> None:
    """Words that a query does not share are found by its vectors only."""
    write_collection(tmp_path)
    write(tmp_path / "queries.jsonl", {"_id": "q1", "text": "unheard of"})
    results = measure_retrieval(tmp_path, WordEncoder())[1]
    assert results["recall@100 words"] == results["nDCG@10 words"] == 0
    assert results["recall@100 vectors"] == results["recall@100"] == 1


# --- documents ---


def test_documents_are_asked_their_own_questions(tmp_path: Path) -> None:
    """Only the document that a question names is searched; what has no answer is right when it is refused."""
    write(tmp_path / "d-documents.jsonl", {"index": "0", "text": FERRY.replace("six", "nine")}, {"index": "1", "text": FERRY})
    write(
        tmp_path / "d-questions.jsonl",
        {"document_index": "1", "question": "When does the ferry sail to Norby?", "answer": "It sails at six."},
        {"document_index": "1", "question": "Where does the ferry sail?", "answer": "Over the moon, with a purple zebra."},
        {"document_index": "0", "question": "Who steers the ferry?"},
    )
    n, results = measure_documents(tmp_path, WordEncoder())
    assert n == 3
    assert {k: results[k] for k in ("HasAns", "right", "right@1", "ranked@1", "NoAns", "balanced")} == {
        "HasAns": 1, "right": 0.5, "right@1": 0.5, "ranked@1": 0.5, "NoAns": 0, "balanced": 0.5,
    }  # fmt: skip


def test_a_refused_question_is_not_answered_right_but_may_rank_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before refusal the right sentence was first."""
    rank_by_words(monkeypatch, answered=False)
    write(tmp_path / "d-documents.jsonl", {"index": "1", "text": FERRY})
    row = {"document_index": "1", "question": "When does the ferry sail to Norby?", "answer": "It sails at six."}
    write(tmp_path / "d-questions.jsonl", row, {"document_index": "1", "question": "Who steers the ferry?"})
    results = measure_documents(tmp_path, WordEncoder())[1]
    assert (results["HasAns"], results["right"], results["right@1"], results["ranked@1"]) == (0, 0, 0, 1)
    assert (results["NoAns"], results["balanced"]) == (1, 0.5)


def test_right_evidence_holds_what_the_answer_says_beyond_the_question(tmp_path: Path) -> None:
    """Words of the question do not count; half of what the best sentence holds is enough."""
    index = opened(tmp_path, {"a.txt": FERRY}).index
    quotations = ["The ferry sails to Norby at six.", "The harbour is old.", "The ferry sails to Norby.", ""]
    assert right_evidence(index, "When does the ferry sail to Norby?", "The ferry sails at six.", quotations) == [
        True, False, False, False,
    ]  # fmt: skip
    assert right_evidence(index, "When?", "", ["The harbour is old."]) == [False]


def test_one_part_of_a_long_answer_is_right_evidence_too(tmp_path: Path) -> None:
    """When most of the quotation is in the answer, though another sentence holds more of it; a chance word is not enough."""
    long = "The committee approved the ferry timetable, the harbour repair, the school garden and the bridge survey."
    index = opened(tmp_path, {"a.txt": f"{long} Parking was dropped. A dog that nobody knew chased a ferry pilot away."}).index
    answer = f"{long} And parking was dropped."
    quotations = ["Parking was dropped.", "A dog that nobody knew chased a ferry pilot away."]
    assert right_evidence(index, "What happened?", answer, quotations) == [True, False]


def test_an_answer_that_no_sentence_supports_has_no_right_evidence(tmp_path: Path) -> None:
    """A chance word in common does not make the best sentence right."""
    index = opened(tmp_path, {"a.txt": FERRY}).index
    answer = "Giants with heavy armour and spiked shields, one leaning on the wall, carry mauls over the bridge of grey stone."
    assert right_evidence(index, "What do they look like?", answer, ["Rain fell on the bridge."]) == [False]
