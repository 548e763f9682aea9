"""The `/ir` grammar, the same in every chat: text → what is wanted.

Width and case do not matter; `／ir`-style command words and mention marks are already off.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time

from bot.numerals import chinese_number


@dataclass(frozen=True)
class Ask:
    """Free text: find the stored question."""

    text: str


@dataclass(frozen=True)
class Show:
    """A question, or a paragraph, named by number; by record too where an id was typed."""

    number: int
    part: int | None = None
    record_id: str | None = None
    whole: bool = False
    is_paragraph: bool = False  # of the record's narrative


@dataclass(frozen=True)
class ShowRecord:
    """A record named by its id: its questions."""

    record_id: str


@dataclass(frozen=True)
class ShowLatest:
    """The newest record's questions, of one company where six digits were typed."""

    company_code: str | None = None


@dataclass(frozen=True)
class ShowWhole:
    """The whole of the answer cited last."""


@dataclass(frozen=True)
class Pick:
    """A letter of the list offered last."""

    index: int  # from 0


@dataclass(frozen=True)
class SetCompany:
    """Narrow this chat to one company; None: all again."""

    company_code: str | None


@dataclass(frozen=True)
class ShowHelp:
    """How to ask."""


@dataclass(frozen=True)
class Plan:
    """What a chat wants to get unasked, and when (wall clock of IR_TZ)."""

    at: time
    every_day: bool = False  # else on trading days
    new_only: bool = False  # nothing on a day without a new record
    companies: tuple[str, ...] = ()  # six digits each; none: all
    desk: bool = False  # the desk's counts instead of records


@dataclass(frozen=True)
class Subscribe:
    """Post a digest here."""

    plan: Plan


@dataclass(frozen=True)
class Unsubscribe:
    """Post no digest here any more."""


@dataclass(frozen=True)
class ShowSubscription:
    """What is subscribed here, and who did it."""


@dataclass(frozen=True)
class ShowDigest:
    """What the digest would say now."""


@dataclass(frozen=True)
class Unreadable:
    """A command whose argument makes no sense; `key` names the sentence in words."""

    key: str
    printed: str = ""


Command = (
    Ask
    | Show
    | ShowRecord
    | ShowLatest
    | ShowWhole
    | Pick
    | SetCompany
    | Subscribe
    | Unsubscribe
    | ShowSubscription
    | ShowDigest
    | ShowHelp
    | Unreadable
)

_HELP = {"", "help", "帮助", "?", "怎么用", "使用说明", "使用帮助", "h"}
_LATEST = {"latest", "最新", "最新记录", "最新一份"}
_ALL = {"全部", "所有", "all", "取消", "none"}
_UNSUBSCRIBE = {"unsubscribe", "退订", "取消订阅"}
_SUBSCRIPTIONS = {"subscriptions", "subscription", "订阅列表", "查看订阅", "我的订阅"}
_DIGEST = {"digest", "摘要", "每日摘要"}

_NUMBER = r"(\d{1,4}|[零一二三四五六七八九十百两]{1,7})"
_RECORD_ID = r"(\d{6}/[^\s#@]+)"
_PART = r"(?:[.．]|第)(\d{1,2})(?:小问|小题)?"
_BY_ID = re.compile(rf"{_RECORD_ID}(?:#(\d{{1,4}})(?:{_PART})?)?")
_BY_NUMBER = re.compile(
    rf"(?:#|第|q|问题|no\.?|编号)?\s*{_NUMBER}\s*(?:个?(?:问题|问|题|条))?\s*(?:{_PART})?"
)
_PARAGRAPH = re.compile(
    rf"(?:{_RECORD_ID}?#p(\d{{1,4}})|(?:{_RECORD_ID}#)?(?:第{_NUMBER}段|段(\d{{1,4}})))"
)
_SUBSCRIBE = re.compile(r"(subscribe|订阅)(?![a-z])\s*(.*)", re.DOTALL)
_OPTIONS = {
    "every_day": re.compile(r"每天|每日|天天|every\s?day|daily"),
    "new_only": re.compile(r"仅新增|只看新增|只要新增|new\s?only|only\s?new"),
    "desk": re.compile(r"(?<![a-z])desk(?![a-z])"),
}
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_NOISE = re.compile(r"在?交易日|每个|工作日|at(?![a-z])|[\s,，、;；]")
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
_AS_OF = re.compile(r"(?:^|\s)@\s*(\d[\d\-/.年月日]*)(?=\s|$)")


