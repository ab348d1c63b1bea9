"""Every span of an index sliced again: what the checksums cannot prove, that the pieces fit the texts."""

from __future__ import annotations

import sys
from typing import NoReturn

import numpy as np

from .errors import IndexDamaged
from .store import Index


def check_spans(index: Index) -> int:
    """Check every span of an index against its texts; returns how many there were.

    Sentences lie in order inside their passages and hold words; no passage touches what is left out. Raises IndexDamaged.
    """
    checked = sum(_check_document(index, number) for number in range(len(index.documents)))
    for number, passage in enumerate(index.passages):
        inside = index.sentences[passage["first"] : passage["last"]]
        whole = len(inside) and inside[0]["start"] == passage["start"] and inside[-1]["end"] == passage["end"]
        if not whole or (inside["passage"] != number).any() or (inside["document"] != passage["document"]).any():
            _refuse(index, int(passage["document"]), "passage", int(passage["start"]), int(passage["end"]))
    return checked + len(index.passages)


def _check_document(index: Index, number: int) -> int:
    document, text = index.documents[number], index.text(number)
    if len(text) != document.characters:
        _refuse(index, number, "text", 0, document.characters)
    sentences = index.sentences[index.sentences["document"] == number]
    last_end = 0
    for start, end in _pairs(sentences, "start", "end"):
        words = text[start:end]
        if not last_end <= start < end <= len(text) or words != words.strip():
            _refuse(index, number, "sentence", start, end)
        last_end = end
    passages = index.passages[index.passages["document"] == number]
    left_out = [(part.span.start, part.span.end) for part in document.left_out]
    for start, end in left_out:
        if end > len(text) or ((passages["start"] < end) & (start < passages["end"])).any():
            _refuse(index, number, "left-out part", start, end)
    places = index.locations(number, 0, sys.maxsize)
    last_end = 0
    for place in places:
        if not last_end <= place.span.start < place.span.end <= len(text):
            _refuse(index, number, place.kind, place.span.start, place.span.end)
        last_end = place.span.end
    said = _pairs(sentences, "speaker", "speaker_end") + _pairs(sentences, "role", "role_end")
    for start, end in said:
        if not start < end <= len(text):
            _refuse(index, number, "speaker", start, end)
    return len(sentences) + len(left_out) + len(places) + len(said)


def _pairs(rows: np.ndarray, first: str, last: str) -> list[tuple[int, int]]:
    """The spans of two columns; -1 stands for none."""
    return [(start, end) for start, end in zip(rows[first].tolist(), rows[last].tolist(), strict=True) if start >= 0]


def _refuse(index: Index, number: int, what: str, start: int, end: int) -> NoReturn:
    name = index.documents[number].id
    raise IndexDamaged(f"{index.folder}: {name}: the {what} [{start}, {end}) does not fit the text; build the index again")
