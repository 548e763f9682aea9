"""What state a record and each of its questions is in: by whom, since when, why, what ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from bot.record import Question
from bot.store.hidden import EVERYTHING, Hiding
from bot.store.hiding import undo_command
from bot.store.journal import of_versions
from bot.store.publication import Publication
from bot.store.records import Records, Stored

# In the order in which they are told where a question is in several.
StateKind = Literal[
    "withdrawn", "held", "paused", "superseded", "draft", "scheduled", "corrected", "shown"
]
_OF_HIDING: Mapping[str, StateKind] = {"withdraw": "withdrawn", "hold": "held", "pause": "paused"}


@dataclass(frozen=True)
class State:
    """One thing that is the case, until somebody or time ends it."""

    kind: StateKind
    target: str  # an id that may be typed: a record, a question, a paragraph, a company, `*`
    who: str = ""  # empty: not known
    at: datetime | None = None  # since when
    reason: str = ""
    until: datetime | None = None  # when it ends by itself
    version: int | None = None  # of which it is the case; None: of whatever is shown
    todo: str = ""  # the command that ends it


def chief(states: Iterable[State]) -> StateKind:
    """The one word for several: why it is in no reply, or that it is."""
    kinds = {state.kind for state in states if state.kind != "corrected" and not _is_waiting(state)}
    return next((kind for kind in get_args(StateKind) if kind in kinds), "shown")


def _is_waiting(state: State) -> bool:
    """Whether it is of a correction, while the words before it are shown."""
    return state.version is not None and state.kind in ("draft", "scheduled")


class States(Records):
    """Told to the desk alone."""

    def states(self, stored: Stored, now: datetime) -> list[State]:
        """What is the case of a record as a whole, at an instant of the bot's clock."""
        record_id = stored.record.id
        found = [_of_hiding(item, item.target) for item in stored.hidden_whole(now)]
        if stored.superseded_by:
            todo = f"irbot restore-version {record_id} {stored.version}"
            by = self._changed(record_id, stored.version, "supersede")
            found.append(
                State("superseded", record_id, *by, reason=stored.superseded_by, todo=todo)
            )
        if not stored.is_public(now):
            found.append(self._unpublished(record_id, stored.version, stored.publication, False))
        for waiting in stored.pending:
            found.append(self._unpublished(record_id, waiting.number, waiting.publication, True))
        if stored.version > 1 and (not stored.record.is_written or self._corrected_places(stored)):
            found.append(self._correction(record_id, stored.version, record_id))
        return found

    def states_of_units(self, stored: Stored) -> dict[str, list[State]]:
        """What is the case of single questions and paragraphs, by place (`4`, `p3`)."""
        record = stored.record
        found = {
            place: [_of_hiding(item, f"{record.id}#{place}") for item in own]
            for place, own in stored.hidden.items()
        }
        for place in self._corrected_places(stored):
            state = self._correction(record.id, stored.version, f"{record.id}#{place}")
            found.setdefault(place, []).append(state)
        return found

    def _corrected_places(self, stored: Stored) -> list[str]:
        """Places of what the version before says in other words. A company's written answers only
        grow with every export: what is new in them corrects nothing."""
        if stored.version == 1:
            return []
        record = stored.record
        version = self.version(record.id, stored.version - 1)
        before = {unit.place: _words(unit) for unit in (*version.questions, *version.paragraphs)}
        return [
            unit.place
            for unit in (*record.questions, *record.paragraphs)
            if before.get(unit.place) != _words(unit)
            and (unit.place in before or not record.is_written)
        ]

    def _unpublished(
        self, record_id: str, version: int, publication: Publication, is_waiting: bool
    ) -> State:
        who, at = self._changed(record_id, version, "publish", "import", "replace")
        return State(
            "draft" if publication.is_draft else "scheduled",
            record_id,
            who,
            at,
            until=publication.at,
            version=version if is_waiting else None,
            todo=f"irbot publish {record_id}",
        )

    def _correction(self, record_id: str, version: int, target: str) -> State:
        who, at = self._changed(record_id, version, "replace", "restore-version")
        todo = f"irbot restore-version {record_id} {version - 1}"
        return State("corrected", target, who, at, version=version, todo=todo)

    def _changed(self, record_id: str, version: int, *what: str) -> tuple[str, datetime | None]:
        """By whom, and when, a version was last changed in one of these ways."""
        found = of_versions(self._db(), record_id, *what)
        return next(
            ((change.who, change.at) for number, change in found if number == version), ("", None)
        )


def _of_hiding(hiding: Hiding, target: str) -> State:
    return State(
        _OF_HIDING[hiding.kind],
        "*" if target == EVERYTHING else target,
        hiding.who,
        hiding.at,
        hiding.reason,
        hiding.until,
        todo=undo_command(hiding.kind, target),
    )


def _words(unit: Question) -> tuple[str, str]:
    return unit.question, unit.answer
