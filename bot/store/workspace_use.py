"""How much each workspace asked in the minute and on the day that run."""

from __future__ import annotations

from datetime import datetime

from bot.message import Chat
from bot.store.connection import File

_MINUTE_S = 60.0


class WorkspaceUse(File):
    """One row a workspace. Safe to share between threads."""

    def count(self, chat: Chat, now: datetime) -> tuple[int, int]:
        """One question more, in the open transaction.

        Args:
            chat: Whose workspace asks.
            now: The bot's clock; a day ends at its midnight.

        Returns:
            How many it is in this minute and on this day.
        """
        minute, day = int(now.timestamp() // _MINUTE_S), now.date().toordinal()
        row = self._db().execute(
            "INSERT INTO workspace_use (platform, workspace, minute, in_minute, day, in_day) "
            "VALUES (?, ?, ?, 1, ?, 1) ON CONFLICT (platform, workspace) DO UPDATE SET "
            "in_minute = CASE WHEN workspace_use.minute = excluded.minute "
            "THEN workspace_use.in_minute ELSE 0 END + 1, minute = excluded.minute, "
            "in_day = CASE WHEN workspace_use.day = excluded.day "
            "THEN workspace_use.in_day ELSE 0 END + 1, day = excluded.day "
            "RETURNING in_minute, in_day",
            [chat.platform, chat.workspace, minute, day],
        )
        ((in_minute, in_day),) = row.fetchall()
        return in_minute, in_day
