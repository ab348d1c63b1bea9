"""Labelled reading rows to measures: is the evidence sentence first in its text, and does the confidence tell who answers.

Rows with earlier questions are measured twice, with the question as typed ("bare") and as the product resolves it over an index of
all texts of the set, and the retrieval of their text from among all of them is measured as well.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import Span
from index.embed import Encoder
from index.records import Document
from index.sparse import KeywordIndex
from index.store import SENTENCE_FIELDS

from .assistant import Assistant
from .evaluate import Measures, document_number, opened_over
from .features import MAX_QUESTION, Example, collection_of, examples_of
from .labelled import read_reading, sampled, stem
from .measures import answer_overlap, area_under_curve, average_precision, mean, reciprocal_rank
from .read import MODEL, Evidence, Reading, load_weights
from .reader import Reader
from .select import select_evidence
from .verdict import load_calibration, probability, signs_of

SHARES = 12
FEW_GROUPS = ("squad2-half",)

DEPTHS = (1, 5, 20)
"""Hits among which the text of a question with a history is looked for."""


def held_back(name: str, group: str) -> bool:
    """Whether a group of a set is kept from every fit for measuring: one in twelve by its name, where groups are few one in three."""
    return share_of(group) % (3 if name in FEW_GROUPS else SHARES) == 0


def share_of(group: str) -> int:
    """The share, 0 to SHARES - 1, that a group is dealt into by its name."""
    return zlib.crc32(f"held back {group}".encode()) % SHARES


def measure_reading(path: Path, encoder: Encoder, reader: Reader | None = None, limit: int | None = None) -> tuple[int, Measures]:
    """How many rows were measured, and the measures of a reading set. Raises EvaluationError.

    Of a set that the ranking was fitted on, only the groups that the fit has not seen are measured. The words are weighed by
    all texts of the set, whatever the limit. Measures: see `ranking`; with a history also "text@k", the share of the
    answerable questions whose text has a passage among the first k hits.
    """
    rows = read_reading(path)
    keywords = collection_of(rows)
    texts = sorted({row["text"] for row in rows})
    if stem(path) in fitted_on():
        rows = [row for row in rows if held_back(stem(path), row["group"])]
    rows = sampled(rows, limit)
    if not any(row["history"] for row in rows):
        return len(rows), ranking(rows, keywords, encoder, reader)
    with opened_over(texts, encoder, reader) as assistant:
        resolved = [assistant.weigh(row["question"], row["history"]).standalone for row in rows]
        as_resolved = [
            row | {"question": q, "own": row["question"] if q != row["question"] else ""}
            for row, q in zip(rows, resolved, strict=True)
        ]
        results = ranking(as_resolved, keywords, encoder, reader) | text_found(assistant, as_resolved, texts)
        bare = ranking(rows, keywords, encoder, reader) | text_found(assistant, rows, texts)
        bare.pop("unanswerable")
    return len(rows), results | {f"{name} bare": value for name, value in bare.items()}


def fitted_on(model: Path = MODEL) -> frozenset[str]:
    """The sets that the shipped ranking was fitted on, without their held-back groups."""
    return frozenset(json.loads(model.read_text(encoding="utf-8"))["ranking"].get("fitted_on", ()))


def ranking(rows: Sequence[dict[str, Any]], keywords: KeywordIndex, encoder: Encoder, reader: Reader | None = None) -> Measures:
    """Measures of ranking the sentences of each row's text with the shipped features and weights.

    Over the answerable rows with more than one sentence: "first", an evidence sentence is first; "MRR"; "MAP" (evidence
    that could not be read counts as not found). "AUC" of the calibrated confidence, answerable rows against those with
    neither evidence nor answer spans; "unanswerable", how many these are, None when there are none. With a reader, where a set has
    spans: "F1" of the exact words that the reader marks in the best sentence, none where the question is refused, as SQuAD 2.0 has it.
    """
    weights = load_weights(with_reader=reader is not None)
    threshold = load_calibration(with_reader=reader is not None)["threshold"]
    first, reciprocal, precision, overlap = [], [], [], []
    confidences: dict[bool, list[float]] = {True: [], False: []}
    for row, example in zip(rows, examples_of(rows, keywords, encoder, reader), strict=True):
        scores = example.features @ weights if example.texts else np.zeros(0)
        answerable = bool(row["evidence"])
        if answerable or not row["spans"]:
            sure = confidence(example, scores, keywords)
            confidences[answerable].append(sure)
            if example.answers and (row["spans"] or not answerable):
                told = exact_words(example, scores) if sure >= threshold else ""
                overlap.append(answer_overlap(told, [row["text"][a:b] for a, b in row["spans"]]))
        if answerable and len(row["sentences"]) > 1:
            right = [int(i) in example.evidence for i in np.argsort(-scores, kind="stable")]
            first.append(right[:1] == [True])
            reciprocal.append(reciprocal_rank(right))
            precision.append(average_precision(right, len(row["evidence"])))
    auc = area_under_curve(confidences[True], confidences[False])
    return {
        "first": mean(first),
        "MRR": mean(reciprocal),
        "MAP": mean(precision),
        "AUC": auc,
        "unanswerable": len(confidences[False]) or None,
        "F1": mean(overlap) if overlap else None,
    }


def exact_words(example: Example, scores: np.ndarray) -> str:
    """The exact words of the best sentence that the reader sees, "" where it has read none."""
    best = int(np.argmax(scores))
    start, end, _ = example.answers.get(best, (0, 0, 0.0))
    return example.texts[best][start:end]


def text_found(assistant: Assistant, rows: Sequence[dict[str, Any]], texts: Sequence[str]) -> Measures:
    """Of the answerable rows, the share whose text, one of the assistant's documents, is among the first DEPTHS hits."""
    ranks = []
    for row in rows:
        if row["evidence"]:
            hits = assistant.retrieve(row["question"][:MAX_QUESTION], max(DEPTHS))
            found = [texts[document_number(hit.document)] == row["text"] for hit in hits]
            ranks.append(found.index(True) + 1 if True in found else np.inf)
    return {f"text@{k}": mean([rank <= k for rank in ranks]) for k in DEPTHS}


