"""When a digest is wanted: `09:00`, `早上九点半 每天`, `周一三五 9点 300253`, `mon-wed 9am`."""

from __future__ import annotations

import re
from datetime import time

from bot.commands.values import Plan
from bot.numerals import chinese_number
from bot.typed import plain

_OPTIONS = {
    "every_day": re.compile(r"每天|每日|天天|every\s?day|daily"),
    "new_only": re.compile(r"仅新增|只看新增|只要新增|new\s?only|only\s?new"),
    "desk": re.compile(r"(?<![a-z])desk(?![a-z])"),
}
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_NOISE = re.compile(
    r"在?交易日|每个?|工作日|weekdays|(?<![a-z])(?:at|on|and|every|each)(?![a-z])|[\s,，、;；和&]"
)

_WEEK = "(?:周|星期|礼拜)"
_WEEKDAYS = "一二三四五六日"
_ENGLISH_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKENDS = ("周末", "weekends", "weekend")
_CHINESE_DAY = rf"{_WEEK}[{_WEEKDAYS}天]"
_FURTHER_DAY = rf"(?:{_CHINESE_DAY}|[{_WEEKDAYS}天](?![点时十]))"  # 周一三点 is Monday at three
_ENGLISH_DAY = (
    r"(?<![a-z])(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:days?)?(?![a-z])"
)
_JOINED = r"\s*(?:[-~—–至到、,和及&]|to|and)?\s*"
_DAYS = re.compile(
    rf"{'|'.join(_WEEKENDS)}|{_CHINESE_DAY}(?:{_JOINED}{_FURTHER_DAY})*"
    rf"|{_ENGLISH_DAY}(?:{_JOINED}{_ENGLISH_DAY})*"
)
_DAY_OR_RANGE = re.compile(rf"(to|[-~—–至到])|([{_WEEKDAYS}天])|({'|'.join(_ENGLISH_WEEKDAYS)})")
_WORKING = (0, 1, 2, 3, 4)

_MORNING = ("凌晨", "清晨", "早上", "早晨", "早", "上午", "am")
_NOON = ("中午",)
_LATER = ("下午", "傍晚", "晚上", "晚", "夜里", "pm")
_SAID = "|".join(sorted((*_MORNING, *_NOON, *_LATER), key=len, reverse=True))
_HOUR = r"(\d{1,2}|[零一二两三四五六七八九十]{1,3})"
_TIME = re.compile(
    rf"({_SAID})?{_HOUR}(?:[:.]([0-5]\d)|[点时](?:钟|整|(半)|([一三])刻|"
    r"(\d{1,2}|[零一二三四五六七八九十]{1,3})分?)?)?(am|pm)?"
)
_LIKE_A_TIME = re.compile(
    rf"\d\s*[:点时]|[零一二两三四五六七八九十]点|^\s*\d{{1,4}}\s*$|(?:{_SAID})\s*{_HOUR}"
)


def parse_plan(text: str) -> Plan | None:
    """A time with options, in any order; None where there is no time or something else.

    Days of the week are trading days, unless one of them is of the weekend, when trading never is.

    >>> parse_plan("每天早上九点半 300253")
    Plan(at=datetime.time(9, 30), every_day=True, new_only=False, companies=('300253',), \
desk=False, weekdays=())
    >>> parse_plan("周一三五 9点").weekdays, parse_plan("mon-wed 9am").weekdays
    ((0, 2, 4), (0, 1, 2))
    """
    rest = plain(text)
    given = {}
    for name, option in _OPTIONS.items():
        rest, count = option.subn(" ", rest)
        given[name] = bool(count)
    companies = tuple(dict.fromkeys(_CODE.findall(rest)))
    rest = _CODE.sub(" ", rest)
    weekdays = tuple(sorted({day for found in _DAYS.findall(rest) for day in _weekdays(found)}))
    given["every_day"] |= any(day not in _WORKING for day in weekdays)
    if weekdays == (tuple(range(7)) if given["every_day"] else _WORKING):
        weekdays = ()
    at = _time_of_day(_NOISE.sub("", _DAYS.sub(" ", rest)))
    return Plan(at, **given, companies=companies, weekdays=weekdays) if at else None


def lacks_a_time(text: str) -> bool:
    """Whether plain text is a plan's options alone."""
    rest = _DAYS.sub(" ", _CODE.sub(" ", text))
    for option in _OPTIONS.values():
        rest = option.sub(" ", rest)
    return not _NOISE.sub("", rest)


def is_like_a_time(text: str) -> bool:
    """Whether plain text that is no plan was meant as one: 25:00."""
    return bool(_LIKE_A_TIME.search(text))


def _weekdays(printed: str) -> set[int]:
    """The days of a stretch, each range whole: 周一至周三, fri-mon."""
    if printed in _WEEKENDS:
        return {5, 6}
    found: list[int] = []
    through: set[int] = set()
    is_range = False
    for joint, chinese, english in _DAY_OR_RANGE.findall(printed):
        if joint:
            is_range = bool(found)
            continue
        day = (
            _ENGLISH_WEEKDAYS.index(english)
            if english
            else _WEEKDAYS.index("日" if chinese == "天" else chinese)
        )
        if is_range:
            through |= {(found[-1] + step) % 7 for step in range((day - found[-1]) % 7)}
        found.append(day)
        is_range = False
    return {*found, *through}


def _time_of_day(said: str) -> time | None:
    """`9:00`, `9点`, `早上九点半`, `下午3点一刻`, `9pm`; a bare `9` is the hour."""
    found = _TIME.fullmatch(said)
    if not found:
        return None
    half, hour_said, printed, is_half, quarters, minutes_said, suffix = found.groups()
    hour = _hour(0 if hour_said == "零" else chinese_number(hour_said), half or suffix)
    minute = chinese_number((printed or minutes_said or "").lstrip("零0")) or 0
    minute = 30 if is_half else {"一": 15, "三": 45}.get(quarters, minute)
    if hour is None or hour > 23 or minute > 59 or (half and suffix):
        return None
    return time(hour, minute)


def _hour(number: int | None, half: str | None) -> int | None:
    """The hour of the day; None where it is said of two times, such as 晚上12点."""
    if number is None or half is None:
        return number
    if half in _MORNING:
        return number if number < 12 else None
    if half in _NOON:
        return number if number in (11, 12) else number + 12 if number < 4 else None
    if number == 12:
        return 12 if half in ("下午", "pm") else None
    return number + 12 if number < 12 else number
