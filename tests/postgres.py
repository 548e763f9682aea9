"""Real PostgreSQL servers for tests: `python -m tests.postgres` installs it where it may.

Each is a cluster of its own, in a folder, on a port and under a guard of its own, so that a test
may kill, restart and promote it. The distribution's binaries are run, as an operator has them.
"""

from __future__ import annotations

import itertools
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from types import TracebackType

import psycopg

from tests.packages import Needed
from tests.ports import free_port

OLDEST = 15  # as the README says
USER = "irbot"
_MEMORY = Path("/dev/shm")  # a filesystem that no disk is behind
_ROOM = (
    1 << 30
)  # bytes: a cluster takes 40 MB and a database 8; a container's may have 64 MB in all

# What a crash of the machine would need is off: nothing here outlives its test.
_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
_DURABLE = {"wal_level": "replica", "max_wal_senders": "8", "wal_keep_size": "256MB"}
_ACCESS = """\
local all         all    trust
host  all         locked 127.0.0.1/32 scram-sha-256
host  all         all    127.0.0.1/32 trust
host  replication all    127.0.0.1/32 trust
"""
# It waits until this process is gone, however it ended: its end of the pipe closes with it.
_GUARD = 'cat >/dev/null; "$0/pg_ctl" stop -D "$1/data" -m immediate >/dev/null 2>&1; rm -rf "$1"'


def found() -> Path | None:
    """The folder of the newest server's programs."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += Path("/usr/lib/postgresql").glob("*/bin")  # Debian's, off the path
    newest = max(folders, key=_version, default=None)
    return newest if newest and _version(newest) >= OLDEST else None


@cache
def _version(programs: Path) -> int:
    if not all((programs / name).exists() for name in ("postgres", "initdb", "pg_ctl")):
        return 0
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True)
    version = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(version[1]) if version else 0


NEEDED = Needed(f"PostgreSQL {OLDEST} or later", ("postgresql",), lambda: found() is not None)


class Cluster:
    """A server, gone when it is closed or when this process ends, however it does.

    Its databases compare text by a country's rules, as an operator's may: what needs an order of
    its own must say so.

    Attributes:
        port: Of 127.0.0.1; the same after each start.
        data: Its data folder, of `pg_ctl -D`.
    """

    def __init__(
        self, *, durable: bool = False, room: Path | None = None, follows: Cluster | None = None
    ) -> None:
        """Make and start it.

        Args:
            durable: What it acknowledged is kept over a crash, and standbys may follow it.
            room: Where its folder is made, for any user to enter; in memory, if left out.
            follows: The durable one that it is a streaming standby of.

        Raises:
            AssertionError: There is no server's program here, or it failed; with what it said.
        """
        programs = found()
        assert programs is not None, NEEDED.how
        self._programs = programs
        self._owner = _unprivileged()
        self._durable = durable
        self._numbers = itertools.count(1)
        self.port = free_port()
        self._folder = Path(mkdtemp(prefix="irbot-postgres-", dir=room or _in_memory()))
        if self._owner:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        self.data = self._folder / "data"
        self._guard = subprocess.Popen(
            ["sh", "-c", _GUARD, programs, self._folder],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for who started it
            cwd=self._folder.parent,
            **self._as_owner(),
        )
        try:
            self._make() if follows is None else self._copy(follows)
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it, and take its folder away."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self._folder}"
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.data / "log", "-o", options)

    def stop(self, *, immediate: bool = True) -> None:
        """Stop it: as a crash does, or after what is under way was rolled back."""
        mode = "immediate" if immediate else "fast"
        self._run("pg_ctl", "stop", "-w", "-D", self.data, "-m", mode)

    def restart(self, *, immediate: bool = True) -> None:
        """Stop it and start it again, at the same port."""
        self.stop(immediate=immediate)
        self.start()

    def standby(self) -> Cluster:
        """A server that follows this durable one and may be read; the caller closes it."""
        return Cluster(durable=True, room=self._folder.parent, follows=self)

    def promote(self) -> None:
        """End following: from now on it takes writes."""
        self._run("pg_ctl", "promote", "-w", "-D", self.data)

    def set(self, **settings: str) -> None:
        """Change settings that hold without a restart, such as `synchronous_standby_names`."""
        for name, value in settings.items():
            self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("SELECT pg_reload_conf()")

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def locked(self, database: str, password: str) -> str:
        """The address of a database for somebody who must give this password."""
        self.execute("DROP ROLE IF EXISTS locked")
        self.execute(f"CREATE ROLE locked LOGIN SUPERUSER PASSWORD '{password}'")
        return f"postgresql://locked:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Do it in a connection of its own, and at once; its rows, if it has some."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            done = connection.execute(sql.encode())
            return done.fetchall() if done.description else []

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """A database of its own, dropped afterwards with all connections to it; its name.

        Copied as files, it takes some ten milliseconds; to empty one that was used, by TRUNCATE or
        a schema of its own, takes three times that.

        Args:
            template: What is copied; nobody may be connected to it.
        """
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self) -> None:
        self._run(
            *("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"),
            *("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh-CN"),
        )
        settings = {"max_connections": "200", "log_min_messages": "warning"}
        settings |= _DURABLE if self._durable else _QUICK
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        (self.data / "pg_hba.conf").write_text(_ACCESS)

    def _copy(self, leader: Cluster) -> None:
        self._run(
            *("pg_basebackup", "-d", leader.url(), "-D", self.data),
            *("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"),
        )

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._programs / program, *arguments]
        done = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, **self._as_owner()
        )
        log = self.data / "log"
        said = log.read_text()[-2000:] if log.exists() else ""
        assert done.returncode == 0, f"{program}: {done.stderr}{said}"

    def _as_owner(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        if self._owner is None:
            return {"env": kept}
        return {"env": kept, "user": self._owner.pw_uid, "group": self._owner.pw_gid,
                "extra_groups": []}  # fmt: skip


def _unprivileged() -> pwd.struct_passwd | None:
    """Who runs it in root's place: a server refuses root."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name: user for user in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]


def _in_memory() -> Path:
    free = shutil.disk_usage(_MEMORY).free if os.access(_MEMORY, os.W_OK) else 0
    return _MEMORY if free > _ROOM else Path(gettempdir())


if __name__ == "__main__":
    sys.exit(NEEDED.main())
