"""Make `index/agreement.npz`: what sentence-transformers makes of a few texts, so that a faster network can be held against it;
and `qa/reader/agreement.npz`: what the reader says of them on torch in 32 bits.

    python -m training.agreement

They must be made again when the model, the layer of `index/token_states.npz` or the reader changes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from index import build_index, open_index
from index.agreement import AGREEMENT
from index.embed import PACKAGE_SHA256, SentenceTransformerEncoder, padded
from index.reference import ReferenceNetwork
from index.states import TOKEN_STATES, read_states
from qa.fast_reader import AGREEMENT as READER_AGREEMENT
from qa.network import load_network, read_pairs
from qa.question import parse_question
from qa.read import passage_tokens
from qa.reader import READER, WEIGHTS, Reader

from .reader_data import asked_by

QUESTIONS = (
    "When does the ferry to Tarn sail in winter?",
    "Who is responsible for the new school?",
    "how much did it cost",
    "Qui a dessiné le pont ?",
)
PASSAGES = (
    "In winter the ferry sails from Ostwick at 7.40 and 16.15, on weekdays only; there is no crossing in a storm.",
    "Ann Lee, cabinet member for education, said: “The new school is my responsibility, and I shall answer for it.”",
    "The works came to £1,204,000, a third more than had been estimated.",
    "The bridge was drawn by Jean Café, of Montréal 🙂.",
    "Yes.",
    "The committee heard that 41 letters had been received, 29 of them in support, and that the footpath to the station stays open.",
)


def main() -> None:
    encoder = SentenceTransformerEncoder()
    _write_encoder_sample(encoder)
    _write_reader_sample(encoder)


def _write_reader_sample(encoder: SentenceTransformerEncoder) -> None:
    reader = Reader(token_offsets=encoder.token_offsets)
    with tempfile.TemporaryDirectory() as root:
        sources = Path(root, "sources")
        sources.mkdir()
        for name, texts in (("all", PASSAGES), ("some", PASSAGES[1:4]), ("one", PASSAGES[:1])):
            (sources / f"{name}.txt").write_text(" ".join(texts), encoding="utf-8")
        build_index(sources, Path(root, "index"), encoder=encoder)
        index = open_index(Path(root, "index"), encoder.fingerprint)
        (asked,) = asked_by([parse_question(QUESTIONS[0], index, encoder)], encoder)
        passages = [passage_tokens(index, number)[0] for number in range(len(index.passages))]
    network = load_network(READER / WEIGHTS, reader.report["layers"], reader.report["code_length"]).float()
    said = read_pairs(network, asked, passages)
    np.savez_compressed(
        READER / READER_AGREEMENT,
        weights=reader.report["sha256"],
        asked_tokens=asked.tokens,
        asked_states=asked.states,
        asked_weights=asked.weights,
        asked_importance=asked.importance,
        lengths=[len(passage.tokens) for passage in passages],
        tokens=np.concatenate([passage.tokens for passage in passages]),
        states=np.concatenate([passage.states for passage in passages]),
        sentence=np.concatenate([passage.sentence for passage in passages]),
        evidence=np.concatenate([passage.evidence for passage in said]),
        null=np.array([passage.null for passage in said], dtype=np.float32),
    )
    print(f"{len(passages)} passages with the reader on torch in 32 bits")


def _write_encoder_sample(encoder: SentenceTransformerEncoder) -> None:
    states = read_states(TOKEN_STATES, PACKAGE_SHA256)
    assert states, "index/token_states.npz was made for another model"
    network = ReferenceNetwork(encoder.folder, states.layer)
    tokenizer = Tokenizer.from_file(str(encoder.folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids, mask = padded([piece.ids for piece in tokenizer.encode_batch([*QUESTIONS, *PASSAGES])])
    vectors, tokens, inner = network.run(ids, mask)
    assert inner is not None
    there = mask.astype(bool)
    np.savez_compressed(
        AGREEMENT,
        model=PACKAGE_SHA256,
        ids=ids,
        mask=mask,
        questions=len(QUESTIONS),
        layer=states.layer,
        vectors=vectors,
        tokens=tokens[there].astype(np.float16),
        states=inner[there].astype(np.float16),
    )
    print(f"{len(ids)} texts, {int(there.sum())} tokens, with {network.name}")


if __name__ == "__main__":
    main()
