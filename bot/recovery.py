"""A backup put in the database's place: looked at first, then all at once.

What was said since the backup was made is said no second time. Where the present database can be
read it knows: messages, posts and digests go along from it. Where it cannot, all that waits in the
backup is in doubt (`carrying_over`), and so is every digest that is due by now. Who was signed in
to the desk signs in anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.config import Settings
from bot.digest.in_doubt import leave_due_in_doubt
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import FILE, load_trading_days
from bot.errors import StoreError
from bot.postgres_url import PostgresUrl
from bot.store import Store
from bot.store.access import shut
from bot.store.backups import Contents, read_backup
from bot.store.carrying_over import Waiting, carry_over, count_of, leave_in_doubt, waiting
from bot.store.connection import Connection, Database, instant
from bot.store.journal import note
from bot.store.leases import is_served
from bot.store.sqlite import Connection as FileConnection
from bot.store.sqlite import connect, file_of
from bot.store.swapping import alone, forget_attempts, put_in_place


@dataclass(frozen=True)
class Restored:
    """What became of both databases."""

    kept: Path | None  # the one that was there
    is_known: bool  # what was said since the backup was made
    carried: int  # messages and posts that wait, from the one that was there
    doubtful: Waiting  # in the backup
    digests: int  # in doubt
    forgotten: int  # people whose traces were taken out since; the backup has them again


@dataclass(frozen=True)
class Backup:
    """A copy of one that was found sound, beside the database, brought to this version."""

    file: Path
    contents: Contents
    store: Store

    def put_back(self, settings: Settings, who: str) -> Restored:
        """Put it in the place of the settings' database.

        Args:
            settings: Whose database it becomes.
            who: Decides so.

        Raises:
            StoreError: The database is in use, or there is no room; nothing is changed.
        """
        db = _real(settings)
        refuse_served(settings)
        with alone(db) as present:
            file = file_of(self.store.database)
            with file.transaction() as tables:
                restored = self._settled(settings, present, tables)
                shut(tables)
                note(tables, who, "restore", self.file.name)
            file.make_single()
            forget_attempts(db)
            kept = put_in_place(self.store.path, db)
        return Restored(kept, *restored)

    def _settled(
        self, settings: Settings, present: FileConnection | None, tables: FileConnection
    ) -> tuple[bool, int, Waiting, int, int]:
        """Bring along what was said since, as far as that is known."""
        now = settings.now()
        carried, waits, digests, forgotten = 0, Waiting(), 0, 0
        if present is not None:
            carried, waits = carry_over(present, tables), waiting(present)
            forgotten = max(0, count_of(present, "forget") - count_of(tables, "forget"))
        doubtful = leave_in_doubt(tables, waits, instant(now))
        if present is None:
            digests = _leave_unknown(settings, self.store.database, tables, now)
        return present is not None, carried, doubtful, digests, forgotten


def settle_restored(settings: Settings, who: str) -> tuple[Waiting, int]:
    """After a server's own tools have put a backup in the database's place: what was said since is
    not known, and is said no second time.

    Args:
        settings: Whose database it is.
        who: Decides so.

    Returns:
        What is left in doubt: messages and posts, and how many digests.

    Raises:
        StoreError: The database is served, or cannot be used; nothing is changed.
    """
    refuse_served(settings)
    database, now = Database.open(settings.db), settings.now()
    with database.transaction() as tables:
        doubtful = leave_in_doubt(tables, Waiting(), instant(now))
        digests = _leave_unknown(settings, database, tables, now)
        shut(tables)
        note(tables, who, "restore", str(settings.db))
    return doubtful, digests


def _leave_unknown(
    settings: Settings, database: Database, tables: Connection, now: datetime
) -> int:
    """Of what was fetched and posted since nothing is known."""
    # It comes again, and nobody is told that it came too late.
    tables.execute("DELETE FROM cursors")
    return leave_due_in_doubt(
        SubscriptionStore(database),
        load_trading_days(settings.folder / FILE),
        timedelta(hours=settings.digest_late_hours),
        now,
    )


@contextmanager
def opened_backup(settings: Settings, file: Path) -> Iterator[Backup]:
    """Look at a backup; nothing is changed by that.

    Raises:
        StoreError: It is no sound backup that this program knows.
    """
    with read_backup(file, _real(settings)) as (copy, contents):
        connect(copy, is_copy=True).conn.close()  # brought to this version
        store = Store(copy)
        try:
            yield Backup(file, contents, store)
        finally:
            with suppress(StoreError):  # it was put in place, and closed for that
                store.database.close()


def refuse_served(settings: Settings) -> None:
    """
    Raises:
        StoreError: A process serves the settings' database.
    """
    if is_served(settings.db):
        raise StoreError(
            f"irbot serve 正在使用 {settings.db}；请先停止它（Ctrl-C 或停止服务），未作改动"
        )


def _real(settings: Settings) -> Path:
    """The file; a server has its own tools for that."""
    if isinstance(settings.db, PostgresUrl):
        raise StoreError(f"{settings.db} 不是一个数据库文件；这项操作请用 PostgreSQL 自己的工具")
    return Path(os.path.realpath(settings.db))
