"""Copies of the database: made while it is served, and checked before they are called copies.

A copy is one file of one moment. It is made in a folder beside its place and moved there when it
was found whole, so that nothing that looks like a backup is half of one.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StoreError, is_full, reason
from bot.store.schema.migrations import migrations
from bot.store.sqlite import BUSY_TIMEOUT_S, Connection, unknown_migrations, why
from bot.store.staging import make_durable, staging

_HEADER = b"SQLite format 3\0"
_UNCHANGED = "未作改动"


@dataclass(frozen=True)
class Contents:
    """What a database holds, as far as that tells two apart."""

    migrations: tuple[str, ...]
    rows: Mapping[str, int]  # by table
    records: int
    questions: int  # of the versions that are shown
    imported_at: str | None  # of the newest version


def back_up(db: Path, to: Path, *, replace: bool = False) -> Contents:
    """Copy the database as it is now into a file of its own, readable to its owner alone.

    Args:
        db: May be written meanwhile.
        to: Does not exist, unless `replace`.
        replace: A file there is replaced, once the copy is whole.

    Raises:
        StoreError: There is no such database, it is damaged, or the copy cannot be written there;
            nothing is left.
    """
    if not db.is_file():
        raise StoreError(f"没有数据库文件 {db}，无可备份；请检查 IR_DB")
    _check_place(db, to, replace)
    with staging(to) as folder:
        copy = folder / to.name
        with _telling_full(to):
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL, 0o600))
            contents = _copied(db, copy, to)
            if sound(copy) != contents:
                raise StoreError(f"{to} 与数据库不一致，没有备份；请再试一次")
            make_durable(copy)
            _move(copy, to, replace)
    return contents


def _check_place(db: Path, to: Path, replace: bool) -> None:
    if to.is_dir():
        raise StoreError(f"{to} 是文件夹；请写备份文件的名字")
    if not to.parent.is_dir():
        raise StoreError(f"没有文件夹 {to.parent}；请先建好")
    if to.exists() and to.samefile(db):
        raise StoreError(f"{to} 就是正在使用的数据库；请写另一个文件名")
    if os.path.lexists(to) and not replace:
        raise StoreError(f"{to} 已存在，{_UNCHANGED}；要覆盖它请加 --replace")


def _copied(db: Path, copy: Path, to: Path) -> Contents:
    """Copy within one read transaction, for that place; returns what is in it."""
    with closing(opened(db, "mode=rw")) as source, closing(sqlite3.connect(copy)) as target:
        try:
            source.execute("BEGIN")
            contents = _contents(source)
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, which needs none beside it
        except sqlite3.Error as error:
            raise StoreError(why(db if is_damage(error) else to, error)) from error
    return contents


def _move(copy: Path, to: Path, replace: bool) -> None:
    """Put the copy in its place; where nothing may be replaced, also not what came meanwhile."""
    if replace:
        copy.replace(to)
    else:
        try:
            os.link(copy, to)
        except FileExistsError as error:
            raise StoreError(f"{to} 已存在，{_UNCHANGED}；要覆盖它请加 --replace") from error
        except OSError:  # no links on this file system
            copy.rename(to)
    make_durable(to)


@contextmanager
def read_backup(file: Path, db: Path) -> Iterator[tuple[Path, Contents]]:
    """A copy of a backup beside the database whose place it may take, gone afterwards; and what
    the backup holds.

    Raises:
        StoreError: It is no sound backup that this program knows; says which file and why.
    """
    _check_backup(file, db)
    with _telling_full(db):
        db.parent.mkdir(parents=True, exist_ok=True)
    with staging(db) as folder:
        copy = folder / db.name
        with _telling_full(db):
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL, 0o600))
            _copy_backup(file, copy, db)
            contents = sound(copy, file)
        yield copy, contents


def _check_backup(file: Path, db: Path) -> None:
    """Refuse what SQLite would take for an empty database, or wait for."""
    if not file.exists():
        raise StoreError(f"没有文件 {file}，{_UNCHANGED}")
    if not file.is_file():
        raise StoreError(f"{file} 不是文件，{_UNCHANGED}")
    if db.exists() and file.samefile(db):
        raise StoreError(f"{file} 就是正在使用的数据库，{_UNCHANGED}")
    try:
        with file.open("rb") as opened:
            header = opened.read(len(_HEADER))
    except OSError as error:
        raise StoreError(f"{file} 读不了（{reason(error)}），{_UNCHANGED}") from error
    if header != _HEADER:
        raise StoreError(f"{file} 不是 irbot 的备份（不是 SQLite 数据库），{_UNCHANGED}")


def _copy_backup(file: Path, copy: Path, db: Path) -> None:
    # A file that is open somewhere has a log beside it; one that is not is left without any.
    has_log = file.with_name(f"{file.name}-wal").exists()
    how = "mode=ro" if has_log else "immutable=1"
    with closing(opened(file, how)) as source, closing(sqlite3.connect(copy)) as target:
        try:
            source.backup(target)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise StoreError(why(db, error)) from error
            raise StoreError(_damaged(file, str(error))) from error


def sound(path: Path, name: Path | None = None) -> Contents:
    """What a file holds that is nobody else's.

    Args:
        path: The file.
        name: What it is called in errors; by default its own.

    Raises:
        StoreError: SQLite finds it damaged, or it is not of this program or of a newer one.
    """
    name = name or path
    with closing(opened(path, "mode=rw")) as db:
        try:
            (said,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise StoreError(_damaged(name, said))
            if not migrated(db):
                raise StoreError(f"{name} 是别的程序的 SQLite 数据库，{_UNCHANGED}")
            if unknown := unknown_migrations(Connection(db)):
                raise StoreError(
                    f"{name} 由更新版本的 irbot 写成（{unknown[-1]}）；请升级 irbot，{_UNCHANGED}"
                )
            return _contents(db)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise StoreError(why(path, error)) from error
            raise StoreError(_damaged(name, str(error))) from error


def _damaged(name: Path, said: str) -> str:
    return f"{name} 已损坏（{said.splitlines()[-1]}），{_UNCHANGED}；请换一份备份"


def is_damage(error: sqlite3.Error) -> bool:
    """Whether what the file holds is at fault, not the disk, the rights or another process."""
    return error.sqlite_errorname in ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")


def migrated(db: sqlite3.Connection) -> tuple[str, ...]:
    """The migrations that were applied, the first one first; none: it is not of this program."""
    known = Connection(db)
    return tuple(done.name for done in migrations.applied(known)) if known.tables else ()


def _contents(db: sqlite3.Connection) -> Contents:
    rows = {}
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        (rows[table],) = db.execute(f'SELECT count(*) FROM "{table}"').fetchone()
    (questions,) = db.execute(
        "SELECT count(*) FROM questions q JOIN versions v ON v.id = q.version_id "
        "WHERE v.version = (SELECT max(version) FROM versions WHERE record_id = v.record_id)"
    ).fetchone()
    (imported_at,) = db.execute("SELECT max(imported_at) FROM versions").fetchone()
    return Contents(migrated(db), rows, rows["records"], questions, imported_at)


def opened(path: Path, how: str, patience_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """A connection that creates no file.

    Args:
        path: The file.
        how: SQLite's parameters of the address.
        patience_s: For locks of other processes.

    Raises:
        StoreError: It cannot be opened.
    """
    address = f"{path.absolute().as_uri()}?{how}"
    try:
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=patience_s)
    except sqlite3.Error as error:
        raise StoreError(why(path, error)) from error


@contextmanager
def _telling_full(path: Path) -> Iterator[None]:
    """What the system says of writing, told as an error of this file."""
    try:
        yield
    except OSError as error:
        told = "磁盘已满，请腾出空间" if is_full(error) else reason(error)
        raise StoreError(f"无法写入 {path}：{told}") from error
