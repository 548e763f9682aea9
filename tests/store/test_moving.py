"""A database moved from one engine into the other: all of it, to the letter, or none."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, nullcontext

import psycopg
import pytest

from bot.errors import StoreError
from bot.postgres_url import PostgresUrl
from bot.store import Store, moving
from bot.store.aside import SCHEMA, aside
from bot.store.moving import move
from bot.store.process_lock import ProcessLock
from bot.store.schema.moved import moved_tables
from tests.engines import SQLITE_ALONE

pytestmark = SQLITE_ALONE  # each test has the other engine, too
ROWS = 3  # of every table
TEXT = "值{}：'引号'，\"双引号\"、\\反斜线 %s ? 💹\r\n第二行"


def fill(path):
    """Rows in every table; of each, what the engines tell apart: signs, bytes, no value."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA foreign_keys = OFF")
        for table in moved_tables():
            if table.name in ("sources", "generation"):
                continue
            named = {row[3]: row[2] for row in db.execute(f"PRAGMA foreign_key_list({table.name})")}
            kinds = {row[1]: row[2] for row in db.execute(f"PRAGMA table_info({table.name})")}
            for number in range(ROWS):
                row = {
                    name: value(kinds[name], name, number, named)
                    for name in table.columns
                    if name != "rowid"
                }
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                db.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", [*row.values()])
        for number in range(ROWS):
            db.execute(
                "INSERT INTO sources VALUES (?, ?)", [key("sources", number), bytes([number]) * 7]
            )
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def key(table, number):
    """What other tables name a row by."""
    return TEXT.format(number) if table in ("sources", "records", "desk_users") else 1000 + number


def value(kind, name, number, named):
    if name in named:
        return (
            key(named[name], number)
            if number != 1 or name != "superseded_by"
            else key("records", 2)
        )
    if kind in ("INTEGER", "BIGINT"):
        return 1000 + number
    if kind in ("FLOAT", "REAL", "DOUBLE PRECISION"):
        return number + 0.1
    if kind == "BLOB" or name == "mark":
        return b"\0\xff%d" % number
    return TEXT.format(number)


@pytest.fixture
def url(cluster, tmp_path):
    """An empty database of PostgreSQL."""
    with cluster.database() as name:
        yield PostgresUrl.parse(cluster.url(name), tmp_path / "own")


@pytest.fixture
def filled(store, tmp_path):
    store.database.close()
    fill(tmp_path / "irbot.db")
    return tmp_path / "irbot.db"


def schemas(url):
    """What irbot has made in a database: (schema, how many tables)."""
    with psycopg.connect(url.url) as db:
        return dict(
            db.execute(
                "SELECT schemaname, count(*) FROM pg_tables WHERE schemaname NOT IN "
                "('pg_catalog', 'information_schema') GROUP BY schemaname"
            ).fetchall()
        )


def test_every_row_of_every_table_goes_there_and_back(filled, url, tmp_path):
    moved = move(filled, url)
    assert moved.is_new
    assert {one.table for one in moved.tables if one.rows >= ROWS} >= {
        table.name for table in moved_tables() if table.name != "generation"
    }
    assert not move(filled, url).is_new
    back = tmp_path / "back.db"
    assert move(url, back).tables == moved.tables
    assert rows(back) == rows(filled)
    assert list(schemas(url)) == ["public"]
    assert [path.name for path in tmp_path.iterdir() if "moving" in path.name] == []


def rows(path):
    """All that a file holds."""
    with closing(sqlite3.connect(path)) as db:
        return {
            table.name: db.execute(
                f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}"
            ).fetchall()
            for table in moved_tables()
        }


def test_new_rows_get_numbers_behind_those_that_were_moved(filled, url):
    move(filled, url)
    with psycopg.connect(url.url) as db:
        ((own,),) = db.execute(
            "INSERT INTO journal (at, who, what, target, detail) "
            "VALUES ('2026', 'a', 'b', 'c', '') RETURNING id"
        ).fetchall()
    assert own == 1000 + ROWS


