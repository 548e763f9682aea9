"""The right to hold a bot's one connection: two processes that both subscribe kick each other.

Replicas that share a server have it by a row there (`bot.store.leases`). Else file locks, which the
system takes back when a process dies: one beside the database, for processes that share it; one in
the machine's folder for temporary files, for copies of the bot with databases of their own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from pathlib import Path

from bot.delivery.delivery import Delivery
from bot.postgres_url import Place
from bot.store.leases import Lease, is_leased

_ROW = "wecom/{}"


def lease_of(delivery: Delivery, bot_id: str, folder: Path) -> Lease:
    """The right to a bot's connection, among all that may hold it.

    Args:
        delivery: Knows whether there are other replicas.
        bot_id: BotID.
        folder: The database's.
    """
    return delivery.lease(_ROW.format(bot_id)) or FileLease(bot_id, folder)


def is_held_by_replica(place: Place, bot_id: str) -> bool:
    """Whether a process that shares the database's server holds a bot's connection."""
    return is_leased(place, _ROW.format(bot_id))


class FileLease:
    """At most one process of a machine has it."""

    def __init__(self, bot_id: str, folder: Path) -> None:
        name = f"irbot-wecom-{hashlib.sha256(bot_id.encode()).hexdigest()[:16]}.lock"
        folders = dict.fromkeys((folder.resolve(), Path(tempfile.gettempdir()).resolve()))
        self._paths = [folder / name for folder in folders]
        self._held: list[int] = []

    def take(self) -> bool:
        """Take it if it is free; True while it is held."""
        if self._held and all(map(_is_still, self._held, self._paths)):
            return True
        self.release()
        for path in self._paths:
            descriptor = _locked(path)
            if descriptor is None:
                self.release()
                return False
            self._held.append(descriptor)
        return True

    def is_lost(self) -> bool:
        """The system gives it to nobody while this process lives."""
        return False

    def release(self) -> None:
        """Let another process take it."""
        for descriptor in self._held:
            os.close(descriptor)
        self._held.clear()


def _locked(path: Path) -> int | None:
    """The lock of a file, or None while another process has it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)  # another user's file can be locked too
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_still(descriptor, path):
            return descriptor
    os.close(descriptor)
    return None


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether the locked file is the one of that name: temporary files get cleared away."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
