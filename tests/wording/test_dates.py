"""Dates in an answer that lay ahead when the company spoke and have passed."""

from __future__ import annotations

from datetime import date

import pytest

from bot.wording.dates import age, passed

EVENT = date(2025, 4, 28)


@pytest.mark.parametrize(
    ("text", "printed", "last_day"),
    [
        ("同意在 2025 年 6 月底前不下修", "2025 年 6 月底前", date(2025, 6, 30)),
        ("预计三季度投产", "三季度", date(2025, 9, 30)),
        ("今年下半年推出", "今年下半年", date(2025, 12, 31)),
        ("争取年底前完成", "年底前", date(2025, 12, 31)),
        ("将于5月20日召开", "5月20日", date(2025, 5, 20)),
        ("2026年量产", "2026年", date(2026, 12, 31)),
        ("明年实现盈利", "明年", date(2026, 12, 31)),
        ("2025Q3交付", "2025Q3", date(2025, 9, 30)),
        ("于2025-06-15到期", "2025-06-15", date(2025, 6, 15)),
    ],
)
def test_a_date_has_passed_on_the_day_after_its_last(text, printed, last_day):
    assert passed(text, EVENT, last_day) == ()
    assert passed(text, EVENT, date.fromordinal(last_day.toordinal() + 1)) == (printed,)


@pytest.mark.parametrize(
    "text",
    ["2024年营收增长", "在2024年12月召开过董事会", "今年以来持续改善", "占比2025.5万元", "3.5月均"],
)
def test_what_lay_before_the_event_is_not_told(text):
    assert passed(text, EVENT, date(2030, 1, 1)) == ()


def test_age_counts_whole_units():
    assert age(EVENT, date(2026, 11, 24)) == "1年6个月"
    assert age(EVENT, date(2025, 5, 27)) == "29天"
    assert age(EVENT, date(2025, 5, 28)) == "1个月"
