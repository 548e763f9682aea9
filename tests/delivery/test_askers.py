"""What askers type: masked before it is kept, gone in time, and gone when they want it."""

from __future__ import annotations

import stat
from contextlib import closing

import pytest

from bot.config import Settings
from bot.message import Chat, Message
from bot.store import Store
from bot.store.connection import connect
from bot.store.forgetting import COVERED
from tests.conftest import open_by_words
from tests.delivery.test_delivery import CHAT, Platform, ask
from tests.engines import SQLITE_ALONE, held_in, tables_of
from tests.waiting import until

NUMBER, SPACED, MAIL = "13812345678", "１３８-1234 5678", "zhang@qq.com"
WORDS = "天上的云彩为什么"  # of which nothing is stored


def settled(delivery, count):
    until(lambda: delivery.counters.all()["sent"] >= count)


def test_no_number_reaches_the_file_whichever_way_it_comes(store):
    settings = Settings(store.place, desk_channels=("CDESK",))
    delivery = open_by_words(settings).delivery
    thread = Chat("slack", "T", "C1", "U1", "1.1", in_thread=True)
    delivery.register("slack", platform := Platform(), lambda address: f"{WORDS}{NUMBER}")
    for key, text in (("1", f"{WORDS}，{NUMBER}"), ("2", SPACED), ("3", f"{WORDS} {MAIL}？")):
        delivery.inbox.accept(key, Message(text, CHAT, quoted=NUMBER), {"query": text})
    delivery.inbox.accept("4", Message("", thread), {"start": "1.1"})
    with closing(connect(store.place)) as db:  # also while they wait
        rows = db.execute("SELECT text, quoted, address FROM inbox").fetchall()
    assert "＊＊＊" in str(rows)
    delivery.start()
    settled(delivery, 4)
    ask(delivery, "5", f"转给证券部 {WORDS}，{NUMBER}")
    settled(delivery, 6)
    delivery.inbox.shown_within(Message(f"{WORDS}{MAIL}", CHAT), 2.0)
    delivery.feedback.keep(CHAT, "q", f"{WORDS}{NUMBER}", helpful=False, words=f"打{SPACED}")
    delivery.stop()
    assert [row["text"] for row in store.misses()]
    held = held_in(store)
    assert WORDS.encode() in held
    for number in (NUMBER, SPACED, MAIL, "12345678", "1234 5678"):
        assert number.encode() not in held
    assert "handover/1/1" in platform.posts


@SQLITE_ALONE
def test_what_an_older_version_kept_unmasked_is_masked_when_the_file_is_opened(store):
    db = store.database.connection()
    db.execute("DELETE FROM _sqlite_migrations WHERE name = 'masked_texts'")
    given = {"misses": "(platform, text, band, asked_at) VALUES ('slack', ?, 'decline', '2026')"}
    given["feedback"] = (
        "(platform, question_id, query, words, helpful, at) VALUES ('slack', 'q', ?, '', 0, 1)"
    )
    given["handovers"] = (
        "(platform, workspace, question, back, at) VALUES ('slack', 'T', ?, '{}', '2026')"
    )
    for table, values in given.items():
        db.execute(f"INSERT INTO {table} {values}", [f"{WORDS}{NUMBER}"])
    with closing(connect(store.place)) as again:
        for table, column in (("misses", "text"), ("feedback", "query"), ("handovers", "question")):
            (kept,) = again.execute(f"SELECT {column} FROM {table}").fetchone()
            assert kept == f"{WORDS}＊＊＊"


def test_what_the_desk_answers_is_told_to_the_letter(store):
    settings = Settings(store.place, desk_channels=("CDESK",))
    texts = []

    class Reads(Platform):
        def send(self, payload, address, key):
            texts.append(payload["text"])
            return super().send(payload, address, key)

    delivery = open_by_words(settings).delivery
    delivery.register("slack", Reads())
    delivery.start()
    ask(delivery, "1", f"转给证券部 {WORDS}")
    settled(delivery, 2)
    ask(delivery, "2", "转办1 请致电 021-12345678", chat=Chat("slack", "T", "CDESK", "U9"))
    settled(delivery, 4)
    delivery.stop()
    assert any("请致电 021-12345678" in text for text in texts)


def test_what_waited_in_vain_goes_with_what_else_askers_typed(store):
    now = [1_000_000_000.0]
    delivery = open_by_words(Settings(store.place), clock=lambda: now[0]).delivery
    delivery.register("slack", Platform())  # and never started
    ask(delivery, "k", WORDS)
    delivery.sender.enqueue("p", CHAT, [{"text": WORDS}], {})
    now[0] += 89 * 86400
    delivery.purge(90)
    assert WORDS.encode() in held_in(store)
    now[0] += 2 * 86400
    delivery.purge(90)
    store.erase(alone=False)
    assert WORDS.encode() not in held_in(store)
    delivery.stop()


