"""`irbot …` on PostgreSQL as an operator meets it: what is wrong at the start, moving there."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import threading
import time
from contextlib import closing, contextmanager

import psycopg
import pytest
from click.testing import CliRunner

from handlers.cli.main import cli
from tests.conftest import IRBOT, environment
from tests.waiting import until

PASSWORD = "hush"
ASKED = "可转债\n第3问\n关税\n今天天气\n毛利率\n"


@pytest.fixture
def url(cluster):
    """An empty database."""
    with cluster.database() as name:
        yield cluster.url(name)


@contextmanager
def server(*messages):
    """What says so to whoever connects, in PostgreSQL's own words; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def say():
            while True:
                try:
                    talking, _ = listening.accept()
                except OSError:
                    return
                with talking:
                    talking.recv(1024)
                    talking.sendall(b"".join(messages))
                    talking.recv(1024)

        threading.Thread(target=say, daemon=True).start()
        port = listening.getsockname()[1]
        plain = "sslmode=disable&gssencmode=disable"
        yield f"postgresql://irbot:{PASSWORD}@127.0.0.1:{port}/ir?{plain}"


def message(kind, content):
    return kind + struct.pack("!i", len(content) + 4) + content


OLDER = (
    message(b"R", struct.pack("!i", 0)),  # let in
    message(b"S", b"server_version\x0014.11\0"),
    message(b"S", b"server_encoding\0UTF8\0"),
    message(b"S", b"client_encoding\0UTF8\0"),
    message(b"S", b"default_transaction_read_only\0off\0"),
    message(b"S", b"in_hot_standby\0off\0"),
    message(b"Z", b"I"),
)


@pytest.fixture
def wrong(request, cluster, url):
    """An address with which something is wrong."""
    name = url.rpartition("/")[2]
    match request.param:
        case "away":
            yield f"postgresql://irbot:{PASSWORD}@127.0.0.1:1/ir"
        case "password":
            yield cluster.locked(name, "another").replace(":another@", f":{PASSWORD}@")
        case "missing":
            yield cluster.url("nowhere").replace("irbot@", f"irbot:{PASSWORD}@")
        case "rights":
            cluster.execute("DROP ROLE IF EXISTS poor")
            cluster.execute("CREATE ROLE poor LOGIN")
            yield url.replace("irbot@", f"poor:{PASSWORD}@")
        case "older":
            with server(*OLDER) as address:
                yield address
        case "newer":
            cluster.execute("CREATE TABLE schema_migrations (name TEXT)", name)
            cluster.execute("INSERT INTO schema_migrations VALUES ('tomorrow')", name)
            yield url
        case "malformed":
            yield f"postgresql://irbot:{PASSWORD}@127.0.0.1/ir?nothing=1"
        case "encoding":
            cluster.execute(
                "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc "
                "TEMPLATE template0"
            )
            yield cluster.url("latin")
            cluster.execute("DROP DATABASE latin WITH (FORCE)")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("away", "连不上数据库 postgresql://irbot@127.0.0.1:1/ir（Connection refused）；请检查"),
        ("password", "不接受这个用户或密码；请检查 IR_DB 和服务器的 pg_hba.conf"),
        ("missing", '没有这个数据库或用户（FATAL:  database "nowhere" does not exist）；请先建好'),
        ("rights", "没有给这个用户足够的权限（permission denied for schema public）；请检查"),
        ("older", "是 PostgreSQL 14；irbot 需要 15 或更新的版本"),
        ("newer", "由更新版本的 irbot 写成（tomorrow）；请升级 irbot，数据库未作改动"),
        ("malformed", '的地址写得不对（invalid URI query parameter: "nothing"）；请检查 IR_DB'),
        ("encoding", "的编码是 LATIN1；请另建编码为 UTF8 的数据库"),
    ],
    indirect=["wrong"],
)
def test_what_is_wrong_at_the_start_is_one_line_without_the_password(here, wrong, said):
    here.setenv("IR_DB", wrong)
    served, examined = (run(*words) for words in (("serve",), ("doctor", "--json")))
    assert (served.exit_code, examined.exit_code) == (1, 1)
    assert said in served.stderr.splitlines()[-1]
    assert len(served.stderr.splitlines()) <= 2  # before it, that tables are made
    found = [one["said"] for one in json.loads(examined.stdout) if one["ok"] is False]
    # Of rights the doctor says in its own words what it sees.
    assert any(said in one or one.startswith("不能建表") for one in found)
    assert PASSWORD not in served.output + examined.output


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The environment, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def run(*words):
    return CliRunner().invoke(cli, words, prog_name="irbot")


def test_a_read_only_standby_is_named(here, clusters):
    _, standby = clusters
    here.setenv("IR_DB", standby.url())
    done = run("serve")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert (
        "只能读（是备库，或设了 default_transaction_read_only）；请把 IR_DB 指向主库" in done.stderr
    )


def test_without_the_driver_it_is_said_what_to_install(irbot, url, tmp_path):
    (tmp_path / "psycopg.py").write_text("raise ImportError('none here')")
    done = subprocess.run(
        [IRBOT, "records"],
        cwd=tmp_path,
        env=environment({"IR_DB": url, "PYTHONPATH": str(tmp_path)}),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "IR_DB 是 PostgreSQL 的地址，而没有装它的驱动；请安装：pip install 'psycopg[binary]'\n",
    )


