"""Vectors in the background: the newest first, a share of the time, and a model that fails."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.bootstrap import put_together
from bot.config import Settings
from bot.ingest.embedding import embed_in_background, embed_missing
from bot.ingest.meaning import finding, meaning_state
from bot.message import Message
from bot.record import Reading
from bot.store import Store
from tests.conftest import NOW
from tests.matching.test_matching import made
from tests.toy_model import ToyModel
from tests.waiting import until

QUESTIONS = ("国外市场的仓库有几个？", "员工培训如何安排？", "研发投入是多少？")


@pytest.fixture
def model():
    return ToyModel()


@pytest.fixture
def store(tmp_path):
    """Three records; the one imported last is the oldest."""
    store = Store(tmp_path / "irbot.db")
    days = (date(2025, 3, 1), date(2025, 5, 1), date(2024, 1, 1))
    for at, (asked, day) in enumerate(zip(QUESTIONS, days, strict=True)):
        record = made((asked, f"公司的情况之{at}是这样。"), day=day, no=f"2025-{at:03}")
        store.add([Reading(record)], f"{at}".encode(), f"{at}.txt")
    return store


def state(store, model):
    return meaning_state(store, model, datetime.now(UTC))


def test_all_get_vectors_and_a_stop_between_loses_nothing(store, model):
    many = [made((f"第{at}问的内容", "有。"), no=f"2026-{at:03}") for at in range(30)]
    for at, record in enumerate(many):
        store.add([Reading(record)], f"x{at}".encode(), f"x{at}.txt")
    assert state(store, model).missing == 33
    assert 0 < embed_missing(store, model, budget_s=0.0) <= 3 * 33
    assert model.asked == []

    def kill(left):
        if len(model.asked) > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed_missing(store, model, tell=kill)
    assert embed_missing(store, model) == 0
    assert len(set(model.asked)) == len(model.asked) > 33  # none was made twice
    assert state(store, model).missing == 0
    first = len(model.asked)
    assert embed_missing(store, model) == 0
    assert len(model.asked) == first


def test_the_newest_events_come_first_and_how_long_the_rest_takes_is_told(store, model):
    class Tired(ToyModel):
        def __call__(self, texts):
            if any(QUESTIONS[2][:-1] in text for text in texts):
                raise RuntimeError("too old")
            return super().__call__(texts)

    more = [made((f"第{at}问的内容", "有。"), no=f"2026-{at:03}") for at in range(20)]
    for at, record in enumerate(more):  # newer than the three
        event = replace(record.event_dates[0], start=date(2026, 1, 2), end=date(2026, 1, 2))
        store.add([Reading(replace(record, event_dates=(event,)))], f"y{at}".encode(), f"y{at}.txt")
    with pytest.raises(RuntimeError):
        embed_missing(store, Tired())
    known = state(store, model)
    assert (known.records, known.missing) == (23, 3)
    assert known.minutes
    assert "23份记录中有3份还没有算完向量，约需1分钟" in finding(known).said


def test_while_somebody_waits_most_of_the_time_is_left_to_the_answers(store, model):
    class Slow(ToyModel):
        def __call__(self, texts):
            time.sleep(0.02)
            return super().__call__(texts)

    asked = []

    def is_busy():
        asked.append(time.monotonic())
        return True

    embed_in_background(store, Slow(), is_busy)
    until = time.monotonic() + 10
    while state(store, model).missing and time.monotonic() < until:
        time.sleep(0.01)
    assert not state(store, model).missing
    assert asked


def test_a_full_disk_is_no_fault_of_the_model_and_the_rest_is_made_when_there_is_room(
    store, model, caplog
):
    db = store.database.connection()
    full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    db.execute(f"CREATE TRIGGER full BEFORE INSERT ON vectors {full}")
    embed_in_background(store, model, again_s=0.01)
    until(lambda: "vectors are made later" in caplog.text)
    assert "磁盘已满" in caplog.text
    assert not state(store, model).fault
    db.execute("DROP TRIGGER full")
    until(lambda: not state(store, model).missing)


def test_a_model_that_fails_while_it_serves_is_done_without_and_doctor_says_it(store, model):
    embed_missing(store, model)
    responder = put_together(Settings(store.path), model, lambda: NOW).responder

    def asked(text):
        considered = responder.consider(Message(text))
        return considered, responder.explain(considered).searches[0].meaning

    considered, meaning = asked("海外有没有仓库")
    assert (meaning, considered.matcher.endswith("toy")) == ("used", True)
    assert finding(state(store, model)).ok
    model.fault = RuntimeError("weights are gone")
    considered, meaning = asked("仓库在国外吗")
    assert (meaning, considered.matcher.endswith("words only")) == ("failed", True)
    assert considered.ranked
    assert asked("海外有没有仓库")[1] == "used"  # what is known needs no model
    found = finding(state(store, model))
    assert not found.ok
    assert "在服务中出错（RuntimeError）" in found.said
    model.fault = None
    assert asked("仓库在国外吗")[1] == "used"  # nothing is kept of what failed
    assert finding(state(store, model)).ok
