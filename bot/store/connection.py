"""The database as all rooms see it, whichever engine it is: opened, written in transactions.

SQL is written once, in what both engines speak: `?` and `:name` stand for values; `CASE`, `ON
CONFLICT`, `RETURNING`, `"user"` in quotes; a value whose type nothing tells is `CAST(? AS TEXT)`.
What differs is `Connection.engine`'s to say. sqlite.py: a file; postgres.py: a server.
"""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, overload

from bot.errors import StoreError
from bot.postgres_url import Place, PostgresUrl, folder_of
from bot.store.engine import Engine

Values = Sequence[Any] | dict[str, Any]


class Cursor(Protocol):
    """What a statement gave: its rows, in order, and how many it changed."""

    @property
    def rowcount(self) -> int: ...
    @property
    def description(self) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def close(self) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...


class Table(Protocol):
    """Rows by the names of their columns."""

    def insert(self, record: dict[str, Any], /, *, ignore: bool = ...) -> Any:
        """Add one; `ignore`: unless its key is there."""

    def insert_all(self, records: Iterable[dict[str, Any]], /) -> Any:
        """Add several that have the same columns."""

    def upsert(self, record: dict[str, Any], /, *, pk: str | tuple[str, ...]) -> Any:
        """Add one, or set what it says of the one that has its key."""


class Connection(Protocol):
    """One thread's way to the database."""

    @property
    def engine(self) -> Engine: ...

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, values: Values = ..., /) -> Cursor:
        """Run a statement. Its rows are read before the next one is run."""

    def executemany(self, sql: str, rows: Iterable[Values], /) -> None:
        """Run a statement once for each row."""

    def query(self, sql: str, values: Values = ..., /) -> Iterator[dict[str, Any]]:
        """The rows of a query, by column."""

    def stream(self, sql: str, values: Values = ..., /) -> Iterator[dict[str, Any]]:
        """The same of a query with many rows: they are never in memory together."""

    def table(self, name: str, /) -> Table: ...

    def write_content(self, sha256: str, pieces: Iterable[bytes], size: int, /) -> None:
        """A source's bytes, which may be more than fit into memory, under their hash, in place of
        what is there; in a transaction."""

    def content(self, sha256: str, /) -> Iterator[bytes]:
        """A source's bytes in pieces; none where there is no such source."""

    def notify(self, channel: str, /) -> None:
        """Wake those of all processes that listen (waking.py), when the open transaction is
        committed."""

    def close(self) -> None: ...


CHANGED = "irbot_changed"  # told whenever `generation` grows

_opening = threading.Lock()
_opened: dict[Path | PostgresUrl, Database] = {}


class Database(ABC):
    """A database, once for a process however it is spelt, with a connection for each thread.

    All that a thread writes goes through its one connection, so that what belongs together is one
    transaction.
    """

    place: Place
    skew_s: float = 0.0  # how far the clock of all processes that share it is ahead of this one's

    @property
    def history(self) -> int:
        """Another one where a server took over that may lack what was read before: there the same
        numbers may be those of other words."""
        return 0

    @classmethod
    def open(cls, place: Place) -> Database:
        """The place's value; what is there is created and migrated as needed.

        Raises:
            StoreError: It cannot be used, or was written by a newer version.
        """
        key = _key(place)
        with _opening:
            known = _opened.get(key)
            if known is None or known.is_displaced():
                _opened[key] = _made(place)
            database = _opened[key]
        database.connection()
        return database

    @property
    def folder(self) -> Path:
        """Where this process keeps what lies beside the database."""
        return folder_of(self.place)

    @property
    def path(self) -> Path:
        """The file.

        Raises:
            StoreError: It is a server's, which has none.
        """
        if isinstance(self.place, PostgresUrl):
            raise StoreError(f"{self.place} 不是一个数据库文件；这项操作请用 PostgreSQL 自己的工具")
        return self.place

    @abstractmethod
    def connection(self) -> Connection:
        """This thread's connection.

        Raises:
            StoreError: As `open`.
        """

    @abstractmethod
    def apart(self) -> Connection:
        """A new connection of nobody's, for the caller to use in one thread at a time and close."""

    @abstractmethod
    def transaction(self, *, alone: bool = True) -> AbstractContextManager[Connection]:
        """A write transaction. Inside another one it is a part of that.

        Args:
            alone: It is the only one that writes until it ends, so that what it reads first stays
                true; all transactions are that in SQLite. Else it holds only the rows that it
                writes, and each statement must be right beside others.

        Raises:
            DisplacedError: It may not be in the file that the path names.
            EngineAwayError: The server cannot be reached any more.
        """

    @abstractmethod
    def waiting(self, seconds: float) -> AbstractContextManager[None]:
        """Within it, this thread waits no longer than that for another process that writes."""

    @abstractmethod
    def copied(self) -> AbstractContextManager[Place]:
        """Within it, this thread has a place with all that is here: what is tried there changes
        nothing."""

    @abstractmethod
    def now(self) -> float:
        """The one clock of all processes that share the database, in seconds since 1970."""

    @abstractmethod
    def erase(self, *, anew: bool) -> bool:
        """Leave nothing of what was deleted where the engine keeps it.

        Args:
            anew: Write everything anew; nothing else may have it open.

        Returns:
            False where somebody reads an earlier state for so long that it could not be done.
        """

    def check(self) -> None:  # noqa: B027 # nothing displaces a server
        """Look whether what is open is what the place names.

        Raises:
            DisplacedError: It is not.
        """

    def is_displaced(self) -> bool:
        """Whether `check` fails."""
        return False

    def close(self) -> None:
        """Give it up, which this thread alone has used."""
        with _opening:
            _opened.pop(_key(self.place), None)
        self.connection().close()


