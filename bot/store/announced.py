"""What was announced after which questions and paragraphs, whatever version is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.record import Announcement, Record
from bot.store.connection import Connection
from bot.store.decided import unit_now
from bot.store.ids import normal_id


@dataclass(frozen=True)
class Announced:
    """One announcement, and the question or paragraph that it is bound to."""

    row: int
    place: str  # in the version that was shown then
    words: str  # of the question or paragraph
    announcement: Announcement

    def place_in(self, record: Record) -> str | None:
        """Where it belongs in a version; None: nothing there is the question any more."""
        unit = unit_now(record, self.place, self.words)
        return unit.place if unit else None


def announced(db: Connection) -> dict[str, list[Announced]]:
    """Those that hold, by record id in normal form."""
    found: dict[str, list[Announced]] = {}
    for row in db.query("SELECT * FROM announcements WHERE undone_at IS NULL ORDER BY id"):
        record_id, _, place = row["target"].partition("#")
        one = Announcement(row["no"], row["title"], date.fromisoformat(row["day"]), row["url"])
        noted = Announced(row["id"], place, row["words"], one)
        found.setdefault(normal_id(record_id), []).append(noted)
    return found


def announced_of(
    record: Record, noted: Sequence[Announced]
) -> tuple[tuple[str, tuple[Announcement, ...]], ...]:
    """By place, those of a record's questions and paragraphs."""
    found: dict[str, tuple[Announcement, ...]] = {}
    for item in noted:
        if place := item.place_in(record):
            found[place] = (*found.get(place, ()), item.announcement)
    return tuple(found.items())
