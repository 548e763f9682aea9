"""Inbox and outbox as tables; claims.py has what other processes left, clearing.py what is over.

A row belongs to the process that claimed it (`owner`) while that lives, and only that one changes
it. A process that was taken for dead, and is not, changes no row of its former name: each write
names the owner, and of a post the attempt (`tries`), too. Columns, states and keys are read by
other versions of this program, too. Times are seconds since 1970.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from bot.delivery.send_queues import Lane
from bot.delivery.transport import CHANGED, CHANGES, SETTLE_S, Address, Payload
from bot.errors import EngineAwayError, trace_of
from bot.message import Chat, Message
from bot.postgres_url import Place
from bot.store.connection import Connection, Database, first, telling
from bot.store.leases import Ownership

_FEW = 100  # lanes
_IN_HAND = "id = ? AND owner = ? AND tries = ? AND state = 'sending'"  # as it was begun


class InDoubtError(EngineAwayError):
    """The server went away at the end of a transaction."""


class TakenError(Exception):
    """Posts were put out under the key before."""


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
    owner: str  # who has it in hand
    begun: float  # when this try was
    begun_before: float | None  # when the last one was

    @property
    def address(self) -> Address:
        return json.loads(self.stored_address)  # type: ignore[no-any-return]

    @property
    def payload(self) -> Payload:
        return json.loads(self.stored_payload)  # type: ignore[no-any-return]


class Mailbox:
    """The two tables, as one process sees them. Safe to share between threads."""

    def __init__(self, database: Database, ownership: Ownership) -> None:
        """Prepare.

        Args:
            database: Where the tables are.
            ownership: This process's mark on its rows.
        """
        self._database = database
        self._ownership = ownership
        self._may_have_missed = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """What is written inside is committed together, also by others into the same database.

        Its failing is told as the database's: a full disk, another process that writes, an engine
        that is away.

        Raises:
            InDoubtError: It is not known whether it was committed.
        """
        is_written = False
        try:
            with telling(self._database.place), self._database.transaction(alone=False) as db:
                yield db
                is_written = True
        except Exception as error:
            self._may_have_missed.set()
            if is_written and isinstance(error, EngineAwayError):
                raise InDoubtError(str(error)) from error
            raise

    def may_have_missed(self) -> bool:
        """Whether a transaction failed since this was asked last, so that rows may be this
        process's of which it knows nothing."""
        missed = self._may_have_missed.is_set()
        self._may_have_missed.clear()
        return missed

    def _db(self) -> Connection:
        return self._database.connection()

    # Inbox

    def add(self, key: str, message: Message, chat: Chat, address: Address, at: float) -> int:
        """Write a message; returns its row's id, 0 where the key was taken before."""
        done = self._db().execute(
            'INSERT INTO inbox (key, platform, workspace, channel, "user", thread, in_thread, '
            "text, quoted, company, as_of, address, state, owner, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, ?) "
            "ON CONFLICT (key) DO NOTHING RETURNING id",
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
                self._ownership.name,
                at,
            ],
        )
        return next((int(row_id) for (row_id,) in done.fetchall()), 0)

    def take(self, key: str, chat: Chat, at: float) -> bool:
        """Let a message that was not taken in count as answered; False where it was."""
        done = self._db().execute(
            'INSERT INTO inbox (key, platform, workspace, channel, "user", text, address, state, '
            "at) VALUES (?, ?, ?, ?, ?, '', '{}', 'done', ?) ON CONFLICT (key) DO NOTHING",
            [key, chat.platform, chat.workspace, chat.channel, chat.user, at],
        )
        return bool(done.rowcount)

    def question(self, row_id: int, lane: Lane) -> Question | None:
        """The message of a row; None once it is answered, or another process's, or where a standby
        that lacks it gave its number to one of another lane."""
        row = first(
            self._db(),
            "SELECT * FROM inbox WHERE id = ? AND state = 'new' AND owner = ?",
            row_id,
            self._ownership.name,
        )
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
        address = json.loads(row["address"])
        if lane_of(chat, address) != lane:
            return None
        as_of = date.fromisoformat(row["as_of"]) if row["as_of"] else None
        message = Message(row["text"], chat, row["company"], as_of, row["quoted"] or "")
        return Question(row["id"], row["key"], message, chat, address, row["at"])

    def point(self, row_id: int, quoted: str, address: Address) -> None:
        """Keep what a message points to."""
        self._db().execute(
            "UPDATE inbox SET quoted = ?, address = ? WHERE id = ? AND state = 'new' AND owner = ?",
            [quoted, json.dumps(address), row_id, self._ownership.name],
        )

    def close_question(self, row_id: int) -> bool:
        """It is answered, and what was typed is forgotten; False where that is another process's
        to do: then nothing else is to be written of it."""
        done = self._db().execute(
            "UPDATE inbox SET state = 'done', text = '', quoted = NULL, address = '{}', "
            "owner = NULL WHERE id = ? AND state = 'new' AND owner = ?",
            [row_id, self._ownership.name],
        )
        return bool(done.rowcount)

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
        """Write a row for each payload, in order.

        Args:
            evidence: The mark of what they show.

        Raises:
            TakenError: Another process put posts out under the key at the same time.
        """
        db = self._db()
        rows = []
        for number, payload in enumerate(payloads, 1):
            done = db.execute(
                "INSERT INTO outbox (key, platform, workspace, channel, address, payload, "
                "state, owner, tries, due, at, background, evidence) "
                "VALUES (?, ?, ?, ?, ?, ?, 'ready', ?, 0, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO NOTHING RETURNING id",
                [
                    f"{key}/{number}",
                    *lane,
                    json.dumps(address),
                    json.dumps(payload, ensure_ascii=False),
                    self._ownership.name,
                    due,
                    at,
                    int(is_background),
                    evidence,
                ],
            ).fetchall()
            if not done:
                raise TakenError(key)
            rows.append(Waiting(int(done[0][0]), lane, due, is_background))
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

    def begun(self, lanes: Collection[Lane], since: float) -> dict[Lane, list[float]]:
        """When posts of these lanes were begun, oldest first; of a lane without any nothing."""
        found = dict[Lane, list[float]]()
        lane_of_row = "SELECT platform, workspace, channel, begun FROM outbox WHERE begun > ?"
        one = "AND platform = ? AND workspace = ? AND channel = ?"
        # To ask for each costs a round trip; to read all, those of an hour.
        asked = [[since, *lane] for lane in lanes] if len(lanes) <= _FEW else [[since]]
        for values in asked:
            rows = self._db().execute(
                f"{lane_of_row} {one if len(values) > 1 else ''} ORDER BY begun", values
            )
            for *lane, at in rows:
                found.setdefault((lane[0], lane[1], lane[2]), []).append(at)
        return found

    def begin(self, row_id: int, lane: Lane, now: float) -> Post | None:
        """Take a row in hand: it is `sending` now; None where another process was quicker, or where
        a standby that lacks it gave its number to one of another lane, which may be in hand."""
        db, owner = self._db(), self._ownership.name
        row = first(
            db,
            "SELECT * FROM outbox WHERE id = ? AND owner = ? AND state IN ('ready', 'sending')",
            row_id,
            owner,
        )
        if row is None or (row["platform"], row["workspace"], row["channel"]) != lane:
            return None
        done = db.execute(
            "UPDATE outbox SET state = 'sending', tries = tries + 1, begun = ?, due = ? "
            "WHERE id = ? AND owner = ? AND state = ? AND tries = ?",
            [now, now + SETTLE_S, row_id, owner, row["state"], row["tries"]],
        )
        if not done.rowcount:
            return None
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
            owner,
            now,
            row["begun"],
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

    def close_post(self, post: Post, state: str, ref: str) -> None:
        """Nothing more is done for it; its words are forgotten.

        Where another process has taken it over that has the say; but a post that is sent is so,
        whoever gave it up.
        """
        self._db().execute(
            "UPDATE outbox SET state = ?, ref = ?, owner = NULL, payload = '{}', address = '{}' "
            f"WHERE ({_IN_HAND}) OR (id = ? AND state = 'unknown' AND CAST(? AS TEXT) = 'sent')",
            [state, ref, *_in_hand(post), post.id, state],
        )

    def fail(self, platform: str, ref: str, why: str) -> None:
        """A post that counted as sent was not shown after all."""
        self._db().execute(
            "UPDATE outbox SET state = 'failed', ref = ? "
            "WHERE platform = ? AND ref = ? AND state = 'sent'",
            [why, platform, ref],
        )

    def put_back(
        self, post: Post, state: str, due: float, ref: str | None, address: Address | None = None
    ) -> None:
        """It is taken up again, unless it was closed; `ref` and `address` None: as they were."""
        self._db().execute(
            "UPDATE outbox SET state = ?, due = ?, ref = coalesce(?, ref), "
            f"address = coalesce(?, address) WHERE {_IN_HAND}",
            [state, due, ref, json.dumps(address) if address else None, *_in_hand(post)],
        )


