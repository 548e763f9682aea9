"""What was announced after which questions and paragraphs, whatever version is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.record import Announcement, Record
from bot.store.connection import Connection
from bot.store.hidden import Withdrawal, hidden_units
from bot.store.ids import normal_id


@dataclass(frozen=True)
class Announced:
    """One announcement, and the question or paragraph that it is bound to."""

    unit: Withdrawal
    announcement: Announcement


def announced(db: Connection) -> dict[str, list[Announced]]:
    """Those that hold, by record id in normal form."""
    found: dict[str, list[Announced]] = {}
    for row in db.query("SELECT * FROM announcements WHERE undone_at IS NULL ORDER BY id"):
        record_id, _, place = row["target"].partition("#")
        one = Announcement(row["no"], row["title"], date.fromisoformat(row["day"]), row["url"])
        unit = Withdrawal(row["id"], place, row["words"])
        found.setdefault(normal_id(record_id), []).append(Announced(unit, one))
    return found


def announced_of(
    record: Record, noted: Sequence[Announced]
) -> tuple[tuple[str, tuple[Announcement, ...]], ...]:
    """By place, those of a record's questions and paragraphs."""
    by_id = {item.unit.id: item.announcement for item in noted}
    return tuple(
        (place, tuple(by_id[unit.id] for unit in units))
        for place, units in _by_place(record, noted).items()
    )


def rows_at(record: Record, place: str, no: str, noted: Iterable[Announced]) -> list[int]:
    """The rows that hold an announcement of this number at a place."""
    of_no = [item for item in noted if item.announcement.no == no]
    return [unit.id for unit in _by_place(record, of_no).get(place, ())]


def _by_place(record: Record, noted: Iterable[Announced]) -> dict[str, tuple[Withdrawal, ...]]:
    return dict(hidden_units(record, [item.unit for item in noted]))
