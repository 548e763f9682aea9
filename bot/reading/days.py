"""The row 时间: days, ranges, months and times of day."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, time

from bot.record import EventDate

_DASH = "-–—―~～至到"
# 6、7日, 6-8日: a day whose 日 stands behind a later one.
_SHARED = rf"(?=(?:\s*[{_DASH}、，,及和与]\s*\d{{1,2}})+\s*[日号])"
_DAY = re.compile(
    r"(?:(?P<y>\d{4})\s*[年\-/.]\s*(?P<m>\d{1,2})\s*[月\-/.]\s*(?P<d>\d{1,2})\s*"
    rf"(?:[日号]|{_SHARED}|(?![\d年月\-/.])|(?=[{_DASH}]\s*\d{{1,4}}\s*[年月/.\-]\s*\d))"
    r"|(?<!\d)(?P<m2>\d{1,2})\s*月\s*(?P<d2>\d{1,2})\s*"
    rf"(?:[日号]|{_SHARED}|(?=\s*[-–—~～至]))"
    rf"|(?:(?<![\d:：.第年月/\-])|(?<=[日号]/))(?P<d3>\d{{1,2}})\s*(?:[日号]|{_SHARED}))"
)
# 3月18日、20日（2026年）
_YEAR_BEHIND = re.compile(
    r"[（(]\s*(?P<y>\d{4})\s*年度?\s*[）)]\s*$|(?<=[日号])\s*[（(]\s*(?P<y2>\d{4})\s*年\s*[）)]"
)
_SHORT_DAY = re.compile(r"(?P<m>\d{1,2})[./](?P<d>\d{1,2})(?![\d:：])")
_TO = re.compile(rf"\s*(?:[（(][^）)]*[）)])?\s*[{_DASH}]+\s*")
_LAST_DAY = re.compile(r"(?P<d>\d{1,2})\s*[日号]")
_MONTH = re.compile(
    r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*"
    rf"(?:月份?(?!\s*\d{{1,2}}\s*[日号])|(?=(?:\s*[{_DASH}、，,及和]\s*\d{{1,2}})+\s*月))"
)
_NEXT_MONTH = re.compile(
    rf"\s*(?P<by>[{_DASH}、，,及和])\s*(?:(?P<y>\d{{4}})\s*年\s*)?(?P<m>\d{{1,2}})\s*"
    r"(?:月份?(?!\s*\d{1,2}\s*[日号])|(?=(?:\s*[、，,及和]\s*\d{1,2})+\s*月))"
)
_CLOCK = re.compile(
    r"(?P<half>上午|下午|晚上|晚)?\s*(?P<h>[01]?\d|2[0-3])\s*[:：时点]\s*(?P<min>[0-5]\d)?"
)
_TIME_WORDS = re.compile(
    "上午|下午|晚上|中午|早上|凌晨|星期[一二三四五六日天]|周[一二三四五六日天]|北京时间|时间|日期|期间"
    "|第[一二三四五六七八九十]+[场次]|全天|每天|左右|开始|结束|分别|为|原文|[年月日号时点分份至到及和与起止晚早]"
)


def event_dates(text: str, year: int | None = None) -> tuple[EventDate, ...]:
    """Every day or range of days of the row 时间; months where no day is printed.

    Args:
        text: The row's words.
        year: That of days printed without one, where none stands before them.
    """
    found: list[EventDate] = []
    at, month = 0, ""
    if named := _YEAR_BEHIND.search(text):
        year = int(named["y"] or named["y2"])
    while match := _DAY.search(text, at):
        year = int(match["y"]) if match["y"] else year
        month = match["m"] or match["m2"] or month
        start = _date(year, month, match["d"] or match["d2"] or match["d3"])
        at = match.end()
        if start is None:
            continue
        end, at = _last_day(text, match, start)
        if end >= start:
            found.append(EventDate(start, end, "day", text[match.start() : at].strip()))
            month = str(end.month)
    if not found and re.search(r"\d\s*[日号]", text):
        return ()  # days that nothing here can read: a month would be a guess
    return tuple(dict.fromkeys(found)) or _months(text)


def _last_day(text: str, match: re.Match[str], start: date) -> tuple[date, int]:
    """The last day of a range that begins with the match, and where its words end."""
    to = _TO.match(text, match.end())
    if to is None:
        return start, match.end()
    year, month = start.year, str(start.month)
    if last := _LAST_DAY.match(text, to.end()):
        return _date(year, month, last["d"]) or start, last.end()
    if last := _DAY.match(text, to.end()):
        last_year = int(last["y"]) if last["y"] else year
        day = last["d"] or last["d2"] or last["d3"]
        end = _date(last_year, last["m"] or last["m2"] or month, day) or start
        return end, last.end() if end != start else match.end()
    if match["y"] and "月" not in match[0] and (last := _SHORT_DAY.match(text, to.end())):
        end = _date(year, last["m"], last["d"]) or start
        return end, last.end() if end != start else match.end()
    return start, match.end()


def _months(text: str) -> tuple[EventDate, ...]:
    found: list[EventDate] = []
    at = 0
    while match := _MONTH.search(text, at):
        year, at = int(match["y"]), match.end()
        months = [(date_, date_) for date_ in _first_of(year, match["m"])]
        while months and (more := _NEXT_MONTH.match(text, at)):
            year, at = int(more["y"] or year), more.end()
            for first in _first_of(year, more["m"]):
                if more["by"] in _DASH and first >= months[-1][0]:
                    months[-1] = (months[-1][0], first)
                else:
                    months.append((first, first))
        printed = text[match.start() : at].strip()
        found += [
            EventDate(
                first, last.replace(day=monthrange(last.year, last.month)[1]), "month", printed
            )
            for first, last in months
        ]
    return tuple(dict.fromkeys(found))


def _first_of(year: int, month: str) -> list[date]:
    return [date(year, int(month), 1)] if 1 <= int(month) <= 12 else []


def _date(year: int | None, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day)) if year else None
    except ValueError:
        return None


def clock_times(text: str) -> tuple[time | None, time | None]:
    """First and last time of day printed."""
    times = []
    text = unicodedata.normalize("NFKC", text)
    afternoon = False
    for match in _CLOCK.finditer(text):
        afternoon = match["half"] in ("下午", "晚上", "晚") or (afternoon and not match["half"])
        hour = int(match["h"]) + (12 if afternoon and int(match["h"]) < 12 else 0)
        times.append(time(hour, int(match["min"] or 0)))
    return (
        (times[0], times[-1]) if len(times) > 1 else ((times[0], None) if times else (None, None))
    )


def says_more(text: str) -> bool:
    """Whether the row holds words beside its dates and times, such as names of events."""
    return len(re.findall(r"[\u4e00-\u9fffA-Za-z]", _TIME_WORDS.sub("", text))) >= 2


def form_dates(text: str) -> tuple[str, ...]:
    """The row 日期, ISO."""
    return tuple(dates.end_iso for dates in event_dates(text))
