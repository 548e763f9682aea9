"""One SQLite file: opened, migrated, written in transactions.

A database that holds a migration unknown here was written by a newer version and is refused,
untouched.

A file that is open can be deleted, or another one put in its place, and SQLite goes on with the old
one. So the path is looked at before everything that is read or written, and after every commit:
what is told to be kept is in the file that the path names.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlite_utils

from bot.errors import DisplacedError, StoreError, reason
from bot.private_files import make_private, narrow
from bot.store.connection import Database, Values
from bot.store.engine import Engine
from bot.store.schema.migrations import migrations
from bot.store.upgrading import tell, upgrade

BUSY_TIMEOUT_S = 10.0
_AGAIN_S = 0.1  # between two tries to empty -wal
_PAGE = 4096  # bytes that SQLite writes at once
PIECE = 1 << 20  # bytes of a source that are in memory at once

BESIDE = ("-wal", "-shm")  # what SQLite keeps beside a file that is open
_Identity = tuple[int, int]  # device and inode

_writing = threading.Lock()  # threads take turns here; SQLite would have them sleep and try again


class Sqlite(Engine):
    """SQLite's own words."""

    id_column = "INTEGER PRIMARY KEY"
    bytes_type = "BLOB"
    for_update = ""

    def indexed_by(self, index: str) -> str:
        return f"INDEXED BY {index}"

    def joined(self, column: str) -> str:
        return f"group_concat({column})"

    def array(self, column: str) -> str:
        return f"json_group_array({column})"

    def contains(self, text: str, part: str) -> str:
        return f"instr({text}, {part}) > 0"

    def is_same(self, one: str, other: str) -> str:
        return f"{one} IS {other}"


class Connection(sqlite_utils.Database):
    """One of SQLite, with methods for tables and rows."""

    engine = Sqlite()

    @property
    def in_transaction(self) -> bool:
        return self.conn.in_transaction

    def executemany(self, sql: str, rows: Iterable[Values]) -> None:
        self.conn.executemany(sql, rows)

    def stream(self, sql: str, values: Values = ()) -> Iterator[dict[str, Any]]:
        return self.query(sql, values)

    def notify(self, channel: str) -> None:
        """Nobody listens: who shares a file looks often, which costs nothing."""

    def write_content(self, sha256: str, pieces: Iterable[bytes], size: int) -> None:
        self.execute(
            "INSERT INTO sources (sha256, content) VALUES (?, zeroblob(?)) "
            "ON CONFLICT (sha256) DO UPDATE SET content = excluded.content",
            [sha256, size],
        )
        sql = "SELECT rowid FROM sources WHERE sha256 = ?"
        (at,) = self.execute(sql, [sha256]).fetchone()
        with self.conn.blobopen("sources", "content", at) as blob:
            for piece in pieces:
                blob.write(piece)

    def content(self, sha256: str) -> Iterator[bytes]:
        row = self.execute("SELECT rowid FROM sources WHERE sha256 = ?", [sha256]).fetchone()
        if row is None:
            return
        with self.conn.blobopen("sources", "content", row[0], readonly=True) as blob:
            while piece := blob.read(PIECE):
                yield piece


def file_of(database: Database) -> SqliteDatabase:
    """The database as a file.

    Raises:
        StoreError: It is a server's.
    """
    if not isinstance(database, SqliteDatabase):
        raise StoreError(f"{database.place} 不是一个数据库文件；这项操作请用 PostgreSQL 自己的工具")
    return database


