"""The SQLite file, opened once for a process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.store import Database, Store


def put(database, name):
    with database.transaction() as db:
        db.execute("INSERT INTO sources (sha256, content) VALUES (?, x'00')", [name])


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


def test_what_another_thread_writes_is_seen_once_it_is_committed(tmp_path):
    database = Database.open(tmp_path / "irbot.db")
    seen = []
    with database.transaction():
        put(database, "mine")
        reader = threading.Thread(target=lambda: seen.append(names(database)))
        reader.start()
        reader.join()
    assert seen == [set()]
    assert names(database) == {"mine"}


def test_what_is_tried_on_a_copy_changes_nothing(tmp_path):
    database = Database.open(tmp_path / "irbot.db")
    put(database, "before")
    with database.copied() as copy:
        put(Database.open(copy), "tried")
        assert names(Database.open(copy)) == {"before", "tried"}
    assert names(database) == {"before"}
    assert not copy.exists()
