"""A database of an earlier version, brought to this one.

1. Nobody serves it: an older program that has it open would go on with tables that are gone.
2. A copy of it is kept beside it, made and looked at under the lock under which it is changed.
3. All changes are one transaction, so a kill leaves the old database or the new one.
"""

from __future__ import annotations

import glob
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from sqlite_utils import Database

from bot.errors import StoreError, reason
from bot.private_files import make_private
from bot.store.process_lock import is_served_by_another
from bot.store.schema.migrations import migrations
from bot.store.staging import make_durable, staging

KEPT = 2  # copies: from before this upgrade, and from before the one that was found wanting
_DAY_S = 86_400.0

log = logging.getLogger(__name__)


def upgrade(db: Database, path: Path, *, is_copy: bool) -> Path | None:
    """Make the tables, or bring them to this version; within a write transaction.

    Args:
        db: In that transaction.
        path: Its file.
        is_copy: It is a copy itself: no other one is kept.

    Returns:
        The copy that was kept; None where none was needed, or another process was faster.

    Raises:
        StoreError: An older program serves it, or it cannot be copied; nothing is changed.
    """
    is_new = not migrations.applied(db)
    copy = None
    if not (is_copy or is_new) and migrations.pending(db):
        file = Path(os.path.realpath(path))
        if is_served_by_another(file):
            raise StoreError(
                f"{path} 要升级到这一版 irbot，而旧版的 irbot serve 还在使用它；"
                "请先停止它（Ctrl-C 或停止服务），数据库未作改动"
            )
        copy = _keep(file)
        for older in copies(file)[:-KEPT]:  # at once: an upgrade that fails may be tried for long
            with suppress(OSError):
                older.unlink()
    migrations.apply(db)
    return copy


def tell(path: Path, copy: Path) -> None:
    """Say what was done, once it is certain."""
    log.warning(
        "%s was upgraded to this irbot; a copy from before is %s (the newest %d are kept)",
        path,
        copy,
        KEPT,
    )


def copies(path: Path) -> list[Path]:
    """The copies from before upgrades, the oldest one first."""
    file = Path(os.path.realpath(path))
    return sorted(file.parent.glob(f"{glob.escape(_begins(file))}*-*"))


def forget_copies(path: Path, days: int) -> None:
    """Remove copies that are older: they hold what askers typed."""
    for copy in copies(path):
        with suppress(OSError):
            if copy.stat().st_mtime < time.time() - days * _DAY_S:
                copy.unlink()


def _begins(file: Path) -> str:
    return f"{file.name}-before-upgrade-"


def _names(file: Path) -> Iterator[Path]:
    """One after the other, in the order of time and of the alphabet."""
    at = time.strftime("%Y%m%d-%H%M%S")
    return (file.with_name(f"{_begins(file)}{at}-{number:03}") for number in range(1, 1000))


def _keep(file: Path) -> Path:
    copy = next(name for name in _names(file) if not name.exists())
    try:
        with staging(file.with_name(f"{file.name}-before-upgrade")) as folder:
            made = folder / copy.name
            make_private(made)
            _copy(file, made)
            make_durable(made)
            made.replace(copy)
        make_durable(copy)
    except (OSError, sqlite3.Error) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise StoreError(
            f"{file} 要升级到这一版 irbot，而升级前的备份做不成（{why}）；"
            "请检查磁盘空间和目录权限，数据库未作改动"
        ) from error
    return copy


def _copy(file: Path, made: Path) -> None:
    """What is committed; whoever holds the write lock lets others read."""
    with (
        closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(made)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, which needs none beside it
        (said,) = target.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(f"数据库已损坏：{said.splitlines()[-1]}")
