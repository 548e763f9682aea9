"""Rows that other processes left, and rows that this one has but does not know of: their SQL.

A process is known by its mark on rows, and lives or does not (`store.leases`); no mark comes back.
What a process left is claimed by whoever looks first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from bot.delivery.mailbox import Mailbox, Waiting, lane_of
from bot.delivery.send_queues import Lane
from bot.message import Chat
from bot.store.connection import Connection, Database
from bot.store.leases import Ownership

_CHAT, _POST = "id, platform, workspace, channel", "due, background, state"
_NEW, _WAIT = "state = 'new'", "state IN ('ready', 'sending')"

Place = tuple[str, str]  # platform and workspace
Left = tuple[list[tuple[Lane, int]], list[Waiting]]  # messages and posts, oldest first


class Claims:
    """Inbox and outbox by whose rows they are. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        ownership: Ownership,
        clock: Callable[[], float],
    ) -> None:
        """Prepare.

        Args:
            database: Where the tables are.
            mailbox: The tables, for what is written.
            ownership: This process's mark on its rows.
            clock: Seconds since 1970.
        """
        self._database = database
        self._mailbox = mailbox
        self._ownership = ownership
        self._clock = clock

    def owners(self, platforms: Sequence[str]) -> dict[str | None, list[Place]]:
        """Whose rows of these platforms wait, None: nobody's; and in which workspaces."""
        if not platforms:
            return {}
        ours, columns, db = _among(platforms), "owner, platform, workspace", self._db()
        # Else SQLite reads all that a platform ever posted, once a second.
        waiting = db.engine.indexed_by("outbox_waiting")
        rows = db.execute(
            f"SELECT {columns} FROM inbox WHERE {_NEW} AND {ours} UNION "
            f"SELECT {columns} FROM outbox {waiting} WHERE {_WAIT} AND {ours}",
            [*platforms, *platforms],
        )
        found: dict[str | None, list[Place]] = {}
        for owner, platform, workspace in rows.fetchall():
            found.setdefault(owner, []).append((platform, workspace))
        return found

    def take_over(self, gone: str | None, places: Sequence[Place]) -> Left:
        """Claim the waiting rows of a process that is gone, or of nobody (None), in some
        workspaces."""
        whose = "owner IS NULL" if gone is None else "owner = ?"
        values = [of for place in places for of in place] + ([] if gone is None else [gone])
        marks = ", ".join(["(?, ?)"] * len(places))
        where = f"(platform, workspace) IN (VALUES {marks}) AND {whose}"
        with self._mailbox.transaction() as db:
            questions = self._claim(db, "inbox", "address", _NEW, where, values)
            posts = self._claim(db, "outbox", _POST, _WAIT, where, values)
        return self._lined_up(questions, posts)

    def ours(self, platforms: Sequence[str]) -> Left:
        """The waiting rows that are this process's."""
        if not platforms:
            return [], []
        mine = f"owner = ? AND {_among(platforms)} ORDER BY id"
        values = [self._ownership.name, *platforms]
        with self._mailbox.transaction() as db:  # whose failing is not forgotten
            questions = db.execute(
                f"SELECT {_CHAT}, address FROM inbox WHERE {_NEW} AND {mine}", values
            ).fetchall()
            posts = db.execute(
                f"SELECT {_CHAT}, {_POST} FROM outbox WHERE {_WAIT} AND {mine}", values
            ).fetchall()
        return self._lined_up(questions, posts)

    def let_go(self, posts: Sequence[int]) -> None:
        """Let waiting posts be whose process can send them."""
        if not posts:
            return
        with self._mailbox.transaction() as db:
            db.executemany(
                f"UPDATE outbox SET owner = NULL WHERE id = ? AND owner = ? AND {_WAIT}",
                [(row_id, self._ownership.name) for row_id in posts],
            )

    def _db(self) -> Connection:
        return self._database.connection()

    def _claim(
        self, db: Connection, table: str, more: str, waits: str, where: str, values: list[str]
    ) -> list[tuple[Any, ...]]:
        """The rows that wait, ours from now on: id, platform, workspace, channel and more.

        Another process that claims them, too, is waited for, and has left none: were its rows
        passed over, the two would share a lane, whose posts go in order.
        """
        rows = db.execute(
            f"UPDATE {table} SET owner = ? WHERE id IN (SELECT id FROM {table} "
            f"WHERE {waits} AND {where} ORDER BY id {db.engine.for_update}) "
            f"RETURNING {_CHAT}, {more}",
            [self._ownership.name, *values],
        )
        return sorted(rows.fetchall(), key=lambda row: row[0])

    def _lined_up(self, questions: Sequence[Any], posts: Sequence[Any]) -> Left:
        """The rows in their lanes. What was in hand waits until it has arrived, if it ever does:
        a process that is cut off from the database may have begun the call only just now, however
        long it had the post in hand."""
        settled = self._clock() + self._ownership.settle_s
        return [
            (lane_of(Chat(platform, workspace, channel, ""), json.loads(address)), row_id)
            for row_id, platform, workspace, channel, address in questions
        ], [
            Waiting(
                row_id,
                (platform, workspace, channel),
                max(due, settled) if state == "sending" else due,
                bool(background),
            )
            for row_id, platform, workspace, channel, due, background, state in posts
        ]


def _among(platforms: Sequence[str]) -> str:
    return f"platform IN ({', '.join('?' * len(platforms))})"
