"""Inbox and outbox as tables: all SQL of delivery.

A row belongs to the process that claimed it (`owner`) while that lives; columns, states and keys
are read by other versions of this program, too. Times are seconds since 1970.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from bot.delivery.send_queues import Lane
from bot.delivery.transport import CHANGED, CHANGES, SETTLE_S, Address, Payload
from bot.errors import trace_of
from bot.message import Chat, Message
from bot.store.connection import Connection, Database, first, telling
from bot.store.evidence import settle_evidence


@dataclass(frozen=True)
class Question:
    """A row of the inbox that is to be answered."""

    id: int
    key: str
    message: Message
    chat: Chat
    address: Address
    at: float  # when it came


@dataclass(frozen=True)
class Waiting:
    """A row of the outbox in its queue."""

    id: int
    lane: Lane
    due: float  # not before then
    is_background: bool  # nobody waits for it


@dataclass(frozen=True)
class Post:
    """A row of the outbox as it was before it was taken in hand."""

    id: int
    key: str
    platform: str
    stored_address: str  # JSON
    stored_payload: str  # JSON
    state: Literal["ready", "sending"]  # sending: it may have been posted already
    tries: int  # made before
    ref: str | None  # why it waits, where that is known
    at: float  # when it was put out

    @property
    def address(self) -> Address:
        return json.loads(self.stored_address)  # type: ignore[no-any-return]

    @property
    def payload(self) -> Payload:
        return json.loads(self.stored_payload)  # type: ignore[no-any-return]


class Mailbox:
    """The two tables, as one process sees them. Safe to share between threads."""

    def __init__(self, database: Database, owner: str) -> None:
        """Prepare.

        Args:
            database: Where the tables are.
            owner: This process's mark on its rows.
        """
        self._database = database
        self._owner = owner

    def transaction(self) -> AbstractContextManager[Connection]:
        """What is written inside is committed together, also by others into the same file."""
        return _transaction(self._database)

    def _db(self) -> Connection:
        return self._database.connection()

    # Inbox

    def add(self, key: str, message: Message, chat: Chat, address: Address, at: float) -> int:
        """Write a message; returns its row's id, 0 where the key was taken before."""
        done = self._db().execute(
            "INSERT INTO inbox (key, platform, workspace, channel, user, thread, in_thread, text, "
            "quoted, company, as_of, address, state, owner, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, ?) "
            "ON CONFLICT (key) DO NOTHING",
            [
                key,
                chat.platform,
                chat.workspace,
                chat.channel,
                chat.user,
                chat.thread,
                int(chat.in_thread),
                message.text,
                message.quoted,
                message.company,
                message.as_of.isoformat() if message.as_of else None,
                json.dumps(address),
                self._owner,
                at,
            ],
        )
        return int(done.lastrowid or 0) if done.rowcount else 0

    def take(self, key: str, chat: Chat, at: float) -> bool:
        """Let a message that was not taken in count as answered; False where it was."""
        done = self._db().execute(
            "INSERT INTO inbox (key, platform, workspace, channel, user, text, address, state, at) "
            "VALUES (?, ?, ?, ?, ?, '', '{}', 'done', ?) ON CONFLICT (key) DO NOTHING",
            [key, chat.platform, chat.workspace, chat.channel, chat.user, at],
        )
        return bool(done.rowcount)

    def question(self, row_id: int) -> Question | None:
        """The message of a row; None once it is answered."""
        row = first(self._db(), "SELECT * FROM inbox WHERE id = ? AND state = 'new'", row_id)
        if row is None:
            return None
        chat = Chat(
            row["platform"],
            row["workspace"],
            row["channel"],
            row["user"],
            row["thread"] or "",  # null: taken in by an older version
            bool(row["in_thread"]),
        )
        as_of = date.fromisoformat(row["as_of"]) if row["as_of"] else None
        message = Message(row["text"], chat, row["company"], as_of, row["quoted"] or "")
        address = json.loads(row["address"])
        return Question(row["id"], row["key"], message, chat, address, row["at"])

    def point(self, row_id: int, quoted: str, address: Address) -> None:
        """Keep what a message points to."""
        self._db().execute(
            "UPDATE inbox SET quoted = ?, address = ? WHERE id = ?",
            [quoted, json.dumps(address), row_id],
        )

    def close_question(self, row_id: int) -> None:
        """It is answered; what was typed is forgotten."""
        self._db().execute(
            "UPDATE inbox SET state = 'done', text = '', quoted = NULL, address = '{}', "
            "owner = NULL WHERE id = ?",
            [row_id],
        )

    # Outbox

    def is_taken(self, key: str) -> bool:
        """Whether posts were ever put out under the key."""
        return first(self._db(), "SELECT 1 FROM outbox WHERE key = ?", f"{key}/1") is not None

    def key_of(self, lane: Lane, ref: str) -> str | None:
        """The key of the handed-over question that is the lane's post of this platform's id."""
        row = first(
            self._db(),
            "SELECT key FROM outbox WHERE key LIKE 'handover/%' AND platform = ? "
            "AND workspace = ? AND channel = ? AND ref = ?",
            *lane,
            ref,
        )
        return row["key"] if row else None

    def last_reply(self, key: str) -> list[str]:
        """The keys of the posts that answer a message, of the last answer where it was edited."""
        rows = self._db().execute(
            "SELECT key FROM outbox WHERE key > ? AND key < ? ORDER BY id", [f"{key}/", f"{key}0"]
        )
        keys = [found for (found,) in rows]
        last = keys[-1].rpartition("/")[0] if keys else ""
        return [found for found in keys if found.rpartition("/")[0] == last]

    def put_out(
        self,
        key: str,
        lane: Lane,
        payloads: Sequence[Payload],
        address: Address,
        at: float,
        due: float = 0.0,
        is_background: bool = False,
        evidence: str | None = None,
    ) -> list[Waiting]:
        """Write a row for each payload, in order; `evidence`: the mark of what they show."""
        db = self._db()
        rows = []
        for number, payload in enumerate(payloads, 1):
            done = db.execute(
                "INSERT INTO outbox (key, platform, workspace, channel, address, payload, "
                "state, owner, tries, due, at, background, evidence) "
                "VALUES (?, ?, ?, ?, ?, ?, 'ready', ?, 0, ?, ?, ?, ?)",
                [
                    f"{key}/{number}",
                    *lane,
                    json.dumps(address),
                    json.dumps(payload, ensure_ascii=False),
                    self._owner,
                    due,
                    at,
                    int(is_background),
                    evidence,
                ],
            )
            rows.append(Waiting(int(done.lastrowid or 0), lane, due, is_background))
        return rows

    def last_background_due(self, chat: Chat) -> float:
        """When the last of a workspace's waiting background posts may go; 0 where none waits."""
        (last,) = (
            self._db()
            .execute(
                "SELECT max(due) FROM outbox WHERE background = 1 "
                "AND state IN ('ready', 'sending') AND platform = ? AND workspace = ?",
                [chat.platform, chat.workspace],
            )
            .fetchone()
        )
        return last or 0.0

    def begun(self, lane: Lane, since: float) -> list[float]:
        """When the lane's posts were begun, oldest first."""
        rows = self._db().execute(
            "SELECT begun FROM outbox WHERE platform = ? AND workspace = ? AND channel = ? "
            "AND begun > ? ORDER BY begun",
            [*lane, since],
        )
        return [at for (at,) in rows]

    def begin(self, row_id: int, now: float) -> Post | None:
        """Take a row in hand: it is `sending` now; None where another process was quicker."""
        db = self._db()
        row = first(db, "SELECT * FROM outbox WHERE id = ? AND owner = ?", row_id, self._owner)
        if row is None or row["state"] not in ("ready", "sending"):
            return None
        db.execute(
            "UPDATE outbox SET state = 'sending', tries = tries + 1, begun = ?, due = ? "
            "WHERE id = ?",
            [now, now + SETTLE_S, row_id],
        )
        return Post(
            row["id"],
            row["key"],
            row["platform"],
            self._with_changed(row["address"]),
            row["payload"],
            row["state"],
            row["tries"],
            row["ref"],
            row["at"],
        )

    def _with_changed(self, stored_address: str) -> str:
        """The address with the id of the post that is to be changed, if that is out."""
        address = json.loads(stored_address)
        if CHANGES not in address:
            return stored_address
        post = first(
            self._db(),
            "SELECT ref FROM outbox WHERE key = ? AND state = 'sent'",
            address[CHANGES],
        )
        return json.dumps({**address, CHANGED: post["ref"]}) if post else stored_address

    def close_post(self, row_id: int, state: str, ref: str) -> None:
        """Nothing more is done for it; its words are forgotten."""
        self._db().execute(
            "UPDATE outbox SET state = ?, ref = ?, owner = NULL, payload = '{}', address = '{}' "
            "WHERE id = ?",
            [state, ref, row_id],
        )

    def fail(self, platform: str, ref: str, why: str) -> None:
        """A post that counted as sent was not shown after all."""
        self._db().execute(
            "UPDATE outbox SET state = 'failed', ref = ? "
            "WHERE platform = ? AND ref = ? AND state = 'sent'",
            [why, platform, ref],
        )

    def put_back(
        self, row_id: int, state: str, due: float, ref: str | None, address: Address | None = None
    ) -> None:
        """It is taken up again, unless it was closed; `ref` and `address` None: as they were."""
        self._db().execute(
            "UPDATE outbox SET state = ?, due = ?, ref = coalesce(?, ref), "
            "address = coalesce(?, address) WHERE id = ? AND state = 'sending'",
            [state, due, ref, json.dumps(address) if address else None, row_id],
        )

    # What other processes left

    def owners(self, platforms: Sequence[str]) -> list[str | None]:
        """Whose rows of these platforms wait; None: nobody's."""
        ours = f"platform IN ({', '.join('?' * len(platforms))})"
        rows = self._db().execute(
            f"SELECT owner FROM inbox WHERE state = 'new' AND {ours} UNION "
            f"SELECT owner FROM outbox WHERE state IN ('ready', 'sending') AND {ours}",
            [*platforms, *platforms],
        )
        return [owner for (owner,) in rows.fetchall()]

    def take_over(
        self, gone: str | None, platforms: Sequence[str]
    ) -> tuple[list[tuple[Lane, int]], list[Waiting]]:
        """Claim the waiting rows of a process that is gone: messages and posts, oldest first."""
        ours = f"platform IN ({', '.join('?' * len(platforms))}) AND owner IS ?", [*platforms, gone]
        with self._database.transaction() as db:
            questions = _claim(db, self._owner, "inbox", "address", "state = 'new'", *ours)
            waits = "state IN ('ready', 'sending')"
            posts = _claim(db, self._owner, "outbox", "due, background", waits, *ours)
        return _lined_up(questions), [
            Waiting(row_id, (platform, workspace, channel), due, bool(background))
            for row_id, platform, workspace, channel, due, background in posts
        ]

    # State

    def oldest_waiting(self) -> float | None:
        """When the oldest message or post came that has not gone out."""
        (oldest,) = (
            self._db()
            .execute(
                "SELECT min(at) FROM (SELECT at FROM inbox WHERE state = 'new' UNION ALL "
                "SELECT at FROM outbox WHERE state IN ('ready', 'sending'))"
            )
            .fetchone()
        )
        return oldest  # type: ignore[no-any-return]

    def purge(self, marks_before: float, before: float) -> None:
        """Delete what is old, inside the caller's transaction.

        Args:
            marks_before: Marks of answered messages that are older.
            before: What is older of all else; what waited for so long in vain goes too, for it
                holds what somebody typed.
        """
        db = self._db()
        db.execute("DELETE FROM inbox WHERE at < ? AND state = 'done'", [marks_before])
        db.execute("DELETE FROM inbox WHERE at < ?", [before])
        db.execute(
            "UPDATE outbox SET state = iif(state = 'ready', 'late', 'unknown') "
            "WHERE at < ? AND state IN ('ready', 'sending')",
            [before],
        )
        settle_evidence(db, "at < ?", [before])
        db.execute("DELETE FROM outbox WHERE at < ?", [before])


