"""`irbot said` and `irbot forget`, and what the terminal keeps (`irbot` in this process)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.config import Settings
from bot.message import Chat, Message
from bot.store import Store
from handlers import terminal_history
from handlers.cli.main import cli
from handlers.terminal import History
from tests.conftest import NOW, SAMPLE, open_by_words
from tests.store.test_evidence import correct

Q24 = "300253/2025-002#24"


@pytest.fixture
def store(imported, tmp_path):
    """The sample with its meaning, which a restored version would make anew."""
    imported.copy(tmp_path / "irbot.db")
    return Store(tmp_path / "irbot.db")


@pytest.fixture
def irbot(store, monkeypatch):
    """Run `irbot …` over the database of `store`."""
    monkeypatch.chdir(store.path.parent)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IR_DB", str(store.path))

    def run(*arguments, stdin=""):
        return CliRunner().invoke(cli, arguments, input=stdin)

    return run


@pytest.fixture
def told(store, sample):
    """Shown to one chat, corrected, and shown to that and another one; the first reply's text."""
    responder = open_by_words(Settings(store.path)).responder
    first = responder.show(responder.reply(Message("#24", Chat("slack", "T", "C1", "U1")))).text
    responder.reply(Message("#7", Chat("slack", "T", "C1", "U1")))
    correct(store, sample, new="=改正后的答复。")
    for channel in ("C1", "C2"):
        responder.reply(Message("#24", Chat("slack", "T", channel, "U1")))
    return first


def test_said_tells_who_was_shown_which_version(irbot, told, store):
    said = irbot("said", "--question", Q24)
    assert said.exit_code == 0
    old, new = said.stdout.split(f"{Q24} 第2版")
    assert old.startswith(f"{Q24} 第1版，出自 {SAMPLE}，SHA-256 ")
    assert "已更正：" in old
    assert "起为第2版" in old
    assert re.findall(r"slack T (C\d)  答复  当场给出", old) == ["C1"]
    assert re.findall(r"slack T (C\d)  答复  当场给出", new) == ["C1", "C2"]
    assert "公司答：=改正后的答复。" in new
    assert store.version("300253/2025-002", 1).question(24).answer in old


def test_said_lists_what_was_quoted_before_a_correction_or_withdrawal(irbot, told):
    def before():
        rows = json.loads(irbot("said", "--before", "--json").stdout)
        return [(row["question_id"], row["version"], row["became"]) for row in rows]

    assert before() == [(Q24, 1, "corrected")]
    assert irbot("restore-version", "300253/2025-002", "1").exit_code == 0
    assert before() == [(Q24, 2, "corrected")] * 2  # what was shown at first holds again
    assert irbot("withdraw", "300253/2025-002#7", "--reason", "再看").exit_code == 0
    assert before() == [("300253/2025-002#7", 1, "hidden"), *[(Q24, 2, "corrected")] * 2]
    said = irbot("said", "--question", "300253/2025-002#7").stdout
    assert "现已不再显示：已撤下 300253/2025-002#7（" in said
    assert "：再看）" in said


def test_said_takes_a_correction_that_waits_for_its_publication_for_none(irbot, store, sample):
    responder = open_by_words(Settings(store.path)).responder
    responder.reply(Message("#24", Chat("slack", "T", "C1", "U1")))
    correct(store, sample, is_draft=True)
    assert json.loads(irbot("said", "--before", "--json").stdout) == []
    assert irbot("publish", "300253/2025-002").exit_code == 0
    (row,) = json.loads(irbot("said", "--before", "--json").stdout)
    assert (row["became"], row["version"], row["corrected_by_version"]) == ("corrected", 1, 2)


def test_said_tells_who_paused_what_was_shown_and_until_when(irbot, told):
    assert irbot("hold", "300253/2025-002", "--reason", "静默期").exit_code == 0
    rows = json.loads(irbot("said", "--json").stdout)
    assert {row["hidden_by"][0]["reason"] for row in rows} == {"静默期"}
    assert {row["became"] for row in rows} == {"corrected", "hidden"}


