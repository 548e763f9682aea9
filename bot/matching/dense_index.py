"""The vectors of a store, and a message's against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.embedding import Vectors
from bot.matching.passages import Passage, answered_pieces, asked_pieces

# Cosine from which taught words count. Short messages are all alike to E5: on *fit*, with half of
# the phrasings taught, the nearest one is accepted for 49 of 60 messages from here on, for 94 of
# 171 from .94, and for 231 of 498 from .92.
_NEARLY = 0.96


@dataclass(frozen=True)
class Near:
    """The largest cosine with any piece, for each passage."""

    asked: Vectors
    answered: Vectors


class DenseIndex:
    """Immutable rows of a store; `ready` where there is a vector of every text.

    With some of them only, what has none would be passed over for what has. Other words that were
    taught for a question count with it where they are nearly the message; without a vector they do
    not.
    """

    def __init__(self, passages: Sequence[Passage], vectors: Mapping[str, Vectors]) -> None:
        """vectors: by text, of what `asked_pieces` and `answered_pieces` name."""
        self.ready = bool(vectors and passages) and all(
            piece in vectors
            for passage in passages
            for piece in (*asked_pieces(passage), *answered_pieces(passage))
        )
        if self.ready:
            self._asked = _Rows(map(asked_pieces, passages), vectors)
            self._answered = _Rows(map(answered_pieces, passages), vectors)
            taught = [[text for text in item.wordings if text in vectors] for item in passages]
            self._taught = _Rows(taught, vectors) if any(taught) else None

    def __call__(self, vector: Vectors) -> Near:
        """vector: the message's."""
        asked = self._asked.best(vector)
        if self._taught is not None:
            taught = self._taught.best(vector)
            asked = np.where(taught >= _NEARLY, np.maximum(asked, taught), asked)
        return Near(asked, self._answered.best(vector))

    def cosines(self, places: Sequence[int]) -> Vectors:
        """Of whole questions with each other."""
        return self._asked.first_of_each(places)


class _Rows:
    """The vectors of every passage's pieces, one below the other."""

    def __init__(self, pieces: Iterable[Sequence[str]], vectors: Mapping[str, Vectors]) -> None:
        rows: list[Vectors] = []
        starts: list[int] = []
        nothing = np.zeros_like(next(iter(vectors.values())))
        for own in pieces:
            starts.append(len(rows))
            rows += [vectors[piece] for piece in own] or [nothing]
        self._matrix: Vectors = np.array(rows, dtype=np.float32)
        self._starts: NDArray[np.int64] = np.array(starts, dtype=np.int64)

    def first_of_each(self, places: Sequence[int]) -> Vectors:
        """The cosines of the first pieces at these places with each other."""
        rows = self._matrix[self._starts[np.array(places)]]
        found: Vectors = rows @ rows.T
        return found

    def best(self, vector: Vectors) -> Vectors:
        found: Vectors = np.maximum.reduceat(self._matrix @ vector, self._starts)
        return found