def close_workspace(db: Connection, platform: str, workspace: str, why: str) -> int:
    """Nothing more goes to a workspace; how many posts waited. One in hand may be out."""
    of = [platform, workspace]
    db.execute(
        "UPDATE inbox SET state = 'done', text = '', quoted = NULL, address = '{}', "
        "owner = NULL WHERE platform = ? AND workspace = ? AND state = 'new'",
        of,
    )
    closed = db.execute(
        "UPDATE outbox SET state = CASE state WHEN 'ready' THEN 'failed' ELSE 'unknown' END, "
        "ref = ?, owner = NULL, payload = '{}', address = '{}' "
        "WHERE platform = ? AND workspace = ? AND state IN ('ready', 'sending')",
        [why, *of],
    )
    return int(closed.rowcount)


def newest(path: Path) -> float | None:
    """When the last message or post came."""
    (at,) = (
        Database.open(path)
        .connection()
        .execute("SELECT max(at) FROM (SELECT at FROM inbox UNION ALL SELECT at FROM outbox)")
        .fetchone()
    )
    return at  # type: ignore[no-any-return]


def undelivered(path: Path) -> list[dict[str, Any]]:
    """Posts that did not go out for good: fate unknown, or refused (`ref` says why)."""
    return list(
        Database.open(path)
        .connection()
        .query(
            "SELECT key, platform, workspace, channel, state, ref, at FROM outbox "
            "WHERE state IN ('unknown', 'failed') ORDER BY id"
        )
    )


