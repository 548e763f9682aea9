"""By when what a company promised, planned or expected was to be: what makes an answer old.

A date that lies after the event looks ahead by itself, where the text names its year. Of a period
in which the event lies (今年, 2025年) and of a part of a year without its year, the words around it
tell: the first one after it that speaks of what is to come or of what is done, else one before it
in its clause. Names that hold a year (2025年年度报告, 2025年限制性股票激励计划) are no dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.wording.dates import Period, YearOf, periods

_READ = 4096  # texts whose dates are kept; to find them takes a third of a millisecond

_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_CLAUSE_END = re.compile(r"[，,：:]")
_CLAUSES = 2  # behind a period that begins its own, in which a word is looked for
_SUBJECT = 4  # characters before a period that begins its clause: `公司2025年`
_AGES_AGO = 90  # days: a part of a year that ended longer ago, and is expected, is the next year's

_EXPECTED = r"""
    预计 | 预期 | 估计 | 计划(?!书) | 拟(?!合) | 力争 | 争取 | 有望 | 希望 | 期望 | 期待 | 展望
  | 目标(?![客市群检类公司人]) | 准备 | 打算 | 可能(?!还?没|是?因|由于) | 力求 | 努力 | 确保
  | 相信 | 有信心 | 承诺 | 届时 | 着力
  | 仍(?!然?(?:是|为|存|处|未|有)) | 还要 | 应该 | 规划(?:在|于|到)
  | 继续(?!.{0,8}(?:增长|上升|上涨|下降|下滑|升值|贬值|改善|好转|平稳|稳定))
"""
_WILL = r"""
    将(?![军近]) | (?<![机社协大年东事展峰讨明布员学博览宴商工开融])会(?![议计员展晤谈所费诊不])
