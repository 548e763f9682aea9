"""The tables as they are moved from one engine into the other: those that others name first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlite_utils import Database

from bot.store.connection import Connection
from bot.store.schema.derived import IN_ORDER_OF_COMING
from bot.store.schema.migrations import migrations

_LEFT = ("_sqlite_migrations", "leases")  # what was done to one file; who is alive


@dataclass(frozen=True)
class MovedTable:
    """One of them, by what both engines have of it."""

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    own_columns: tuple[str, ...]  # that name another row of the same table

    @property
    def own(self) -> str:
        return _quoted(self.name)

    @property
    def quoted(self) -> tuple[str, ...]:
        return tuple(map(_quoted, self.columns))

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(map(_quoted, self.keys))

    def key_of(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The key of a row that has all columns."""
        return tuple(row[self.columns.index(name)] for name in self.keys)

    @property
    def last(self) -> str:
        """Finds the key of the last row."""
        order = ", ".join(f"{name} DESC" for name in self.key)
        return f"SELECT {', '.join(self.key)} FROM {self.own} ORDER BY {order} LIMIT 1"

    def behind(
        self, key: Sequence[Any] | None, columns: Sequence[str] = ()
    ) -> tuple[str, list[Any]]:
        """A query for the rows behind one, in the order of the key; None: for all."""
        told = ", ".join(map(_quoted, columns) if columns else self.quoted)
        keys = ", ".join(self.key)
        marks = ", ".join("?" * len(self.key))
        where = f" WHERE ({keys}) > ({marks})" if key is not None else ""
        return f"SELECT {told} FROM {self.own}{where} ORDER BY {keys}", list(key or ())

    @property
    def insert(self) -> str:
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.own} ({', '.join(self.quoted)}) VALUES ({marks})"

    def without_own(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """A row that names no other one of its table, which may not be there yet."""
        return tuple(
            None if name in self.own_columns else value
            for name, value in zip(self.columns, row, strict=True)
        )

    def own_references(self, db: Connection) -> Iterator[tuple[str, list[Any]]]:
        """Updates for what `without_own` left out."""
        for column in map(_quoted, self.own_columns):
            rows = db.execute(
                f"SELECT {column}, {', '.join(self.key)} FROM {self.own} WHERE {column} IS NOT NULL"
            )
            where = " AND ".join(f"{name} = ?" for name in self.key)
            for row in rows.fetchall():
                yield f"UPDATE {self.own} SET {column} = ? WHERE {where}", list(row)


@cache
def moved_tables() -> tuple[MovedTable, ...]:
    """All of this version, each behind those that it names."""
    made = Database(memory=True)
    migrations.apply(made)
    conn = made.conn
    left = {name: _others(conn, name) for name in made.table_names() if name not in _LEFT}
    found: list[MovedTable] = []
    while left:
        name = next(name for name, others in left.items() if not others & left.keys() - {name})
        found.append(_table(conn, name, name in left.pop(name)))
    return tuple(found)


def _others(conn: sqlite3.Connection, table: str) -> set[str]:
    """The tables that one names."""
    return {row[2] for row in conn.execute(f"PRAGMA foreign_key_list({_quoted(table)})")}


def _table(conn: sqlite3.Connection, name: str, names_itself: bool) -> MovedTable:
    rows = list(conn.execute(f"PRAGMA table_info({_quoted(name)})"))
    columns = [row[1] for row in rows if (name, row[1]) != ("sources", "content")]
    if name in IN_ORDER_OF_COMING:
        columns.append("rowid")
    references = conn.execute(f"PRAGMA foreign_key_list({_quoted(name)})")
    own = [row[3] for row in references if row[2] == name] if names_itself else []
    keys = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
    return MovedTable(name, tuple(columns), tuple(keys), tuple(own))


def _quoted(name: str) -> str:
    return f'"{name}"'
