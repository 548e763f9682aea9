"""Replicas that share a server: nothing lost, nothing twice, whichever of them ends, or it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from bot.delivery.delivery import Delivery
from bot.digest.subscriptions import SubscriptionStore
from bot.errors import StoreError
from bot.message import Chat, Message
from bot.postgres_url import PostgresUrl
from bot.store.connection import CHANGED, Database, grow
from bot.store.leases import Replica, _skew_s
from bot.store.waking import Listener
from tests.delivery.replica import QUICK, Echo, Wall, ask, opened
from tests.postgres import NEEDED, USER, Cluster
from tests.waiting import PATIENCE_S, until

ROOT = Path(__file__).parents[2]
CHAT = Chat("slack", "T", "C1", "U")


@pytest.fixture(scope="module")
def server():
    """One whose commits outlive its crash, shared by the tests of this file."""
    if not NEEDED.is_there():
        NEEDED.refuse()
    with Cluster(durable=True) as cluster:
        yield cluster


@pytest.fixture
def place(server, tmp_path):
    with server.database() as name:
        place = PostgresUrl.parse(server.url(name), tmp_path)
        yield place
        Database.open(place).close()


@pytest.fixture
def wall(tmp_path):
    return Wall(tmp_path / "posts")


@contextmanager
def replicas(place, wall, count=1):
    """Running ones of this process."""
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            made.append(delivery := opened(place, wall))
            delivery.start()
            stack.callback(delivery.stop)
        yield made


@contextmanager
def process(place, wall, *how):
    """One of its own process, killed in the end."""
    command = [sys.executable, "-m", "tests.delivery.replica", place.url, str(place.folder)]
    running = subprocess.Popen(
        [*command, str(wall._file), *how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        hear(running, "ready")
        yield running
    finally:
        running.kill()
        running.communicate()


def tell(running, line):
    running.stdin.write(f"{line}\n")
    running.stdin.flush()
    hear(running, line)  # it was taken in


def hear(running, line):
    assert running.stdout.readline() == f"{line}\n"


def each_once(wall, keys, more_s=0.1):
    """Wait until all is posted, and longer than a second time would take."""
    posts = {f"{key}/1" for key in keys}
    until(lambda: posts <= set(wall.posts))
    time.sleep(more_s)
    assert Counter(wall.posts) == dict.fromkeys(posts, 1)


def is_stopped(running):
    return Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("count", [90, pytest.param(1000, marks=pytest.mark.trial)])
def test_what_several_replicas_take_in_at_once_goes_out_once(place, wall, count):
    keys = [f"q{at}" for at in range(count)]
    with replicas(place, wall, 3) as three:
        for at, key in enumerate(keys):
            for delivery in random.sample(three, 2):  # a platform that repeats
                ask(delivery, key, f"C{at % 20}")
        each_once(wall, keys)
        assert sum(delivery.counters.all()["sent"] for delivery in three) == count


def test_what_a_killed_or_stopped_replica_had_in_hand_goes_out_once(place, wall):
    with (
        replicas(place, wall) as (living,),
        process(place, wall, "begun-C1/1") as dies,
        process(place, wall, "begun-C2/1") as sleeps,
    ):
        for running, channel in ((dies, "C1"), (sleeps, "C2")):
            tell(running, f"begun-{channel} {channel}")
            tell(running, f"waits-{channel} {channel}")
            until(partial(is_stopped, running))  # a post is begun, and not made
        ask(living, "own", "C3")
        dies.send_signal(signal.SIGKILL)
        until(lambda: len(wall.posts) == 5)
        sleeps.send_signal(signal.SIGCONT)
        tell(sleeps, "later C2")  # it goes on
        taken = [f"{what}-{channel}" for what in ("begun", "waits") for channel in ("C1", "C2")]
        each_once(wall, [*taken, "own", "later"], QUICK.dead)


def test_what_a_dead_replica_had_in_hand_for_long_may_still_be_on_its_way(place, wall):
    at = 5000.0
    gone, living = (Delivery(Echo(), place, lambda: at, QUICK) for _ in range(2))
    lane = "slack", "T", "C1"
    with gone._mailbox.transaction():
        (row,) = gone._mailbox.put_out("q", lane, [{}], {}, at)
        post = gone._mailbox.begin(row.id, lane, at - 60)
    assert post is not None  # and it may be posted just before it is dead
    gone.stop()
    _, (left,) = living._claims.take_over(post.owner, [(CHAT.platform, CHAT.workspace)])
    assert left.due == at + QUICK.settle
    living.stop()


def test_a_number_that_a_standby_gave_to_another_post_is_not_begun_for_the_lost_one(place, wall):
    lost, found = ("slack", "T", "C1"), ("slack", "T", "C2")
    one = Delivery(Echo(), place, time.time, QUICK)
    with one._mailbox.transaction():
        (row,) = one._mailbox.put_out("q", found, [{}], {}, 0.0)
        assert one._mailbox.begin(row.id, found, 1.0) is not None
        assert one._mailbox.begin(row.id, lost, 2.0) is None  # or it would be in hand twice
    one.inbox.accept("q", Message("", CHAT), {})
    ((lane, asked),), _ = one._claims.ours(["slack"])
    assert one._mailbox.question(asked, lane) is not None
    assert one._mailbox.question(asked, found) is None
    one.stop()


def test_a_restart_of_the_server_loses_and_doubles_nothing(server, place, wall):
    keys = [f"q{at}" for at in range(60)]
    with replicas(place, wall, 3) as three:
        restart = threading.Thread(target=server.restart)
        for at, key in enumerate(keys):
            if at == len(keys) // 2:
                restart.start()
            ask(three[at % 3], key, f"C{at % 7}")
            time.sleep(0.005)
        restart.join()
        each_once(wall, keys, QUICK.dead)


def test_while_the_server_is_away_askers_are_told_and_what_was_taken_in_waits(server, place, wall):
    class Reads(Echo):
        """Looks into the database for its answer, as the bot does."""

        considering, may_look = threading.Event(), threading.Event()

        def consider(self, message, waited_s=0.0):
            self.considering.set()
            assert self.may_look.wait(PATIENCE_S)
            Database.open(place).connection().execute("SELECT 1")
            return super().consider(message, waited_s)

    said = []

    class Reading(Wall):
        def send(self, payload, address, key):
            said.append(payload["text"])
            return super().send(payload, address, key)

    delivery = opened(place, Reading(wall._file), answerer := Reads())
    delivery.start()
    try:
        ask(delivery, "taken-in")
        assert answerer.considering.wait(PATIENCE_S)
        server.stop()
        answerer.may_look.set()
        told = delivery.inbox.shown_within(Message("可转债", CHAT), PATIENCE_S)
        assert told
        assert told.text == answerer.words.text("not kept")
        with pytest.raises(StoreError):  # so that the platform is not acknowledged, and repeats
            delivery.inbox.accept("repeated", Message("x", CHAT), {})
        server.start()
        ask(delivery, "repeated")
        each_once(wall, ["taken-in", "repeated"])
        assert said == ["taken-in", "repeated"]  # and no apology
    finally:
        delivery.stop()


def test_connections_that_break_at_any_moment_lose_and_double_nothing(server, place, wall):
    keys = [f"q{at}" for at in range(60)]
    done = threading.Event()

    def break_all():
        while not done.wait(0.1):
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{place.name}'"
            )

    breaking = threading.Thread(target=break_all)
    with replicas(place, wall, 2) as two:
        breaking.start()
        for at, key in enumerate(keys):
            ask(two[at % 2], key, f"C{at % 7}")
            time.sleep(0.01)
        done.set()
        breaking.join()
        each_once(wall, keys, QUICK.dead)


def test_what_a_replica_leaves_is_taken_up_at_once(place, wall):
    leaves = opened(place, wall)  # never started: nothing of it goes out
    with replicas(place, wall) as (stays,):
        until(lambda: stays._listener._thread.is_alive())
        for at in range(3):
            ask(leaves, f"q{at}")
        time.sleep(2 * QUICK.renew)
        assert wall.posts == []
        leaves.stop()
        each_once(wall, [f"q{at}" for at in range(3)])


def test_who_listens_is_woken_by_what_changes_also_once_the_server_is_back(server, place):
    database, woken = Database.open(place), threading.Event()
    listener = Listener(database, {CHANGED: woken.set})
    listener.start()
    try:
        assert woken.wait(PATIENCE_S)  # nobody knows what was told before
        server.restart()
        for _ in range(2):
            woken.clear()
            with database.transaction() as db:
                grow(db)
            assert woken.wait(PATIENCE_S)
    finally:
        listener.stop()


def test_a_post_goes_to_the_replica_that_can_send_it(place, wall):
    class Waits(Wall):
        is_ready = False

    with replicas(place, Waits(wall._file)) as (waits,), replicas(place, wall):
        until(waits.has_company)
        waits.sender.enqueue("digest", CHAT, [{"text": "摘要"}], {}, background=True)
        each_once(wall, ["digest"])
        assert not waits.counters.all()["sent"]


def test_one_digest_of_a_chat_and_day_is_posted_by_all_replicas_together(place, wall):
    subscriptions, day = SubscriptionStore(Database.open(place)), date(2026, 11, 26)
    won = []

    def post(delivery, at):
        key, chat = f"digest/{at}", Chat("slack", "T", f"C{at}", "U")
        won.append(
            delivery.sender.enqueue(
                key,
                chat,
                [{"text": "摘要"}],
                {},
                background=True,
                claim=lambda: subscriptions.claim(chat, day, key, datetime.now(UTC), ["item"]),
            )
        )

    with replicas(place, wall, 3) as three:
        for at in range(10):
            posting = [threading.Thread(target=post, args=(one, at)) for one in three]
            for thread in posting:
                thread.start()
            for thread in posting:
                thread.join()
        each_once(wall, [f"digest/{at}" for at in range(10)])
    assert Counter(won) == {True: 10, False: 20}
    until(lambda: subscriptions.settle(datetime.now(UTC)) or True)

    def posted():
        subscriptions.settle(datetime.now(UTC))
        return len(subscriptions.entries(day, "posted")) == 10

    until(posted)


def test_what_one_alone_may_do_is_handed_over_when_it_stops_or_dies(place):
    database = Database.open(place)
    one, other = (Replica(database, QUICK) for _ in range(2))
    held, waiting = one.lease("wecom/B"), other.lease("wecom/B")
    assert held.take()
    assert held.take()
    assert not waiting.take()
    assert not held.is_lost()
    held.release()
    assert waiting.take()
    assert held.is_lost()
    other._ended.set()  # it dies: nothing is renewed, nothing given up
    until(held.take)
    assert not one.lives(other.name)
    one.release()


def test_a_replica_that_cannot_renew_holds_nothing_until_it_can(server, place):
    replica = Replica(Database.open(place), QUICK)
    name = replica.name
    assert replica.holds(name)
    server.stop()
    until(lambda: not replica.holds(name))
    server.start()
    until(lambda: replica.holds(replica.name))
    assert replica.name == name  # nobody has taken what it had
    replica.release()
    assert not replica.holds(name)


@pytest.mark.parametrize(
    ("said", "took_s", "skew"), [(1300.01, 0.02, 300.0), (999.0, 0.02, -1.01), (1000.02, 0.1, 0)]
)
def test_clocks_of_machines_are_compared_with_the_servers(said, took_s, skew):
    assert _skew_s(said, 1000.0, took_s) == pytest.approx(skew)


@pytest.mark.trial
@pytest.mark.timeout(300)
def test_kills_stops_and_restarts_lose_and_double_nothing(server, place, wall):
    chance = random.Random(27)
    keys = list[str]()
    until_s = time.monotonic() + 60
    with replicas(place, wall) as (steady,), ExitStack() as stack:
        running = [stack.enter_context(process(place, wall)) for _ in range(3)]
        while time.monotonic() < until_s:
            for at, one in enumerate(running):
                keys.append(f"q{len(keys)}")
                tell(one, f"{keys[-1]} C{at}")
            keys.append(f"q{len(keys)}")
            ask(steady, keys[-1], "C9")
            what = chance.random()
            victim = chance.randrange(3)
            if what < 0.02:
                running[victim].send_signal(signal.SIGKILL)
                running[victim] = stack.enter_context(process(place, wall))
            elif what < 0.04:
                os.kill(running[victim].pid, signal.SIGSTOP)
                time.sleep(chance.uniform(0.5, 3.0))
                os.kill(running[victim].pid, signal.SIGCONT)
            elif what < 0.045:
                server.restart()
        each_once(wall, keys, 5.0)


@pytest.mark.trial
def test_a_standby_that_is_promoted_goes_on_with_all_that_was_taken_in(clusters, wall, tmp_path):
    leader, standby = clusters
    leader.set(synchronous_standby_names="*")
    leader.execute("CREATE DATABASE irbot")
    both = f"{USER}@127.0.0.1:{leader.port},127.0.0.1:{standby.port}"
    place = PostgresUrl.parse(f"postgresql://{both}/irbot", tmp_path)
    keys = [f"q{at}" for at in range(200)]
    with replicas(place, wall, 2) as two, process(place, wall) as third:
        for at, key in enumerate(keys):
            if at == 100:
                leader.stop()
                standby.promote()
            if at % 3 == 2:
                tell(third, f"{key} C{at % 7}")
            else:
                ask(two[at % 3], key, f"C{at % 7}")
        each_once(wall, keys, 3.0)
    Database.open(place).close()
