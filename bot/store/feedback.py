"""What people think of answers: 有用 or 没用, the last word of a person on a question."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.masking import masked
from bot.message import Chat
from bot.postgres_url import Place
from bot.store.connection import File, instant

_SAME = 'platform = ? AND workspace = ? AND channel = ? AND "user" = ? AND question_id = ?'


class Feedback(File):
    """One row for a person and a question."""

    def __init__(self, place: Place, clock: Callable[[], float]) -> None:
        """clock: seconds since 1970."""
        super().__init__(place)
        self._clock = clock

    def keep(
        self,
        chat: Chat,
        question_id: str,
        query: str,
        *,
        helpful: bool,
        reasons: Sequence[str] = (),
        words: str = "",
    ) -> None:
        """Keep an opinion in place of an earlier one.

        Args:
            chat: Where, and whose.
            question_id: The stored question that was shown.
            query: What had been typed, kept masked; forgotten with what askers type.
            helpful: 有用.
            reasons: Why not, as the platform names it.
            words: What the person wrote to it, as well.
        """
        with self.database.transaction() as db:
            self.drop(chat, question_id)
            db.table("feedback").insert(
                {
                    "platform": chat.platform,
                    "workspace": chat.workspace,
                    "channel": chat.channel,
                    "user": chat.user,
                    "question_id": question_id,
                    "query": masked(query),
                    "helpful": int(helpful),
                    "at": self._clock(),
                    "reasons": json.dumps(reasons, ensure_ascii=False),
                    "words": masked(words),
                }
            )

    def drop(self, chat: Chat, question_id: str) -> None:
        """Forget an opinion, as its person took it back."""
        with self.database.transaction() as db:
            db.execute(
                f"DELETE FROM feedback WHERE {_SAME}",
                [chat.platform, chat.workspace, chat.channel, chat.user, question_id],
            )

    def forget_queries(self, before: float) -> None:
        """Forget what was typed longer ago than that, and by whom; the opinions stay."""
        self._db().execute(
            "UPDATE feedback SET query = '', words = '', \"user\" = '' "
            "WHERE at < ? AND (query != '' OR words != '' OR \"user\" != '')",
            [before],
        )


def unhelpful(file: File) -> Iterator[dict[str, Any]]:
    """Every answer that somebody found unhelpful, oldest first, as a miss is kept: `text`, empty
    where it is forgotten, and `asked_at`; with `question_id`, `reasons` and `words`."""
    rows = file.database.connection().stream(
        "SELECT query, question_id, reasons, words, at FROM feedback WHERE helpful = 0 ORDER BY at"
    )
    for row in rows:
        yield {
            "text": row["query"] or "",
            "band": "unhelpful",
            "asked_at": instant(datetime.fromtimestamp(row["at"], UTC)),
            "question_id": row["question_id"],
            "reasons": json.loads(row["reasons"] or "[]"),
            "words": row["words"] or "",
        }
