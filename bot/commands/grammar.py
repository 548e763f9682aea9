"""Text → what is wanted.

1. A date limit is taken off: `@2025-06-30`.
2. Full and half width, case, script, marks at the ends and what politeness adds (请…, …吧谢谢)
   make no difference to a command.
3. What is nearly a command says what to type: as a search, `怎么退订` would leave a subscription
   on, and a question that nobody asked in the list of misses.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from bot.commands.citations import read_citation
from bot.commands.plans import is_like_a_time, lacks_a_time, parse_plan
from bot.commands.references import ONE_AT_A_TIME, code_in, codes_in, read_reference, with_codes
from bot.commands.values import (
    Ask,
    Command,
    Pick,
    SetCompanies,
    ShowDigest,
    ShowHelp,
    ShowLatest,
    ShowMore,
    ShowSubscription,
    ShowWhole,
    Subscribe,
    Unreadable,
    Unsubscribe,
)
from bot.numerals import chinese_number
from bot.typed import consists_of, plain

_LISTS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
_COMMANDS: dict[str, Command] = {
    "help": ShowHelp(),
    "latest": ShowLatest(),
    "more": ShowMore(),
    "whole": ShowWhole(),
    "all_companies": SetCompanies(()),
    "subscriptions": ShowSubscription(),
    "digest": ShowDigest(),
}
_WORDS = {word: command for name, command in _COMMANDS.items() for word in _LISTS[name]}
_EVERY_COMPANY = frozenset(_LISTS["every_company"])
# To end a digest or to begin one, what may be said around that, and what only asks about it.
_STOPPING = frozenset(_LISTS["stopping"])
_STARTING = frozenset(_LISTS["starting"])
_PERHAPS_STOPPING = frozenset(_LISTS["perhaps_stopping"])
_BESIDE = frozenset(_LISTS["beside"])
_WONDERING = frozenset(_LISTS["wondering"])

_MARKS = r"[\s.,:;!?。、~…·\-—/()\[\]<>《》【】「」“”\"'‘’*`]"
_POLITE = (
    r"请问|请|麻烦您?|帮我|帮忙|给我|我想看|我要看|我想|我要|看看|看一?下|看|查看"
    r"|please|pls|show me|show"
)
_PARTICLES = (
    r"多谢|谢谢您?|感谢|谢了|thanks?(?: you)?|thx|please|pls|一下|[了吧呢啊呀哦嘛哈啦吗咯喽]"
)
_AROUND = re.compile(rf"(?:{_MARKS}|{_POLITE})*(.*?)(?:{_MARKS}|{_PARTICLES})*", re.DOTALL)
_ENDS = re.compile(rf"^{_MARKS}+|{_MARKS}+$")
_QUESTION_MARKS = re.compile(r"[?!。.~…\s]*")

_CHOOSE = r"(?:(?:我?要?选择?|就选?|回复|点|要|option|choose|pick|选项)\s*)?"
_LETTER = re.compile(rf"{_CHOOSE}\W*([a-z])\W*(?:选项|项|个)?")
_LETTERS = re.compile(rf"{_CHOOSE}[a-e](?:\s*[,、和跟与及]\s*[a-e])+")  # CB is a bond
_ORDINAL = re.compile(
    r"(?:我?要?选择?|就选?|选项)\s*第?\s*(\d{1,2}|[一二三四五六七八九十两])\s*(?:个|项|条|号)?"
    r"|(?:就|上面|上述|那|要|我要)*第\s*(\d{1,2}|[一二三四五六七八九十])\s*(?:个|项)(?:选项)?"
    r"|(?:the )?(first|second|third|fourth|fifth)(?: one| option)?|(?:就|要)?(最后一个|last one)"
)
_ENGLISH = ("first", "second", "third", "fourth", "fifth")

_SUBSCRIBE = re.compile(r"(subscribe|订阅)(?![a-z])\s*(?:to\s+|:)?\s*(.*)", re.DOTALL)
_SUBSCRIBE_LAST = re.compile(r"(.+?)\s*(subscribe|订阅)", re.DOTALL)
_COMPANY = re.compile(
    r"(?:company(?![a-z])|公司|只看|只查|只答|切换到?|换成)\s*[:：]?\s*(.*)", re.DOTALL
)
_COMPANY_WORDS = ("company", "公司")

_LONGEST_WORD = max(map(len, (*_STOPPING, *_STARTING, *_BESIDE, *_WONDERING)))
_LONGEST_NEARLY = 40  # characters of a message that is nearly a command

# A date after the sign is a limit, with or without a space before it; anything else may be an
# address, and is one where the sign stands inside a word.
_AS_OF = re.compile(
    r"@\s*((?:19|20)\d{2}(?:\d{4}(?!\d)|[-/.年]\d{1,2}(?:[-/.月](?:\d{1,2}日?)?)?|(?![\d]))[\d\-/.年月日]*)"
    r"|(?:^|\s)@\s*(\d[\d\-/.年月日]*)(?=\s|$)"
)


def parse(text: str, companies: Mapping[str, str] | None = None) -> tuple[Command, date | None]:
    """Read what was typed.

    Args:
        text: As typed.
        companies: Codes by the plain names of the stored companies; a name is typed for its code.

    Returns:
        The command, and the date limit (`@2025-06-30`) if one was typed.
    """
    limits = {limit for found in _AS_OF.findall(plain(text)) for limit in found if limit}
    if not limits:
        return _command(plain(text), text.strip(), companies or {}), None
    days = {limit: _day(limit) for limit in limits}
    unreadable = next((limit for limit, day in days.items() if day is None), None)
    if unreadable or len({*days.values()}) > 1:
        return Unreadable("bad date", unreadable or "、".join(sorted(limits))), None
    text = _without_limit(text)
    return _command(plain(text), text, companies or {}), days[limits.pop()]


def _without_limit(text: str) -> str:
    """The text as typed without its limit; in one width where only that shows the limit."""
    return _AS_OF.sub(" ", text if _AS_OF.search(text) else plain(text)).strip()


def _command(typed: str, text: str, companies: Mapping[str, str]) -> Command:
    """A command, or a question, of plain text and the same as typed."""
    cited = read_citation(typed, companies)
    if cited:
        return _original(cited, text)
    typed = with_codes(typed, companies).strip()
    bare = _ENDS.sub("", typed)
    if not bare:
        return ShowHelp() if _QUESTION_MARKS.fullmatch(typed) else Ask(text)
    around = _AROUND.fullmatch(typed)
    said = around[1] if around and around[1] else bare
    for candidate in dict.fromkeys((bare, said)):
        if command := _WORDS.get(candidate) or _picked(candidate):
            return command
    return (
        _unsubscribe(said)
        or _unsubscribe(bare)
        or _subscribe(said)
        or _company(said)
        or _latest(said)
        or read_reference(typed)
        or _nearly(bare)
        or Ask(text)
    )


def _original(command: Command, text: str) -> Command:
    """A question of an offer in the words that were typed, not in plain ones."""
    if not isinstance(command, Ask):
        return command
    return Ask(text[-len(command.text) :] if len(plain(text)) == len(text) else command.text)


def _picked(said: str) -> Command | None:
    """A place in the list offered last: B, 选B, 第二个, the last one."""
    if letter := _LETTER.fullmatch(said):
        return Pick(ord(letter[1]) - ord("a"))
    if _LETTERS.fullmatch(said):
        return ONE_AT_A_TIME
    if ordinal := _ORDINAL.fullmatch(said):
        chosen, named, english, _ = ordinal.groups()
        if english:
            return Pick(_ENGLISH.index(english))
        number = chinese_number(chosen or named) if chosen or named else 0
        return Pick(number - 1) if number is not None else None
    return None


def _latest(said: str) -> ShowLatest | None:
    """最新 with a company, before or after it."""
    for word, command in _WORDS.items():
        if command == ShowLatest() and (said.startswith(word) or said.endswith(word)):
            code = code_in(said.removeprefix(word).removesuffix(word))
            if code:
                return ShowLatest(code)
    return None


def _company(said: str) -> Command | None:
    found = _COMPANY.fullmatch(said)
    if not found:
        return None
    named = _ENDS.sub("", found[1])
    if codes := codes_in(named):
        return SetCompanies(codes)
    if named in _EVERY_COMPANY:
        return SetCompanies(())
    is_setting = said.startswith(_COMPANY_WORDS) and not named
    # 公司 followed by words is a question about the company, not a setting.
    return Unreadable("how to set company") if is_setting or named.isdigit() else None


def _subscribe(said: str) -> Command | None:
    if early := _SUBSCRIBE_LAST.fullmatch(said):  # 9点订阅
        said = f"{early[2]} {early[1]}" if parse_plan(early[1]) else said
    found = _SUBSCRIBE.fullmatch(said)
    if not found:
        return None
    word, rest = found[1], found[2].strip()
    plan = parse_plan(rest)
    if plan is not None:
        return Subscribe(plan)
    if lacks_a_time(rest) or consists_of(rest, _BESIDE | _WONDERING, _LONGEST_WORD):
        return Unreadable("how to subscribe")
    # 订阅收入是多少 is a question about the company's subscriptions.
    return Unreadable("bad time", rest) if word == "subscribe" or is_like_a_time(rest) else None


def _unsubscribe(said: str) -> Command | None:
    """The end of the digest, or how to end it where that is asked or denied."""
    if said in _PERHAPS_STOPPING:
        return Unreadable("how to unsubscribe")
    if len(said) > _LONGEST_NEARLY or not any(word in said for word in _STOPPING):
        return None
    if consists_of(said, _STOPPING | _BESIDE, _LONGEST_WORD):
        return Unsubscribe()
    if consists_of(said, _STOPPING | _STARTING | _BESIDE | _WONDERING, _LONGEST_WORD):
        return Unreadable("how to unsubscribe")
    return None


def _nearly(said: str) -> Command | None:
    if len(said) > _LONGEST_NEARLY or not any(word in said for word in _STARTING):
        return None
    rest = re.sub(r"\d{1,2}(?:[:.]\d\d)?\s*[点时]?半?", "", said)
    if consists_of(rest, _STARTING | _BESIDE | _WONDERING, _LONGEST_WORD):
        return Unreadable("how to subscribe")
    return None


def _day(printed: str) -> date | None:
    numbers = [int(number) for number in re.findall(r"\d+", printed)]
    if len(numbers) == 1 and len(re.sub(r"\D", "", printed)) == 8:
        digits = re.sub(r"\D", "", printed)
        numbers = [int(digits[:4]), int(digits[4:6]), int(digits[6:])]
    try:
        return date(*numbers) if len(numbers) == 3 else None
    except (ValueError, OverflowError):
        return None
