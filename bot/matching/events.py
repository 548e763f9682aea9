"""Which event a message speaks of: `9月11日那次交流`, `编号2025-002`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from bot.record import EventDate

_MEETING = re.compile(
    "交流|调研|说明会|策略会|业绩会|电话会|路演|座谈|接待|活动|那次|那场|纪要|记录表|股东大会"
    "|meeting|briefing|conference|roadshow|earnings call"
)
_DATE = re.compile(
    r"(?:(?P<year>20\d\d)\s*[-/.年]\s*)?(?<!\d)(?P<month>1[0-2]|0?[1-9])\s*[-/.月]\s*"
    r"(?P<day>3[01]|[12]\d|0?[1-9])(?!\d|[-/.年月%])[日号]?"
)
_MONTH = re.compile(
    r"(?P<year>20\d\d)\s*[-/.年]\s*(?P<month>1[0-2]|0?[1-9])\s*月?份?(?!\s*\d|[-/.])"
)
_LONGEST = 62  # days of an event; a longer one is a mistake of the document
_NUMBER = 6  # characters that a record number has at least, to be told from a figure


class Events:
    """The filed records, by the numbers and the days that people name them by."""

    def __init__(self, records: Iterable[tuple[str, str | None, Sequence[EventDate]]]) -> None:
        """records: id, printed number and event dates of each; written answers are no event."""
        self._by_number: dict[str, set[str]] = {}
        self._on: dict[tuple[int, int], list[tuple[int, str]]] = {}  # month, day → year, id
        self._in: dict[tuple[int, int], set[str]] = {}  # year, month → ids
        for record_id, number, dates in records:
            if number and len(number) >= _NUMBER:
                self._by_number.setdefault(number, set()).add(record_id)
            for day in _days(dates):
                self._on.setdefault((day.month, day.day), []).append((day.year, record_id))
                self._in.setdefault((day.year, day.month), set()).add(record_id)
        self._lengths = sorted({len(number) for number in self._by_number})

    def named(self, text: str) -> frozenset[str]:
        """Ids of the records that a normalised message names by number or by event.

        A day counts only beside a word for a meeting: `4月28日公告的回购` names no event.
        """
        by_number = frozenset(
            record_id for number in self._numbers(text) for record_id in self._by_number[number]
        )
        if by_number or not _MEETING.search(text):
            return by_number
        days = [
            (match["year"], int(match["month"]), int(match["day"]))
            for match in _DATE.finditer(text)
        ]
        if days:
            return frozenset(
                record_id
                for year, month, day in days
                for own, record_id in self._on.get((month, day), ())
                if year in (None, str(own))
            )
        months = {(int(match["year"]), int(match["month"])) for match in _MONTH.finditer(text)}
        return frozenset(record_id for month in months for record_id in self._in.get(month, ()))

    def _numbers(self, text: str) -> Iterator[str]:
        """The known numbers that stand in a text, not inside a longer number."""
        for at in range(len(text) - _NUMBER + 1):
            if at and _inside(text[at - 1]):
                continue
            for length in self._lengths:
                number = text[at : at + length]
                if number in self._by_number and not _inside(text[at + length : at + length + 1]):
                    yield number


def _inside(character: str) -> bool:
    """Whether a number goes on with a character."""
    return character == "-" or character.isdecimal()


def _days(event_dates: Iterable[EventDate]) -> Iterator[date]:
    for dates in event_dates:
        for after in range(min((dates.end - dates.start).days, _LONGEST) + 1):
            yield dates.start + timedelta(days=after)
