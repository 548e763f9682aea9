"""What a cell says: words, codes, ids and times, as exports and spreadsheets write them.

Spreadsheets take a code for a number (`000001` → 1) and cut an id of 19 digits (2.3E+18). What they
made of it is restored only where nothing else can be meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from bot.reading.lines import UNSEEN, trimmed
from bot.reading.tags import Hidden, Tag, Words, tokens

_CHINA = timezone(timedelta(hours=8))  # no daylight saving since 1991
# What programs write for nothing, and what platforms write where nobody answered yet.
_NOTHING = frozenset(
    (
        "",
        "none",
        "nan",
        "null",
        "nat",
        "n/a",
        "<na>",
        "-",
        "--",
        "—",
        "未回复",
        "未答复",
        "暂无回复",
        "暂未回复",
        "尚未回复",
        "待回复",
        "待公司回复",
    )
)
_LONGEST_NOTHING = 64  # characters, white space among them
_ERRORS = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)")
_PARAGRAPHS = frozenset(("p", "div", "li", "tr", "ul", "ol", "table", "blockquote"))
# What ends in no semicolon is left of no page: `?a=1&copy=2` is an address.
_LONE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});)")
_TEXT_OF_SHEET = re.compile(r'=\s*"([^"]*)"')  # ="000001", so that no spreadsheet counts with it

_EXCHANGE = r"SH|SZ|BJ|SS|XSHG|XSHE|XBSE"
_CODE = re.compile(
    rf"(?:(?P<before>{_EXCHANGE})[.:]?)?(?P<digits>\d{{1,6}})(?:\.(?P<after>{_EXCHANGE}))?", re.I
)
_SHORT = re.compile(r"00[0-3]\d{3}")  # the only listed codes that begin with zeros
_ABROAD = re.compile(r"0\d{4}|.+\.(?:HK|US|N|O)|HK[.:]?\d+", re.I)  # 00700, 700.HK
_POWER = re.compile(r"\d(?:\.\d+)?e\+?\d+", re.I)
_KEPT_DIGITS = 15  # that a spreadsheet's number holds; the others become zeros

_WHEN = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_NO_YEAR = re.compile(
    r"(?P<month>\d{1,2})\s*[-/月]\s*(?P<day>\d{1,2})\s*日?(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}))?"
)
_AGO = re.compile(r"(?P<count>\d{1,4})\s*(?P<unit>秒|分钟|小时|天)前|刚刚")
_DAY_NAMED = re.compile(r"(?P<named>今天|昨天|前天)(?:\s*(?P<hour>\d{1,2}):(?P<minute>\d{2}))?")
_UNITS = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
_NAMED = {"今天": 0, "昨天": 1, "前天": 2}


NOT_COMPUTED = object()  # stands in a cell whose formula has no value


class UnreadableCellError(Exception):
    """A cell that cannot be taken for what its column holds; Chinese."""


@dataclass(frozen=True)
class Clock:
    """How a table's times are to be read; a person says so."""

    taken_at: datetime | None = None  # when the table was taken, China time: 昨天, 17分钟前
    hours_behind: float = 0.0  # of China time: 8 where the table has UTC


CHINA_CLOCK = Clock()


def printed(value: object) -> str:
    """A cell's text as it was typed; a number as people write it.

    Raises:
        UnreadableCellError: A formula that was never computed stands there.
    """
    if value is NOT_COMPUTED:
        raise UnreadableCellError("单元格是公式，没有存下算好的值；请在 Excel 里打开、另存后再导入")
    if value is None or (isinstance(value, float) and value != value):  # NaN
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else str(value)


def is_nothing(text: str) -> bool:
    """Whether a cell is empty, or says in a program's way that it is."""
    return len(text) < _LONGEST_NOTHING and trimmed(text).strip("()（）[]【】").lower() in _NOTHING


