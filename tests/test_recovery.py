"""A backup put back says nothing a second time, and loses nothing that waits."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from datetime import time as clock_time

import pytest

from bot.commands import Plan
from bot.config import CHINA, Settings
from bot.digest.subscriptions import SubscriptionStore
from bot.message import Chat
from bot.recovery import opened_backup
from bot.store import LinkError, Store
from bot.store.backups import back_up
from bot.store.carrying_over import _TABLES, carry_over
from bot.store.schema.migrations import migrations
from bot.store.sqlite import Connection, file_of
from bot.store.streams import Stream
from tests.conftest import SAMPLE
from tests.delivery.test_delivery import Platform, delivering
from tests.digest.test_scheduler import Bot
from tests.waiting import until

QUESTION = (
    "INSERT INTO inbox (key, platform, workspace, channel, user, text, address, state, at) "
    "VALUES (?, 'slack', 'T', 'C1', 'U1', '#7', '{}', ?, ?)"
)
POST = (
    "INSERT INTO outbox (key, platform, workspace, channel, address, payload, state, tries, due, "
    """at) VALUES (?, 'slack', 'T', ?, ?, '{"text": "已发"}', ?, 0, 0.0, ?)"""
)


def put(db, questions=(), posts=()):
    with closing(sqlite3.connect(db)) as rows, rows:
        for key, state in questions:
            rows.execute(QUESTION, [key, state, time.time()])
        for key, state, *address in posts:
            rows.execute(POST, [key, key, *(address or ["{}"]), state, time.time()])


def states(db):
    with closing(sqlite3.connect(db)) as rows:
        return dict(
            rows.execute("SELECT key, state FROM inbox UNION SELECT key, state FROM outbox")
        )


def put_back(settings, copy):
    with opened_backup(settings, copy) as found:
        return found.put_back(settings, "管理员")


def lose(store):
    store.database.close()
    for path in store.path.parent.glob("irbot.db*"):
        path.unlink()


WAITED = (
    [("asked", "new"), ("answered since", "new")],
    [
        ("not posted/1", "ready"),
        ("posted since/1", "ready"),
        ("in hand/1", "sending"),
        ("purged since/1", "ready"),
    ],
)


def test_what_the_present_database_knows_goes_along(store, tmp_path):
    put(store.path, *WAITED)
    back_up(store.path, tmp_path / "copy")
    with store.database.transaction() as db:
        db.execute("UPDATE inbox SET state = 'done' WHERE key = 'answered since'")
        db.execute("UPDATE outbox SET state = 'sent' WHERE key IN ('posted since/1', 'in hand/1')")
        db.execute("DELETE FROM outbox WHERE key = 'purged since/1'")
    put(store.path, [("newer", "new"), ("newest", "done")], [("newest/1", "sent")])
    generation = store.generation()
    store.withdraw("300253/2025-002#7", "更正")
    store.database.close()
    restored = put_back(Settings(store.path), tmp_path / "copy")
    assert (restored.is_known, restored.carried, restored.digests) == (True, 3, 0)
    assert restored.doubtful.posts == {"purged since/1"}
    assert states(store.path) == {
        "asked": "new",
        "answered since": "done",
        "newer": "new",
        "newest": "done",
        "not posted/1": "ready",
        "posted since/1": "sent",
        "in hand/1": "sent",
        "purged since/1": "sending",
        "newest/1": "sent",
    }
    again = Store(store.path)
    assert again.generation() > generation + 1
    assert not again.record("300253/2025-002").withdrawn_questions
    *_, last = again.changes()
    assert (last.who, last.what, last.target) == ("管理员", "restore", "copy")
    assert again.database.connection().execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(sqlite3.connect(restored.kept)) as kept:
        assert kept.execute("SELECT count(*) FROM hidings").fetchone() == (1,)


OUTSIDE = Chat("wecom-kf", "wkA", "wmA", "wmA")


def test_what_is_known_of_people_outside_goes_along(store, tmp_path):
    other = replace(OUTSIDE, channel="wmB", user="wmB")
    store.move_cursor("wecom-kf", "wkA", "early")
    store.hear(OUTSIDE, 100.0)
    store.promise("s-1", OUTSIDE, time.time())
    back_up(store.path, tmp_path / "copy")
    store.move_cursor("wecom-kf", "wkA", "late")
    store.move_cursor("wecom-kf", "wkB", "other")
    store.hear(OUTSIDE, 200.0)
    store.note_told(OUTSIDE, 200.0)
    store.note_person(OUTSIDE, 201.0)
    store.count_question(OUTSIDE, 200.0)
    store.note_told(other, 300.0)  # welcomed, and never heard
    store.fulfil("s-1", "{}")
    store.promise("s-2", OUTSIDE, time.time())
    known = [store.customer(chat, 200.0) for chat in (OUTSIDE, other)]
    store.database.close()
    put_back(Settings(store.path), tmp_path / "copy")
    again = Store(store.path)
    assert [again.cursor("wecom-kf", account) for account in ("wkA", "wkB")] == ["late", "other"]
    assert [again.customer(chat, 200.0) for chat in (OUTSIDE, other)] == known
    assert [again.stream(id_) for id_ in ("s-1", "s-2")] == [Stream("{}"), Stream("")]


def test_what_came_to_the_new_file_already_stays(store, tmp_path):
    new = Store(tmp_path / "new.db")
    for each, at in ((store, 100.0), (new, 200.0)):
        each.hear(OUTSIDE, at)
        each.promise("s-1", OUTSIDE, at)
        each.fulfil("s-1", str(at))
    new.note_person(OUTSIDE, 201.0)
    with file_of(new.database).transaction() as db:
        carry_over(store.database.connection(), db)
    assert new.customer(OUTSIDE, 0.0).heard_at == 200.0
    assert new.customer(OUTSIDE, 0.0).has_person
    assert new.stream("s-1") == Stream("200.0")


def test_without_the_present_database_messages_are_fetched_anew(store, tmp_path):
    store.move_cursor("wecom-kf", "wkA", "early")
    back_up(store.path, tmp_path / "copy")
    lose(store)
    put_back(Settings(store.path), tmp_path / "copy")
    assert Store(store.path).cursor("wecom-kf", "wkA") is None


# What is as the file has it that takes the place; of all other tables rows go along.
STAYS = {
    *("sources", "records", "versions", "version_sources", "questions", "parts", "hidings"),
    *("misses", "memories", "channels", "feedback", "subscriptions", "subscription_changes"),
    *("replies", "vectors", "shown", "picks", "journal", "aliases", "alias_approvals"),
    *("counterexamples", "miss_marks", "announcements", "desk_users", "desk_links"),
    *("desk_sessions", "uploads", "generation", "models", "embedded", "_sqlite_migrations"),
    *("reader_opinions", "reader_trials", "leases"),
    *("installations", "install_states", "workspace_use", "allowed_companies"),
}


def test_it_is_decided_of_every_table_whether_it_goes_along(store):
    tables = set(store.database.connection().table_names())
    carried = {table.name for table in _TABLES}
    assert carried <= tables
    assert not carried & STAYS
    assert tables == carried | STAYS


@pytest.mark.parametrize("damage", ["lost", "overwritten"])
def test_without_it_all_that_waited_is_in_doubt(store, tmp_path, damage):
    handover = ("handover/1/1", "ready")
    edit = ("edited/2/1", "ready", '{"changes": "edited/1/1"}')
    put(store.path, WAITED[0], [*WAITED[1], handover, edit])
    store.database.connection().execute(
        "INSERT INTO handovers (platform, workspace, question, back, at) "
        "VALUES ('slack', 'T', '问', '{}', '2026')"
    )
    back_up(store.path, tmp_path / "copy")
    lose(store)
    if damage == "overwritten":
        store.path.write_bytes(b"0" * 5000)
    restored = put_back(Settings(store.path), tmp_path / "copy")
    assert not restored.is_known
    if restored.kept:
        assert restored.kept.read_bytes() == b"0" * 5000
    platform = Platform()
    platform.posts += ["posted since/1", "purged since/1"]  # the platform tells so
    with delivering(Store(store.path), platform) as delivery:
        platform.until(lambda: {"not posted/1", "in hand/1"} <= set(platform.posts))
        until(lambda: not delivery.oldest_undelivered_s())
    assert sorted(platform.posts) == sorted(key for key, _ in WAITED[1])
    assert states(store.path) == {
        **dict.fromkeys(("asked", "answered since"), "done"),
        **dict.fromkeys(platform.posts, "sent"),
        "handover/1/1": "unknown",
        "edited/2/1": "unknown",
    }


@pytest.mark.parametrize("is_lost", [False, True])
def test_the_digest_of_a_day_is_posted_once(store, tmp_path, is_lost):
    bot, group = Bot(store), Chat("wecom", "B1", "G1", "zhangsan")
    bot.subscriptions.subscribe(group, Plan(clock_time(9)), bot.now)
    back_up(store.path, tmp_path / "copy")
    bot.at("2026-09-30T09:01", "posted")
    bot.delivery.stop()
    shown = bot.subscriptions.shown(group)
    assert (len(bot.group.posts), bool(shown)) == (1, True)

    later = tmp_path / "later/irbot.db"
    later.parent.mkdir()
    if not is_lost:
        back_up(store.path, later)
    offset = datetime(2026, 9, 30, 10, tzinfo=CHINA) - datetime.now(CHINA)
    restored = put_back(Settings(later, clock_offset=offset), tmp_path / "copy")
    assert restored.digests == int(is_lost)
    bot = Bot(Store(later))
    for at in ("2026-09-30T10:01", "2026-09-30T12:59"):
        bot.now = datetime.fromisoformat(at).replace(tzinfo=CHINA)
        bot.scheduler.run_once(bot.now)
    assert bot.group.posts == []
    assert bot.subscriptions.shown(group) == ({} if is_lost else shown)
    bot.at("2026-10-09T09:01", "posted")
    assert len(bot.group.posts) == 1
    bot.delivery.stop()


def test_a_digest_that_is_not_due_yet_is_not_in_doubt(store, tmp_path):
    bot = Bot(store)
    for channel, plan in (("G1", Plan(clock_time(10, 5))), ("G2", Plan(clock_time(9, 55)))):
        bot.subscriptions.subscribe(Chat("wecom", "B1", channel, "zhangsan"), plan, bot.now)
    bot.delivery.stop()
    back_up(store.path, tmp_path / "copy")
    lose(store)
    offset = datetime(2026, 9, 30, 10, tzinfo=CHINA) - datetime.now(CHINA)
    put_back(Settings(store.path, clock_offset=offset), tmp_path / "copy")
    entries = SubscriptionStore(Store(store.path).database).entries(date(2026, 9, 30), "unknown")
    assert [entry.channel for entry in entries] == ["G2"]


def test_nobody_is_signed_in_by_a_backup(store, tmp_path):
    now = datetime.now(CHINA)
    session = store.sign_in(store.invite("王芳", "管理员", now), now)
    link = store.invite("李明", "管理员", now)
    back_up(store.path, tmp_path / "copy")
    store.remove_user("王芳", "管理员")
    store.sign_in(link, now)
    store.database.close()
    put_back(Settings(store.path), tmp_path / "copy")
    again = Store(store.path)
    assert again.signed_in(session, now) is None
    with pytest.raises(LinkError):
        again.sign_in(link, now)


def test_who_was_forgotten_since_is_in_the_backup_again_and_that_is_told(store, tmp_path):
    store.add_miss(Chat("slack", "T", "C1", "U1"), "我的问题", "decline", datetime.now(CHINA))
    back_up(store.path, tmp_path / "copy")
    store.forget("U1", by="管理员")
    store.database.close()
    assert put_back(Settings(store.path), tmp_path / "copy").forgotten == 1
    assert [miss["text"] for miss in Store(store.path).misses()] == ["我的问题"]


def test_files_of_the_first_version_are_brought_to_this_one(tmp_path):
    for name in ("first", "irbot.db"):
        old = Connection(tmp_path / name)
        migrations.apply(old, stop_before="delivery")
        old.conn.close()
    restored = put_back(Settings(tmp_path / "irbot.db"), tmp_path / "first")
    assert (restored.is_known, restored.carried) == (True, 0)
    db = file_of(Store(tmp_path / "irbot.db").database).connection()
    assert not migrations.pending(db)


def test_sources_are_kept_to_the_byte(store, tmp_path):
    back_up(store.path, tmp_path / "copy")
    lose(store)
    put_back(Settings(store.path), tmp_path / "copy")
    (source,) = Store(store.path).record("300253/2025-002").sources
    assert Store(store.path).content(source.sha256) == SAMPLE.read_bytes()
