"""Rows of inbox and outbox: other versions of this program write and read them, too."""

from __future__ import annotations

import time
from pathlib import Path

from bot.config import Settings
from bot.delivery.transport import NotPosted, RateLimited
from bot.message import Chat, Message
from bot.postgres_url import beside
from bot.store.connection import connect
from tests.conftest import open_by_words
from tests.delivery.test_delivery import Platform, delivering
from tests.waiting import until

# As written by version 0.1.0, whose process is gone.
NEW_QUESTION = (
    'INSERT INTO inbox (key, platform, workspace, channel, "user", text, company, as_of, address, '
    "state, owner, at) VALUES ('slack/T/C1/1.5', 'slack', 'T', 'C1', 'U1', '可转债', NULL, "
    """'2026-09-01', '{"channel": "C1", "thread_ts": "1.5"}', 'new', 'aabbccddeeff', ?)"""
)
POST = (
    "INSERT INTO outbox (key, platform, workspace, channel, address, payload, state, owner, "
    "tries, due, at, begun, background) VALUES (?, 'slack', 'T', ?, ?, "
    """'{"text": "已发"}', ?, ?, ?, ?, ?, ?, ?)"""
)


def test_rows_of_an_older_version_are_answered_looked_up_posted_and_closed(store):
    now = time.time()
    db = connect(store.place)
    db.execute(NEW_QUESTION, [now - 3])
    posts = [
        ("sent before the kill/1", "C1", "{}", "sending", "aabbccddeeff", 1, now - 2, now - 4),
        ("cut before it went/1", "C2", "{}", "sending", "aabbccddeeff", 1, now - 2, now - 4),
        ("not begun/1", "C3", "{}", "ready", None, 0, 0.0, None),
        ("late/1", "digest/C4", '{"lane": "digest/C4", "until": 1.0}', "ready", None, 0, 0.0, None),
    ]
    for key, channel, address, state, owner, tries, due, begun in posts:
        lane = [key, channel, address, state, owner, tries, due, now - 5, begun]
        db.execute(POST, [*lane, int(key == "late/1")])
    platform = Platform()
    platform.posts.append("sent before the kill/1")
    with delivering(store, platform) as delivery:
        platform.until(lambda: len(platform.posts) == 4)
        until(lambda: not delivery.oldest_undelivered_s())
    assert sorted(platform.posts) == [
        "cut before it went/1",
        "not begun/1",
        "sent before the kill/1",
        "slack/T/C1/1.5/1",
    ]
    assert sorted(platform.looked) == ["cut before it went/1", "sent before the kill/1"]
    rows = db.execute("SELECT key, state, payload, address, owner FROM outbox").fetchall()
    states = {key: state for key, state, *_ in rows}
    assert states == dict.fromkeys(platform.posts, "sent") | {"late/1": "late"}
    assert {tuple(rest) for _, _, *rest in rows} == {("{}", "{}", None)}
    assert db.execute("SELECT state, text, address, owner FROM inbox").fetchall() == [
        ("done", "", "{}", None)
    ]


def test_rows_are_written_as_an_older_version_reads_them(store):
    class Waits(Platform):
        is_ready = False

    delivery = open_by_words(Settings(store.place), clock=lambda: 1000.0).delivery
    delivery.register("slack", Waits())
    chat = Chat("slack", "T", "C1", "U1", thread="1.5")
    address = {"channel": "C1", "lane": "digest/C1"}
    message = Message("可转债", chat, quoted="引文")
    delivery.inbox.accept("slack/T/C1/1.5", message, {"channel": "C1"})
    for key in ("d1", "d2"):
        delivery.sender.enqueue(key, chat, [{"text": "摘要"}], address, background=True)
    db = connect(store.place)
    (question,) = db.query("SELECT * FROM inbox")
    owner = question.pop("owner")
    assert len(owner) == 12
    if isinstance(store.place, Path):
        assert beside(store.place, f"-owner-{owner}").exists()
    # Read by this version only.
    assert [question.pop(name) for name in ("thread", "in_thread", "quoted")] == ["1.5", 0, "引文"]
    assert question == {
        "id": 1,
        "key": "slack/T/C1/1.5",
        "platform": "slack",
        "workspace": "T",
        "channel": "C1",
        "user": "U1",
        "text": "可转债",
        "company": None,
        "as_of": None,
        "address": '{"channel": "C1"}',
        "state": "new",
        "at": 1000.0,
    }
    posts = list(db.query("SELECT * FROM outbox"))
    assert [post.pop("evidence") for post in posts] == [None, None]  # read by this version only
    assert [post["key"] for post in posts] == ["d1/1", "d2/1"]
    assert posts[0] == {
        "id": 1,
        "key": "d1/1",
        "platform": "slack",
        "workspace": "T",
        "channel": "digest/C1",
        "address": '{"channel": "C1", "lane": "digest/C1"}',
        "payload": '{"text": "摘要"}',
        "state": "ready",
        "owner": owner,
        "tries": 0,
        "due": 1000.0,
        "ref": None,
        "at": 1000.0,
        "begun": None,
        "background": 1,
    }
    delivery.stop()


def test_a_limited_look_up_leaves_the_fate_open(store):
    class Busy(Platform):
        def look_up(self, payload, address, key):
            self.looked.append(key)
            return RateLimited(0.1) if len(self.looked) == 1 else NotPosted()

    db = connect(store.place)
    row = ["k/1", "C1", "{}", "sending", None, 1, 0.0, time.time(), time.time(), 0]
    db.execute(POST, row)
    with delivering(store, platform := Busy()):
        platform.until(lambda: platform.posts)
    assert platform.looked == ["k/1", "k/1"]
    assert platform.posts == ["k/1"]
