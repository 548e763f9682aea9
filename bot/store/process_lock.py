"""Which process a claimed row belongs to, and whether that process still lives.

A process number tells neither: after a restart another process may have it, and in a container it
nearly always is the same. A locked file does: the system gives up the lock with the process, also
after kill -9.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import math
import os
import secrets
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_ours: set[str] = set()  # names of locks that this process holds


class ProcessLock:
    """This process's mark on the rows of one database, held by a lock file beside it."""

    recount_s = math.inf  # a file forgets nothing
    settle_s = 0.0  # it is dead for sure, and the outbox says when what it cut has arrived

    def __init__(self, db: Path) -> None:
        self._db = Path(os.path.realpath(db))  # one file, however it is spelt
        self.name = secrets.token_hex(6)
        held = os.open(self._path(self.name), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        _ours.add(self.name)
        self._let_go = weakref.finalize(self, os.close, held)
        self._sweep()

    def release(self) -> None:
        """What is left belongs to nobody from now on."""
        self._path(self.name).unlink(missing_ok=True)
        self._let_go()
        _ours.discard(self.name)

    def lives(self, name: str | None) -> bool:
        """Whether the process that claimed a row still runs; nobody does not."""
        if name is None:
            return False
        if name == self.name:
            return self._let_go.alive
        try:
            with self._path(name).open("rb") as file:
                return not _free(file)
        except OSError:
            return False

    def holds(self, name: str) -> bool:
        """A lock is lost with its process alone."""
        return self.lives(name)

    def has_company(self) -> bool:
        """Whether other processes deliver, too."""
        return any(name != self.name for name in _held(self._db))

    def lease(self, name: str) -> None:
        """There is a lock file for what only one process may do."""

    def _sweep(self) -> None:
        """Remove what killed processes left behind."""
        for path in self._db.parent.glob(f"{self._db.name}-owner-*"):
            with contextlib.suppress(OSError), path.open("rb") as file:
                if _free(file):
                    path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._db.with_name(f"{self._db.name}-owner-{name}")


def is_served(db: Path) -> bool:
    """Whether a process that delivers has the database open."""
    return any(_held(db))


def is_served_by_another(db: Path) -> bool:
    """As `is_served`, but for this process itself."""
    return any(name not in _ours for name in _held(db))


def _held(db: Path) -> Iterator[str]:
    file = Path(os.path.realpath(db))
    before = f"{file.name}-owner-"
    for path in file.parent.glob(f"{glob.escape(before)}*"):
        with contextlib.suppress(OSError), path.open("rb") as held:
            if not _free(held):
                yield path.name.removeprefix(before)


def _free(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
