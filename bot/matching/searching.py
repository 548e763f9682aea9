"""The documents that score best for the words of a message, however many there are.

1. Where all the postings of a message's terms are few, all are read.
2. Else the rarest terms are read first, as far as a budget goes: the commonest cost most and say
   least. For a term that is too common to be read stand the documents that score best for it.
3. What then scores best is finished exactly: for these few documents the terms that were left are
   looked up, as long as one of them can still come among the best.

A store of records is always read whole (tests/matching/test_segments.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import MOST_SHARE, Weighed
from bot.matching.parts import Part, Scope, Span
from bot.matching.postings import LONG, Places, Slice

WHOLE = 200_000  # postings of a message up to which all are read; one or two milliseconds
BUDGET = 60_000  # postings that are read where there are more
_FINISHED = 1_000  # documents of a segment that are finished exactly
_FEW = 4096  # documents that are looked through at once
_BLOCK = 64

Scores = NDArray[np.float32]
Found = list[tuple[int, float]]  # place and score


def best(
    wanted: Sequence[Weighed],
    scope: Scope,
    count: int,
    whole: int = WHOLE,
    budget: int = BUDGET,
) -> Found:
    """The best documents and what they score, best first; none that scores nothing.

    Equal ones: the newest first, then in order of their records' ids and of their places there.

    Args:
        wanted: The terms of the message, of every field that is searched.
        scope: Where to look.
        count: How many.
        whole: Postings up to which all are read.
        budget: Postings to read where there are more.
    """
    ordered = sorted(wanted, key=lambda term: term.frequency)
    slices = [_slices(ordered, at, scope) for at in range(len(scope.parts))]
    read = _affordable(slices, whole, budget)
    found: list[tuple[float, int, str, int, int, int]] = []
    for at, part in enumerate(scope.parts):
        if scope.spans[at]:
            own = _OfPart(ordered, slices[at], scope, at)
            for place, score in own.best(read, count):
                found.append((-score, *order_of(part, place), part.base + place))
    found.sort()
    return [(at, -score) for score, *_, at in found[:count]]


def scores_at(wanted: Sequence[Weighed], parts: Sequence[Part], places: Sequence[int]) -> Scores:
    """What some documents score."""
    ordered = sorted(wanted, key=lambda term: term.frequency)
    asked = np.array(places, dtype=np.int64)
    found = np.zeros(len(asked), dtype=np.float32)
    for at, part in enumerate(parts):
        which = np.flatnonzero((asked >= part.base) & (asked < part.base + len(part.documents)))
        which = which[np.argsort(asked[which])]
        if len(which):
            own = np.zeros(len(which), dtype=np.float32)
            for term in ordered:
                term.add_to(at, own, (asked[which] - part.base).astype(np.int32))
            found[which] = own
    return found


def order_of(part: Part, place: int) -> tuple[int, str, int, int]:
    """By which documents that score the same are in order."""
    own = part.documents
    return (
        -int(own.day[place]),
        part.segment.ids[own.entry[place]],
        int(own.number[place]),
        int(own.part[place]),
    )


def _slices(wanted: Sequence[Weighed], at: int, scope: Scope) -> list[Slice]:
    """The postings of each term in a part, as far as they lie in the scope."""
    if not (spans := scope.spans[at]):
        return [(0, 0)] * len(wanted)
    first, last = spans[0][0], spans[-1][1]
    return [term.over.counted[at].postings.within(term.slices[at], first, last) for term in wanted]


def _affordable(slices: Sequence[Sequence[Slice]], whole: int, budget: int) -> int:
    """How many of the terms are read, the rarest first."""
    sizes = [sum(end - begin for begin, end in term) for term in zip(*slices, strict=True)]
    if sum(sizes) <= whole:
        return len(sizes)
    read = int(np.searchsorted(np.cumsum(sizes), budget, side="right"))
    # One that is not too common to be read is, whatever it costs.
    return read or int(sizes[0] <= LONG)


@dataclass
class _OfPart:
    """A search in one segment."""

    wanted: Sequence[Weighed]  # the rarest first
    slices: Sequence[Slice]  # of each, in the scope
    scope: Scope
    at: int  # of the part

    def best(self, read: int, count: int) -> list[tuple[int, float]]:
        """The best places and their scores, when so many terms are read whole."""
        spans = self.scope.spans[self.at]
        part, span = self.scope.parts[self.at], (spans[0][0], spans[-1][1])
        total = _nothing(len(part.documents))
        try:
            self._add(total, range(read))
            self.scope.silence(self.at, total)
            if read == len(self.wanted):
                top = _top(total, part, span, count)
                return list(zip(top.tolist(), total[top].tolist(), strict=True))
            near = _top(total, part, span, _FINISHED)
            found = self._with_leading(near, read)
            scores = total[found]
        finally:
            total[slice(*span)] = 0
        return self._finished(found, scores, read, count)

    def _add(self, total: Scores, terms: Iterable[int]) -> None:
        for term in terms:
            own = self.slices[term]
            if own[0] < own[1]:
                weighed = self.wanted[term]
                places = weighed.over.counted[self.at].postings.places[slice(*own)]
                total[places] += weighed.scores(self.at, own)

    def _with_leading(self, near: NDArray[np.int64], read: int) -> Places:
        """Some documents with those that score best for the rarest terms that are not read, where
        they are few; ascending."""
        found = {*near.tolist()} if len(near) < _FINISHED else set()
        for term in self.wanted[read:] if found or not len(near) else ():
            if len(found) >= _FINISHED:
                break
            found.update(self.scope.holding(self.at, term.leading(self.at)).tolist())
        return np.sort(np.array([*found] if found else near, dtype=np.int32))

    def _finished(
        self, found: Places, scores: Scores, read: int, count: int
    ) -> list[tuple[int, float]]:
        """The best of some documents when the terms that are left are looked up."""
        most = np.cumsum([term.weight * MOST_SHARE for term in reversed(self.wanted[read:])])[::-1]
        for term, left in zip(self.wanted[read:], most, strict=True):
            if len(found) > count:
                least = np.partition(scores, -count)[-count] - left
                kept = scores >= least
                found, scores = found[kept], scores[kept]
            term.add_to(self.at, scores, found)
        days = self.scope.parts[self.at].documents.day[found]
        order = [at for at in np.lexsort((found, -days, -scores))[:count] if scores[at] > 0]
        return list(zip(found[order].tolist(), scores[order].tolist(), strict=True))


def _top(total: Scores, part: Part, span: Span, count: int) -> NDArray[np.int64]:
    """The places of the largest scores of a stretch, above 0: largest first, equal ones by day."""
    first, last = span
    values, days = total[first:last], part.documents.day[first:last]
    near = _above(values, count)
    if len(near) > count:
        own = values[near]
        floor = np.partition(own, -count)[-count]
        above, ties = near[own > floor], near[own == floor]
        near = np.concatenate((above, _newest(ties, days[ties], count - len(above))))
    order = np.lexsort((near, -days[near], -values[near]))
    return near[order] + first


def _above(values: Scores, count: int) -> NDArray[np.int64]:
    """Places of scores above 0 that may be among the largest, ascending."""
    floor = np.float32(0)
    if len(values) > max(_FEW, count * _BLOCK):
        whole = len(values) // _BLOCK * _BLOCK
        highest = values[:whole].reshape(_BLOCK, -1).max(axis=0)  # numpy is fastest by rows
        floor = np.partition(highest, -count)[-count]
    return np.flatnonzero(values >= floor if floor > 0 else values > 0)


def _newest(places: NDArray[np.int64], days: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """The newest of some places, of the same day the first ones."""
    if len(places) <= count:
        return places
    least = np.partition(days, -count)[-count]
    newer = places[days > least]
    return np.concatenate((newer, places[days == least][: count - len(newer)]))


_own = threading.local()


def _nothing(size: int) -> Scores:
    """Zeros, one array for each thread; whoever changes it makes them zeros again."""
    total: Scores | None = getattr(_own, "total", None)
    if total is None or len(total) < size:
        total = _own.total = np.zeros(size, dtype=np.float32)
    return total
