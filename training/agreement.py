"""Make `index/agreement.npz`: what sentence-transformers makes of a few texts, so that a faster network can be held against it.

    python -m training.agreement

It must be made again when the model or the layer of `index/token_states.npz` changes.
"""

from __future__ import annotations

import numpy as np
from tokenizers import Tokenizer

from index.agreement import AGREEMENT
from index.embed import PACKAGE_SHA256, SentenceTransformerEncoder, padded
from index.reference import ReferenceNetwork
from index.states import TOKEN_STATES, read_states

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
    states = read_states(TOKEN_STATES, PACKAGE_SHA256)
    assert states, "index/token_states.npz was made for another model"
    encoder = SentenceTransformerEncoder()
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
