"""`irbot timeline`: what the company said of a matter at other events, side by side."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from handlers.cli.main import cli

MADE_UP = Path(__file__).parents[2] / "records/made_up"
OLD = (MADE_UP / "layout_b_numbered_with_da.txt").read_text(encoding="utf-8")
NEW = (
    OLD.replace("编号：2025-2", "编号：2026-1")
    .replace("时间 2025年5月6日", "时间 2026年5月8日")
    .replace("2024 年度拟每 10 股派发现金红利 3.20 元", "2025 年度拟每 10 股派发现金红利 3.50 元")
    .replace("请领导谈谈分红计划，谢谢。", "今年分红有什么考虑？")
)


@pytest.fixture
def irbot(tmp_path, monkeypatch):
    """Run `irbot …` in a folder with two records of one company stored."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)

    def run(*arguments):
        return CliRunner().invoke(cli, list(arguments))

    for name, text in (("old.txt", OLD), ("new.txt", NEW)):
        Path(name).write_text(text, encoding="utf-8")
    assert run("import", "old.txt", "new.txt").exit_code == 0
    return run


def test_the_earlier_answer_stands_with_what_it_says_otherwise(irbot):
    (told,) = json.loads(irbot("timeline", "399102/2026-1#4", "--json").stdout)
    (before,) = told["earlier"]
    assert told["later"] == []
    assert (before["id"], before["event_date"]) == ("399102/2025-2#4", "2025-05-06")
    assert {
        "metric": "派发现金红利",
        "before": {"period": "2024 年度", "printed": "3.20 元"},
        "after": {"period": "2025 年度", "printed": "3.50 元"},
    } in before["differences"]
    lines = irbot("timeline", "399102/2026-1#4").stdout.splitlines()
    assert lines[1].startswith("  此前 2025-05-06  399102/2025-2#4  ")
    assert "      派发现金红利：2024 年度 3.20 元 → 2025 年度 3.50 元" in lines


def test_a_record_is_told_question_by_question(irbot):
    told = json.loads(irbot("timeline", "399102/2025-2", "--json").stdout)
    assert [item["id"] for item in told] == [f"399102/2025-2#{number}" for number in range(1, 6)]
    assert [hit["id"] for hit in told[3]["later"]] == ["399102/2026-1#4"]


def test_a_reply_links_the_other_answers_with_their_dates(irbot):
    assert "此前：2025-05-06 第4问 请领导谈谈分红计划" in irbot("ask", "399102/2026-1#4").stdout
    assert "此后：2026-05-08 第4问" in irbot("ask", "399102/2025-2#4").stdout
    assert "此后：" not in irbot("ask", "399102/2025-2#4 @2025-12-31").stdout


def test_what_may_not_be_shown_is_in_no_timeline(irbot):
    irbot("withdraw", "399102/2025-2#4", "--reason", "误")
    (told,) = json.loads(irbot("timeline", "399102/2026-1#4", "--json").stdout)
    assert told["earlier"] == []
    assert irbot("timeline", "399102/2025-2#4").exit_code == 1
    assert "库中没有 399102/2025-2#4" in irbot("timeline", "399102/2025-2#4").stderr
