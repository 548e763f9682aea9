"""Moving house: all that one engine keeps, into the other one, to the letter.

1. It goes into a place of its own first (aside.py). There each table holds its first rows in the
   order of its key, so that after a kill the next run goes on where the last one ended.
2. Then both are read from end to end, and each table's count and hash compared. Where the source
   has changed since an earlier run, all is copied anew.
3. Then what was moved becomes the target, all at once. Until then it is as it was.

What belongs to processes stays behind: locks and leases, the files of an index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.errors import StoreError, one_line
from bot.postgres_url import Place, PostgresUrl
from bot.store.aside import Aside, aside
from bot.store.connection import Connection, Database, is_older, is_there, telling
from bot.store.leases import is_served
from bot.store.schema.moved import MovedTable, moved_tables

_AT_ONCE = 1_000  # rows of a transaction
_TOLD = 5  # rows named in one line
_PASSES = 3  # over each row: copied, counted here, counted there

Counting = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class Tally:
    """What a table holds, as far as that tells two apart."""

    table: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Moved:
    """What was compared in the end, the same on both sides."""

    tables: tuple[Tally, ...]
    is_new: bool  # False: an earlier run moved it all

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.tables)


def move(source: Place, target: Place, counting: Counting | None = None) -> Moved:
    """Bring all that a database keeps into one of the other engine.

    Args:
        source: Stays as it is; nobody writes there meanwhile.
        target: Where nothing is kept yet, or this same source.
        counting: Given the number of steps, makes what is called with those that were done.

    Raises:
        StoreError: One of the two is served, or cannot be used as it is, or the target holds
            something else; the target is as it was.
    """
    _refuse(source, target)
    counting = counting or (lambda _: nullcontext(lambda _: None))
    tables = moved_tables()
    with telling(source), telling(target), Database.open(source).transaction() as db:
        if isinstance(target, PostgresUrl):
            _refuse_unfit(source, db, tables)
        if is_there(target) and (there := _opened(target)) is not None:
            return _compared(db, there, tables, counting)
        with aside(target) as place:
            found = _moved(source, db, place, tables, counting)
            place.settle()
    return Moved(found, is_new=True)


# What is refused


def _refuse(source: Place, target: Place) -> None:
    if isinstance(source, PostgresUrl) == isinstance(target, PostgresUrl):
        tool = "pg_dump 和 pg_restore" if isinstance(source, PostgresUrl) else "irbot backup"
        raise StoreError(
            f"irbot migrate 在 SQLite 和 PostgreSQL 之间搬；同一种之间复制请用 {tool}，未作改动"
        )
    if not is_there(source):
        raise StoreError(f"{source} 里没有 irbot 的数据，无可搬；未作改动")
    if is_there(target) and is_older(target):
        raise StoreError(f"{target} 是旧版 irbot 的数据库；请换一个空的，未作改动")
    for place in (source, target):
        if is_there(place) and is_served(place):
            raise StoreError(f"irbot serve 正在使用 {place}；请先停止它，未作改动")


def _refuse_unfit(source: Place, db: Connection, tables: Sequence[MovedTable]) -> None:
    """PostgreSQL has no texts with a NUL character, and no key without a value."""
    found = [f"{table.name} 第 {row} 行" for table in tables for row in _unfit(db, table)]
    if found:
        more = f" 等 {len(found)} 处" if len(found) > _TOLD else ""
        raise StoreError(
            f"{source} 里有 PostgreSQL 存不了的内容（NUL 字符，或主键为空）："
            f"{'、'.join(found[:_TOLD])}{more}；请先改正或删去这些行，未作改动"
        )


def _unfit(db: Connection, table: MovedTable) -> Iterator[str]:
    """Rows, by their keys."""
    has_nul = (
        f"(typeof({name}) = 'text' AND instr(CAST({name} AS BLOB), x'00') > 0)"
        for name in table.quoted
    )
    wrong = " OR ".join((*has_nul, *(f"{name} IS NULL" for name in table.key)))
    rows = db.execute(f"SELECT {', '.join(table.key)} FROM {table.own} WHERE {wrong} LIMIT 100")
    yield from map(_named, rows.fetchall())


def _opened(target: Place) -> Database | None:
    """The target, where it holds something."""
    database = Database.open(target)
    if _holds_rows(database):
        return database
    database.close()
    return None


def _holds_rows(database: Database) -> bool:
    """Whether there is more than new tables have."""
    db = database.connection()
    held = (table for table in moved_tables() if table.name != "generation")
    return any(db.execute(f"SELECT 1 FROM {table.own} LIMIT 1").fetchone() for table in held)


def _compared(
    db: Connection, there: Database, tables: Sequence[MovedTable], counting: Counting
) -> Moved:
    """What an earlier run moved, if the target is that.

    Raises:
        StoreError: It holds something else.
    """
    if _identity(db) != _identity(there.connection()):
        raise StoreError(f"{there.place} 里已有另一个库的数据；请换一个空的，未作改动")
    with counting(2 * _rows(db, tables)) as tell:
        found, differing = _tallies(db, there.connection(), tables, tell)
    if differing:
        raise StoreError(
            f"{there.place} 里已有搬来的这个库，但两边此后有过改动（{'、'.join(differing)}）；"
            f"请换一个空的，未作改动"
        )
    return Moved(found, is_new=False)


def _identity(db: Connection) -> str | None:
    """Which database this is, and copies of it are."""
    row = db.execute("SELECT store FROM generation").fetchone()
    return str(row[0]) if row else None


# What is moved


def _moved(
    source: Place,
    db: Connection,
    place: Aside,
    tables: Sequence[MovedTable],
    counting: Counting,
) -> tuple[Tally, ...]:
    """All of it, in the place aside."""
    rows = _rows(db, tables)
    with counting(_PASSES * rows) as tell:
        for is_last in (False, True):
            there = place.opened()
            if _identity(there.connection()) != _identity(db):
                there = _begun(place, db)
            for table in tables:
                _copy(source, db, there, table, tell)
            found, differing = _tallies(db, there.connection(), tables, tell)
            if not differing:
                return found
            if is_last:
                break
            tell(-_PASSES * rows)
            place.forget()  # the source has changed since an earlier run
    raise StoreError(f"搬过去的与 {source} 不一致（{'、'.join(differing)}），未作改动；请再试一次")


def _begun(place: Aside, db: Connection) -> Database:
    """The place, with nothing in it but whose it is."""
    if _holds_rows(place.opened()):  # of another source
        place.forget()
    there = place.opened()
    (own,) = db.query("SELECT * FROM generation")
    with there.transaction() as rows:
        rows.execute("DELETE FROM generation")
        rows.table("generation").insert(own)
    return there


def _copy(
    source: Place, db: Connection, there: Database, table: MovedTable, tell: Callable[[int], None]
) -> None:
    """What the place does not have of a table."""
    (have,) = there.connection().execute(f"SELECT count(*) FROM {table.own}").fetchone()
    tell(have)
    last = there.connection().execute(table.last).fetchone()
    if table.name == "sources":
        for (sha256,) in db.execute(*table.behind(last, ("sha256",))).fetchall():
            with there.transaction() as rows:
                size = sum(map(len, db.content(sha256)))
                rows.write_content(sha256, db.content(sha256), size)
            tell(1)
        return
    found = (tuple(row.values()) for row in db.stream(*table.behind(last)))
    while some := list(islice(found, _AT_ONCE)):
        _write(source, there, table, some)
        tell(len(some))
    for update, values in table.own_references(db):
        with there.transaction() as rows:
            rows.execute(update, values)


def _write(
    source: Place, there: Database, table: MovedTable, some: Sequence[tuple[Any, ...]]
) -> None:
    """
    Raises:
        StoreError: The engine is away or full; or it cannot have a row, which is named.
    """
    try:
        with telling(there.place), there.transaction() as rows:
            rows.executemany(table.insert, map(table.without_own, some))
    except StoreError as error:
        if not _is_of_a_row(error):
            raise
        if len(some) == 1:
            named = _named(table.key_of(some[0]))
            raise StoreError(
                f"{source} 的 {table.name} 第 {named} 行不合 {there.place} 的表；"
                f"请先改正或删去它，未作改动"
            ) from error
        for row in some:
            _write(source, there, table, [row])


def _is_of_a_row(error: StoreError) -> bool:
    """Whether an engine refused values, by the names that all engines' errors have (PEP 249)."""
    kinds = {kind.__name__ for kind in type(error.__cause__).__mro__}
    return not kinds.isdisjoint(("DataError", "IntegrityError", "ProgrammingError"))


