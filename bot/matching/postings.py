"""Postings in numpy: term → the documents that hold it, and how often. Immutable, without weights.

What a term weighs depends on all documents that may be found, of every segment (bm25.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import Codes

MOST_TIMES = 255  # that a term is counted in a document

# A term is common that more documents hold than so many, and than one in so many: of a large
# store's nobody can read all.
_COMMON, _ONE_IN = 4_096, 32
LEADING = 1_024  # documents that score best for a common term
_CELLS = 4  # in a byte
_MORE = 3  # in a cell: that the list tells how often

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
    common: Codes  # of the common terms, ascending …
    leading: Places  # … of each the LEADING documents that score best for it, ascending …
    cells: NDArray[np.uint8]  # of each document in a line two bits for each of these (`Cells`)

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

    def times_in(self, terms: Codes, slices: Sequence[Slice], places: Places) -> NDArray[np.uint8]:
        """How often terms stand in documents, a row for each term.

        Args:
            terms: Which.
            slices: Where the documents of each are.
            places: Of documents, ascending.
        """
        found = np.full((len(terms), len(places)), _MORE, dtype=np.uint8)
        rows, columns = self._common(terms)
        if len(rows):
            lines = self.cells.reshape(len(self.lengths), -1)[places]  # of each document together
            told = lines.T[columns // _CELLS]
            told >>= (columns % _CELLS * 2).astype(np.uint8)[:, None]
            found[rows] = told & _MORE
        for row in np.flatnonzero((found == _MORE).any(axis=1)).tolist():
            begin, end = slices[row]
            own = np.flatnonzero(found[row] == _MORE)
            held, where = held_in(places[own], self.places[begin:end])
            found[row, own] = 0
            found[row, own[held]] = self.times[begin + where]
        return found

    def _common(self, terms: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which of some terms are common, and where they stand among those."""
        if not len(self.common):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        at = np.minimum(self.common.searchsorted(terms), len(self.common) - 1)
        rows = np.flatnonzero(self.common[at] == terms)
        return rows, at[rows]

    def within(self, own: Slice, first: int, last: int) -> Slice:
        """Those of a term's documents that have places from `first` to before `last`."""
        begin, end = own
        # Of the places' own type: numpy would turn all of them into the other one.
        if first > 0:
            begin += int(self.places[begin:end].searchsorted(np.int32(first)))
        if last < len(self.lengths):
            end = begin + int(self.places[begin:end].searchsorted(np.int32(last)))
        return begin, end


def common_from(documents: int) -> int:
    """In how many of the documents a term stands at least that is common."""
    return max(documents // _ONE_IN, _COMMON) + 1


class Cells:
    """How often each common term stands in each document: not, once, twice, or more often, which
    the list tells. A document's are one line, so that all are looked up together; they are filled
    one term after the other."""

    def __init__(self, documents: int, most: int) -> None:
        """
        Args:
            documents: How many.
            most: Terms.
        """
        self._lines = np.zeros((documents, -(-most // _CELLS)), dtype=np.uint8)
        self._terms = 0

    def add(self, places: Places, times: NDArray[np.uint8]) -> None:
        """The next term's documents, and how often it stands there."""
        column, place = divmod(self._terms, _CELLS)
        self._lines[places, column] |= np.minimum(times, _MORE) << np.uint8(2 * place)
        self._terms += 1

    def table(self) -> NDArray[np.uint8]:
        """One line behind the other."""
        return self._lines[:, : -(-self._terms // _CELLS)].ravel()


def held_in(some: Places, listed: Places) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of some places are listed, and where; both are ascending."""
    if not len(listed):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    where = listed.searchsorted(some)
    where[where == len(listed)] = 0
    held = np.flatnonzero(listed[where] == some)
    return held, where[held]
