"""The one SQLite file: opened, migrated, written in transactions.

`connect` is the one way to open it. A database that holds a migration unknown here was written by
a newer version and is refused, untouched.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from bot.errors import StoreError
from bot.store.schema import migrations

BUSY_TIMEOUT_S = 10.0

_of_this_thread = threading.local()
_writing = threading.Lock()  # threads take turns here; SQLite would have them sleep and try again


def connect(path: Path) -> Database:
    """Open the file, creating and migrating it as needed.

    Connections belong to the thread that opened them (sqlite3), so every thread calls this.

    Raises:
        StoreError: Unwritable folder, not a database, or written by a newer version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        db = Database(connection)
        _refuse_newer(db, path)
        connection.execute("PRAGMA foreign_keys = ON")
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        if migrations.pending(db):
            with transaction(db):  # of two processes starting at once, one finds nothing to do
                migrations.apply(db)
    except sqlite3.Error as error:
        raise StoreError(why(path, error)) from error
    except OSError as error:
        raise StoreError(
            f"无法使用数据库文件 {path}：{error.strerror}；请检查 IR_DB 和目录权限"
        ) from error
    return db


def connection(path: Path) -> Database:
    """This thread's connection, shared by all that write to the file, so that what belongs
    together is one transaction, however each of them spells the path.

    Raises:
        StoreError: As `connect`.
    """
    if not hasattr(_of_this_thread, "connections"):
        _of_this_thread.connections = {}
    opened: dict[Path, Database] = _of_this_thread.connections
    spelt = path.absolute()
    if spelt not in opened:
        file = Path(os.path.realpath(spelt))
        if file not in opened:
            opened[file] = connect(path)
        opened[spelt] = opened[file]
    return opened[spelt]


def why(path: Path, error: sqlite3.Error) -> str:
    """What an SQLite error means for the operator, and what to do."""
    said = str(error)
    if "not a database" in said:
        return f"{path} 不是 SQLite 数据库；请检查 IR_DB，文件未作改动"
    if "readonly" in said or "unable to open" in said:
        return f"无法写入数据库文件 {path}；请检查 IR_DB 和目录权限"
    if "locked" in said:
        return f"数据库 {path} 正被其他程序长时间占用；请稍后再试"
    if "full" in said:
        return f"磁盘已满，无法写入 {path}；请腾出空间后再试"
    return f"数据库 {path} 无法使用（{said}）；请用最近的备份恢复"


def _refuse_newer(db: Database, path: Path) -> None:
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    unknown = [done.name for done in migrations.applied(db) if done.name not in known]
    if unknown:
        raise StoreError(
            f"{path} 由更新版本的 irbot 写成（{unknown[-1]}）；请升级 irbot，文件未作改动"
        )


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """A write transaction that takes its lock at once, so that it cannot fail half-way on it.

    Inside another one it is a part of that.
    """
    nested: bool = db.conn.in_transaction
    if nested:
        yield
        return
    with _writing:
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if db.conn.in_transaction:
                db.conn.execute("ROLLBACK")
            raise
        db.conn.execute("COMMIT")


@contextmanager
def copied(path: Path) -> Iterator[Path]:
    """A copy of the file as it is now, gone afterwards: what is tried on it changes nothing."""
    with TemporaryDirectory(prefix="irbot-") as folder:
        copy = Path(folder) / path.name
        opened = connection(copy)
        try:
            connection(path).conn.backup(opened.conn)
            yield copy
        finally:
            del _of_this_thread.connections[copy]
            opened.conn.close()


class File:
    """The SQLite file. Safe to share between threads: each gets its own connection."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StoreError: Unwritable folder, not a database, or written by a newer version.
        """
        self.path = path
        self._db()

    def _db(self) -> Database:
        return connection(self.path)


def first(db: Database, sql: str, *values: object) -> dict[str, Any] | None:
    """The first row, if there is one."""
    return next(iter(db.query(sql, list(values))), None)


def grow(db: Database) -> None:
    """Tell every process that what may be answered has changed."""
    db.execute("UPDATE generation SET value = value + 1")


def instant(moment: datetime) -> str:
    """UTC, of one width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """What SQLite raises within, told as an error of this file.

    Raises:
        StoreError: What it means for the operator, and what to do.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(why(path, error)) from error
