"""Documents to the rows and vectors of a generation: what is encoded, and what is carried over from the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from .dense import build_dense, stored_vector, write_dense
from .duplicates import find_copies, runs_of, wording, words_in
from .embed import Encoder, Progress
from .passages import embedded_text
from .records import BLOCK_KINDS, Block, Document, IndexedDocument, LeftOut, Passage, Sentence
from .signatures import signature_of
from .store import KEYS, PASSAGE_VECTORS, SENTENCE_FIELDS, STATES, TOKENS, Index
from .tokens import create_tokens, quantise, token_ranges

BATCH = 8
"""Texts encoded at once: as fast on a processor as 32, and a build that is stopped waits for only these."""

_SAME = (SENTENCE_FIELDS.names or ()).index("same")


@dataclass(slots=True)
class Collected:
    """Everything of the new generation but its vectors, document after document."""

    documents: list[IndexedDocument] = field(default_factory=list)
    passages: list[list[int]] = field(default_factory=list)
    sentences: list[list[int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # what is encoded for each passage
    starts: list[list[int]] = field(default_factory=list)  # where its sentences begin in that
    contexts: list[str] = field(default_factory=list)
    wordings: list[dict[int, int]] = field(default_factory=list)  # for each document: its wordings and their words
    signatures: list[np.ndarray] = field(default_factory=list)  # for each document: of its runs of words
    bytes: int = 0
    _numbers: dict[bytes, int] = field(default_factory=dict)  # by wording: the first sentence that has it

    def add(
        self,
        document: Document,
        title: str | None,
        blocks: Sequence[Block],
        found: Sequence[Passage],
        sentences: Sequence[Sentence],
    ) -> None:
        """Append one document, its numbers counted on from those before."""
        text, number, offset = document.text, len(self.documents), len(self.sentences)
        for passage in found:
            position = len(self.passages)
            self.passages.append(
                [number, passage.span.start, passage.span.end, passage.first + offset, passage.last + offset, 0, 0]
            )
            encoded, starts = embedded_text(text, passage, sentences)
            self.texts.append(encoded)
            self.starts.append(starts)
            self.contexts.append(passage.context)
            self.sentences.extend(_sentence_row(number, position, s) for s in sentences[passage.first : passage.last])
        self.wordings.append(self._note_wordings(text, sentences, offset))
        size = len(text.encode("utf-8"))
        left_out = tuple(LeftOut(b.span, b.reason) for b in blocks if b.kind == "boilerplate")
        bounds = (self.bytes, self.bytes + size)
        about = (document.id, document.metadata, title, document.sha256, len(text), *bounds, left_out, document.notes)
        self.documents.append(IndexedDocument(*about, from_file=document.from_file))
        self.bytes += size

    def _note_wordings(self, text: str, sentences: Sequence[Sentence], offset: int) -> dict[int, int]:
        """Note for each sentence the first one with its wording, and the document's signature; returns its wordings and their words."""
        found, words = {}, []
        for number, sentence in enumerate(sentences, offset):
            pieces = wording(sentence.span.of(text))
            key = "\n".join(pieces) or sentence.span.of(text)  # nothing but signs: those are its words
            same = self._numbers.setdefault(hashlib.blake2b(key.encode("utf-8"), digest_size=16).digest(), number)
            self.sentences[number][_SAME] = same
            found[same] = words_in(pieces)
            words.extend(pieces)
        self.signatures.append(signature_of(runs_of(words)))
        return found

    def note_copies(self, texts: Sequence[str]) -> None:
        """Note which documents are copies of another; call when all are collected, with their texts."""
        bounds = np.searchsorted([row[0] for row in self.sentences], np.arange(len(self.documents) + 1))

        def runs(number: int) -> frozenset[tuple[str, ...]]:
            spans = [row[1:3] for row in self.sentences[bounds[number] : bounds[number + 1]]]
            return runs_of([piece for start, end in spans for piece in wording(texts[number][start:end])])

        found = find_copies(self.wordings, np.stack(self.signatures), runs)
        self.documents = [replace(d, copy_of=original) for d, original in zip(self.documents, found, strict=True)]


