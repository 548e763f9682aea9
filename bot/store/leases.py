"""Which process a claimed row belongs to, and whether that process still lives, on both engines.

A file is shared by the processes of one machine, and a locked file beside it tells of each
(process_lock.py). A server is shared by replicas of which none knows another: each has a row in
`leases` and renews it.

    dead      no clock is compared. Who sees a row that stays the same for so long while it is
              itself in touch with the server deletes it, unless it was renewed meanwhile
    alive     a replica whose row is gone was taken for dead, and goes on under another name. What
              it had is anybody's; a name never comes back, so that nothing old of it is written
    in doubt  a replica that could not renew its row for a while, because the server is away or it
              was stopped itself, posts nothing until it has; that is sooner than any other can
              take it for dead
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.errors import StoreError
from bot.postgres_url import Place, PostgresUrl
from bot.store.connection import Database, telling
from bot.store.process_lock import ProcessLock
from bot.store.process_lock import is_served as is_file_served

_STOP_S = 1.0

RELEASED = "irbot_released"  # told to the others when a replica leaves its rows to them

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Timing:
    """Seconds."""

    renew: float = 1.5
    again: float = 0.5  # after a renewal that failed
    sure: float = 4.0  # after its last renewal began, a replica may still post
    dead: float = 6.0  # seen unchanged for so long: a restart of the server takes less
    # A post in hand of a process that was taken for dead may arrive so long after that: its call
    # began before `sure` was over, and each chat's ends within 8 to 10 s. A dead process's arrives
    # sooner, but nobody knows that it is dead, and not cut off.
    settle: float = 10.0
    recount: float = 10.0


class Lease(Protocol):
    """The right to be the only process that does something."""

    def take(self) -> bool:
        """Take it if it is free; True while it is held."""

    def is_lost(self) -> bool:
        """Whether another process is known to hold it."""

    def release(self) -> None:
        """Let another process take it."""


class Ownership(Protocol):
    """This process's mark on the rows that it claims."""

    @property
    def name(self) -> str:
        """The mark; another one once the process was taken for dead."""

    @property
    def settle_s(self) -> float:
        """A post in hand of a process may arrive so long after that was known not to live."""

    @property
    def recount_s(self) -> float:
        """How often it is to be looked whether this process knows of all its rows."""

    def lives(self, name: str | None) -> bool:
        """Whether the process that claimed a row still runs; nobody does not."""

    def holds(self, name: str) -> bool:
        """Whether no other process can have taken what this one claimed under a name."""

    def has_company(self) -> bool:
        """Whether other processes deliver, too."""

    def lease(self, name: str) -> Lease | None:
        """The right to be the only one that does something; None where a lock file gives it."""

    def release(self) -> None:
        """What is left belongs to nobody from now on."""


def ownership_of(database: Database, timing: Timing | None = None) -> Ownership:
    """This process's mark on the rows of a database.

    Args:
        database: Whose rows.
        timing: Of replicas; the default is for all of them.

    Raises:
        StoreError: It cannot be used.
    """
    place = database.place
    return (
        Replica(database, timing or Timing())
        if isinstance(place, PostgresUrl)
        else ProcessLock(place)
    )


def is_served(place: Place) -> bool:
    """Whether a process that delivers has the database open; nothing is written.

    Raises:
        StoreError: It cannot be used.
    """
    if not isinstance(place, PostgresUrl):
        return is_file_served(place)
    database = Database.open(place)
    with telling(place):
        found = database.connection().execute(
            "SELECT 1 FROM leases WHERE name LIKE 'replica/%' AND until > ? LIMIT 1",
            [database.now()],
        )
        return bool(found.fetchall())


def is_leased(place: Place, name: str) -> bool:
    """Whether a replica has the right to be the only one that does something; nothing is written.

    Raises:
        StoreError: The database cannot be used.
    """
    if not isinstance(place, PostgresUrl):
        return False
    database = Database.open(place)
    with telling(place):
        found = database.connection().execute(
            "SELECT 1 FROM leases JOIN leases AS living "
            "ON living.name = 'replica/' || leases.owner "
            "WHERE leases.name = ? AND living.until > ?",
            [name, database.now()],
        )
        return bool(found.fetchall())