# One person


@pytest.mark.parametrize("channel", ["C1", "zhangsan"])  # in a group, and alone
def test_one_person_is_forgotten_and_nobody_else(store, channel):
    person, other = Chat("slack", "T", channel, "zhangsan"), Chat("slack", "T", "C1", "lisi")
    settings = Settings(store.place, desk_channels=("CDESK",))
    delivery = open_by_words(settings).delivery
    delivery.register("slack", Platform())
    delivery.start()
    for key, chat, word in (("slack/T/1", person, "甲"), ("slack/T/2", other, "乙")):
        ask(delivery, key, f"{WORDS}{word}", chat)
        ask(delivery, f"{key}/answered", "#7", chat)
        ask(delivery, f"{key}/handed", f"转给证券部 {WORDS}{word}", chat)
        delivery.feedback.keep(chat, "q", f"{WORDS}{word}", helpful=False)
    settled(delivery, 8)
    shown = [row.target for row in store.evidence()]
    looked = store.forget("zhangsan", "slack")
    assert f"{WORDS}甲".encode() in held_in(store)
    assert store.forget("zhangsan", "slack", by="desk") == looked
    assert looked.keys() >= {"inbox", "outbox", "misses", "shown", "feedback", "handovers"}
    assert store.erase(alone=False)
    held = held_in(store)
    assert f"{WORDS}甲".encode() not in held
    assert b"zhangsan" not in held
    assert f"{WORDS}乙".encode() in held
    assert [row.target for row in store.evidence()] == shown
    assert {row.fate for row in store.evidence()} == {"sent"}
    assert store.forget("zhangsan") == {}
    ask(delivery, "slack/T/3", "#7", other)  # the running process goes on
    settled(delivery, 9)
    delivery.stop()
    assert [change.who for change in store.changes() if change.what == "forget"] == ["desk"]
    assert "zhangsan" not in str(list(store.changes()))


def test_a_message_that_waits_is_not_answered_to_who_was_forgotten(store):
    delivery = open_by_words(Settings(store.place)).delivery
    delivery.register("slack", platform := Platform())
    ask(delivery, "1", "#7", Chat("slack", "T", "C1", "zhangsan"))
    delivery.sender.enqueue("p", Chat("slack", "T", "zhangsan", ""), [{"text": WORDS}], {})
    ask(delivery, "2", "#7")
    store.forget("zhangsan", by="desk")
    delivery.start()
    settled(delivery, 1)
    delivery.stop()
    assert platform.posts == ["2/1"]


def test_an_id_of_another_platform_and_one_that_is_longer_are_other_people(store):
    delivery = open_by_words(Settings(store.place)).delivery
    delivery.register("slack", Platform())
    for user in ("li", "lisi", "lili"):
        ask(delivery, user, WORDS, Chat("slack", "T", "C1", user))
    assert store.forget("li", "wecom") == {}
    assert store.forget("l") == {}
    assert store.forget("li") == {"inbox": 1}
    delivery.stop()


def test_no_table_that_names_people_is_left_out(store):
    by_name = {"user", "made_by", "set_by", "asker", "person"}
    db = store.database.connection()
    named = {
        (table, column)
        for table in tables_of(store)
        for column, *_ in db.execute(f"SELECT * FROM {table} LIMIT 0").description
        if column in by_name
    }
    assert named == COVERED


# The files


@SQLITE_ALONE
def test_the_files_are_their_owners_alone_also_where_they_were_not(store, tmp_path):
    def modes(path):
        return {stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob(f"{path.name}*")}

    assert modes(store.path) == {0o600}
    wide = tmp_path / "older/wide.db"
    wide.parent.mkdir()
    with closing(connect(wide).conn):
        for file in wide.parent.glob("wide.db*"):
            file.chmod(0o664)
        assert modes(wide) == {0o664}
        Store(wide)
        assert modes(wide) == {0o600}


@SQLITE_ALONE
def test_what_is_deleted_is_overwritten(store):
    (mode,) = store.database.connection().execute("PRAGMA secure_delete").fetchone()
    assert mode == 1


@SQLITE_ALONE
def test_what_an_older_version_left_in_free_pages_goes_with_the_next_forgetting(store):
    words = "早已删除的话" * 200
    db = store.database.connection()
    db.execute("PRAGMA secure_delete = OFF")
    for number in range(50):
        chat = Chat("slack", "T", "C1", f"U{number}")
        store.add_miss(chat, words, "decline", open_by_words(Settings(store.place)).responder.now())
    db.execute("DELETE FROM misses")
    assert words.encode() in held_in(store)
    store.erase(alone=True)
    assert words.encode() not in held_in(store)
    assert len(store.records()) == 1  # the smaller file is not taken for another
