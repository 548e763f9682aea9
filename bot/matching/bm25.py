"""Okapi BM25 over terms (Robertson & Zaragoza 2009, formula 3.15), reckoned when it is wanted.

A term's rarity counts `_UNSEEN` documents more than there are, which hold none of the terms: in a
store of three questions a word is not common because two of them hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import codes
from bot.matching.postings import Places, Postings, Slice, held_in

K1 = 1.2  # the usual values; bigram BM25 was insensitive to them on Chinese questions
B = 0.75
_UNSEEN = 500
_KNOWN = 1 << 16  # terms whose frequency is kept
_ROWS = 64  # texts of those compared with each other that are looked up at once


@dataclass(frozen=True)
class Counted:
    """The postings of one segment, and which of its documents may not be found."""

    postings: Postings
    dead: Places  # ascending


class Weighed(NamedTuple):
    """A term of a message: what it weighs, and where its documents are in each segment."""

    over: BM25
    code: int
    weight: np.float32  # its rarity in it
    frequency: int
    slices: Sequence[Slice]

    def scores(self, at: int, where: slice) -> NDArray[np.float32]:
        """What the documents of a slice of the segment's postings get for it."""
        return self.weight * self.over.shares(at, where)

    def leading(self, at: int) -> Places:
        """The documents of a segment that score best for it, where it is a common one."""
        return self.over.counted[at].postings.leading_of(self.code)


