"""What a text pins down: years, quarters, figures, what a figure is of, companies, direction.

`conflicts` compares what is asked with what is stored. A conflict never answers; it may offer.
Relative words count from the clock in a message and from the event in a record: 今年, asked in
2026, is not the 今年 of a record of 2025.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from bot.matching.aside import is_aside
from bot.matching.lexicon import Lexicon

_YEAR = re.compile(
    r"(?<![\d.])(20[0-4]\d|19[89]\d)(?!\d|\.\d|[%亿万元台人家个项])"
    r"|(?<![\d.])([012]\d)年(?!内|以|来|前|后)|\bfy\s?(\d\d)(?!\d)"
    r"|(二[零〇o][一二三四零〇][零〇一二三四五六七八九])年?|(?<![十一二三四五六七八九])(二[一二三四五六七八九])年"
)
_RELATIVE = {
    "前年": -2, "去年": -1, "上一年": -1, "上年": -1, "last year": -1, "今年": 0, "本年": 0,
    "this year": 0, "明年": 1, "来年": 1, "next year": 1, "后年": 2,
}  # fmt: skip
_RELATIVE_WORD = re.compile("|".join(_RELATIVE))
_NOW = re.compile(  # and not 项目前景, 实现在手, 何时下修, 当下降, 实现今年
    "截至目前|(?<![项科题])目前|当前|现阶段|(?<![实体表呈出展发])现(?:在|今(?!年))|现如今|如今(?!年)|眼[下前]"
    "|(?:(?<![项科题])目|当)下(?![降滑跌游半调行达])|当今|此刻|最近|近[期来]|近日|今[天日](?!益)"
    "|这阵子|这会儿|这段时间|这几天|这两天|这几个月|at present|currently"
    r"|(?<![a-z])(?:right now|now|nowadays|today|recently|lately|these days)(?![a-z])"
)
_SPAN = re.compile(r"(?<!\d)(?:20)?(\d\d)(?:年)?\s*[-~—–至到]+\s*(?:20)?(\d\d)年")
_QUARTER = re.compile(
    r"(?:第?([一二三四1234])季度?(?!末以)|(?<![a-z])q([1-4])(?!\d)|(?<!\d)([1-4])q|([上下])半年|([上本下])个?季度?)"
)
_STALE = 365  # days after which a record is not 目前
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "零": 0, "〇": 0, "o": 0, "五": 5, "六": 6,
           "七": 7, "八": 8, "九": 9}  # fmt: skip
_FIGURE = re.compile(
    r"(?<![\d.a-z])(\d+(?:\.\d+)?)\s*"
    r"(%|个百分点|亿|万|千瓦时|千瓦|元|美元|倍|台|套|人|家|吨|件|股|mw|gw|kw|kv|mm|nm|gb|tb|寸|平方|项|款)"
)
_AMOUNT = re.compile(
    r"多少(?!年)|几(?:个|家|台|套|人|名|款|成|亿|万|百|千|吨|条|倍|股|块)|多大|占比|比例|比率|率是|数量|金额|"
    r"规模(?:是|有)|几成|百分之|价格|单价|how many|how much|duoshao|人数|总额"
)
_MONEY = re.compile(
    r"多少(?:钱|亿|万|元|块)|几(?:个亿|亿|万|块)|金额|单价|价格|售价|总价|卖多少|总额|how much"
)
_WHEN = re.compile(
    r"什么时候|啥时候|何时|哪天|哪年|哪个月|几月|几号|时间表|多久|when\b|什么时间|时间点|开始时间"
)
_QUANTITY = re.compile(  # at the end of a message
    "(?:率|占比|比例|比重|数量?|金额|额|收入|营收|成本|规模|产能|价格?|单价|均价|人数|销量|费用|利润|份额|时间|期限?|多少"
    "|几[个家台亿成])[?!。]*$"
)
_HAS_FIGURE = re.compile(r"\d|[一二三四五六七八九十百千]+(?:成|倍|个|家|亿|万|分之)")
_HAS_MONEY = re.compile(r"(?<!\d)\d[\d.,]*+\s*(?:万|亿|元|美元|港元|欧元|千)")
_HAS_DATE = re.compile(
    r"\d{4}|\d+\s*[年月日]|[一二三四]季度|[上下]半年|年底|年内|明年|今年|去年|[一二三四五六七八九十]+月|q[1-4]|近期|尽快|择机"
)


@dataclass(frozen=True)
class Facets:
    """What one text pins down."""

    years: frozenset[int] = frozenset()
    quarters: frozenset[int] = frozenset()  # 1-4; 5 and 6 are the halves
    figures: frozenset[str] = frozenset()
    metrics: frozenset[int] = frozenset()  # lines of the lexicon
    companies: frozenset[str] = frozenset()
    direction: int = 0  # 1 up, -1 down, 0 neither or both
    asks: frozenset[str] = frozenset()  # "amount", "money", "when"
    gives: frozenset[str] = frozenset()
    now: bool = False  # 目前
    quantity: bool = False  # ends in the name of a quantity
    aside: bool = False  # about the share's future, what to buy, or the bot
    day: date = date.min  # on which it was said


def read_facets(text: str, day: date, lexicon: Lexicon) -> Facets:
    """The facets of normalised text, said on a day."""
    found = {line for _, _, line in lexicon.directions.find(text)}
    return Facets(
        years=years(text, day),
        quarters=_quarters(text, day),
        figures=frozenset(match[1] for match in _FIGURE.finditer(text)),
        metrics=frozenset(line for _, _, line in lexicon.metrics.find(text)),
        companies=frozenset(text[start:end] for start, end, _ in lexicon.companies.find(text)),
        direction=found.pop() if len(found) == 1 else 0,
        asks=_named(text, amount=_AMOUNT, money=_MONEY, when=_WHEN),
        gives=given(text),
        now=bool(_NOW.search(text)),
        quantity=bool(_QUANTITY.search(text.strip())),
        aside=is_aside(text),
        day=day,
    )


def _named(text: str, **patterns: re.Pattern[str]) -> frozenset[str]:
    return frozenset(name for name, pattern in patterns.items() if pattern.search(text))


def years(text: str, day: date) -> frozenset[int]:
    """Every year that a text names, relative ones counted from a day.

    >>> sorted(years("去年和2021年,fy24", date(2026, 1, 5)))
    [2021, 2024, 2025]
    """
    found: set[int] = set()
    for full, short, fiscal, long_words, words in _YEAR.findall(text):
        if full:
            found.add(int(full))
        elif short or fiscal:
            found.add(2000 + int(short or fiscal))
        else:
            numerals = (long_words or words)[-2:]
            found.add(2000 + 10 * _DIGITS[numerals[0]] + _DIGITS[numerals[1]])
    for match in _SPAN.finditer(text):
        first, last = 2000 + int(match[1]), 2000 + int(match[2])
        found |= set(range(first, last + 1)) if last - first < 10 else set()
    found |= {day.year + _RELATIVE[word] for word in _RELATIVE_WORD.findall(text)}
    return frozenset(found)


def _quarters(text: str, day: date) -> frozenset[int]:
    found: set[int] = set()
    for ordinal, after, before, half, near in _QUARTER.findall(text):
        number = ordinal or after or before
        if number:
            found.add(_DIGITS[number] if number in _DIGITS else int(number))
        elif half:
            found.add(5 if half == "上" else 6)
        elif near:
            step = {"上": -1, "本": 0, "下": 1}[near]
            found.add(((day.month - 1) // 3 + step) % 4 + 1)
    return frozenset(found)


def given(text: str) -> frozenset[str]:
    """What of "amount", "money" and "when" a normalised text gives."""
    return _named(text, amount=_HAS_FIGURE, money=_HAS_MONEY, when=_HAS_DATE)


@dataclass(frozen=True)
class Stored:
    """A stored question with its answer, whose facets are read when they are wanted, and when they
    were said."""

    asked: str  # normalised, as all here
    said: str  # question and answer
    day: date
    lexicon: Lexicon = field(repr=False)

    @cached_property
    def question(self) -> Facets:
        return read_facets(self.asked, self.day, self.lexicon)

    @cached_property
    def both(self) -> Facets:
        return read_facets(self.said, self.day, self.lexicon)

    @cached_property
    def text(self) -> str:
        """Question and answer without spaces and commas."""
        return self.said.replace(" ", "").replace(",", "")


def conflicts(asked: Facets, stored: Stored, own: Collection[str]) -> list[str]:
    """What is asked and stored otherwise, by name: year, quarter, figure, metric, company …

    Args:
        asked: The message's facets, counted from the clock.
        stored: The record's, counted from its event.
        own: Names of the stored question's own company.
    """
    found = []
    # What nothing is asked of is not read: reading facets is dear, and most messages pin nothing.
    if asked.years and not asked.years & _known_years(stored):
        found.append("year")
    if asked.quarters and not asked.quarters & _held_quarters(stored):
        found.append("quarter")
    if asked.now and (asked.day - stored.day).days > _STALE:
        found.append("now")
    if any(figure not in stored.text for figure in asked.figures):
        found.append("figure")
    if asked.metrics and not asked.metrics & stored.both.metrics:
        found.append("metric")
    if any(name not in stored.text and name not in own for name in asked.companies):
        found.append("company")
    if (
        asked.direction
        and stored.question.direction == -asked.direction
        and asked.metrics & stored.question.metrics
    ):
        found.append("direction")
    return found


def _quarters_around(day: date) -> frozenset[int]:
    """What an answer that names no quarter speaks of: that of its event and the one before."""
    quarter = (day.month - 1) // 3 + 1
    return frozenset({quarter, quarter - 1 or 4})


def _known_years(stored: Stored) -> frozenset[int]:
    named = stored.both.years or {stored.day.year - 1}
    return frozenset({*named, stored.day.year})


def _held_quarters(stored: Stored) -> frozenset[int]:
    quarters = stored.both.quarters or _quarters_around(stored.day)
    return quarters | {5 if quarter < 3 else 6 for quarter in quarters if quarter < 5}
