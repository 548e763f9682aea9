"""A database of PostgreSQL, 15 or later, through psycopg 3.

1. One connection for a thread (postgres_connection.py), then for another: making one takes a
   server longer than answering a question. It commits each statement by itself outside of
   transactions.
2. Who writes alone holds an advisory lock until the commit, so that the order of what is told by
   `generation` is the order of the commits.
3. Writes go where they may: of several hosts to the one that takes them (`target_session_attrs`).
4. A standby that takes over may lack what the server before told last. What a process remembers
   of that it forgets (`history`).
5. The tables are those that SQLite has (schema/derived.py).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

import psycopg

from bot.errors import EngineAwayError, StoreError, reason
from bot.postgres_url import PostgresUrl
from bot.store.connection import Database
from bot.store.postgres_connection import BUSY_TIMEOUT_S, Connection
from bot.store.postgres_errors import telling
from bot.store.schema import derived

__all__ = ["PostgresDatabase", "connect", "is_older", "is_there", "looking", "telling"]

_MIGRATING = 0x6972626D  # the lock of who makes the tables: "irbm"
_REST_S = 5  # between two statements of whoever does not write alone, which takes no time
_FREE = 8  # connections that wait for another thread
_STARTING_S = 60.0  # of several replicas that start at once, one makes the tables


class _Held:
    """The connection of a thread, with which it ends: then another may have it."""

    def __init__(self, connection: Connection, free: deque[Connection]) -> None:
        self.connection = connection
        self._free = free

    def __del__(self) -> None:
        if not self.connection.in_transaction:
            self._free.append(self.connection)


class PostgresDatabase(Database):
    """The server's database, with a connection for each thread."""

    place: PostgresUrl

    def __init__(self, place: PostgresUrl) -> None:
        """For `Database.open`, which makes no second one of an address."""
        self.place = place
        self._of_thread = threading.local()
        self._free: deque[Connection] = deque(maxlen=_FREE)
        self._is_migrated = False
        self._first = threading.Lock()
        self._timelines: tuple[int, int] | None = None  # of the first connection, and the newest

    @property
    def history(self) -> int:
        held: _Held | None = getattr(self._of_thread, "held", None)
        own = (held or self._hold()).connection.timeline
        first, newest = self._timelines or (own, own)
        if self._timelines is None or own > newest:
            newest = own
            self._timelines = first, newest
        return newest - first

    def connection(self) -> Connection:
        """This thread's connection, made anew where it broke since."""
        held: _Held | None = getattr(self._of_thread, "held", None)
        if held is None:
            held = self._hold()
        elif not held.connection.in_transaction and not held.connection.is_usable():
            held.connection.renew()
        return held.connection

    def _hold(self) -> _Held:
        held = self._of_thread.held = _Held(self._connected(), self._free)
        return held

    def _connected(self) -> Connection:
        with suppress(IndexError):
            while True:
                db = self._free.pop()
                if db.is_of_this_process and db.is_usable():
                    return db
        if not self._is_migrated:
            with self._first:
                db = connect(self.place)
                self._is_migrated = True
                return db
        return Connection(self.place)

    def apart(self) -> Connection:
        return Connection(self.place)

    def close(self) -> None:
        super().close()
        self._free.clear()

    @contextmanager
    def transaction(self, *, alone: bool = True) -> Iterator[Connection]:
        db = self.connection()
        if db.in_transaction:
            if alone:
                db.be_alone()
            with db.saved() if db.is_trial else nullcontext():
                yield db
            return
        db.begin(None if alone else _REST_S)
        try:
            if alone:
                db.be_alone()
            yield db
        except BaseException:
            db.roll_back()
            raise
        db.commit()

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        db = self.connection()
        db.wait_at_most(seconds)
        try:
            yield
        finally:
            with suppress(psycopg.Error, EngineAwayError):
                db.wait_at_most(BUSY_TIMEOUT_S)

    @contextmanager
    def copied(self) -> Iterator[PostgresUrl]:
        """The same place, in a transaction that is never committed and that nobody waits for."""
        db = self.connection()
        db.begin()
        try:
            db.is_trial = True
            # What everybody writes is the trial's own, so that it locks nobody out.
            db.execute("CREATE TEMPORARY TABLE generation AS SELECT * FROM generation")
            yield self.place
        finally:
            db.is_trial = False
            db.roll_back()

    def now(self) -> float:
        (at,) = (
            self.connection()
            .execute("SELECT CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)")
            .fetchone()
        )
        return float(at)

    def erase(self, *, anew: bool) -> bool:
        """What was deleted is taken out of the tables; the server's log and its backups keep it as
        long as they are kept."""
        self.connection().execute("VACUUM (FULL)" if anew else "VACUUM")
        return True


def connect(place: PostgresUrl) -> Connection:
    """A new connection, with tables of this version.

    Raises:
        StoreError: The server cannot be used, a newer version wrote there, or there is no folder
            for what this process keeps beside it.
    """
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{place.folder} 无法使用（{reason(error)}）；请检查目录权限") from error
    with telling(place):
        db = Connection(place)
        if _pending(db, place):
            _migrate(db, place)
    return db


def is_there(place: PostgresUrl) -> bool:
    """Whether its tables are there; none are made by that.

    Raises:
        StoreError: The server cannot be used.
    """
    with looking(place) as db:
        return bool(_applied(db))


def is_older(place: PostgresUrl) -> bool:
    """Whether its tables are of an earlier version, or not there.

    Raises:
        StoreError: The server cannot be used, or a newer version wrote there.
    """
    with looking(place) as db:
        return _pending(db, place)


@contextmanager
def looking(place: PostgresUrl) -> Iterator[Connection]:
    """A connection of its own, whatever is there; closed afterwards.

    Raises:
        StoreError: The server cannot be used.
    """
    with telling(place):
        db = Connection(place)
        try:
            yield db
        finally:
            db.close()


def _applied(db: Connection) -> set[str]:
    ((table,),) = db.execute("SELECT to_regclass(?)::text", [derived.APPLIED]).fetchall()
    if table is None:
        return set()
    return {name for (name,) in db.execute(f"SELECT name FROM {derived.APPLIED}")}


def _pending(db: Connection, place: PostgresUrl) -> bool:
    """
    Raises:
        StoreError: A newer version wrote there.
    """
    known, applied = derived.names(), _applied(db)
    if unknown := sorted(applied - set(known)):
        raise StoreError(
            f"{place} 由更新版本的 irbot 写成（{unknown[-1]}）；请升级 irbot，数据库未作改动"
        )
    return bool(set(known) - applied)


def _migrate(db: Connection, place: PostgresUrl) -> None:
    db.wait_at_most(_STARTING_S)
    db.begin()
    try:
        db.execute("SELECT pg_advisory_xact_lock(CAST(? AS INTEGER), 0)", [_MIGRATING])
        db.be_alone()
        if _pending(db, place):
            derived.migrate(db, _applied(db))
    except BaseException:
        db.roll_back()
        raise
    db.commit()
    db.wait_at_most(BUSY_TIMEOUT_S)
