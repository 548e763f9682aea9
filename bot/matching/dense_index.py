"""The vectors of a store, and a message's against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.embedding import Vectors
from bot.matching.passages import Passage, answered_pieces, asked_pieces


@dataclass(frozen=True)
class Near:
    """The largest cosine with any piece, for each passage."""

    asked: Vectors
    answered: Vectors


class DenseIndex:
    """Immutable rows of a store; `ready` where there is a vector of every text.

    With some of them only, what has none would be passed over for what has. A taught wording
    without one is found by its words until it has one.
    """

    def __init__(self, passages: Sequence[Passage], vectors: Mapping[str, Vectors]) -> None:
        """vectors: by text, of what `asked_pieces` and `answered_pieces` name."""
        self.ready = bool(vectors and passages) and all(
            piece in vectors
            for passage in passages
            if not passage.wording
            for piece in (*asked_pieces(passage), *answered_pieces(passage))
        )
        if self.ready:
            self._asked = _Rows(map(asked_pieces, passages), vectors)
            self._answered = _Rows(map(answered_pieces, passages), vectors)

    def __call__(self, vector: Vectors) -> Near:
        """vector: the message's."""
        return Near(self._asked.best(vector), self._answered.best(vector))


class _Rows:
    """The vectors of every passage's pieces, one below the other."""

    def __init__(self, pieces: Iterable[Sequence[str]], vectors: Mapping[str, Vectors]) -> None:
        rows: list[Vectors] = []
        starts: list[int] = []
        nothing = np.zeros_like(next(iter(vectors.values())))
        for own in pieces:
            starts.append(len(rows))
            rows += [vectors[piece] for piece in own if piece in vectors] or [nothing]
        self._matrix: Vectors = np.array(rows, dtype=np.float32)
        self._starts: NDArray[np.int64] = np.array(starts, dtype=np.int64)

    def best(self, vector: Vectors) -> Vectors:
        found: Vectors = np.maximum.reduceat(self._matrix @ vector, self._starts)
        return found