def _sentence_row(document: int, passage: int, sentence: Sentence) -> list[int]:
    speech = sentence.speech
    speaker = (speech.speaker.start, speech.speaker.end) if speech else (-1, -1)
    role = (speech.role.start, speech.role.end) if speech and speech.role else (-1, -1)
    kind = BLOCK_KINDS.index(sentence.kind)
    return [document, sentence.span.start, sentence.span.end, passage, sentence.block, kind, 0, 0, *speaker, *role, 0]


def write_vectors(place: Path, collected: Collected, encoder: Encoder, before: Index | None, progress: Progress) -> int:
    """Write the vectors of passages and tokens and the tokens' states; returns how many passages were encoded.

    The token rows are noted in `collected`. Passages that `before` holds under the same key are copied from it. The
    others are encoded in batches of like length; token vectors and states go to disk as they come. An encoder without
    states leaves out their file.
    """
    texts = collected.texts
    keys = [hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest() for text in texts]
    known = {i: before.passage_keys[key] for i, key in enumerate(keys) if key in before.passage_keys} if before else {}
    counts = encoder.count_tokens(texts)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    rows = create_tokens(place / TOKENS, int(bounds[-1]), encoder.token_dimension)
    states = create_tokens(place / STATES, int(bounds[-1]), encoder.state_dimension) if encoder.state_dimension else None
    for i, old in known.items():
        row = before.passages[old]  # type: ignore[union-attr]
        vectors[i] = stored_vector(before.dense, old)  # type: ignore[union-attr]
        rows[bounds[i] : bounds[i + 1]] = before.tokens[row["tokens"] : row["tokens_end"]]  # type: ignore[union-attr]
        if states is not None:
            states[bounds[i] : bounds[i + 1]] = before.states[row["tokens"] : row["tokens_end"]]  # type: ignore[union-attr,index]
        first = before.sentences[row["first"] : row["last"]]  # type: ignore[union-attr]
        _note_tokens(collected, i, int(bounds[i]), int(bounds[i + 1]), [int(t - row["tokens"]) for t in first["tokens"]])
    order = sorted((i for i in range(len(texts)) if i not in known), key=lambda i: (-counts[i], i))  # like lengths share a batch
    if order:
        progress("embedding", 0, len(order))  # the first batch also loads the network
    for begin in range(0, len(order), BATCH):
        batch = order[begin : begin + BATCH]
        for i, encoding in zip(batch, encoder.encode([texts[i] for i in batch]), strict=True):
            vectors[i] = encoding.vector
            rows[bounds[i] : bounds[i + 1]] = quantise(encoding.tokens)
            if states is not None:
                states[bounds[i] : bounds[i + 1]] = encoding.states
            ranges = token_ranges(encoding.offsets, collected.starts[i])
            _note_tokens(collected, i, int(bounds[i]), int(bounds[i + 1]), [int(t) for t in ranges[:-1]])
        progress("embedding", begin + len(batch), len(order))
    for array in (rows, states):
        if isinstance(array, np.memmap):
            array.flush()
    np.save(place / KEYS, np.frombuffer(b"".join(keys), dtype="V16"))
    write_dense(build_dense(vectors), place / PASSAGE_VECTORS)
    return len(order)


def _note_tokens(collected: Collected, passage: int, begin: int, end: int, firsts: Sequence[int]) -> None:
    """Note which rows of token vectors `[begin, end)` belong to a passage, and `firsts` of them to its sentences."""
    row = collected.passages[passage]
    row[5:7] = [begin, end]
    ends = [begin + t for t in firsts[1:]] + [end]
    for number, first, last in zip(range(row[3], row[4]), firsts, ends, strict=True):
        collected.sentences[number][6:8] = [begin + first, last]
