"""Header values: what the rows above and below the main content say."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, time

from bot.record import EventDate, Host

_GAP = r"[ \t\u3000]*"


def _spaced(words: str) -> str:
    """A pattern for words that may be letter-spaced."""
    return _GAP.join(words)


_SHORT_NAME = "|".join(_spaced(words) for words in ("证券简称", "公司简称", "股票简称"))
CODE = re.compile(
    "(?:"
    + "|".join(_spaced(words) for words in ("证券代码", "股票代码", "公司代码", "A股代码"))
    + ")"
    r"\s*[:：]?\s*(?<!\d)(\d{6})(?!\d)"
)
NAME = re.compile(
    rf"(?:{_SHORT_NAME})\s*[:：]?[ \t\u3000]*"
    # ST 信通: a name may hold a space, but what has a colon is the next label.
    r"([^\s|]+(?:[ ](?!编|公告|证券|股票|公司|债券|[^\s]*[:：])[^\s|]+)?)"
)
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
_TICK = "☑√■▇▣✓✔☒\uf052\uf0fe\uf050\uf0fc"
_BOX = "□☐\uf0a3\uf06f\uf0a8○"
# Wingdings as letters: a tick and a box are then told from letters by what stands beside them.
_TICK_LETTERS, _BOX_LETTERS, _LOST = "RþPüý", "£¨oq¡", "?"
_POST = "长裁监书官理任人事员表师管办部"  # the last character of a title
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,2}\s*[、.．]|[（(]\d{1,2}[)）])\s*")
_GLUED = re.compile(rf"(?P<title>.*[{_POST}])(?P<name>[\u4e00-\u9fff]{{2,4}})")

_DAY = re.compile(
    r"(?:(?P<y>\d{4})\s*[年\-/.]\s*(?P<m>\d{1,2})\s*[月\-/.]\s*(?P<d>\d{1,2})\s*(?:[日号]|(?![\d年月\-/.]))"
    r"|(?<![\d:：])(?P<m2>\d{1,2})\s*月\s*(?P<d2>\d{1,2})\s*(?:[日号]|(?=\s*[-–—~～至])))"
)
_MONTH = re.compile(r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月份?(?!\s*\d{1,2}\s*[日号])")
_TO = re.compile(r"\s*(?:[（(][^）)]*[）)])?\s*[-–—―~～至到]+\s*")
_LAST_DAY = re.compile(r"(?P<d>\d{1,2})\s*[日号]")
_CLOCK = re.compile(
    r"(?P<half>上午|下午|晚上|晚)?\s*(?P<h>[01]?\d|2[0-3])\s*[:：时点]\s*(?P<min>[0-5]\d)?"
)


def ticked(words: list[tuple[str, bool | None]]) -> tuple[tuple[str, ...], str]:
    """The ticked activities, and whether they were read, inferred or are not readable.

    Args:
        words: Lines of the row, each with the state of a check box before it, if known.
    """
    if any(state is not None for _, state in words):
        return tuple(text for text, state in words if state), "read"
    text = _plain_marks(" ".join(line for line, _ in words))
    names = "|".join(_ACTIVITIES)
    found = re.findall(rf"([{_TICK}{_BOX}])?\s*({names})", text)
    if not re.search(f"[{_TICK}{_BOX}]", text):
        # No box at all: the row just names the activity, unless it lists the whole form.
        named = tuple(name for _, name in found)
        if not named and len(text.strip()) <= 20 and text.strip():
            named = (text.strip(),)
        return (named, "read") if 0 < len(named) <= 3 else ((), "not readable")
    if re.search(f"[{_TICK}]", text):
        return tuple(
            _activity(match[1]) for match in re.finditer(rf"[{_TICK}]([^{_TICK}{_BOX}]*)", text)
        ), "read"
    unmarked = tuple(name for mark, name in found if not mark)
    # One sign lost among boxes that were kept: probably the ticked one.
    return (unmarked, "inferred") if len(unmarked) == 1 else ((), "not readable")


def _plain_marks(text: str) -> str:
    """Ticks and boxes that a font turned into letters, as ticks and boxes."""
    names = "|".join(_ACTIVITIES)
    letters = re.findall(rf"([{_TICK_LETTERS}{_BOX_LETTERS}{_LOST}])\s*(?={names})", text)
    if not letters or re.search(f"[{_TICK}]", text):
        return text
    boxes = set(letters) & set(_BOX_LETTERS) or re.search(f"[{_BOX}]", text)
    ticks = set(letters) & set(_TICK_LETTERS + _LOST)
    if not (boxes and ticks):
        return text
    text = re.sub(rf"[{_BOX_LETTERS}](?=\s*(?:{names}))", "□", text)
    return re.sub(rf"[{_TICK_LETTERS}{_LOST}](?=\s*(?:{names}))", "√", text)


def _activity(words: str) -> str:
    """`业绩说明会`; what is written behind 其他 stays with it."""
    text = re.sub(r"[（(]\s*[)）]", "", " ".join(words.split())).strip()
    for name in _ACTIVITIES:
        if text.startswith(name):
            return re.sub(r"\s+(?=[（(])", "", text) if name == "其他" else name
    return text.split(" ")[0]


def hosts(lines: list[str]) -> tuple[Host, ...]:
    """Who received the visitors: `董事长：某某先生`, `董事会秘书 某某`, `独立董事某某`, a name."""
    return tuple(host for line in _whole_lines(lines) for host in _hosts_of(line))


def _whole_lines(lines: list[str]) -> list[str]:
    """Lines joined where a name or a title runs over: `财务总监：李` / `景厅`."""
    found: list[str] = []
    for line in (line.strip() for line in lines):
        if found and _runs_over(found[-1], line):
            found[-1] += line
        elif line:
            found.append(line)
    return found


def _runs_over(above: str, line: str) -> bool:
    last = re.split(r"[、，,；;\s]", above)[-1]
    if above.endswith(("、", "，", ",", "：", ":", "兼", "及", "和")):
        return True
    titled = re.search(r"[：:](.*)$", last)
    if titled:
        return len(titled[1]) < 2
    # 财务总 / 监：李景厅, where the titles of this line have colons.
    return (
        bool(re.search("[：:]", above))
        and not re.search(r"(?:先生|女士)[。.]?$", above)
        and (re.match(r"[^：:、，,；;]{1,4}[：:]", line) is not None)
    )


def _hosts_of(line: str) -> list[Host]:
    found = []
    if re.search("[：:]", line):
        at, title = 0, None
        for piece in re.finditer(r"[^、，,；;\s]+", line):
            if re.search("[：:]", piece[0]):
                title, _, name = re.sub("[：:]", "：", line[at : piece.end()]).rpartition("：")
                title = _LIST_NUMBER.sub("", title).strip("、，,；; \t和及与") or None
                if name:
                    found.append(_host(title, name, line[at : piece.end()]))
                at = piece.end()
            elif title and not re.search("[：:]", line[piece.end() :]):
                # A further name under the title before it.
                found.append(_host(title, piece[0], piece[0]))
                at = piece.end()
        return found
    if re.search("[；;]", line):
        return [
            host for piece in re.split("[；;]", line) if piece for host in _hosts_of(piece.strip())
        ]
    title, _, names = line.rpartition(" ") if re.search(r"\s", line) else ("", "", line)
    if (
        title
        and re.search(f"[{_POST}]$", title.strip())
        and not re.search(f"[{_POST}]{{2}}$", names)
    ):
        return [
            _host(title.strip(), name, f"{title}{' '}{name}" if at == 0 else name)
            for at, name in enumerate(re.split("[、，,；;]", names))
            if name
        ]
    separator = r"[，,；;\s]+" if re.search("[，,；;]", line) else r"[、\s]+"
    for words in re.split(separator, line):
        glued = _GLUED.fullmatch(re.sub(r"(?:先生|女士)?[。.]?$", "", words))
        if words and glued and len(words) > 4:
            found.append(Host(glued["title"], glued["name"], words))
        elif words.strip("。."):
            found.append(_host(None, words, words))
    return found


def _host(title: str | None, name: str, printed: str) -> Host:
    return Host(
        title, re.sub(r"(?:先生|女士|小姐)?[。.]?$", "", name), printed.strip("、，,；; 。")
    )


def event_dates(text: str, year: int | None = None) -> tuple[EventDate, ...]:
    """Every day or range of days of the row 时间; months where no day is printed.

    Args:
        text: The row's words.
        year: That of days printed without one, where none stands before them.
    """
    found: list[EventDate] = []
    at = 0
    while match := _DAY.search(text, at):
        year = int(match["y"]) if match["y"] else year
        month, day = match["m"] or match["m2"], match["d"] or match["d2"]
        start = _date(year, month, day)
        at = match.end()
        if start is None:
            continue
        end, stop = start, at
        if to := _TO.match(text, at):
            if last := _DAY.match(text, to.end()):
                last_year = int(last["y"]) if last["y"] else year
                end = _date(last_year, last["m"] or last["m2"], last["d"] or last["d2"]) or start
                stop = last.end() if end != start else at
            elif last := _LAST_DAY.match(text, to.end()):
                end = _date(year, month, last["d"]) or start
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
    text = unicodedata.normalize("NFKC", text)
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
