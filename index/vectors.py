"""Texts to vectors: what is encoded, in which order, and what is carried over from before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .collected import Collected
from .dense import EXACT, Search, build_dense, kind_for, measure_recall, write_dense
from .embed import Encoder, Progress
from .encodings import VECTORS, EncodingWriter, Stored, Unfinished, rows_digest
from .parts import Part, map_rows, share_parts, shared_names, worth_sharing
from .sparse import build_sparse, write_sparse
from .store import GENERATIONS, KEY_FIELDS, KEYS, KEYWORDS, PASSAGE_VECTORS, Index
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


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of a generation: the parts that its tokens are in; what is known of the files of shared ones, as a manifest has it;
    how many there are of everything; how is searched; and how many texts were encoded."""

    parts: tuple[Part, ...]
    files: dict[str, Any]
    counts: dict[str, int]
    search: Search
    encoded: int

    def manifest(self) -> dict[str, Any]:
        """What the manifest of the generation says of it."""
        parts = [astuple(part) for part in self.parts]
        return {"rows": parts, "files": self.files, "counts": self.counts, "search": asdict(self.search)}


def write_generation(
    place: Path,
    collected: Collected,
    encoder: Encoder,
    before: Index | None,
    unfinished: Unfinished,
    asked: bool,
    progress: Progress,
    encode: EncodeBatches = encode_here,
) -> Written:
    """Write everything that is collected, with its encodings; nothing is left to do but the manifest.

    Encodings that `before` has are taken from there when they are of this encoder and whole. `asked`: whether exact search is.
    """
    same_encoder = before and before.manifest["encoder"]["fingerprint"] == encoder.fingerprint
    reusable = before if before and same_encoder and before.vectors_fit() else None
    encoded = write_vectors(place, collected, encoder, reusable, unfinished, progress, encode)
    progress("writing", 1, 3)
    counts = {
        "documents": len(collected.documents),
        "passages": len(encoded.passages),
        "sentences": len(encoded.sentences),
        "tokens": int((encoded.passages["tokens_end"] - encoded.passages["tokens"]).sum()),
        "copies": sum(document.copy_of is not None for document in collected.documents),
    }
    collected.write(encoded.passages, encoded.sentences)
    progress("writing", 2, 3)
    write_sparse(build_sparse(collected.texts), place / KEYWORDS)
    search = write_search(place, counts["passages"], encoder.dimension, asked)
    return Written(encoded.parts, encoded.files, counts, search, encoded.count)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What `write_vectors` wrote: rows of PASSAGE_FIELDS and SENTENCE_FIELDS, completed by those of their tokens; the parts that these
    are in; what is known of the files of shared ones; and how many texts were encoded."""

    passages: np.ndarray
    sentences: np.ndarray
    parts: tuple[Part, ...]
    files: dict[str, Any]
    count: int


def write_vectors(
    place: Path,
    collected: Collected,
    encoder: Encoder,
    before: Index | None,
    unfinished: Unfinished,
    progress: Progress,
    encode: EncodeBatches = encode_here,
) -> Encoded:
    """Write the vectors of passages and tokens and the tokens' states.

    The rows of a text that `before` holds under the same key are shared with it or copied (see `index.parts`), those that
    `unfinished` holds are copied. The others are encoded once each, in batches of like length, and are handed to the system before the
    next batch begins, so that a build that is stopped loses none.
    """
    keys, texts = collected.keys, collected.texts
    passages, sentences = collected.passages(), collected.sentences()
    known = {key: before.passage_keys[key] for key in keys if key in before.passage_keys} if before else {}
    lengths = _lengths(collected, encoder, before, known)
    holders: dict[bytes, list[int]] = {}
    for i, key in enumerate(keys):
        holders.setdefault(key, []).append(i)
    shared, files = _share(before, known, place) if before else ((), {})
    base = sum(part.rows for part in shared)
    own = [0 if shared and key in known else length for key, length in zip(keys, lengths, strict=True)]
    bounds = base + np.concatenate([[0], np.cumsum(own, dtype=np.int64)])
    rows = np.zeros(len(keys), dtype=KEY_FIELDS)

    def note_rows(i: int, begin: int, starts: np.ndarray, digest: bytes) -> None:
        rows[i] = (keys[i], digest)
        _note_tokens(passages[i], sentences, begin, starts, collected.starts[i])

    def write(key: bytes, stored: Stored, note: bool) -> None:
        digest = (
            before.keys[known[key]]["rows"] if before and not note else rows_digest(stored.tokens, stored.states, stored.starts)
        )
        for i in holders[key]:
            writer.write(key, i, int(bounds[i]), stored, note=note and i == holders[key][0])
            note_rows(i, int(bounds[i]), stored.starts, digest)

    with EncodingWriter(place, encoder, base) as writer:
        missing = []
        for key, (i, *others) in holders.items():
            if before and shared and key in known:
                there = before.passages[known[key]]
                begin, end = int(there["tokens"]), int(there["tokens_end"])
                for holder in (i, *others):
                    writer.write_vector(holder, before.vector(known[key]))
                    note_rows(holder, begin, before.starts[begin:end], before.keys[known[key]]["rows"])
                continue
            stored = _carried(before, known[key]) if before and key in known else unfinished.get(key)
            if stored and len(stored.tokens) == lengths[i]:
                write(key, stored, note=key not in known)
            else:
                missing.append(i)
        writer.flush()
        missing.sort(key=lambda i: (-lengths[i], i))  # like lengths share a batch
        if missing:
            progress("embedding", 0, len(missing))  # the first batch also loads the network
            batched, done = list(batches(missing, lengths)), 0
            with closing(encode(encoder, ([texts[i] for i in batch] for batch in batched))) as encoded:
                for number, some in encoded:
                    for i, stored in zip(batched[number], some, strict=True):
                        write(keys[i], stored, note=True)
                    writer.flush()
                    done += len(some)
                    progress("embedding", done, len(missing))
    np.save(place / KEYS, rows)
    new = Part("", int(bounds[-1]) - base)
    return Encoded(passages, sentences, (*shared, new) if new.rows or not shared else shared, files, len(missing))


def _share(before: Index, known: Mapping[bytes, int], place: Path) -> tuple[tuple[Part, ...], dict[str, Any]]:
    """The parts of the generation before that this one shares with it, and what its manifest says of their files; none when little
    of them is needed or they are damaged."""
    rows = before.passages[np.fromiter(known.values(), dtype=np.int64, count=len(known))]
    live = int((rows["tokens_end"] - rows["tokens"]).sum())
    if not worth_sharing(before.parts, live) or not before.token_files_fit():
        return (), {}
    shared = share_parts(before.folder / GENERATIONS / before.name, before.parts, place)
    return shared, {new: before.manifest["files"][old] for new, old in shared_names(shared, before.name).items()}


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
