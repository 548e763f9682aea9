"""Figures and dates of two answers side by side, for the desk's eyes: what is told otherwise.

A figure is of the metric that its clause names last before it, and of the period that its sentence
names last before it. Two figures are put side by side where the metric, the unit and what they
measure (the sum, or its change on the year or the quarter) are the same and the metrics are named
alike; two dates where their sentences are. Nothing is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz

from bot.matching.lexicon import Lexicon
from bot.matching.text import normalise
from bot.wording.dates import Period, periods
from bot.wording.outlook import outlooks

_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_CLAUSE = re.compile(r"(?:[^，,：:（）()]|(?<=\d),(?=\d))+")
_FIGURE = re.compile(
    r"(?<![\d.,~～A-Za-z-])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\s*"
    r"(?P<unit>个百分点|百分点|%|％|‰|万亿元?|亿美元|亿元|亿|万美元|万元|万|元|美元|倍"
    r"|人|名|家|项|台|套|件|只|片|吨|股|平方米|GW|MW|kW|GWh|MWh)(?!度)"
)
_CHANGE = re.compile("同比|环比|较上年|较去年|比上年|比去年|增长|下降|增加|减少|提升|下滑|上升")
_NAME = re.compile(r"[㐀-鿿A-Za-z]{0,8}$")  # of what a metric is: 海外业务|收入
_ALIKE = 70  # rapidfuzz ratio of two names, or of two sentences with dates, 0-100
_DATE = (-1, "", "")
_SAME_UNIT = {"％": "%", "百分点": "个百分点", "亿": "亿元", "万": "万元", "万亿": "万亿元"}


@dataclass(frozen=True)
class Figure:
    """One figure of an answer, as printed."""

    metric: str  # as its clause names it: 海外业务收入
    period: str  # as printed; empty: none is named
    printed: str  # 12.3 亿元


@dataclass(frozen=True)
class Difference:
    """What an earlier and a later answer say of one thing."""

    metric: str  # empty: a date
    before: Figure
    after: Figure


@dataclass(frozen=True)
class _Read:
    figure: Figure
    key: tuple[int, str, str]  # metric, unit, kind of change
    context: str  # of a date: its sentence without numbers
    until: date = date.min  # of a date


def differences(
    before: str, before_day: date, after: str, after_day: date, lexicon: Lexicon
) -> list[Difference]:
    """Figures, then dates, that are told otherwise, in the later answer's order.

    Args:
        before: The earlier answer.
        before_day: The day of its event.
        after: The later answer.
        after_day: The day of its event.
        lexicon: Names the metrics.
    """
    told = list(_figures(before, before_day, lexicon))
    found = [
        Difference(new.figure.metric, old.figure, new.figure)
        for new, old in _pairs(list(_figures(after, after_day, lexicon)), told)
        if _bare(old.figure) != _bare(new.figure)
    ]
    then = list(_dates(before, before_day))
    found += [
        Difference("", old.figure, new.figure)
        for new, old in _pairs(list(_dates(after, after_day)), then)
        if old.until != new.until
    ]
    return list(dict.fromkeys(found))


def _bare(figure: Figure) -> str:
    return "".join(f"{figure.printed} {figure.period}".split())


def _pairs(new: Sequence[_Read], old: Sequence[_Read]) -> Iterator[tuple[_Read, _Read]]:
    """Each new one with the old one of its kind that is named likest, the likest first; each
    once."""
    alike = [
        (_likeness(item, other), -at, -before)
        for at, item in enumerate(new)
        for before, other in enumerate(old)
        if item.key == other.key
    ]
    pairs: dict[int, int] = {}
    for score, at, before in sorted(alike, reverse=True):
        if score >= _ALIKE and -at not in pairs and -before not in pairs.values():
            pairs[-at] = -before
    for at, before in sorted(pairs.items()):
        yield new[at], old[before]


def _likeness(one: _Read, other: _Read) -> float:
    if one.key == _DATE:
        return fuzz.ratio(one.context, other.context)
    return fuzz.ratio(one.figure.metric, other.figure.metric)


def _figures(text: str, event: date, lexicon: Lexicon) -> Iterator[_Read]:
    for sentence in _SENTENCE.findall(text):
        named = list(periods(sentence, event))
        metric: tuple[int, str] | None = None
        done = 0  # where the figure before ends
        for clause in _CLAUSE.finditer(sentence):
            for match in _FIGURE.finditer(clause[0]):
                said, place = clause[0][: match.start()], clause.start() + match.start()
                since = max((end for _, end in _places(named) if end <= place), default=0)
                own = sentence[max(since, done, clause.start()) : place]
                done = clause.start() + match.end()
                metric = _metric(own, lexicon) or _metric(said, lexicon) or metric
                if metric is None or any(start <= place < end for start, end in _places(named)):
                    continue
                unit = _SAME_UNIT.get(match["unit"], match["unit"])
                figure = Figure(metric[1], _period(named, place), match[0].strip())
                yield _Read(figure, (metric[0], unit, _kind(said)), "")


def _kind(said: str) -> str:
    """Of what a figure is: a sum, or the change of one."""
    changes = _CHANGE.findall(said)
    return "" if not changes else "环比" if "环比" in changes else "同比"


def _dates(text: str, event: date) -> Iterator[_Read]:
    for sentence in _SENTENCE.findall(text):
        for item in outlooks(sentence, event):
            figure = Figure("", "", item.printed)
            yield _Read(figure, _DATE, re.sub(r"[\d.,%\s]", "", sentence), item.until)


def _metric(said: str, lexicon: Lexicon) -> tuple[int, str] | None:
    """The metric that is named last: its line, and what it is of."""
    text = normalise(said)
    found = list(lexicon.metrics.find(text))
    if not found:
        return None
    start, end, line = found[-1]
    before = _NAME.search(text[:start])
    return line, (before[0] if before else "") + text[start:end]


def _period(named: Sequence[Period], place: int) -> str:
    before = [item.printed for item in named if item.at[1] <= place]
    return before[-1] if before else ""


def _places(named: Sequence[Period]) -> list[tuple[int, int]]:
    return [item.at for item in named]
