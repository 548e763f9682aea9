"""kill -9 while customers write: each is answered, none twice, and no send is in doubt."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from contextlib import closing

import pytest

from bot.store.connection import connect
from handlers.wecom_kf.credentials import PATH
from tests.fakes.wecom_kf import FakeKf
from tests.fakes.wecom_server import deliver
from tests.serving import served
from tests.waiting import settled, until


@pytest.mark.parametrize(
    "kills", [1, pytest.param(50, marks=[pytest.mark.trial, pytest.mark.timeout(900)])]
)
def test_over_kills_everything_is_answered_once(kills, imported, tmp_path, capsys):
    chance = random.Random(kills)
    asked: list[tuple[str, int]] = []
    calls: list[threading.Thread] = []
    imported.copy(tmp_path / "irbot.db")
    with FakeKf() as kf:
        kf.pause_s = 0.1  # between showing a message and saying so
        kf.page = 7

        def call(url):
            for _ in range(3):
                if deliver(url, kf.callback()) == (200, ""):
                    return
                time.sleep(1.5)

        with (
            served(tmp_path, kf.env) as bot,
            closing(connect(tmp_path / "irbot.db").conn) as conn,
        ):
            for _ in range(kills):
                end = time.monotonic() + chance.uniform(0.05, 0.4)
                while time.monotonic() < end:
                    who, number = f"wm{len(asked)}", len(asked) % 24 + 1
                    kf.say(f"#{number}", who)
                    asked.append((who, number))
                    calls.append(threading.Thread(target=call, args=(bot.url + PATH,)))
                    calls[-1].start()
                    time.sleep(0.02)
                bot.kill()
                bot.start()
            for thread in calls:
                thread.join()
            heard = "SELECT count(*) FROM inbox"
            until(lambda: conn.execute(heard).fetchone() == (len(asked),))
            settled(conn)
            states = dict(conn.execute("SELECT state, count(*) FROM outbox GROUP BY state"))
    shown = Counter(
        (post["to"], int(found[0]))
        for post in kf.posts
        if (found := re.findall(r"编号2025-002 第(\d+)问", post["content"]))
    )
    with capsys.disabled():
        print(f"\n{kills} kills, {len(asked)} asked, {states}", end="")
    assert set(shown) == set(asked)
    assert max(shown.values()) == 1
    assert states.keys() == {"sent"}
    assert len(kf.posts) == states["sent"]