def _claim(
    db: Connection, owner: str, table: str, more: str, waits: str, ours: str, values: list[Any]
) -> list[tuple[Any, ...]]:
    """The rows that wait, the owner's from now on: id, platform, workspace, channel and more."""
    rows: list[tuple[Any, ...]] = db.execute(
        f"SELECT id, platform, workspace, channel, {more} FROM {table} "
        f"WHERE {waits} AND {ours} ORDER BY id",
        values,
    ).fetchall()
    db.conn.executemany(
        f"UPDATE {table} SET owner = ? WHERE id = ?", [(owner, row[0]) for row in rows]
    )
    return rows


def _lined_up(questions: Sequence[tuple[Any, ...]]) -> list[tuple[Lane, int]]:
    return [
        (lane_of(Chat(platform, workspace, channel, ""), json.loads(address)), row_id)
        for row_id, platform, workspace, channel, address in questions
    ]


def lane_of(chat: Chat, address: Address) -> Lane:
    """The queue of a post: its channel's, or its address's own."""
    return chat.platform, chat.workspace, str(address.get("lane", chat.channel))


@contextmanager
def _transaction(database: Database) -> Iterator[Connection]:
    """One whose failing is told as the file's: a full disk, another process that writes."""
    with telling(database.path), database.transaction() as db:
        yield db


def fault(error: Exception) -> str:
    """An error for the log: SQLite's own words, else where the bug is."""
    return str(error) if isinstance(error, sqlite3.Error) else trace_of(error)
