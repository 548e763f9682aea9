"""Load, in short and long forms; the long ones keep the figures of the issue."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.store.connection import connect
from tests.bench.machine import measured
from tests.bench.slack_load import burst, limited_channel, paced, serving
from tests.conftest import IRBOT
from tests.fakes.slack import FakeSlack
from tests.handlers.slack.conftest import running


@pytest.fixture
def served(imported, monkeypatch):
    """The command as installed, in a process of its own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with (
        FakeSlack(retry_s=10) as slack,
        serving(slack, [IRBOT, "serve"], imported, SLACK_POSTS_A_MINUTE="0"),
    ):
        yield slack


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.trial)])
def test_a_burst_over_as_many_channels_is_answered_whole_and_once(served, count, capsys):
    machine = measured()
    found = burst(served, count)
    with capsys.disabled():
        print(f"\n{found} on {machine}", end="")
    assert (found["lost"], found["doubled"]) == (0, 0)
    if count == 2000:
        assert found["posts_a_second"] >= machine.posts_a_second(commits=4, alone=200)


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.trial)])
def test_replies_are_quick_and_stay_so_while_one_channel_is_limited(served, seconds, capsys):
    machine = measured()
    alone = paced(served, seconds, "P")
    beside = limited_channel(served, seconds, 2 if seconds == 3 else 30)
    with capsys.disabled():
        print(f"\nalone {alone}\nbeside a limited channel {beside}", end="")
    assert beside["in_order"]
    assert beside["refused"] == 1
    if seconds == 60:
        for found in (alone, beside):
            # Before a post a message is kept, answered and begun; a command is only answered.
            post_s, ack_s = (machine.slowest_s(3, alone=0.050), machine.slowest_s(1, alone=0.030))
            assert found["mention_to_post_ms"]["p99"] <= post_s * 1000
            assert found["command_ack_ms"]["p99"] <= ack_s * 1000
    else:
        assert beside["mention_to_post_ms"]["p50"] < 1000  # half of what the channel is kept


@pytest.mark.trial
@pytest.mark.parametrize("events", [50_000])
def test_a_week_leaves_memory_flat_and_the_store_bounded(
    store, tmp_path, monkeypatch, events, capsys
):
    """Mentions of a week in process; the clock that is stored is this test's."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    now = [1_790_000_000.0]
    sizes = []
    env = {"IR_DB": "irbot.db", "SLACK_POSTS_A_MINUTE": "0"}
    with (
        FakeSlack(retry_s=60) as slack,
        running(load_settings({**slack.env, **env}, tmp_path), clock=lambda: now[0]) as bot,
    ):
        slack.until(lambda: slack.sockets)
        lot = events // 20
        for at in range(20):
            for number in range(lot):
                now[0] += 7 * 86400 / events
                text = ("可转债", "关税", "#7", "WiNEX 进展如何？", "明天会下雨吗")[number % 5]
                slack.mention(text, channel=f"C{at}x{number % 500}", user=f"U{number % 50}")
                if number % 200 == 199:  # as much in flight as a busy minute
                    slack.until(lambda: slack.unacknowledged() == 0)
            slack.until(lambda: len(slack.posts) >= lot, 120)
            slack.forget()
            bot.delivery.purge(2)
            gc.collect()
            sizes.append((_resident_mb(), _used_mb(store.path)))
            time.sleep(0.01)
    counted = bot.delivery.counters.all()
    assert (counted["asked"], counted["sent"]) == (lot * 20, lot * 20)
    with capsys.disabled():
        told = "; ".join(f"{memory:.0f}/{stored:.1f}" for memory, stored in sizes[4::5])
        print(f"\n{lot * 20} events: resident MB / store MB after each quarter: {told}", end="")
    grown = sizes[-1][0] - sizes[9][0]
    assert grown < 10, "memory over the second half of the week"
    assert sizes[-1][1] < sizes[9][1] * 1.5 + 1, "two days are kept, so half a week is the most"


def _resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _used_mb(path):
    db = connect(path)
    (pages,), (free,), (size,) = (
        db.execute(f"PRAGMA {name}").fetchone()
        for name in ("page_count", "freelist_count", "page_size")
    )
    db.conn.close()
    return (pages - free) * size / 1e6
