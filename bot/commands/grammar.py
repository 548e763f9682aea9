"""Text → what is wanted.

1. A date limit is taken off: `@2025-06-30`.
2. Full and half width, case, script, marks at the ends and what politeness adds (请…, …吧谢谢)
   make no difference to a command.
3. What is nearly a command says what to type: as a search, `不用再退订` would leave a subscription
   on and a question of nobody in the list of misses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from bot.commands.plans import is_like_a_plan, parse_plan
from bot.commands.references import (
    ONE_AT_A_TIME,
    code_in,
    read_citation,
    read_reference,
    with_codes,
)
from bot.commands.values import (
    Ask,
    Command,
    Pick,
    SetCompany,
    Show,
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

_WORDS: dict[str, Command] = {
    word: command
    for command, words in {
        ShowHelp(): "help|h|帮助|帮助文档|怎么用|怎么使用|如何使用|怎么问|如何提问|怎么提问|使用说明|使用帮助|使用方法"
        "|用法|说明书|指令|命令|菜单|功能|usage|commands|menu|how to use|man|help me|帮帮我|帮我|操作说明",
        ShowLatest(): "latest|最新|最新记录|最新一份|最新一份记录|最近一份|最新的记录|latest record|newest|清单|目录"
        "|问题清单|问题列表|问题目录|列表|list|toc|有哪些问题|有什么问题|都有什么问题|所有问题|全部问题|questions",
        ShowMore(): "更多|还有吗|还有没有|还有别的吗|还有其他的吗|还有其他吗|还有呢|还有什么|下一页|more|next|继续|next page"
        "|换一批|其他的呢|其他|别的|show more|anything else",
        ShowWhole(): "全文|完整答复|完整回答|完整的答复|完整的回答|完整版|完整内容|展开|原文|full text|full answer|whole"
        "|full|whole answer|看不全|没显示完",
        SetCompany(None): "取消公司|所有公司|全部公司|恢复全部公司|all companies",
        ShowSubscription(): "subscriptions|subscription|订阅列表|查看订阅|我的订阅|订阅情况|订阅状态|本群订阅|有哪些订阅",
        ShowDigest(): "digest|摘要|每日摘要|daily digest|今日摘要|今天的摘要",
    }.items()
    for word in words.split("|")
}
_ALL = {"全部", "所有", "all", "取消", "none", "不限", "全部公司", "所有公司"}

_MARKS = r"[\s.,:;!?。、~…·\-—()\[\]<>《》【】「」“”\"'‘’*`]"
_POLITE = r"请问|请|麻烦您?|帮我|帮忙|给我|我想看|我要看|我想|我要|看看|看一?下|看|查看|please|pls|show me|show"
_PARTICLES = (
    r"多谢|谢谢您?|感谢|谢了|thanks?(?: you)?|thx|please|pls|一下|[了吧呢啊呀哦嘛哈啦吗咯喽]"
)
_AROUND = re.compile(rf"(?:{_MARKS}|{_POLITE})*(.*?)(?:{_MARKS}|{_PARTICLES})*", re.DOTALL)
_ENDS = re.compile(rf"^{_MARKS}+|{_MARKS}+$")
_QUESTION_MARKS = re.compile(r"[?!。.~…\s]*")

_CHOOSE = r"(?:(?:我?要?选择?|就选?|回复|点|要|option|choose|pick|选项)\s*)?"
_LETTER = re.compile(rf"{_CHOOSE}\W*([a-z])\W*(?:选项|项|个)?")
_LETTERS = re.compile(rf"{_CHOOSE}[a-e](?:\s*[,、和跟与及&/]?\s*[a-e])+")
_ORDINAL = re.compile(
    r"(?:我?要?选择?|就选?|选项)\s*第?\s*(\d{1,2}|[一二三四五六七八九十两])\s*(?:个|项|条|号)?"
    r"|(?:就|上面|上述|那|要|我要)*第\s*(\d{1,2}|[一二三四五六七八九十])\s*(?:个|项)(?:选项)?"
    r"|(?:the )?(first|second|third|fourth|fifth)(?: one| option)?|(?:就|要)?(最后一个|last one)"
)
_ENGLISH = ("first", "second", "third", "fourth", "fifth")

_SUBSCRIBE = re.compile(r"(subscribe|订阅)(?![a-z])\s*(?:to\s+|:)?\s*(.*)", re.DOTALL)
_COMPANY = re.compile(r"(?:company(?![a-z])|公司|只看|只查|只答|切换到?|换成)\s*[:：]?\s*(.*)", re.DOTALL)
_COMPANY_WORDS = ("company", "公司")

# To end a digest, and what may be said around that.
_STOPPING = frozenset(
    "退订|取消订阅|取消推送|停止推送|停止订阅|关闭推送|关掉推送|停掉推送|关闭订阅|停止发送|停发|停止摘要|取消摘要|关闭摘要"
    "|取消每日摘要|停止每日摘要|关闭每日摘要|不要推送|不要再推送|不要再推|不要再发|别推送|别推|别再推送|别再推|别再发|别发"
    "|不用推送|不用再推送|不用再发|不再推送|不订阅|不想订阅|不想收|不想再收|不想收到|不想再收到|不再接收|不要订阅|退定"
    "|unsubscribe|stop|opt out|cancel subscription|cancel|no more".split("|")
)
_STARTING = frozenset(
    "订阅|订阅摘要|开通订阅|开启推送|打开推送|开通推送|每日摘要|每天推送|定时推送|推送|subscribe|定阅|订阅每日摘要".split("|")
)
_BESIDE = frozenset(
    "了|吧|啊|呀|哦|谢谢|多谢|请|麻烦|帮|帮我|我|我们|你|您|本群|这个群|该群|群里|群|这里|这个|此|每日|每日摘要|摘要|推送|消息|信息"
    "|通知|日报|每天|的|再|给|要|我要|我想|想|先|都|全部|以后|今后|现在|立即|马上|收到|发|it|this|the|me|us|now|please|thanks"
    "|thank you|digest|daily|messages|sending|from|to|here|all|一下|到|在|用|做|和|点|条|份".split("|")
)
_WONDERING = frozenset(
    "怎么|如何|怎样|怎么样|能|可以|能不能|可不可以|能否|可否|是否|吗|么|呢|不|别|没|不想|不要|什么|是什么|是|功能|有|没有|支持"
    "|how|do|i|can|what|is|not|don't|dont|want|when|why|为什么|为何|什么时候|几点|时间|哪里|怎么办|不了|无法|成功".split("|")
)
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
        return Unreadable("bad date", unreadable or max(limits)), None
    text = _without_limit(text)
    return _command(plain(text), text, companies or {}), days[limits.pop()]


def _without_limit(text: str) -> str:
    """The text as typed without its limit; in one width where only that shows the limit."""
    return _AS_OF.sub(" ", text if _AS_OF.search(text) else plain(text)).strip()


def _command(typed: str, text: str, companies: Mapping[str, str]) -> Command:
    """A command, or a question, of plain text and the same as typed."""
    cited = read_citation(typed)
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
        _unsubscribe(bare)
        or _subscribe(said, text)
        or _company(said, text)
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


def _company(said: str, text: str) -> Command | None:
    found = _COMPANY.fullmatch(said)
    if not found:
        return None
    named = _ENDS.sub("", found[1])
    if code := code_in(named):
        return SetCompany(code)
    if named in _ALL:
        return SetCompany(None)
    is_setting = said.startswith(_COMPANY_WORDS) and not named
    # 公司 followed by words is a question about the company, not a setting.
    return Unreadable("how to set company") if is_setting or named.isdigit() else None


def _subscribe(said: str, text: str) -> Command | None:
    found = _SUBSCRIBE.fullmatch(said)
    if not found:
        return None
    word, rest = found[1], found[2].strip()
    plan = parse_plan(rest)
    if plan is not None:
        return Subscribe(plan)
    if not rest:
        return Unreadable("how to subscribe")
    if consists_of(rest, _BESIDE | _WONDERING, _LONGEST_WORD):
        return Unreadable("how to subscribe")
    # 订阅收入是多少 is a question about the company's subscriptions.
    if word == "subscribe" or is_like_a_plan(rest):
        return Unreadable("bad time" if re.search(r"\w", rest) else "how to subscribe", rest)
    return None


def _unsubscribe(said: str) -> Command | None:
    """The end of the digest, or how to end it where that is asked or denied."""
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
    except ValueError:
        return None
