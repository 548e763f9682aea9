"""Whatever of a store is compared at once, a passage has the same likeness."""

from __future__ import annotations

import random

import numpy as np
import pytest

from bot.ingest.embedding import texts
from bot.matching.dense_index import DenseIndex
from bot.matching.index import Index
from bot.matching.parts import Wanted
from bot.matching.taught import Wording
from tests.matching.test_segments import filed
from tests.toy_model import ToyModel

ASKED = ("毛利率为什么下降？", "海外订单进展", "请介绍分红政策的情况")
FIRST, OTHER = Wanted(frozenset({"300000"})), Wanted(frozenset({"300000", "300001"}))


@pytest.fixture(scope="module")
def model():
    return ToyModel()


@pytest.fixture(scope="module")
def records():
    chance = random.Random(4)
    return [filed(chance, f"30000{at % 3}", at) for at in range(9)]


@pytest.fixture(scope="module")
def known(records, model):
    needed = sorted({*texts(records), "毛利润走低的缘由"})
    return dict(zip(needed, model(needed), strict=True))


def index_of(records, model, known):
    wordings = [Wording(records[0].id, 1, "毛利润走低的缘由")]
    return Index.of(records, embedder=model, vectors=known, wordings=wordings)


def dense(index, known, largest):
    return DenseIndex(
        index.collection,
        lambda wanted: {text: known[text] for text in wanted if text in known},
        largest,
    )


def all_places(index):
    return index.collection.scope(Wanted()).places().tolist()


@pytest.mark.parametrize("wanted", [Wanted(), FIRST, OTHER], ids=["all", "one", "two"])
@pytest.mark.parametrize("asked", [*ASKED, "毛利润走低的缘由"])
def test_blocks_of_companies_and_single_candidates_tell_what_the_whole_tells(
    records, model, known, asked, wanted
):
    index = index_of(records, model, known)
    scope, (vector,) = index.collection.scope(wanted), model([asked])
    every = [at for at in all_places(index) if at in scope]
    whole = dense(index, known, 10_000).near(vector, wanted, scope)
    company = dense(index, known, len(all_places(index)) - 1).near(vector, wanted, scope)
    alone = dense(index, known, 1).near(vector, wanted, scope)
    for near in (company, alone):
        for ours, theirs in zip(near.of(every), whole.of(every), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert alone.top(5) == []
    assert company.top(5) == (whole.top(5) if wanted.companies else [])
    assert len(whole.top(5)) == 5
    assert set(whole.top(5)) <= set(every)


def test_what_has_no_vector_is_not_passed_over(records, model, known):
    index = index_of(records, model, known)
    lost = next(at for at in all_places(index) if at in index.collection.scope(FIRST))
    passage = index.collection.passages[lost]
    some = {text: own for text, own in known.items() if text not in passage.asked}
    scope, (vector,) = index.collection.scope(FIRST), model([ASKED[0]])
    assert not dense(index, some, 10_000).is_ready
    near = dense(index, some, len(all_places(index)) - 1).near(vector, FIRST, scope)
    assert near.top(5) == []
    assert near.of([lost]) is None
    lacking = {
        at
        for at in all_places(index)
        if any(piece not in some for piece in texts([index.collection.passages[at].record]))
    }
    told = [at for at in all_places(index) if at not in lacking]
    assert told
    assert near.of(told) is not None


def test_a_search_by_meaning_is_that_of_the_whole_in_a_store_that_is_too_large_for_it(
    records, model, known
):
    """What words find is compared, so their first candidates have the same likeness."""
    small, large = (index_of(records, model, known) for _ in range(2))
    large._dense = dense(large, known, 1)
    for asked in ASKED:
        like = {
            item.hit.full_id: item.features.similarity for item in small.search(asked).candidates
        }
        found = large.search(asked).candidates
        assert found
        for item in found:
            assert item.features.similarity == pytest.approx(like[item.hit.full_id], abs=1e-5)


LONG_QUESTION = "海外订单的回款周期为什么比去年同期拉长了这么多?"
LED_UP_TO = "昨天的会上讲了不少情况,"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (LONG_QUESTION, LONG_QUESTION),
        (LED_UP_TO * 20 + LONG_QUESTION, LED_UP_TO * 6 + LONG_QUESTION),
        ("毛利率" * 60, "毛利率" * 32),
    ],
    ids=["short", "led up to", "no clauses"],
)
def test_of_a_long_message_the_model_reads_the_clauses_at_its_end(
    records, model, known, typed, read
):
    index_of(records, model, known).search(typed)
    assert model.asked[-1] == read
