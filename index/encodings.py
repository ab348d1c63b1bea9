"""Encodings of texts on disk: where a build puts them one by one, and what it finds again after it was stopped.

    tokens.int8   states.int8   starts.uint32   one row a token, a text's rows together       kept in the generation
    vectors.float32   journal                   one row a text; what has been written          until it is published

The files have no headers: every byte belongs to some text, whose rows have a checksum of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from .embed import Encoder, Encoding
from .parts import STARTS, STATES, TOKENS, map_rows
from .tokens import quantise

VECTORS, JOURNAL = "vectors.float32", "journal"

_RECORD = np.dtype([("key", "V16"), ("vector", "<i8"), ("row", "<i8"), ("rows", "<i8"), ("digest", "V16")])
"""A text that has been written: its key, the row of its vector, the first and the number of its tokens' rows."""


def text_key(text: str) -> bytes:
    """What two texts with the same encoding have in common: 16 bytes of BLAKE2b."""
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def rows_digest(tokens: np.ndarray, states: np.ndarray, starts: np.ndarray) -> bytes:
    """The checksum of a text's rows in the three files: 8 bytes of BLAKE2b."""
    digest = hashlib.blake2b(digest_size=8)
    for rows in (tokens, states, starts):
        digest.update(np.ascontiguousarray(rows).data)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Stored:
    """A text's encoding as it is kept.

    `vector`: float32, shape (dimension,). `tokens` and `states`: int8, shapes (t, token_dimension) and (t, state_dimension),
    the latter 0 without states. `starts`: uint32, shape (t,), the character at which each token begins in the text.
    """

    vector: np.ndarray
    tokens: np.ndarray
    states: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, encoding: Encoding) -> Stored:
        """What is kept of an encoder's encoding."""
        states = np.zeros((len(encoding.tokens), 0), dtype=np.int8) if encoding.states is None else encoding.states
        return cls(encoding.vector, quantise(encoding.tokens), states, encoding.offsets[:, 0].astype(np.uint32))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a row is in each of the files: its numbers' type and how many they are."""

    columns: tuple[tuple[str, int], ...]  # of vectors, tokens, states and starts
    head: bytes  # the journal's first line

    @classmethod
    def of(cls, encoder: Encoder) -> _Layout:
        columns = (("<f4", encoder.dimension), ("i1", encoder.token_dimension), ("i1", encoder.state_dimension), ("<u4", 1))
        return cls(columns, f"encodings 1 {encoder.fingerprint} {columns}\n".encode())

    def size(self, file: int) -> int:
        """Bytes of a row."""
        kind, width = self.columns[file]
        return np.dtype(kind).itemsize * width


_FILES = (VECTORS, TOKENS, STATES, STARTS)


class EncodingWriter:
    """Writes encodings into a generation's folder, each at its place, and notes in the journal what is there.

    Nothing is mapped: a full disk is an OSError, and what is written takes no memory of this process.
    """

    def __init__(self, place: Path, encoder: Encoder, before: int = 0) -> None:
        """`before`: how many rows of tokens the generation has in other files, which are numbered first."""
        self._layout, self._before = _Layout.of(encoder), before
        self._open = ExitStack()
        self._files = [self._open.enter_context((place / name).open("wb")) for name in _FILES]
        self._journal = self._open.enter_context((place / JOURNAL).open("wb"))

    def __enter__(self) -> EncodingWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def write(self, key: bytes, number: int, row: int, stored: Stored, *, note: bool) -> None:
        """Write the encoding of text `number`, its tokens from row `row` on. Raises OSError.

        With `note` it goes into the journal: it is nowhere else.
        """
        row, parts = row - self._before, _as_bytes(stored)
        for i, (first, part) in enumerate(zip((number, row, row, row), parts, strict=True)):
            self._put(i, first, part)
        if note:
            self._note(key, number, row, stored, parts)

    def write_vector(self, number: int, vector: np.ndarray) -> None:
        """Write the vector of text `number`, whose tokens are in other files. Raises OSError."""
        self._put(0, number, vector.astype("<f4").tobytes())

    def _put(self, file: int, row: int, data: bytes) -> None:
        self._files[file].seek(row * self._layout.size(file))
        self._files[file].write(data)

    def _note(self, key: bytes, number: int, row: int, stored: Stored, parts: tuple[bytes, ...]) -> None:
        if self._journal.tell() == 0:
            self._journal.write(self._layout.head)
        record = np.array((key, number, row, len(stored.tokens), _digest(parts)), dtype=_RECORD)
        self._journal.write(record.tobytes())

    def flush(self) -> None:
        """Hand everything to the system, so that it outlives this process. Raises OSError."""
        for file in (*self._files, self._journal):
            file.flush()


class Unfinished:
    """What stopped builds have encoded, by the key of the text. Whatever is torn, changed or of another model is not there."""

    def __init__(self, places: Sequence[Path], encoder: Encoder) -> None:
        self._layout = _Layout.of(encoder)
        self._found: dict[bytes, tuple[list[np.ndarray], np.void]] = {}
        for place in places:
            self._read(place)

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: bytes) -> Stored | None:
        """The encoding of a text, read and checked."""
        files, record = self._found.get(key, (None, None))
        if files is None or record is None:
            return None
        first, count = int(record["row"]), int(record["rows"])
        vector = _rows(files[0], int(record["vector"]), 1)
        tokens, states, starts = (_rows(file, first, count) for file in files[1:])
        if len(vector) < 1 or min(len(tokens), len(states), len(starts)) < count:  # cut short by a loss of power
            return None
        stored = Stored(vector[0], tokens, states, starts[:, 0])
        return stored if _digest(_as_bytes(stored)) == record["digest"].tobytes() else None

    def _read(self, place: Path) -> None:
        try:
            head, _, data = (place / JOURNAL).read_bytes().partition(b"\n")
            if head + b"\n" != self._layout.head:
                return
            files = []
            for i, (name, (kind, width)) in enumerate(zip(_FILES, self._layout.columns, strict=True)):
                size = self._layout.size(i)
                files.append(map_rows(place / name, (place / name).stat().st_size // size if size else 0, width, kind))
        except OSError:
            return
        records = np.frombuffer(data, dtype=_RECORD, count=len(data) // _RECORD.itemsize)
        self._found |= {record["key"].tobytes(): (files, record) for record in records}


def _as_bytes(stored: Stored) -> tuple[bytes, ...]:
    return (
        stored.vector.astype("<f4").tobytes(),
        stored.tokens.tobytes(),
        stored.states.tobytes(),
        stored.starts.astype("<u4").tobytes(),
    )


def _digest(parts: Sequence[bytes]) -> bytes:
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()


def _rows(file: np.ndarray, first: int, count: int) -> np.ndarray:
    return file[first : first + count] if file.shape[1] else np.zeros((count, 0), dtype=file.dtype)
