"""The database deleted or replaced under `irbot serve`, while messages come in."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager

import pytest

from bot.store import Store
from tests import warm
from tests.fakes.slack import FakeSlack
from tests.serving import free_port
from tests.waiting import PATIENCE_S

_QUESTION = "#7"
_ANSWER = "编号2025-002 第7问"


@pytest.fixture
def slack(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeSlack(retry_s=0.5) as slack:
        yield slack


@contextmanager
def served(slack, folder):
    """`irbot serve` in a process of its own, over the folder's irbot.db."""
    http = f"127.0.0.1:{free_port()}"
    env = {**os.environ, **slack.env, "IR_HTTP": http, "IR_DB": "irbot.db"}
    process = warm.Started(["serve"], folder, env, folder / "log")
    try:
        slack.until(lambda: slack.sockets)
        yield process
    finally:
        process.kill()
        process.wait()


_UNANSWERED = 50  # at most: what is asked must be answered within a test, on a busy machine too


@contextmanager
def asking(slack):
    """One question after another, each in a channel of its own; yields their ts as they grow."""
    asked: list[str] = []
    enough = threading.Event()

    def ask():
        while not enough.wait(0.02):
            if len(asked) - len(slack.posts) < _UNANSWERED:
                asked.append(slack.mention(_QUESTION, channel=f"C{len(asked)}"))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield asked
    finally:
        enough.set()
        asking.join()


def _copy(db, to):
    """A backup as an operator makes it."""
    with sqlite3.connect(db) as one, sqlite3.connect(to) as other:
        one.backup(other)
    one.close()
    other.close()


def posted(slack):
    return Counter(post["thread_ts"] for post in slack.posts)


def test_a_replaced_file_is_served_and_nothing_that_was_acknowledged_is_lost(
    slack, imported, tmp_path
):
    db, other, earlier = (tmp_path / name for name in ("irbot.db", "other.db", "earlier.db"))
    imported.copy(db)
    imported.copy(other)
    Store(other).withdraw("300253/2025-002", "误")
    Store(other).database.close()
    assert not list(tmp_path.glob("other.db-*"))  # SQLite has written all of it into the file
    with served(slack, tmp_path):
        with asking(slack) as asked:
            slack.until(lambda: slack.posts)
            _copy(db, earlier)  # with messages that are being answered
            seen = len(slack.opened)
            other.rename(db)
            slack.until(lambda: len(slack.opened) > seen)
            after = slack.mention(_QUESTION, channel="AFTER")
            told = slack.until(lambda: [post for post in slack.posts if post["thread_ts"] == after])
            assert _ANSWER not in told[0]["text"]  # it is withdrawn there

            seen = len(slack.opened)
            earlier.rename(db)
            slack.until(lambda: len(slack.opened) > seen)
            restored = slack.mention(_QUESTION, channel="RESTORED")
            told = slack.until(
                lambda: [post for post in slack.posts if post["thread_ts"] == restored]
            )
            assert _ANSWER in told[0]["text"]
        slack.until(lambda: set(posted(slack)) >= set(asked))
    assert set(posted(slack).values()) == {1}


def test_a_deleted_file_ends_serving_with_one_line_and_what_was_acknowledged_is_saved(
    slack, imported, tmp_path
):
    imported.copy(tmp_path / "irbot.db")
    with served(slack, tmp_path) as process, asking(slack) as asked:
        slack.until(lambda: slack.posts)
        # What is acknowledged now is posted by nobody for a while.
        slack.closed |= dict.fromkeys((f"C{at}" for at in range(2000)), "internal_error")
        slack.until(lambda: len(asked) > 40)
        for path in tmp_path.glob("irbot.db*"):
            path.unlink()
        assert process.wait(PATIENCE_S) == 1
    acknowledged = set(asked) - slack.waiting()
    (saved,) = tmp_path.glob("irbot.db-saved-*")
    line = (tmp_path / "log").read_text().splitlines()[-1]
    assert f"数据库文件 {tmp_path / 'irbot.db'} 在运行中被删除" in line
    assert str(saved) in line
    assert not (tmp_path / "irbot.db").exists()
    with sqlite3.connect(saved) as kept:
        keys = {key.rpartition("/")[2] for (key,) in kept.execute("SELECT key FROM inbox")}
    kept.close()
    assert acknowledged
    assert acknowledged <= keys


def test_what_sqlite_kept_beside_the_file_is_written_back_before_serving_ends(
    slack, imported, tmp_path
):
    imported.copy(tmp_path / "irbot.db")
    with served(slack, tmp_path) as process:
        asked = slack.mention(_QUESTION)
        slack.until(lambda: slack.posts)
        (tmp_path / "irbot.db-wal").unlink()
        assert process.wait(PATIENCE_S) == 1
    assert "请重新启动" in (tmp_path / "log").read_text().splitlines()[-1]
    with sqlite3.connect(tmp_path / "irbot.db") as db:
        assert db.execute("SELECT key, state FROM inbox").fetchall() == [
            (f"slack/T0HOME/C1/{asked}", "done")
        ]
    db.close()


def test_a_copy_over_the_open_file_is_noticed_and_stays_whole(slack, imported, tmp_path):
    db, earlier = tmp_path / "irbot.db", tmp_path / "earlier.db"
    imported.copy(db)
    imported.copy(earlier)
    with served(slack, tmp_path) as process, asking(slack) as asked:
        slack.until(lambda: len(asked) > 40)
        with closing(sqlite3.connect(db)) as other:
            other.execute("PRAGMA wal_checkpoint(FULL)")  # as SQLite does by and by
        time.sleep(1.0)  # serve looks twice a second
        shutil.copyfile(earlier, db)
        assert process.wait(PATIENCE_S) == 1
    assert "在运行中被覆盖" in (tmp_path / "log").read_text().splitlines()[-1]
    assert db.read_bytes() == earlier.read_bytes()
    assert not (tmp_path / "irbot.db-wal").exists()
    (saved,) = tmp_path.glob("irbot.db-saved-*")
    assert saved.stat().st_size
