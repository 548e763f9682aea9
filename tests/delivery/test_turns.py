"""In which order messages are taken up."""

from __future__ import annotations

import random
import threading

from bot.delivery.turns import Turns

A, B, C = (("slack", "T", channel) for channel in "ABC")


def taken(turns):
    """The next one, which there must be."""
    turn = turns.take()
    assert turn is not None
    return turn


def test_a_lane_waits_for_its_own_message_and_for_no_other():
    turns = Turns()
    for lane, row in ((A, 1), (A, 2), (B, 3), (A, 4)):
        turns.put(lane, row)
    first, second = taken(turns), taken(turns)
    assert (first.row, second.row) == (1, 3)
    turns.put(C, 5)
    assert taken(turns).row == 5
    turns.done(first)
    third = taken(turns)
    assert third.row == 2
    turns.done(third)
    assert taken(turns).row == 4


def test_what_was_left_goes_first_and_what_failed_goes_again_in_its_place():
    turns = Turns()
    turns.put(A, 10)
    turns.put_first([(A, 1), (B, 2), (A, 3)])
    first = taken(turns)
    assert first.row == 1
    turns.again(first)
    assert taken(turns) == first
    assert taken(turns).row == 2
    turns.done(first)
    assert taken(turns).row == 3


def test_a_lane_goes_on_where_older_messages_came_while_one_that_failed_was_in_hand():
    turns = Turns()
    turns.put(A, 7)
    failing = taken(turns)
    turns.put_first([(A, 3)])
    turns.put(B, 8)
    assert taken(turns).row == 8  # passes lane A over
    turns.again(failing)
    older = taken(turns)
    assert older.row == 3
    turns.done(older)
    assert taken(turns).row == 7


def test_threads_answer_each_lane_in_its_order_and_each_message_once():
    turns, answered, chance = Turns(), [], random.Random(3)
    lanes = [("slack", "T", str(at)) for at in range(5)]
    rows = [(chance.choice(lanes), row) for row in range(500)]

    def answer():
        while (turn := turns.take()) is not None:
            answered.append((turn.lane, turn.row))
            turns.done(turn)
            if len(answered) == len(rows):
                turns.stop()

    threads = [threading.Thread(target=answer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for lane, row in rows:
        turns.put(lane, row)
    for thread in threads:
        thread.join(10)
    assert sorted(answered, key=lambda item: item[1]) == rows
    for lane in lanes:
        own = [row for of, row in answered if of == lane]
        assert own == sorted(own)


def test_it_is_busy_while_messages_wait_and_a_moment_longer():
    now = [100.0]
    turns = Turns(lambda: now[0])
    was_busy = turns.is_busy
    assert not was_busy
    turns.put(A, 1)
    assert turns.is_busy
    turns.done(taken(turns))
    assert turns.is_busy
    now[0] += 3
    assert not turns.is_busy


def test_a_workspace_in_which_a_thousand_wait_keeps_no_other_waiting():
    turns = Turns()
    for row in range(1_000):
        turns.put(("slack", "BUSY", f"C{row}"), row)
    for row in range(1_000, 1_003):
        turns.put(("wecom", f"QUIET{row}", "C"), row)
    order = [taken(turns).row for _ in range(8)]
    assert order == [0, 1000, 1001, 1002, 1, 2, 3, 4]
    turns.put(("slack", "LATE", "C"), 5_000)
    assert [taken(turns).row for _ in range(3)] == [5, 5_000, 6]


def test_two_busy_workspaces_take_turns_and_each_keeps_its_order():
    turns = Turns()
    for row in range(6):
        turns.put(("slack", "AB"[row // 3], "C" + str(row)), row)
    turns.put_first([(("slack", "B", "C9"), 9)])
    order = [taken(turns).row for _ in range(7)]
    assert [row for row in order if row < 3] == [0, 1, 2]
    assert [row for row in order if row >= 3] == [9, 3, 4, 5]
    assert order[:2] in ([0, 9], [9, 0])
