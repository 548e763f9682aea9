"""What an export holds beside the records: one query a file.

Nothing of who asked, no secret: what is not selected here is not in any export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.store.connection import Connection, File
from bot.store.evidence import posts_of

# By name of the file; texts of askers apart. A wording that nobody of the desk proposed or approved
# is an asker's text, too. What stands in braces is the engine's.
QUERIES: Mapping[str, str] = {
    "aliases": (
        "SELECT id, question_id, question, CASE WHEN proposed_by != '' OR EXISTS (SELECT 1 FROM "
        "alias_approvals WHERE alias = aliases.id) THEN text END AS text, state, proposed_at, "
        "proposed_by, (SELECT {array_of_who} FROM alias_approvals WHERE alias = aliases.id) "
        "AS approved_by FROM aliases ORDER BY id"
    ),
    "announcements": (
        "SELECT target, words, no, title, day, url, added_at, undone_at "
        "FROM announcements ORDER BY id"
    ),
    "evidence": (
        "SELECT at, real_at, platform, workspace, channel, kind, target, places, version, source, "
        "text, matcher, coalesce(({states}), fate) AS fate, times, last_at "
        "FROM evidence ORDER BY id"
    ),
    "hidings": (
        "SELECT target, kind, reason, who, decided_at, until, ended_at FROM hidings ORDER BY id"
    ),
    "journal": ("SELECT id, at, who, what, target, detail FROM journal ORDER BY id"),
}
QUERIES_OF_TEXTS: Mapping[str, str] = {
    "counterexamples": (
        "SELECT id, text, question_id, question, at, undone_at FROM counterexamples ORDER BY id"
    ),
    "misses": (
        "SELECT id, asked_at, platform, channel, company, band, text, offered, "
        "(SELECT {array_of_picked} FROM picks WHERE miss = misses.id) AS picked "
        "FROM misses ORDER BY id"
    ),
    "feedback": (
        "SELECT at, platform, question_id, helpful, reasons, query, words FROM feedback ORDER BY id"
    ),
}
_JSON = frozenset(  # columns that hold JSON
    {"approved_by", "detail", "offered", "picked", "reasons"}
)


def columns(file: File, query: str) -> tuple[str, ...]:
    """The names of a query's columns, also where it has no rows."""
    db = file.database.connection()
    rows = db.execute(f"SELECT * FROM ({_for(db, query)}) AS exported LIMIT 0")
    return tuple(name for name, *_ in rows.description)


def exported(file: File, query: str) -> Iterator[dict[str, Any]]:
    """The rows of a query, read as they are wanted."""
    db = file.database.connection()
    for row in db.stream(_for(db, query)):
        told = {name: _read(name, value) for name, value in row.items()}
        if row.get("what", "").startswith("alias "):
            told["detail"].pop("text", None)  # an asker's, perhaps
        yield told


def _for(db: Connection, query: str) -> str:
    return query.format(
        array_of_who=db.engine.array("who"),
        array_of_picked=db.engine.array("question_id"),
        states=posts_of(db),
    )


def _read(name: str, value: Any) -> Any:
    if name in _JSON and value:
        return json.loads(value)
    if name == "at" and isinstance(value, float):  # seconds since 1970
        return f"{datetime.fromtimestamp(int(value), UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value
