"""The database, opened once for a process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.errors import BotError, StoreError
from bot.store import Database, Store
from bot.store.connection import telling
from bot.store.sqlite import file_of
from handlers.cli.output import write


def put(database, name):
    with database.transaction() as db:
        db.write_content(name, [b"\0"], 1)


def names(database):
    return {name for (name,) in database.connection().execute("SELECT sha256 FROM sources")}


def test_other_spellings_of_a_path_write_in_one_transaction(tmp_path, monkeypatch):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "linked").symlink_to(real)
    (real / "other.db").symlink_to(real / "irbot.db")
    monkeypatch.chdir(tmp_path)
    spelt = ["linked/irbot.db", "real/../real/irbot.db", "real/other.db", f"/{real}/irbot.db"]

    def fail_at_the_end():
        with Store(real / "irbot.db").database.transaction():
            for path in spelt:
                put(Store(Path(path)).database, path)
            raise KeyError

    with pytest.raises(KeyError):
        fail_at_the_end()
    assert names(Database.open(real / "irbot.db")) == set()


def test_what_another_thread_writes_is_seen_once_it_is_committed(place):
    database = Database.open(place)
    seen = []
    with database.transaction():
        put(database, "mine")
        reader = threading.Thread(target=lambda: seen.append(names(database)))
        reader.start()
        reader.join()
    assert seen == [set()]
    assert names(database) == {"mine"}


def test_what_is_tried_on_a_copy_changes_nothing(tmp_path):
    database = file_of(Database.open(tmp_path / "irbot.db"))
    put(database, "before")
    with database.copied() as copy:
        put(Database.open(copy), "tried")
        assert names(Database.open(copy)) == {"before", "tried"}
    assert names(database) == {"before"}
    assert not copy.exists()


def test_a_full_disk_is_called_that(tmp_path):
    path = tmp_path / "irbot.db"
    database = Database.open(path)
    pages = database.connection().execute("PRAGMA page_count").fetchone()[0]
    database.connection().execute(f"PRAGMA max_page_count = {pages}")
    with (
        pytest.raises(StoreError, match=r"^磁盘已满，无法写入 .*；请腾出空间后再试$"),
        telling(path),
        database.transaction() as db,
    ):
        db.execute("INSERT INTO sources (sha256, content) VALUES ('a', zeroblob(1000000))")
    with pytest.raises(BotError, match=r"^/dev/full：无法写入（磁盘已满，请腾出空间）$"):
        write(Path("/dev/full"), "text")