def words(value: object) -> tuple[str, tuple[str, ...]]:
    """A cell's words without markup, and the kinds of markup that were dropped with what they held.

    Raises:
        UnreadableCellError: A spreadsheet's error stands there, or a number, a date, a list: a
            sheet shows 15.3% of 0.153, and only its format says so.
    """
    text = printed(value)
    if text and not isinstance(value, str):
        raise UnreadableCellError(
            f"问题、答复应是文字，这一格却是数字、日期或清单（{text[:20]}），显示的样子读不出；"
            "请把它改成文本格式、照所显示的写"
        )
    dropped: tuple[str, ...] = ()
    if "<" in text or "&" in text:
        text, dropped = _shown(_LONE_AMPERSAND.sub("&amp;", text))
    if "\r" in text or "_x000D_" in text:
        text = text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
    text = trimmed(text)
    if text.startswith("#") and _ERRORS.fullmatch(text):
        raise UnreadableCellError(f"单元格是公式的错误值 {text}")
    return text, dropped


def _shown(text: str) -> tuple[str, tuple[str, ...]]:
    pieces: list[str] = []
    dropped: list[str] = []
    for token in tokens(text):
        match token:
            case Words(said):
                pieces.append(said.replace("\xa0", " "))
            case Tag(name) if name == "br" or name in _PARAGRAPHS:
                if name == "br" or not "".join(pieces[-1:]).endswith("\n"):
                    pieces.append("\n")
            case Tag():
                pass
            case Hidden(kind, _, ended) if ended:
                dropped.append(kind)
            case Hidden():
                pass
    return "".join(pieces), tuple(dropped)


@lru_cache(maxsize=4096)
def code(value: object) -> str:
    """A company's six digits; empty where there is nothing.

    Raises:
        UnreadableCellError: No code, or one that has lost digits and may be several.
    """
    text = printed(value).strip().strip("'" + UNSEEN)
    if of_sheet := _TEXT_OF_SHEET.fullmatch(text):
        text = of_sheet[1].strip()
    if is_nothing(text):
        return ""
    found = _CODE.fullmatch(re.sub(r"\.0+", "", text) if text[:1].isdigit() else text)
    if found is None or _ABROAD.fullmatch(text):
        raise UnreadableCellError(f"股票代码不是六位数字：“{text[:20]}”")
    digits, exchange = found["digits"], (found["before"] or found["after"] or "SZ").upper()
    if len(digits) == 6:
        return digits
    whole = digits.zfill(6)
    if not _SHORT.fullmatch(whole) or exchange not in ("SZ", "XSHE"):
        raise UnreadableCellError(f"股票代码缺位，补不出唯一的六位数字：“{text[:20]}”")
    return whole


def has_foreign_code(value: object) -> bool:
    """Whether a code is of another market, so that short ones beside it may be, too."""
    return bool(_ABROAD.fullmatch(printed(value).strip()))


def is_short_code(value: object) -> bool:
    """Whether a code has lost its zeros."""
    return printed(value).strip().split(".")[0].isdigit() and len(printed(value).strip()) < 6


def row_id(value: object) -> str | None:
    """The platform's id of a question; None where there is none, or no digits are left of it."""
    text = printed(value).strip().strip("'" + UNSEEN)
    if of_sheet := _TEXT_OF_SHEET.fullmatch(text):
        text = of_sheet[1].strip()
    return None if is_nothing(text) else text


def is_cut(text: str) -> bool:
    """Whether a spreadsheet may have cut an id: 2.3E+18, or zeros behind the 15 digits it keeps."""
    if text.isdigit():
        return len(text) > _KEPT_DIGITS and not text[_KEPT_DIGITS:].strip("0")
    return bool(_POWER.fullmatch(text))


