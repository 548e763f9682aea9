"""The app as `irbot serve` runs it: kills, slow and large bodies, nothing but callbacks."""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections import Counter
from contextlib import closing, suppress

import pytest

from bot.store.connection import connect
from handlers.wecom_app.credentials import PATH
from tests.fakes.wecom_server import FakeWecomServer, deliver, post
from tests.serving import served
from tests.waiting import settled


@pytest.fixture
def server():
    with FakeWecomServer() as fake:
        yield fake


class Members:
    """Members who write, and the platform: three tries, until one is answered with 200."""

    def __init__(self, server: FakeWecomServer, url: str) -> None:
        self._server = server
        self._url = url
        self.asked: list[tuple[str, int]] = []  # who, and which question
        self.taken: set[tuple[str, int]] = set()  # answered with 200
        self._open: list[threading.Thread] = []

    def ask(self) -> None:
        at = len(self.asked)
        who, number = f"u{at % 40}", at // 40 % 24 + 1
        self.asked.append((who, number))
        content = self._server.text(f"#{number}", user=who)
        thread = threading.Thread(target=self._deliver, args=(content, (who, number)))
        thread.start()
        self._open.append(thread)

    def _deliver(self, content: str, question: tuple[str, int]) -> None:
        for _ in range(3):
            if deliver(self._url, content) == (200, ""):
                self.taken.add(question)
                return
            time.sleep(1.5)

    def wait(self) -> None:
        for thread in self._open:
            thread.join()


@pytest.mark.parametrize(
    "kills", [1, pytest.param(50, marks=[pytest.mark.trial, pytest.mark.timeout(900)])]
)
def test_over_kills_what_was_taken_is_answered_and_nothing_is_doubled(
    kills, server, imported, tmp_path, capsys
):
    chance = random.Random(kills)
    cut: set[int] = set()  # rows whose send was in hand at a kill
    server.pause_s = 0.1
    imported.copy(tmp_path / "irbot.db")
    with served(tmp_path, server.env) as bot, closing(connect(tmp_path / "irbot.db").conn) as conn:
        members = Members(server, bot.url + PATH)
        members.ask()
        members.wait()
        for _ in range(kills):
            until = time.monotonic() + chance.uniform(0.05, 0.4)
            while time.monotonic() < until:
                members.ask()
                time.sleep(0.02)
            bot.kill()
            cut |= {row for (row,) in conn.execute("SELECT id FROM outbox WHERE state = 'sending'")}
            bot.start()
        members.wait()
        settled(conn)
        unknown = conn.execute("SELECT id, channel FROM outbox WHERE state = 'unknown'").fetchall()
    shown = Counter(
        (post["to"], int(re.findall(r"编号2025-002 第(\d+)问", post["content"])[0]))
        for post in server.posts
    )
    lost = set(members.taken) - set(shown)
    with capsys.disabled():
        print(
            f"\n{kills} kills, {len(members.asked)} asked, {len(members.taken)} taken, "
            f"{len(unknown)} unknown, {len(lost)} not shown",
            end="",
        )
    assert members.taken
    assert max(shown.values()) == 1
    assert set(shown) <= set(members.asked)
    assert {row for row, _ in unknown} <= cut
    assert not Counter(who for who, _ in lost) - Counter(who for _, who in unknown)


def test_slow_and_large_bodies_keep_nobody_waiting(server, imported, tmp_path):
    imported.copy(tmp_path / "irbot.db")
    with served(tmp_path, server.env) as bot:
        host, _, port = bot.address.partition(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(20)]
        for connection in slow:
            connection.sendall(
                f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<xml>".encode()
            )
        with socket.create_connection((host, int(port))) as large:
            large.sendall(
                f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n".encode()
            )
            assert b" 413 " in large.recv(100)
        assert post(bot.url + PATH, b"x" * 70_000)[0] == 413
        with suppress(OSError):
            assert post(bot.url + PATH, b"x" * 2_000_000)[0] in (0, 413)
        assert deliver(bot.url + PATH, server.text("#7")) == (200, "")
        assert "第7问" in server.to("zhangsan")[0]["content"]
        for connection in slow:
            connection.close()
        # Nothing of the pages is at the address for callbacks.
        assert post(bot.url + "/", b"")[0] == 404
        assert bot.stop() == 0
    assert connect(tmp_path / "irbot.db")["inbox"].count == 1