def test_commands_say_whose_tools_do_it(here, url):
    here.setenv("IR_DB", url)
    for command, tool in (("backup", "pg_dump -Fc -d"), ("restore", "pg_restore --clean")):
        done = run(command, "a file")
        assert (done.exit_code, tool in done.stderr) == (1, True), done.stderr
        assert "'a file'" in done.stderr


def test_after_a_restore_nothing_is_said_a_second_time(here, url, store):
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute(
            "INSERT INTO inbox (key, platform, text, address, state, at) "
            "VALUES ('q', 'slack', 'asked', '{}', 'new', 1)"
        )
        for key, address in (("a", "{}"), ("b", '{"changes": "c"}'), ("handover/1/1", "{}")):
            db.execute(
                "INSERT INTO outbox (key, platform, address, payload, state, tries, due, at) "
                "VALUES (?, 'slack', ?, '{}', 'ready', 0, 1, 1)",
                [key, address],
            )
    assert run("migrate", str(store.path), url).exit_code == 0
    here.setenv("IR_DB", url)
    assert run("restore", "--after-pg-restore", "--dry-run").exit_code == 2  # nothing is done
    done = run("restore", "--after-pg-restore")
    assert (done.exit_code, "提问 1 条" in done.stderr, "答复 3 条" in done.stderr) == (
        0,
        True,
        True,
    )
    with psycopg.connect(url) as rows:
        assert rows.execute("SELECT state, text FROM inbox").fetchall() == [("done", "")]
        posts = rows.execute("SELECT key, state FROM outbox ORDER BY id").fetchall()
    assert posts == [("a", "sending"), ("b", "unknown"), ("handover/1/1", "unknown")]


def test_an_address_that_is_malformed_is_not_repeated(here):
    done = run("migrate", "irbot.db", f"postgresql://irbot:{PASSWORD}@db")
    assert (done.exit_code, "数据库地址应为 postgresql://" in done.stderr) == (2, True)
    assert PASSWORD not in done.output


def test_an_empty_database_is_looked_at_and_stays_empty(here, url):
    here.setenv("IR_DB", url)
    done = run("records")
    assert done.exit_code == 0
    assert "里还没有 irbot 的表，也没有新建" in done.stderr
    assert tables(url) == {}


def tables(url):
    """How many tables each schema of a database has."""
    with psycopg.connect(url) as db:
        return dict(
            db.execute(
                "SELECT schemaname, count(*) FROM pg_tables WHERE schemaname NOT IN "
                "('pg_catalog', 'information_schema') GROUP BY schemaname"
            ).fetchall()
        )


# Moving


def test_answers_are_the_same_before_and_after_a_move(irbot, imported, url, tmp_path):
    imported.copy(tmp_path / "data/irbot.db")
    before = irbot("ask", "--file", "-", "--json", stdin=ASKED)
    assert before.returncode == 0
    moved = irbot("migrate", "data/irbot.db", url)
    assert (moved.returncode, moved.stdout) == (0, ""), moved.stderr
    assert "两边逐表核对一致" in moved.stderr
    again = irbot("migrate", "data/irbot.db", IR_DB=url, IR_FOLDER="own")  # where IR_DB says
    assert (again.returncode, "没有要搬的" in again.stderr) == (0, True), again.stderr
    after = irbot("ask", "--file", "-", "--json", stdin=ASKED, IR_DB=url, IR_FOLDER="own")
    assert after.stdout == before.stdout
    verified = irbot("verify", IR_DB=url, IR_FOLDER="own")
    assert verified.returncode == 0, verified.stderr


def grow(path, count):
    """More rows than are moved at once."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO misses (platform, text, band, asked_at) "
            "SELECT 'slack', '问题' || i, 'decline', '2026-11-26' FROM n",
            [count],
        )


def was_killed(words, folder, url, after_s):
    """Whether a command was killed in the middle of a move: so long after that had begun."""
    process = subprocess.Popen(
        [IRBOT, *words],
        cwd=folder,
        env=environment({}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: process.poll() is not None or tables(url))
    time.sleep(after_s)
    process.kill()
    return process.wait() == -signal.SIGKILL


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.trial)])
def test_a_move_that_was_killed_goes_on_and_ends_right(irbot, imported, cluster, tmp_path, kills):
    imported.copy(tmp_path / "data/irbot.db")
    grow(tmp_path / "data/irbot.db", 10_000)
    by_chance = random.Random(kills)
    left = kills
    while left > 0:
        with cluster.database() as name:
            url = cluster.url(name)
            words = ("migrate", "data/irbot.db", url)
            while left > 0 and was_killed(words, tmp_path, url, by_chance.uniform(0, 1)):
                left -= 1
                assert tables(url).keys() in ({"irbot_moving"}, {"public"})  # never some of it
            left -= 1
            done, again = (irbot(*words, "--json") for _ in range(2))
            assert (done.returncode, tables(url).keys()) == (0, {"public"}), done.stderr
            first, second = (json.loads(one.stdout) for one in (done, again))
            assert second == {"new": False, "tables": first["tables"]}
            assert {one["table"]: one["rows"] for one in second["tables"]}["misses"] == 10_000
