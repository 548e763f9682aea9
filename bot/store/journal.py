"""What people changed of what the bot says: who, when, what, and what it was before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.store.connection import Connection, File, insert, instant


@dataclass(frozen=True)
class Change:
    """One act of one person; kept for good."""

    id: int
    at: datetime
    who: str  # the operating system's or the desk's user
    what: str  # a word of the program: "withdraw", "hold", "alias approved" …
    target: str  # a record id, a question id, or what else it is of
    detail: dict[str, Any] = field(default_factory=dict)  # what is told of it, and what undoes it


def note(db: Connection, who: str, what: str, target: str, **detail: Any) -> int:
    """Keep a change in the transaction that makes it; returns its id."""
    row = {
        "at": instant(datetime.now(UTC)),
        "who": who,
        "what": what,
        "target": target,
        "detail": json.dumps(detail, ensure_ascii=False),
    }
    return insert(db, "journal", row)


def of_versions(db: Connection, record_id: str, *what: str) -> Iterator[tuple[int, Change]]:
    """What was done in one of these ways to versions of a record, each with the version's number,
    the last first."""
    rows = db.query(
        f"SELECT * FROM journal WHERE target = ? AND what IN ({', '.join('?' * len(what))}) "
        "ORDER BY id DESC",
        [record_id, *what],
    )
    for change in map(_change, rows):  # in SQL, PostgreSQL reads no JSON that tells of a NUL
        if "version" in change.detail:
            yield change.detail["version"], change


class Journal(File):
    """The changes, oldest first."""

    def changes(self, target: str = "") -> Iterator[Change]:
        """All, or those of one target and of what is in it: a record's questions, a company's
        records. What is done to a whole company, or to all, is of each of its records, too."""
        company = target.partition("/")[0] if "/" in target else target
        rows = self._db().stream(
            "SELECT * FROM journal WHERE ? = '' OR target = ? "
            "OR target LIKE ? ESCAPE '\\' OR target LIKE ? ESCAPE '\\' "
            "OR target IN (?, '*') AND what IN ('pause', 'resume') "
            "ORDER BY at, id",
            [target, target, f"{_escaped(target)}#%", f"{_escaped(target)}/%", company],
        )
        return map(_change, rows)

    def last_changes(self, most: int, before: int | None = None) -> list[Change]:
        """The newest first; with `before`, those that were made before the one of that id."""
        rows = self._db().query(
            "SELECT * FROM journal WHERE CAST(? AS BIGINT) IS NULL OR id < ? "
            "ORDER BY id DESC LIMIT ?",
            [before, before, most],
        )
        return list(map(_change, rows))


def _change(row: dict[str, Any]) -> Change:
    return Change(
        row["id"],
        datetime.fromisoformat(row["at"]),
        row["who"],
        row["what"],
        row["target"],
        json.loads(row["detail"]),
    )


def _escaped(text: str) -> str:
    """For LIKE with this escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
