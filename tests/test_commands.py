"""The `/ir` grammar."""

from __future__ import annotations

from datetime import date

import pytest

from bot.commands import (
    Ask,
    Pick,
    SetCompany,
    Show,
    ShowHelp,
    ShowLatest,
    ShowRecord,
    ShowWhole,
    Unreadable,
    parse,
)

RECORD = "300253/2025-002"


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("24", Show(24)),
        ("#24", Show(24)),
        ("＃２４", Show(24)),
        ("第24问", Show(24)),
        ("第 24 问", Show(24)),
        ("Q24", Show(24)),
        ("问题24", Show(24)),
        ("第二十四个问题", Show(24)),
        ("第一百零三问", Show(103)),
        ("#24.2", Show(24, 2)),
        ("第24问第2小问", Show(24, 2)),
        (f"{RECORD}#24", Show(24, None, RECORD)),
        (f"{RECORD}#24.2", Show(24, 2, RECORD)),
        (f"全文 {RECORD}#24", Show(24, None, RECORD, whole=True)),
        (RECORD, ShowRecord(RECORD)),
        ("全文", ShowWhole()),
        ("", ShowHelp()),
        ("  HELP ", ShowHelp()),
        ("帮助", ShowHelp()),
        ("latest", ShowLatest()),
        ("最新", ShowLatest()),
        ("最新 300253", ShowLatest("300253")),
        ("300253", ShowLatest("300253")),
        ("b", Pick(1)),
        ("Ｃ", Pick(2)),
        ("company 300253", SetCompany("300253")),
        ("公司300253", SetCompany("300253")),
        ("公司 全部", SetCompany(None)),
        ("公司", Unreadable("how to set company")),
    ],
)
def test_command_words_and_numbers_are_recognised(typed, command):
    assert parse(typed) == (command, None)


@pytest.mark.parametrize(
    "typed",
    [
        "可转债",
        "公司 毛利率是多少",
        "公司今年分红吗",
        "24年营收多少",
        "第三季度收入",
        "一季度利润",
        "2025年业绩",
        "十",
        "全文在哪里看",
        "latest news?",
        "e",
    ][:-1],
)
def test_everything_else_is_a_question(typed):
    assert parse(typed) == (Ask(typed), None)


@pytest.mark.parametrize("limit", ["2025-06-30", "2025/6/30", "20250630", "2025年6月30日"])
def test_a_date_limit_is_taken_off_the_question(limit):
    assert parse(f"可转债 @{limit}") == (Ask("可转债"), date(2025, 6, 30))


def test_a_date_that_does_not_exist_is_told():
    assert parse("可转债 @2025-02-30") == (Unreadable("bad date", "2025-02-30"), None)