@pytest.mark.parametrize("steps", [1, 30, 70])
def test_what_was_broken_off_is_gone_on_with(filled, url, monkeypatch, steps):
    """After each step the connection is cut, as a kill cuts it."""
    monkeypatch.setattr(moving, "_AT_ONCE", 2)
    left = iter(range(steps))

    class CutError(Exception):
        pass

    def step(done):
        if done > 0 and next(left, None) is None:
            raise CutError

    with pytest.raises(CutError):
        move(filled, url, lambda _: nullcontext(step))
    assert list(schemas(url)) == [SCHEMA]
    assert move(filled, url).is_new
    assert list(schemas(url)) == ["public"]
    assert not move(filled, url).is_new


def test_a_source_that_changed_since_is_moved_as_it_is_now(filled, url, monkeypatch):
    test_steps = iter(range(60))

    def step(done):
        if next(test_steps, None) is None:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        move(filled, url, lambda _: nullcontext(step))
    with closing(sqlite3.connect(filled)) as db, db:
        db.execute("UPDATE questions SET answer = 'another' WHERE id = 1000")
        db.execute("DELETE FROM parts WHERE question_id = 1001")
    assert move(filled, url).is_new
    assert not move(filled, url).is_new


def test_a_target_that_holds_something_else_is_refused_and_kept(store, filled, url, tmp_path):
    Store(url).database.close()  # as a first `irbot serve` leaves it
    move(filled, url)
    before = schemas(url)
    with psycopg.connect(url.url) as db:
        db.execute("UPDATE misses SET text = 'worked on'")
    with pytest.raises(StoreError, match="两边此后有过改动（misses）"):
        move(filled, url)
    Store(tmp_path / "other.db").database.close()
    with pytest.raises(StoreError, match="里已有另一个库的数据"):
        move(tmp_path / "other.db", url)
    assert schemas(url) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE misses SET text = 'a' || char(0) || 'b' WHERE id = 1001", "misses 第 1001 行"),
        ("UPDATE channels SET workspace = NULL", "主键为空"),
        ("UPDATE outbox SET due = 'soon' WHERE id = 1002", "outbox 第 1002 行不合"),
    ],
)
def test_a_row_that_postgresql_cannot_have_is_named(filled, url, change, said):
    with closing(sqlite3.connect(filled)) as db, db:
        db.execute(change)
    with pytest.raises(StoreError, match=re.escape(said)) as raised:
        move(filled, url)
    assert "soon" not in str(raised.value)  # what is in a row is nobody's business
    assert "public" not in schemas(url)


def test_what_cannot_be_moved_is_refused(filled, url, tmp_path):
    for source, target, said in (
        (filled, tmp_path / "b.db", "irbot backup"),
        (url, url, "pg_dump"),
        (tmp_path / "none.db", url, "无可搬"),
        (url, tmp_path / "b.db", "无可搬"),
    ):
        with pytest.raises(StoreError, match=said):
            move(source, target)
    lock = ProcessLock(filled)
    with pytest.raises(StoreError, match="irbot serve 正在使用"):
        move(filled, url)
    lock.release()
    with closing(sqlite3.connect(filled)) as db, db:
        db.execute("INSERT INTO _sqlite_migrations VALUES (99, 'irbot', 'tomorrow', '2027')")
    with pytest.raises(StoreError, match="由更新版本的 irbot 写成"):
        move(filled, url)
    assert schemas(url) == {}


def test_tables_of_another_version_are_refused(filled, url):
    move(filled, url)
    with psycopg.connect(url.url) as db:
        db.execute("DELETE FROM schema_migrations WHERE name = 'streams'")
    with pytest.raises(StoreError, match="旧版 irbot"):
        move(filled, url)
    with psycopg.connect(url.url) as db:
        db.execute("INSERT INTO schema_migrations VALUES ('streams'), ('tomorrow')")
    with pytest.raises(StoreError, match="由更新版本的 irbot 写成"):
        move(filled, url)


def test_two_at_once_are_one(filled, url):
    with aside(url), pytest.raises(StoreError, match="另一个 irbot migrate"):
        move(filled, url)
