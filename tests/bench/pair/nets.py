"""The models that read message and stored pair together, in torch.

Each is trained on public pairs first (where it can be), then on pairs of the phrasings, and gives
a logit for a pair. One seed gives one model: the same machine and build give the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.bench.pair.e5 import Encoder, Weights
from tests.bench.pair.rows import Pair
from tests.bench.pair.states import Covers, Text, look

Sample = tuple[Pair, float]  # with its weight
Batch = Callable[[Sequence[Pair]], tuple[Tensor, ...]]
_ENCODER = "encoder."  # what E5 has learned already
_SLOWER = 0.05  # it learns by so much less
_LONGEST_MESSAGE, _LONGEST_ASKED, _LONGEST_ANSWER = 48, 48, 64  # pieces


@dataclass(frozen=True)
class Pace:
    """How a model is trained."""

    epochs: int
    rate: float
    size: int = 32
    decay: float = 0.01


class Learner:
    """A network with what it reads of pairs."""

    def __init__(self, net: nn.Module, batch: Batch) -> None:
        self.net = net
        self._batch = batch

    def train(self, samples: Sequence[Sample], pace: Pace, seed: int) -> None:
        learned = [own for own in self.net.parameters() if own.requires_grad]
        known = [own for name, own in self.net.named_parameters() if _ENCODER in name]
        rates = [pace.rate * _SLOWER if any(own is one for one in known) else pace.rate
                 for own in learned]  # fmt: skip
        groups = [{"params": [own]} for own in learned]
        optimizer = torch.optim.AdamW(groups, pace.rate, weight_decay=pace.decay)
        steps = pace.epochs * -(-len(samples) // pace.size)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, steps, pct_start=0.1)
        self.net.train()
        for chosen in _batches(samples, pace, seed):
            pairs = [pair for pair, _ in chosen]
            right = torch.tensor([float(pair.right) for pair in pairs])
            weight = torch.tensor([weight for _, weight in chosen])
            with torch.autocast("cpu", torch.bfloat16):
                logits = self.net(*self._batch(pairs)).float()
            loss = functional.binary_cross_entropy_with_logits(logits, right, weight)
            loss.backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            cycle.step()

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        self.net.eval()
        found: list[float] = []
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            for at in range(0, len(pairs), 32):
                found += self.net(*self._batch(pairs[at : at + 32])).float().tolist()
        return found


def _batches(samples: Sequence[Sample], pace: Pace, seed: int) -> Iterator[list[Sample]]:
    """Samples of like length together, the batches in a random order."""
    random = np.random.default_rng(seed)
    for _ in range(pace.epochs):
        lengths = [
            len(pair.message) + len(pair.asked) + sum(map(len, pair.answered))
            for pair, _ in samples
        ]
        order = np.argsort(np.array(lengths) * random.uniform(0.8, 1.25, len(samples)))
        starts = np.arange(0, len(samples), pace.size)
        for start in random.permutation(starts):
            yield [samples[at] for at in order[start : start + pace.size]]


# A perceptron over the vectors of message, question and best sentence


class Vectors(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(4 * width + 2, 64)
        self.last = nn.Linear(64, 1)
        self.drop = nn.Dropout(0.3)

    def forward(self, message: Tensor, asked: Tensor, answered: Tensor) -> Tensor:
        parts: list[Tensor] = []
        for other in (asked, answered):
            product = message * other
            parts += [(message - other).abs() * 4, product * 40, product.sum(1, True)]
        hidden = functional.gelu(self.first(self.drop(torch.cat(parts, 1))))
        return self.last(self.drop(hidden))[:, 0]


def vectors(texts: dict[str, Text], covers: Covers) -> Learner:
    def batch(pairs: Sequence[Pair]) -> tuple[Tensor, ...]:
        nearest = [(covers.best_sentences(pair, 1) or [pair.asked])[0] for pair in pairs]
        return tuple(
            torch.tensor(np.array([texts[text].vector for text in own]))
            for own in ([p.message for p in pairs], [p.asked for p in pairs], nearest)
        )

    return Learner(Vectors(len(covers.mean)), batch)


# The control: the message's vector alone, to see what its manner of writing gives away


class Alone(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(width, 64), nn.GELU(), nn.Dropout(0.3), nn.Linear(64, 1)
        )

    def forward(self, message: Tensor) -> Tensor:
        return self.layers(message * 20)[:, 0]


def alone(texts: dict[str, Text], covers: Covers) -> Learner:
    def batch(pairs: Sequence[Pair]) -> tuple[Tensor, ...]:
        return (torch.tensor(np.array([texts[pair.message].vector for pair in pairs])),)

    return Learner(Alone(len(covers.mean)), batch)


# Late interaction: each piece of the message with what covers it best


class Interaction(nn.Module):
    def __init__(self, width: int, own: int = 48) -> None:
        super().__init__()
        self.narrow = nn.Linear(width, 24)
        self.piece = nn.Sequential(nn.Linear(24 * 3 + 6, own), nn.GELU(), nn.Dropout(0.2))
        self.mix = nn.TransformerEncoderLayer(own, 4, 96, 0.2, "gelu", batch_first=True)
        self.last = nn.Sequential(nn.Linear(3 * own + 2, 32), nn.GELU(), nn.Linear(32, 1))

    def forward(self, own: Tensor, other: Tensor, seen: Tensor, mask: Tensor) -> Tensor:
        """own, other: tokens of the message and those nearest to them; seen: plain measures."""
        one, two = self.narrow(own), self.narrow(other)
        x = self.piece(torch.cat([one, (one - two).abs(), one * two, seen], 2))
        x = self.mix(x, src_key_padding_mask=~mask)
        weight = seen[..., 0] * mask
        mean = (x * weight[..., None]).sum(1) / weight.sum(1, True).clamp(min=1e-3)
        low = x.masked_fill(~mask[..., None], 1e4).amin(1)
        high = x.masked_fill(~mask[..., None], -1e4).amax(1)
        size = torch.log1p(torch.stack([mask.sum(1), weight.sum(1)], 1))
        return self.last(torch.cat([mean, low, high, size], 1))[:, 0]


Sees = Literal["all", "covers", "message"]


def interaction(texts: dict[str, Text], covers: Covers, sees: Sees = "all") -> Learner:
    """sees: "covers": how well each piece is covered, not what it is; "message": nothing stored."""
    known: dict[int, tuple[np.ndarray, ...]] = {}

    def one(pair: Pair) -> tuple[np.ndarray, ...]:
        if id(pair) not in known:
            own, other, seen = _pieces(pair, texts, covers)
            if sees == "message":
                seen[:, 1:] = 0
            known[id(pair)] = (own * (sees != "covers"), other * (sees == "all"), seen)
        return known[id(pair)]

    def batch(pairs: Sequence[Pair]) -> tuple[Tensor, ...]:
        each = [one(pair) for pair in pairs]
        padded = (
            nn.utils.rnn.pad_sequence(
                [torch.tensor(own, dtype=torch.float32) for own in part], True
            )
            for part in zip(*each, strict=True)
        )
        own, other, seen = padded
        mask = torch.zeros(own.shape[:2], dtype=torch.bool)
        for at, item in enumerate(each):
            mask[at, : len(item[0])] = True
        return own, other, seen, mask

    return Learner(Interaction(len(covers.mean)), batch)


def _pieces(pair: Pair, texts: dict[str, Text], covers: Covers) -> tuple[np.ndarray, ...]:
    seen = look(pair, texts[pair.message], covers)
    stored = np.concatenate([covers.units(text) for text in (pair.asked, *pair.answered)])
    own = covers.units(pair.message)[:_LONGEST_MESSAGE]
    other = stored[(own @ stored.T).argmax(1)] if len(stored) else np.zeros_like(own)
    scale = np.float32(np.sqrt(own.shape[1]))
    measures = np.stack(
        [
            seen.weight, seen.held, seen.by_question, seen.by_sentence, seen.by_any,
            np.full_like(seen.weight, float(bool(pair.answered))),
        ],
        1,
    )[:_LONGEST_MESSAGE]  # fmt: skip
    if not len(own):  # a message of signs alone
        own = other = np.zeros((1, len(covers.mean)), np.float32)
        measures = np.zeros((1, 6), np.float32)
    return tuple((part * times).astype(np.float16) for part, times in
                 ((own, scale), (other, scale), (measures, 1)))  # fmt: skip


# A cross-encoder: the first layers of E5 over message, question and nearest sentences


class Cross(nn.Module):
    def __init__(self, weights: Weights, vocabulary: Sequence[int], depth: int) -> None:
        super().__init__()
        self.encoder = Encoder(weights, vocabulary, depth)
        for fixed in (self.encoder.word, self.encoder.position):
            fixed.weight.requires_grad = False
        self.segment = nn.Embedding(3, weights.width)
        nn.init.zeros_(self.segment.weight)
        self.last = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(3 * weights.width, 128), nn.GELU(), nn.Linear(128, 1)
        )

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        x = self.encoder(ids, mask, self.segment(segments))
        own = mask & (segments == 0)
        stored = mask & (segments > 0)
        one, two = ((x * part[..., None]).sum(1) / part.sum(1, True) for part in (own, stored))
        return self.last(torch.cat([one, two, x[:, 0]], 1))[:, 0]


def cross(texts: dict[str, Text], covers: Covers, weights: Weights, depth: int) -> Learner:
    vocabulary = sorted({id_ for text in texts.values() for id_ in text.ids})
    net = Cross(weights, [weights.bos, weights.eos, *vocabulary], depth)

    def read(pair: Pair) -> tuple[list[int], list[int]]:
        answer = [id_ for text in covers.best_sentences(pair, 3) for id_ in texts[text].ids]
        parts = [
            [weights.bos, *texts[pair.message].ids[:_LONGEST_MESSAGE], weights.eos],
            [*texts[pair.asked].ids[:_LONGEST_ASKED], weights.eos],
            [*answer[:_LONGEST_ANSWER], weights.eos],
        ]
        ids = [net.encoder.known[id_] for part in parts for id_ in part]
        return ids, [at for at, part in enumerate(parts) for _ in part]

    def batch(pairs: Sequence[Pair]) -> tuple[Tensor, ...]:
        each = [read(pair) for pair in pairs]
        longest = max(len(ids) for ids, _ in each)
        ids, segments = (torch.zeros(len(each), longest, dtype=torch.long) for _ in range(2))
        mask = torch.zeros(len(each), longest, dtype=torch.bool)
        for at, (own, parts) in enumerate(each):
            ids[at, : len(own)], segments[at, : len(own)] = torch.tensor(own), torch.tensor(parts)
            mask[at, : len(own)] = True
        return ids, segments, mask

    return Learner(net, batch)
