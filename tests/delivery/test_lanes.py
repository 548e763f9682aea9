"""Which post may go next."""

from __future__ import annotations

from bot.delivery.send_queues import Lanes, Pace

ONE, TWO = ("slack", "T", "C1"), ("slack", "T", "C2")


def _lanes(pace, senders=9):
    now = [0.0]
    lanes = Lanes(senders, lambda: now[0])
    lanes.set_pace("slack", pace)
    return lanes, now


def test_a_lane_sends_one_at_a_time_in_order_and_keeps_its_pace():
    lanes, now = _lanes(Pace(per_channel=((1, 1.0),)))
    for row in (2, 1, 3):
        lanes.put(ONE, row)
    lanes.put(TWO, 9)
    assert sorted(lanes.take()) == [(ONE, 1), (TWO, 9)]
    assert lanes.take() == []
    lanes.done(ONE)
    assert lanes.take() == []
    assert lanes.wait_s(5) == 1
    now[0] = 1.0
    assert lanes.take() == [(ONE, 2)]


def test_a_row_that_must_wait_keeps_its_place_and_delays_no_other_lane():
    lanes, now = _lanes(Pace())
    for lane, row in ((ONE, 1), (ONE, 2), (TWO, 3)):
        lanes.put(lane, row)
    assert len(lanes.take()) == 2
    lanes.again(ONE, 30.0)
    lanes.done(TWO)
    lanes.put(TWO, 4)
    assert lanes.take() == [(TWO, 4)]
    now[0] = 30.0
    assert lanes.take() == [(ONE, 1)]


def test_a_workspace_keeps_its_pace_and_its_senders_and_may_be_shut():
    lanes, now = _lanes(Pace(per_workspace=((3, 60.0),)), senders=2)
    other = ("slack", "T2", "C1")
    for at in range(5):
        lanes.put(("slack", "T", f"C{at}"), at)
    first = lanes.take()
    assert len(first) == 2
    for lane, _ in first:
        lanes.done(lane)
    taken = lanes.take()
    assert len(taken) == 1
    lanes.done(taken[0][0])
    assert lanes.take() == []
    lanes.put(other, 9)
    assert lanes.take() == [(other, 9)]
    now[0] = 60.0
    lanes.hold(ONE, 10.0)
    assert lanes.take() == []
    now[0] = 70.0
    assert len(lanes.take()) == 2


def test_lanes_that_limit_nothing_any_more_are_forgotten():
    lanes, now = _lanes(Pace(per_channel=((1, 1.0),)))
    for at in range(100):
        lanes.put(("slack", "T", f"C{at}"), at)
    while taken := lanes.take():
        for lane, _ in taken:
            lanes.done(lane)
    lanes.sweep()
    assert len(lanes) == 100
    now[0] = 1.0
    lanes.sweep()
    assert len(lanes) == 0