"""
_FORWARD = re.compile(f"{_EXPECTED} | {_WILL}", re.VERBOSE)
# 将 far before a period is another word: 将两者结合的产品就是今年推出的.
_LEADS_TO = re.compile(f"{_EXPECTED} | (?:{_WILL}) .{{0,3}} $", re.VERBOSE)
_DONE = re.compile(
    r"""
    已(?!知) | 曾 | 了(?![解如]) | 过(?=[，。；的一两三]) | 实现 | 同比 | 环比 | 达到?
  | 为\s*[-\d约] | 取得 | 完成 | 发布 | 推出[的了] | 较好 | 良好 | 不错 | 下滑 | 出现 | 主要系
  | 主要是 | 所致 | 受.{1,15}影响 | 较上 | 比去 | 相比 | 截[至止] | [累合共]计
    """,
    re.VERBOSE,
)
# What is to happen, where the day itself lies ahead.
_EVENT = re.compile(
    "投产|量产|交付|上线|落地|竣工|建成|建设|开工|启动|上市|发货|发放|验收|达产|试产|投入|投运|推出|披露|召开|举行|实施|到期"
)
_MONTH = re.compile(r"[\d一二三四五六七八九十]{1,2}\s*月")
_FINISHED = re.compile(r"已经?|了(?![解如])")
# Neither: asked, denied, or so every year.
_OPEN = re.compile(
    r"会不会|是否|能否|无法|难以|不对|未对|不确定|很难说|^\s*是|暂不|不做|未发布|未设"
    r"|通常|一般(?!性)|往往|历史上|每年|往年|惯例|季节性"
)
_NAME = re.compile(
    r"""\s*(?:年?度)?\s*(?:第[一二三四五六七八九十]+[次期])?\s*(?:临时)?\s*(?:[半季]?年?度)?
    (?:报告|年报|[一三]?季报|中报|财报|业绩[预快]报|业绩预告|业绩说明会|股东大?会|限制性股票|股票期权|股权激励
      |员工持股|激励计划|长效激励|利润分配|权益分派|向特定对象|非公开发行|版(?!本)|[一二三四]?季度?报)
    """,
    re.VERBOSE,
)
_SINCE = re.compile(r"\s*(?:[以之]来)")
_FROM = re.compile(r"\s*(?:以后|之后|后(?!续)|起|开始)")
_OPEN_END = re.compile(r"\s*(?:以后|之后|后(?!续))")
_TO = re.compile(r"\s*[-–—~～至到]\s*")


@dataclass(frozen=True)
class Outlook:
    """A date of a promise or an expectation, as printed, and its last day."""

    printed: str
    until: date


@lru_cache(maxsize=_READ)
def outlooks(text: str, event: date) -> tuple[Outlook, ...]:
    """What a text says of the time after the event, in order."""
    return tuple(
        item for found in _SENTENCE.finditer(text) for item in _of_sentence(found[0], event)
    )


def passed(text: str, event: date, today: date) -> tuple[str, ...]:
    """The printed dates of what was to come and has passed, each once, in order."""
    return tuple(
        dict.fromkeys(item.printed for item in outlooks(text, event) if item.until < today)
    )


def _of_sentence(sentence: str, event: date) -> Iterator[Outlook]:
    found = list(periods(sentence, event))
    last: Period | None = None
    is_carried = False  # the one before looks ahead
    for at, item in enumerate(found):
        before = sentence[last.at[1] if last else 0 : item.at[0]]
        after = sentence[item.at[1] : found[at + 1].at[0] if at + 1 < len(found) else None]
        meant = _meant(item, before, event)
        is_carried = (
            meant.end > event
            and not _is_name(sentence, meant)
            and not (last and _is_told(meant, last, before, event))
            and _looks_ahead(meant, sentence[: item.at[0]], before, after, event, is_carried)
        )
        if is_carried:
            yield Outlook(meant.printed, meant.end)
        last = item


def _meant(item: Period, before: str, event: date) -> Period:
    """The period in the year that is meant, where it is named by a part of a year alone."""
    if item.year_of is YearOf.ITSELF or item.end > event or not _is_expected(before):
        return item
    if item.year_of is YearOf.SENTENCE:
        item = item.moved(event.year - item.end.year)
    if (event - item.end).days > _AGES_AGO:
        return item.moved(1)
    return item


def _is_told(item: Period, last: Period, before: str, event: date) -> bool:
    """Whether it is counted from another day than the event: 去年说的未来三年."""
    return item.is_counted and last.end <= event and not _CLAUSE_END.search(before)


def _looks_ahead(
    item: Period, said: str, before: str, after: str, event: date, is_carried: bool
) -> bool:
    """
    Args:
        item: A period that ends after the event.
        said: The sentence before it.
        before: What of that follows the period before it.
        after: What stands between it and the next one.
        event: Its day.
        is_carried: Whether the period before it looks ahead.
    """
    if _SINCE.match(after) or _OPEN_END.match(after) or _TO.fullmatch(after):
        return False
    is_later = item.start > event
    if is_later and item.year_of is YearOf.ITSELF:
        # What began before the event may be a sum of what was: 从2024年底到2025年中共派发.
        return not (said != before and _TO.fullmatch(before)) or _first_word(after, 2) is not False
    if (not is_later and _FROM.match(after)) or _OPEN.search(_clause(before)):
        return False
    if (is_later or item.is_deadline) and _is_to_happen(after, item):
        return True
    first = _first_word(after, _CLAUSES if len(_clause(before)) <= _SUBJECT else 1)
    if first is not None:
        return first or _is_expected(before)
    return _is_expected(before) or is_carried


def _first_word(after: str, clauses: int) -> bool | None:
    """Whether the first word behind a period that tells speaks of what is to come."""
    for clause in [clause for clause in _CLAUSE_END.split(after) if clause.strip()][:clauses]:
        words = [
            (match.start(), kind)
            for kind, pattern in ((True, _FORWARD), (False, _DONE), (False, _OPEN))
            for match in pattern.finditer(clause)
        ]
        if words:
            return min(words)[1] and not _FINISHED.search(clause)
    return None


def _is_to_happen(after: str, item: Period) -> bool:
    """Whether something stands behind it that is yet to happen: 三季度投产, 年内完成."""
    clause = _CLAUSE_END.split(after)[0]
    # A month alone may be the last year's.
    is_month = bool(_MONTH.match(item.printed)) and not item.is_deadline
    words = _EVENT.search(clause) or (item.is_deadline and re.search("实现|完成|达到?", clause))
    return (
        bool(words) and not is_month and not _FINISHED.search(clause) and not _OPEN.search(clause)
    )


def _is_expected(before: str) -> bool:
    """Whether a word before a period, in its clause, speaks of what is to come."""
    clause = _clause(before)
    return bool(_LEADS_TO.search(clause)) and not _FINISHED.search(clause)


def _clause(before: str) -> str:
    """The clause that a period stands in, as far as it stands before it; `公司预计，` with it."""
    *others, own = _CLAUSE_END.split(before)
    return own or (others[-1][-_SUBJECT:] if others else "")


def _is_name(sentence: str, item: Period) -> bool:
    start, end = item.at
    is_title = sentence.rfind("《", 0, start) > sentence.rfind("》", 0, start)
    return is_title or bool(_NAME.match(sentence, end))
