"""Numbers, ids and codes: which question or record is named.

Such a text is a row of tokens – id, code, 编号, number, part, day – with words around them that say
nothing more (第3问是什么, 请给我看). What holds any other word is no reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.commands.values import Command, Show, ShowLatest, ShowRecord, Unreadable
from bot.numerals import chinese_number

_YEARS = range(1900, 2100)  # 2024 alone is no question's number
ONE_AT_A_TIME = Unreadable("one at a time")

# Codes as traders write them: SZ300253, 300253.SZ, sz.300253, $卫宁健康(SZ300253)$.
_EXCHANGE = "(?:s[zhs]|bj|xshe|xshg)"
_TICKER = re.compile(
    rf"(?<![a-z0-9]){_EXCHANGE}\s*[.:]?\s*(\d{{6}})(?!\d)"
    rf"|(?<!\d)(\d{{6}})\s*[.:]\s*{_EXCHANGE}(?![a-z])"
)

_NUMERAL = r"(?:\d{1,9}|[零一二三四五六七八九十百两]{1,7})"
_TENS = r"[一二三四五六七八九十]{1,3}"
_MARK = r"(?:question(?: no\.?)?|answer|#第|问题|提问|序号|编号|no\.?|[第#q])"
_ITS_WORD = r"(?:个?(?:问题|提问|问|题|条)|号(?:问题|问)?)"
_SMALL = r"(?:\s*(?:\.|第)\s*(\d{1,2})(?!\d)(?:小问|小题)?)?"
DAY = r"\d{4}(?:-\d{2}-\d{2}|[/.]\d{1,2}[/.]\d{1,2}|年(?:\d{1,2}月(?:\d{1,2}日)?)?|-\d{2}(?!\d))"
NESTED = r"(?:[^()]|\([^()]*\))*"

# What stands around a reference: the bot's own labels, what people say beside one, marks.
_LABELS = (
    r"投资者关系活动记录表",
    r"查看答复|for an answer|\(末尾是问题序号\)|\(it ends in the question's number\)",
    r"同题此前答复|same question answered before|同题|same matter",
    r"此[前后]:|later:|before:|,?节选|,? excerpt",
    r"第\d+题相近|near your question \d+",
    r"【您问的第[\d、]+题】|\[your question [\d、]+\]",
    rf"\({NESTED}原编号{NESTED}\)|\(printed as {NESTED}\)",
    r"\(原文无编号\)|\(not numbered in the record\)|无编号|no number",
    r"\(原文未写具体日期\)|\(the record gives no day\)|\(已更正\)|\(corrected\)",
    r"\(?共\d+小?问\)?|\d+ questions|列出其中\d+问|\d+ of them here|至|(?<![a-z])to(?![a-z])",
)
_SAID_BESIDE = (
    r"请问|请|麻烦|帮我|帮忙|帮|给我|我要|我想|想|要|那|就|选|回复|公司",
    r"看一?下|看看|查看|看|查询|查一?下|查|打开|显示|发一?下|发我?|一下|这个|的|内容",
    r"答复|(?:公司)?(?:是)?怎么(?:回)?答的?|回答|答案|是什么|是啥|怎么说的?",
    r"[说讲]了(?:些)?什么|[说讲]的(?:是)?什么|股票代码|证券代码|股票|代码",
    r"code|please|pls|show|me|open|the|of|what is|what's|answer to|and|[和跟与及]",
    r"多谢|谢谢|感谢|thanks?(?: you)?|了|吧|呢|吗|啊|呀|哦|嘛|哈|啦|咯|喽|嗯",
)
_MARKS = r"[\s.,:;!?。、~…·\-—_|/()\[\]<>《》【】「」“”\"'‘’*`$&＊]"
ACTIVITY = (
    r"业绩说明会|特定对象调研|分析师会议|媒体采访|新闻发布会|路演活动|现场参观|电话会议|现场调研|线上会议|投资者接待日"
    r"|网上说明会|其他"
)

_TOKEN = re.compile(
    "|".join(
        (
            r"(?P<id>\d{6}\s*/\s*(?!第)(?:\([^\s#@()]*\)|[^\s#@,;:!?、。()])+"
            rf"(?:\s*#\s*\d{{1,9}}{_SMALL})?)",
            r"(?P<code>(?<!\d)\d{6}(?!\d))",
            rf"(?P<day>(?<!\d){DAY})",
            *_LABELS,
            rf"(?P<part>(?:第\s*(?:\d{{1,2}}|{_TENS})\s*(?:小问|小题)|part \d{{1,2}})"
            r"(?:\s*\(共\d+小问\)| of \d+)?)",
            r"(?:记录)?编号:?\s*(?P<record_no>(?=\S*\d)(?=\d*[^\s\d#第])[^\s#第()、。;!?,]{1,40})",
            r"(?P<printed_no>(?<!\d)\d{4}-\d{3}(?!\d))",
            rf"(?P<number>{_MARK}\s*{_NUMERAL}\s*{_ITS_WORD}?{_SMALL}"
            rf"|\d{{1,9}}\s*(?:号?问题?|题|条){_SMALL})",  # 两个问题 names none
            rf"(?P<bare>(?<!\d)\d{{1,4}}(?!\d){_SMALL})",
            r"(?P<whole>全文|完整(?:的)?(?:答复|回答)|full text|whole)",
            rf"(?P<activity>{ACTIVITY})",
            *_SAID_BESIDE,
            _MARKS,
        )
    )
)
# As the bot writes it; the 编号 in it may hold any mark.
_FULL_ID = re.compile(r"((?:全文|full text)\s*)?(\d{6}/[^\s#]+)#(\d{1,9})(?:\.(\d{1,2}))?")
_PARAGRAPH = re.compile(
    r"((?:全文|full text)\s*)?(\d{6}/[^\s#]+)?\s*"
    rf"(?:#\s*p\s*(\d{{1,4}})|#?\s*第({_NUMERAL})段|#?\s*段(\d{{1,4}}))(?:公司介绍)?{_MARKS}*"
)
_ID = re.compile(rf"(\d{{6}})\s*/\s*([^#]+?)\s*(?:#\s*(\d{{1,9}}){_SMALL})?")
_IN_NUMBER = re.compile(rf"\D*?({_NUMERAL})\s*{_ITS_WORD}?{_SMALL}")


@dataclass
class _Named:
    """What the tokens of a text name, each spelling of it once."""

    ids: set[tuple[str, str]] = field(default_factory=set)  # code, number of the record
    codes: set[str] = field(default_factory=set)
    record_nos: set[str] = field(default_factory=set)
    days: list[str] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)
    bare: set[int] = field(default_factory=set)  # numbers without a mark
    parts: set[int] = field(default_factory=set)
    whole: bool = False
    activity: bool = False


def with_codes(text: str, companies: Mapping[str, str]) -> str:
    """Plain text with the code in place of a company's name and of a trader's spelling.

    >>> with_codes("$卫宁健康(sz300253)$ 第3问", {"卫宁健康": "300253"}).split()
    ['$', '300253', '(', '300253', ')$', '第3问']
    """
    for name in sorted(companies, key=len, reverse=True):
        if name in text and not name.isdigit():
            text = text.replace(name, f" {companies[name]} ")
    return _TICKER.sub(lambda found: f" {found[1] or found[2]} ", text)


def code_in(text: str) -> str | None:
    """The one company code that a plain text is, marks and repeats aside."""
    codes = codes_in(text)
    return codes[0] if len(codes) == 1 else None


def codes_in(text: str) -> tuple[str, ...]:
    """The company codes that a plain text is, marks and repeats aside; none where it is more."""
    codes = dict.fromkeys(re.findall(r"(?<!\d)\d{6}(?!\d)", text))
    rest = re.sub(r"\d{6}|股票代码|证券代码|股票|代码|code|" + _MARKS, "", text)
    # 和 joins several, and is no part of one.
    if len(codes) > 1:
        rest = re.sub(r"和|及|与|and", "", rest)
    return () if rest else tuple(codes)


def read_reference(text: str) -> Command | None:
    """The question or record that a plain text names, codes in place of names; else None."""
    if exact := _FULL_ID.fullmatch(text):
        part = int(exact[4]) if exact[4] else None
        return Show(int(exact[3]), part, exact[2], whole=bool(exact[1]))
    if paragraph := _PARAGRAPH.fullmatch(text):
        return _paragraph(paragraph)
    named = _Named()
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or not _take(named, token):
            return None
        at = token.end()
    return _wanted(named)


def _paragraph(found: re.Match[str]) -> Command | None:
    """`300253/2025-002#p3`, `第3段`."""
    number = chinese_number(found[3] or found[4] or found[5])
    if number is None:
        return None
    return Show(number, None, found[2], whole=bool(found[1]), is_paragraph=True)


def _take(named: _Named, token: re.Match[str]) -> bool:
    """Note what a token names; False where it cannot be one."""
    said = token[0]
    match token.lastgroup:
        case "id":
            found = _ID.fullmatch(said)
            if not found:
                return False
            named.ids.add((found[1], found[2].rstrip(".")))
            named.numbers |= {int(found[3])} if found[3] else set()
            named.parts |= {int(found[4])} if found[4] else set()
        case "code":
            named.codes.add(said)
        case "day":
            named.days.append(iso(said))
        case "record_no" | "printed_no":
            named.record_nos.add(token[token.lastgroup].rstrip(".,:"))
        case "part":
            numeral = re.search(r"\d+|[一二三四五六七八九十]+", said)
            named.parts.add(chinese_number(numeral[0]) or 0 if numeral else 0)
        case "number" | "bare":
            return _take_number(named, said, is_bare=token.lastgroup == "bare")
        case "whole":
            named.whole = True
        case "activity":
            named.activity = True
    return True


def _take_number(named: _Named, said: str, is_bare: bool) -> bool:
    found = _IN_NUMBER.fullmatch(said)
    number = chinese_number(found[1]) if found else None
    if found is None or number is None or (is_bare and number in _YEARS):
        return False
    (named.bare if is_bare else named.numbers).add(number)
    named.parts |= {int(found[2])} if found[2] else set()
    return True


def _wanted(named: _Named) -> Command | None:
    numbers = named.numbers | named.bare
    codes = named.codes | {code for code, _ in named.ids}
    if len(named.ids) > 1 or len(named.numbers) > 1 or len(named.parts) > 1:
        return ONE_AT_A_TIME
    if len(codes) > 1:
        return ONE_AT_A_TIME
    if len(numbers) > 1 or len(named.record_nos) > 1:
        return None
    record_id = next((f"{code}/{no}" for code, no in named.ids), None)
    place = {
        "record_id": record_id,
        # An id says it all.
        "company_code": next(iter(codes), None) if record_id is None else None,
        "record_no": next(iter(named.record_nos), None) if record_id is None else None,
        "day": named.days[-1] if named.days and record_id is None else None,
    }
    if numbers:
        part = next(iter(named.parts), None)
        return Show(
            numbers.pop(),
            part,
            place["record_id"],
            named.whole,
            place["company_code"],
            place["record_no"],
            place["day"],
        )
    if named.whole or named.parts:
        return None
    return _record(place, named)


def _record(place: Mapping[str, str | None], named: _Named) -> Command | None:
    if place["record_id"] or place["record_no"]:
        return ShowRecord(**place)
    code = place["company_code"]
    if code and named.days:
        return ShowRecord(**place)
    return ShowLatest(code) if code and not named.activity else None


def iso(printed: str) -> str:
    """`2025-04-28`, or `2026-07`, of a day as typed."""
    pieces = re.findall(r"\d+", printed)
    return "-".join([pieces[0], *(piece.zfill(2) for piece in pieces[1:])])
