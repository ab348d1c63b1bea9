"""What the reader's training minimises."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import torch
from torch import Tensor

from qa.network import Pairs, ReaderNetwork, pairs_of

from .questions import QUESTIONS
from .reader_data import Pairing

PASSAGES = 3
"""Passages of a question in one step: those with evidence, at most two, and others."""

NEAREST = 4
"""Passages that are retrieved first for a development question, of which the others are taken."""

NEGATIVES = 0.3
"""How often a row brings its null passage from another text."""

NULL_WEIGHT, ENDS_WEIGHT, NO_ENDS = 0.5, 0.3, 0.3
"""Of the loss of a passage's null, of the answer's ends, and of these where there is no answer."""


def chosen_passages(pairing: Pairing, shuffler: random.Random) -> list[int]:
    """Which passages of a question are read in this step."""
    gold = [i for i, g in enumerate(pairing.gold) if g.any()]
    others = [i for i in range(len(pairing.passages)) if i not in gold]
    if pairing.set == QUESTIONS:
        others = others[:NEAREST]
    shuffler.shuffle(others)
    return (gold[:2] + others)[:PASSAGES]


def loss_of(network: ReaderNetwork, batch: Sequence[Pairing], shuffler: random.Random, device: str) -> Tensor:
    """The mean loss of a batch."""
    asked, passages, gold, answers, owner = [], [], [], [], []
    for number, pairing in enumerate(batch):
        for i in chosen_passages(pairing, shuffler):
            asked.append(pairing.asked)
            passages.append(pairing.passages[i])
            gold.append(pairing.gold[i])
            answers.append(pairing.answers[i])
            owner.append(number)
        if pairing.negative is not None and shuffler.random() < NEGATIVES:
            asked.append(pairing.asked)
            passages.append(pairing.negative)
            gold.append(np.zeros(int(pairing.negative.sentence.max()) + 1, dtype=bool))
            answers.append(())
            owner.append(number)
    pairs = to_device(pairs_of(asked, passages), device)
    with torch.autocast(device, torch.bfloat16):
        hidden = network.read(pairs)
    evidence, null, ends = network.score(pairs, hidden.float())
    owners = torch.tensor(owner, device=device)
    right = torch.from_numpy(np.concatenate(gold)).to(device)
    total = evidence.new_zeros(())
    for number, pairing in enumerate(batch):
        if pairing.answerable:
            here = owners[pairs.pair] == number
            odds = evidence[here] - null[pairs.pair[here]]
            total = total + torch.logsumexp(odds, 0) - torch.logsumexp(odds[right[here]], 0)
    for i in range(len(passages)):
        here = pairs.pair == i
        mass = torch.logsumexp(torch.cat([evidence[here], null[i : i + 1]]), 0)
        holds = bool(gold[i].any())
        held = torch.logsumexp(evidence[here][right[here]], 0) if holds else null[i]
        total = total + (NULL_WEIGHT / owner.count(owner[i])) * (mass - held)
        if answers[i] or not holds:
            total = total + ENDS_WEIGHT * (1.0 if holds else NO_ENDS) * _ends_loss(ends[i, : len(passages[i].tokens)], answers[i])
    return total / len(batch)


def _ends_loss(ends: Tensor, answers: Sequence[tuple[int, int]]) -> Tensor:
    """Of the first and the last token against none, whose logit is 0."""
    total = ends.new_zeros(())
    for side in (0, 1):
        logits = torch.cat([ends[:, side], ends.new_zeros(1)])
        right = [answer[side] for answer in answers] or [len(ends)]
        total = total + torch.logsumexp(logits, 0) - torch.logsumexp(logits[right], 0)
    return total


def to_device(pairs: Pairs, device: str) -> Pairs:
    """The same batch on another device."""
    return Pairs(**{f.name: getattr(pairs, f.name).to(device) for f in fields(pairs)})
