"""The tables of what is read in rows: tables and exports of platforms."""

from __future__ import annotations

from sqlite_utils import Database

from bot.store.schema.migrations import migrations


@migrations()
def written_answers(db: Database) -> None:
    """Rows of tables: when each was asked and answered, where it stands.

    A version of a company's written answers holds what it adds to the versions from `base` on.
    """
    for column in ("asked_at", "answered_at", "dated_by", "link", "row_id"):
        db.table("questions").add_column(column, str)
    db.table("versions").add_column("base", int)
