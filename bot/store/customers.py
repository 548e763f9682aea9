"""People outside: what was fetched of them, how often they ask, who serves them.

A customer is a chat in which one person writes; times are the real clock's, in seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.message import Chat
from bot.store.connection import File, first

_MINUTE_S, _DAY_S = 60, 86_400
_IS = 'platform = ? AND workspace = ? AND channel = ? AND "user" = ?'


@dataclass(frozen=True)
class Customer:
    """What is known of one person."""

    heard_at: float  # when they last wrote; 0: never
    was_told: bool  # what the bot is and keeps
    has_person: bool  # a person serves them
    in_minute: int  # questions in this minute
    in_day: int


class Customers(File):
    """Platform, workspace, channel and user are the key of every customer."""

    def cursor(self, platform: str, workspace: str) -> str | None:
        """How far an account's messages were fetched; None: never yet."""
        row = first(
            self._db(),
            "SELECT cursor FROM cursors WHERE platform = ? AND workspace = ?",
            platform,
            workspace,
        )
        return row["cursor"] if row else None

    def move_cursor(self, platform: str, workspace: str, cursor: str) -> None:
        """Fetched so far; in the transaction that keeps what was fetched."""
        self._db().execute(
            "INSERT INTO cursors VALUES (?, ?, ?) ON CONFLICT (platform, workspace) "
            "DO UPDATE SET cursor = excluded.cursor",
            [platform, workspace, cursor],
        )

    def customer(self, chat: Chat, now: float) -> Customer:
        """What is known of a chat's person now."""
        row = first(
            self._db(),
            f"SELECT * FROM customers WHERE {_IS}",
            *_key(chat),
        )
        if row is None:
            return Customer(0.0, False, False, 0, 0)
        return Customer(
            row["heard_at"],
            row["told_at"] is not None,
            row["person_at"] is not None,
            row["in_minute"] if row["minute"] == now // _MINUTE_S else 0,
            row["in_day"] if row["day"] == now // _DAY_S else 0,
        )

    def hear(self, chat: Chat, at: float) -> None:
        """They wrote then."""
        self._db().execute(
            'INSERT INTO customers (platform, workspace, channel, "user", heard_at, '
            "minute, in_minute, day, in_day) VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0) "
            'ON CONFLICT (platform, workspace, channel, "user") DO UPDATE '
            "SET heard_at = excluded.heard_at WHERE customers.heard_at < excluded.heard_at",
            [*_key(chat), at],
        )

    def count_question(self, chat: Chat, now: float) -> None:
        """One more question of somebody who was heard."""
        minute, day = int(now // _MINUTE_S), int(now // _DAY_S)
        self._db().execute(
            "UPDATE customers "
            "SET in_minute = CASE WHEN minute = ? THEN in_minute ELSE 0 END + 1, minute = ?, "
            f"in_day = CASE WHEN day = ? THEN in_day ELSE 0 END + 1, day = ? WHERE {_IS}",
            [minute, minute, day, day, *_key(chat)],
        )

    def note_told(self, chat: Chat, at: float) -> None:
        """They are told what the bot is and keeps."""
        self._note(chat, "told_at", at)

    def note_person(self, chat: Chat, at: float | None) -> None:
        """A person serves them from then on; None: the bot does again."""
        self._note(chat, "person_at", at)

    def _note(self, chat: Chat, column: str, at: float | None) -> None:
        with self.database.transaction(alone=False):
            self.hear(chat, 0.0)
            self._db().execute(
                f"UPDATE customers SET {column} = ? WHERE {_IS}",
                [at, *_key(chat)],
            )

    def posts_since_heard(self, chat: Chat, *, begun_only: bool = False) -> int:
        """How many posts went to them after they last wrote, and how many more are to go."""
        waiting = "" if begun_only else "OR state IN ('ready', 'sending')"
        (count,) = (
            self._db()
            .execute(
                "SELECT count(*) FROM outbox WHERE platform = ? AND workspace = ? "
                "AND channel = ? AND (begun >= coalesce("
                f"(SELECT heard_at FROM customers WHERE {_IS}), 0) {waiting})",
                [chat.platform, chat.workspace, chat.channel, *_key(chat)],
            )
            .fetchone()
        )
        return int(count)


def _key(chat: Chat) -> tuple[str, str, str, str]:
    return chat.platform, chat.workspace, chat.channel, chat.user