def parse(text: str) -> tuple[Command, date | None]:
    """Read what was typed.

    Returns:
        The command, and the date limit (`@2025-06-30`) if one was typed.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    as_of, unreadable = None, None
    if limit := _AS_OF.search(plain):
        as_of = _day(limit[1])
        unreadable = None if as_of else Unreadable("bad date", limit[1])
        text = _AS_OF.sub(" ", text if _AS_OF.search(text) else plain).strip()
        plain = _AS_OF.sub(" ", plain).strip()
    return unreadable or _command(plain.casefold(), text.strip()), as_of


def _command(plain: str, text: str) -> Command:
    word, _, rest = plain.partition(" ")
    if plain in _HELP:
        return ShowHelp()
    if plain in _LATEST:
        return ShowLatest()
    if word in _LATEST and re.fullmatch(r"\d{6}", rest.strip()):
        return ShowLatest(rest.strip())
    if plain == "全文":
        return ShowWhole()
    if plain.startswith("全文"):
        return _named(plain.removeprefix("全文").strip(), whole=True) or Ask(text)
    if re.fullmatch(r"[a-e][.。、)]?", plain):
        return Pick(ord(plain[0]) - ord("a"))
    if plain in _UNSUBSCRIBE:
        return Unsubscribe()
    if plain in _SUBSCRIPTIONS:
        return ShowSubscription()
    if plain in _DIGEST:
        return ShowDigest()
    if wanted := _SUBSCRIBE.fullmatch(plain):
        return _subscribe(wanted[1], wanted[2], text)
    if company := re.fullmatch(r"(?:company|公司)(?:\s+(.*)|(\d{6}))?", plain):
        return _company((company[1] or company[2] or "").strip(), text)
    if re.fullmatch(r"\d{6}", plain):
        return ShowLatest(plain)
    return _named(plain, whole=False) or Ask(text)


def _named(plain: str, whole: bool) -> Command | None:
    if paragraph := _PARAGRAPH.fullmatch(plain):
        number = chinese_number(paragraph[2] or paragraph[4] or paragraph[5])
        record_id = paragraph[1] or paragraph[3]
        return Show(number, None, record_id, whole, is_paragraph=True) if number else None
    if by_id := _BY_ID.fullmatch(plain):
        if by_id[2] is None:
            return ShowRecord(by_id[1])
        return Show(int(by_id[2]), _number_or_none(by_id[3]), by_id[1], whole)
    if by_number := _BY_NUMBER.fullmatch(plain):
        number = chinese_number(by_number[1])
        # 一 alone, or 百 in a sentence's stead, names no question; 第一问 and 十二 do.
        if number and (by_number[1].isdigit() or by_number[0] != by_number[1]):
            return Show(number, _number_or_none(by_number[2]), None, whole)
    return None


def _company(code: str, text: str) -> Command:
    if re.fullmatch(r"\d{6}", code):
        return SetCompany(code)
    if code in _ALL:
        return SetCompany(None)
    # 公司 followed by words is a question about the company, not a setting.
    return Unreadable("how to set company") if not code else Ask(text)


def _subscribe(word: str, rest: str, text: str) -> Command:
    plan = parse_plan(rest)
    if plan is not None:
        return Subscribe(plan)
    # 订阅收入是多少 is a question about the company's subscriptions.
    if word == "subscribe" or not rest or _LIKE_A_TIME.search(rest):
        return Unreadable("how to subscribe" if not rest else "bad time", rest)
    if any(option.fullmatch(rest) for option in _OPTIONS.values()):
        return Unreadable("how to subscribe")
    return Ask(text)


def parse_plan(text: str) -> Plan | None:
    """A time with options, in any order; None where there is no time or something else.

    >>> parse_plan("每天早上九点半 300253")
    Plan(at=datetime.time(9, 30), every_day=True, new_only=False, companies=('300253',), desk=False)
    """
    rest = unicodedata.normalize("NFKC", text).casefold()
    given = {}
    for name, option in _OPTIONS.items():
        rest, count = option.subn(" ", rest)
        given[name] = bool(count)
    companies = tuple(dict.fromkeys(_CODE.findall(rest)))
    at = _time_of_day(_NOISE.sub("", _CODE.sub(" ", rest)))
    return Plan(at, **given, companies=companies) if at else None


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


def _number_or_none(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _day(printed: str) -> date | None:
    numbers = [int(number) for number in re.findall(r"\d+", printed)]
    if len(numbers) == 1 and len(re.sub(r"\D", "", printed)) == 8:
        digits = re.sub(r"\D", "", printed)
        numbers = [int(digits[:4]), int(digits[4:6]), int(digits[6:])]
    try:
        return date(*numbers) if len(numbers) == 3 else None
    except ValueError:
        return None
