"""Questions that were handed over to the desk, and how their askers are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.message import Chat
from bot.store.connection import File, first, instant


@dataclass(frozen=True)
class Handover:
    """One question at the desk."""

    number: int
    chat: Chat  # where it was asked, and by whom
    question: str
    back: str  # JSON of the address by which the asker is told


class Handovers(File):
    """One row for a question of a thread; what became of its post stands in the outbox."""

    def add_handover(self, chat: Chat, question: str, back: str, at: datetime) -> int | None:
        """Keep one; returns its number, None where the question was handed over from there."""
        done = (
            self._db()
            .execute(
                'INSERT INTO handovers (platform, workspace, channel, "user", question, back, at) '
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
                [
                    chat.platform,
                    chat.workspace,
                    chat.channel,
                    chat.user,
                    question,
                    back,
                    instant(at),
                ],
            )
            .fetchall()
        )
        return int(done[0][0]) if done else None

    def handover(self, number: int) -> Handover | None:
        """A question by its number; None once it is forgotten."""
        row = first(self._db(), "SELECT * FROM handovers WHERE id = ?", number)
        return _handover(row) if row else None

    def lost_handovers(self) -> list[Handover]:
        """Those whose post to the desk was refused, or is of unknown fate, and nobody was told."""
        rows = self._db().query(
            "SELECT handovers.* FROM handovers "
            "JOIN outbox ON outbox.key = 'handover/' || handovers.id || '/1' "
            "WHERE told_lost IS NULL AND outbox.state IN ('failed', 'unknown') "
            "ORDER BY handovers.id"
        )
        return [_handover(row) for row in rows]

    def note_lost(self, number: int, at: datetime) -> bool:
        """Keep that its asker is told so; the question may be handed over anew. False where
        another process was quicker."""
        done = self._db().execute(
            "UPDATE handovers SET told_lost = ? WHERE id = ? AND told_lost IS NULL",
            [instant(at), number],
        )
        return done.rowcount == 1


def _handover(row: dict[str, Any]) -> Handover:
    chat = Chat(row["platform"], row["workspace"], row["channel"], row["user"])
    return Handover(row["id"], chat, row["question"], row["back"])
