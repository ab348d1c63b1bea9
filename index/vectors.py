"""Texts to vectors: what is encoded, in which order, and what is carried over from before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from .collected import Collected
from .dense import EXACT, Search, build_dense, kind_for, measure_recall, write_dense
from .embed import Encoder, Progress
from .encodings import VECTORS, EncodingWriter, Stored, Unfinished, map_rows, rows_digest
from .store import KEY_FIELDS, KEYS, PASSAGE_VECTORS, Index
from .tokens import token_ranges

BATCH_TOKENS = 2048
"""Tokens encoded at once, padding included: more are no faster on a processor, and a build that is stopped waits for only these."""

COUNTED = 1024
"""Texts whose tokens are counted at once."""


EncodeBatches = Callable[[Encoder, Iterable[list[str]]], Iterator[tuple[int, list[Stored]]]]
"""What gives the encodings of batches of texts, each with the batch's number, in any order."""


def encode_here(encoder: Encoder, batches: Iterable[list[str]]) -> Iterator[tuple[int, list[Stored]]]:
    """One batch after the other, in this process."""
    for number, texts in enumerate(batches):
        yield number, [Stored.of(encoding) for encoding in encoder.encode(texts)]


def write_vectors(
    place: Path,
    collected: Collected,
    encoder: Encoder,
    before: Index | None,
    unfinished: Unfinished,
    progress: Progress,
    encode: EncodeBatches = encode_here,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Write the vectors of passages and tokens and the tokens' states. Returns the rows of passages and of sentences, completed
    by those of their tokens, and how many texts were encoded.

    A text that `before` or `unfinished` holds under the same key is copied from there. The others are encoded once each, in
    batches of like length, and are handed to the system before the next batch begins, so that a build that is stopped loses none.
    """
    keys, texts = collected.keys, collected.texts
    passages, sentences = collected.passages(), collected.sentences()
    known = {key: before.passage_keys[key] for key in keys if key in before.passage_keys} if before else {}
    lengths = _lengths(collected, encoder, before, known)
    bounds = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    holders: dict[bytes, list[int]] = {}
    for i, key in enumerate(keys):
        holders.setdefault(key, []).append(i)
    rows = np.zeros(len(keys), dtype=KEY_FIELDS)

    def write(key: bytes, stored: Stored, note: bool) -> None:
        digest = (
            before.keys[known[key]]["rows"] if before and not note else rows_digest(stored.tokens, stored.states, stored.starts)
        )
        for i in holders[key]:
            writer.write(key, i, int(bounds[i]), stored, note=note and i == holders[key][0])
            rows[i] = (key, digest)
            _note_tokens(passages[i], sentences, int(bounds[i]), stored.starts, collected.starts[i])

    with EncodingWriter(place, encoder) as writer:
        missing = []
        for key, (i, *_) in holders.items():
            stored = _carried(before, known[key]) if before and key in known else unfinished.get(key)
            if stored and len(stored.tokens) == lengths[i]:
                write(key, stored, note=key not in known)
            else:
                missing.append(i)
        writer.flush()
        missing.sort(key=lambda i: (-lengths[i], i))  # like lengths share a batch
        if missing:
            progress("embedding", 0, len(missing))  # the first batch also loads the network
            parts, done = list(batches(missing, lengths)), 0
            with closing(encode(encoder, ([texts[i] for i in part] for part in parts))) as encoded:
                for number, some in encoded:
                    for i, stored in zip(parts[number], some, strict=True):
                        write(keys[i], stored, note=True)
                    writer.flush()
                    done += len(some)
                    progress("embedding", done, len(missing))
    np.save(place / KEYS, rows)
    return passages, sentences, len(missing)


def batches(texts: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Texts, the longest first, in batches of at most BATCH_TOKENS tokens when each is padded to the first; a longer one stands alone."""
    batch: list[int] = []
    for i in texts:
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def write_search(place: Path, count: int, dimension: int, asked: bool) -> Search:
    """Write the index of the `count` vectors that `write_vectors` has written; its kind goes by their number, exact where that is `asked` for."""
    vectors = map_rows(place / VECTORS, count, dimension, "<f4")
    kind = kind_for(count, dimension, asked)
    index = build_dense(vectors, kind)
    write_dense(index, place / PASSAGE_VECTORS)
    return Search(kind, asked, 1.0 if kind == EXACT else measure_recall(index, vectors))


def _lengths(collected: Collected, encoder: Encoder, before: Index | None, known: dict[bytes, int]) -> list[int]:
    """How many tokens each text has."""
    lengths = [0] * len(collected.keys)
    unknown = []
    for i, key in enumerate(collected.keys):
        if before and key in known:
            row = before.passages[known[key]]
            lengths[i] = int(row["tokens_end"] - row["tokens"])
        else:
            unknown.append(i)
    for begin in range(0, len(unknown), COUNTED):
        some = unknown[begin : begin + COUNTED]
        for i, count in zip(some, encoder.count_tokens([collected.texts[i] for i in some]), strict=True):
            lengths[i] = count
    return lengths


def _carried(before: Index, passage: int) -> Stored | None:
    """The encoding of a passage of the generation before; None where its rows are damaged, which only costs encoding it again."""
    if not before.rows_fit(passage):
        return None
    row = before.passages[passage]
    rows = slice(int(row["tokens"]), int(row["tokens_end"]))
    states = before.states[rows] if before.states is not None else np.zeros((rows.stop - rows.start, 0), dtype=np.int8)
    return Stored(before.vector(passage), before.tokens[rows], states, before.starts[rows])


def _note_tokens(passage: np.void, sentences: np.ndarray, begin: int, tokens: np.ndarray, starts: np.ndarray) -> None:
    """Note which rows of tokens, from `begin` on, belong to a passage and to its sentences, by where these begin in its text."""
    ranges = token_ranges(tokens, starts)
    passage["tokens"], passage["tokens_end"] = begin, begin + len(tokens)
    own = sentences[passage["first"] : passage["last"]]
    own["tokens"], own["tokens_end"] = begin + ranges[:-1], begin + ranges[1:]
