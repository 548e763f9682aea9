"""What `irbot doctor` looks at in the file itself."""

from __future__ import annotations

from pathlib import Path

from bot.store.connection import Database


def is_sound(path: Path) -> bool:
    """Whether SQLite finds the file's structure whole."""
    (said,) = Database.open(path).connection().execute("PRAGMA quick_check(1)").fetchone()
    return bool(said == "ok")
