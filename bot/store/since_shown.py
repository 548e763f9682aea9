"""What the words were that somebody was shown, and what became of them since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from bot.errors import NotFoundError
from bot.record import Question, Record
from bot.store.evidence import Shown
from bot.store.records import Stored, Version
from bot.store.states import State, States

# hidden: withdrawn, held, paused, not public or replaced by another record: no reply shows it now.
Became = Literal["", "corrected", "hidden"]
_Words = tuple[str, str]  # question and answer


@dataclass(frozen=True)
class Since:
    """Of one row of evidence."""

    words: tuple[_Words, ...]  # as they stood in the version that was shown
    became: Became = ""
    corrected_at: datetime | None = None  # since when another version may be shown
    version: int | None = None  # that version, which says otherwise
    hidden_by: tuple[State, ...] = ()


class SinceShown:
    """Looks at the store as it is at an instant, at each version once."""

    def __init__(self, store: States, now: datetime) -> None:
        """now: the bot's clock."""
        self._now = now
        self._store = store
        self._judge = cache(self._judged)
        self._version = cache(self._read)
        self._current: Callable[[str], Stored] = cache(
            lambda record_id: store.record(record_id, now)
        )
        self._versions: Callable[[str], list[Version]] = cache(
            lambda record_id: store.versions(record_id, now)
        )

    def of(self, shown: Shown) -> Since:
        """What the words were, and whether they still hold."""
        record_id, _, place = shown.target.partition("#")
        return self._judge(record_id, shown.places or ((place,) if place else ()), shown.version)

    def _judged(self, record_id: str, places: tuple[str, ...], version: int) -> Since:
        told = self._version(record_id, version)
        if told is None:
            return Since(())
        words = _words(told, places)
        by = self._hidden_by(record_id, places)
        if other := self._corrected(record_id, version, places, words):
            at = max(other.imported_at, other.publication.at or other.imported_at)
            return Since(words, "corrected", at, other.number, by)
        return Since(words, "hidden" if by else "", hidden_by=by)

    def _corrected(
        self, record_id: str, shown: int, places: Sequence[str], words: tuple[_Words, ...]
    ) -> Version | None:
        """The first version that said otherwise, unless what is shown now says the same again."""
        versions = self._versions(record_id)
        now = next(item.number for item in versions if item.is_shown)
        differing = [
            item
            for item in versions
            if shown < item.number <= now
            and not self._is_same(record_id, item.number, places, words)
        ]
        return differing[0] if differing and differing[-1].number == now else None

    def _is_same(
        self, record_id: str, number: int, places: Sequence[str], words: tuple[_Words, ...]
    ) -> bool:
        record = self._version(record_id, number)
        return record is not None and _words(record, places) == words

    def _hidden_by(self, record_id: str, places: Sequence[str]) -> tuple[State, ...]:
        stored = self._current(record_id)
        units = self._store.states_of_units(stored)
        states = [
            *self._store.states(stored, self._now),
            *(
                state
                for place in dict.fromkeys(item.partition(".")[0] for item in places)
                for state in units.get(place, ())
            ),
        ]
        # What waits for its publication hides nothing that is shown.
        return tuple(
            state
            for state in states
            if state.kind != "corrected" and state.version in (None, stored.version)
        )

    def _read(self, record_id: str, number: int) -> Record | None:
        try:
            return self._store.version(record_id, number)
        except NotFoundError:
            return None


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
