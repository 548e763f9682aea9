"""The documents that score best for the words of a message, however many there are.

1. Rare terms are read first, all their documents. Where a message needs more postings than the
   budget, its commonest terms are left: they cost most and say least.
2. What then scores best is finished exactly: for these few hundred documents the terms that were
   left are looked up one by one.

A store of records never reaches the budget (tests/matching/test_segments.py).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import Weighed
from bot.matching.parts import Part, Scope, Span
from bot.matching.postings import Slice

BUDGET = 200_000  # postings read for one message; one or two milliseconds
_FINISHED = 400  # documents of a segment that are finished exactly
_FEW = 4096  # documents that are looked through at once
_BLOCK = 64

Scores = NDArray[np.float32]
Found = list[tuple[int, float]]  # place and score


def best(wanted: Sequence[Weighed], scope: Scope, count: int, budget: int = BUDGET) -> Found:
    """The best documents and what they score, best first; none that scores nothing.

    Equal ones: the newest first, then in order of their records' ids and of their places there.

    Args:
        wanted: The terms of the message, of every field that is searched.
        scope: Where to look.
        count: How many.
        budget: Postings to read.
    """
    ordered = sorted(wanted, key=lambda term: term.frequency)
    slices = [_slices(ordered, at, scope) for at in range(len(scope.parts))]
    read = _affordable(slices, budget)
    found: list[tuple[float, int, str, int, int, int]] = []
    for at, part in enumerate(scope.parts):
        if scope.spans[at]:
            for place, score in _of_part(ordered, at, slices[at], read, scope, count):
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


def _affordable(slices: Sequence[Sequence[Slice]], budget: int) -> int:
    """How many of the terms can be read, at least one."""
    terms = len(slices[0]) if slices else 0
    for term in range(terms):
        budget -= sum(end - begin for begin, end in (own[term] for own in slices))
        if budget < 0 and term:
            return term
    return terms


def _of_part(
    wanted: Sequence[Weighed], at: int, slices: Sequence[Slice], read: int, scope: Scope, count: int
) -> list[tuple[int, float]]:
    """The best of one segment: places in it, and scores."""
    part, spans = scope.parts[at], scope.spans[at]
    span = spans[0][0], spans[-1][1]
    total = _nothing(len(part.documents))
    try:
        for term, own in zip(wanted[:read], slices, strict=False):
            if own[0] < own[1]:
                places = term.over.counted[at].postings.places[slice(*own)]
                total[places] += term.scores(at, own)
        scope.silence(at, total)
        is_whole = read == len(wanted)
        found = _top(total, part, span, count if is_whole else max(count, _FINISHED))
        scores = total[found]
    finally:
        total[slice(*span)] = 0
    if not is_whole:
        order = np.argsort(found)
        found, scores = found[order], scores[order]
        for term in wanted[read:]:
            term.add_to(at, scores, found.astype(np.int32))
        order = np.lexsort((found, -part.documents.day[found], -scores))[:count]
        found, scores = found[order], scores[order]
    return list(zip(found.tolist(), scores.tolist(), strict=True))


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
        highest = values[:whole].reshape(-1, _BLOCK).max(axis=1)
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
