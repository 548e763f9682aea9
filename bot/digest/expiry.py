"""Answers that name a day by which something was to be, and that day is near or past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.message import Hit
from bot.record import Record
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


def due(records: Iterable[Record], today: date, within: int = SOON) -> list[Due]:
    """What is past, or passes in so many days, the oldest date first.

    Args:
        records: As they may be shown.
        today: The local date.
        within: Days from today, that day included.
    """
    last = today + timedelta(days=within)
    found = []
    for record in records:
        event = record.last_event.end
        for unit in (*record.questions, *record.paragraphs):
            dates = {item.printed: item for item in outlooks(unit.answer, event)}
            near = sorted(
                (item for item in dates.values() if item.until <= last),
                key=lambda item: item.until,
            )
            if near:
                found.append(Due(Hit(record, unit, 1.0), tuple(near)))
    return sorted(found, key=_place)
