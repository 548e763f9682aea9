"""Inbox and outbox, with a platform that does as it is told."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.config import Settings
from bot.delivery.mailbox import undelivered
from bot.delivery.rate_limits import RateLimits
from bot.delivery.transport import NotPosted, Refused, Sent, Suspended, Unconfirmed
from bot.message import Chat, Message
from bot.store.connection import Database, connect
from bot.store.process_lock import ProcessLock
from tests.conftest import NOW, open_by_words
from tests.fakes.one_chat import OneChat
from tests.waiting import PATIENCE_S, until

CHAT = Chat("slack", "T", "C1", "U1")


class Platform(OneChat):
    """Posts to a list; `answers` holds what it says first."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.posts = []
        self.looked = []
        self.heard = threading.Condition()

    def send(self, payload, address, key):
        with self.heard:
            outcome = self.answers.pop(0) if self.answers else Sent(key)
            if isinstance(outcome, Sent):
                self.posts.append(key)
            self.heard.notify_all()
        return outcome

    def look_up(self, payload, address, key):
        self.looked.append(key)
        return Sent(key) if key in self.posts else NotPosted()

    def until(self, condition):
        with self.heard:
            assert self.heard.wait_for(condition, PATIENCE_S)


@contextmanager
def delivering(store, platform):
    delivery = open_by_words(Settings(store.place)).delivery
    delivery.register("slack", platform)
    delivery.start()
    try:
        yield delivery
    finally:
        delivery.stop()


def ask(delivery, key, text="可转债", chat=CHAT):
    return delivery.inbox.accept(key, Message(text, chat), {})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_misses_and_picks_are_kept_once_though_the_process_ends_between(store):
    class Dies(Platform):
        def __init__(self):
            super().__init__()
            self.died = threading.Event()

        def render(self, shown, address):
            self.died.set()
            raise SystemExit

    for key, text in (("offer", "WiNEX 进展如何？"), ("pick", "A"), ("miss", "明天会下雨吗")):
        with delivering(store, dies := Dies()) as delivery:
            ask(delivery, key, text)
            assert dies.died.wait(PATIENCE_S)
        with delivering(store, platform := Platform()) as delivery:
            platform.until(lambda p=platform: p.posts)
        assert delivery.counters.all()["answered"] == (key == "pick")
    assert [row["text"] for row in store.misses()] == ["明天会下雨吗"]
    assert [row["text"] for row in store.picks()] == ["WiNEX 进展如何？"]


def test_a_dead_process_loses_nothing_and_a_living_one_keeps_its_own(store):
    living, dead = (open_by_words(Settings(store.place)).delivery for _ in range(2))
    ask(living, "its own")
    ask(dead, "question")
    dead.sender.enqueue("post", CHAT, [{"text": "x"}], {})
    dead.stop()
    with delivering(store, platform := Platform()):
        platform.until(lambda: len(platform.posts) == 2)
        time.sleep(1.2)  # over the next look for what others left
        assert sorted(platform.posts) == ["post/1", "question/1"]
        living.stop()
        platform.until(lambda: len(platform.posts) == 3)


def test_an_unknown_fate_is_looked_up_first_and_only_once_what_was_cut_has_settled(store):
    platform = Platform(Unconfirmed("timeout", 0.3))
    with delivering(store, platform) as delivery:
        ask(delivery, "k")
        platform.until(lambda: platform.posts)
        assert platform.looked == ["k/1"]
        assert delivery.counters.all()["retries"] == 1


def test_what_a_message_stands_under_is_read_although_the_process_ends_before(store):
    reading, ends = threading.Event(), threading.Event()

    def ends_first(address):
        reading.set()
        ends.wait(PATIENCE_S)
        return "可转债"

    chat = Chat("slack", "T", "C1", "U1", "1.1", in_thread=True)
    delivery = open_by_words(Settings(store.place)).delivery
    delivery.register("slack", platform := Platform(), ends_first)
    delivery.start()
    delivery.inbox.accept("k", Message("", chat), {"start": "1.1"})
    assert reading.wait(PATIENCE_S)
    ask(delivery, "other", chat=Chat("slack", "T", "C2", "U1"))
    platform.until(lambda: platform.posts == ["other/1"])  # which waits for nothing
    delivery.stop()
    ends.set()
    delivery = open_by_words(Settings(store.place)).delivery
    delivery.register("slack", platform, lambda address: "可转债" if address["start"] else "")
    delivery.start()
    platform.until(lambda: platform.posts == ["other/1", "k/1"])
    delivery.stop()
    assert delivery.counters.all()["answered"] == 1


def test_an_edited_message_changes_its_one_post_whichever_process_ends_between(store):
    class Changes(Platform):
        def __init__(self, *answers):
            super().__init__(*answers)
            self.changed = []

        def send(self, payload, address, key):
            self.changed.append(address.get("changed"))
            return super().send(payload, address, key)

    def edit(delivery, number):
        message = Message("关税", CHAT)
        delivery.inbox.accept(f"k/edit/{number}", message, {"replaces": "k"})

    with delivering(store, platform := Changes(Sent("7.1"))) as delivery:
        ask(delivery, "k")
        platform.until(lambda: platform.changed)
    dead = open_by_words(Settings(store.place)).delivery
    edit(dead, 1)
    dead.stop()
    unsure = Changes(Unconfirmed("timeout", 60))
    with delivering(store, unsure):
        unsure.until(lambda: unsure.changed)
    store.database.connection().execute("UPDATE outbox SET due = 0")  # a minute later
    with delivering(store, platform := Changes(Sent("7.1"), Sent("7.1"))) as last:
        platform.until(lambda: len(platform.changed) == 1)
        edit(last, 2)
        platform.until(lambda: len(platform.changed) == 2)
    assert unsure.changed + platform.changed == ["7.1"] * 3
    assert platform.posts == ["k/edit/1/1", "k/edit/2/1"]


