"""Three replicas of one bot under load, killed again and again.

Fifty questions a second, each in a channel of its own, and digests that are due meanwhile: what was
acknowledged is answered once, each digest is posted once.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from datetime import datetime, timedelta
from datetime import time as clock
from itertools import pairwise

import pytest

from bot.commands import Plan
from bot.config import CHINA
from bot.digest.subscriptions import SubscriptionStore
from bot.message import Chat
from bot.postgres_url import PostgresUrl
from bot.store import Database
from tests.conftest import IRBOT, SAMPLE, environment
from tests.fakes.slack import TEAM
from tests.handlers.slack.replicas import Replicas, SpreadSlack, killing, meanwhile
from tests.postgres import USER

_REPLICAS = 3
_A_SECOND = 50
_DIGESTS_A_MINUTE = 60  # a quarter of what a workspace takes
_SETTLED_S = 300.0  # for what is left to do when the last question was asked
_AFTER_S = 8.0  # until when something that befell the server is over for who is connected
_BEGIN = datetime(2026, 9, 30, 8, 59, 50, tzinfo=CHINA)
_TEXTS = ("关税", "#7", "可转债", "WiNEX 进展如何？", "明天会下雨吗")
# `IR_TEST_SECONDS` makes it as long as one likes.
SECONDS = float(os.environ.get("IR_TEST_SECONDS", "60"))


def subscribe(database, seconds):
    """Chats whose digests come due, so many in each whole minute; returns their channels."""
    subscriptions = SubscriptionStore(database)
    channels = []
    for minute in range(max(1, int((seconds - 30) // 60))):
        for number in range(_DIGESTS_A_MINUTE):
            channels.append(f"D{minute}x{number}")
            subscriptions.subscribe(
                Chat("slack", TEAM, channels[-1], "U1"),
                Plan(clock(9, minute)),
                _BEGIN - timedelta(days=9),
            )
    return channels


def ask(slack, seconds):
    """Fifty questions a second; returns when each was asked, by its ts."""
    asked = {}
    began = time.monotonic()
    for number in range(int(seconds * _A_SECOND)):
        time.sleep(max(0.0, began + number / _A_SECOND - time.monotonic()))
        ts = slack.mention(_TEXTS[number % len(_TEXTS)], channel=f"C{number}")
        asked[ts] = time.monotonic()
    return asked


def settled(slack, asked, digests):
    """Wait until all that should be said was, and a little longer for what should not be."""
    wanted = asked.keys()
    slack.until(lambda: not slack.unacknowledged(), _SETTLED_S)
    slack.until(lambda: len(answers(slack)) >= len(wanted), _SETTLED_S)
    slack.until(lambda: len(digests_of(slack)) >= len(digests), _SETTLED_S)
    time.sleep(10.0)  # longer than a claim holds


def answers(slack):
    """How often each message was answered."""
    return Counter(post["thread_ts"] for post in list(slack.posts) if post.get("thread_ts"))


def digests_of(slack):
    """How often each chat was posted to without a question."""
    return Counter(post["channel"] for post in list(slack.posts) if not post.get("thread_ts"))


def told(slack, asked, replicas):
    """One line of what it took."""
    times = {post["thread_ts"]: post["at"] for post in slack.posts if post.get("thread_ts")}
    waits = sorted(times[ts] - at for ts, at in asked.items())
    half, most = (waits[int(len(waits) * share)] for share in (0.5, 0.99))
    return (
        f"{replicas.kills} kills, {len(asked)} asked, {len(slack.posts)} posts; "
        f"question to answer: p50 {half:.2f} s, p99 {most:.2f} s, the longest {waits[-1]:.1f} s; "
        f"no question kept for {longest_gap(slack.acknowledged.values()):.2f} s at the most"
    )


def longest_gap(times):
    """The longest time between two."""
    ordered = sorted(times)
    return max(later - one for one, later in pairwise(ordered))


def gaps(slack, troubles):
    """How long no question was kept around each of what befell the server."""
    for what, began, ended in troubles:
        times = [at for at in slack.acknowledged.values() if began - 1 < at < ended + _AFTER_S]
        yield f"{what}: {ended - began:.2f} s, no question kept for {longest_gap(times):.2f} s"


def assert_once(slack, asked, digests):
    """Nothing lost, nothing twice."""
    found = answers(slack)
    assert [ts for ts in asked if ts not in found] == []
    assert {ts: count for ts, count in found.items() if count > 1} == {}
    assert digests_of(slack) == Counter(digests)


@pytest.mark.trial
@pytest.mark.timeout(SECONDS + 900)
def test_processes_on_one_file_lose_and_double_nothing(imported, tmp_path, capsys):
    imported.copy(tmp_path / "irbot.db")
    digests = subscribe(Database.open(tmp_path / "irbot.db"), SECONDS)
    with SpreadSlack() as slack:
        env = {"IR_DB": "irbot.db", "SLACK_POSTS_A_MINUTE": "0"}
        replicas = Replicas(slack, [tmp_path] * _REPLICAS, _BEGIN, env)
        try:
            for number in range(_REPLICAS):
                replicas.start(number)
            with killing(replicas, random.Random(1)):
                asked = ask(slack, SECONDS)
            settled(slack, asked, digests)
        finally:
            replicas.stop()
    with capsys.disabled():
        print(f"\nSQLite: {told(slack, asked, replicas)}")
    assert_once(slack, asked, digests)


def befalling(leader, standby, seconds, troubles):
    """The server crashes and comes back twice, and then not: its standby is promoted."""

    def crash():
        leader.restart(immediate=True)

    def fail_over():
        leader.stop(immediate=True)
        standby.promote()

    plan = [("restart", crash), ("restart", crash), ("promotion", fail_over)]
    began = time.monotonic()

    def step(stopping):
        at = began + seconds * (len(troubles) + 1) / 4
        if len(troubles) == len(plan) or stopping.wait(max(0.0, at - time.monotonic())):
            stopping.wait()
            return
        what, befall = plan[len(troubles)]
        start = time.monotonic()
        befall()
        troubles.append((what, start, time.monotonic()))

    return meanwhile("befalling", step)


@pytest.mark.trial
@pytest.mark.timeout(SECONDS + 900)
def test_restarts_and_a_promoted_standby_lose_and_double_nothing(clusters, tmp_path, capsys):
    leader, standby = clusters
    leader.execute("CREATE DATABASE irbot TEMPLATE template0")
    leader.set(synchronous_standby_names="*")  # else a promotion may lose what was acknowledged
    standby.set(wal_retrieve_retry_interval="200ms")  # commits wait until it follows again: 5 s
    hosts = f"127.0.0.1:{leader.port},127.0.0.1:{standby.port}"
    url = f"postgresql://{USER}@{hosts}/irbot?target_session_attrs=read-write"
    env = {"IR_DB": url, "SLACK_POSTS_A_MINUTE": "0"}
    folders = [tmp_path / f"replica-{number}" for number in range(_REPLICAS)]
    for folder in folders:
        folder.mkdir()
    subprocess.run([IRBOT, "import", SAMPLE], cwd=folders[0], env=environment(env), check=True)
    digests = subscribe(Database.open(PostgresUrl.parse(url, tmp_path)), SECONDS)
    troubles: list[tuple[str, float, float]] = []  # what, when it began, when it ended
    with SpreadSlack() as slack:
        replicas = Replicas(slack, folders, _BEGIN, env)
        try:
            for number in range(_REPLICAS):
                replicas.start(number)
            with (
                killing(replicas, random.Random(2)),
                befalling(leader, standby, SECONDS, troubles),
            ):
                asked = ask(slack, SECONDS)
            settled(slack, asked, digests)
        finally:
            replicas.stop()
    with capsys.disabled():
        print("", f"PostgreSQL: {told(slack, asked, replicas)}", *gaps(slack, troubles), sep="\n")
    assert [what for what, *_ in troubles] == ["restart", "restart", "promotion"]
    assert_once(slack, asked, digests)