def oldest_waiting(db: Connection) -> float | None:
    """When the oldest message or post came that has not gone out."""
    (oldest,) = db.execute(
        "SELECT min(at) FROM (SELECT at FROM inbox WHERE state = 'new' UNION ALL "
        "SELECT at FROM outbox WHERE state IN ('ready', 'sending')) AS waiting"
    ).fetchone()
    return oldest  # type: ignore[no-any-return]


def newest(place: Place) -> float | None:
    """When the last message or post came."""
    (at,) = (
        Database.open(place)
        .connection()
        .execute(
            "SELECT max(at) FROM (SELECT at FROM inbox UNION ALL SELECT at FROM outbox) AS every"
        )
        .fetchone()
    )
    return at  # type: ignore[no-any-return]


def undelivered(place: Place) -> list[dict[str, Any]]:
    """Posts that did not go out for good: fate unknown, or refused (`ref` says why)."""
    return list(
        Database.open(place)
        .connection()
        .query(
            "SELECT key, platform, workspace, channel, state, ref, at FROM outbox "
            "WHERE state IN ('unknown', 'failed') ORDER BY id"
        )
    )


def _in_hand(post: Post) -> list[object]:
    return [post.id, post.owner, post.tries + 1]


def lane_of(chat: Chat, address: Address) -> Lane:
    """The queue of a post: its channel's, or its address's own."""
    return chat.platform, chat.workspace, str(address.get("lane", chat.channel))


def fault(error: Exception) -> str:
    """An error for the log: SQLite's own words, else where the bug is."""
    return str(error) if isinstance(error, sqlite3.Error) else trace_of(error)
