"""The periods that a text speaks of: a year, a half or a quarter of it.

Stricter than the guards of facets.py, which compare a message with a question and its answer: a
paragraph of figures names its period, and 2024年 is not 2024年上半年.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bot.matching.facets import years

_YEAR = (
    r"(?P<year>(?<![\d.])(?:20[0-4]\d|[012]\d(?=年))(?!\d|\.\d|[%亿万元台人家个项])"
    r"|二[零〇o]?[一二三四零〇]?[零〇一二三四五六七八九]年|[前去上今本明]一?年)"
)
_PART = (  # 半年 alone is the first one: 半年度 in a title
    r"(?P<half>[上下]?半年|中报|first half|second half"
    r"|(?<![a-z\d])h[12](?![a-z\d])|(?<!\d)[12]h(?![a-z\d]))"
    r"|(?P<quarter>[一二三四1-4]季|(?<![a-z])q[1-4](?!\d)|(?<!\d)[1-4]q)"
)
_NAMED = re.compile(f"{_YEAR}|{_PART}")
_JOINED = 3  # characters between a year and its part: `年度前`
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}


class Period(NamedTuple):
    """A year, or a part of it."""

    year: int
    part: int  # 0: the year; 1 to 4 a quarter, or as many from the first on; 5 and 6 a half


@lru_cache(maxsize=4096)
def periods(text: str, day: date) -> frozenset[Period]:
    """Every period that normalised text names, said on a day.

    A part without a year is of the year named before it; `前三季度` counts as 三季度.

    >>> sorted(periods("2024年上半年增长,二季度下降;去年", date(2024, 8, 17)))
    [Period(year=2023, part=0), Period(year=2024, part=2), Period(year=2024, part=5)]
    """
    found: list[Period] = []
    year, end = day.year, -_JOINED - 1
    for match in _NAMED.finditer(text):
        if match["year"]:
            named = years(match["year"] + "年", day)
            if named:
                year, end = max(named), match.end()
                found.append(Period(year, 0))
            continue
        if 0 <= match.start() - end <= _JOINED:
            found.pop()
        end = -_JOINED - 1
        found.append(Period(year, _part(match)))
    return frozenset(found)


def _part(match: re.Match[str]) -> int:
    if half := match["half"]:
        return 6 if re.search("下|2|second", half) else 5
    digit = re.sub(r"\D", "", match["quarter"])
    return int(digit) if digit else _QUARTERS[match["quarter"][0]]
