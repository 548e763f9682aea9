"""`irbot later`: what was announced since stands under an answer, bound to the question's words."""

from __future__ import annotations

import json
import os
import shlex
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.message import Message
from bot.record import Announcement
from bot.store import Store
from handlers.cli.main import cli

MADE_UP = Path(__file__).parents[2] / "records/made_up"
FIRST = (MADE_UP / "layout_b_numbered_with_da.txt").read_text(encoding="utf-8")
ID = "399102/2025-2"
LINE = "此后公告：关于*分红*的“公告”（2025-059，2025-05-20）https://example.com/a_b?x=1&y=2"
NOTE = [
    *("later", f"{ID}#4", "--no", "2025-059", "--title", "关于*分红*的“公告”"),
    *("--date", "2025-05-20", "--url", "https://example.com/a_b?x=1&y=2"),
]


@pytest.fixture
def irbot(tmp_path, monkeypatch):
    """Run `irbot …` in a folder with one record stored."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)

    def run(*arguments):
        return CliRunner().invoke(cli, list(arguments))

    Path("first.txt").write_text(FIRST, encoding="utf-8")
    assert run("import", "first.txt").exit_code == 0
    return run


def test_what_was_announced_stands_below_the_notice_and_can_be_undone(irbot):
    before = irbot("ask", "#4").stdout
    noted = irbot(*NOTE)
    assert noted.exit_code == 0
    lines = irbot("ask", "#4").stdout.splitlines()
    assert lines[1].startswith("注意：")
    assert lines[2] == LINE
    assert LINE not in irbot("ask", "#3").stdout
    assert LINE in json.loads(irbot("ask", "--json", "#4").stdout)["text"]
    assert LINE not in irbot("ask", "#4 @2025-05-19").stdout  # as things were before it
    (listed,) = json.loads(irbot("later", "--json").stdout)
    assert (listed["id"], listed["no"], listed["date"]) == (f"{ID}#4", "2025-059", "2025-05-20")

    undone = irbot(*shlex.split(noted.stderr.partition("撤销：irbot ")[2]))
    assert undone.exit_code == 0, undone.stderr
    assert irbot("ask", "#4").stdout == before
    again = irbot(*shlex.split(undone.stderr.partition("恢复：irbot ")[2]))
    assert again.exit_code == 0, again.stderr
    assert LINE in irbot("ask", "#4").stdout
    changes = list(Store(Path("data/irbot.db")).changes(f"{ID}#4"))
    assert [change.what for change in changes] == ["later", "later undone", "later"]
    assert all(change.who for change in changes)
    assert changes[0].detail["title"] == "关于*分红*的“公告”"


def test_it_stays_with_its_question_under_another_number(irbot):
    irbot(*NOTE)
    renumbered = FIRST
    for number in range(9, 0, -1):
        renumbered = renumbered.replace(f"\n{number}.", f"\n{number + 1}.")
    renumbered = renumbered.replace("\n2.", "\n1.公司有几处厂房？\n答:两处。\n2.", 1)
    Path("renumbered.txt").write_text(renumbered, encoding="utf-8")
    assert irbot("import", "--replace", "renumbered.txt").exit_code == 0
    assert LINE in irbot("ask", "#5").stdout
    assert LINE not in irbot("ask", "#4").stdout
    assert irbot("later", f"{ID}#5", "--no", "2025-059", "--undo").exit_code == 0
    assert irbot("later").stdout == ""


def test_a_process_that_runs_shows_it_with_its_next_answer(store, responder):
    announced = Announcement("2025-059", "公告", date(2025, 7, 1), "http://example.com/")
    Store(store.path).add_announcement("300253/2025-002#24.2", announced, "王芳")
    shown = responder.show(responder.reply(Message("#24.2")))
    assert [line.text for line in shown.quotations[0].later] == [
        "此后公告：公告（2025-059，2025-07-01）http://example.com/"
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--date": None}, "缺少 --date"),
        ({"--no": None, "--title": None}, "缺少 --no、--title"),
        ({"--date": "2025-5-20号"}, "不是日期"),
        ({"--date": "2025-05-05"}, "早于 399102/2025-2 的活动日期 2025-05-06"),
        ({"--url": "ftp://example.com/1.pdf"}, "http:// 或 https://"),
        ({"--url": "www.example.com/1.pdf"}, "http:// 或 https://"),
        ({"--url": "javascript:alert(1)//http://a.cn"}, "http:// 或 https://"),
        ({"--url": "https://"}, "http:// 或 https://"),
        ({"--url": "https://example.com/a b"}, "http:// 或 https://"),
        ({"--url": "http://[1"}, "http:// 或 https://"),
        ({"--title": " "}, "标题是空的"),
        ({"--title": "一\n二"}, "换行"),
        ({"--title": "长" * 201}, "最多200字"),
        ({"later": f"{ID}#9"}, f"库中没有 {ID}#9"),
        ({"later": f"{ID}#4.2"}, f"库中没有 {ID}#4.2"),
        ({"later": "399102/2024-1#1"}, "库中没有 399102/2024-1"),
        ({"later": ID}, f"请写明是哪一问，例如：{ID}#1"),
    ],
)
def test_what_cannot_be_right_is_refused_with_a_clear_line(irbot, changed, said):
    given = dict(zip(NOTE[::2], NOTE[1::2], strict=True)) | changed
    arguments = [piece for pair in given.items() if pair[1] is not None for piece in pair]
    done = irbot(*arguments)
    assert done.exit_code in (1, 2)
    assert said in done.stderr, done.stderr
    assert irbot("later").stdout == ""


def test_the_same_announcement_is_not_noted_twice(irbot):
    irbot(*NOTE)
    done = irbot(*NOTE)
    assert done.exit_code == 1
    assert f"先撤销：irbot later {ID}#4 --no 2025-059 --undo" in done.stderr
    assert len(irbot("later").stdout.splitlines()) == 1
    assert irbot("later", f"{ID}#4", "--no", "2025-058", "--undo").exit_code == 1
