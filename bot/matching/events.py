"""Which event a message speaks of: `9月11日那次交流`, `编号2025-002`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from bot.record import Record

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


def records_named(text: str, records: Iterable[Record]) -> frozenset[str]:
    """Ids of the stored records that a normalised message names by number or by event.

    A day counts only beside a word for a meeting: `4月28日公告的回购` names no event.
    """
    stored = tuple(record for record in records if not record.is_written)  # they are no event
    by_number = frozenset(
        record.id
        for record in stored
        if record.record_no
        and len(record.record_no) >= _NUMBER
        and re.search(rf"(?<![\d-]){re.escape(record.record_no)}(?![\d-])", text)
    )
    if by_number or not _MEETING.search(text):
        return by_number
    days = [
        (match["year"], int(match["month"]), int(match["day"])) for match in _DATE.finditer(text)
    ]
    if days:
        return frozenset(
            record.id for record in stored if any(_is_on(record, *day) for day in days)
        )
    months = {(int(match["year"]), int(match["month"])) for match in _MONTH.finditer(text)}
    return frozenset(
        record.id for record in stored if months & {(day.year, day.month) for day in _days(record)}
    )


def _is_on(record: Record, year: str | None, month: int, day: int) -> bool:
    return any(
        (own.month, own.day) == (month, day) and year in (None, str(own.year))
        for own in _days(record)
    )


def _days(record: Record) -> Iterator[date]:
    for dates in record.event_dates:
        for after in range(min((dates.end - dates.start).days, _LONGEST) + 1):
            yield dates.start + timedelta(days=after)
