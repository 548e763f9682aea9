"""Okapi BM25 over terms, as postings in numpy (Robertson & Zaragoza 2009, formula 3.15).

Made for stores from one record to 100,000 questions. A term's rarity counts `_UNSEEN` documents
more than there are, which hold none of the terms: in a store of three questions a word is not
common because two of them hold it. Beyond `_BUDGET` postings the commonest terms are left out:
they cost most and say least.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

K1 = 1.2  # the usual values; bigram BM25 was insensitive to them on Chinese questions
B = 0.75
_UNSEEN = 500
_BUDGET = 200_000  # postings read for one message; about a millisecond
_ROWS = 64  # texts of those compared with each other that are looked up at once


class BM25:
    """Immutable postings: term → documents with their finished weights."""

    def __init__(
        self, documents: Iterable[Sequence[str]], besides: Mapping[int, Sequence[str]] | None = None
    ) -> None:
        """
        Args:
            documents: The terms of each, in order.
            besides: By place, terms that a document is found by as well, and is no longer for.
        """
        besides = besides or {}
        vocabulary: dict[str, int] = {}
        ids, places, times, lengths = array("i"), array("i"), array("i"), array("i")
        for at, document in enumerate(documents):
            count = Counter((*document, *besides[at]) if at in besides else document)
            lengths.append(max(len(document), 1))
            ids.extend([vocabulary.setdefault(term, len(vocabulary)) for term in count])
            places.extend([at] * len(count))
            times.extend(count.values())
        self.size = len(lengths)
        self._ids = vocabulary
        term_ids = np.frombuffer(ids, dtype=np.int32) if ids else np.zeros(0, np.int32)
        order = np.argsort(term_ids, kind="stable")
        length = np.frombuffer(lengths, dtype=np.int32) if lengths else np.ones(1, np.int32)
        norm = (K1 * (1 - B + B * length / length.mean())).astype(np.float32)
        self._places = np.array(places, dtype=np.int32)[order]
        frequency = np.array(times, dtype=np.float32)[order]
        self._frequency = frequency * np.float32(K1 + 1) / (frequency + norm[self._places])
        self._starts = np.searchsorted(term_ids[order], np.arange(len(vocabulary) + 1))

    def __contains__(self, term: str) -> bool:
        return term in self._ids

    def documents(self, term: str) -> NDArray[np.int32]:
        """Where the term stands, ascending; it must be there."""
        at = self._ids[term]
        return self._places[self._starts[at] : self._starts[at + 1]]

    def frequency(self, term: str) -> int:
        """In how many documents the term stands."""
        at = self._ids.get(term)
        return 0 if at is None else int(self._starts[at + 1] - self._starts[at])

    def idf(self, term: str) -> float:
        """Rarity from 0 (in every document) to 1 (in none)."""
        seen = self.frequency(term)
        return log((self.size + _UNSEEN) / (seen + 0.5)) / log(2 * (self.size + _UNSEEN))

    def scores(self, query: Mapping[str, float]) -> NDArray[np.float32]:
        """One score for every document.

        Args:
            query: Each term and what it weighs, its rarity apart.
        """
        total = np.zeros(self.size, dtype=np.float32)
        budget = _BUDGET
        for term in sorted((term for term in query if term in self._ids), key=self.frequency):
            budget -= self.frequency(term)
            if budget < 0:
                break
            at = self._ids[term]
            own = slice(self._starts[at], self._starts[at + 1])
            total[self._places[own]] += (
                np.float32(query[term] * self.idf(term)) * (self._frequency[own])
            )
        return total

    def among(self, places: Sequence[int]) -> Among:
        """Some documents alone, in this order, each to be compared with each."""
        local = np.full(self.size, -1, dtype=np.int32)
        local[np.array(places)] = np.arange(len(places), dtype=np.int32)
        at = local[self._places]
        own = np.flatnonzero(at >= 0)
        seen = np.diff(self._starts)
        rarity = np.log((self.size + _UNSEEN) / (seen + 0.5)) / log(2 * (self.size + _UNSEEN))
        starts = np.searchsorted(own, self._starts)
        return Among(self._ids, rarity, at[own], self._frequency[own], starts, len(places))


@dataclass(frozen=True)
class Among:
    """The postings of some documents, by term; a term is as rare as in the whole store."""

    _ids: Mapping[str, int]
    _rarity: NDArray[np.float64]
    _places: NDArray[np.int32]
    _frequency: NDArray[np.float32]
    _starts: NDArray[np.int64]
    _size: int

    def scores(self, queries: Sequence[Mapping[str, float]]) -> NDArray[np.float32]:
        """What `BM25.scores` tells of these documents, a row for each query; no term is left
        out."""
        found = [self._some(queries[at : at + _ROWS]) for at in range(0, len(queries), _ROWS)]
        return np.concatenate(found)

    def _some(self, queries: Sequence[Mapping[str, float]]) -> NDArray[np.float32]:
        known = [[term for term in query if term in self._ids] for query in queries]
        ids = np.array([self._ids[term] for own in known for term in own], dtype=np.int64)
        told = [query[term] for query, own in zip(queries, known, strict=True) for term in own]
        weights = np.array(told, dtype=np.float64) * self._rarity[ids]
        rows = np.repeat(np.arange(len(queries)), [len(own) for own in known])
        # Each term is followed by all its documents.
        times = self._starts[ids + 1] - self._starts[ids]
        before = np.cumsum(times) - times
        at = np.repeat(self._starts[ids] - before, times) + np.arange(times.sum())
        cells = np.repeat(rows * self._size, times) + self._places[at]
        scores = np.repeat(weights, times) * self._frequency[at]
        total = np.bincount(cells, scores, minlength=len(queries) * self._size)
        found: NDArray[np.float32] = total.reshape(len(queries), -1).astype(np.float32)
        return found
