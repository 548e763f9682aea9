"""`irbot due`: answers whose dates are near or past, on the sample's own words."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def due(irbot, imported, tmp_path):
    imported.copy(tmp_path / "data/irbot.db")
    return lambda day, *more: irbot("due", *more, IR_NOW=day)


@pytest.mark.parametrize(
    ("day", "within", "numbers"),
    [
        ("2025-05-01", "30", []),
        ("2025-05-31", "30", [24, 31]),
        ("2025-07-01", "0", [24, 31]),
        ("2025-12-01", "30", [24, 31, 7, 20, 30]),
    ],
)
def test_what_is_near_or_past_is_listed_the_oldest_date_first(due, day, within, numbers):
    found = json.loads(due(day, "--within", within, "--json").stdout)
    assert [item["id"] for item in found] == [f"300253/2025-002#{number}" for number in numbers]
    assert [item["passed"] for item in found] == [item["date"] < day for item in found]


def test_a_person_reads_the_words_and_the_day_they_mean(due):
    lines = due("2025-12-01").stdout.splitlines()
    assert lines[0].startswith(
        "2025-06-30 已过  300253/2025-002#24  “2025 年 6 月底前”→2025-06-30  "
    )
    assert lines[2].startswith("2025-12-31 将到  300253/2025-002#7  “2025 年”→2025-12-31  ")
    none = due("2025-05-01", "--within", "7")
    assert (none.returncode, none.stdout) == (0, "")
    assert "没有已过或7天内到期的答复" in none.stderr


def test_a_withdrawn_answer_is_not_due(due, irbot):
    irbot("withdraw", "300253/2025-002#31", "--reason", "已更正")
    found = json.loads(due("2025-07-01", "--json").stdout)
    assert [item["id"] for item in found] == ["300253/2025-002#24"]
