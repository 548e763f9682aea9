"""Postings in numpy: term → the documents that hold it, and how often. Immutable, without weights.

What a term weighs depends on all documents that may be found, of every segment (bm25.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import Codes

MOST_TIMES = 255  # that a term is counted in a document

# Of a term that so many documents hold (a large store's) nobody can read all of them.
LONG, LEADING = 32_768, 1_024

Places = NDArray[np.int32]
Slice = tuple[int, int]  # of places and times


@dataclass(frozen=True)
class Postings:
    """The terms of documents; a document is named by its place."""

    codes: Codes  # of the terms, ascending
    starts: NDArray[np.int64]  # where each term's documents begin, and the end of the last
    places: Places  # of each term's documents, ascending
    times: NDArray[np.uint8]  # how often it stands there
    lengths: NDArray[np.int32]  # terms of each document, with repeats
    common: Codes  # of the terms of more than LONG documents, ascending …
    leading: Places  # … and of each the LEADING documents that score best for it, ascending

    def find(self, wanted: Codes) -> list[Slice]:
        """Where the documents of each of these terms are; an empty slice for an unknown one."""
        if not len(self.codes):
            return [(0, 0)] * len(wanted)
        at = np.minimum(np.searchsorted(self.codes, wanted), len(self.codes) - 1)
        known = self.codes[at] == wanted
        begin = np.where(known, self.starts[at], 0)
        end = np.where(known, self.starts[at + 1], 0)
        return list(zip(begin.tolist(), end.tolist(), strict=True))

    def stretches(
        self, wanted: Codes, first: int, last: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of each of these terms where its documents from `first` to before `last` begin, and how
        many they are; all are looked for at once."""
        slices = np.array(self.find(wanted), dtype=np.int64).reshape(-1, 2)
        begins = self._first_from(first, slices[:, 0], slices[:, 1])
        return begins, self._first_from(last, begins, slices[:, 1]) - begins

    def _first_from(
        self, place: int, low: NDArray[np.int64], high: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Where between two bounds each first document is that lies no lower than a place."""
        low, high = low.copy(), high.copy()
        while len(open_ := np.flatnonzero(low < high)):
            middle = (low[open_] + high[open_]) // 2
            is_lower = self.places[middle] < place
            low[open_[is_lower]] = middle[is_lower] + 1
            high[open_[~is_lower]] = middle[~is_lower]
        return low

    def leading_of(self, code: int) -> Places:
        """The documents that score best for a common term; none for one that is read whole."""
        wanted = np.uint64(code)
        at = int(self.common.searchsorted(wanted))
        if at == len(self.common) or self.common[at] != wanted:
            return self.leading[:0]
        return self.leading[at * LEADING : (at + 1) * LEADING]

    def within(self, own: Slice, first: int, last: int) -> Slice:
        """Those of a term's documents that have places from `first` to before `last`."""
        begin, end = own
        # Of the places' own type: numpy would turn all of them into the other one.
        if first > 0:
            begin += int(self.places[begin:end].searchsorted(np.int32(first)))
        if last < len(self.lengths):
            end = begin + int(self.places[begin:end].searchsorted(np.int32(last)))
        return begin, end
