"""One model for many threads: texts together, equal ones once, and what happens when it fails."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bot.matching.sharing import ModelError, SharedEmbedder


class Model:
    """Turns a text into a vector of its length; waits and fails as it is told."""

    name = "model"

    def __init__(self):
        self.calls = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.is_broken = False

    def __call__(self, texts):
        self.calls.append(list(texts))
        assert self.may_go.wait(10)
        if self.is_broken:
            raise RuntimeError("weights are gone")
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def model():
    return Model()


def test_what_waits_while_the_model_runs_is_made_in_one_call_and_equal_texts_once(model):
    shared = SharedEmbedder(model, at_a_time=1)
    model.may_go.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(shared, ["a"])
        while not model.calls:
            pass
        others = [pool.submit(shared, texts) for texts in (["bb"], ["bb", "ccc"], ["a"], ["ccc"])]
        while len(shared._wanted) < 2:
            pass
        model.may_go.set()
        assert [found.result(10)[:, 0].tolist() for found in (first, *others)] == [
            *([1.0], [2.0], [2.0, 3.0], [1.0], [3.0])
        ]
    assert model.calls == [["a"], ["bb", "ccc"]]
    assert shared(["ccc", "a"])[:, 0].tolist() == [3.0, 1.0]
    assert len(model.calls) == 2


def test_calls_run_beside_each_other_and_none_makes_what_another_makes(model):
    shared = SharedEmbedder(model, at_a_time=2)
    model.may_go.clear()
    with ThreadPoolExecutor(3) as pool:
        asked = [["a"], ["a", "bb"], ["bb"]]
        running = [pool.submit(shared, texts) for texts in asked]
        while len(model.calls) < 2:  # both go before either is done
            pass
        model.may_go.set()
        assert [found.result(10)[:, 0].tolist() for found in running] == [[1.0], [1.0, 2.0], [2.0]]
    assert sorted(text for call in model.calls for text in call) == ["a", "bb"]


def test_a_model_that_fails_is_told_of_once_left_alone_and_told_of_when_it_works(model):
    told: list[str] = []
    clock = Clock()
    shared = SharedEmbedder(model, told.append, clock)
    shared(["a"])
    model.is_broken = True
    for text in ("b", "c", "d", "e"):
        with pytest.raises(ModelError):
            shared([text])
    assert told == ["", "RuntimeError"]
    assert len(model.calls) == 4  # the last was not tried
    assert shared(["a"]).shape == (1, 2)  # what is known needs no model
    model.is_broken = False
    with pytest.raises(ModelError):
        shared(["e"])
    clock.now += 61
    assert shared(["e"]).shape == (1, 2)
    assert told[-1] == ""


def test_vectors_that_are_no_numbers_count_as_a_failure(model):
    class Broken(Model):
        def __call__(self, texts):
            return np.full((len(texts), 2), np.nan)

    with pytest.raises(ModelError):
        SharedEmbedder(Broken())(["a"])
