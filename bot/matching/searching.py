"""The documents that score best for the words of a message, however many there are.

1. Where all the postings of a message's terms are few, all are read.
2. Else the rarest terms are read first, as far as a budget goes: the commonest cost most and say
   least. For a term that is too common to be read stand the documents that score best for it.
3. What then scores best is finished exactly: for these few documents the terms that were left are
   looked up, all at once.

A store of records is always read whole (tests/matching/test_segments.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import Weighed
from bot.matching.parts import Part, Scope
from bot.matching.postings import Places, Slice, common_from

WHOLE = 200_000  # postings of a message up to which all are read; a millisecond or two
BUDGET = 40_000  # postings that are read where there are more
_FINISHED = 2_000  # documents of a segment that are finished exactly
_TOGETHER = 4_096  # postings that are reckoned at once: fewer cost a call, more the nearest cache
_TWICE = 2  # of two fields' lists of a term only the longer is read, where it is not longer than so

Scores = NDArray[np.float32]
Found = list[tuple[int, float]]  # place and score

_Number = TypeVar("_Number", np.float32, np.int32)


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
    ordered = _in_order(wanted)
    parts = [
        _OfPart(ordered, _slices(ordered, at, scope), scope, at)
        for at in range(len(scope.parts))
        if scope.spans[at]
    ]
    size = sum(part.size for part in parts)
    found = [
        (part.part, own)
        for part in parts
        for own in part.best(
            len(ordered) if size <= whole else part.affordable(budget * part.size // size), count
        )
    ]
    if len(parts) > 1:
        found.sort(key=lambda item: (-item[1][1], *order_of(item[0], item[1][0])))
    return [(part.base + place, score) for part, (place, score) in found[:count]]


def scores_at(wanted: Sequence[Weighed], parts: Sequence[Part], places: Sequence[int]) -> Scores:
    """What some documents score."""
    ordered = _in_order(wanted)
    asked = np.array(places, dtype=np.int64)
    found = np.zeros(len(asked), dtype=np.float32)
    for at, part in enumerate(parts):
        which = np.flatnonzero((asked >= part.base) & (asked < part.base + len(part.documents)))
        which = which[np.argsort(asked[which])]
        if len(which):
            own = np.zeros(len(which), dtype=np.float32)
            _add(ordered, at, own, (asked[which] - part.base).astype(np.int32))
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


def _in_order(wanted: Sequence[Weighed]) -> list[Weighed]:
    """The terms that count, the rarest first; last those whose documents another field's list of
    the same term holds and few more. In whatever way they are looked up, they are added in this
    order, so that equal documents score the same to the last bit."""
    longest: dict[int, Weighed] = {}
    for term in wanted:
        if term.code not in longest or term.frequency > longest[term.code].frequency:
            longest[term.code] = term

    def order(term: Weighed) -> tuple[bool, int]:
        other = longest[term.code]
        return other is not term and other.frequency <= _TWICE * term.frequency, term.frequency

    return sorted((term for term in wanted if term.weight > 0), key=order)


def _slices(wanted: Sequence[Weighed], at: int, scope: Scope) -> list[Slice]:
    """The postings of each term in a part, as far as they lie in the scope."""
    first, last = scope.spans[at][0][0], scope.spans[at][-1][1]
    return [term.over.counted[at].postings.within(term.slices[at], first, last) for term in wanted]


def _add(wanted: Sequence[Weighed], at: int, scores: Scores, places: Places) -> None:
    """Add what terms give some documents of a part, in ascending order, to their scores."""
    given = np.empty((len(wanted), len(places)), dtype=np.float32)
    for over in dict.fromkeys(term.over for term in wanted):
        rows = [row for row, term in enumerate(wanted) if term.over is over]
        given[rows] = over.given(at, [wanted[row] for row in rows], places)
    for row in given:
        scores += row


@dataclass
class _OfPart:
    """A search in one segment."""

    wanted: Sequence[Weighed]  # the rarest first
    slices: Sequence[Slice]  # of each, in the scope
    scope: Scope
    at: int  # of the part

    def __post_init__(self) -> None:
        self.sizes = [end - begin for begin, end in self.slices]
        self.size = sum(self.sizes)
        self.part = self.scope.parts[self.at]
        self.documents = self.part.documents

    def affordable(self, budget: int) -> int:
        """How many of the terms are read, the rarest first."""
        read = int(np.searchsorted(np.cumsum(self.sizes), budget, side="right"))
        # One that is not too common to be read is, whatever it costs.
        return read or int(self.sizes[0] < common_from(len(self.documents)))

    def best(self, read: int, count: int) -> list[tuple[int, float]]:
        """The best places and their scores, when so many terms are read whole."""
        is_whole = read == len(self.wanted)
        found, scores = self._read(read, count if is_whole else _FINISHED)
        if not is_whole:
            _add(self.wanted[read:], self.at, scores, found)
        days = self.documents.day[found]
        near = _best(scores, days, found, count)
        order = near[np.lexsort((found[near], -days[near], -scores[near]))]
        return list(zip(found[order].tolist(), scores[order].tolist(), strict=True))

    def _read(self, read: int, count: int) -> tuple[Places, Scores]:
        """The best documents by the terms that are read, ascending, and what these give them;
        where they are few, with those that score best for the rarest terms that are not."""
        total = _scratch(np.float32, len(self.documents))
        span = slice(self.scope.spans[self.at][0][0], self.scope.spans[self.at][-1][1])
        is_dense = sum(self.sizes[:read]) > span.stop - span.start
        touched: list[Places] = [np.zeros(0, np.int32)]
        try:
            for first, last in self._stretches(read):
                places, given = self._given(first, last)
                if not is_dense:
                    new = places[total[places] == 0]
                    touched.append(new if last - first == 1 else _each_once(new, len(total)))
                np.add.at(total, places, given)  # in this order
            if is_dense:
                touched = [(np.flatnonzero(total[span]) + span.start).astype(np.int32)]
            near = self.scope.found(self.at, np.concatenate(touched))
            scores = total[near]
            near = near[_best(scores, self.documents.day[near], near, count)]
            found = self._with_leading(near, read) if len(near) < count else np.sort(near)
            return found, total[found]
        finally:
            if is_dense:
                total[span] = 0
            for places in touched:
                total[places] = 0

    def _stretches(self, read: int) -> Iterator[tuple[int, int]]:
        """The first terms, as many in a stretch as have few postings together."""
        first = size = 0
        for at, own in enumerate(self.sizes[:read]):
            if size and size + own > _TOGETHER:
                yield first, at
                first, size = at, 0
            size += own
        if size:
            yield first, read

    def _given(self, first: int, last: int) -> tuple[Places, Scores]:
        """The documents that hold the terms of a stretch, one term's after the other's, and what
        each gets for it."""
        wanted, sizes = self.wanted[first:last], np.array(self.sizes[first:last])
        if len(wanted) == 1:
            (term,), where = wanted, slice(*self.slices[first])
            own = term.over.counted[self.at].postings
            return own.places[where], term.scores(self.at, where)
        begins = np.array([begin for begin, _ in self.slices[first:last]])
        listed = np.repeat(begins - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        places = np.empty(len(listed), dtype=np.int32)
        given = np.empty(len(listed), dtype=np.float32)
        for over in dict.fromkeys(term.over for term in wanted):
            is_own = np.repeat([term.over is over for term in wanted], sizes)
            where = listed[is_own]
            places[is_own] = over.counted[self.at].postings.places[where]
            given[is_own] = over.shares(self.at, where)
        given *= np.repeat(np.array([term.weight for term in wanted], dtype=np.float32), sizes)
        return places, given

    def _with_leading(self, near: Places, read: int) -> Places:
        """Some documents with those that score best for the rarest terms that are not read."""
        found = np.sort(near)
        for term in self.wanted[read:]:
            if len(found) >= _FINISHED:
                break
            if len(leading := term.leading(self.at)):
                found = np.union1d(found, self.scope.found(self.at, leading))
        return found


def _best(scores: Scores, days: NDArray[np.int32], places: Places, count: int) -> NDArray[np.int64]:
    """Which of some documents score best, in no order; of equal ones the newest, of the same day
    the first. Those that score nothing are left out."""
    if len(scores) > count:
        floor = np.partition(scores, -count)[-count]
        above, ties = np.flatnonzero(scores > floor), np.flatnonzero(scores == floor)
        near = np.concatenate((above, _newest(ties, days, places, count - len(above))))
    else:
        near = np.arange(len(scores))
    return near[scores[near] > 0]


def _newest(
    which: NDArray[np.int64], days: NDArray[np.int32], places: Places, count: int
) -> NDArray[np.int64]:
    """The newest of some documents, of the same day the first ones."""
    if len(which) <= count:
        return which
    least = np.partition(days[which], -count)[-count]
    newer, last = which[days[which] > least], which[days[which] == least]
    return np.concatenate((newer, last[np.argsort(places[last])][: count - len(newer)]))


def _each_once(places: Places, documents: int) -> Places:
    """Places without repeats, in any order."""
    seen = _scratch(np.int32, documents)
    order = np.arange(len(places), dtype=np.int32)
    seen[places] = order
    found: Places = places[seen[places] == order]
    return found


_own = threading.local()


def _scratch(kind: type[_Number], size: int) -> NDArray[_Number]:
    """An array for each thread and kind, of zeros; whoever needs them makes them zeros again."""
    found: NDArray[_Number] | None = getattr(_own, kind.__name__, None)
    if found is None or len(found) < size:
        found = np.zeros(size, dtype=kind)
        setattr(_own, kind.__name__, found)
    return found
