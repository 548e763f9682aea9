"""`irbot backup` and `irbot restore` as an operator runs them, killed ones too."""

from __future__ import annotations

import operator
import re
import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.config import Settings
from bot.errors import StoreError
from bot.recovery import opened_backup
from bot.store import Store
from tests import warm
from tests.conftest import IRBOT, environment
from tests.fakes.slack import FakeSlack
from tests.handlers.test_displaced import asking, posted, served
from tests.waiting import until

PAGE = 4096  # of SQLite, in bytes
MADE_UP = Path(__file__).parents[2] / "records/made_up"


@pytest.fixture
def slack(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeSlack(retry_s=0.5) as slack:
        yield slack


@pytest.fixture
def loaded(irbot, imported, tmp_path):
    imported.copy(tmp_path / "data/irbot.db")
    return irbot


def counts(db):
    """The rows of every table, of a file that SQLite finds whole."""
    with closing(sqlite3.connect(db)) as rows:
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = [name for (name,) in rows.execute("SELECT name FROM sqlite_master")]
        names = rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        assert tables
        return {
            name: rows.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names
        }


GROWING = ("inbox", "records")


def grown(db):
    """The rows that answering and importing add to."""
    with closing(sqlite3.connect(db)) as rows:
        return [rows.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in GROWING]


def has_grown(db, since):
    return all(map(operator.gt, grown(db), since))


@contextmanager
def importing(irbot):
    """One file of made-up records after another."""
    enough = threading.Event()

    def work():
        for file in sorted(MADE_UP.glob("*.txt")):
            if enough.is_set():
                return
            irbot("import", file, IR_DB="irbot.db")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


@pytest.mark.timeout(300)  # processes that start one after the other
def test_backups_made_while_answering_and_importing_are_whole(slack, irbot, imported, tmp_path):
    db = tmp_path / "irbot.db"
    imported.copy(db)
    copies = [tmp_path / f"copy{at}.db" for at in range(2)]
    with served(slack, tmp_path):
        with asking(slack) as asked, importing(irbot):
            slack.until(lambda: slack.posts)
            for copy in copies:
                done = irbot("backup", copy, IR_DB="irbot.db")
                assert done.returncode == 0, done.stderr
                until(partial(has_grown, db, grown(copy)))
        slack.until(lambda: set(posted(slack)) >= set(asked))
        refused = irbot("restore", copies[0], IR_DB="irbot.db")
        assert (refused.returncode, "irbot serve 正在使用" in refused.stderr) == (1, True)
    for table in GROWING:
        assert len({counts(copy)[table] for copy in copies}) == len(copies)

    for at, copy in enumerate(copies):
        assert copy.stat().st_mode & 0o777 == 0o600
        whole = counts(copy)
        done = irbot("restore", copy, IR_DB=f"elsewhere{at}/irbot.db")
        assert done.returncode == 0, done.stderr
        assert irbot("verify", IR_DB=f"elsewhere{at}/irbot.db").returncode == 0
        there = counts(tmp_path / f"elsewhere{at}/irbot.db")
        assert there == whole | {"journal": whole["journal"] + 1}  # that it was restored
    before = dict(posted(slack))
    assert irbot("restore", copies[0], IR_DB="irbot.db").returncode == 0
    with served(slack, tmp_path):
        time.sleep(1.5)  # what were to be said again would be said within a second
        after = slack.mention("#7", channel="AFTER")
        slack.until(lambda: posted(slack)[after])
    assert posted(slack) == Counter({**before, after: 1})


def test_a_backup_is_told_and_replaces_nothing_unasked(loaded, tmp_path):
    (tmp_path / "there").write_text("mine")
    done = loaded("backup", "there")
    assert (done.returncode, (tmp_path / "there").read_text()) == (1, "mine")
    assert done.stderr == "there 已存在，未作改动；要覆盖它请加 --replace\n"
    done = loaded("backup", "there", "--replace")
    assert done.returncode == 0
    assert "1 份记录、31 个问题" in done.stderr
    tried = loaded("restore", "there", "--dry-run")
    assert (tried.returncode, "未作改动" in tried.stderr) == (0, True)
    assert not list(tmp_path.glob("data/*before*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "there"]


def run(folder, *arguments):
    return warm.run(arguments, folder, environment({}))


@pytest.fixture(scope="module")
def backups(imported, tmp_path_factory):
    """A folder of files of which one is a sound backup; nothing is to change there."""
    folder = tmp_path_factory.mktemp("backups")
    imported.copy(folder / "data/irbot.db")
    assert run(folder, "backup", "good").returncode == 0

    def changed(name, statement):
        shutil.copy(folder / "good", folder / name)
        with closing(sqlite3.connect(folder / name)) as db, db:
            db.execute(statement)

    changed("newer", "INSERT INTO _sqlite_migrations VALUES (99, 'irbot', 'tomorrow', '2027')")
    changed("words", "UPDATE questions SET answer = answer || '。' WHERE number = 7")
    changed("bytes", "UPDATE sources SET content = x'00'")
    with closing(sqlite3.connect(folder / "other")) as db:
        db.execute("CREATE TABLE notes (text)")
    whole = (folder / "good").read_bytes()
    (folder / "cut").write_bytes(whole[: len(whole) // 2])
    holed = bytearray(whole)
    for at in range(10 * PAGE, len(whole), 20 * PAGE):
        holed[at : at + PAGE] = b"\xff" * PAGE
    (folder / "holed").write_bytes(holed)
    (folder / "text").write_text("备份\n" * 2000)
    (folder / "empty").touch()
    return folder


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("newer", "newer 由更新版本的 irbot 写成（tomorrow）；请升级 irbot，未作改动"),
        ("other", "other 是别的程序的 SQLite 数据库，未作改动"),
        ("cut", "cut 已损坏"),
        ("holed", "holed 已损坏"),
        ("text", "text 不是 irbot 的备份（不是 SQLite 数据库），未作改动"),
        ("empty", "empty 不是 irbot 的备份（不是 SQLite 数据库），未作改动"),
        ("none", "没有文件 none，未作改动"),
        ("data", "data 不是文件，未作改动"),
        ("data/irbot.db", "data/irbot.db 就是正在使用的数据库，未作改动"),
    ],
)
def test_what_is_no_sound_backup_is_told_in_a_line(backups, monkeypatch, file, why):
    monkeypatch.chdir(backups)
    before = (backups / "data/irbot.db").read_bytes()
    with (
        pytest.raises(StoreError, match=re.escape(why)) as told,
        opened_backup(Settings(Path("data/irbot.db")), Path(file)),
    ):
        pass
    assert "\n" not in str(told.value)
    assert (backups / "data/irbot.db").read_bytes() == before
    assert [path.name for path in (backups / "data").iterdir()] == ["irbot.db"]


@pytest.mark.parametrize("file", ["holed", "words", "bytes"])
def test_what_is_no_sound_backup_is_not_restored(backups, file):
    before = (backups / "data/irbot.db").read_bytes()
    done = run(backups, "restore", file)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "未作改动" in done.stderr.splitlines()[-1]
    assert (backups / "data/irbot.db").read_bytes() == before
    assert [path.name for path in (backups / "data").iterdir()] == ["irbot.db"]


def test_a_backup_that_differs_is_restored_after_a_look(loaded, backups):
    done = loaded("restore", backups / "words", "--accept-differences")
    assert (done.returncode, "第7问" in done.stderr) == (0, True)
    assert loaded("verify").returncode == 1


def test_a_database_that_is_open_elsewhere_is_not_replaced(loaded, backups, tmp_path):
    with closing(sqlite3.connect(tmp_path / "data/irbot.db")) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("SELECT * FROM records").fetchall()
        done = loaded("restore", backups / "good")
    assert (done.returncode, "请先关闭它" in done.stderr) == (1, True)
    assert not list(tmp_path.glob("data/*before*"))


def test_a_full_disk_changes_nothing(irbot, imported, small, tmp_path):
    db, copy = small / "irbot.db", tmp_path / "copy"
    imported.copy(db)
    assert irbot("backup", copy, IR_DB=db).returncode == 0
    before = db.read_bytes()
    (small / "rest").write_bytes(b"0" * (4 * 1024**2 - len(before) - 200_000))
    for done in (irbot("backup", small / "copy", IR_DB=db), irbot("restore", copy, IR_DB=db)):
        assert done.returncode == 1
        assert done.stderr.startswith("磁盘已满，无法写入")
    assert db.read_bytes() == before
    assert sorted(path.name for path in small.iterdir()) == ["irbot.db", "rest"]


@pytest.fixture
def large(loaded, tmp_path):
    """A database that takes a while to copy."""
    db = Store(tmp_path / "data/irbot.db").database
    with db.transaction() as tables:
        for at in range(20):
            tables.execute("INSERT INTO sources VALUES (?, randomblob(1000000))", [f"{at}"])
    db.close()
    return loaded


def killed(folder, partial, after_s, *arguments):
    """Run a command, and kill it so long after it began to write."""
    process = subprocess.Popen(
        [IRBOT, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not partial.exists() and process.poll() is None:
        time.sleep(0.001)
    time.sleep(after_s)
    process.kill()
    process.wait()


KILLS = [
    pytest.param([0.0, 0.1]),
    pytest.param([at / 100 for at in range(100)], marks=pytest.mark.trial),
]


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_backup_leaves_nothing_that_looks_whole(large, tmp_path, kills):
    copy, partial = tmp_path / "copy", tmp_path / "copy.partial"
    whole = counts(tmp_path / "data/irbot.db")
    seen = set()
    for after_s in kills:
        killed(tmp_path, partial, after_s, "backup", "copy")
        seen.add(copy.exists())
        if copy.exists():
            assert counts(copy) == whole
            copy.unlink()
    assert False in seen
    assert large("backup", "copy").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "data"]


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_restore_leaves_the_old_or_the_new(large, tmp_path, kills):
    data = tmp_path / "data"
    assert large("backup", "copy").returncode == 0
    old = counts(data / "irbot.db")
    assert large("import", MADE_UP / "header_attendees_counted.txt").returncode == 0
    new = counts(data / "irbot.db")
    assert large("backup", "newer").returncode == 0
    for after_s in kills:
        killed(tmp_path, data / "irbot.db.partial", after_s, "restore", "copy")
        found = counts(data / "irbot.db")
        assert {name: found[name] for name in ("records", "questions")} in (
            {name: state[name] for name in ("records", "questions")} for state in (old, new)
        )
        assert large("verify").returncode == 0
    assert large("restore", "copy").returncode == 0
    assert counts(data / "irbot.db")["records"] == old["records"]
    assert not (data / "irbot.db.partial").exists()
