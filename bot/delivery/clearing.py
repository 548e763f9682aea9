"""Rows of inbox and outbox whose time is over: what becomes of them, and when they go."""

from __future__ import annotations

from bot.store.connection import Connection
from bot.store.evidence import settle_evidence


def purge(db: Connection, marks_before: float, before: float) -> None:
    """Delete what is old.

    Args:
        db: In a transaction.
        marks_before: Marks of answered messages that are older.
        before: What is older of all else; what waited for so long in vain goes too, for it holds
            what somebody typed.
    """
    db.execute("DELETE FROM inbox WHERE at < ? AND state = 'done'", [marks_before])
    db.execute("DELETE FROM inbox WHERE at < ?", [before])
    db.execute(
        "UPDATE outbox SET state = CASE WHEN state = 'ready' THEN 'late' ELSE 'unknown' END "
        "WHERE at < ? AND state IN ('ready', 'sending')",
        [before],
    )
    settle_evidence(db, "at < ?", [before])
    db.execute("DELETE FROM outbox WHERE at < ?", [before])


def close_workspace(db: Connection, platform: str, workspace: str, why: str) -> int:
    """Nothing more goes to a workspace; how many posts waited. One in hand may be out."""
    of = [platform, workspace]
    db.execute(
        "UPDATE inbox SET state = 'done', text = '', quoted = NULL, address = '{}', "
        "owner = NULL WHERE platform = ? AND workspace = ? AND state = 'new'",
        of,
    )
    closed = db.execute(
        "UPDATE outbox SET state = CASE state WHEN 'ready' THEN 'failed' ELSE 'unknown' END, "
        "ref = ?, owner = NULL, payload = '{}', address = '{}' "
        "WHERE platform = ? AND workspace = ? AND state IN ('ready', 'sending')",
        [why, *of],
    )
    return int(closed.rowcount)
