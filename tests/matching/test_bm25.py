"""Documents compared with each other score what a search over the store gives them."""

from __future__ import annotations

import numpy as np

from bot.matching.bm25 import BM25


def test_documents_compared_among_themselves_score_as_in_the_whole_store():
    chance = np.random.default_rng(1)
    documents = [[f"t{at}" for at in chance.zipf(1.3, 30) if at < 200] for _ in range(150)]
    store = BM25(documents)
    places = [int(at) for at in chance.permutation(150)[:100]]
    queries = [{term: len(term) / 2 for term in documents[at]} | {"none": 1} for at in places]
    queries[7] = {}
    found = store.among(places).scores(queries)
    for own, row in zip(queries, found, strict=True):
        np.testing.assert_allclose(row, store.scores(own)[places], rtol=1e-5)
