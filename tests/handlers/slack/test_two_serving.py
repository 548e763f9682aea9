"""A second `irbot serve` on one store, started by mistake."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter

from bot.store import Store
from tests import warm
from tests.fakes.slack import FakeSlack
from tests.serving import free_port


class ToAll(FakeSlack):
    """Sends every event to every connection, where Slack would choose one."""

    def _send(self, envelope):
        for socket in self.sockets:
            with contextlib.suppress(Exception):
                socket.send(json.dumps(envelope))


def _serve(slack, folder, log, **env):
    env = {**os.environ, **slack.env, "IR_HTTP": "", "IR_DB": "irbot.db", **env}
    return warm.Started(["serve"], folder, env, folder / log)


def test_two_on_one_store_answer_what_both_hear_once(imported, tmp_path):
    imported.copy(tmp_path / "irbot.db")
    with ToAll() as slack:
        processes, logs = [], ("first", "second")
        for log in logs:
            processes.append(_serve(slack, tmp_path, log))
            slack.until(lambda: len(slack.sockets) == len(processes), 30)
        try:
            asked = {slack.mention("#7", f"C{number}") for number in range(30)}
            slack.until(lambda: {post["thread_ts"] for post in slack.posts} >= asked, 60)
            processes[1].kill()
            asked |= {slack.mention("#7", f"C{number}") for number in range(30, 40)}
            slack.until(lambda: {post["thread_ts"] for post in slack.posts} >= asked, 60)
        finally:
            for process in processes:
                process.terminate()
                process.wait(10)
    assert Counter(post["thread_ts"] for post in slack.posts) == Counter(asked)
    assert len(list(Store(tmp_path / "irbot.db").evidence())) == len(asked)
    told = ["another irbot serve has" in (tmp_path / log).read_text() for log in logs]
    assert told == [False, True]


def test_a_second_one_at_the_same_address_ends_and_says_why(imported, tmp_path):
    imported.copy(tmp_path / "irbot.db")
    address = f"127.0.0.1:{free_port()}"
    with FakeSlack() as slack:
        first = _serve(slack, tmp_path, "first", IR_HTTP=address)
        slack.until(lambda: slack.sockets, 30)
        second = _serve(slack, tmp_path, "second", IR_HTTP=address)
        try:
            assert second.wait(60) == 1
            assert len(slack.opened) == 1
        finally:
            first.terminate()
            first.wait(10)
    *_, said = (tmp_path / "second").read_text().splitlines()
    assert said.startswith(f"IR_HTTP={address} 无法监听")
    assert "另一个 irbot serve 正在使用" in said
