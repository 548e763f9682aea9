"""What the chats left behind: misses, picks, counts, memories, a channel's company."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from bot.message import Band, Chat, Hit
from bot.store.borrowed import forget_borrowed
from bot.store.connection import File, first, instant

_STREAMS_S = 86_400.0  # how long an answer waits to be fetched


@dataclass(frozen=True)
class Memory:
    """What was last shown: in a thread to all who read it, elsewhere to the asker."""

    cited: str | None = None  # full id of the answer shown
    offered: tuple[str, ...] = ()  # full ids in the order of their letters


class Chats(File):
    """Workspace and chat are part of every key."""

    def add_miss(
        self,
        chat: Chat,
        text: str,
        band: Band,
        at: datetime,
        offered: Sequence[Hit] = (),
        company: str | None = None,
    ) -> None:
        """Keep a message that got no answer, for the desk, with what it was offered and, where
        that is known, the code of the company that it asks about."""
        self._db().execute(
            'INSERT INTO misses (platform, workspace, channel, "user", text, band, asked_at, '
            "offered, company) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                chat.platform,
                chat.workspace,
                chat.channel,
                chat.user,
                text,
                band,
                instant(at),
                json.dumps([hit.full_id for hit in offered]),
                company,
            ],
        )

    def add_pick(self, chat: Chat, question_id: str, at: datetime, since: datetime) -> None:
        """Keep that a question was picked, of the newest offer of this chat that has it; the own
        one where several people were offered it. Without such an offer nothing is kept."""
        db = self._db()
        misses = db.execute(
            "SELECT id, offered FROM misses WHERE platform = ? AND workspace = ? AND channel = ? "
            'AND asked_at >= ? ORDER BY "user" = ? DESC, id DESC',
            [chat.platform, chat.workspace, chat.channel, instant(since), chat.user],
        ).fetchall()
        offering = (own for own, offered in misses if question_id in json.loads(offered or "[]"))
        if miss := next(offering, None):
            row = {"miss": miss, "question_id": question_id, "at": instant(at)}
            db.table("picks").insert(row, ignore=True)

    def count_reply(self, platform: str, band: Band, question_id: str, at: datetime) -> None:
        """Count what became of a question, without its words or its asker."""
        self._db().execute(
            "INSERT INTO replies (platform, band, question_id, at) VALUES (?, ?, ?, ?)",
            [platform, band, question_id, instant(at)],
        )

    def replies(self, since: datetime, until: datetime) -> list[tuple[Band, str]]:
        """Band and first question id of every reply of that time."""
        rows = self._db().execute(
            "SELECT band, question_id FROM replies WHERE at >= ? AND at < ? ORDER BY id",
            [instant(since), instant(until)],
        )
        return [(band, question_id) for band, question_id in rows]

    def last_declined(self, chat: Chat, since: datetime) -> str | None:
        """What the person asked last here since then and got nothing for."""
        row = first(
            self._db(),
            "SELECT text FROM misses WHERE platform = ? AND workspace = ? AND channel = ? "
            "AND \"user\" = ? AND band = 'decline' AND asked_at >= ? ORDER BY id DESC LIMIT 1",
            chat.platform,
            chat.workspace,
            chat.channel,
            chat.user,
            instant(since),
        )
        return row["text"] if row else None

    def bands(self, since: Sequence[datetime]) -> list[dict[Band, int]]:
        """How many replies of each time were of each band; a time ends where the next one begins,
        and what came after the last one is counted in none."""
        found: list[dict[Band, int]] = [{} for _ in since[1:]]
        times = [
            [str(at), instant(begin), instant(end)]
            for at, (begin, end) in enumerate(pairwise(since))
        ]
        rows = self._db().execute(
            f"WITH times (place, since, until) AS (VALUES {', '.join(['(?, ?, ?)'] * len(times))}) "
            "SELECT place, band, count(*) FROM times "
            "JOIN replies ON replies.at >= since AND replies.at < until GROUP BY place, band",
            [value for time in times for value in time],
        )
        for at, band, count in rows:
            found[int(at)][band] = count
        return found

    def most_asked(self, company_code: str = "") -> Iterator[tuple[str, int]]:
        """Ids of the questions that were answered, of a company or of all, and how often each was;
        the one that was most often first."""
        # 0 follows / in every code, and : every digit.
        since, until = (f"{company_code}/", f"{company_code}0") if company_code else ("0", ":")
        rows = self._db().execute(
            "SELECT question_id, count(*) FROM replies WHERE band = 'answer' "
            "AND question_id >= ? AND question_id < ? "
            "GROUP BY question_id ORDER BY count(*) DESC, question_id",
            [since, until],
        )
        return ((question_id, count) for question_id, count in rows)

    def misses(self) -> Iterator[dict[str, Any]]:
        """Every kept miss, oldest first; one whose offer was picked is none."""
        return self._db().stream(
            "SELECT * FROM misses WHERE id NOT IN (SELECT miss FROM picks) ORDER BY asked_at, id"
        )

    def opinions_stamp(self) -> tuple[int, ...]:
        """Another one whenever misses, picks, feedback or the desk's decisions change."""
        row = self._db().execute(
            "SELECT (SELECT count(*) FROM misses), (SELECT coalesce(max(id), 0) FROM misses), "
            "(SELECT count(*) FROM picks), (SELECT count(*) FROM feedback), "
            "(SELECT coalesce(max(id), 0) FROM feedback), "
            "(SELECT count(*) FROM feedback WHERE query != '' OR words != ''), "
            "(SELECT coalesce(max(id), 0) FROM journal)"
        )
        return tuple(row.fetchone())

    def picks(self) -> Iterator[dict[str, Any]]:
        """What was asked and what was then picked of the offer (`question_id`), oldest first."""
        return self._db().stream(
            "SELECT misses.*, picks.question_id FROM picks JOIN misses ON misses.id = picks.miss "
            "ORDER BY picks.at, misses.id"
        )

    def remember(self, chat: Chat, memory: Memory, at: datetime) -> None:
        """Keep what was just shown here; a list stays beside a later citation, and the other way
        round."""
        cited = (memory.cited, instant(at)) if memory.cited is not None else (None, None)
        offered = (json.dumps(memory.offered), instant(at)) if memory.offered else (None, None)
        readers = [("", chat.user)] + ([(chat.thread, "")] if chat.thread else [])
        for thread, user in readers if any((*cited, *offered)) else ():
            self._db().execute(
                'INSERT INTO shown (platform, workspace, channel, thread, "user", '
                "cited, cited_at, offered, offered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                'ON CONFLICT (platform, workspace, channel, thread, "user") DO UPDATE SET '
                "cited = coalesce(excluded.cited, shown.cited), "
                "cited_at = coalesce(excluded.cited_at, shown.cited_at), "
                "offered = coalesce(excluded.offered, shown.offered), "
                "offered_at = coalesce(excluded.offered_at, shown.offered_at)",
                [chat.platform, chat.workspace, chat.channel, thread, user, *cited, *offered],
            )

    def memory(self, chat: Chat, since: datetime) -> Memory:
        """What was shown since then: inside a thread there, elsewhere to the asker.

        A list that the asker was not shown is the one that others were, where all see it.
        """
        of_thread = self._shown_to(chat, chat.thread, "", since) if chat.thread else Memory()
        if chat.in_thread:
            return of_thread
        own = self._shown_to(chat, "", chat.user, since)
        return own if own.offered else Memory(own.cited, of_thread.offered)

    def _shown_to(self, chat: Chat, thread: str, user: str, since: datetime) -> Memory:
        row = first(
            self._db(),
            "SELECT CASE WHEN cited_at >= ? THEN cited END AS cited, "
            "CASE WHEN offered_at >= ? THEN offered ELSE '[]' END AS offered FROM shown "
            'WHERE platform = ? AND workspace = ? AND channel = ? AND thread = ? AND "user" = ?',
            *[instant(since)] * 2,
            chat.platform,
            chat.workspace,
            chat.channel,
            thread,
            user,
        )
        return Memory(row["cited"], tuple(json.loads(row["offered"]))) if row else Memory()

    def forget_askers(self, now: datetime, days: int) -> None:
        """Delete what askers typed longer ago than that, also where the desk borrowed it."""
        limit = instant(now - timedelta(days=days))
        with self.database.transaction() as db:
            db.execute(
                "DELETE FROM picks WHERE miss IN (SELECT id FROM misses WHERE asked_at < ?)",
                [limit],
            )
            db.execute("DELETE FROM misses WHERE asked_at < ?", [limit])
            db.execute("DELETE FROM memories WHERE at < ?", [limit])
            db.execute("DELETE FROM handovers WHERE at < ?", [limit])
            db.execute(
                "DELETE FROM shown "
                "WHERE coalesce(cited_at, '') < ? AND coalesce(offered_at, '') < ?",
                [limit, limit],
            )
            db.execute("DELETE FROM replies WHERE at < ?", [limit])
            # What is of the real clock, wherever the bot's own stands.
            db.execute("DELETE FROM streams WHERE at < ?", [time.time() - _STREAMS_S])
            db.execute(
                "DELETE FROM customers WHERE heard_at < :limit "
                "AND coalesce(told_at, 0) < :limit AND coalesce(person_at, 0) < :limit",
                {"limit": time.time() - days * 86_400.0},
            )
            forget_borrowed(db, limit)