def test_said_as_csv_and_json_say_the_same(irbot, told):
    rows = json.loads(irbot("said", "--json").stdout)
    table = list(csv.DictReader(io.StringIO(irbot("said", "--csv").stdout.removeprefix("\ufeff"))))
    assert [row["question_id"] for row in table] == [row["question_id"] for row in rows]
    assert [row["answer"] for row in table] == [row["words"][0]["answer"] for row in rows]
    assert {row["at"] for row in rows} == {"2026-11-24T09:00:00+08:00"}
    assert rows[0]["real_at"] != rows[0]["at"]
    assert rows[0]["text_sha256"] == hashlib.sha256(told.encode()).hexdigest()
    assert rows[0]["was_shown"] is True


def test_said_knows_a_text_again_only_to_the_letter(irbot, told):
    for text in (told, f"{told}\n", told.replace("\n", "\r\n")):
        found = irbot("said", "--text", "-", "--json", stdin=text)
        assert [row["version"] for row in json.loads(found.stdout)] == [1]
    changed = irbot("said", "--text", "-", stdin=told.replace("公司", "本公司", 1))
    assert changed.exit_code == 1
    assert "没有显示过与这段文字逐字相同的回复" in changed.stderr


def test_said_of_a_day_and_of_what_is_not_there(irbot, told):
    assert len(json.loads(irbot("said", "--date", "2026-11-24", "--json").stdout)) == 4
    assert json.loads(irbot("said", "--date", "2026-11-23", "--json").stdout) == []
    assert len(json.loads(irbot("said", "--question", "300253/2025-2#７", "--json").stdout)) == 1
    assert len(json.loads(irbot("said", "--question", "300253/2025-2", "--json").stdout)) == 4
    for unknown in ("300253/2025-002#99", "300253/2099-001", "x"):
        refused = irbot("said", "--question", unknown)
        assert (refused.exit_code, refused.stdout) == (1, "")
    assert irbot("said", "--csv", "--json").exit_code == 2


def test_said_names_what_stood_on_a_page_by_its_numbers(irbot, store, sample):
    record = sample.record
    units = [record.question(number) for number in (1, 2, 3, 7)]
    store.add_view(store.record(record.id).record, units, NOW, "page")
    assert irbot("said").stdout.startswith(f"{record.id}（1–3、7） 第1版，出自 ")


def test_forget_first_says_what_it_would_do(irbot, told, store):
    looked = irbot("forget", "slack:U1")
    assert "会话记忆：" in looked.stdout
    assert "加 --yes 执行" in looked.stderr
    assert store.memory(Chat("slack", "T", "C1", "U1"), NOW - timedelta(hours=1)).cited
    assert irbot("forget", "U1", "--yes").stdout == looked.stdout
    assert not store.memory(Chat("slack", "T", "C1", "U1"), NOW - timedelta(hours=1)).cited
    again = irbot("forget", "U1", "--yes")
    assert (again.exit_code, again.stderr) == (
        1,
        "没有 U1 的内容；要写平台的用户编号，例如 slack:U0123\n",
    )
    assert len(json.loads(irbot("said", "--json").stdout)) == 4
    assert irbot("forget", ":U1").exit_code == 2


def test_the_terminals_history_is_masked_private_and_forgotten_in_time(tmp_path):
    path, now = tmp_path / ".irbot_history", NOW
    path.write_text("\n# 2020-01-01 09:00:00.5\n+很久以前\n", encoding="utf-8")
    path.chmod(0o644)
    history = History(path, lambda: now)
    terminal_history.forget(tmp_path, now, 90)
    history.store_string("电话 13812345678\n第二行")
    now += timedelta(days=60)
    history.store_string("可转债")
    assert list(history.load_history_strings()) == ["可转债", "电话 ＊＊＊\n第二行"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    now += timedelta(days=60)
    terminal_history.forget(tmp_path, now, 90)
    assert list(history.load_history_strings()) == ["可转债"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in Path(tmp_path).iterdir()] == [path.name]
