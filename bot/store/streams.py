"""Answers that a platform comes to fetch, by the id under which they were promised."""

from __future__ import annotations

from dataclasses import dataclass

from bot.message import Chat
from bot.store.connection import File, first


@dataclass(frozen=True)
class Stream:
    """One answer."""

    body: str  # JSON; empty: it is not ready


class Streams(File):
    """Times are the real clock's, in seconds since 1970."""

    def promise(self, stream_id: str, chat: Chat, at: float) -> None:
        """There will be an answer under this id; in the transaction that keeps its question."""
        self._db().execute(
            'INSERT INTO streams (id, platform, channel, "user", body, at) '
            "VALUES (?, ?, ?, ?, '', ?) ON CONFLICT (id) DO NOTHING",
            [stream_id, chat.platform, chat.channel, chat.user, at],
        )

    def fulfil(self, stream_id: str, body: str) -> None:
        """The answer is ready to be fetched; a second one changes nothing."""
        with self.database.transaction(alone=False) as db:
            db.execute("UPDATE streams SET body = ? WHERE id = ? AND body = ''", [body, stream_id])

    def stream(self, stream_id: str) -> Stream | None:
        """What is to be fetched under an id; None: nothing was promised, or it is long ago."""
        row = first(self._db(), "SELECT body FROM streams WHERE id = ?", stream_id)
        return Stream(row["body"]) if row else None
