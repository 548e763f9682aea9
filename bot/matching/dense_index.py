"""The vectors of a store, and a message's against them.

1. Where a company is known, or the store is small, all texts in question are compared: their
   vectors lie in blocks, made when they are first wanted and kept while there is room.
2. Elsewhere words alone find candidates, and these are compared.
3. What has no vector yet would be passed over for what has: if one of the candidates lacks one, or
   any text of a block, the rest is not compared in that way.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.collection import Collection
from bot.matching.embedding import Vectors
from bot.matching.parts import Scope, Wanted
from bot.matching.passages import Passage, answered_pieces, asked_pieces

# Cosine from which taught words count. Short messages are all alike to E5: on *fit*, with half of
# the phrasings taught, the nearest one is accepted for 49 of 60 messages from here on, for 94 of
# 171 from .94, and for 231 of 498 from .92.
_NEARLY = 0.96
# Passages of a company, or of a whole store, all of which are compared. So many have 26,000 rows:
# 40 MB, half a second when they are first wanted, and 3 ms for a message.
LARGEST = 5_000
_ROOM = 80_000  # rows of all blocks that are kept

VectorsOf = Callable[[Iterable[str]], Mapping[str, Vectors]]  # of texts, as far as they were made
_Places = NDArray[np.int64]


@dataclass(frozen=True)
class Near:
    """A message's largest cosine with any piece of passages."""

    _places: _Places  # of the passages of blocks, ascending
    _asked: Vectors
    _answered: Vectors
    _others: Callable[[Sequence[int]], tuple[Vectors, Vectors] | None]
    _scope: Scope

    def top(self, count: int) -> list[int]:
        """The passages of the scope that are nearest; none where not all were compared."""
        if not len(self._places):
            return []
        held = self._scope.places()
        at = np.searchsorted(self._places, held)
        likeness = np.maximum(self._asked[at], self._answered[at])
        likest = np.argsort(-likeness, kind="stable")[:count]
        places: list[int] = held[likest[likeness[likest] > 0]].tolist()
        return places

    def of(self, places: Sequence[int]) -> tuple[Vectors, Vectors] | None:
        """The cosines of passages, of question and of answer; None where one has no vector."""
        if not len(self._places):
            return self._others(places)
        at = np.searchsorted(self._places, np.array(places, dtype=np.int64))
        return self._asked[at], self._answered[at]