class BM25:
    """What terms weigh in the documents of several segments that may be found."""

    def __init__(self, counted: Sequence[Counted]) -> None:
        self.counted = counted
        size = total = 0
        for own in counted:
            lengths = own.postings.lengths
            size += len(lengths) - len(own.dead)
            total += int(lengths.sum(dtype=np.int64)) - int(lengths[own.dead].sum(dtype=np.int64))
        self.size = size  # documents
        mean = total / size if size else 1.0
        self._norms = [
            (K1 * (1 - B + B * own.postings.lengths / mean)).astype(np.float32) for own in counted
        ]
        self._has_dead = any(len(own.dead) for own in counted)
        self._most = log(2 * (size + _UNSEEN))
        self.frequency = lru_cache(maxsize=_KNOWN)(self._frequency)
        self._rarity = lru_cache(maxsize=_KNOWN)(self._reckoned)  # by frequency

    def __contains__(self, term: str) -> bool:
        return self.frequency(term) > 0

    def _frequency(self, term: str) -> int:
        """In how many documents a term stands."""
        wanted = codes([term])
        slices = (own.postings.find(wanted)[0] for own in self.counted)
        return sum(self._alive(at, own) for at, own in enumerate(slices))

    def _alive(self, at: int, own: Slice) -> int:
        counted, (begin, end) = self.counted[at], own
        if begin == end or not len(counted.dead):
            return end - begin
        return end - begin - _common(counted.postings.places[begin:end], counted.dead)

    def holders(self, term: str, groups: Sequence[Sequence[tuple[int, int]]]) -> NDArray[np.bool_]:
        """Of each group, a stretch of each segment's documents, whether one of them holds a
        term."""
        found = np.zeros(len(groups), dtype=np.bool_)
        wanted = codes([term])
        for at, own in enumerate(self.counted):
            ((begin, end),) = own.postings.find(wanted)
            places = own.postings.places[begin:end]
            bounds = np.array([group[at] for group in groups], dtype=places.dtype).reshape(-1, 2)
            first, last = (
                np.searchsorted(places, bounds[:, 0]),
                np.searchsorted(places, bounds[:, 1]),
            )
            for group in np.flatnonzero((first < last) & ~found):
                held = begin + int(first[group]), begin + int(last[group])
                found[group] = self._alive(at, held) > 0
        return found

    def idf(self, term: str) -> float:
        """Rarity from 0 (in every document) to 1 (in none)."""
        return self._rarity(self.frequency(term))

    def idfs(self, terms: Iterable[str]) -> dict[str, float]:
        """Of each term; all are looked for at once."""
        listed = list(dict.fromkeys(terms))
        wanted = codes(listed)
        seen = [0] * len(listed)
        for at, counted in enumerate(self.counted):
            for which, own in enumerate(counted.postings.find(wanted)):
                seen[which] += self._alive(at, own)
        return {term: self._rarity(count) for term, count in zip(listed, seen, strict=True)}

    def _reckoned(self, seen: int) -> float:
        return log((self.size + _UNSEEN) / (seen + 0.5)) / self._most

    def weighed(self, query: Mapping[str, float], times: float = 1.0) -> list[Weighed]:
        """The terms that some document holds.

        Args:
            query: Each term and what it weighs, its rarity apart.
            times: By which all of them are multiplied.
        """
        own = codes(query)
        slices = zip(*(counted.postings.find(own) for counted in self.counted), strict=True)
        found = []
        for (term, weight), code, listed in zip(query.items(), own.tolist(), slices, strict=False):
            if seen := self.frequency(term) if self._has_dead else _held(listed):
                told = np.float32(times * weight * self._rarity(seen))
                found.append(Weighed(self, code, told, seen, listed))
        return found

    def shares(self, at: int, where: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """What postings of a segment count: how often the term stands there, by the length of the
        document."""
        own = self.counted[at].postings
        times = own.times[where].astype(np.float32)
        norm = self._norms[at][own.places[where]]
        norm += times
        times *= np.float32(K1 + 1)
        times /= norm
        return times

    def given(self, at: int, terms: Sequence[Weighed], places: Places) -> NDArray[np.float32]:
        """What terms give some documents of a segment, in ascending order; a row for each term."""
        own = np.array([term.code for term in terms], dtype=np.uint64)
        slices = [term.slices[at] for term in terms]
        found = self.counted[at].postings.times_in(own, slices, places).astype(np.float32)
        norm = self._norms[at][places] + found  # reckoned as in `shares`, to the last bit
        found *= np.float32(K1 + 1)
        found /= norm
        found *= np.array([term.weight for term in terms], dtype=np.float32)[:, None]
        return found

    def among(self, places: Sequence[tuple[int, int]]) -> Among:
        """Some documents alone, in this order, each to be compared with each.

        Args:
            places: The segment of each, and its place in it.
        """
        return Among(self, places)


_NOTHING = np.zeros(0, np.float32)


class Among:
    """Some documents; a term is as rare as in the whole store."""

    def __init__(self, over: BM25, places: Sequence[tuple[int, int]]) -> None:
        self._over = over
        self._size = len(places)
        self._local: list[tuple[Places, NDArray[np.int64]]] = []  # by segment: ascending, and which
        segments = np.array([segment for segment, _ in places])
        own = np.array([place for _, place in places], dtype=np.int32)
        for at in range(len(over.counted)):
            which = np.flatnonzero(segments == at)
            order = np.argsort(own[which], kind="stable")
            self._local.append((own[which][order], which[order]))

    def scores(self, queries: Sequence[Mapping[str, float]]) -> NDArray[np.float32]:
        """What each query gives these documents, a row for each query."""
        terms = list(dict.fromkeys(term for query in queries for term in query))
        ids = {term: at for at, term in enumerate(terms)}
        rarity = np.array([*self._over.idfs(terms).values()])
        starts, places, shares = self._postings(terms)
        found = [
            self._some(queries[at : at + _ROWS], ids, rarity, starts, places, shares)
            for at in range(0, len(queries), _ROWS)
        ]
        return np.concatenate(found)

    def _postings(
        self, terms: Sequence[str]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Of each term in turn these documents that hold it, and what it counts there."""
        wanted = codes(terms)
        ids, places, shares = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [_NOTHING]
        for at, (own, which) in enumerate(self._local):
            if not len(own):
                continue
            postings = self._over.counted[at].postings
            begins, lengths = postings.stretches(wanted, int(own[0]), int(own[-1]) + 1)
            before = np.cumsum(lengths) - lengths
            where = np.repeat(begins - before, lengths) + np.arange(lengths.sum())
            listed = postings.places[where]
            local = np.minimum(own.searchsorted(listed), len(own) - 1)
            held = own[local] == listed
            ids.append(np.repeat(np.arange(len(terms)), lengths)[held])
            places.append(which[local[held]])
            shares.append(self._over.shares(at, where[held]))
        of_all = np.concatenate(ids)
        order = np.argsort(of_all, kind="stable")
        return (
            np.searchsorted(of_all[order], np.arange(len(terms) + 1)),
            np.concatenate(places)[order],
            np.concatenate(shares)[order],
        )

    def _some(
        self,
        queries: Sequence[Mapping[str, float]],
        ids: Mapping[str, int],
        rarity: NDArray[np.float64],
        starts: NDArray[np.int64],
        places: NDArray[np.int64],
        shares: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        own = np.array([ids[term] for query in queries for term in query], dtype=np.int64)
        told = [weight for query in queries for weight in query.values()]
        weights = np.array(told, dtype=np.float64) * rarity[own]
        rows = np.repeat(np.arange(len(queries)), [len(query) for query in queries])
        # Each term is followed by all its documents.
        times = starts[own + 1] - starts[own]
        before = np.cumsum(times) - times
        at = np.repeat(starts[own] - before, times) + np.arange(times.sum())
        cells = np.repeat(rows * self._size, times) + places[at]
        scores = np.repeat(weights, times) * shares[at]
        total = np.bincount(cells, scores, minlength=len(queries) * self._size)
        found: NDArray[np.float32] = total.reshape(len(queries), -1).astype(np.float32)
        return found


def _held(slices: Iterable[Slice]) -> int:
    """How many documents slices hold."""
    return sum(end - begin for begin, end in slices)


def _common(one: Places, other: Places) -> int:
    """How many places two ascending lists have in common."""
    shorter, longer = sorted((one, other), key=len)
    return len(held_in(shorter, longer)[0])
