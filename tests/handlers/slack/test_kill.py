"""kill -9 under load: what was acknowledged is answered, and nothing is answered twice."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter

import pytest

from tests.conftest import IRBOT
from tests.fakes.slack import FakeSlack


@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=pytest.mark.trial)])
def test_nothing_is_lost_and_nothing_doubled_over_kills(kills, imported, tmp_path, capsys):
    chance = random.Random(kills)
    asked: set[str] = set()
    with FakeSlack(retry_s=2.0) as slack:
        env = {**os.environ, **slack.env, "IR_HTTP": "", "IR_DB": "irbot.db"}
        imported.copy(tmp_path / "irbot.db")

        def start():
            seen = len(slack.opened)
            process = subprocess.Popen(
                [IRBOT, "serve"], cwd=tmp_path, env=env, stderr=subprocess.DEVNULL
            )
            slack.until(lambda: len(slack.opened) > seen, 20)
            return process

        process = start()
        for _ in range(kills):
            until = time.monotonic() + chance.uniform(0.05, 0.6)
            while time.monotonic() < until:
                asked.add(slack.mention("关税", channel=f"C{len(asked)}"))
                time.sleep(0.02)
            process.kill()
            process.wait()
            process = start()
        try:
            slack.until(lambda: {post["thread_ts"] for post in slack.posts} >= asked, 30)
            time.sleep(1.0)
        finally:
            process.terminate()
            process.wait(10)
    with capsys.disabled():
        print(f"\n{kills} kills, {len(asked)} asked, {len(slack.posts)} posts", end="")
    answered = Counter(post["thread_ts"] for post in slack.posts)
    assert set(answered) == asked
    assert max(answered.values()) == 1
