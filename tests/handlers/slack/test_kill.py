"""kill -9 under load: what was acknowledged is answered, and nothing is answered twice."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import time
from collections import Counter

import pytest

from bot.store import Store
from tests.conftest import IRBOT
from tests.fakes.slack import FakeSlack
from tests.waiting import PATIENCE_S

# The `irbot` command of an older version, for the trial that lets both work on one file in turn. It
# must know the newest migration: a version before it refuses the file.
OLDER = os.environ.get("IR_TEST_OLDER", "")
_EDITABLE = 500  # of the latest messages: the fake counts a second an event, and an edit an hour


def _kill(commands, kills, imported, folder, edits=False):
    """Start one command after another, and kill each under load.

    Returns:
        What was asked, what was edited, and the posts.
    """
    chance = random.Random(kills)
    asked: dict[str, str] = {}  # its channel
    edited: set[str] = set()
    with FakeSlack(retry_s=2.0) as slack:
        env = {**os.environ, **slack.env, "IR_HTTP": "", "IR_DB": "irbot.db"}
        imported.copy(folder / "irbot.db")
        turns = itertools.cycle(commands)

        def start():
            seen = len(slack.opened)
            process = subprocess.Popen(
                [next(turns), "serve"], cwd=folder, env=env, stderr=subprocess.DEVNULL
            )
            slack.until(lambda: len(slack.opened) > seen)
            return process

        process = start()
        for _ in range(kills):
            until = time.monotonic() + chance.uniform(0.05, 0.6)
            while time.monotonic() < until:
                channel = f"C{len(asked)}"
                asked[slack.mention("关税", channel)] = channel
                time.sleep(0.02)
                if edits and chance.random() < 0.5:
                    ts = chance.choice([*asked][-_EDITABLE:])
                    if ts not in edited:
                        slack.edit(ts, "<@U0BOT> 第7问", "<@U0BOT> 关税", asked[ts])
                        edited.add(ts)
            process.kill()
            process.wait()
            process = start()
        try:
            slack.until(lambda: {post["thread_ts"] for post in slack.posts} >= asked.keys())
            slack.until(lambda: slack.unacknowledged() == 0)
            slack.until(lambda: _changed(slack.posts) >= edited)
            time.sleep(1.0)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    return set(asked), edited, slack.posts


def _changed(posts):
    """The messages whose answer is that to their edited text."""
    return {post["thread_ts"] for post in posts if "第7问" in post["text"]}


@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=pytest.mark.trial)])
def test_nothing_is_lost_and_nothing_doubled_over_kills(kills, imported, tmp_path, capsys):
    asked, edited, posts = _kill([IRBOT], kills, imported, tmp_path, edits=True)
    with capsys.disabled():
        print(
            f"\n{kills} kills, {len(asked)} asked, {len(edited)} edited, {len(posts)} posts", end=""
        )
    assert {post["thread_ts"] for post in posts} == asked
    assert len(posts) == len(asked)
    assert _changed(posts) == edited
    # What a kill came between is proven once more than it was shown, never less.
    proven = Counter(row.channel for row in Store(tmp_path / "irbot.db").evidence())
    assert not Counter(post["channel"] for post in posts) - proven


@pytest.mark.trial
@pytest.mark.skipif(not OLDER, reason="IR_TEST_OLDER names no irbot command of an older version")
@pytest.mark.parametrize("kills", [30])
def test_two_versions_in_turn_lose_and_double_nothing(kills, imported, tmp_path, capsys):
    asked, _, posts = _kill([OLDER, IRBOT], kills, imported, tmp_path)
    with capsys.disabled():
        print(f"\n{kills} kills of two versions, {len(asked)} asked, {len(posts)} posts")
    assert {post["thread_ts"] for post in posts} == asked
    assert len(posts) == len(asked)