@dataclass(frozen=True, slots=True)
class _OneText:
    """One labelled text in the place of an index, as far as selection and verdict look at one: paragraphs without speech."""

    keywords: KeywordIndex
    sentences: np.ndarray
    whole: str

    @property
    def passages(self) -> list[dict[str, int]]:
        return [{"start": 0, "end": len(self.whole)}]

    @property
    def documents(self) -> list[Document]:
        return [Document("text", self.whole, "")]

    def text(self, document: int) -> str:
        return self.whole

    def speech(self, sentence: int) -> None:
        return None


def confidence(example: Example, scores: np.ndarray, keywords: KeywordIndex) -> float:
    """The calibrated probability, 0 to 1, that the best sentence of a text answers; 0 when none may be quoted."""
    sentences = np.zeros(len(example.texts), dtype=SENTENCE_FIELDS)
    sentences["end"] = np.cumsum([len(text) + 1 for text in example.texts]) - 1 if example.texts else 0
    sentences["start"] = sentences["end"] - [len(text) for text in example.texts]
    evidence = [
        Evidence(
            i,
            0,
            Span(int(s["start"]), int(s["end"])),
            example.texts[i],
            "paragraph",
            float(scores[i]),
            tuple(example.features[i]),
        )
        for i, s in enumerate(sentences)
    ]
    evidence.sort(key=lambda e: (-e.score, e.number))
    reading = Reading(
        tuple(evidence),
        np.arange(len(evidence)),
        example.match,
        example.token_weights,
        example.importance,
        example.offsets,
        None if example.held is None else {0: example.held},
    )
    index: Any = _OneText(keywords, sentences, "\n".join(example.texts))
    chosen, speaker_found = select_evidence(index, example.question, reading)
    if not chosen.evidence:
        return 0.0
    return probability(signs_of(index, example.question, chosen, speaker_found=speaker_found))
