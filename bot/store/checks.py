"""What `irbot doctor` looks at in the file itself."""

from __future__ import annotations

from pathlib import Path

from bot.store.connection import connection


def is_sound(path: Path) -> bool:
    """Whether SQLite finds the file's structure whole."""
    (said,) = connection(path).execute("PRAGMA quick_check(1)").fetchone()
    return bool(said == "ok")
