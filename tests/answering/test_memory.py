"""What a chat remembers: in a thread for all who read it, elsewhere for the person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database

from bot.config import CHINA, Settings
from bot.message import Answer, Chat, Message, Notice, Suggest
from bot.store import Memory, Store
from bot.store.connection import instant
from bot.store.schema.migrations import migrations
from tests.conftest import open_by_words
from tests.engines import engine as engine  # what is remembered is kept on both

OFFERS = ("WiNEX 进展如何？", "收入下滑")


def slack(user="U1", thread="1.1", in_thread=True):
    return Chat("slack", "T", "C1", user, thread, in_thread)


def group(user="zhangsan"):
    return Chat("wecom", "B", "wrA", user, "wrA")


@pytest.fixture
def clock():
    return [datetime(2026, 11, 24, 9, tzinfo=CHINA)]


@pytest.fixture
def say(store, clock):
    responder = open_by_words(Settings(store.place), lambda: clock[0]).responder
    return lambda text, chat: responder.reply(Message(text, chat))


def offered(say, text, chat):
    reply = say(text, chat)
    assert isinstance(reply, Suggest)
    return [hit.full_id for hit in reply.hits]


def picked(say, letter, chat):
    reply = say(letter, chat)
    return reply.hits[0].full_id if isinstance(reply, Answer) else reply.text


def test_each_thread_has_its_own_list_for_everyone_in_it(say):
    one = offered(say, OFFERS[0], slack("U1", "1.1", in_thread=False))
    other = offered(say, OFFERS[1], slack("U1", "2.2", in_thread=False))
    assert one[0] != other[0]
    for user in ("U1", "U2"):
        assert picked(say, "A", slack(user, "1.1")) == one[0]
        assert picked(say, "A", slack(user, "2.2")) == other[0]


def test_a_thread_without_a_list_takes_none_from_elsewhere(say):
    offered(say, OFFERS[0], slack("U1", "1.1", in_thread=False))
    assert "没有可选" in picked(say, "A", slack("U1", "3.3"))
    assert isinstance(say("全文", slack("U1", "3.3")), Notice)


def test_a_message_that_begins_a_thread_means_what_its_sender_was_shown_last(say):
    offered(say, OFFERS[0], slack("U1", "1.1", in_thread=False))
    last = offered(say, OFFERS[1], slack("U1", "2.2", in_thread=False))
    assert picked(say, "B", slack("U1", "3.3", in_thread=False)) == last[1]
    assert "没有可选" in picked(say, "B", slack("U2", "4.4", in_thread=False))


def test_a_list_stands_for_every_pick_in_its_hour_and_no_longer(say, clock):
    chat = slack()
    ids = offered(say, OFFERS[1], chat)
    for letter, full_id in zip("BAB", (ids[1], ids[0], ids[1]), strict=True):
        assert picked(say, letter, chat) == full_id
        clock[0] += timedelta(minutes=20)
    say("第7问", chat)
    assert picked(say, "A", chat) == ids[0]
    clock[0] += timedelta(minutes=1)
    assert "没有可选" in picked(say, "A", chat)  # picks do not prolong it


def test_the_whole_answer_is_that_of_the_thread(say):
    say("可转债", slack("U1", "1.1"))
    say("关税", slack("U2", "2.2"))
    whole = say("全文", slack("U2", "1.1"))
    assert isinstance(whole, Answer)
    assert (whole.hits[0].id, whole.whole) == ("300253/2025-002#24", True)


def test_in_a_group_each_has_an_own_list_and_who_has_none_picks_from_the_last(say):
    own = offered(say, OFFERS[0], group("zhangsan"))
    last = offered(say, OFFERS[1], group("lisi"))
    assert picked(say, "A", group("zhangsan")) == own[0]
    assert picked(say, "A", group("lisi")) == last[0]
    assert picked(say, "A", group("wangwu")) == last[0]
    assert isinstance(say("全文", group("zhaoliu")), Notice)
    elsewhere = Chat("wecom", "B", "wrB", "wangwu", "wrB")
    assert "没有可选" in picked(say, "A", elsewhere)


def test_what_only_the_asker_saw_is_nobody_elses(say):
    alone = Chat("slack", "T", "C1", "U1")
    ids = offered(say, OFFERS[0], alone)
    assert picked(say, "A", alone) == ids[0]
    assert "没有可选" in picked(say, "A", Chat("slack", "T", "C1", "U2"))


def test_what_was_shown_is_forgotten_with_what_askers_typed(say, store, clock):
    offered(say, OFFERS[0], slack())
    store.forget_askers(clock[0] + timedelta(days=91), 90)
    db = store.database.connection()
    assert db.execute("SELECT count(*) FROM shown").fetchone() == (0,)


def test_what_an_older_version_remembered_is_still_known(tmp_path):
    db = Database(tmp_path / "old.db")
    migrations.apply(db, stop_before="threads")
    now = datetime(2026, 11, 24, 9, tzinfo=CHINA)
    row = ["slack", "T", "C1", "U1", "300253/2025-002#7", '["a", "b"]', instant(now)]
    db.execute("INSERT INTO memories VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    db.conn.commit()
    db.close()
    store = Store(tmp_path / "old.db")
    chat = Chat("slack", "T", "C1", "U1", "1.1")
    assert store.memory(chat, now - timedelta(hours=1)) == Memory("300253/2025-002#7", ("a", "b"))
    assert store.memory(chat, now + timedelta(seconds=1)) == Memory()