def _named(key: Iterable[object]) -> str:
    return one_line("/".join("" if part is None else str(part) for part in key))


# What is compared


def _rows(db: Connection, tables: Iterable[MovedTable]) -> int:
    return sum(db.execute(f"SELECT count(*) FROM {table.own}").fetchone()[0] for table in tables)


def _tallies(
    one: Connection, other: Connection, tables: Iterable[MovedTable], tell: Callable[[int], None]
) -> tuple[tuple[Tally, ...], list[str]]:
    """What each table holds here, and those that hold something else there."""
    found, differing = [], []
    for table in tables:
        here = _tally(one, table, tell)
        found.append(here)
        if _tally(other, table, tell) != here:
            differing.append(table.name)
    return tuple(found), differing


def _tally(db: Connection, table: MovedTable, tell: Callable[[int], None]) -> Tally:
    digest, rows = hashlib.sha256(), 0
    for row in _contents(db, table):
        digest.update(repr(row).encode())
        rows += 1
        if rows % _AT_ONCE == 0:
            tell(_AT_ONCE)
    tell(rows % _AT_ONCE)
    return Tally(table.name, rows, digest.hexdigest())


def _contents(db: Connection, table: MovedTable) -> Iterator[tuple[Any, ...]]:
    """Its rows in the order of its key; of a source's bytes their hash."""
    if table.name != "sources":
        yield from (tuple(row.values()) for row in db.stream(*table.behind(None)))
        return
    for (sha256,) in db.execute(*table.behind(None, ("sha256",))).fetchall():
        content = hashlib.sha256()
        for piece in db.content(sha256):
            content.update(piece)
        yield sha256, content.hexdigest()
