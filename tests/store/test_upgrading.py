"""Stores of every earlier version open, whole, and a kill amid the upgrade costs nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlite_utils

from bot.errors import StoreError
from bot.ingest.verifying import verify_records
from bot.store import Store
from bot.store.process_lock import ProcessLock
from bot.store.schema.migrations import migrations
from bot.store.sqlite import file_of
from bot.store.upgrading import KEPT, copies, forget_copies
from tests.conftest import SAMPLE

NAMES = [each.name for each in migrations.pending(sqlite_utils.Database(memory=True))]
# What stood under other names before a migration; older tables are filled from what is there now.
_RENAMED = {
    "withdrawals": (
        "SELECT id, target, reason, decided_at AS withdrawn_at, ended_at AS undone_at, "
        "words AS question FROM hidings"
    ),
    "vectors": "SELECT model, '毛利率' AS text, vector FROM now.vectors",
}
_VALUES = {
    **dict.fromkeys(("INTEGER", "BIGINT"), 1),
    **dict.fromkeys(("FLOAT", "REAL", "DOUBLE PRECISION"), 1.0),
    "TEXT": "甲",
    "BLOB": b"\1",
}


@pytest.fixture(scope="module")
def filled(sample, tmp_path_factory):
    """A store of today with a record, a withdrawn question, and a row in every other table."""
    store = Store(tmp_path_factory.mktemp("filled") / "irbot.db")
    store.add([sample], SAMPLE.read_bytes(), SAMPLE.name)
    store.withdraw("300253/2025-002#7", "更正")
    with file_of(store.database).transaction() as db:
        for table in _tables(db.conn):
            if not db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]:
                _fill(db, table)
    file_of(store.database).make_single()
    return store.path


def _fill(db, table):
    parents = {key.column: key for key in db.table(table).foreign_keys}
    row = {}
    for column in db.table(table).columns:
        row[column.name] = _VALUES[column.type]
        if (key := parents.get(column.name)) is not None:
            known = f'SELECT "{key.other_column}" FROM "{key.other_table}"'
            (row[column.name],) = db.execute(known).fetchone()
    db.table(table).insert(row)


def _tables(db):
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'"
    )
    return [name for (name,) in db.execute(names) if not name.startswith("sqlite_")]


def _columns(db, table):
    return [name for (_, name, *_) in db.execute(f'PRAGMA table_info("{table}")')]


def _rows(db, table, columns):
    listed = ", ".join(f'"{column}"' for column in columns)
    return Counter(db.execute(f'SELECT {listed} FROM "{table}"'))


def _older(filled, path, count):
    """A store as the first migrations left it, with the rows of the filled one; returns which
    tables and columns it has."""
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before=NAMES[count])
    db.conn.commit()
    tables = {table: _columns(db.conn, table) for table in _tables(db.conn)}
    db.conn.execute("ATTACH ? AS now", [str(filled)])
    for table, columns in tables.items():
        source = _RENAMED.get(table, f'SELECT * FROM now."{table}"')
        known = [each[0] for each in db.conn.execute(f"SELECT * FROM ({source})").description]
        common = ", ".join(f'"{column}"' for column in columns if column in known)
        db.conn.execute(f'DELETE FROM "{table}"')  # what a migration puts there
        db.conn.execute(f'INSERT INTO "{table}" ({common}) SELECT {common} FROM ({source})')
    db.conn.commit()
    db.conn.close()
    return tables


@pytest.mark.parametrize("count", range(1, len(NAMES)))
def test_a_store_of_every_earlier_version_opens_whole(filled, tmp_path, count):
    path = tmp_path / "irbot.db"
    tables = _older(filled, path, count)
    before = _dump(path)
    store = Store(path)
    db = file_of(store.database).connection()
    assert {done.name for done in migrations.applied(db)} == set(NAMES)
    with closing(sqlite3.connect(filled)) as now:
        for table in tables.keys() - _RENAMED.keys():
            columns = [column for column in tables[table] if column in _columns(now, table)]
            assert not _rows(now, table, columns) - _rows(db.conn, table, columns)
        assert _tables(db.conn) == _tables(now)
        for table in _tables(now):
            assert set(_columns(db.conn, table)) == set(_columns(now, table))
    assert _is_sound(db.conn)
    (stored,), (was,) = store.newest_records(), Store(filled).newest_records()
    assert stored.record == was.record
    assert stored.withdrawn_questions == {7}
    assert [store.content(source.sha256) for source in stored.sources] == [SAMPLE.read_bytes()]
    (copy,) = copies(path)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert _dump(copy) == before


def _dump(path):
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def _is_sound(db):
    whole = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return whole and not db.execute("PRAGMA foreign_key_check").fetchall()


# Opens the file in a process that ends, as kill -9 ends it, before one call of SQLite or of the
# system after the other, until one gets through. What it runs is what every command runs.
_KILLED = """
import os, shutil, signal, sqlite3, sys
from pathlib import Path
from bot.store.connection import connect

old, to, first, step = Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])
posix = sys.modules["posix"]
at = 0

def count(frame, event, called):
    global at
    if event == "c_call" and (
        isinstance(called.__self__, (sqlite3.Connection, sqlite3.Cursor))
        or called.__self__ is posix
    ):
        at -= 1
        if at == 0:
            os.kill(os.getpid(), signal.SIGKILL)

