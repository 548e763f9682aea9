"""Answers that name a day by which something was to be, and that day is near or past."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.message import Hit
from bot.record import Question, Record
from bot.wording.outlook import Outlook, outlooks

SOON = 30  # days ahead, where nobody says how many


@dataclass(frozen=True)
class Due:
    """An answer or a paragraph, with those of its dates that are near or past."""

    hit: Hit
    dates: tuple[Outlook, ...]  # the earliest first

    @property
    def first(self) -> date:
        return self.dates[0].until

    def is_past(self, today: date) -> bool:
        """Whether one of the dates has passed, as the notice then says."""
        return self.first < today


def _place(item: Due) -> tuple[date, str, bool, int]:
    unit = item.hit.question
    return item.first, item.hit.record.id, unit.is_narrative, unit.number


def read_dates(record: Record, unit: Question) -> tuple[Outlook, ...]:
    """What an answer or a paragraph says of the time after its event, each date once."""
    found = outlooks(unit.answer, record.last_event.end)
    return tuple({item.printed: item for item in found}.values())


class DatesRead:
    """What `read_dates` found, kept for as long as the words are the same."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int, tuple[Outlook, ...]]] = {}

    def __call__(self, record: Record, unit: Question) -> tuple[Outlook, ...]:
        key, words = (record.id, unit.place), hash((unit.answer, record.last_event.end))
        known = self._kept.get(key)
        if known is None or known[0] != words:
            known = self._kept[key] = words, read_dates(record, unit)
        return known[1]


def due(
    records: Iterable[Record],
    today: date,
    within: int = SOON,
    read: Callable[[Record, Question], Iterable[Outlook]] = read_dates,
) -> list[Due]:
    """What is past, or passes in so many days, the oldest date first.

    Args:
        records: As they may be shown.
        today: The local date.
        within: Days from today, that day included.
        read: Finds the dates of an answer.
    """
    last = today + timedelta(days=within)
    found = []
    for record in records:
        for unit in (*record.questions, *record.paragraphs):
            near = sorted(
                (item for item in read(record, unit) if item.until <= last),
                key=lambda item: item.until,
            )
            if near:
                found.append(Due(Hit(record, unit, 1.0), tuple(near)))
    return sorted(found, key=_place)
