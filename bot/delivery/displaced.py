"""What becomes of a database that was deleted or replaced while it was served.

another in its place       it is served from now on; what was acknowledged and waits goes with
                           it, also where the file is a copy of an earlier day
none, or one that is none  what was open is saved beside it, and serving ends with one line
another copied over it     the same, as far as what was open can still be read
SQLite's own files gone    what they held is written back, and serving ends with one line: a
                           second connection beside the first would be of two minds
"""

from __future__ import annotations

import logging
import time

from bot.errors import StoreError
from bot.store.carrying_over import carry_over
from bot.store.connection import Database, telling
from bot.store.sqlite import SqliteDatabase, file_of

_WAIT_S = 3.0  # for a file that is put back in two steps, or is still being copied
_LOOK_S = 0.25

log = logging.getLogger(__name__)


def move_over(database: Database) -> None:
    """Go on with the file that took the place of an open one.

    To be called by the thread that opened the old one, when nothing else works with it any more.

    Args:
        database: A file, whose `check` has failed.

    Raises:
        StoreError: There is nothing to go on with; says what became of what was open.
    """
    old = file_of(database)
    if not old.is_displaced():
        return  # it was moved away, and back
    if old.is_overwritten:
        saved = _saved(old)
        old.disown()
        raise StoreError(
            f"数据库文件 {old.path} 在运行中被覆盖；{saved}，请重新启动"
            "（替换数据库请用 mv，或先停 irbot）"
        )
    try:
        with telling(old.path):
            if old.is_elsewhere():
                new = _file_in_place(old)
                if new is not old:
                    with new.transaction() as db:
                        waiting = carry_over(old.left_behind(), db)
                    _tell(waiting)
                return
            old.write_back()
    except StoreError as error:
        raise StoreError(f"{error}；{_saved(old)}") from error
    raise StoreError(
        f"{old.path} 旁的 -wal 或 -shm 文件在运行中被删除；"
        "其内容已写回数据库，irbot 已停止，请重新启动"
    )


def _tell(waiting: int) -> None:
    log.warning(
        "the database was replaced by another file, which is served from now on; "
        "of the old one's messages and posts %d wait",
        waiting,
    )


def _file_in_place(old: SqliteDatabase) -> SqliteDatabase:
    """The file that is there now, once it no longer grows; the old one if that came back."""
    until = time.monotonic() + _WAIT_S
    size = -1
    while True:
        before, size = size, old.path.stat().st_size if old.path.exists() else -1
        if not old.is_elsewhere():
            return old
        if size > 0 and size == before:
            old.make_room()
            try:
                return file_of(Database.open(old.path))
            except StoreError:
                if time.monotonic() > until:
                    raise
        elif time.monotonic() > until:
            raise StoreError(f"数据库文件 {old.path} 在运行中被删除")
        time.sleep(_LOOK_S)


def _saved(old: SqliteDatabase) -> str:
    to = old.path.with_name(f"{old.path.name}-saved-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        old.save(to)
    except StoreError as error:
        return f"原先打开的内容未能另存（{error}），irbot 已停止"
    return f"原先打开的内容已另存为 {to}，irbot 已停止"
