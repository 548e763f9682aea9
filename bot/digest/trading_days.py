"""A-share trading days: weekdays that are no public holiday in mainland China.

The holidays come from `chinesecalendar`, which gets each year's list when the State Council has
published it, so its end is never far. Where the exchanges close on another day, it stands below.
The desk can add days in `holidays.txt` beside the database, and name those on which trading is on
after all (开市). In a year that neither knows, weekdays count. A weekend worked in lieu is no
trading day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from chinese_calendar.constants import holidays

FILE = "holidays.txt"

# Closed although people worked: 除夕 of 2024, in both exchanges' closing days of that year.
_CLOSED = frozenset({date(2024, 2, 9)})
_SATURDAY = 5
_LONGEST = 31  # days of one holiday; a longer range is a slip of the pen

_DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_LINE = re.compile(rf"{_DAY}(?:\s*(?:至|到|~|～|-|–|—|to)\s*{_DAY})?(?:\s+[^\W\d至到][^\d]*)?")
_OPEN = re.compile(r"(?<!不)开[市盘]|(?<!not )open")


@dataclass(frozen=True)
class TradingDays:
    """Which days trading is on."""

    added: frozenset[date] = frozenset()  # the desk's holidays
    opened: frozenset[date] = frozenset()  # on which trading is on although a list says otherwise
    unreadable: tuple[int, ...] = ()  # lines of its file, from 1

    def includes(self, day: date) -> bool:
        """Whether trading is on, as far as the lists go."""
        if day.weekday() >= _SATURDAY or day in self.opened:
            return day in self.opened
        return day not in holidays and day not in _CLOSED and day not in self.added

    @property
    def end(self) -> date:
        """The last day up to which every year is listed."""
        years = {day.year for day in (*holidays, *self.added)}
        year = min(years)
        while year + 1 in years:
            year += 1
        return date(year, 12, 31)


def load_trading_days(path: Path) -> TradingDays:
    """The days with the desk's additions; a file that is not there adds none.

    Lines are `2027-01-01 元旦` or `2027-02-05 至 2027-02-11 春节`, or `2027-02-04 开市` for a day
    on which trading is on; `#` starts a comment.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        return TradingDays()
    added: set[date] = set()
    opened: set[date] = set()
    unreadable = []
    for number, line in enumerate(text.splitlines(), 1):
        printed = line.partition("#")[0].strip()
        if printed:
            days = frozenset(_days(printed))
            (opened if _OPEN.search(printed) else added).update(days)
            if not days:
                unreadable.append(number)
    return TradingDays(frozenset(added), frozenset(opened), tuple(unreadable))


def _days(printed: str) -> Iterator[date]:
    """The days of a line; none where it cannot be read."""
    found = _LINE.fullmatch(printed)
    if not found:
        return
    numbers = [int(group) for group in found.groups() if group]
    try:
        first, last = date(*numbers[:3]), date(*numbers[-3:])
    except ValueError:
        return
    if (last - first).days < _LONGEST:
        yield from (first + timedelta(days) for days in range((last - first).days + 1))
