"""How much was asked, by day, and what was found unhelpful, by question; nobody's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.message import Band
from bot.store import Store


@dataclass(frozen=True)
class Day:
    """What became of a day's questions."""

    day: date
    bands: Mapping[Band, int]

    @property
    def count(self) -> int:
        return sum(self.bands.values())


@dataclass(frozen=True)
class Unhelpful:
    """What people said of an answer that did not help them."""

    question_id: str
    count: int
    last: str  # ISO instant
    reasons: tuple[tuple[str, int], ...]  # as the platform names them, most often first
    words: tuple[str, ...]  # what was written to it, newest first
    asked: tuple[str, ...]  # what had been typed, newest first


def by_day(store: Store, now: datetime, days: int) -> list[Day]:
    """The last days up to now, the newest first; days are those of its time zone."""
    last = [now.date() - timedelta(ago) for ago in range(-1, days)]
    since = [datetime.combine(day, time(), now.tzinfo) for day in reversed(last)]
    counted = store.bands(since)
    return [Day(day, bands) for day, bands in zip(last[1:], reversed(counted), strict=True)]


def by_question(rows: Iterable[Mapping[str, Any]]) -> list[Unhelpful]:
    """What was found unhelpful, the question that most did first.

    Args:
        rows: From `unhelpful`, oldest first.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["question_id"], []).insert(0, row)
    found = [
        Unhelpful(
            question_id,
            len(own),
            own[0]["asked_at"],
            tuple(Counter(reason for row in own for reason in row["reasons"]).most_common()),
            tuple(dict.fromkeys(row["words"] for row in own if row["words"])),
            tuple(dict.fromkeys(row["text"] for row in own if row["text"])),
        )
        for question_id, own in groups.items()
    ]
    found.sort(key=lambda item: item.last, reverse=True)
    return sorted(found, key=lambda item: -item.count)
