"""The rows of a generation, document after document. Texts go to disk as they come: what is kept in memory is numbers."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from .duplicates import find_copies, runs_of, wording
from .encodings import text_key
from .files import remove_quietly
from .records import BLOCK_KINDS, IndexedDocument, Sentence
from .segmented import Segmented
from .store import (
    CONTEXTS,
    DOCUMENTS,
    LOCATIONS,
    PASSAGE_FIELDS,
    PASSAGES,
    SENTENCE_FIELDS,
    SENTENCES,
    SIGNATURES,
    TEXTS,
    WORDING_FIELDS,
    WORDINGS,
)

ENCODED = "encoded.utf8"
"""What is encoded for each passage; removed when everything is written."""


class _Strings:
    """Strings in a file, one after the other, read back by their numbers."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("w+b")
        self.ends = [0]

    def append(self, text: str) -> None:
        data = text.encode("utf-8")
        self._file.write(data)
        self.ends.append(self.ends[-1] + len(data))

    def __getitem__(self, number: int) -> str:
        self._file.seek(self.ends[number])
        return self._file.read(self.ends[number + 1] - self.ends[number]).decode("utf-8")

    def __len__(self) -> int:
        return len(self.ends) - 1

    def close(self) -> None:
        self._file.close()


class Collected:
    """Everything of the new generation but its vectors. Use in a `with` block, which closes its files and removes what is not kept.

    `texts` are the texts to encode, one a passage, `keys` what they are known by, `starts` where their sentences begin in them.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._open = ExitStack()
        self.texts = self._strings(place / ENCODED)
        self._document_texts = self._strings(place / TEXTS)
        self._locations = self._open.enter_context((place / LOCATIONS).open("w", encoding="utf-8", newline="\n"))
        self.documents: list[IndexedDocument] = []
        self.keys: list[bytes] = []
        self.starts: list[np.ndarray] = []
        self._contexts: list[str] = []
        self._passages: list[np.ndarray] = []
        self._sentences: list[np.ndarray] = []
        self._counts = (0, 0)
        self._numbers: dict[bytes, int] = {}  # by wording: the first sentence that has it
        self._wordings: list[dict[int, int]] = []  # for each document: its wordings and their words
        self._sentence_wordings: list[np.ndarray] = []
        self._signatures: list[np.ndarray] = []

    def __enter__(self) -> Collected:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()
        remove_quietly(self._place / ENCODED)

    def _strings(self, path: Path) -> _Strings:
        strings = _Strings(path)
        self._open.callback(strings.close)
        return strings

    def add(self, made: Segmented) -> None:
        """Append one document, its numbers counted on from those before. Raises OSError."""
        document, number = made.document, len(self.documents)
        passages, sentences = self._counts
        for text, starts in made.encoded():
            self.texts.append(text)
            self.keys.append(text_key(text))
            self.starts.append(np.array(starts, dtype=np.uint32))
        self._contexts += [passage.context for passage in made.passages]
        rows = [(number, p.span.start, p.span.end, p.first + sentences, p.last + sentences, 0, 0) for p in made.passages]
        self._passages.append(np.array(rows, dtype=PASSAGE_FIELDS))
        same = self._note_wordings(made.wordings, sentences)
        self._sentence_wordings.append(made.wordings)
        self._signatures.append(made.signature)
        of = [n for n, p in enumerate(made.passages, passages) for _ in range(p.first, p.last)]
        said = [_sentence_row(number, p, s, first) for p, s, first in zip(of, made.sentences, same, strict=True)]
        self._sentences.append(np.array(said, dtype=SENTENCE_FIELDS))
        self._counts = (passages + len(rows), sentences + len(said))
        start = self._document_texts.ends[-1]
        self._document_texts.append(document.text)
        self._locations.write(json.dumps([place.to_list() for place in document.locations], ensure_ascii=False) + "\n")
        bounds = (start, self._document_texts.ends[-1])
        about = (document.id, document.metadata, made.title, document.sha256, len(document.text), *bounds, made.left_out)
        self.documents.append(IndexedDocument(*about, document.notes, from_file=document.from_file))

    def _note_wordings(self, wordings: np.ndarray, offset: int) -> list[int]:
        """Note the wordings of a document's sentences; returns for each the number of the first sentence with its wording."""
        same = [self._numbers.setdefault(key.tobytes(), number) for number, key in enumerate(wordings["key"], offset)]
        self._wordings.append(dict(zip(same, wordings["words"].tolist(), strict=True)))
        return same

    def note_copies(self) -> None:
        """Note which documents are copies of another; call when all are collected."""
        sentences = self.sentences()
        bounds = np.searchsorted(sentences["document"], np.arange(len(self.documents) + 1))

        def runs(number: int) -> frozenset[tuple[str, ...]]:
            text = self._document_texts[number]
            rows = sentences[bounds[number] : bounds[number + 1]]
            spans = zip(rows["start"].tolist(), rows["end"].tolist(), strict=True)
            return runs_of([piece for start, end in spans for piece in wording(text[start:end])])

        found = find_copies(self._wordings, np.stack(self._signatures), runs)
        self.documents = [replace(d, copy_of=original) for d, original in zip(self.documents, found, strict=True)]

    def passages(self) -> np.ndarray:
        """The rows of the passages so far: PASSAGE_FIELDS, shape (passages,)."""
        return np.concatenate([np.zeros(0, dtype=PASSAGE_FIELDS), *self._passages])

    def sentences(self) -> np.ndarray:
        """The rows of the sentences so far: SENTENCE_FIELDS, shape (sentences,)."""
        return np.concatenate([np.zeros(0, dtype=SENTENCE_FIELDS), *self._sentences])

    def write(self, passages: np.ndarray, sentences: np.ndarray) -> None:
        """Write the rows, completed by their tokens, and what is known of the documents, and forget all but these and the texts.

        Raises OSError."""
        for name, data in ((DOCUMENTS, [d.to_dict() for d in self.documents]), (CONTEXTS, self._contexts)):
            (self._place / name).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        np.save(self._place / PASSAGES, passages)
        np.save(self._place / SENTENCES, sentences)
        np.save(self._place / WORDINGS, np.concatenate([np.zeros(0, dtype=WORDING_FIELDS), *self._sentence_wordings]))
        np.save(self._place / SIGNATURES, np.stack(self._signatures))
        for kept in (self.keys, self.starts, self._contexts, self._passages, self._sentences, self._signatures):
            kept.clear()
        for noted in (self._numbers, self._wordings, self._sentence_wordings):
            noted.clear()


def _sentence_row(document: int, passage: int, sentence: Sentence, same: int) -> tuple[int, ...]:
    speech = sentence.speech
    speaker = (speech.speaker.start, speech.speaker.end) if speech else (-1, -1)
    role = (speech.role.start, speech.role.end) if speech and speech.role else (-1, -1)
    kind = BLOCK_KINDS.index(sentence.kind)
    return (document, sentence.span.start, sentence.span.end, passage, sentence.block, kind, 0, 0, *speaker, *role, same)
