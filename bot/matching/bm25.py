"""Okapi BM25 over terms, as postings in numpy (Robertson & Zaragoza 2009, formula 3.15)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

K1 = 1.2  # the usual values; bigram BM25 was insensitive to them on Chinese questions
B = 0.75


class BM25:
    """Immutable postings: term → documents with their finished weights."""

    def __init__(self, documents: Iterable[Sequence[str]]) -> None:
        counts = [Counter(document) for document in documents]
        lengths = np.array([max(count.total(), 1) for count in counts] or [1], dtype=np.float64)
        self.size = len(counts)
        norm = K1 * (1 - B + B * lengths / lengths.mean())
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for at, count in enumerate(counts):
            for term, times in count.items():
                postings[term].append((at, times))
        self._postings = {term: self._weighted(pairs, norm) for term, pairs in postings.items()}

    def _weighted(
        self, pairs: list[tuple[int, int]], norm: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        ids = np.array([at for at, _ in pairs], dtype=np.int64)
        times = np.array([times for _, times in pairs], dtype=np.float64)
        return ids, self._idf(len(pairs)) * times * (K1 + 1) / (times + norm[ids])

    def _idf(self, documents: int) -> float:
        return float(np.log(1 + (self.size - documents + 0.5) / (documents + 0.5)))

    def __contains__(self, term: str) -> bool:
        return term in self._postings

    def frequency(self, term: str) -> int:
        """In how many documents the term stands."""
        return len(self._postings[term][0]) if term in self._postings else 0

    def idf(self, term: str) -> float:
        return self._idf(self.frequency(term))

    def scores(self, query: Iterable[str]) -> NDArray[np.float64]:
        """One score for every document; each term of the query counts once."""
        total = np.zeros(self.size)
        for term in set(query):
            if term in self._postings:
                ids, weights = self._postings[term]
                total[ids] += weights
        return total
