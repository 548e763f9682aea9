"""What the chats left behind: misses, counts, memories, a channel's company."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.message import Band, Chat
from bot.store.connection import File, first, instant


@dataclass(frozen=True)
class Memory:
    """What was last shown to an asker in a chat."""

    cited: str | None  # full id of the answer shown
    offered: tuple[str, ...]  # full ids in the order of their letters


class Chats(File):
    """Workspace and chat are part of every key."""

    def add_miss(self, chat: Chat, text: str, band: Band, at: datetime) -> None:
        """Keep a message that got no answer, for the desk."""
        self._db().execute(
            'INSERT INTO misses (platform, workspace, channel, "user", text, band, asked_at) '
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [chat.platform, chat.workspace, chat.channel, chat.user, text, band, instant(at)],
        )

    def count_reply(self, platform: str, band: Band, question_id: str, at: datetime) -> None:
        """Count what became of a question, without its words or its asker."""
        self._db().table("replies").insert(
            {"platform": platform, "band": band, "question_id": question_id, "at": instant(at)}
        )

    def replies(self, since: datetime, until: datetime) -> list[tuple[Band, str]]:
        """Band and first question id of every reply of that time."""
        rows = self._db().execute(
            "SELECT band, question_id FROM replies WHERE at >= ? AND at < ? ORDER BY id",
            [instant(since), instant(until)],
        )
        return [(band, question_id) for band, question_id in rows]

    def most_asked(self, company_code: str, most: int) -> list[str]:
        """Ids of the company's questions that were answered most often, the first one most."""
        rows = self._db().execute(
            "SELECT question_id FROM replies WHERE band = 'answer' "
            "AND question_id >= ? AND question_id < ? "
            "GROUP BY question_id ORDER BY count(*) DESC, question_id LIMIT ?",
            [f"{company_code}/", f"{company_code}0", most],  # 0 follows / in every code
        )
        return [question_id for (question_id,) in rows]

    def misses(self) -> Iterator[dict[str, Any]]:
        """Every kept miss, oldest first."""
        return self._db().query("SELECT * FROM misses ORDER BY asked_at, id")

    def remember(self, chat: Chat, memory: Memory, at: datetime) -> None:
        """Keep what was just shown to this asker here."""
        self._db().table("memories").upsert(
            {
                "platform": chat.platform,
                "workspace": chat.workspace,
                "channel": chat.channel,
                "user": chat.user,
                "cited": memory.cited,
                "offered": json.dumps(memory.offered),
                "at": instant(at),
            },
            pk=("platform", "workspace", "channel", "user"),
        )

    def memory(self, chat: Chat, since: datetime) -> Memory:
        """What was shown to this asker here since then; empty when nothing was."""
        row = first(
            self._db(),
            "SELECT cited, offered FROM memories WHERE platform = ? AND workspace = ? "
            'AND channel = ? AND "user" = ? AND at >= ?',
            chat.platform,
            chat.workspace,
            chat.channel,
            chat.user,
            instant(since),
        )
        return Memory(row["cited"], tuple(json.loads(row["offered"]))) if row else Memory(None, ())

    def set_company(self, chat: Chat, company_code: str | None, at: datetime) -> None:
        """Narrow a channel to one company's records; None: all again."""
        self._db().table("channels").upsert(
            {
                "platform": chat.platform,
                "workspace": chat.workspace,
                "channel": chat.channel,
                "company_code": company_code,
                "set_by": chat.user,
                "set_at": instant(at),
            },
            pk=("platform", "workspace", "channel"),
        )

    def company(self, chat: Chat) -> str | None:
        row = first(
            self._db(),
            "SELECT company_code FROM channels "
            "WHERE platform = ? AND workspace = ? AND channel = ?",
            chat.platform,
            chat.workspace,
            chat.channel,
        )
        return row["company_code"] if row else None

    def forget_askers(self, now: datetime, days: int) -> None:
        """Delete what askers typed longer ago than that."""
        limit = instant(now - timedelta(days=days))
        with self.database.transaction() as db:
            db.execute("DELETE FROM misses WHERE asked_at < ?", [limit])
            db.execute("DELETE FROM memories WHERE at < ?", [limit])
            db.execute("DELETE FROM replies WHERE at < ?", [limit])
