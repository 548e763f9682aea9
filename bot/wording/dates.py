"""Dates and periods that a text names, with their first and last day.

Relative words (今年, 下半年, 年底, 未来三年) are read from the day of the event, as the speaker
meant them. A part of a year without its year is of the year that the sentence named before it, else
of the event's. Where a period is loose, its last day is the last that can be meant: 年初 ends with
March, and so does 春节后.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple

from bot.numerals import chinese_number

_RELATIVE_YEARS = {"前": -2, "去": -1, "上": -1, "今": 0, "本": 0, "明": 1, "后": 2}
_FIVE_YEARS = {"三": 2020, "四": 2025, "五": 2030, "六": 2035}  # their last: 十四五 ends with 2025
_FEASTS = {"元旦": 1, "春节": 2, "五一": 5, "国庆": 10}  # last month that a feast can lie in
_MONTHS_AHEAD = {"年": 12, "季度": 3, "月": 1}
_DAYS_AHEAD = {"周": 7, "天": 1, "日": 1}

_COUNT = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"
_JOIN = r"\s*[-–—~～至到和及、/]\s*"
_QUARTER = "[一二三四1-4]"
_NAMED_YEAR = r"""
    (?<!\d)20\d\d(?:\s*财?年度?|\s*(?=[QqHh][1-4](?!\d)|[上下]半年|第?[一二三四1-4]季|前三季))
  | [Ff][Yy]\s?20\d\d
  | [去上今本]年度?内? | (?<![目以之三])前年 | (?<![说声证表])明年度? | (?<![以今之前此])后年
  | (?<![\d一二两三四五六七八九十半几多])年内
"""
# Of two digits only where a part of it follows: 25年 may be as many years.
_SHORT_YEAR = r"(?<![\d.])[12]\d(?:年度?(?![来间内里历经期以龄后前的])|(?=[QqHh][1-4](?!\d)))"
_YEAR = f"(?P<year>{_NAMED_YEAR})"
_YEAR_OF_PART = rf"(?:(?P<year>{_NAMED_YEAR} | {_SHORT_YEAR})\s*的?\s*)?"
_PART = rf"""
    (?P<month>(?<![\d.第])(?:1[0-2]|0?[1-9])
        | (?<![一二三四五六七八九十个第])(?:十[一二]?|[一二三四五六七八九])
          (?=月(?:份|[底末初]|[上中下]旬)))
        (?:\s*月?份?{_JOIN}(?P<tomonth>1[0-2]|0?[1-9])(?=\s*月))?
        \s*月份?(?![龄薪租均饼])
        (?:\s*(?P<day>[0-3]?\d)\s*[日号])?
  | (?P<half>[上下])半年度?
  | (?P<nine>前三(?:个)?季度)
  | (?<![单逐每某这那各个首])第?\s*(?:{_QUARTER}(?:季度?)?{_JOIN}|[一三](?=[二四]季))?
    第?\s*(?P<quarter>{_QUARTER})\s*季度?(?![节风])
  | (?P<q>(?<![A-Za-z])[QqHh][1-4]|(?<![A-Za-z\d])[1-4][QqHh])(?![\dA-Za-z])
  | (?P<whole>全年)度?
  | (?P<begin>年?初)(?![步期始次级衷创心中高具])
  | (?P<middle>年?中)(?![国期心东央小高医报标签美欧间长短后旬性文])
  | (?P<close>年?[底末终])(?!\s*[净账端盘])
