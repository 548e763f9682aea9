"""What `irbot doctor` looks at in the database itself."""

from __future__ import annotations

from bot.postgres_url import Place, PostgresUrl
from bot.store.connection import Database


def faults_of(place: Place) -> str:
    """What SQLite finds wrong with the file's structure, the first of it; empty: nothing."""
    if isinstance(place, PostgresUrl):
        return ""  # a server looks after its own
    db = Database.open(place).connection()
    (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        return str(said)
    lost = db.execute("PRAGMA foreign_key_check").fetchone()
    return f"{lost[0]} → {lost[2]}" if lost else ""


def try_writing(place: Place) -> None:
    """Write what is written there already.

    Raises:
        Exception: Of the engine's driver: nothing can be written now.
    """
    with Database.open(place).transaction() as db:
        db.execute("UPDATE generation SET value = value")