def _key(place: Place) -> Path | PostgresUrl:
    return place if isinstance(place, PostgresUrl) else Path(os.path.realpath(place))


def _made(place: Place) -> Database:
    if isinstance(place, PostgresUrl):
        return _postgres().PostgresDatabase(place)  # type: ignore[no-any-return]
    from bot.store.sqlite import SqliteDatabase

    return SqliteDatabase(place)


def _postgres() -> Any:
    """The engine's module, which loads its driver."""
    try:
        from bot.store import postgres
    except ImportError as error:
        raise StoreError(
            "IR_DB 是 PostgreSQL 的地址，而没有装它的驱动；请安装：pip install 'psycopg[binary]'"
        ) from error
    return postgres


@overload
def connect(place: Path, *, is_copy: bool = ...) -> Any: ...
@overload
def connect(place: PostgresUrl) -> Connection: ...
def connect(place: Place, *, is_copy: bool = False) -> Any:
    """A connection of its own, apart from what the process writes; what is there is migrated as
    needed. It belongs to the thread that opened it.

    Args:
        place: Where.
        is_copy: It is one of a database that is kept elsewhere: none is made before it is migrated.

    Raises:
        StoreError: As `Database.open`.
    """
    if isinstance(place, PostgresUrl):
        return _postgres().connect(place)
    from bot.store import sqlite

    return sqlite.connect(place, is_copy=is_copy)


def is_there(place: Place) -> bool:
    """Whether there is a database of this program; none is made by that.

    Raises:
        StoreError: The server cannot be used.
    """
    return _postgres().is_there(place) if isinstance(place, PostgresUrl) else place.exists()


def is_older(place: Place) -> bool:
    """Whether one that is there is of an earlier version; it stays so.

    Raises:
        StoreError: It cannot be used, or was written by a newer version.
    """
    if isinstance(place, PostgresUrl):
        return bool(_postgres().is_older(place))
    from bot.store import sqlite

    return sqlite.is_older(place)


def telling(place: Place) -> AbstractContextManager[None]:
    """What the engine raises within, told as an error of this database.

    Raises:
        StoreError: What it means for the operator, and what to do.
    """
    if isinstance(place, PostgresUrl):
        return _postgres().telling(place)  # type: ignore[no-any-return]
    from bot.store import sqlite

    return sqlite.telling(place)


class File:
    """What is kept in the database. Safe to share between threads."""

    def __init__(self, place: Place) -> None:
        """Open or create it.

        Raises:
            StoreError: It cannot be used, or was written by a newer version.
        """
        self.place = place
        self.database = Database.open(place)

    @property
    def path(self) -> Path:
        """As `Database.path`."""
        return self.database.path

    @property
    def folder(self) -> Path:
        """Where this process keeps what lies beside the database."""
        return folder_of(self.place)

    def _db(self) -> Connection:
        return self.database.connection()


def first(db: Connection, sql: str, *values: object) -> dict[str, Any] | None:
    """The first row, if there is one; of a number that the engine cannot hold there is none."""
    with suppress(OverflowError), closing(db.execute(sql, values)) as found:
        row = found.fetchone()
        names = (column for column, *_ in found.description)
        return None if row is None else dict(zip(names, row, strict=True))
    return None


def insert(db: Connection, table: str, row: Mapping[str, Any]) -> int:
    """Add a row to a table; returns the `id` that it got."""
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING id"
    ((own,),) = db.execute(sql, list(row.values())).fetchall()
    return int(own)


def grow(db: Connection, *, only_more: bool = False) -> None:
    """Tell every process that what may be answered has changed.

    Args:
        db: In a transaction that is alone: the order of the feed is that of the commits.
        only_more: There is more of it, and nothing else: it may be found a little later. Else
            the next message is answered by what is true now.
    """
    db.execute(
        "UPDATE generation SET value = value + 1, changes = changes + ?", [int(not only_more)]
    )
    db.notify(CHANGED)


def instant(moment: datetime) -> str:
    """UTC, of one width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
