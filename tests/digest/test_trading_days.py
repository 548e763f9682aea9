"""A-share trading days, and the desk's own file of holidays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.digest.trading_days import TradingDays, load_trading_days


@pytest.mark.parametrize(
    ("day", "on"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),  # the week of National Day
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), False),  # a Saturday worked in lieu: people work, exchanges do not
        (date(2026, 2, 17), False),  # Spring Festival
        (date(2024, 2, 9), False),  # the eve, on which people worked
    ],
)
def test_weekdays_that_are_no_holiday(day, on):
    assert TradingDays().includes(day) is on


def test_beyond_the_end_of_the_lists_weekdays_count():
    trading = TradingDays()
    year = trading.end.year + 1
    days = [date(year, 10, 1) + timedelta(days) for days in range(7)]  # National Day
    assert sum(map(trading.includes, days)) == 5


def test_the_desk_adds_a_year_by_a_file(tmp_path):
    file = tmp_path / "holidays.txt"
    file.write_text(
        "\ufeff# 国务院办公厅通知\n2027-01-01 元旦\n2027年2月5日至2027年2月11日 春节\n\n"
        "2027/4/5 ~ 2027/4/5 清明\n",
        encoding="utf-8",
    )
    trading = load_trading_days(file)
    assert trading.unreadable == ()
    assert trading.end == date(2027, 12, 31)
    for day in (date(2027, 1, 1), date(2027, 2, 5), date(2027, 2, 11), date(2027, 4, 5)):
        assert not trading.includes(day)
    assert trading.includes(date(2027, 2, 12))


def test_the_file_names_days_on_which_trading_is_on_after_all(tmp_path):
    file = tmp_path / "holidays.txt"
    file.write_text("2026-02-17 开市\n2026-11-27 不开市\n", encoding="utf-8")
    trading = load_trading_days(file)
    assert trading.unreadable == ()
    assert trading.includes(date(2026, 2, 17))
    assert not trading.includes(date(2026, 11, 27))


@pytest.mark.parametrize(
    "line", ["元旦", "2027-02-05 至 11", "2027-13-01", "2027-01-01 至 2027-12-31"]
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, line):
    file = tmp_path / "holidays.txt"
    file.write_text(f"2027-01-01\n{line}\n", encoding="utf-8")
    trading = load_trading_days(file)
    assert trading.unreadable == (2,)
    assert trading.added == {date(2027, 1, 1)}


def test_no_file_is_no_fault(tmp_path):
    assert load_trading_days(tmp_path / "holidays.txt") == TradingDays()