class SqliteDatabase(Database):
    """The file, once for a process however its path is spelt, with a connection for each thread."""

    place: Path

    def __init__(self, path: Path) -> None:
        """For `Database.open`, which makes no second one of a file."""
        self.place = path
        self._file = Path(os.path.realpath(path))  # beside which SQLite keeps its own
        self._paths = {beside: self._file.with_name(self._file.name + beside) for beside in BESIDE}
        self._of_thread = threading.local()
        self._identity: _Identity | None = None  # of the file; known with the first connection
        self._size = 0  # of the file when it was looked at last
        self.is_overwritten = False
        self._first = threading.Lock()

    @property
    def path(self) -> Path:
        return self.place

    def connection(self) -> Connection:
        """This thread's connection.

        Raises:
            DisplacedError: The file is not there any more, or another one is.
            StoreError: As `open`.
        """
        db: Connection | None = getattr(self._of_thread, "connection", None)
        if db is None:
            db = self._connected()
        self.check()
        return db

    def apart(self) -> Connection:
        return connect(self.path)

    def _connected(self) -> Connection:
        if self._identity is not None:
            self.check()  # or an empty file would be made in its place
        with self._first:
            before = _identity(self.path)
            db = connect(self.path)
            if self._identity is None:
                self._identity = before or _identity(self.path)
        self._of_thread.connection = db
        # SQLite keeps these as long as a connection is open, so they change under none.
        self._of_thread.beside = {
            beside: found for beside in BESIDE if (found := _identity(self._beside(beside)))
        }
        return db

    def check(self) -> None:
        """Look whether what is open is what the path names: three looks at the folder.

        Raises:
            DisplacedError: It is not; or another file was copied over it, as far as the size tells:
                SQLite makes a file no smaller, unless somebody vacuums it.
        """
        before = self._size  # read first: other threads look, too
        identity, size = _found(self.path)
        if self._identity is not None and identity != self._identity:
            raise DisplacedError(f"数据库文件 {self.path} 已被删除或换成另一个文件")
        if size < before or self.is_overwritten:
            self.is_overwritten = True  # for good: a copy grows while it is made
            raise DisplacedError(f"数据库文件 {self.path} 已被覆盖")
        self._size = size
        for beside, identity in getattr(self._of_thread, "beside", {}).items():
            if _identity(self._beside(beside)) != identity:
                raise DisplacedError(f"数据库文件 {self.path}{beside} 已被删除或换掉")

    def is_displaced(self) -> bool:
        """Whether `check` fails."""
        try:
            self.check()
        except DisplacedError:
            return True
        return False

    def is_elsewhere(self) -> bool:
        """Whether the path names another file, or none; False too where only what SQLite keeps
        beside the file is gone."""
        return self._identity is not None and _identity(self.path) != self._identity

    def left_behind(self) -> Connection:
        """This thread's connection wherever its file is now, for what is to be saved of it."""
        db: Connection = self._of_thread.connection
        return db

    def write_back(self) -> None:
        """Put into the file itself what SQLite keeps beside it."""
        self.left_behind().execute("PRAGMA wal_checkpoint(FULL)")

    def make_room(self) -> None:
        """Remove what SQLite kept for this file, now that another one has its place.

        SQLite would take it for changes of the other file and ruin that. What this connection
        holds open stays readable to it.
        """
        for beside, identity in self._of_thread.beside.items():
            if _identity(self._beside(beside)) == identity:
                self._beside(beside).unlink(missing_ok=True)

    def disown(self) -> None:
        """Let nothing more get into the file, which was overwritten: what SQLite kept for the one
        before would be written into it with the last connection's end, and ruin it."""
        for beside, identity in self._of_thread.beside.items():
            path = self._beside(beside)
            if _identity(path) == identity:
                if beside == "-wal":
                    os.truncate(path, 0)
                path.unlink(missing_ok=True)

    def save(self, to: Path) -> None:
        """Write a copy of what is open, wherever its file is now.

        Raises:
            StoreError: There is no room, or no such folder.
        """
        make_private(to)
        with telling(to):
            copy = sqlite3.connect(to)
            try:
                self.left_behind().conn.backup(copy)
            finally:
                copy.close()

    def erase(self, *, anew: bool) -> bool:
        """Put what -wal holds into the file and empty it, so that nothing deleted is left there.

        Args:
            anew: Write the file itself anew first; nothing else may have it open.

        Returns:
            False where somebody reads an earlier state for so long that -wal is still in use.
        """
        with telling(self.path):
            db = self.connection()
            if anew:
                db.execute("VACUUM")
            until = time.monotonic() + BUSY_TIMEOUT_S
            while True:
                (busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._size = _found(self.path)[1]  # smaller, perhaps
                if not busy or time.monotonic() > until:
                    return not busy
                time.sleep(_AGAIN_S)

    def _beside(self, beside: str) -> Path:
        return self._paths[beside]  # made once: they are looked at for all that is read or written

    @contextmanager
    def transaction(self, *, alone: bool = True) -> Iterator[Connection]:
        """One that takes its lock at once, so that it cannot fail half-way on it."""
        db = self.connection()
        with transaction(db):
            yield db
        self.check()

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Within it, this thread waits no longer than that for another process that writes."""
        db = self.connection()
        db.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        try:
            yield
        finally:
            db.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A copy of the file as it is now, gone afterwards."""
        with TemporaryDirectory(prefix="irbot-") as folder:
            copy = file_of(Database.open(Path(folder) / self.path.name))
            try:
                self.connection().conn.backup(copy.connection().conn)
                yield copy.path
            finally:
                copy.close()

    def make_single(self) -> None:
        """Give up the file, which this thread alone has used, with nothing kept beside it."""
        db = self.connection()
        self._of_thread.beside = {}
        db.execute("PRAGMA journal_mode = DELETE")
        self.close()

    def now(self) -> float:
        return time.time()


def _found(path: Path) -> tuple[_Identity | None, int]:
    """Which file a path names, and its size."""
    try:
        found = path.stat()
    except OSError:
        return None, 0
    return (found.st_dev, found.st_ino), found.st_size


def _identity(path: Path) -> _Identity | None:
    return _found(path)[0]


def connect(path: Path, *, is_copy: bool = False) -> Connection:
    """A connection of its own, apart from what the process writes; the file is migrated as needed.

    It belongs to the thread that opened it (sqlite3).

    Args:
        path: The file.
        is_copy: It is one of a database that is kept elsewhere: none is made before it is migrated.

    Raises:
        StoreError: Unwritable folder, not a database, written by a newer version, or to be migrated
            while an older program serves it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"无法使用数据库文件 {path}：{reason(error)}；请检查 IR_DB 和目录权限"
        ) from error
    if not path.exists():
        make_private(path)
    with telling(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        db = Connection(connection)
        _refuse_newer(db, path)
        for name in ("", *BESIDE):  # which SQLite makes as the file is
            narrow(path.with_name(path.name + name))
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        if migrations.pending(db):
            with transaction(db):  # of two processes starting at once, one finds nothing to do
                copy = upgrade(db, path, is_copy=is_copy)
            if copy is not None:
                tell(path, copy)
    return db


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


def why(path: Path, error: sqlite3.Error) -> str:
    """What an SQLite error means for the operator, and what to do."""
    said = str(error)
    if "not a database" in said:
        return f"{path} 不是 SQLite 数据库；请检查 IR_DB，文件未作改动"
    if "full" in said or (_is_full(path) and "locked" not in said):
        return f"磁盘已满，无法写入 {path}；请腾出空间后再试"  # it may be unable to open, too
    if "readonly" in said or "unable to open" in said:
        return f"无法写入数据库文件 {path}；请检查 IR_DB 和目录权限"
    if "locked" in said:
        return f"数据库 {path} 正被其他程序长时间占用；请稍后再试"
    return f"数据库 {path} 无法使用（{said}）；请用最近的备份恢复"


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _PAGE
    except OSError:
        return False


def is_older(path: Path) -> bool:
    """Whether a file is of an earlier version; it stays so.

    Raises:
        StoreError: It cannot be opened, or was written by a newer version.
    """
    with (
        telling(path),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file,
    ):
        db = Connection(file)
        _refuse_newer(db, path)
        return bool(migrations.pending(db))


def unknown_migrations(db: Connection) -> list[str]:
    """What a newer version of this program did to the file, the first one first."""
    known = {migration.name for migration in migrations.pending(Connection(memory=True))}
    return [done.name for done in migrations.applied(db) if done.name not in known]


def _refuse_newer(db: Connection, path: Path) -> None:
    if unknown := unknown_migrations(db):
        raise StoreError(
            f"{path} 由更新版本的 irbot 写成（{unknown[-1]}）；请升级 irbot，文件未作改动"
        )


@contextmanager
def transaction(db: Connection) -> Iterator[None]:
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
