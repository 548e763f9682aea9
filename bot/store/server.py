"""What `irbot doctor` looks at in a server of PostgreSQL; that it can be used at all, connecting
to it says."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bot.postgres_url import PostgresUrl
from bot.store.connection import Connection
from bot.store.postgres import looking

_STATE = (
    "SELECT current_setting('server_version'), current_setting('server_encoding'), "
    "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), "
    # The server's limit is for the connections of all its databases together.
    "CAST(current_setting('max_connections') AS INTEGER) - "
    "CAST(current_setting('superuser_reserved_connections') AS INTEGER), "
    "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
)
_CLOSED = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = current_schema() AND c.relkind = 'r' AND NOT "
    "(has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND "
    "has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')) "
    "ORDER BY c.relname"
)
_NOW = "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"
_REPLICAS = f"SELECT count(*) FROM leases WHERE name LIKE 'replica/%' AND until > {_NOW}"


@dataclass(frozen=True)
class Server:
    """As it answers now."""

    version: str
    encoding: str  # of the database
    may_create: bool  # tables
    most: int  # connections of everybody
    open: int
    closed: tuple[str, ...]  # tables that this user may not read or write
    skew_s: float  # this machine's clock less the server's, give or take the way there
    replicas: int  # of irbot, alive


def look(url: PostgresUrl) -> Server:
    """One look, over a connection of its own; nothing is changed.

    Raises:
        StoreError: It cannot be used.
    """
    with looking(url) as db:
        version, encoding, may_create, most, open_ = db.execute(_STATE).fetchone()
        closed = tuple(name for (name,) in db.execute(_CLOSED).fetchall())
        replicas = 0 if "leases" in closed else _replicas(db)
        return Server(
            version, encoding, bool(may_create), most, open_, closed, _skew_s(db), replicas
        )


def _skew_s(db: Connection) -> float:
    before = time.time()
    (now,) = db.execute(f"SELECT {_NOW}").fetchone()
    return float((before + time.time()) / 2 - now)


def _replicas(db: Connection) -> int:
    if db.execute("SELECT to_regclass('leases')").fetchone()[0] is None:
        return 0
    (count,) = db.execute(_REPLICAS).fetchone()
    return int(count)
