"""Header values: what the rows above and below the main content say."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, time

from bot.record import EventDate, Host

CODE = re.compile(r"(?:证券|股票|公司|A股|A\s*股)代码\s*[:：]\s*(\d{6})")
NAME = re.compile(r"(?:证券|公司|股票)简称\s*[:：]\s*([^\s|]+)")
NUMBER = re.compile(r"(?:记录表)?编\s*号\s*[:：]\s*([^\s|]+)")
TITLE = re.compile(r"投资者.*(?:活动|关系|说明会).*(?:记录|登记)|^(?:投资者)?关系?活动记录表")

_ACTIVITIES = (
    "特定对象调研",
    "分析师会议",
    "媒体采访",
    "业绩说明会",
    "新闻发布会",
    "路演活动",
    "现场参观",
    "电话会议",
    "券商策略会",
    "专场机构交流会",
    "股东大会",
    "其他",
)
_TICK = "☑√■▇▣✓✔☒þ\uf052\uf0fe"
_BOX = "□☐\uf0a3\uf06f○"
_HOST = re.compile(r"(?P<title>[^：:；;\s]*)[：:]\s*(?P<name>[^：:；;、，,\s]+)")

_DAY = re.compile(
    r"(?:(?P<y>\d{4})\s*[年\-/.]\s*)?(?P<m>\d{1,2})\s*[月\-/.]\s*(?P<d>\d{1,2})\s*(?:[日号]|(?![\d年月\-/.]))"
)
_MONTH = re.compile(r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月份?(?!\s*\d{1,2}\s*[日号])")
_TO = re.compile(r"\s*(?:[（(][^）)]*[）)])?\s*[-–—―~～至到]+\s*")
_LAST_DAY = re.compile(r"(?P<d>\d{1,2})\s*[日号]")
_CLOCK = re.compile(
    r"(?P<half>上午|下午|晚上|晚)?\s*(?P<h>[01]?\d|2[0-3])\s*[:：时点]\s*(?P<min>[0-5]\d)?"
)


def ticked(words: list[tuple[str, bool | None]]) -> tuple[tuple[str, ...], str]:
    """The ticked activities, and whether they were read or inferred.

    Args:
        words: Lines of the row, each with the state of a check box before it, if known.
    """
    if any(state is not None for _, state in words):
        return tuple(text for text, state in words if state), "read"
    text = " ".join(line for line, _ in words)
    found = re.findall(rf"([{_TICK}{_BOX}])?\s*({'|'.join(_ACTIVITIES)})", text)
    if not re.search(f"[{_TICK}{_BOX}]", text):
        # No box at all: the row just names the activity, unless it lists the whole form.
        names = tuple(name for _, name in found)
        return (names, "read") if 0 < len(names) <= 3 else ((), "not readable")
    if re.search(f"[{_TICK}]", text):
        return tuple(name for mark, name in found if mark and mark in _TICK), "read"
    unmarked = tuple(name for mark, name in found if not mark)
    # One sign lost among boxes that were kept: probably the ticked one.
    return (unmarked, "inferred") if len(unmarked) == 1 else ((), "not readable")


def hosts(lines: list[str]) -> tuple[Host, ...]:
    """`董事长：周炜先生` and the like; names without titles are separated by white space or 、."""
    text = "\n".join(lines)
    found = [
        Host(
            match["title"].lstrip("、，,和及与") or None,
            _name(match["name"]),
            match[0].lstrip("、，,"),
        )
        for match in _HOST.finditer(text)
    ]
    if found:
        return tuple(found)
    return tuple(Host(None, _name(item), item) for item in re.split(r"[\s、，,；;]+", text) if item)


def _name(printed: str) -> str:
    return re.sub(r"(?:先生|女士|小姐)$", "", printed)


def event_dates(text: str) -> tuple[EventDate, ...]:
    """Every day or range of days of the row 时间; months where no day is printed."""
    found: list[EventDate] = []
    year: int | None = None
    at = 0
    while match := _DAY.search(text, at):
        year = int(match["y"]) if match["y"] else year
        start = _date(year, match["m"], match["d"])
        at = match.end()
        if start is None:
            continue
        end, stop = start, at
        if to := _TO.match(text, at):
            if last := _DAY.match(text, to.end()):
                end = _date(int(last["y"]) if last["y"] else year, last["m"], last["d"]) or start
                stop = last.end() if end != start else at
            elif last := _LAST_DAY.match(text, to.end()):
                end = _date(year, match["m"], last["d"]) or start
                stop = last.end()
        at = max(at, stop)
        if end >= start:
            found.append(EventDate(start, end, "day", text[match.start() : at].strip()))
    return tuple(dict.fromkeys(found)) or _months(text)


def _months(text: str) -> tuple[EventDate, ...]:
    months = []
    for match in _MONTH.finditer(text):
        year, month = int(match["y"]), int(match["m"])
        if 1 <= month <= 12:
            last = monthrange(year, month)[1]
            months.append(
                EventDate(date(year, month, 1), date(year, month, last), "month", match[0].strip())
            )
    return tuple(months)


def _date(year: int | None, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day)) if year else None
    except ValueError:
        return None


def clock_times(text: str) -> tuple[time | None, time | None]:
    """First and last time of day printed."""
    times = []
    afternoon = False
    for match in _CLOCK.finditer(text):
        afternoon = match["half"] in ("下午", "晚上", "晚") or (afternoon and not match["half"])
        hour = int(match["h"]) + (12 if afternoon and int(match["h"]) < 12 else 0)
        times.append(time(hour, int(match["min"] or 0)))
    return (
        (times[0], times[-1]) if len(times) > 1 else ((times[0], None) if times else (None, None))
    )


def form_dates(text: str) -> tuple[str, ...]:
    """The row 日期, ISO."""
    return tuple(dates.end_iso for dates in event_dates(text))


def links(text: str) -> tuple[str, ...]:
    """Web addresses printed in the text."""
    return tuple(dict.fromkeys(re.findall(r"https?://[0-9A-Za-z._~:/?#@!$&'*+,;=%\-]+", text)))
