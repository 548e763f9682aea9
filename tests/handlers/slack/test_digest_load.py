"""A thousand channels of one workspace whose digests are due in the same minute."""

from __future__ import annotations

import statistics
import time
from datetime import datetime
from functools import partial

import pytest

from bot.config import CHINA
from tests.fakes.slack import FakeSlack
from tests.handlers.slack.test_digest import Servers
from tests.waiting import PATIENCE_S

_CHANNELS = 1000
_EVERY_S = 2.5  # somebody asks


def _asked(slack, number):
    """Ask in a channel that is due, too; seconds until the answer."""
    began = time.monotonic()
    ts = slack.mention("关税", channel=f"C{number}")
    posts = slack.until(lambda: [p for p in slack.posts if p.get("thread_ts") == ts])
    return posts[0]["at"] - began


def _said(waits):
    ordered = sorted(waits)
    worst = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"n={len(waits)} p50 {statistics.median(waits) * 1000:.0f} ms, p99 {worst * 1000:.0f} ms"


@pytest.mark.trial
def test_a_thousand_at_once_within_five_minutes_and_questions_are_not_kept(
    imported, tmp_path, capsys
):
    with FakeSlack() as slack:
        servers = Servers(slack, imported, tmp_path)
        servers.subscribe(*(f"C{number}" for number in range(_CHANNELS)))
        due = datetime(2026, 9, 30, 9, tzinfo=CHINA)
        before, during = [], []
        process = servers.start(due.replace(hour=8))
        try:
            for number in range(20):
                before.append(_asked(slack, number))
                time.sleep(0.5)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
        slack.posts.clear()
        process = servers.start(due)
        began = time.monotonic()
        try:
            number = 0
            while not servers.all_settled(due.date(), _CHANNELS):
                assert time.monotonic() - began < 330
                during.append(_asked(slack, number))
                number += 1
                time.sleep(_EVERY_S)
            slack.until(partial(servers.all_settled, due.date(), _CHANNELS))
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    digests = [post for post in slack.posts if "thread_ts" not in post]
    times = sorted(post["at"] for post in slack.posts)
    busiest = max(sum(start <= at < start + 60 for at in times) for start in times)
    took = digests[-1]["at"] - began
    with capsys.disabled():
        print(
            f"\n{len(digests)} digests in {took:.0f} s; busiest minute {busiest} posts, "
            f"questions included\nquestions before: {_said(before)}; meanwhile: {_said(during)}"
        )
    assert sorted(post["channel"] for post in digests) == sorted(
        f"C{number}" for number in range(_CHANNELS)
    )
    assert took < 300
    assert busiest <= 250