"""
_TAIL = r"(?:\s*[底末初](?![步期始次净账盘])|\s*[上中下]旬)?"
_BEFORE = r"(?:\s*[之以]?前(?![三两几后述期次景沿端瞻十]))?"


class YearOf(Enum):
    """How the year of a period is known."""

    ITSELF = "it says so"
    SENTENCE = "of the year that the sentence named before"
    EVENT = "of the event's, as it says none"


class _Days(NamedTuple):
    start: date
    end: date


@dataclass(frozen=True)
class Period:
    """A date or period as printed, first and last day included."""

    printed: str
    start: date
    end: date
    at: tuple[int, int]  # where it stands in the text
    year_of: YearOf
    is_counted: bool  # from the event's day: 未来三年

    @property
    def is_deadline(self) -> bool:
        """Whether something is done by its end: 年底前, 月底, 年内."""
        return self.printed[-1] in "前底末终内"

    def moved(self, years: int) -> Period:
        """The same period of another year."""
        start, end = (_in_months(day, 12 * years) for day in (self.start, self.end))
        return replace(self, start=start, end=end)


def periods(sentence: str, event: date) -> Iterator[Period]:
    """Every date or period in a sentence, in order; relative words counted from `event`."""
    year: int | None = None  # named last
    done = 0
    for match, kind in _matches(sentence):
        named = _year(match, event)
        days = kind.days(match, event, named or year)
        if days is None or match.start() < done:
            continue
        done = match.end()
        if re.search(r"[底末]\s*[之以]?前?$", match.group()):
            days = _Days(days.end.replace(day=1), days.end)
        year_of = YearOf.SENTENCE if year else YearOf.EVENT
        if named or (kind.is_certain and not match.groupdict().get("year")):
            year_of = YearOf.ITSELF
        year = named or year
        printed = match.group().strip()
        at = match.start() + match.group().index(printed)
        place = (at, at + len(printed))
        yield Period(printed, *days, place, year_of, is_counted=kind.days is _ahead)


def age(since: date, today: date) -> tuple[tuple[str, int], ...]:
    """The whole units that have passed: `(("year", 1), ("month", 6))`, `(("day", 12),)`."""
    months = (today.year - since.year) * 12 + today.month - since.month
    if today.day < since.day:
        months -= 1
    if months < 1:
        return (("day", max((today - since).days, 0)),)
    years, months = divmod(months, 12)
    return tuple((unit, count) for unit, count in (("year", years), ("month", months)) if count)


# What each kind of words means: the match, the event's day, the year that is named with it or
# before it in the sentence → days; None: no date.


def _iso(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    year, month, day = (int(number) for number in re.findall(r"\d+", match.group()))
    try:
        return _Days(date(year, month, day), date(year, month, day))
    except ValueError:
        return None


def _ahead(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    count, unit = _largest(match["count"]), match["unit"]
    if unit in _DAYS_AHEAD:
        end = event + timedelta(days=count * _DAYS_AHEAD[unit])
    elif match["count"] == "半":
        end = _in_months(event, 6)
    else:
        end = _in_months(event, count * _MONTHS_AHEAD[unit])
    return _Days(event + timedelta(days=1), end)


def _plan(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    last = _FIVE_YEARS[match["plan"]]
    first = last if re.search("末|收官", match.group()) else last - 4
    return _Days(date(first, 1, 1), date(last, 12, 31))


def _years(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    return _Days(date(int(match["first"]), 1, 1), date(int(match["last"]), 12, 31))


def _both_years(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    first = event.year + _RELATIVE_YEARS[match.group()[0]]
    return _Days(date(first, 1, 1), date(first + 1, 12, 31))


def _feast(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    month = _FEASTS[match["feast"]]
    year = named or event.year + (event.month > month)
    return _months(year, month, month + 1 if match["side"].endswith("后") else month)


def _next(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    later = match.group().startswith("下")
    if "季" not in match.group():
        return _whole_month(_in_months(event.replace(day=1), int(later)))
    quarter = (event.month - 1) // 3 + later
    return _months(event.year + quarter // 4, quarter % 4 * 3 + 1, quarter % 4 * 3 + 3)


def _in_year(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    year = named or event.year
    if match["month"]:
        return _in_month(match, year)
    if match["half"]:
        first = 1 if match["half"] == "上" else 7
        return _months(year, first, first + 5)
    if match["quarter"]:
        number = chinese_number(match["quarter"]) or 0
        return _months(year, number * 3 - 2, number * 3)
    if match["q"]:
        number = int(re.sub(r"\D", "", match["q"]))
        long = 6 if "h" in match["q"].lower() else 3
        return (
            _months(year, (number - 1) * long + 1, number * long) if number * long <= 12 else None
        )
    for part, months in _PARTS.items():
        if match[part]:
            is_bare = len(match[part]) == 1 and not match["year"]  # a bare 底 or 初 is no date
            return None if is_bare else _months(year, *months)
    return _months(year, 1, 12) if match["year"] else None


_PARTS = {"nine": (1, 9), "whole": (1, 12), "begin": (1, 3), "middle": (6, 7), "close": (12, 12)}


def _whole_year(match: re.Match[str], event: date, named: int | None) -> _Days | None:
    return _months(named, 1, 12) if named else None


@dataclass(frozen=True)
class _Kind:
    words: re.Pattern[str]
    days: Callable[[re.Match[str], date, int | None], _Days | None]
    is_certain: bool = True  # which year is meant, although none is named


_KINDS = tuple(
    _Kind(re.compile(words, re.VERBOSE), days, is_certain)
    for words, days, is_certain in (
        (r"(?<![\d.])\d{4}([-/.])\d{1,2}\1\d{1,2}(?![\d%亿万元])" + _BEFORE, _iso, True),
        (
            rf"(?:未来|今后|接下来|往后|后续)\s*的?\s*"
            rf"(?P<count>半(?=\s*年)|{_COUNT}(?:\s*[-–—~～至到或、]?\s*{_COUNT})?)"
            r"\s*个?\s*(?P<unit>年|月|季度|[天日周])",
            _ahead,
            True,
        ),
        (
            r"(?<=将在|将于|预计|计划|争取|力争|有望|划在|取在|争在|望在|计在|承诺)"
            rf"(?P<count>{_COUNT}|半)\s*个?\s*(?P<unit>[年月天日周])\s*之?内",
            _ahead,
            True,
        ),
        (r"“?十(?P<plan>[三四五六])五(?!”?\s*规划)”?(?:期间|时期|末期?|收官)?", _plan, True),
        (
            rf"(?<!\d)(?P<first>20\d\d)\s*年?{_JOIN}(?P<last>20\d\d)\s*年度?{_TAIL}{_BEFORE}",
            _years,
            True,
        ),
        (r"今[、年和]*\s?明(?:[两二])?年|明[、年]*\s?后(?:[两二])?年", _both_years, True),
        (
            rf"{_YEAR_OF_PART}(?P<feast>{'|'.join(_FEASTS)})(?:节|假期|长假)*"
            r"\s*(?P<side>之?前后?|之?后|期间)",
            _feast,
            False,
        ),
        (
            r"(?:本月[底末]?|下个?月[底末]?|(?<![\d一二三四五六七八九十个])月[底末]|本季度[底末]?|下一?个?季度)"
            + _BEFORE,
            _next,
            False,
        ),
        (rf"{_YEAR_OF_PART}(?:{_PART}){_TAIL}{_BEFORE}", _in_year, False),
        (rf"{_YEAR}{_BEFORE}", _whole_year, True),
    )
)


def _matches(sentence: str) -> list[tuple[re.Match[str], _Kind]]:
    """What may name a period, in order; of what begins at one place the longest first."""
    found = [(match, kind) for kind in _KINDS for match in kind.words.finditer(sentence)]
    return sorted(found, key=lambda item: (item[0].start(), -item[0].end()))


def _year(match: re.Match[str], event: date) -> int | None:
    printed = match.groupdict().get("year")
    if not printed:
        return None
    digits = re.search(r"\d+", printed)
    if digits:
        return int(digits[0]) + (2000 if len(digits[0]) == 2 else 0)
    return event.year + _RELATIVE_YEARS.get(printed[0], 0)  # 年内


def _in_month(match: re.Match[str], year: int) -> _Days | None:
    month = chinese_number(match["month"]) or 0
    last = int(match["tomonth"] or month)
    if match["tomonth"] or not match["day"]:
        return _months(year, month, last) if month <= last else None
    try:
        return _Days(date(year, month, int(match["day"])), date(year, month, int(match["day"])))
    except ValueError:
        return None


def _largest(counted: str) -> int:
    """3 of `2-3`, `两三` and `一到三`."""
    numbers = [int(number) for number in re.findall(r"\d+", counted)]
    for number in re.findall("[一二两三四五六七八九十]+", counted):
        numbers.append(chinese_number(number if "十" in number else number[-1]) or 2)  # 两
    return max(numbers, default=0)


def _in_months(day: date, months: int) -> date:
    """The same day of a month so many later, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _whole_month(day: date) -> _Days:
    return _months(day.year, day.month, day.month)


def _months(year: int, first: int, last: int) -> _Days:
    return _Days(date(year, first, 1), date(year, last, monthrange(year, last)[1]))
