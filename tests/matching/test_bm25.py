"""Documents compared with each other score what a search over the store gives them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.matching.bm25 import BM25, Counted
from bot.matching.codes import code
from bot.matching.counting import listed, postings_of

NONE = np.zeros(0, dtype=np.int32)


def postings(documents):
    terms = [(code(term), at) for at, own in enumerate(documents) for term in own]
    return postings_of(listed(terms), len(documents))


def found_by_hand(documents, query):
    """Okapi BM25 as it stands in the book, with 500 documents more that hold no term."""
    size, mean = len(documents), sum(map(len, documents)) / len(documents)
    scores = np.zeros(size)
    for term, weight in query.items():
        seen = sum(term in document for document in documents)
        idf = np.log((size + 500) / (seen + 0.5)) / np.log(2 * (size + 500))
        for at, document in enumerate(documents):
            times = document.count(term)
            norm = 1.2 * (0.25 + 0.75 * len(document) / mean)
            scores[at] += weight * idf * times * 2.2 / (times + norm)
    return scores


@pytest.mark.parametrize("split", [150, 60])
def test_documents_compared_among_themselves_score_as_in_the_whole_store(split):
    chance = np.random.default_rng(1)
    documents = [[f"t{at}" for at in chance.zipf(1.3, 30) if at < 200] for _ in range(150)]
    halves = [documents[:split], documents[split:]] if split < 150 else [documents]
    store = BM25([Counted(postings(half), NONE) for half in halves])
    places = [int(at) for at in chance.permutation(150)[:100]]
    queries = [{term: len(term) / 2 for term in documents[at]} | {"none": 1} for at in places]
    queries[7] = {}
    own = [(0, at) if at < split else (1, at - split) for at in places]
    found = store.among(own).scores(queries)
    for query, row in zip(queries, found, strict=True):
        np.testing.assert_allclose(row, found_by_hand(documents, query)[places], rtol=1e-4)
