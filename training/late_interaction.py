"""Make `index/late_interaction.npz`: how the tokens of a question and of a passage are compared.

    python -m training.late_interaction --data DIR [--folds DIR] [--cache FILE]

Two linear projections of the encoder's token vectors, one for passages and one for questions, and a vector that gives each
question token its importance. They begin as the leading eigenvectors of the uncentred second-moment matrix of the passages' tokens (PCA
without centring) and are trained by Adam so that evidence sentences score above the others of their text (listwise softmax);
the encoder itself stays as it is. A sentence scores by a sum of late interactions (Khattab & Zaharia 2020, ColBERT): the
best similarity of each question token, averaged by idf, evenly, and by learned importance. The groups of the reading data that are
held back are only measured. `--folds` also writes a file for each fold of the question collections, trained without
them: what the later fits need to see them as unseen.
"""

from __future__ import annotations

import argparse
import pickle
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from index.digest import file_digest
from index.embed import LATE_INTERACTION, SentenceTransformerEncoder
from index.tokens import restore
from qa.evaluate_reading import share_of
from qa.features import MAX_QUESTION, collection_of, windows_of
from qa.labelled import read_reading
from qa.question import parse_question
from qa.read import token_weights_of

from .questions import FOLDS, QUESTIONS, fold_of, gold_numbers, try_questions

FIT = {"selqa-train": None, "nq-oracle": None, "squad2-half": None, "qed-train": 4000}
MEASURE = {"qed-dev": 400, "selqa-dev": 300}
DIMENSIONS, SEED = 128, 1
EPOCHS, BATCH, RATE, MIX_RATE, WARM_UP = 3, 16, 5e-4, 5e-2, 30
QUESTION_REPEATS = 2
"""The development questions are seen this often in an epoch: they are what users ask."""


@dataclass(frozen=True, slots=True)
class Text:
    """A question over sentences, as vectors: `question` float32 (q, d), `weights` (q,) the idf share of its tokens,
    `tokens` int8 (t, d), `lengths` the tokens of each sentence, `follows` whether it follows the sentence before, `gold`."""

    set: str
    group: str
    question: np.ndarray
    weights: np.ndarray
    tokens: np.ndarray
    lengths: np.ndarray
    follows: np.ndarray
    gold: np.ndarray


def reading_texts(rows: Sequence[dict[str, Any]], encoder: SentenceTransformerEncoder) -> Iterator[Text]:
    """The answerable rows of the reading data with more than one sentence."""
    collection: Any = SimpleNamespace(keywords=collection_of(rows))
    for row in rows:
        sentences = [" ".join(row["text"][a:b].split()) for a, b in row["sentences"]]
        (windows,) = windows_of([sentences], encoder)
        kept = [i for window in windows for i in window.sentences]
        gold = np.isin(kept, row["evidence"])
        if not gold.any() or len(kept) < 2:
            continue
        question = parse_question(row["question"][:MAX_QUESTION], collection, encoder)
        encoding = encoder.encode_question(question.text)
        lengths = np.concatenate([np.unique(window.passage.sentence, return_counts=True)[1] for window in windows])
        yield Text(
            row["set"],
            row["group"],
            encoding.tokens,
            token_weights_of(question, encoding),
            np.concatenate([window.passage.tokens for window in windows]),
            lengths,
            np.arange(len(kept)) > 0,
            gold,
        )


def question_texts(encoder: SentenceTransformerEncoder) -> Iterator[Text]:
    """The answerable development questions over the sentences of the passages that are retrieved for them."""
    for tried in try_questions(lambda _: encoder):
        reading = tried.weighed.reading
        numbers = np.array(sorted(e.number for e in reading.evidence), dtype=np.int64)
        gold = np.isin(numbers, list(gold_numbers(tried)))
        if not gold.any() or len(numbers) < 2:
            continue
        rows = tried.index.sentences[numbers]
        follows = np.zeros(len(numbers), dtype=bool)
        follows[1:] = (np.diff(numbers) == 1) & (np.diff(rows["document"]) == 0)
        tokens = np.concatenate([np.asarray(tried.index.tokens[r["tokens"] : r["tokens_end"]]) for r in rows])
        encoding = encoder.encode_question(tried.weighed.question.text)
        weights = token_weights_of(tried.weighed.question, encoding)
        lengths = rows["tokens_end"] - rows["tokens"]
        yield Text(QUESTIONS, tried.collection, encoding.tokens, weights, tokens, lengths, follows, gold)


class LateInteraction(torch.nn.Module):
    """Scores of sentences for a question. `mix` weighs the three averages, what the sentence before adds, and the length."""

    def __init__(self, start: np.ndarray) -> None:
        super().__init__()
        self.passage = torch.nn.Parameter(torch.tensor(start))
        self.question = torch.nn.Parameter(torch.tensor(start))
        self.importance = torch.nn.Parameter(torch.zeros(len(start)))
        self.mix = torch.nn.Parameter(torch.tensor([4.0, 6.0, 11.0, 4.0, -0.3]))

    def forward(self, text: Text) -> torch.Tensor:
        raw, weights = torch.tensor(text.question), torch.tensor(text.weights, dtype=torch.float32)
        question = torch.nn.functional.normalize(raw @ self.question, dim=1)
        passage = torch.nn.functional.normalize(torch.tensor(restore(text.tokens)) @ self.passage, dim=1)
        count = len(text.lengths)
        sentence = torch.tensor(np.repeat(np.arange(count), text.lengths))[None].expand(len(raw), -1)
        match = torch.full((len(raw), count), -1.0).scatter_reduce(1, sentence, question @ passage.T, "amax")
        before = torch.cat([torch.zeros(len(raw), 1), match[:, :-1]], 1) * torch.tensor(text.follows, dtype=torch.float32)
        parts = (
            weights @ match,
            match.mean(0),
            torch.softmax(raw @ self.importance, 0) @ match,
            weights @ torch.relu(before - match),
            torch.log1p(torch.tensor(text.lengths, dtype=torch.float32)),
        )
        return self.mix @ torch.stack(parts)


