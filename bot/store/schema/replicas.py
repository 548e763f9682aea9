"""Which processes share the database of a server."""

from __future__ import annotations

from bot.store.connection import Connection
from bot.store.schema.migrations import both_engines


@both_engines()
def leases(db: Connection) -> None:
    """Who lives (`replica/…`), and who alone does something, each until it is taken for dead; of a
    file, beside which locks tell so, there are none."""
    db.execute(
        "CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, "
        "until DOUBLE PRECISION NOT NULL)"
    )
