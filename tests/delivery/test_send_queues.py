"""Which post may go next."""

from __future__ import annotations

import pytest

from bot.delivery.rate_limits import RateLimits
from bot.delivery.send_queues import SendQueues

ONE, TWO = ("slack", "T", "C1"), ("slack", "T", "C2")


def _queues(limits, senders=9):
    now = [0.0]
    queues = SendQueues(senders, lambda: now[0])
    queues.set_limits("slack", limits)
    return queues, now


def test_a_lane_sends_one_at_a_time_in_order_and_keeps_its_pace():
    queues, now = _queues(RateLimits(per_channel=((1, 1.0),)))
    for row in (2, 1, 3):
        queues.put(ONE, row)
    queues.put(TWO, 9)
    assert sorted(queues.take()) == [(ONE, 1), (TWO, 9)]
    assert queues.take() == []
    queues.done(ONE)
    assert queues.take() == []
    assert queues.wait_s(5) == 1
    now[0] = 1.0
    assert queues.take() == [(ONE, 2)]


@pytest.mark.parametrize("background", [False, True])
def test_rows_that_were_closed_take_nothing_of_the_limits(background):
    once = ((1, 60.0),)
    queues, _ = _queues(RateLimits(once, once, background=once, beside=once))
    for row in range(1000):
        queues.put(ONE, row, background=background)
    for row in range(999):
        assert queues.take() == [(ONE, row)]
        queues.gone(ONE)
    assert queues.take() == [(ONE, 999)]
    queues.done(ONE)
    queues.put(ONE, 1000, background=background)
    assert queues.take() == []


def test_a_row_that_must_wait_keeps_its_place_and_delays_no_other_lane():
    queues, now = _queues(RateLimits())
    for lane, row in ((ONE, 1), (ONE, 2), (TWO, 3)):
        queues.put(lane, row)
    assert len(queues.take()) == 2
    queues.again(ONE, 30.0)
    queues.done(TWO)
    queues.put(TWO, 4)
    assert queues.take() == [(TWO, 4)]
    now[0] = 30.0
    assert queues.take() == [(ONE, 1)]


def test_a_workspace_keeps_its_pace_and_its_senders_and_may_be_shut():
    queues, now = _queues(RateLimits(per_workspace=((3, 60.0),)), senders=2)
    other = ("slack", "T2", "C1")
    for at in range(5):
        queues.put(("slack", "T", f"C{at}"), at)
    first = queues.take()
    assert len(first) == 2
    for lane, _ in first:
        queues.done(lane)
    taken = queues.take()
    assert len(taken) == 1
    queues.done(taken[0][0])
    assert queues.take() == []
    queues.put(other, 9)
    assert queues.take() == [(other, 9)]
    now[0] = 60.0
    queues.hold(ONE, 10.0)
    assert queues.take() == []
    now[0] = 70.0
    assert len(queues.take()) == 2


def test_lanes_that_limit_nothing_any_more_are_forgotten():
    queues, now = _queues(RateLimits(per_channel=((1, 1.0),)))
    for at in range(100):
        queues.put(("slack", "T", f"C{at}"), at)
    while taken := queues.take():
        for lane, _ in taken:
            queues.done(lane)
    queues.sweep()
    assert len(queues) == 100
    now[0] = 1.0
    queues.sweep()
    assert len(queues) == 0


def test_what_nobody_waits_for_has_its_own_limits_and_leaves_room_beside():
    limits = RateLimits(per_workspace=((9, 60.0),), background=((2, 1.0),), beside=((4, 60.0),))
    queues, now = _queues(limits, senders=9)
    for at in range(9):
        queues.put(("slack", "T", f"D{at}"), at, background=True)
    asked = [("slack", "T", f"C{at}") for at in range(3)]
    for at, lane in enumerate(asked, 100):
        queues.put(lane, at)
    # All that was asked, and of the rest only one: four posts of the workspace in 60 s.
    assert [row for _, row in queues.take()] == [100, 101, 102, 0]
    assert queues.wait_s(90) == 60.0
    now[0] = 60.0
    assert [row for _, row in queues.take()] == [1, 2]
    assert queues.wait_s(5) == 5  # three of them are in hand, however long it is


def test_a_lane_that_is_recalled_and_gets_no_row_is_forgotten():
    queues, _ = _queues(RateLimits(per_channel=((1, 1.0),)))
    queues.recall(ONE, [5.0])
    queues.sweep()
    assert ONE not in queues
