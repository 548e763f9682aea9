"""`irbot export`: records and decisions to the letter, and nobody's secret."""

from __future__ import annotations

import csv
import json
import subprocess
import time
from datetime import date

import pytest
from click.testing import CliRunner

from bot.message import Chat
from bot.record import Announcement, Question, Reading
from bot.store import Store
from bot.store.evidence import Quoted
from bot.store.feedback import Feedback
from handlers.cli.main import cli
from tests.conftest import IRBOT, NOW, environment
from tests.handlers.web.site import record

HOSTILE = ["=1+1", "+86", "-5%", "@SUM(A1)", "＝1", "'引号", "\t表", '"=1"', "甲;=1\n=2", "平常"]
ASKER = Chat("slack", "T", "C1", "U0ASKER")


@pytest.fixture
def store(tmp_path, store):
    questions = [
        Question(at, word, f"{word}。\n=答", session=word) for at, word in enumerate(HOSTILE, 1)
    ]
    store.add(
        [Reading(record("2025-001", *questions, attendees="=cmd|' /C calc'!A0"))], b"=", "=x.pdf"
    )
    store.withdraw("600000/2025-001#3", "-理由")
    announced = Announcement("2025-059", "=公告", date(2026, 1, 5), "https://example.com/a")
    store.add_announcement("600000/2025-001#10", announced, "王芳")
    store.add_miss(ASKER, "问不到的话", "decline", NOW)
    store.propose_alias("王芳", "600000/2025-001#10", "平常", "平时的话", 1, NOW)
    store.propose_alias("", "600000/2025-001#10", "平常", "大家选的话", 1, NOW)
    shown = Quoted("answer", "600000/2025-001#10", 1)
    store.add_evidence(ASKER, [shown], "平常。", "matcher", NOW)
    Feedback(store.path, time.time).keep(
        ASKER, "600000/2025-001#1", "问过的话", helpful=False, reasons=["答非所问"], words="留的言"
    )
    store.database.close()
    return Store(store.path)


@pytest.fixture
def irbot(tmp_path, monkeypatch):
    """The command line, in this process: a new one takes longer than most exports."""
    monkeypatch.chdir(tmp_path)
    env = {"IR_DB": "irbot.db", "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    return lambda *arguments: CliRunner(env=env).invoke(cli, [*map(str, arguments)])


def export(irbot, tmp_path, *more):
    done = irbot("export", "out", *more)
    assert done.exit_code == 0, done.stderr
    return tmp_path / "out"


def objects(path):
    return json.loads(path.read_text(encoding="utf-8"))


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_json_holds_what_show_prints(irbot, store, tmp_path):
    out = export(irbot, tmp_path)
    for item in objects(out / "records.json"):
        assert item == json.loads(irbot("show", item["id"], "--json").stdout)
    questions = {item["id"]: item for item in objects(out / "questions.json")}
    assert len(questions) == 31 + len(HOSTILE)
    for full_id in ("300253/2025-002#24", "600000/2025-001#3", "600000/2025-001#10"):
        shown = irbot("show", full_id, "--json").stdout
        assert questions[full_id] == json.loads(shown)
    assert questions["600000/2025-001#3"]["state"] == "withdrawn"


def test_decisions_and_proofs_are_in_it(irbot, store, tmp_path):
    out = export(irbot, tmp_path)
    (announced,) = objects(out / "announcements.json")
    assert (announced["no"], announced["title"]) == ("2025-059", "=公告")
    assert [(item["target"], item["reason"]) for item in objects(out / "hidings.json")] == [
        ("600000/2025-001#3", "-理由")
    ]
    assert {item["what"] for item in objects(out / "journal.json")} >= {"withdraw", "alias live"}
    (alias, proposed) = objects(out / "aliases.json")
    assert (alias["text"], alias["approved_by"]) == ("平时的话", ["王芳"])
    assert (proposed["text"], proposed["state"]) == (None, "proposed")
    (evidence,) = objects(out / "evidence.json")
    assert (evidence["target"], evidence["version"]) == ("600000/2025-001#10", 1)


def test_no_cell_is_a_formula_and_every_word_comes_back(irbot, store, tmp_path):
    out = export(irbot, tmp_path, "--with-texts")
    for path in out.glob("*.csv"):
        raw = path.read_bytes()
        assert raw.startswith(b'\xef\xbb\xbf"')  # also a table without rows has its columns
        for row in rows(path):
            assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@＝＋－＠\t\r"))]
    words = {item["id"]: item for item in objects(out / "questions.json")}
    read = rows(out / "questions.csv")
    assert len(read) == len(words) == 31 + len(HOSTILE)
    for row in read:
        for name in ("question", "answer"):
            cell = row[name]
            official = cell[1:] if cell.startswith("'") else cell
            assert official == words[row["id"]][name]


def test_what_askers_typed_is_in_it_only_when_told_and_nobody_is_named(irbot, store, tmp_path):
    out = export(irbot, tmp_path, "--with-texts")
    (miss,) = rows(out / "misses.csv")
    (opinion,) = objects(out / "feedback.json")
    assert (miss["text"], opinion["words"], opinion["reasons"]) == (
        "问不到的话",
        "留的言",
        ["答非所问"],
    )
    assert all(path.stat().st_mode & 0o77 == 0 for path in (out, *out.iterdir()))
    export(irbot, tmp_path)  # again, without them
    everything = b"".join(path.read_bytes() for path in out.iterdir())
    for text in ("问不到的话", "问过的话", "留的言", "大家选的话", "U0ASKER", "xoxb-1", "xapp-1"):
        assert text.encode() not in everything


def test_nothing_else_in_a_folder_is_touched(irbot, store, tmp_path):
    out = export(irbot, tmp_path)
    (out / "mine.txt").write_text("mine")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "lies").mkdir()
    (tmp_path / "lies/export.json").write_text('{"irbot": "export", "files": ["../irbot.db"]}')
    for folder, why in (
        ("out", "mine.txt"),
        (".", "irbot.db"),
        ("irbot.db", "不是文件夹"),
        ("/proc/none", "无法写入"),
    ):
        done = irbot("export", folder)
        assert (done.exit_code, done.stderr.count("\n"), why in done.stderr) == (1, 1, True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert irbot("export", "lies").exit_code == 0
    assert (tmp_path / "irbot.db").exists()


def test_an_export_that_was_killed_says_so_and_is_made_anew(irbot, store, tmp_path):
    env = environment({"IR_DB": "irbot.db"})
    process = subprocess.Popen([IRBOT, "export", "out"], cwd=tmp_path, env=env)
    manifest = tmp_path / "out/export.json"
    while not manifest.exists():
        time.sleep(0.001)
    process.kill()
    process.wait()
    (tmp_path / "out/questions.csv.partial").touch()
    out = export(irbot, tmp_path)
    assert objects(manifest)["complete"]
    assert not list(out.glob("*.partial"))
