"""One person's traces, taken out of every table, and out of the file's bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bot.store.borrowed import forget_marked, forget_proposed
from bot.store.connection import Connection, File
from bot.store.evidence import alone, settle_evidence
from bot.store.journal import note

_AT_ONCE = 500  # values of one statement

# Rows that are about a person alone; `own` is true of theirs.
_DELETED = (
    *("inbox", "misses", "memories", "shown", "feedback", "handovers"),
    *("customers", "streams"),
)
# Rows of a chat that is the person's own.
_OF_OWN_CHAT = ("subscriptions", "subscription_changes", "digests", "digest_items", "channels")
# Columns that tell who did something which stays.
_BLANKED = (
    ("subscriptions", "made_by"),
    ("subscription_changes", "user"),
    ("channels", "set_by"),
)
# What may name a person, for the test that nothing is left out.
COVERED = {(table, "user") for table in _DELETED} | set(_BLANKED)


class _OnlyLookedError(Exception):
    """Nothing is changed."""


class Forgetting(File):
    """Evidence names no asker and stays; so does who changed what of what the bot says."""

    def forget(self, user: str, platform: str = "", by: str = "") -> dict[str, int]:
        """Take one person's traces out of every table; `erase` is to follow.

        A message of theirs that waits is not answered any more.

        Args:
            user: The platform's id of the person.
            platform: On which; empty: on any.
            by: Who wants it; empty: only look, and change nothing.

        Returns:
            The rows concerned, by table, without those that have none.
        """
        found: Counter[str] = Counter()
        try:
            with self.database.transaction() as db:
                _forget(db, {"user": user, "platform": platform}, found)
                if not by:
                    raise _OnlyLookedError
                if found.total():
                    note(db, by, "forget", "", rows=found.total())  # whom, would be a trace
        except _OnlyLookedError:
            pass
        return {table: count for table, count in found.items() if count}

    def erase(self, *, alone: bool) -> bool:
        """Leave nothing of what was deleted in the file's bytes, and those of its -wal.

        Args:
            alone: No other process has the file open, so that it may be written anew: what
                earlier versions deleted stands in it until then.

        Returns:
            False where somebody reads for so long that -wal still holds it.
        """
        return self.database.erase(anew=alone)


def _forget(db: Connection, who: dict[str, str], found: Counter[str]) -> None:
    on = "(:platform = '' OR platform = :platform)"
    own = f'{on} AND ("user" = :user OR channel = :user)'
    _forget_posts(db, who, own, found)
    typed = db.execute(
        f"SELECT text FROM misses WHERE {own} UNION SELECT query FROM feedback WHERE {own}", who
    ).fetchall()
    picks = f"DELETE FROM picks WHERE miss IN (SELECT id FROM misses WHERE {own})"
    found["picks"] += db.execute(picks, who).rowcount
    for table in _DELETED:
        found[table] += db.execute(f"DELETE FROM {table} WHERE {own}", who).rowcount
    for table in _OF_OWN_CHAT:
        sql = f"DELETE FROM {table} WHERE {on} AND channel = :user"
        found[table] += db.execute(sql, who).rowcount
    for table, column in _BLANKED:
        sql = f'UPDATE {table} SET "{column}" = \'\' WHERE {on} AND "{column}" = :user'
        found[table] += db.execute(sql, who).rowcount
    _forget_chat(db, who, found)
    if typed:
        found["miss_marks"] += forget_marked(db)
        found["aliases"] += forget_proposed(db, (text for (text,) in typed))


def _forget_posts(db: Connection, who: dict[str, str], own: str, found: Counter[str]) -> None:
    """The posts to the person, or about what they asked."""
    keys = {key for (key,) in db.execute(f"SELECT key FROM inbox WHERE {own}", who)}
    handed = db.execute(f"SELECT id FROM handovers WHERE {own}", who)
    keys |= {f"handover/{number}" for (number,) in handed}
    ids = [row["id"] for row in db.stream("SELECT * FROM outbox") if _is_about(row, keys, who)]
    for some in _some(ids):
        marks = f"id IN ({', '.join('?' * len(some))})"
        # What waits does not go out; what is in hand may have.
        db.execute(
            "UPDATE outbox SET state = CASE WHEN state = 'ready' THEN 'failed' ELSE 'unknown' END "
            f"WHERE state IN ('ready', 'sending') AND {marks}",
            some,
        )
        settle_evidence(db, marks, some)
        found["outbox"] += db.execute(f"DELETE FROM outbox WHERE {marks}", some).rowcount


def _is_about(row: dict[str, Any], keys: set[str], who: dict[str, str]) -> bool:
    """Whether a post replies to one of these messages, or names the person."""
    key, user = row["key"], who["user"]
    parts = key.split("/")
    # slack/T/C1/1.5/1, and behind an edit slack/T/C1/1.5/edit/1.7/1
    if any("/".join(parts[:end]) in keys for end in range(1, len(parts))):
        return True
    if who["platform"] not in ("", row["platform"]):
        return False
    return user in (row["channel"], *row["channel"].split("/"), *parts) or (
        json.dumps(user) in row["address"]
    )


def _forget_chat(db: Connection, who: dict[str, str], found: Counter[str]) -> None:
    """The hash by which evidence knows a chat with the person alone."""
    places = db.execute(
        "SELECT DISTINCT platform, workspace FROM evidence "
        "WHERE channel LIKE 'direct-%' AND (:platform = '' OR platform = :platform)",
        who,
    ).fetchall()
    for platform, workspace in places:
        found["evidence"] += db.execute(
            "UPDATE evidence SET channel = 'direct' "
            "WHERE platform = ? AND workspace = ? AND channel = ?",
            [platform, workspace, alone(platform, workspace, who["user"])],
        ).rowcount


def _some(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
