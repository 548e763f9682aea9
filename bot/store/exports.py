"""What an export holds beside the records: one query a file.

Nothing of who asked, no secret: what is not selected here is not in any export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.store.connection import File

# By name of the file; texts of askers apart.
QUERIES: Mapping[str, str] = {
    "journal": "SELECT id, at, who, what, target, detail FROM journal ORDER BY id",
    "withdrawals": "SELECT target, reason, withdrawn_at, undone_at FROM withdrawals ORDER BY id",
}
QUERIES_OF_TEXTS: Mapping[str, str] = {
    "misses": (
        "SELECT id, asked_at, platform, channel, band, text, offered, "
        "(SELECT json_group_array(question_id) FROM picks WHERE miss = misses.id) AS picked "
        "FROM misses ORDER BY id"
    ),
    "feedback": (
        "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') AS at, platform, question_id, "
        "helpful, reasons, query, words FROM feedback ORDER BY id"
    ),
}
_JSON = frozenset({"detail", "offered", "picked", "reasons"})  # columns that hold JSON


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