def when(value: object, clock: Clock = CHINA_CLOCK) -> str | None:
    """A day or an instant, China time: `2025-04-28`, `2025-04-28T09:01:02`; None: nothing there.

    Raises:
        UnreadableCellError: It names no day, or one that only counts from a day that is not known.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() == time():  # as a workbook gives a mere day
            return value.date().isoformat()
        return _iso(value if value.tzinfo is None else _in_china(value), clock, bool(value.tzinfo))
    if isinstance(value, date):
        return value.isoformat()
    text = printed(value).strip().strip("'" + UNSEEN)
    if is_nothing(text):
        return None
    if text.isdigit():
        return _of_digits(text, clock)
    try:
        if match := _WHEN.fullmatch(text):
            return _of_match(match, clock)
        if clock.taken_at and (moment := _counted(text, clock.taken_at)):
            return moment
    except (ValueError, OverflowError) as error:
        raise UnreadableCellError(f"没有这一天：“{text[:30]}”") from error
    if _AGO.fullmatch(text) or _DAY_NAMED.fullmatch(text) or _NO_YEAR.fullmatch(text):
        raise UnreadableCellError(
            f"日期“{text[:30]}”没有年份或是相对的说法；请用 --set captured=取得表格的时刻（如"
            " 2025-09-20T18:00）"
        )
    raise UnreadableCellError(f"读不出日期：“{text[:30]}”")


def _of_digits(text: str, clock: Clock) -> str:
    try:
        if len(text) in (10, 13):  # seconds or milliseconds since 1970
            seconds = int(text) / (1 if len(text) == 10 else 1000)
            return _iso(_in_china(datetime.fromtimestamp(seconds, UTC)), clock, True)
        if len(text) == 8:
            return _plausible(datetime.strptime(text, "%Y%m%d")).date().isoformat()
        if len(text) == 14:
            return _iso(datetime.strptime(text, "%Y%m%d%H%M%S"), clock, False)
    except (ValueError, OverflowError, OSError) as error:
        raise UnreadableCellError(f"没有这一天：“{text}”") from error
    raise UnreadableCellError(f"读不出日期：“{text[:30]}”")


def _of_match(match: re.Match[str], clock: Clock) -> str:
    day = _plausible(datetime(int(match["year"]), int(match["month"]), int(match["day"])))
    if match["hour"] is None:
        return day.date().isoformat()
    at = day.replace(
        hour=int(match["hour"]), minute=int(match["minute"]), second=int(match["second"] or 0)
    )
    if match["zone"]:
        at = _in_china(
            datetime.fromisoformat(at.isoformat() + match["zone"].replace("Z", "+00:00"))
        )
    return _iso(at, clock, bool(match["zone"]))


def _counted(text: str, now: datetime) -> str | None:
    """A time that counts from when the table was taken, or has no year: the last such day."""
    if match := _AGO.fullmatch(text):
        unit = _UNITS[match["unit"]] if match["unit"] else "seconds"
        return (now - timedelta(**{unit: int(match["count"] or 0)})).isoformat(timespec="seconds")
    if match := _DAY_NAMED.fullmatch(text):
        return _at(now - timedelta(days=_NAMED[match["named"]]), match)
    if match := _NO_YEAR.fullmatch(text):
        day = now.replace(year=now.year, month=int(match["month"]), day=int(match["day"]))
        if day.date() > now.date():
            day = day.replace(year=now.year - 1)
        return _at(day, match)
    return None


def _at(day: datetime, match: re.Match[str]) -> str:
    if match["hour"] is None:
        return day.date().isoformat()
    at = day.replace(hour=int(match["hour"]), minute=int(match["minute"]), second=0)
    return at.isoformat(timespec="seconds")


def _plausible(day: datetime) -> datetime:
    if not 1990 <= day.year <= 2100:
        raise ValueError(day)
    return day


def _in_china(at: datetime) -> datetime:
    return at.astimezone(_CHINA).replace(tzinfo=None)


def _iso(at: datetime, clock: Clock, is_certain: bool) -> str:
    """certain: the time says its zone itself."""
    _plausible(at)
    if not is_certain and clock.hours_behind:
        at += timedelta(hours=clock.hours_behind)
    return at.isoformat(timespec="seconds")
