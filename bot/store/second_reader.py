"""What a second reader said, for a day, and what its opinion was found to be worth.

Nothing that was typed is kept: an opinion lies under a hash of what the reader was asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.connection import File, first, instant

_KEPT = timedelta(days=1)

Ratios = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Trial:
    """One measurement of a reader."""

    worth: Ratios
    refused: str  # why it is not to count; empty: it may
    at: datetime


class SecondReaders(File):
    """A reader is known by a name that holds its model, its address and what it is told."""

    def reader_opinion(self, key: str, now: datetime) -> tuple[int | None, bool] | None:
        """Which choice it picked and whether it was sure; a pick of None: it said nothing that can
        be read. None where it was not asked within a day."""
        row = first(
            self._db(),
            "SELECT pick, is_sure FROM reader_opinions WHERE key = ? AND at > ?",
            key,
            instant(now - _KEPT),
        )
        return (row["pick"], bool(row["is_sure"])) if row else None

    def add_reader_opinion(self, key: str, pick: int | None, is_sure: bool, now: datetime) -> None:
        """Keep what it said for a day; older opinions go."""
        with self.database.transaction(alone=False) as db:
            db.execute("DELETE FROM reader_opinions WHERE at <= ?", [instant(now - _KEPT)])
            opinion = {"key": key, "pick": pick, "is_sure": int(is_sure), "at": instant(now)}
            db.table("reader_opinions").upsert(opinion, pk="key")

    def add_reader_trial(
        self, reader: str, caution: str, worth: Ratios, refused: str, now: datetime
    ) -> None:
        """Keep what a measurement found, in the place of those before."""
        with self.database.transaction() as db:
            own = [reader, caution]
            db.execute("DELETE FROM reader_trials WHERE reader = ? AND caution = ?", own)
            db.execute(
                "INSERT INTO reader_trials (reader, caution, worth, refused, at) "
                "VALUES (?, ?, ?, ?, ?)",
                [*own, json.dumps(worth), refused, instant(now)],
            )

    def reader_trial(self, reader: str, caution: str) -> Trial | None:
        """What the last measurement of a reader found, at a caution."""
        row = first(
            self._db(),
            "SELECT worth, refused, at FROM reader_trials WHERE reader = ? AND caution = ?",
            reader,
            caution,
        )
        if row is None:
            return None
        return Trial(json.loads(row["worth"]), row["refused"], datetime.fromisoformat(row["at"]))
