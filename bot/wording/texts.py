"""The bot's sentences in a language, by key, and how it names records, questions and days.

The sentences stand in `texts.<language>.toml`, for translators. Quotations are official words and
stay as they are in every language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path

from bot.commands import Plan
from bot.config import Lang
from bot.message import Hit
from bot.record import Question, Record


@cache
def sentences(lang: Lang) -> Mapping[str, str]:
    """Every sentence of a language, with `{names}` of what is filled in; read when first used."""
    file = Path(__file__).with_name(f"texts.{lang}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Texts:
    """Sentences and names in one language."""

    lang: Lang = "zh"

    def text(self, key: str, **values: object) -> str:
        """One sentence; the values are put in as they are."""
        return sentences(self.lang)[key].format(**values)

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in sentences(self.lang)

    def listed(self, items: Iterable[str]) -> str:
        """`可转债、下修`."""
        return self.text("list mark").join(items)

    def head(self, record: Record, whole: bool = True) -> str:
        """`卫宁健康（300253）2025-04-28 业绩说明会`.

        Args:
            record: Whose words.
            whole: All of its activities; else the first one.
        """
        when = "、".join(
            self.period(dates_.start_iso, dates_.end_iso) for dates_ in record.event_dates
        )
        activity = record.activity if whole else next(iter(record.activities), "")
        return f"{record.company_name}（{record.company_code}）{when} {activity}".rstrip()

    def period(self, start: str, end: str) -> str:
        """`2025-04-28`, `2024-05-07 至 2024-05-31`; `2026-07` is said to have no day."""
        printed = [
            self.text("month only", year=int(item[:4]), month=int(item[5:]))
            if len(item) == len("2026-07")
            else item
            for item in dict.fromkeys((start, end))
        ]
        if len(printed) == 1:
            return printed[0]
        return self.text("range", start=printed[0], end=printed[1])

    def form(self, record: Record) -> str:
        """What a record is: the exchange's form, or rows of tables."""
        if record.is_written:
            return self.text("form, written")
        return self.text("form, table" if record.is_from_table else "form")

    def row_dates(self, question: Question) -> str:
        """`提问日2025-04-28 回复日2025-04-29` of a row; what a date is, is said."""
        said = []
        if question.asked_at:
            said.append(self.text("asked on", day=question.asked_at[:10]))
        if question.answered_at:
            kind = question.dated_by or "day"
            said.append(self.text(f"dated by {kind}", day=question.answered_at[:10]))
        return " ".join(said)

    def record_no(self, record: Record) -> str:
        """`编号2025-003`."""
        if record.is_written:
            return ""
        if record.record_no:
            return self.text("record no", no=record.record_no)
        return self.text("no record no")

    def question_name(self, hit: Hit, part: bool = True) -> str:
        """`第24问第2小问（共3小问）`, `第3问（原文无编号）`, `公司介绍（第3段）`."""
        item = hit.question
        if item.is_narrative:
            return self.text("told at", no=item.number)
        name = self.text("question no", no=item.number)
        if item.is_from_table:
            return name
        if item.printed_number is None:
            name += self.text("unnumbered")
        elif item.printed_number != item.number:
            name += self.text("printed as", session=item.session or "", no=item.printed_number)
        if part and hit.part:
            name += self.text("part no", no=hit.part, all=len(item.parts))
        return name

    def day(self, day: date) -> str:
        """`2026-11-25（周三）`."""
        weekday = self.text("weekdays").split()[day.weekday()]
        return self.text("day", date=day, weekday=weekday)

    def instant(self, at: datetime) -> str:
        """`2026-11-25（周三） 09:00`."""
        return f"{self.day(at.date())} {at:%H:%M}"

    def plan(self, plan: Plan, tz: tzinfo) -> str:
        """`A股交易日 09:00（北京时间，Asia/Shanghai）每日摘要，仅新增`."""
        zone = str(tz)
        what = self.text("plan, desk" if plan.desk else "plan, digest")
        if plan.new_only:
            what += self.text("plan, new only")
        if plan.companies:
            what += self.text("plan, companies", companies="、".join(plan.companies))
        days = self.text("every day" if plan.every_day else "trading days")
        if plan.weekdays:
            names = self.text("weekdays").split()
            only = self.listed(names[day] for day in plan.weekdays)
            days = self.text("some days", days=days, weekdays=only)
        return self.text(
            "plan",
            days=days,
            at=plan.at.isoformat("minutes"),
            zone=self.text("Beijing", zone=zone) if zone == "Asia/Shanghai" else zone,
            what=what,
        )
