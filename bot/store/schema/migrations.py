"""The list that every module of tables adds to.

What it holds from before there was a second engine is written for SQLite; the tables of PostgreSQL
are derived from that (derived.py). Whatever is added now is written for both: `@both_engines()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlite_utils import Migrations

_Migration = TypeVar("_Migration", bound=Callable[[Any], None])

migrations = Migrations("irbot")
shared: dict[str, Callable[[Any], None]] = {}  # those that are for both, in their order


def both_engines() -> Callable[[_Migration], _Migration]:
    """A migration that gets a `bot.store.connection.Connection` of either engine.

    It runs SQL that both speak. Types are TEXT, BIGINT, DOUBLE PRECISION, `engine.id_column` and
    `engine.bytes_type`; on PostgreSQL each TEXT gets the order of SQLite (`COLLATE "C"`) by itself.
    """

    def add(migration: _Migration) -> _Migration:
        shared[migration.__name__] = migration
        migrations()(migration)
        return migration

    return add