def start_of(texts: Sequence[Text]) -> np.ndarray:
    """The leading DIMENSIONS eigenvectors of the second moments of a sample of passage tokens: float32 (d, DIMENSIONS)."""
    moment = sum((v := restore(t.tokens)).T @ v for t in random.Random(SEED).sample(list(texts), min(500, len(texts))))
    return np.ascontiguousarray(np.linalg.eigh(moment)[1][:, ::-1][:, :DIMENSIONS], dtype=np.float32)


def train(texts: Sequence[Text], start: np.ndarray) -> LateInteraction:
    """Adam with a warm-up and a linear decay; the same texts in the same order give the same result on one machine."""
    torch.manual_seed(SEED)
    order = random.Random(SEED)
    model = LateInteraction(start)
    projections = [p for name, p in model.named_parameters() if name != "mix"]
    optimiser = torch.optim.Adam([{"params": projections, "lr": RATE}, {"params": [model.mix], "lr": MIX_RATE}])
    data = [t for t in texts for _ in range(QUESTION_REPEATS if t.set == QUESTIONS else 1)]
    steps = EPOCHS * -(-len(data) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda i: min(1, (i + 1) / WARM_UP) * max(0.02, 1 - i / steps))
    for _ in range(EPOCHS):
        order.shuffle(data)
        for begin in range(0, len(data), BATCH):
            optimiser.zero_grad()
            for text in data[begin : begin + BATCH]:
                scores = model(text)
                (torch.logsumexp(scores, 0) - torch.logsumexp(scores[torch.tensor(text.gold)], 0)).div(BATCH).backward()
            optimiser.step()
            schedule.step()
    return model


@torch.no_grad()
def measure(model: LateInteraction, texts: Sequence[Text]) -> str:
    """Evidence sentence first, and its mean reciprocal rank."""
    ranks = [1 + int(np.flatnonzero(t.gold[np.argsort(-model(t).numpy(), kind="stable")])[0]) for t in texts]
    return f"n {len(ranks):4}  first {np.mean([r == 1 for r in ranks]):.3f}  MRR {np.mean([1 / r for r in ranks]):.3f}"


def write(model: LateInteraction, path: Path, encoder: SentenceTransformerEncoder) -> None:
    """The file that `index.embed` reads, in half precision."""
    arrays = {name: p.detach().numpy().astype(np.float16) for name, p in model.named_parameters() if name != "mix"}
    np.savez(path, **arrays, model=file_digest(encoder.folder / "model.safetensors"))  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the projections of late interaction.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled reading data")
    parser.add_argument("--folds", type=Path, help="folder for the files trained without a third of the question collections")
    parser.add_argument("--cache", type=Path, help="keep the token vectors in this file (about 1 GB)")
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder(late_interaction=None)
    if arguments.cache and arguments.cache.exists():
        texts = pickle.loads(arguments.cache.read_bytes())
    else:
        texts = []
        for name, limit in (FIT | MEASURE).items():
            texts += reading_texts(read_reading(arguments.data / f"{name}.jsonl.gz", limit), encoder)
            print(f"{name}: encoded", flush=True)
        texts += question_texts(encoder)
        if arguments.cache:
            arguments.cache.write_bytes(pickle.dumps(texts, protocol=5))
    fitted = [t for t in texts if t.set in FIT and share_of(t.group) % 3]
    asked = [t for t in texts if t.set == QUESTIONS]
    start = start_of(fitted)
    for fold in range(FOLDS if arguments.folds else 0):
        out = [t for t in asked if fold_of(t.group) == fold]
        model = train(fitted + [t for t in asked if fold_of(t.group) != fold], start)
        arguments.folds.mkdir(parents=True, exist_ok=True)
        write(model, arguments.folds / f"fold{fold}.npz", encoder)
        for collection in sorted({t.group for t in out}):
            print(f"{collection + ', left out':36} {measure(model, [t for t in out if t.group == collection])}", flush=True)
    started = time.monotonic()
    model = train(fitted + asked, start)
    write(model, LATE_INTERACTION, encoder)
    print(f"trained in {time.monotonic() - started:.0f} s; mix {[round(float(m), 2) for m in model.mix]}")
    for name in FIT:
        held = [t for t in texts if t.set == name and share_of(t.group) % 3 == 0]
        print(f"{name + ', held-back groups':36} {measure(LateInteraction(start), held)}  ->  {measure(model, held)}")
    for name in MEASURE:
        held = [t for t in texts if t.set == name]
        print(f"{name:36} {measure(LateInteraction(start), held)}  ->  {measure(model, held)}")


if __name__ == "__main__":
    main()
