"""Many workspaces on one deployment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.store.schema.migrations import both_engines

if TYPE_CHECKING:
    from bot.store.connection import Connection


@both_engines()
def installations(db: Connection) -> None:
    """Where the bot was installed, beside what the settings name; and the installs under way."""
    db.execute(
        "CREATE TABLE installations (platform TEXT NOT NULL, workspace TEXT NOT NULL, "
        "name TEXT NOT NULL, details TEXT NOT NULL, sealed TEXT NOT NULL, "
        "added_at TEXT NOT NULL, PRIMARY KEY (platform, workspace))"
    )
    db.execute(
        "CREATE TABLE install_states (state TEXT NOT NULL PRIMARY KEY, "
        "until DOUBLE PRECISION NOT NULL)"
    )


@both_engines()
def addressed_workspaces(db: Connection) -> None:
    """What waits for Slack names its workspace, whose token it goes out by."""
    for table, waits in (("inbox", "state = 'new'"), ("outbox", "state IN ('ready', 'sending')")):
        rows = db.execute(
            f"SELECT id, workspace, address FROM {table} WHERE platform = 'slack' AND {waits}"
        ).fetchall()
        for row_id, workspace, address in rows:
            named = json.dumps({"team": workspace, **json.loads(address)})
            db.execute(f"UPDATE {table} SET address = ? WHERE id = ?", [named, row_id])


@both_engines()
def quotas(db: Connection) -> None:
    """How much each workspace asked lately."""
    db.execute(
        "CREATE TABLE workspace_use (platform TEXT NOT NULL, workspace TEXT NOT NULL, "
        "minute BIGINT NOT NULL, in_minute BIGINT NOT NULL, "
        "day BIGINT NOT NULL, in_day BIGINT NOT NULL, PRIMARY KEY (platform, workspace))"
    )


@both_engines()
def companies_of_workspaces(db: Connection) -> None:
    """Which companies a workspace may see; one without a row sees all. A channel's company may be
    several from here on, with blanks between them."""
    db.execute(
        "CREATE TABLE allowed_companies (platform TEXT NOT NULL, workspace TEXT NOT NULL, "
        "companies TEXT NOT NULL, PRIMARY KEY (platform, workspace))"
    )