class Replica:
    """A row in `leases`, renewed by a thread as long as somebody has this.

    With each renewal it is measured how far the server's clock is ahead of this machine's
    (`Database.skew_s`), so that all replicas go by one.
    """

    def __init__(self, database: Database, timing: Timing) -> None:
        """Make the row.

        Args:
            database: With the row.
            timing: The same for all replicas.

        Raises:
            StoreError: The database cannot be used.
        """
        self._database = database
        self._timing = timing
        self.settle_s = timing.settle
        self.recount_s = timing.recount
        self._renewing = threading.Lock()  # guards all below
        self._name = ""
        self._is_told = False  # that it cannot be renewed
        self._sure_until = -math.inf
        self._others = _Others(timing)
        self._ended = threading.Event()
        self._renew()
        threading.Thread(
            target=_renewing,
            args=(weakref.ref(self), self._ended, timing),
            name="lease",
            daemon=True,
        ).start()
        weakref.finalize(self, self._ended.set)

    @property
    def name(self) -> str:
        """This replica's mark."""
        return self._name

    def lives(self, name: str | None) -> bool:
        """Whether the replica that claimed a row was not taken for dead."""
        if name is None or (name == self._name and self._ended.is_set()):
            return False
        found = self._database.connection().execute(
            "SELECT 1 FROM leases WHERE name = ?", [_row(name)]
        )
        return bool(found.fetchall())

    def holds(self, name: str) -> bool:
        """Whether the row was renewed so lately that nobody can have taken what was claimed."""
        return name == self._name and not self._ended.is_set() and _steady() < self._sure_until

    def has_company(self) -> bool:
        """Whether there are other replicas."""
        return self._others.count > 0

    def lease(self, name: str) -> RowLease:
        """The right to be the only replica that does something."""
        return RowLease(self._database, self, name)

    def release(self) -> None:
        """Delete the row, and tell the others; where the server is away they find out."""
        self._ended.set()
        releasing = threading.Thread(target=self._release, name="release", daemon=True)
        releasing.start()
        releasing.join(_STOP_S)

    def _release(self) -> None:
        try:
            with (
                self._renewing,
                telling(self._database.place),
                self._database.transaction(alone=False) as db,
            ):
                db.execute("DELETE FROM leases WHERE owner = ?", [self._name])
                db.notify(RELEASED)
        except StoreError as error:
            log.warning("what is left is taken over a little later: %s", error)

    def renew(self) -> bool:
        """Renew the row, and delete those of dead replicas; False where the server is away."""
        with self._renewing:
            if self._ended.is_set():
                return True
            try:
                self._renew()
            except Exception as error:
                if _steady() >= self._sure_until and not self._is_told:
                    log.error("nothing is posted until the database is back: %s", _said(error))
                    self._is_told = True
                return False
            self._is_told = False
            return True

    def _renew(self) -> None:
        began, began_at = _steady(), time.time()
        database = self._database
        with telling(database.place), database.transaction(alone=False) as db:
            now = database.now()
            took_s = _steady() - began
            until = now + self._timing.dead
            name = self._name
            done = db.execute("UPDATE leases SET until = ? WHERE name = ?", [until, _row(name)])
            if not done.rowcount:
                name = secrets.token_hex(6)
                db.execute(
                    "INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)",
                    [_row(name), name, until],
                )
            rows = db.execute("SELECT owner, until FROM leases WHERE name LIKE 'replica/%'")
            dead = self._others.see(
                [(owner, mark) for owner, mark in rows if owner != name], began, _steady()
            )
            for owner, mark in dead:
                done = db.execute(
                    "DELETE FROM leases WHERE name = ? AND until = ?", [_row(owner), mark]
                )
                if done.rowcount:
                    log.warning("replica %s is gone; others take over what it had", owner)
        if self._name and name != self._name:
            log.warning("taken for dead by another replica; going on as %s", name)
        self._name, self._sure_until = name, began + self._timing.sure
        database.skew_s = _skew_s(now, began_at, took_s)