def test_refused_for_good_is_said_and_does_not_stop_the_lane(store):
    platform = Platform(Refused("not_in_channel", permanent=True))
    with delivering(store, platform) as delivery:
        ask(delivery, "one")
        ask(delivery, "two")
        platform.until(lambda: platform.posts == ["two/1"])
    ((key, reason),) = [(post["key"], post["ref"]) for post in undelivered(store.place)]
    assert (key, reason) == ("one/1", "not_in_channel")


def test_a_shut_workspace_keeps_its_posts_and_delays_no_other(store):
    platform = Platform(Suspended("token_revoked", 3600))
    with delivering(store, platform) as delivery:
        ask(delivery, "shut")
        until(lambda: delivery.counters.all()["retries"])
        ask(delivery, "shut too", chat=Chat("slack", "T", "C2", "U1"))
        ask(delivery, "other", chat=Chat("slack", "T2", "C1", "U1"))
        platform.until(lambda: platform.posts)
        time.sleep(0.1)
        assert platform.posts == ["other/1"]
        assert delivery.oldest_undelivered_s() > 0
    # The next process, with working credentials, sends them at once.
    with delivering(store, again := Platform()):
        again.until(lambda: len(again.posts) == 2)


def test_settled_rows_go_after_their_time_and_repetitions_are_known_until_then(store):
    now = [1_000_000_000.0]
    delivery = open_by_words(Settings(store.place), clock=lambda: now[0]).delivery
    delivery.register("slack", platform := Platform())
    delivery.start()
    ask(delivery, "k")
    delivery.feedback.keep(CHAT, "300253/2025-002#1", "打的字", helpful=True)
    platform.until(lambda: platform.posts)
    until(lambda: delivery.counters.all()["sent"])
    now[0] += 86400
    delivery.purge(0)
    assert ask(delivery, "k") is False
    now[0] += 4 * 86400
    delivery.purge(0)
    with closing(connect(store.place)) as db:
        assert db.execute("SELECT count(*) FROM inbox").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
        assert db.execute("SELECT query, helpful FROM feedback").fetchall() == [("", 1)]
    delivery.stop()


@pytest.mark.parametrize("waiting", [5_000])
def test_a_long_backlog_costs_a_post_nothing(store, waiting):
    """Thousands of channels that must wait, and one that may go."""
    with store.database.transaction() as db:
        db.executemany(
            "INSERT INTO outbox (key, platform, workspace, channel, address, payload, state, "
            "tries, due, at) VALUES (?, 'slack', 'T', ?, '{}', '{}', 'ready', 0, ?, ?)",
            [(f"k{at}", f"B{at}", time.time() + 900, time.time()) for at in range(waiting)],
        )
    with delivering(store, platform := Platform()) as delivery:
        ask(delivery, "first")
        platform.until(lambda: platform.posts)
        began = time.monotonic()
        for at in range(50):
            ask(delivery, f"q{at}", chat=Chat("slack", "T", f"C{at}", "U"))
        platform.until(lambda: len(platform.posts) == 51)
        assert time.monotonic() - began < 2.0


def test_what_nobody_waits_for_goes_after_what_was_asked_and_not_once_it_is_late(store):
    platform = Platform()
    platform.rate_limits = RateLimits(background=((1, 0.4),))
    past, ahead = NOW.timestamp() - 1, NOW.timestamp() + 60
    with delivering(store, platform) as delivery:
        for at in range(5):
            address = {"lane": f"digest/{at}", "until": ahead if at < 4 else past}
            delivery.sender.enqueue(f"d{at}", CHAT, [{"text": "摘要"}], address, background=True)
        ask(delivery, "q", "关税")
        platform.until(lambda: len(platform.posts) == 5)
        assert platform.posts.index("q/1") < 3
        until(lambda: delivery.counters.all()["late"] == 1)
    assert "d4/1" not in platform.posts


def test_other_spellings_of_a_path_are_one_database(tmp_path, monkeypatch):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "linked").symlink_to(real)
    monkeypatch.chdir(tmp_path)
    first = Database.open(real / "irbot.db")
    (real / "other.db").symlink_to(real / "irbot.db")
    spelt = (
        "linked/irbot.db",
        "real/irbot.db",
        "./real/../real/irbot.db",
        "real/other.db",
        f"/{real}/irbot.db",
    )
    assert all(Database.open(Path(path)) is first for path in spelt)
    with first.transaction() as db, Database.open(Path("real/irbot.db")).transaction():
        db.execute("INSERT INTO sources (sha256, content) VALUES ('x', x'00')")
    linked = Database.open(Path("linked/irbot.db")).connection()
    assert linked.execute("SELECT sha256 FROM sources").fetchone()


def test_a_process_is_known_to_live_by_any_spelling_of_the_path(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/irbot.db").touch()
    (tmp_path / "linked.db").symlink_to(tmp_path / "real/irbot.db")
    one, other = ProcessLock(tmp_path / "linked.db"), ProcessLock(tmp_path / "real/irbot.db")
    assert one.lives(other.name)
    assert other.lives(one.name)