for number in range(first, 100_000, step):
    folder = to / str(number)
    folder.mkdir()
    shutil.copyfile(old, folder / "irbot.db")
    child = os.fork()
    if not child:
        at = number
        sys.setprofile(count)
        connect(folder / "irbot.db")
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended != -signal.SIGKILL:
        sys.exit(ended)
"""


@pytest.mark.parametrize(
    ("count", "step"),
    [
        (NAMES.index("control"), 149),
        *(
            pytest.param(count, 5, marks=[pytest.mark.trial, pytest.mark.timeout(1800)])
            for count in (1, NAMES.index("control"), NAMES.index("masked_texts"))
        ),
    ],
)
def test_a_kill_amid_an_upgrade_leaves_the_old_store_or_the_new_one(
    filled, tmp_path, count, step, capsys
):
    path = tmp_path / "irbot.db"
    _older(filled, path, count)
    before, tables = _dump(path), set(NAMES[:count])
    killed = [sys.executable, "-c", _KILLED, path, tmp_path, str(step // 2 + 1), str(step)]
    subprocess.run(killed, check=True, capture_output=True, cwd=Path(__file__).parents[2])
    folders = sorted((each for each in tmp_path.iterdir() if each.is_dir()), key=_number)
    kept_old = 0
    (was,) = Store(filled).newest_records()
    for folder in folders:
        file = folder / "irbot.db"
        with closing(sqlite3.connect(file)) as db:
            found = {name for (name,) in db.execute("SELECT name FROM _sqlite_migrations")}
            assert found in (tables, set(NAMES))
            assert _is_sound(db)
            if found == tables:
                kept_old += 1
                assert list(db.iterdump()) == before
        assert all(_dump(copy) == before for copy in copies(file))  # whole, if it has its name
        store = Store(file)  # and again
        applied = migrations.applied(file_of(store.database).connection())
        assert {done.name for done in applied} == set(NAMES)
        assert [stored.record for stored in store.newest_records()] == [was.record]
        if folder in (folders[0], folders[-1]):
            assert [checked.differences for checked in verify_records(store)] == [()]
        store.database.close()
        assert not list(folder.glob("*.partial"))
        shutil.rmtree(folder)
    with capsys.disabled():
        print(f"\n{len(folders)} kills, {kept_old} left the old store", end="")
    assert 0 < kept_old < len(folders)


def _number(folder):
    return int(folder.name)


def test_a_newer_store_is_refused_by_an_older_program_and_stays_as_it_is(filled, tmp_path):
    path = tmp_path / "irbot.db"
    path.write_bytes(filled.read_bytes())
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('irbot', 'tomorrow', '')"
        )
    before = path.read_bytes()
    with pytest.raises(StoreError, match="由更新版本的 irbot 写成（tomorrow）；请升级 irbot"):
        Store(path)
    assert path.read_bytes() == before
    assert not copies(path)


def test_an_upgrade_waits_until_an_older_program_serves_no_more(filled, tmp_path):
    path = tmp_path / "irbot.db"
    _older(filled, path, NAMES.index("control"))
    before = _dump(path)
    with _serving(path):
        with pytest.raises(StoreError, match="旧版的 irbot serve 还在使用它；请先停止它"):
            Store(path)
        assert _dump(path) == before
    assert Store(path).newest_records()


@contextmanager
def _serving(path):
    """Another process that delivers from the file."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVES, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdin
    assert process.stdout
    with process:
        process.stdout.readline()
        yield
        process.stdin.close()


_SERVES = """
import sys
from pathlib import Path
from bot.store.process_lock import ProcessLock
held = ProcessLock(Path(sys.argv[1]))
print(flush=True)
sys.stdin.read()
"""


def test_what_this_process_serves_itself_is_upgraded(filled, tmp_path):
    path = tmp_path / "irbot.db"
    _older(filled, path, NAMES.index("control"))
    held = ProcessLock(path)  # a file that took the place of one that was served
    assert Store(path).newest_records()
    held.release()


def test_without_room_for_a_copy_nothing_is_changed(filled, small):
    path = small / "irbot.db"
    _older(filled, path, NAMES.index("control"))
    before = _dump(path)
    free = os.statvfs(small)
    (small / "full").write_bytes(bytes((free.f_bavail - 8) * free.f_frsize))
    with pytest.raises(StoreError, match=r"升级前的备份做不成（.*）.*数据库未作改动"):
        Store(path)
    assert _dump(path) == before
    assert not copies(path)
    (small / "full").unlink()
    assert Store(path).newest_records()
    for found in small.iterdir():  # it is unmounted
        found.unlink()


def test_the_operator_is_told_where_the_copy_is(filled, irbot, tmp_path):
    (tmp_path / "data").mkdir()
    path = tmp_path / "data/irbot.db"
    _older(filled, path, NAMES.index("control"))
    done = irbot("records")
    (copy,) = copies(path)
    (told,) = done.stderr.splitlines()
    assert f"a copy from before is {copy} (the newest {KEPT} are kept)" in told


def test_two_copies_are_kept_as_long_as_what_askers_typed(filled, tmp_path):
    path = tmp_path / "irbot.db"
    for _ in range(KEPT + 2):
        path.unlink(missing_ok=True)
        _older(filled, path, NAMES.index("control"))
        store = Store(path)
        file_of(store.database).make_single()
    assert len(copies(path)) == KEPT
    os.utime(copies(path)[0], (0, 0))
    kept = copies(path)[1:]
    forget_copies(path, 90)
    assert copies(path) == kept
