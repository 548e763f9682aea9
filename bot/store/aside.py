"""A place beside a database, in which what is moved there lies until it is whole.

Beside a file it is another file; beside PostgreSQL's tables another schema of the same database, so
that what was moved can take their names in one transaction.
"""

from __future__ import annotations

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.errors import StoreError
from bot.postgres_url import Place, PostgresUrl, beside
from bot.store.connection import Database
from bot.store.staging import make_durable

SCHEMA = "irbot_moving"
_MOVING = 0x6972626F  # lock of this program: "irbo"
_EMPTY = ("generation", "schema_migrations", "leases")  # what they hold is nobody's words
_OURS = "SELECT tablename FROM pg_tables WHERE schemaname = ? ORDER BY tablename"


class Aside(ABC):
    """The place; one process at a time has it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._database: Database | None = None

    def opened(self) -> Database:
        """Its database, with tables of this version."""
        self._database = self._database or Database.open(self._place)
        return self._database

    def forget(self) -> None:
        """Take it away, with all that is in it."""
        self._close()
        self._remove()

    @abstractmethod
    def settle(self) -> None:
        """Let what is in it be the target.

        Raises:
            StoreError: Something came into the target meanwhile; that stays.
        """

    @abstractmethod
    def _remove(self) -> None: ...

    def _close(self) -> None:
        if self._database:
            self._database.close()
            self._database = None


@contextmanager
def aside(target: Place) -> Iterator[Aside]:
    """The place beside a target, with what an earlier run left there.

    Raises:
        StoreError: Another process has it.
    """
    with _schema(target) if isinstance(target, PostgresUrl) else _file(target) as place:
        try:
            yield place
        finally:
            with suppress(StoreError):  # it is what was raised, or is settled
                place._close()


def _busy(target: Place) -> StoreError:
    return StoreError(f"另一个 irbot migrate 正在往 {target} 搬；请等它结束")


# A file


class _File(Aside):
    def __init__(self, target: Path) -> None:
        self._own = beside(target, "-moving")
        self._target = target
        super().__init__(self._own)

    def _remove(self) -> None:
        for path in self._own.parent.glob(f"{self._own.name}*"):
            if not path.name.endswith(".lock"):
                path.unlink(missing_ok=True)

    def settle(self) -> None:
        from bot.store.sqlite import file_of

        file_of(self.opened()).make_single()
        self._database = None
        make_durable(self._own)
        if self._target.exists():
            raise StoreError(f"{self._target} 已存在，未作改动；请换一个文件名")
        self._own.rename(self._target)
        make_durable(self._target)


@contextmanager
def _file(target: Path) -> Iterator[_File]:
    target.parent.mkdir(parents=True, exist_ok=True)
    path = beside(target, "-moving.lock")
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _busy(target) from error
        yield _File(target)
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)


# A schema


class _Schema(Aside):
    def __init__(self, target: PostgresUrl, db: Any) -> None:
        """
        Args:
            target: The database.
            db: A connection to it that is only ours.
        """
        super().__init__(target.in_schema(SCHEMA))
        self._target = target
        self._db = db

    def opened(self) -> Database:
        self._db.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        return super().opened()

    def _remove(self) -> None:
        self._db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")

    def settle(self) -> None:
        from bot.store.schema.derived import number_on

        with self.opened().transaction() as db:
            number_on(db)
        self._close()
        self._db.begin()
        try:
            ((own,),) = self._db.execute("SELECT current_schema()").fetchall()
            there = {name for (name,) in self._db.execute(_OURS, [own])}
            for (name,) in self._db.execute(_OURS, [SCHEMA]).fetchall():
                if name in there:
                    self._make_way(f'"{own}"."{name}"', name)
                self._db.execute(f'ALTER TABLE {SCHEMA}."{name}" SET SCHEMA "{own}"')
            self._db.execute(f"DROP SCHEMA {SCHEMA}")
        except BaseException:
            self._db.roll_back()
            raise
        self._db.commit()
        self._db.execute("ANALYZE")

    def _make_way(self, table: str, name: str) -> None:
        """Remove an empty table, as an irbot that was started here once has made it."""
        self._db.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        if name not in _EMPTY and self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
            raise StoreError(f"{self._target} 里在此期间有了别的数据（{name}），未作改动")
        self._db.execute(f"DROP TABLE {table} CASCADE")


@contextmanager
def _schema(target: PostgresUrl) -> Iterator[_Schema]:
    from bot.store.postgres_connection import Connection

    db = Connection(target)
    try:
        (is_ours,) = db.execute(
            "SELECT pg_try_advisory_lock(CAST(? AS INTEGER), hashtext(current_schema()))",
            [_MOVING],
        ).fetchone()
        if not is_ours:
            raise _busy(target)
        yield _Schema(target, db)
    finally:
        db.close()  # which frees the lock, as the end of the process does
