"""What an export holds beside the records: one query a file.

Nothing of who asked, no secret: what is not selected here is not in any export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.store.connection import File

# By name of the file; texts of askers apart. A wording that nobody of the desk proposed or approved
# is an asker's text, too.
QUERIES: Mapping[str, str] = {
    "aliases": (
        "SELECT id, question_id, question, iif(proposed_by != '' OR EXISTS (SELECT 1 FROM "
        "alias_approvals WHERE alias = aliases.id), text, NULL) AS text, state, proposed_at, "
        "proposed_by, (SELECT json_group_array(who) FROM alias_approvals WHERE alias = aliases.id) "
        "AS approved_by FROM aliases ORDER BY id"
    ),
    "announcements": (
        "SELECT target, words, no, title, day, url, added_at, undone_at "
        "FROM announcements ORDER BY id"
    ),
    "evidence": (
        "SELECT at, real_at, platform, workspace, channel, kind, target, places, version, source, "
        "text, matcher, coalesce((SELECT group_concat(DISTINCT state) FROM outbox "
        "WHERE outbox.evidence = evidence.post), fate) AS fate, times, last_at "
        "FROM evidence ORDER BY id"
    ),
    "hidings": (
        "SELECT target, kind, reason, who, decided_at, until, ended_at FROM hidings ORDER BY id"
    ),
    "journal": (
        "SELECT id, at, who, what, target, "
        "iif(what LIKE 'alias %', json_remove(detail, '$.text'), detail) AS detail "
        "FROM journal ORDER BY id"
    ),
}
QUERIES_OF_TEXTS: Mapping[str, str] = {
    "counterexamples": (
        "SELECT id, text, question_id, question, at, undone_at FROM counterexamples ORDER BY id"
    ),
    "misses": (
        "SELECT id, asked_at, platform, channel, company, band, text, offered, "
        "(SELECT json_group_array(question_id) FROM picks WHERE miss = misses.id) AS picked "
        "FROM misses ORDER BY id"
    ),
    "feedback": (
        "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') AS at, platform, question_id, "
        "helpful, reasons, query, words FROM feedback ORDER BY id"
    ),
}
_JSON = frozenset(  # columns that hold JSON
    {"approved_by", "detail", "offered", "picked", "reasons"}
)


def columns(file: File, query: str) -> tuple[str, ...]:
    """The names of a query's columns, also where it has no rows."""
    rows = file.database.connection().execute(f"SELECT * FROM ({query}) LIMIT 0")
    return tuple(name for name, *_ in rows.description)


def exported(file: File, query: str) -> Iterator[dict[str, Any]]:
    """The rows of a query, read as they are wanted."""
    for row in file.database.connection().query(query):
        yield {
            name: json.loads(value) if name in _JSON and value else value
            for name, value in row.items()
        }
