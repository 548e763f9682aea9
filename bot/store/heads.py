"""Which records are stored, without their words: for lists of them all."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.connection import File
from bot.store.hidden import Hiding, hidings
from bot.store.publication import Publication


@dataclass(frozen=True)
class Head:
    """A record's newest version."""

    id: str
    company_name: str
    event_date: str
    version: int
    publication: Publication
    is_superseded: bool
    hidings: tuple[Hiding, ...]  # of it, of some of it and of its company; not undone


class Heads(File):
    """Newest event first."""

    def heads(self, sought: str, most: int, skip: int = 0) -> tuple[list[Head], int]:
        """Some of them, and how many there are.

        Args:
            sought: Part of an id or of a company's name; empty: all.
            most: So many of them.
            skip: After so many.
        """
        db = self._db()
        contains = db.engine.contains
        where = (
            "FROM records r JOIN versions v ON v.record_id = r.id AND v.version = "
            "(SELECT max(version) FROM versions WHERE record_id = r.id) "
            f"WHERE {contains('r.id', '?')} OR {contains('r.company_name', '?')}"
        )
        (count,) = db.execute(f"SELECT count(*) {where}", [sought, sought]).fetchone()
        decided = hidings(db)
        rows = db.query(
            "SELECT r.id, r.key, r.company_name, r.superseded_by, v.event_date, v.version, "
            f"v.published_at, v.is_draft {where} "
            "ORDER BY v.event_date DESC NULLS LAST, r.id LIMIT ? OFFSET ?",
            [sought, sought, most, skip],
        )
        found = [
            Head(
                row["id"],
                row["company_name"],
                row["event_date"] or "",
                row["version"],
                Publication.of(row),
                bool(row["superseded_by"]),
                decided.touching(row["key"]),
            )
            for row in rows
        ]
        return found, int(count)

    def pauses(self) -> list[Hiding]:
        """Those of companies and of everything that were not ended by anybody."""
        return hidings(self._db()).pauses()
