"""What goes along when another file takes a database's place: what waits to be said, and what was
said already, so that nothing is lost and nothing is said twice.

A copy put back may be from before a message was answered, and would answer it again. So every
message and post goes along, also what is done, and so does how far messages were fetched, what
people outside were told, and which answers were promised; of two rows under one key the one that
has come farther is true. Records, misses and all else are as the new file has them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bot.store import connection, sqlite
from bot.store.sqlite import Connection


@dataclass(frozen=True)
class _Table:
    name: str
    key: tuple[str, ...]
    farther: str = ""  # whether the old file's row, `excluded`, has come farther; empty: never


_TABLES = (
    _Table("inbox", ("key",), "inbox.state = 'new' AND excluded.state = 'done'"),
    _Table(
        "outbox",
        ("key",),
        "(outbox.state = 'ready' AND excluded.state != 'ready') OR "
        "(outbox.state = 'sending' AND excluded.state NOT IN ('ready', 'sending'))",
    ),
    _Table("handovers", ("id",)),  # others name a row by its number
    _Table(
        "digests",
        ("platform", "workspace", "channel", "day"),
        "digests.state IN ('claimed', 'skipped')",
    ),
    _Table("digest_items", ("platform", "workspace", "channel", "day", "item")),
    _Table(
        "evidence",
        ("post", "target", "kind"),
        "excluded.times > evidence.times OR evidence.fate IS NULL",
    ),
    # No order is known of cursors; one that is too early only fetches what the inbox has.
    _Table("cursors", ("platform", "workspace"), "true"),
    _Table(
        "customers",
        ("platform", "workspace", "channel", "user"),
        "excluded.heard_at >= customers.heard_at",
    ),
    _Table("streams", ("id",), "streams.body = ''"),
)
_WAIT = {"inbox": "state = 'new'", "outbox": "state IN ('ready', 'sending')"}


@dataclass(frozen=True)
class Waiting:
    """Keys of what waits in a file."""

    questions: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        return len(self.questions) + len(self.posts)


def waiting(db: connection.Connection) -> Waiting:
    """What is not answered and not posted yet, on either engine."""
    return Waiting(_keys(db, "inbox"), _keys(db, "outbox"))


def _keys(db: connection.Connection, table: str) -> frozenset[str]:
    if isinstance(db, sqlite.Connection) and not _columns(db.conn, table):
        return frozenset()  # the first versions had no such table
    return frozenset(key for (key,) in db.execute(f"SELECT key FROM {table} WHERE {_WAIT[table]}"))


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]


def carry_over(old: Connection, new: Connection) -> int:
    """Bring what was said and what waits from one file into the one that takes its place.

    Args:
        old: May be of an older or newer version of this program.
        new: In a transaction.

    Returns:
        How much of the old file's waits.
    """
    for table in _TABLES:
        columns = _shared_columns(old.conn, new.conn, table)
        if columns:
            _carry(old.conn, new.conn, table, columns)
    # What was built of the old file's generation is not of the new one's.
    (generation,) = old.execute("SELECT value FROM generation").fetchone()
    new.execute("UPDATE generation SET value = max(value, ?) + 1", [generation])
    # What was tried and not posted was shown to nobody.
    new.execute(
        "DELETE FROM digest_items WHERE EXISTS (SELECT 1 FROM digests d WHERE "
        "d.platform = digest_items.platform AND d.workspace = digest_items.workspace AND "
        "d.channel = digest_items.channel AND d.day = digest_items.day AND "
        "d.state IN ('failed', 'skipped'))"
    )
    return waiting(old).count


def _shared_columns(old: sqlite3.Connection, new: sqlite3.Connection, table: _Table) -> list[str]:
    theirs = _columns(old, table.name)
    return [
        name
        for name in _columns(new, table.name)
        if name in theirs and (name != "id" or name in table.key)
    ]


def _carry(
    old: sqlite3.Connection, new: sqlite3.Connection, table: _Table, columns: list[str]
) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in columns)
    rows: Iterable[tuple[object, ...]] = old.execute(
        f"SELECT {names} FROM {table.name} ORDER BY rowid"
    )
    insert = f"INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"
    new.executemany(
        f"INSERT {insert} ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {changes} "
        f"WHERE {table.farther}"
        if table.farther
        else f"INSERT OR IGNORE {insert}",
        rows,
    )


def leave_in_doubt(db: connection.Connection, but: Waiting, at: str) -> Waiting:
    """What waits in a database of an earlier day was said since, as far as anybody knows.

    Messages count as answered. Posts are what a kill leaves: looked up where the platform can
    tell, else neither repeated nor called sent. A reply in place of another one may be replaced
    itself, and a question at the desk be answered: these are not tried.

    Args:
        db: The database, in a transaction.
        but: What is known to wait.
        at: ISO instant.

    Returns:
        What it was.
    """
    left = waiting(db)
    doubtful = Waiting(left.questions - but.questions, left.posts - but.posts)
    db.executemany(
        "UPDATE inbox SET state = 'done', text = '', quoted = NULL, address = '{}', "
        "owner = NULL WHERE key = ?",
        [(key,) for key in doubtful.questions],
    )
    posts = [(key,) for key in doubtful.posts]
    db.executemany("UPDATE outbox SET owner = NULL, state = 'sending' WHERE key = ?", posts)
    rows = db.execute("SELECT key, address FROM outbox WHERE state = 'sending'").fetchall()
    not_tried = [
        (key,)
        for key, address in rows
        if key in doubtful.posts
        and (key.startswith("handover/") or json.loads(address).get("changes") is not None)
    ]
    db.executemany(
        "UPDATE outbox SET state = 'unknown', payload = '{}', address = '{}' WHERE key = ?",
        not_tried,
    )
    # Nobody is told that a question was lost on its way to the desk, which may have it.
    db.executemany(
        "UPDATE handovers SET told_lost = ? "
        "WHERE told_lost IS NULL AND 'handover/' || id || '/1' = ?",
        [(at, key) for (key,) in posts],
    )
    return doubtful


def count_of(db: Connection, what: str) -> int:
    """How often something was done; none in a file of a version that kept no journal."""
    if not db.table("journal").exists():
        return 0
    return int(db.execute("SELECT count(*) FROM journal WHERE what = ?", [what]).fetchone()[0])
