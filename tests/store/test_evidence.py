"""What was shown can be proven: where, when, in which version, from which file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands import Plan
from bot.config import Settings
from bot.delivery.transport import Refused
from bot.message import Chat, Message
from bot.record import Reading
from bot.store import Database, Store
from bot.store.carrying_over import carry_over
from bot.store.sqlite import file_of
from tests.conftest import NOW, SAMPLE, open_by_words
from tests.delivery.test_delivery import Platform, ask, delivering
from tests.engines import SQLITE_ALONE
from tests.waiting import until

Q24 = "300253/2025-002#24"
BYTES = "另一个文件".encode()


class Reads(Platform):
    """Keeps what it is told to post."""

    def __init__(self, *answers):
        super().__init__(*answers)
        self.texts = []

    def send(self, payload, address, key):
        outcome = super().send(payload, address, key)
        self.texts.append(payload["text"])
        return outcome


def correct(store, sample, number=24, new="改正后的答复。", **more):
    """A file that says something else in one answer, taken in instead."""
    questions = tuple(
        replace(item, answer=new, parts=()) if item.number == number else item
        for item in sample.record.questions
    )
    reading = Reading(replace(sample.record, questions=questions), sample.proof)
    store.add([reading], BYTES, "更正.txt", replace_words=True, **more)


def settled(store, count):
    """All rows, once that many posts are known to have gone out, or not."""

    def known():
        rows = list(store.evidence())
        return sum(row.fate != "waiting" for row in rows) >= count and rows

    return until(known)


def test_who_was_shown_which_version_when_a_correction_comes_amid_a_conversation(store, sample):
    other = Chat("slack", "T", "C2", "U2")
    with delivering(store, platform := Reads()) as delivery:
        ask(delivery, "1", "#24")
        platform.until(lambda: len(platform.texts) == 1)
        correct(store, sample)
        ask(delivery, "2", "#24")
        platform.until(lambda: len(platform.texts) == 2)
        ask(delivery, "3", "第24问", chat=other)
        platform.until(lambda: len(platform.texts) == 3)
        rows = settled(store, 3)
    assert [(row.channel, row.target, row.version, row.file, row.fate) for row in rows] == [
        ("C1", Q24, 1, SAMPLE.name, "sent"),
        ("C1", Q24, 2, "更正.txt", "sent"),
        ("C2", Q24, 2, "更正.txt", "sent"),
    ]
    assert [row.text for row in rows] == [
        hashlib.sha256(text.encode()).hexdigest() for text in platform.texts
    ]
    assert [row.source for row in rows] == [
        hashlib.sha256(content).hexdigest() for content in (SAMPLE.read_bytes(), BYTES, BYTES)
    ]
    assert "U1" not in str(rows)
    assert rows[0].matcher.startswith("0.")


def test_a_reply_begun_before_a_correction_proves_the_words_that_it_shows(store, sample):
    bot = open_by_words(Settings(store.place))
    message = Message("#24", Chat("slack", "T", "C1", "U1"))
    considered = bot.responder.consider(message)
    correct(store, sample)
    bot.responder.keep(message, considered, bot.responder.show(considered.reply))
    (row,) = store.evidence()
    assert (row.version, row.file, row.fate) == (1, SAMPLE.name, "at once")


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        (["可转债"], [("answer", f"{Q24}.2")]),
        (["可转债", "全文"], [("answer", f"{Q24}.2"), ("answer", Q24)]),
        (["#7", "#24.2"], [("answer", "300253/2025-002#7"), ("answer", f"{Q24}.2")]),
        (["帮助"], []),
        (["明天会下雨吗"], []),
        (["WiNEX 进展如何？", "A"], ["picked"]),
        (["1、可转债下修怎么考虑？2、关税有影响吗？"], ["both"]),
    ],
)
def test_every_answer_that_is_shown_is_there_and_nothing_else(store, said, kinds):
    responder = open_by_words(Settings(store.place)).responder
    chat = Chat("terminal", "local", "terminal", "zhang")
    texts = [responder.show(responder.reply(Message(text, chat))) for text in said]
    quoted = [item.id.partition("#")[2] for shown in texts for item in shown.quotations]
    rows = list(store.evidence())
    assert sorted(row.target.partition("#")[2].partition(".")[0] for row in rows) == sorted(
        place.partition(".")[0] for place in quoted
    )
    if not kinds or isinstance(kinds[0], tuple):
        assert [(row.kind, row.target) for row in rows] == kinds
    else:
        assert rows


def test_a_post_that_never_went_out_is_told_as_such_also_when_the_outbox_has_forgotten(store):
    now = [1_000_000_000.0]
    platform = Platform(Refused("not_in_channel", permanent=True))
    delivery = open_by_words(Settings(store.place), clock=lambda: now[0]).delivery
    delivery.register("slack", platform)
    delivery.start()
    ask(delivery, "lost", "#24")
    settled(store, 1)
    ask(delivery, "sent", "#7", chat=Chat("slack", "T", "C2", "U1"))
    settled(store, 2)
    delivery.stop()
    now[0] += 200 * 86400
    delivery.purge(90)
    with store.database.transaction() as db:
        assert db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    assert {row.channel: row.fate for row in store.evidence()} == {"C1": "failed", "C2": "sent"}


def test_a_digest_is_there_with_its_post_and_a_chat_of_one_person_under_no_name(store):
    bot = open_by_words(Settings(store.place), lambda: NOW)
    chat = Chat("slack", "T", "zhangsan", "zhangsan")
    subscriptions = bot.responder.subscribing.subscriptions
    subscriptions.subscribe(
        chat, Plan((NOW - timedelta(minutes=1)).time()), NOW - timedelta(days=1)
    )
    bot.delivery.register("slack", platform := Platform())
    bot.delivery.start()
    bot.scheduler.run_once(NOW)
    platform.until(lambda: platform.posts)
    rows = settled(store, 1)
    bot.delivery.stop()
    # A record of long ago, by name, and the question of the day.
    assert {(row.kind, row.version, row.fate) for row in rows} == {("digest", 1, "sent")}
    assert [bool("#" in row.target) for row in rows] == [False, True]
    assert {row.channel[:7] for row in rows} == {"direct-"}
    assert "zhangsan" not in str(rows)


def test_pages_are_counted_by_the_hour_and_version(store, sample):
    record, units = store.record("300253/2025-002").record, sample.record.questions[:3]
    for minutes in (0, 10, 59, 61):
        store.add_view(record, units, NOW + timedelta(minutes=minutes), "page")
    correct(store, sample, number=2)
    record = store.record("300253/2025-002").record
    store.add_view(record, record.questions[:3], NOW + timedelta(minutes=62), "page")
    rows = list(store.evidence("300253/2025-002#2"))
    assert [(row.version, row.times, row.places) for row in rows] == [
        (1, 3, ("1", "2", "3")),
        (1, 1, ("1", "2", "3")),
        (2, 1, ("1", "2", "3")),
    ]
    assert list(store.evidence("300253/2025-002#4")) == []
    assert rows[0].last_at == NOW + timedelta(minutes=59)


def test_it_is_found_by_question_part_record_and_day(store):
    responder = open_by_words(Settings(store.place)).responder
    for text in ("#24.2", "#24", "#2", "#7"):
        responder.reply(Message(text, Chat("terminal", "local", "terminal", "u")))

    def found(*asked):
        return [row.target.partition("#")[2] for row in store.evidence(*asked)]

    assert found(Q24) == ["24.2", "24"]
    assert found(f"{Q24}.2") == ["24.2", "24"]
    assert found(f"{Q24}.1") == ["24"]
    assert found("300253/2025-002#2") == ["2"]
    assert found("300253/2025-002") == ["24.2", "24", "2", "7"]
    assert found("300253/2025-00") == []
    assert found("", NOW, NOW + timedelta(seconds=1)) == ["24.2", "24", "2", "7"]
    assert found("", NOW + timedelta(seconds=1)) == []


def test_it_is_kept_for_three_years(store):
    responder = open_by_words(Settings(store.place)).responder
    responder.reply(Message("#7", Chat("terminal", "local", "terminal", "u")))
    store.forget_evidence(NOW + timedelta(days=3 * 365))
    assert len(list(store.evidence())) == 1
    store.forget_evidence(NOW + timedelta(days=3 * 366 + 1))
    assert list(store.evidence()) == []


@SQLITE_ALONE
def test_it_goes_along_when_another_file_takes_the_databases_place(store, tmp_path):
    responder = open_by_words(Settings(store.place)).responder
    responder.reply(Message("#7", Chat("terminal", "local", "terminal", "u")))
    new = file_of(Database.open(tmp_path / "new.db"))
    for _ in range(2):
        with new.transaction() as db:
            carry_over(store.database.connection(), db)
    assert [row.target for row in Store(new.path).evidence()] == ["300253/2025-002#7"]
