"""What a commit costs on this disk, and how much of a processor there is: the measure of every
bound on speed, for a trial runs on other disks too, and beside other work.

A message is at most four commits: it is kept, answered, its post is begun and settled. The last
two are shared by many posts under load, and for the settling nobody waits.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_COMMITS = 200
_ROW = "x" * 500  # as much as a row of the inbox
_BUSY_S = 0.3


@dataclass(frozen=True)
class Machine:
    """As it is now, in seconds."""

    commit: float  # mean
    slow_commit: float  # 99 of a hundred are quicker
    share: float  # of one processor, that a busy thread gets: 1 where nothing else runs

    def posts_a_second(self, commits: int, alone: float) -> float:
        """A rate that a machine without other work and with a disk that costs nothing has."""
        return 1 / (1 / (alone * self.share) + commits * self.commit)

    def slowest_s(self, commits: int, alone: float) -> float:
        """The same of how long 99 of a hundred take."""
        return alone / self.share + commits * self.slow_commit


def measured() -> Machine:
    """Commit as the store does, where temporary folders are: there the load trials run."""
    taken = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder, "commits.db"), isolation_level=None)) as db,
    ):
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE rows (text)")
        for _ in range(_COMMITS):
            began = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO rows VALUES (?)", [_ROW])
            db.execute("COMMIT")
            taken.append(time.perf_counter() - began)
    return Machine(statistics.fmean(taken), statistics.quantiles(taken, n=100)[98], _share())


def _share() -> float:
    began, used = time.perf_counter(), time.thread_time()
    while (passed := time.perf_counter() - began) < _BUSY_S:
        pass
    return (time.thread_time() - used) / passed
