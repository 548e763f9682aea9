"""The chat in a real terminal: it greets, answers, and lets a person go by any way out."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import time

import pytest

from bot.config import Settings
from bot.postgres_url import PostgresUrl
from handlers.terminal import chat
from tests.conftest import IRBOT, environment, open_by_words

_PATIENCE_S = 20.0
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>])")


class Terminal:
    """`irbot chat` as a person in front of it has it."""

    def __init__(self, folder, **env):
        self._side, other = pty.openpty()
        # prompt_toolkit asks where the cursor is, and warns where nobody says so.
        more = {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **env}
        self._process = subprocess.Popen(
            [IRBOT, "chat"], cwd=folder, env=environment(more), stdin=other, stdout=other,
            stderr=other, start_new_session=True,
        )  # fmt: skip
        os.close(other)
        self.seen = ""

    def type(self, keys):
        os.write(self._side, keys.encode())

    def until(self, words):
        """What appears up to these words."""
        give_up = time.monotonic() + _PATIENCE_S
        while words not in self.seen:
            assert time.monotonic() < give_up, self.seen
            if select.select([self._side], [], [], 0.1)[0]:
                self.seen += self._read()
        told, _, self.seen = self.seen.partition(words)
        return told + words

    def left(self):
        """The exit code, once it has ended."""
        told = self.until("再见")
        code = self._process.wait(timeout=_PATIENCE_S)
        assert "Traceback" not in told + self.seen
        return code

    def _read(self):
        try:
            return _ESCAPES.sub("", os.read(self._side, 65536).decode(errors="replace"))
        except OSError:  # its other end is closed
            return ""

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._side)


@pytest.fixture
def terminal(store, tmp_path):
    made = Terminal(tmp_path, IR_DB=str(store.path))
    yield made
    made.close()


def test_the_chat_greets_answers_and_forgives(terminal):
    greeting = terminal.until("问>")
    assert "可转债何时下修" in greeting
    terminal.type("\x03")  # Ctrl-C
    terminal.until("再按一次 Ctrl-C 结束")
    terminal.until("问>")
    terminal.type("关税\r")
    assert "公司答（节选）：" in terminal.until("第24问第3小问")
    terminal.until("问>")
    terminal.type("帮助\r")
    told = terminal.until("结束：退出 或 q")
    assert "订阅" not in told
    terminal.until("问>")
    terminal.type("\x03")
    terminal.until("再按一次 Ctrl-C 结束")
    terminal.until("问>")
    terminal.type("\x03")
    assert terminal.left() == 0


@pytest.mark.parametrize("way_out", ["退出。\r", "\x04"])
def test_there_is_more_than_one_way_out(terminal, way_out):
    terminal.until("问>")
    terminal.type(way_out)
    assert terminal.left() == 0


class Typed(io.StringIO):
    """Lines that come from no terminal; before each something happens."""

    def __init__(self, *lines):
        super().__init__()
        self._lines = lines

    def __iter__(self):
        for happens, line in self._lines:
            happens()
            yield line


def test_a_database_that_is_away_for_a_while_ends_no_chat(cluster, tmp_path, monkeypatch, capsys):
    with cluster.database() as name:
        bot = open_by_words(Settings(PostgresUrl.parse(cluster.url(name), tmp_path)))

        def away():
            cluster.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            cluster.execute(
                f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                f"WHERE datname = '{name}'"
            )

        def back():
            cluster.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        monkeypatch.setattr("sys.stdin", Typed((away, "关税\n"), (back, "关税\n")))
        chat(bot.responder, tmp_path, keep_days=1)
    told = capsys.readouterr()
    assert told.err.count("连不上数据库") == 1
    assert told.out.count("库中还没有记录") == 1
