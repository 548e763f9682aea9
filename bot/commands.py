"""The `/ir` grammar, the same in every chat: text → what is wanted.

Width and case do not matter; `／ir`-style command words and mention marks are already off.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Ask:
    """Free text: find the stored question."""

    text: str


@dataclass(frozen=True)
class Show:
    """A question named by number; by record too where an id was typed."""

    number: int
    part: int | None = None
    record_id: str | None = None
    whole: bool = False


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
class Unreadable:
    """A command whose argument makes no sense; `key` names the sentence in words."""

    key: str
    printed: str = ""


Command = (
    Ask | Show | ShowRecord | ShowLatest | ShowWhole | Pick | SetCompany | ShowHelp | Unreadable
)

_HELP = {"", "help", "帮助", "?", "怎么用", "使用说明", "使用帮助", "h"}
_LATEST = {"latest", "最新", "最新记录", "最新一份"}
_ALL = {"全部", "所有", "all", "取消", "none"}
_DIGITS = "零一二三四五六七八九"

_NUMBER = r"(\d{1,4}|[零一二三四五六七八九十百两]{1,7})"
_RECORD_ID = r"(\d{6}/[^\s#@]+)"
_PART = r"(?:[.．]|第)(\d{1,2})(?:小问|小题)?"
_BY_ID = re.compile(rf"{_RECORD_ID}(?:#(\d{{1,4}})(?:{_PART})?)?")
_BY_NUMBER = re.compile(
    rf"(?:#|第|q|问题|no\.?|编号)?\s*{_NUMBER}\s*(?:个?(?:问题|问|题|条))?\s*(?:{_PART})?"
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
    if company := re.fullmatch(r"(?:company|公司)(?:\s+(.*)|(\d{6}))?", plain):
        return _company((company[1] or company[2] or "").strip(), text)
    if re.fullmatch(r"\d{6}", plain):
        return ShowLatest(plain)
    return _named(plain, whole=False) or Ask(text)


def _named(plain: str, whole: bool) -> Command | None:
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


def _number_or_none(digits: str | None) -> int | None:
    return int(digits) if digits else None


def chinese_number(text: str) -> int | None:
    """An integer written in digits or in Chinese numerals below 1,000.

    >>> chinese_number("24"), chinese_number("二十四"), chinese_number("一百零三")
    (24, 24, 103)
    """
    if text.isdigit():
        return int(text)
    match = re.fullmatch(
        r"(?:([一二三四五六七八九两])百零?)?(?:([一二三四五六七八九])?十)?([一二三四五六七八九])?",
        text,
    )
    if not match or not text:
        return None
    hundreds = _digit(match[1])
    tens = (_digit(match[2]) or 1) if "十" in text else 0
    return hundreds * 100 + tens * 10 + _digit(match[3])


def _digit(numeral: str | None) -> int:
    if numeral is None:
        return 0
    return 2 if numeral == "两" else _DIGITS.index(numeral)


def _day(printed: str) -> date | None:
    numbers = [int(number) for number in re.findall(r"\d+", printed)]
    if len(numbers) == 1 and len(re.sub(r"\D", "", printed)) == 8:
        digits = re.sub(r"\D", "", printed)
        numbers = [int(digits[:4]), int(digits[4:6]), int(digits[6:])]
    try:
        return date(*numbers) if len(numbers) == 3 else None
    except ValueError:
        return None
