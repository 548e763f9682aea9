"""The records that an index speaks of, as they may be shown: read when somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

from bot.matching.events import Events
from bot.matching.passages import company_names
from bot.record import EventDate, Question, Record
from bot.store import Shown, Store


class StoreShelf:
    """A store's records; an entry's key is that of a version (`bot.matching.shelf.Shelf`)."""

    def __init__(self, store: Store, shown: Shown) -> None:
        self._store = store
        self._shown = shown

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Company code → its code and names."""
        return company_names(self._shown.briefs)

    @cached_property
    def newest(self) -> date:
        """The last day of the newest event; `date.min` where there is none."""
        return max(map(self._last_day, range(len(self._shown.briefs))), default=date.min)

    def _last_day(self, at: int) -> date:
        brief = self._shown.briefs[at]
        if brief.is_written and any(self._shown.live[key] for key in self._shown.keys[at]):
            return self._shown.stored[at].record.last_event.end  # the last may be hidden
        return brief.last_day

    def record(self, key: int) -> Record:
        """The record of an entry as it may be shown; its questions are read later."""
        return self._shown.stored[self._places[key]].record

    def questions(self, wanted: Sequence[tuple[int, int]]) -> list[Question]:
        """The questions at these places: an entry's key, and the number in it."""
        return self._store.questions(wanted)

    def words(self, key: int) -> Record:
        """Exactly the words that were counted of an entry, also of one that may not be shown."""
        return self._store.entry(key)

    def records_named(self, text: str) -> frozenset[str]:
        """Ids of the records that a normalised message names by number or by event."""
        if not any(map(str.isdecimal, text)):  # neither names one without a digit
            return frozenset()
        return self._events.named(text)

    @cached_property
    def _events(self) -> Events:
        return Events(self._filed())

    def _filed(self) -> Iterator[tuple[str, str | None, Sequence[EventDate]]]:
        for brief in self._shown.briefs:
            if not brief.is_written:
                dates = [EventDate(start, end, "day", "") for start, end in brief.spans()]
                yield brief.id, brief.record_no, dates

    @cached_property
    def _places(self) -> Mapping[int, int]:
        """Of each key the place of its record."""
        return {key: at for at, keys in enumerate(self._shown.keys) for key in keys}
