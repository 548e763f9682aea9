"""What is searched: each stored question, and each part of a compound one, as a passage.

Other words that people taught for a question stand beside it in its passage: messages are compared
with them, guards see the question alone, and nobody is shown them.

Paragraphs of narratives are passages too, searched apart. In place of a question they have the
period that the narrative begins with, where they name no year themselves: `2024年上半年` for
`毛利率方面，公司上半年毛利率为45.05%`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Protocol

from bot.matching.text import normalise, sentences
from bot.record import Question, Record

# Endings of short names that people leave out; what is left must not be a word of its own.
_ENDING = re.compile(
    "(?:健康|集团|电工|威视|股份|科技|数据|存储|新材|材料|电气|电子|能源|医疗|医药|药业|证券|银行|重工|智能"
    "|信息|软件|通信|汽车|环境|生物|光电|实业|控股|电力|电器|食品|化学|化工|机械|精密|半导体)$"
)
_WORD = re.compile(
    "中国|[东南西北][方部]|北京|上海|广州|深圳|天津|重庆|国际|长城|华[东南]|中原|第一|世纪|创新|新能|时代"
    "|先进|精密|通用|高新|智能|数据|医疗|信息|科技|环球|民生|生物|汽车|电子"
)

WHOLE = -1  # in place of a part's number

_COMPANIES = 10_000  # whose names are kept; 5,400 are listed

Place = tuple[str, int, int | None]  # record id, number and part of a question

_PERIOD = re.compile(r"20\d\d\s?年(?:度?前?(?:第?[一二三四]季度|[上下]?半年度?))?")
_LEADS = ("：", ":")


@dataclass(frozen=True)
class Passage:
    """A stored question, or a part of one, or a paragraph, as it is searched."""

    record: Record
    question: Question
    part: int | None = None
    period: str = ""  # of a paragraph that names no year: the first that its record names
    wordings: tuple[str, ...] = ()  # other ones of the question, as messages are read; never shown

    @cached_property
    def day(self) -> date:
        """When it was said: the last day of the event, or that of a written answer."""
        return self.question.day or self.record.last_event.end

    @property
    def place(self) -> tuple[int, int]:
        """By which the passages of a record are in order: the whole question, then its parts."""
        return self.question.number, WHOLE if self.part is None else self.part

    @property
    def order(self) -> tuple[int, str, int, int]:
        """By which equals are in order: the newest first, then as their records have them."""
        return -self.day.toordinal(), self.record.id, *self.place

    @cached_property
    def asked(self) -> str:
        if self.question.is_narrative:
            return self.period
        part = self.question.part_question(self.part) if self.part else None
        return part or self.question.question

    @cached_property
    def answered(self) -> str:
        part = self.question.part_answer(self.part) if self.part else None
        return part or self.question.answer


def passages(
    records: Iterable[Record], wordings: Mapping[Place, Sequence[str]] | None = None
) -> Iterator[Passage]:
    """Every question and part of the records, with the other words for it."""
    taught = wordings or {}
    for record in records:
        for question in record.questions:
            for part in (None, *(part.number for part in question.parts)):
                own = tuple(taught.get((record.id, question.number, part), ()))
                yield Passage(record, question, part, wordings=own)


def paragraphs(records: Iterable[Record]) -> Iterator[Passage]:
    """The narratives' paragraphs, but for those that only lead to what follows."""
    for record in records:
        period = ""
        for paragraph in record.paragraphs:
            named = _PERIOD.search(paragraph.answer)
            period = period or (named[0] if named else "")
            if not paragraph.answer.rstrip().endswith(_LEADS):
                yield Passage(record, paragraph, period="" if named else period)


def asked_pieces(passage: Passage) -> list[str]:
    """What a message is compared with by meaning: the question, and its sentences."""
    if passage.question.is_narrative:
        return []
    text = normalise(passage.asked)
    pieces = sentences(text)
    return [text, *pieces] if len(pieces) > 1 else [text]


def answered_pieces(passage: Passage) -> list[str]:
    return sentences(normalise(passage.answered))


class OfCompany(Protocol):
    """What a record says of its company, where the rest of it need not be loaded."""

    @property
    def company_code(self) -> str: ...

    @property
    def company_name(self) -> str: ...

    @property
    def is_written(self) -> bool: ...


def company_names(records: Iterable[OfCompany]) -> dict[str, tuple[str, ...]]:
    """The code, the short name and what is left of it without its ending, by code."""
    found: dict[str, tuple[str, ...]] = {}
    # An export may name a company in its own way; the filed name is the one that people use.
    for record in sorted(records, key=lambda record: record.is_written):
        if record.company_code not in found:
            found[record.company_code] = (record.company_code, *_called(record.company_name))
    return found


@lru_cache(maxsize=_COMPANIES)
def _called(company_name: str) -> tuple[str, ...]:
    """The names that people use for a company."""
    name = normalise(company_name)
    short = _ENDING.sub("", name)
    return tuple(
        item
        for item in dict.fromkeys((name, short))
        if len(item) >= 2 and not _WORD.fullmatch(item)
    )
