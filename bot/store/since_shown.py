"""What the words were that somebody was shown, and what became of them since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Literal

from bot.errors import NotFoundError
from bot.record import Question, Record
from bot.store.evidence import Shown
from bot.store.records import Records, Stored, Version

# hidden: withdrawn, held, not public or replaced by another record: no reply shows it now.
Became = Literal["", "corrected", "hidden"]
_Words = tuple[str, str]  # question and answer


@dataclass(frozen=True)
class Since:
    """Of one row of evidence."""

    words: tuple[_Words, ...]  # as they stood in the version that was shown
    became: Became = ""
    corrected_at: datetime | None = None  # when another version came that says otherwise
    version: int | None = None  # that version


class SinceShown:
    """Looks at the store as it is now, at each version once."""

    def __init__(self, store: Records, now: datetime) -> None:
        self._now = now
        self._store = store
        self._version = cache(self._read)
        self._versions: Callable[[str], list[Version]] = cache(store.versions)

    def of(self, shown: Shown) -> Since:
        """What the words were, and whether they still hold."""
        record_id, _, place = shown.target.partition("#")
        places = shown.places or ((place,) if place else ())
        told = self._version(record_id, shown.version)
        if told is None:
            return Since(())
        words = _words(told, places)
        since = next(
            (
                version
                for version in self._versions(record_id)
                if version.number > shown.version
                and not self._is_same(record_id, version.number, places, words)
            ),
            None,
        )
        if since:
            return Since(words, "corrected", since.imported_at, since.number)
        return Since(words, "hidden" if self._is_hidden(record_id, places) else "")

    def _is_same(
        self, record_id: str, number: int, places: Sequence[str], words: tuple[_Words, ...]
    ) -> bool:
        record = self._version(record_id, number)
        return record is not None and _words(record, places) == words

    def _is_hidden(self, record_id: str, places: Sequence[str]) -> bool:
        stored = self._current.get(record_id)
        if stored is None or not stored.may_be_shown(self._now):
            return True
        return any(stored.visible.unit(place.partition(".")[0]) is None for place in places)

    def _read(self, record_id: str, number: int) -> Record | None:
        try:
            return self._store.version(record_id, number)
        except NotFoundError:
            return None

    @cached_property
    def _current(self) -> dict[str, Stored]:
        return {stored.record.id: stored for stored in self._store.records()}


def _words(record: Record, places: Sequence[str]) -> tuple[_Words, ...]:
    """Question and answer of each place, of all questions where none is named."""
    if not places:
        return tuple((item.question, item.answer) for item in record.questions)
    return tuple(_of_place(record, place) for place in places)


def _of_place(record: Record, place: str) -> _Words:
    place, _, part = place.partition(".")
    unit = record.unit(place) or Question(0, "", "")
    number = int(part) if part.isdigit() else 0
    if unit.part(number):
        return unit.part_question(number) or "", unit.part_answer(number) or ""
    return unit.question, unit.answer
