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
from math import log

import numpy as np
from numpy.typing import NDArray

K1 = 1.2  # the usual values; bigram BM25 was insensitive to them on Chinese questions
B = 0.75
_UNSEEN = 500
_BUDGET = 200_000  # postings read for one message; about a millisecond


class BM25:
    """Immutable postings: term → documents with their finished weights."""

    def __init__(self, documents: Iterable[Sequence[str]], counted: int | None = None) -> None:
        """
        Args:
            documents: The terms of each, in order.
            counted: How many of the first ones decide how rare a term is and how long a document
                usually; None: all.
        """
        vocabulary: dict[str, int] = {}
        ids, places, times, lengths = array("i"), array("i"), array("i"), array("i")
        for at, document in enumerate(documents):
            count = Counter(document)
            lengths.append(max(len(document), 1))
            ids.extend([vocabulary.setdefault(term, len(vocabulary)) for term in count])
            places.extend([at] * len(count))
            times.extend(count.values())
        self.size = len(lengths)
        self._ids = vocabulary
        term_ids = np.frombuffer(ids, dtype=np.int32) if ids else np.zeros(0, np.int32)
        order = np.argsort(term_ids, kind="stable")
        length = np.frombuffer(lengths, dtype=np.int32) if lengths else np.ones(1, np.int32)
        usual = length[: counted or None].mean()
        norm = (K1 * (1 - B + B * length / usual)).astype(np.float32)
        self._places = np.array(places, dtype=np.int32)[order]
        frequency = np.array(times, dtype=np.float32)[order]
        self._frequency = frequency * np.float32(K1 + 1) / (frequency + norm[self._places])
        self._starts = np.searchsorted(term_ids[order], np.arange(len(vocabulary) + 1))
        self._counted = self.size if counted is None else counted
        seen = term_ids[order][self._places < self._counted]
        self._seen = np.bincount(seen, minlength=len(vocabulary)) if len(seen) else None

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
        at = self._ids.get(term)
        seen = 0 if at is None or self._seen is None else int(self._seen[at])
        return log((self._counted + _UNSEEN) / (seen + 0.5)) / log(2 * (self._counted + _UNSEEN))

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
