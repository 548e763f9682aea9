"""How long ago something was said."""

from __future__ import annotations

from datetime import date

from bot.wording.dates import age

EVENT = date(2025, 4, 28)


def test_age_counts_whole_units():
    assert age(EVENT, date(2026, 11, 24)) == (("year", 1), ("month", 6))
    assert age(EVENT, date(2025, 5, 27)) == (("day", 29),)
    assert age(EVENT, date(2025, 5, 28)) == (("month", 1),)