class DenseIndex:
    """The meaning of a collection's passages. Safe in threads.

    Other words that were taught for a question count with it where they are nearly the message;
    without a vector they do not.
    """

    def __init__(
        self, collection: Collection, vectors_of: VectorsOf, largest: int = LARGEST
    ) -> None:
        """
        Args:
            collection: Of questions or of paragraphs.
            vectors_of: Gives the vectors of what `asked_pieces` and `answered_pieces` name.
            largest: How many passages of a company, or of all, are compared at once.
        """
        self._collection = collection
        self._largest = largest
        self._vectors_of = vectors_of
        self._lock = threading.Lock()
        self._blocks: OrderedDict[str, _Block] = OrderedDict()  # by company; of all under ""
        self._is_small = 0 < collection.texts.size <= largest

    @property
    def is_ready(self) -> bool:
        """Whether messages can be compared: in a small store with all of it."""
        if self._is_small:
            return self._block("").is_whole
        return self._collection.texts.size > 0

    def near(self, vector: Vectors, wanted: Wanted, scope: Scope) -> Near:
        """The message's vector against what a search is limited to."""
        found = [block.best(vector) for block in self._of(wanted) or ()]
        places, asked, answered = (
            np.concatenate(own) for own in (zip(*found, strict=True) if found else _NOTHING)
        )
        order = np.argsort(places, kind="stable")

        def others(places: Sequence[int]) -> tuple[Vectors, Vectors] | None:
            block = self._made(places)
            return block.best(vector)[1:] if block.is_whole else None

        return Near(places[order], asked[order], answered[order], others, scope)

    def comparing(self, company: str) -> Callable[[Sequence[int]], Vectors] | None:
        """Tells the cosines of whole questions of a company with each other, by their places;
        None: not all of its texts have a vector, or there are too many."""
        blocks = self._of(Wanted(frozenset({company})))
        return blocks[0].first_of_each if blocks else None

    def _of(self, wanted: Wanted) -> list[_Block] | None:
        """The blocks that hold all that is wanted; None: there are none, or not all texts of them
        have a vector."""
        if self._is_small:
            names = [""]
        elif wanted.companies:
            sizes = {company: self._size(company) for company in sorted(wanted.companies)}
            if max(sizes.values()) > self._largest:
                return None
            names = [company for company, size in sizes.items() if size]
        else:
            return None
        blocks = [self._block(name) for name in names]
        return blocks if all(block.is_whole for block in blocks) else None

    def _size(self, company: str) -> int:
        spans = (part.of_company(company) for part in self._collection.parts)
        return sum(last - first for first, last in spans)

    def _block(self, name: str) -> _Block:
        with self._lock:  # made once, whoever wants it first
            if name not in self._blocks:
                wanted = Wanted(frozenset({name})) if name else Wanted()
                places = self._collection.scope(wanted).places()
                self._blocks[name] = self._made(np.sort(places).tolist())
            self._blocks.move_to_end(name)
            while len(self._blocks) > 1 and sum(b.size for b in self._blocks.values()) > _ROOM:
                self._blocks.popitem(last=False)
            return self._blocks[name]

    def _made(self, places: Sequence[int]) -> _Block:
        return _Block(places, self._collection.passages.those(places), self._vectors_of)


_NOTHING = ([np.zeros(0, np.int64)], [np.zeros(0, np.float32)], [np.zeros(0, np.float32)])


class _Block:
    """Passages with the vectors of all their pieces."""

    def __init__(
        self, places: Sequence[int], passages: Sequence[Passage], vectors_of: VectorsOf
    ) -> None:
        asked = [asked_pieces(item) for item in passages]
        answered = [answered_pieces(item) for item in passages]
        taught = [item.wordings for item in passages]
        every = {text for own in (*asked, *answered, *taught) for text in own}
        vectors = vectors_of(every)
        self.is_whole = all(text in vectors for own in (*asked, *answered) for text in own)
        self.size = 0
        self._places = np.array(places, dtype=np.int64)
        if not (self.is_whole and vectors):
            self.is_whole = False
            return
        self._asked, self._answered = _Rows(asked, vectors), _Rows(answered, vectors)
        known = [[text for text in own if text in vectors] for own in taught]
        self._taught = _Rows(known, vectors) if any(known) else None
        self.size = self._asked.size + self._answered.size

    def best(self, vector: Vectors) -> tuple[_Places, Vectors, Vectors]:
        """The passages' places, and the largest cosines with question and answer."""
        asked = self._asked.best(vector)
        if self._taught is not None:
            taught = self._taught.best(vector)
            asked = np.where(taught >= _NEARLY, np.maximum(asked, taught), asked)
        return self._places, asked, self._answered.best(vector)

    def first_of_each(self, places: Sequence[int]) -> Vectors:
        """The cosines of whole questions with each other."""
        return self._asked.first_of_each(np.searchsorted(self._places, np.array(places)))


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
        self._starts: _Places = np.array(starts, dtype=np.int64)
        self.size = len(rows)

    def first_of_each(self, at: NDArray[np.int64]) -> Vectors:
        """The cosines of the first pieces of these passages with each other."""
        rows = self._matrix[self._starts[at]]
        found: Vectors = rows @ rows.T
        return found

    def best(self, vector: Vectors) -> Vectors:
        found: Vectors = np.maximum.reduceat(self._matrix @ vector, self._starts)
        return found
