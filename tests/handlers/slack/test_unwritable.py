"""`/ir` while nothing can be written: an answer needs no writing."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace

from bot.config import load_settings
from bot.store import Store
from bot.store.connection import connect
from tests.conftest import SAMPLE
from tests.handlers.slack.conftest import running
from tests.handlers.slack.conftest import shown_text as _text

_HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def _fill(folder):
    with (folder / "rest").open("wb", buffering=0) as rest, suppress(OSError):
        while rest.write(b"0" * 4096):
            pass


def _store(db, sample):
    """The sample, and a record whose answer takes more than one message."""
    store = Store(db)
    store.add([sample], SAMPLE.read_bytes(), SAMPLE.name)
    answer = "".join(f"第{at}句，公司经营正常。" for at in range(1_000))
    question = replace(sample.record.questions[0], answer=answer, parts=())
    record = replace(sample.record, record_no="2025-009", questions=(question,))
    store.add([replace(sample, record=record)], b"long", "long.txt")
    return store, answer


def _ask_all(slack, answer):
    assert "第7问 300253/2025-002#7" in _text(slack.command("300253/2025-002#7"))
    assert "未找到" in _text(slack.command("明天会下雨吗"))
    assert slack.command("300253/2025-009#1") == {}
    slack.until(lambda: "出处" in "".join(map(_text, slack.responses)))
    assert answer in "".join(_text(part) for part in slack.responses)


def test_commands_are_answered_while_the_disk_is_full(slack, small, sample, caplog):
    store, answer = _store(small / "irbot.db", sample)
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, small)
    with running(settings):
        slack.until(lambda: slack.sockets)
        _fill(small)
        _ask_all(slack, answer)
        lines = [record.getMessage() for record in caplog.records]
        assert sum("nothing could be kept of it" in line for line in lines) == 3
        assert all("\n" not in line for line in lines)
        assert not list(store.misses())
        (small / "rest").unlink()
        slack.command("明天会下雪吗")
    assert [miss["text"] for miss in store.misses()] == ["明天会下雪吗"]


def test_a_mention_that_cannot_be_kept_has_one_line_and_is_answered_when_there_is_room(
    slack, small, sample, caplog
):
    _store(small / "irbot.db", sample)
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, small)
    with running(settings):
        slack.until(lambda: slack.sockets)
        _fill(small)
        ts = slack.mention("#7")
        slack.until(lambda: "磁盘已满，无法写入" in caplog.text)
        (small / "rest").unlink()
        post = slack.until(lambda: slack.posts)[0]
        assert (post["thread_ts"], "第7问" in _text(post)) == (ts, True)
    failed = [item.getMessage() for item in caplog.records if "failed" in item.getMessage()]
    assert failed
    assert all("\n" not in line for line in failed)


def test_commands_are_answered_while_another_process_holds_the_database(slack, store, tmp_path):
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    with running(settings):
        slack.until(lambda: slack.sockets)
        holding = subprocess.Popen(
            [sys.executable, "-c", _HOLD, store.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with holding:
            assert holding.stdin
            assert holding.stdout
            assert holding.stdout.readline() == b"held\n"
            assert "编号2025-002 第7问" in _text(slack.command("#7"))
            assert "未找到" in _text(slack.command("明天会下雨吗"))
            holding.stdin.close()
        with closing(connect(store.path).conn) as db:
            count = "SELECT count(*) FROM replies"
            slack.until(lambda: db.execute(count).fetchone() == (2,))  # kept a little later
