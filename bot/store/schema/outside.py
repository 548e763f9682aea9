"""People outside the company, and answers that are fetched. Times are the real clock's, in seconds
since 1970."""

from __future__ import annotations

from sqlite_utils import Database

from bot.store.schema.migrations import migrations


@migrations()
def customers(db: Database) -> None:
    """Who writes to the company, and how far what they wrote was fetched."""
    db.table("cursors").create(
        {"platform": str, "workspace": str, "cursor": str},
        pk=("platform", "workspace"),
        not_null={"cursor"},
    )
    db.table("customers").create(
        {
            "platform": str,
            "workspace": str,
            "channel": str,  # in which they alone write
            "user": str,
            "heard_at": float,  # when they last wrote
            "told_at": float,  # when they were told what the bot is and keeps
            "person_at": float,  # since when a person serves them; null: the bot does
            "minute": int,  # the last one in which they asked, since 1970
            "in_minute": int,  # questions in it
            "day": int,
            "in_day": int,
        },
        pk=("platform", "workspace", "channel", "user"),
        not_null={"heard_at", "minute", "in_minute", "day", "in_day"},
    )
    db.table("customers").create_index(["heard_at"])


@migrations()
def streams(db: Database) -> None:
    """Answers that a platform comes to fetch; for a day."""
    db.table("streams").create(
        {
            "id": str,
            "platform": str,
            "channel": str,
            "user": str,  # who asked
            "body": str,  # JSON; empty: not ready
            "at": float,
        },
        pk="id",
        not_null={"body", "at"},
    )
    db.table("streams").create_index(["at"])
