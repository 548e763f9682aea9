"""Who keeps the records that an index speaks of: the index itself holds no text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Protocol

from bot.matching.events import Events
from bot.matching.passages import company_names
from bot.record import Question, Record


class Shelf(Protocol):
    """The records that may be shown; of each the entries that a segment counts, by key."""

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Company code → its code and names (passages.company_names)."""

    @property
    def newest(self) -> date:
        """The last day of the newest event; `date.min` where there is none."""

    def record(self, key: int) -> Record:
        """The record of an entry as it may be shown; its questions may be loaded later."""

    def questions(self, wanted: Sequence[tuple[int, int]]) -> list[Question]:
        """The questions at these places: an entry's key, and the number in it."""

    def words(self, key: int) -> Record:
        """Exactly the words that were counted of an entry, also of one that may not be shown: to
        take off what they spell. Nobody sees them."""

    def records_named(self, text: str) -> frozenset[str]:
        """Ids of the records that a normalised message names by number or by event."""


class RecordShelf:
    """Records that are in hand, under the keys 1, 2, 3 …"""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records = tuple(records)
        self._numbered: dict[int, dict[int, Question]] = {}

    @property
    def entries(self) -> list[tuple[int, Record]]:
        """Each record under its key."""
        return list(enumerate(self.records, 1))

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        return company_names(self.records)

    @cached_property
    def newest(self) -> date:
        return max((record.last_event.end for record in self.records), default=date.min)

    def record(self, key: int) -> Record:
        return self.records[key - 1]

    def questions(self, wanted: Sequence[tuple[int, int]]) -> list[Question]:
        return [self._of(key)[number] for key, number in wanted]

    def words(self, key: int) -> Record:
        return self.record(key)

    def records_named(self, text: str) -> frozenset[str]:
        return self._events.named(text)

    @cached_property
    def _events(self) -> Events:
        return Events(
            (record.id, record.record_no, record.event_dates)
            for record in self.records
            if not record.is_written
        )

    def _of(self, key: int) -> Mapping[int, Question]:
        if key not in self._numbered:
            questions = reversed(self.record(key).questions)
            self._numbered[key] = {item.number: item for item in questions}
        return self._numbered[key]
