"""Another file in the database's place: at every moment the one or the other, whole.

The database is opened alone, so that SQLite has put everything into the one file and nobody else
reads or writes it. It gets a second, dated name; then the other file takes its own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bot.errors import StoreError
from bot.store.backups import is_damage, migrated, opened
from bot.store.sqlite import BESIDE, Connection, why
from bot.store.staging import make_durable

_PATIENCE_S = 2.0  # for a command that is just ending


@contextmanager
def alone(db: Path) -> Iterator[Connection | None]:
    """The database, open here and nowhere else; None where there is none that can be read.

    Raises:
        StoreError: Another process has it open.
    """
    if not db.exists():
        yield None
        return
    with closing(opened(db, "mode=rw", _PATIENCE_S)) as connection:
        try:
            # Both fail while somebody else has the file open, even idle.
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
            is_sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            is_sound = is_sound and bool(migrated(connection))
        except sqlite3.Error as error:
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise StoreError(
                    f"数据库 {db} 正被别的 irbot 命令或程序打开；请先关闭它，未作改动"
                ) from error
            if not is_damage(error):
                raise StoreError(why(db, error)) from error
            is_sound = False
        yield Connection(connection) if is_sound else None


def put_in_place(new: Path, db: Path) -> Path | None:
    """Let a file take the database's name, with its owner and mode; to be called while `alone`.

    Args:
        new: Beside it, closed.
        db: Where it goes.

    Returns:
        Under which name the database that was there is kept.
    """
    kept = None
    if db.exists():
        _as(db, new)
        kept = _dated(db)
        with suppress(OSError):  # no links on this file system
            os.link(db, kept)
        if not kept.exists():
            shutil.copy2(db, kept)
        for beside in BESIDE:  # left where the database is damaged
            if (path := _beside(db, beside)).exists():
                path.rename(_beside(kept, beside))
    make_durable(new)
    new.replace(db)
    make_durable(db)
    return kept


def forget_attempts(db: Path) -> None:
    """Remove the dated names of the database as it still is: a kill came before it was replaced."""
    for path in db.parent.glob(f"{db.name}-before-*"):
        if db.exists() and path.samefile(db):
            path.unlink()


def _as(old: Path, new: Path) -> None:
    """The service that had the old file open must be able to open the new one."""
    found = old.stat()
    with suppress(OSError):  # not root: then it is ours already
        os.chown(new, found.st_uid, found.st_gid)
    new.chmod(found.st_mode & 0o777)


def _dated(db: Path) -> Path:
    name = f"{db.name}-before-{time.strftime('%Y%m%d-%H%M%S')}"
    path, number = db.with_name(name), 1
    while path.exists():
        number += 1
        path = db.with_name(f"{name}-{number}")
    return path


def _beside(path: Path, beside: str) -> Path:
    return path.with_name(path.name + beside)
