"""The tables of the desk's pages: who may use them, files that were sent there."""

from __future__ import annotations

from sqlite_utils import Database

from bot.store.schema.migrations import migrations


@migrations()
def desk_access(db: Database) -> None:
    """Who may use the desk's pages; links and sessions by the hash of their token alone."""
    user = {"name": str, "added_by": str, "added_at": str}
    db.table("desk_users").create(user, pk="name", not_null={"added_by", "added_at"})
    of_user = {"token_hash": str, "name": str, "expires_at": str}
    for table, since in (("desk_links", "used_at"), ("desk_sessions", "opened_at")):
        db.table(table).create(
            {**of_user, since: str},
            pk="token_hash",
            not_null={"name", "expires_at"},
            foreign_keys=[("name", "desk_users", "name")],
        )


@migrations()
def uploads(db: Database) -> None:
    """Files that were sent to the desk's page and that nobody has decided on yet."""
    kept = {"id": str, "file": str, "content": bytes, "options": str, "who": str, "at": str}
    db.table("uploads").create(kept, pk="id", not_null={*kept} - {"id"})
