"""The reader's network: upper layers of the encoder over the inner states of a question and a passage together.

The lower layers have read question and passage apart, the passage when the index was built (Cao et al. 2020, DeFormer; MacAvaney
et al. 2020, PreTTR). So that the upper ones need not learn anew which tokens mean the same, half of the attention heads are
biased by the similarity of late interaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from index.tokens import restore

from .joint import (
    CODE_UNIT,
    HEADS,
    NOWHERE,
    SIMILARITY_BIAS,
    WIDTH,
    AskedTokens,
    PassageRead,
    PassageTokens,
    exact_words,
    late_features,
)

INNER = 1536


@dataclass(frozen=True, slots=True)
class Pairs:
    """A batch of w pairs of a question and a passage, padded to q and t tokens.

    `question` (w, q, WIDTH) are inner states and `passage` (w, t, d) the codes of such, `question_mask` (w, q) and
    `passage_mask` (w, t) are true where there is a token, `weights` (w, q, 2) are what each question token counts by idf and by learned importance,
    `similarity` (w, t, q) is that of late interaction. `sentence` (tokens,) numbers the sentence of each unpadded passage token
    through the batch, -1 for none; `late` (n, 5), see `qa.joint.late_features`, and `pair` (n,) are of the n sentences.
    """

    question: Tensor
    question_mask: Tensor
    weights: Tensor
    passage: Tensor
    passage_mask: Tensor
    similarity: Tensor
    sentence: Tensor
    late: Tensor
    pair: Tensor


class JointLayer(nn.Module):
    """A BERT layer (Devlin et al. 2019) whose attention takes an additive bias."""

    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.Linear(WIDTH, 3 * WIDTH)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.mix_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.expand = nn.Linear(WIDTH, INNER)
        self.contract = nn.Linear(INNER, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """`x` (w, s, WIDTH), `bias` (2 w, 1, s, s): that of the first half of the heads, then of the others; returns (w, s, WIDTH)."""
        w, s, _ = x.shape
        heads = self.attend(x).view(w, s, 3, 2, HEADS // 2, WIDTH // HEADS).permute(2, 3, 0, 4, 1, 5)
        query, key, value = heads.reshape(3, 2 * w, HEADS // 2, s, WIDTH // HEADS)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        seen = seen.view(2, w, HEADS // 2, s, WIDTH // HEADS).permute(1, 3, 0, 2, 4)
        seen = self.mix(seen.reshape(w, s, WIDTH))
        x = self.mix_norm(x + seen)
        return self.norm(x + self.contract(functional.gelu(self.expand(x))))


class ReaderNetwork(nn.Module):
    """Scores of sentences as evidence, of passages as holding none, and of tokens as ends of the answer."""

    def __init__(self, layers: int, code_length: int) -> None:
        super().__init__()
        self.decode = nn.Linear(code_length, WIDTH)
        self.layers = nn.ModuleList([JointLayer() for _ in range(layers)])
        self.kinds = nn.Parameter(torch.zeros(2, WIDTH))  # added to the states of the question and of the passage
        self.start = nn.Parameter(torch.zeros(WIDTH))  # the first token, which gathers whether there is an answer
        self.token_match = nn.Linear(3, WIDTH)
        self.late = nn.Parameter(torch.tensor([4.0, 6.0, 11.0, 4.0, -0.3]))  # as `training.late_interaction` begins
        self.evidence = nn.Linear(2 * WIDTH, 1)
        self.evident_token = nn.Linear(WIDTH, 1)
        self.null = nn.Linear(WIDTH, 1)
        self.null_late = nn.Linear(3, 1)
        self.ends = nn.Linear(WIDTH, 2)

    def forward(self, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
        """Logits: of each sentence as evidence (n,), of each pair as having none (w,), and of the passage's tokens as first and
        as last of the answer's words (w, t, 2). The first two are on one scale."""
        return self.score(pairs, self.read(pairs).float())

    def score(self, pairs: Pairs, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What `forward` gives, from the hidden states of `read`."""
        begin = 1 + pairs.question.shape[1]
        tokens = hidden[:, begin:]
        counted = pairs.sentence >= 0
        sentence, vectors = pairs.sentence[counted], tokens[pairs.passage_mask][counted]
        count = len(pairs.late)
        mean = _sums(vectors, sentence, count) / _sums(vectors.new_ones(len(vectors), 1), sentence, count).clamp(min=1)
        evident = self.evident_token(vectors)[:, 0]
        most = vectors.new_full((count,), NOWHERE).scatter_reduce(0, sentence, evident, "amax")
        share = torch.exp(evident - most[sentence].detach())[:, None]
        attended = _sums(vectors * share, sentence, count) / _sums(share, sentence, count).clamp(min=1e-9)
        evidence = pairs.late @ self.late + self.evidence(torch.cat([mean, attended], 1))[:, 0] + most
        best = vectors.new_full((len(hidden), 3), -1.0)
        best = best.scatter_reduce(0, pairs.pair[:, None].expand(-1, 3), pairs.late[:, :3], "amax")
        null = self.null(hidden[:, 0])[:, 0] + self.null_late(best)[:, 0]
        return evidence, null, self.ends(tokens)

    def read(self, pairs: Pairs) -> Tensor:
        """Hidden states of the start, the question and the passage: (w, 1 + q + t, WIDTH)."""
        similarity = pairs.similarity.masked_fill(~pairs.question_mask[:, None], -1.0)
        matched = torch.stack(
            [similarity.amax(2), *(3 * (similarity * pairs.weights[:, None, :, i]).sum(2) for i in (0, 1))], dim=2
        )
        question = pairs.question + self.kinds[0]
        passage = self.decode(pairs.passage / CODE_UNIT) + self.kinds[1] + self.token_match(matched)
        x = torch.cat([self.start.expand(len(passage), 1, -1), question, passage.to(question.dtype)], 1)
        x = x.to(self.layers[0].norm.weight.dtype)
        bias = self._bias(pairs, similarity)
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def _bias(self, pairs: Pairs, similarity: Tensor) -> Tensor:
        """What is added to the logits of attention, (2 w, 1, s, s): padding is not looked at, and half of the heads prefer the like."""
        w, begin = len(similarity), 1 + pairs.question.shape[1]
        there = torch.cat([pairs.question_mask.new_ones(w, 1), pairs.question_mask, pairs.passage_mask], 1)
        padding = torch.zeros(there.shape, device=there.device).masked_fill(~there, NOWHERE)
        s = there.shape[1]
        alike = similarity.new_zeros(w, s, s)
        alike[:, begin:, 1:begin] = similarity.clamp(min=0) * SIMILARITY_BIAS
        alike[:, 1:begin, begin:] = alike[:, begin:, 1:begin].transpose(1, 2)
        return torch.cat([alike + padding[:, None], padding[:, None].expand(w, s, s)])[:, None]


def _sums(rows: Tensor, group: Tensor, count: int) -> Tensor:
    """The rows (n, d) summed by group: (count, d)."""
    return rows.new_zeros(count, rows.shape[1]).index_add(0, group, rows)


def load_network(weights: Path, layers: int, code_length: int) -> ReaderNetwork:
    """The network with the weights of a safetensors file, ready to read; its layers in bfloat16 where the processor multiplies
    matrices of that at once (three times as fast as float32 there; elsewhere it would be slower)."""
    network = ReaderNetwork(layers, code_length)
    network.load_state_dict(load_file(weights))  # copied into float32
    if torch.cpu.get_capabilities().get("amx_bf16"):
        network.layers.to(torch.bfloat16)
    return network.eval()


def read_pairs(network: ReaderNetwork, asked: AskedTokens, passages: Sequence[PassageTokens]) -> list[PassageRead]:
    """What the network says of each passage for a question."""
    pairs = pairs_of([asked] * len(passages), passages)
    with torch.inference_mode():
        evidence, null, ends = (t.numpy() for t in network(pairs))
    pair = pairs.pair.numpy()
    return [
        PassageRead(evidence[pair == i], float(null[i]), exact_words(ends[i, : len(passage.tokens)], passage.sentence))
        for i, passage in enumerate(passages)
    ]


def pairs_of(asked: Sequence[AskedTokens], passages: Sequence[PassageTokens]) -> Pairs:
    """A padded batch of questions and passages, one of each a pair."""

    def padded(rows: list[np.ndarray]) -> Tensor:
        return pad_sequence([torch.from_numpy(np.ascontiguousarray(r, dtype=np.float32)) for r in rows], batch_first=True)

    def mask(lengths: list[int]) -> Tensor:
        return torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]

    similarities = [restore(p.tokens) @ a.tokens.T for a, p in zip(asked, passages, strict=True)]
    late = [late_features(a, s, p.sentence) for a, s, p in zip(asked, similarities, passages, strict=True)]
    counts = [len(rows) for rows in late]
    firsts = np.cumsum([0, *counts[:-1]])
    sentence = np.concatenate([np.where(p.sentence >= 0, p.sentence + f, -1) for p, f in zip(passages, firsts, strict=True)])
    widest = max(s.shape[1] for s in similarities)
    return Pairs(
        question=padded([a.states for a in asked]),
        question_mask=mask([len(a.tokens) for a in asked]),
        weights=padded([np.stack([a.weights, a.importance], axis=1) for a in asked]),
        passage=padded([p.states for p in passages]),
        passage_mask=mask([len(p.tokens) for p in passages]),
        similarity=padded([np.pad(s, ((0, 0), (0, widest - s.shape[1]))) for s in similarities]),
        sentence=torch.from_numpy(sentence.astype(np.int64)),
        late=torch.from_numpy(np.concatenate(late)),
        pair=torch.from_numpy(np.repeat(np.arange(len(passages)), counts)),
    )