class RowLease:
    """The right of one replica, for as long as that lives."""

    def __init__(self, database: Database, replica: Replica, name: str) -> None:
        self._database = database
        self._replica = replica
        self._name = name
        self._is_held = False

    def take(self) -> bool:
        """Take it if it is free; True while it is held. While the server is away it is held as
        long as nobody else can have it."""
        ours = self._replica.name
        try:
            with telling(self._database.place):
                self._is_held = self._owner() == ours or self._taken(ours)
        except StoreError:
            return self._is_held and self._replica.holds(ours)
        return self._is_held

    def is_lost(self) -> bool:
        """Whether another replica has it."""
        try:
            with telling(self._database.place):
                return self._owner() != self._replica.name and not self.take()
        except StoreError:
            return False

    def release(self) -> None:
        """Let another replica take it."""
        if not self._is_held:
            return
        self._is_held = False
        try:
            with telling(self._database.place), self._database.transaction(alone=False) as db:
                db.execute(
                    "DELETE FROM leases WHERE name = ? AND owner = ?",
                    [self._name, self._replica.name],
                )
        except StoreError as error:
            log.warning("%s is free a little later: %s", self._name, error)

    def _owner(self) -> str | None:
        found = self._database.connection().execute(
            "SELECT owner FROM leases WHERE name = ?", [self._name]
        )
        return next((owner for (owner,) in found.fetchall()), None)

    def _taken(self, ours: str) -> bool:
        """Take it from a replica that is gone, or nobody."""
        with self._database.transaction(alone=False) as db:
            done = db.execute(
                "INSERT INTO leases (name, owner, until) VALUES (?, ?, 0) "
                "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner WHERE NOT EXISTS "
                "(SELECT 1 FROM leases AS living WHERE living.name = 'replica/' || leases.owner)",
                [self._name, ours],
            )
            return bool(done.rowcount)


class _Others:
    """The rows of other replicas, and for how long each was seen as it is."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._seen: dict[str, tuple[float, float]] = {}  # mark, seconds
        self._looked: float | None = None

    @property
    def count(self) -> int:
        return len(self._seen)

    def see(
        self, rows: Iterable[tuple[str, float]], began: float, ended: float
    ) -> list[tuple[str, float]]:
        """Those that were the same for so long that they are dead, with their marks.

        Time in which this replica did not look, since the server was away or it was stopped
        itself, proves nothing of others, and counts for two looks at most.

        Args:
            rows: Their names, and a mark that each renewal changes.
            began: Not after they were read, by a clock that never jumps.
            ended: Not before.
        """
        gap = 0.0
        if self._looked is not None:
            gap = min(max(0.0, began - self._looked), 2 * self._timing.renew)
        self._looked = ended
        before, self._seen = self._seen, {}
        for owner, mark in rows:
            known, unchanged_s = before.get(owner, (math.nan, 0.0))
            self._seen[owner] = (mark, unchanged_s + gap if mark == known else 0.0)
        dead_s = self._timing.dead
        return [(owner, mark) for owner, (mark, same_s) in self._seen.items() if same_s >= dead_s]


def _renewing(replica: weakref.ref[Replica], ended: threading.Event, timing: Timing) -> None:
    wait_s = timing.renew
    while not ended.wait(wait_s):
        if (of := replica()) is None:
            return
        wait_s = timing.renew if of.renew() else timing.again
        del of


def _row(owner: str) -> str:
    return f"replica/{owner}"


def _steady() -> float:
    """Seconds that never jump, and go on while the machine sleeps where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _skew_s(server: float, asked: float, took_s: float) -> float:
    """How far a server's clock is ahead; what may be the way there and back counts as nothing.

    Args:
        server: What it said.
        asked: When it was asked, by this machine's.
        took_s: Seconds until it had answered.
    """
    skew = server - asked - took_s / 2
    return skew if abs(skew) > took_s else 0.0


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, StoreError) else type(error).__name__
