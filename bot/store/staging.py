"""A folder beside a file in the making, gone with its end: what a kill leaves there is taken for
nothing else, and is removed by whoever makes the file next."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StoreError, reason

_LOCK = "lock"


@contextmanager
def staging(final: Path) -> Iterator[Path]:
    """An empty folder on the same file system as the file that is made in it.

    Raises:
        StoreError: Another process is making that file, or the folder cannot be made.
    """
    folder = final.with_name(f"{final.name}.partial")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"无法写入 {folder.parent}：{reason(error)}；请检查目录权限") from error
    try:
        _take(lock, final)
        try:
            for path in folder.iterdir():
                if path.name != _LOCK:
                    path.unlink()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _take(lock: int, final: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreError(f"另一个 irbot 正在写 {final}；请等它结束") from error


def make_durable(path: Path) -> None:
    """Wait until a file is on the disk, and in its folder."""
    for place in (path, path.parent):
        opened = os.open(place, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
