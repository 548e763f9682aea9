"""What a person sees of a reply, and the numbers of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.evaluating import JudgedQuery, Query, Share, ask_all, score
from bot.evaluating.shown import Shown, shown
from bot.message import Answer, Band, Decline, Hit, Message, Suggest
from bot.record import EventDate

ONE = Query("一", frozenset({"a", "b"}), "in")
TWO = Query(
    "一？二？", frozenset({"a", "b", "c"}), "in", "multi", "", (frozenset("ab"), frozenset("c"))
)
NEAR = Query("三", frozenset(), "near")
FAR = Query("四", frozenset(), "far")


def row(query, reply, newest=None):
    newest = newest or (frozenset(),) * len(query.answerable)
    band: Band = "answer" if reply.answered else "suggest" if reply.offered else "decline"
    return JudgedQuery(query, reply.answered or reply.offered, 0.5, band, 1.0, reply, newest)


def answers(*ids, named=(), offered=()):
    return Shown(answered=ids, named=named, offered=offered)


def offers(*ids, characters=0):
    return Shown(offered=ids, characters=characters)


def likely(*ids, characters=0):
    return Shown(opened=ids[0], offered=ids, characters=characters)


def counted(rows, name):
    share = score(rows)[name]
    assert isinstance(share, Share)
    return share.count, share.of


@pytest.mark.parametrize(
    ("query", "reply", "right", "wrong", "helped"),
    [
        (ONE, answers("b"), True, False, True),
        (ONE, answers("x"), False, True, False),
        (ONE, answers("a", "x"), False, True, True),  # what is wrong beside it is read too
        (ONE, answers("x", offered=("a",)), False, True, True),
        (ONE, offers("x", "a"), False, False, True),
        (ONE, offers("x"), False, False, False),
        (ONE, likely("a", "x"), False, False, True),
        (ONE, Shown(), False, False, False),
        (TWO, answers("b", "c"), True, False, True),
        (TWO, answers("a", "b"), False, False, False),  # one of the two things asked
        (TWO, answers("a", offered=("x", "c")), False, False, True),
        (TWO, answers("a", "c", "x"), False, True, True),
        (TWO, offers("c", "b"), False, False, True),
        (TWO, offers("c", "x"), False, False, False),
        (NEAR, answers("a"), False, True, False),
        (NEAR, offers("a"), False, False, False),
    ],
)
def test_a_reply_is_judged_by_all_that_it_shows(query, reply, right, wrong, helped):
    judged = row(query, reply)
    assert (judged.answered_right, judged.answered_wrong, judged.helped) == (right, wrong, helped)


def test_official_words_at_first_sight_are_an_answer_or_an_opened_offer():
    rows = [
        row(ONE, answers("a")),
        row(ONE, likely("b", "x")),
        row(ONE, likely("x", "b")),
        row(ONE, offers("a")),
        row(TWO, answers("c")),  # a part of what was asked, but no other words
        row(NEAR, likely("a")),
        row(FAR, Shown()),
    ]
    assert counted(rows, "in-scope right at first sight") == (3, 5)
    assert counted(rows, "first sight wrong") == (2, 5)
    assert counted(rows, "answered wrong") == (0, 2)


def test_the_newest_is_counted_of_what_was_asked_at_several_events():
    both = frozenset("a"), frozenset("c")
    rows = [
        row(ONE, answers("a"), both[:1]),
        row(ONE, answers("b", named=("x", "a")), both[:1]),
        row(ONE, answers("b", named=("x",)), both[:1]),
        row(ONE, answers("b"), (frozenset(),)),  # all of one event
        row(ONE, offers("b"), both[:1]),  # no answer
        row(ONE, answers("x"), both[:1]),  # no right one
        row(TWO, answers("c", "b", offered=("a",)), both),  # the newest of one, of one not
    ]
    assert counted(rows, "newest answered") == (2, 5)
    assert counted(rows, "newest named") == (2, 3)


def test_lists_are_counted_by_what_they_offer_and_how_long_they_are():
    rows = [
        row(ONE, offers("a", "x", "b", "y", characters=90)),
        row(ONE, likely("a", "x", characters=400)),
        row(NEAR, offers("x", "y", "a", characters=30)),
        row(FAR, offers("x", characters=40)),
        row(ONE, answers("a", offered=("x",))),  # no list: an answer stands above
        row(FAR, Shown(characters=7)),
    ]
    numbers = score(rows)
    assert numbers["lists"] == 4
    assert numbers["offers a list"] == 2.5
    assert counted(rows, "offer precision") == (3, 6)  # of those that something answers
    assert numbers["characters to read"] == 40
    assert numbers["characters of a likely"] == 400
    assert counted(rows, "near given a list") == (1, 1)
    assert counted(rows, "far given a list") == (1, 2)
    assert counted(rows, "far shown a likely") == (0, 2)


def test_without_any_list_there_is_nothing_to_read():
    numbers = score([row(ONE, answers("a"))])
    assert (numbers["lists"], numbers["offers a list"], numbers["characters to read"]) == (
        0,
        None,
        None,
    )


def test_a_matcher_that_only_ranks_shows_nothing():
    numbers = score([JudgedQuery(ONE, ("a", "x"), 0.5, "answer"), JudgedQuery(FAR, (), 0.0)])
    assert "first sight wrong" not in numbers
    assert "lists" not in numbers


def test_a_reply_shows_its_hits_and_what_stands_beside_them(sample):
    record = sample.record
    hits = [Hit(record, question, 0.9) for question in record.questions[:5]]
    ids = [f"300253/2025-2#{hit.question.number}" for hit in hits]
    reply = Answer((hits[0],), date(2026, 11, 25), (hits[1],), (hits[2],), similar=((2, hits[3]),))
    assert shown(reply, "四个字。") == Shown(
        answered=(ids[0],), offered=(ids[3],), named=(ids[2], ids[1]), characters=4
    )
    assert shown(reply, "").first == ids[0]
    assert shown(Suggest(tuple(hits)), "列表") == Shown(offered=tuple(ids), characters=2)
    assert shown(Decline(), "没有") == Shown(characters=2)


def test_the_desk_is_judged_by_the_newest_of_the_accepted_events(store, responder, sample):
    later = EventDate(date(2026, 4, 28), date(2026, 4, 28), "day", "2026年4月28日")
    newer = replace(sample.record, record_no="2026-001", event_dates=(later,))
    store.add([replace(sample, record=newer)], b"newer", "newer.txt")
    old, new = "300253/2025-2#24", "300253/2026-1#24"
    query = Query("可转债", frozenset({old, new, "300253/2025-2#3"}), "in")
    alone = Query("可转债", frozenset({old, "300253/2025-2#3"}), "in")
    of_both, of_one = ask_all(responder, [query, alone])
    assert of_both.newest == (frozenset({new}),)
    assert of_one.newest == (frozenset(),)
    assert of_both.shown is not None
    assert of_both.shown.characters == len(responder.show(responder.reply(Message("可转债"))).text)
