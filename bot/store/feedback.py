"""What people think of answers: 有用 or 没用, the last word of a person on a question."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.message import Chat
from bot.store.connection import File

_SAME = "platform = ? AND workspace = ? AND channel = ? AND user = ? AND question_id = ?"


class Feedback(File):
    """One row for a person and a question."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """clock: seconds since 1970."""
        super().__init__(path)
        self._clock = clock

    def keep(self, chat: Chat, question_id: str, query: str, *, helpful: bool) -> None:
        """Keep an opinion in place of an earlier one.

        Args:
            chat: Where, and whose.
            question_id: The stored question that was shown.
            query: What had been typed; forgotten with what askers type.
            helpful: 有用.
        """
        with self.database.transaction() as db:
            self.drop(chat, question_id)
            db.execute(
                "INSERT INTO feedback (platform, workspace, channel, user, question_id, query, "
                "helpful, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    chat.platform,
                    chat.workspace,
                    chat.channel,
                    chat.user,
                    question_id,
                    query,
                    int(helpful),
                    self._clock(),
                ],
            )

    def drop(self, chat: Chat, question_id: str) -> None:
        """Forget an opinion, as its person took it back."""
        with self.database.transaction() as db:
            db.execute(
                f"DELETE FROM feedback WHERE {_SAME}",
                [chat.platform, chat.workspace, chat.channel, chat.user, question_id],
            )

    def forget_queries(self, before: float) -> None:
        """Forget what was typed longer ago than that; the opinions stay."""
        self._db().execute("UPDATE feedback SET query = '' WHERE at < ? AND query != ''", [before])
