"""Dates and periods that a text names, with their first and last day.

Used for the notice above a quotation: a date that lay ahead when the company spoke and has passed
since. Relative words (今年, 下半年, 年底) are read from the day of the event, as the speaker meant
them; a month without a year is one of the event's year.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.numerals import chinese_number

_RELATIVE_YEARS = {"今年": 0, "本年": 0, "本年度": 0, "年内": 0, "明年": 1, "后年": 2}

_PERIOD = re.compile(
    r"""
    (?P<iso>(?<![\d.])\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?![\d%亿万元]))
  |
    (?P<year>(?<!\d)\d{4}\s*(?:年度?|(?=[Qq][1-4])) | 今年 | 本年度? | 明年 | 后年 | 年内)?
    \s*的?\s*
    (?:
        (?P<month>(?<![\d.第])1[0-2]|(?<![\d.第])0?[1-9])\s*(?P<months>月份?)
            (?: \s*(?P<day>[0-3]?\d)\s*[日号] )?
      | (?P<half>[上下])半年
      | 第?\s*(?P<quarter>[一二三四1-4])\s*季度?
      | (?P<q>(?<![A-Za-z])[Qq][1-4](?!\d))
      | (?P<yearend>年?[底末]) (?!\s*[净账])
    )?
    (?P<tail>\s*[底末](?=前|[之以]前|[，。；、]|$)|\s*[上中下]旬)?
    (?P<before>\s*[之以]?前)?
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Period:
    """A date or period as printed, first and last day included."""

    printed: str
    start: date
    end: date


def periods(text: str, event: date) -> Iterator[Period]:
    """Every date or period in the text, in order; relative words counted from `event`."""
    for match in _PERIOD.finditer(text):
        span = _span(match, event)
        if span is not None and not _is_since(text, match.end()):
            yield Period(match.group().strip(), *span)


def passed(text: str, event: date, today: date) -> tuple[str, ...]:
    """The printed dates that lie after the event and have passed, each once, in order."""
    return tuple(
        dict.fromkeys(
            period.printed for period in periods(text, event) if event < period.end < today
        )
    )


def age(since: date, today: date) -> str:
    """`1年6个月`, `3个月`, `12天`: whole units that have passed."""
    months = (today.year - since.year) * 12 + today.month - since.month
    if today.day < since.day:
        months -= 1
    if months < 1:
        return f"{max((today - since).days, 0)}天"
    years, months = divmod(months, 12)
    return (f"{years}年" if years else "") + (f"{months}个月" if months else "")


def _is_since(text: str, end: int) -> bool:
    # 今年以来, 2025 年起: a starting point, not a time that was promised.
    return bool(re.match(r"\s*(?:[以之]来|以后|之后|后|起|开始)", text[end : end + 4]))


def _span(match: re.Match[str], event: date) -> tuple[date, date] | None:
    if match["iso"]:
        return _iso(match["iso"])
    year = _year(match["year"], event)
    if match["month"]:
        return _in_month(match, year or event.year)
    if match["half"]:
        first = 1 if match["half"] == "上" else 7
        return _months(year or event.year, first, first + 5)
    if match["quarter"] or match["q"]:
        number = chinese_number(match["quarter"] or match["q"][1]) or 0
        return _months(year or event.year, number * 3 - 2, number * 3)
    if match["yearend"]:
        if year is None and not match["yearend"].startswith("年"):
            return None  # a bare 底 or 末 is no date
        return _months(year or event.year, 12, 12)
    return _months(year, 1, 12) if year else None


def _iso(printed: str) -> tuple[date, date] | None:
    year, month, *rest = (int(number) for number in re.split(r"[-/.]", printed))
    if not (1990 <= year <= 2100 and 1 <= month <= 12):
        return None
    try:
        return (date(year, month, rest[0]),) * 2 if rest else _months(year, month, month)
    except ValueError:
        return None


def _year(printed: str | None, event: date) -> int | None:
    if printed is None:
        return None
    if printed in _RELATIVE_YEARS:
        return event.year + _RELATIVE_YEARS[printed]
    year = int(re.match(r"\d{4}", printed)[0])  # type: ignore[index]
    return year if 1990 <= year <= 2100 else None


def _in_month(match: re.Match[str], year: int) -> tuple[date, date] | None:
    month = int(match["month"])
    if not match["day"]:
        return _months(year, month, month)
    try:
        day = date(year, month, int(match["day"]))
    except ValueError:
        return None
    return day, day


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])
