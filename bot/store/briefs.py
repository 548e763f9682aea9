"""What is known of the shown version of every record without its words: one query for all of them.

A store may hold sixty thousand records; whoever lists, counts or limits them reads this, and the
words of those alone that somebody looks at (loading.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from bot.record import Record
from bot.store.connection import Connection
from bot.store.publication import Publication


class Brief(NamedTuple):
    """A record's version that is shown, or the newest of one that is not public yet."""

    id: str
    key: str  # the id in normal form
    company_code: str
    superseded_by: str | None
    version_id: int
    version: int
    newest: int  # version; a higher one waits for its publication
    base: int | None  # of written answers that grew: the version that they grow from
    event_date: str
    imported_instant: str
    published_instant: str | None
    is_draft: int
    company_name: str
    record_no: str | None
    days: str
    is_written: bool

    @property
    def last_day(self) -> date:
        """Of the event, or of the written answers."""
        return max(end for _, end in self.spans())

    def spans(self) -> Iterator[tuple[date, date]]:
        """The first and the last day of each activity."""
        for span in self.days.split(" "):
            start, _, end = span.partition("/")
            yield date.fromisoformat(start), date.fromisoformat(end)

    @property
    def imported_at(self) -> datetime:
        return datetime.fromisoformat(self.imported_instant)

    @property
    def publication(self) -> Publication:
        at = self.published_instant
        return Publication(datetime.fromisoformat(at) if at else None, bool(self.is_draft))

    @property
    def shown_since(self) -> str:
        """The instant, UTC, from which these words could be shown."""
        return max(self.imported_instant, self.published_instant or "")

    def is_public(self, at: str) -> bool:
        """Whether it may be shown at an instant, in UTC as the store has it."""
        return not self.is_draft and (self.published_instant or "") <= at


def columns(record: Record) -> dict[str, Any]:
    """What the table of versions keeps of a record for its brief."""
    return {
        "company_name": record.company_name,
        "record_no": record.record_no,
        "days": " ".join(f"{dates.start}/{dates.end}" for dates in record.event_dates),
        "is_written": int(record.is_written),
    }


_FEW = 1_000  # records; of more all are read anew
_AT_ONCE = 500  # records of one query

_COLUMNS = (
    "r.id, r.key, r.company_code, r.superseded_by, v.id, v.version, r.newest, v.base, "
    "v.event_date, v.imported_at, v.published_at, v.is_draft, v.company_name, v.record_no, v.days, "
    "v.is_written"
)
_NEWEST = "(SELECT max(version) FROM versions WHERE record_id = records.id) AS newest"
_PUBLIC = (
    "(SELECT max(version) FROM versions WHERE record_id = records.id AND is_draft = 0 "
    "AND (published_at IS NULL OR published_at <= ?)) AS public"
)


def briefs(db: Connection, at: str) -> list[Brief]:
    """Of every record, newest event first, as of an instant in UTC as the store has it."""
    return _read(db, f"{_NEWEST}, {_PUBLIC}", "coalesce(r.public, r.newest)", [at])


class Briefs:
    """Those of every record, kept, so that after a change only what it is of is read again: the
    journal says of which records. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[Brief] = []
        self._at, self._history = "", 0
        self._last: int | None = None  # row of the journal up to which they are read

    def get(self, db: Connection, at: str, history: int) -> list[Brief]:
        """As `briefs`; `history`: the database's (`Database.history`)."""
        if db.in_transaction:  # what it did may be undone
            return briefs(db, at)
        with self._lock:
            # First: what is written meanwhile is read again the next time.
            (last,) = db.execute("SELECT coalesce(max(id), 0) FROM journal").fetchone()
            changed = self._changed(db, at) if history == self._history else None
            if changed is None:
                self._known = briefs(db, at)
            elif changed:
                kept = [item for item in self._known if item.id not in changed]
                kept += _of(db, changed, at)
                kept.sort(key=attrgetter("id"))
                kept.sort(key=attrgetter("event_date"), reverse=True)
                self._known = kept
            self._at, self._last, self._history = at, last, history
            return self._known

    def _changed(self, db: Connection, at: str) -> Set[str] | None:
        """The ids of the records of which anything may be otherwise now; None: of too many."""
        if self._last is None or at < self._at:
            return None
        rows = db.execute(
            "SELECT target FROM journal WHERE id > ? UNION SELECT record_id FROM versions "
            "WHERE published_at IS NOT NULL AND published_at > ? AND published_at <= ? LIMIT ?",
            [self._last, self._at, at, _FEW + 1],
        ).fetchall()
        if len(rows) > _FEW:
            return None
        return {target.partition("#")[0] for (target,) in rows}


def _of(db: Connection, ids: Set[str], at: str) -> list[Brief]:
    marks = ", ".join("?" * len(ids))
    found = f"{_NEWEST}, {_PUBLIC}"
    return _read(db, found, "coalesce(r.public, r.newest)", [at, *ids], f"WHERE id IN ({marks})")


def newest_briefs(db: Connection) -> list[Brief]:
    """Of every record's newest version, newest event first."""
    return _read(db, _NEWEST, "r.newest", [])


def _read(
    db: Connection, found: str, version: str, values: Sequence[str], where: str = ""
) -> list[Brief]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM (SELECT id, key, company_code, superseded_by, {found} "
        f"FROM records {where}) r JOIN versions v {db.engine.indexed_by('versions_briefs')} "
        f"ON v.record_id = r.id AND v.version = {version} "
        "ORDER BY v.event_date DESC NULLS LAST, r.id",
        values,
    )
    return [Brief._make(row) for row in rows.fetchall()]


def grown(db: Connection, shown: Iterable[Brief]) -> dict[int, list[tuple[int, str | None]]]:
    """For each version of written answers that grew, the versions that it is made of, the first
    one first, each with the numbers that it says otherwise than those before it."""
    own = [brief for brief in shown if brief.base is not None]
    found: dict[int, list[tuple[int, str | None]]] = {}
    for start in range(0, len(own), _AT_ONCE):
        some = own[start : start + _AT_ONCE]
        rows = db.execute(
            "WITH whole (id, record_id, base, version) AS "
            f"(VALUES {', '.join(['(?, ?, ?, ?)'] * len(some))}) "
            "SELECT w.id, v.id, v.changed FROM whole w CROSS JOIN versions v "
            f"{db.engine.indexed_by('versions_briefs')} WHERE v.record_id = w.record_id "
            "AND v.version BETWEEN w.base AND w.version ORDER BY w.id, v.version",
            [value for one in some for value in (one.version_id, one.id, one.base, one.version)],
        )
        for whole, part, changed in rows:
            found.setdefault(whole, []).append((part, changed))
    return found
