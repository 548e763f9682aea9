"""What the two engines have in common, and what a server does that a file does not."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Settings
from bot.errors import EngineAwayError, StoreError
from bot.message import Chat, Message
from bot.postgres_url import PostgresUrl
from bot.store import Database, Store, postgres
from bot.store.connection import connect, first, grow, insert
from bot.store.postgres_connection import PIECE
from bot.store.schema import derived
from bot.store.schema.migrations import migrations, shared
from handlers.json_output import reply_json
from tests.conftest import SAMPLE, open_by_words
from tests.waiting import until

SERVER_ALONE = pytest.mark.parametrize("engine", ["postgres"])
CHAT = Chat("cli", "", "c", "u")
MISS = {"platform": "slack", "text": "", "band": "decline", "asked_at": "2026"}
# What the tables of PostgreSQL have otherwise, and why: schema/derived.py.
OTHERWISE = {
    ("sources", "content"),
    ("version_sources", "rowid"),
    ("alias_approvals", "rowid"),
}
OF_SERVER = {"schema_migrations", "source_pieces"}


# The same tables


def columns_of_file(path):
    with closing(connect(path)) as db:
        return {
            (table, name): (kind in ("INTEGER", "BIGINT"), bool(required or key))
            for (table,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'"
            ).fetchall()
            for _, name, kind, required, _, key in db.execute(f"PRAGMA table_info({table})")
        }


def columns_of_server(place):
    with closing(connect(place)) as db:
        rows = db.execute(
            "SELECT table_name, column_name, data_type = 'bigint', is_nullable = 'NO' "
            "FROM information_schema.columns WHERE table_schema = current_schema()"
        )
        return {
            (table, name): (bool(is_number), bool(required))
            for table, name, is_number, required in rows.fetchall()
            if table not in OF_SERVER
        }


@SERVER_ALONE
def test_both_engines_have_the_same_tables(place, tmp_path):
    file, server = columns_of_file(tmp_path / "file.db"), columns_of_server(place)
    assert file.keys() ^ server.keys() == OTHERWISE
    for column in file.keys() & server.keys():
        assert file[column] == server[column], column


@SERVER_ALONE
def test_every_text_is_ordered_by_code_point(place):
    with closing(connect(place)) as db:
        others = db.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE "
            "table_schema = current_schema() AND data_type = 'text' AND "
            "collation_name IS DISTINCT FROM 'C'"
        )
        assert others.fetchall() == []


def test_texts_come_in_the_order_of_code_points(store):
    db = store.database.connection()
    for text in ("a", "B", "ä", "中", "A", "b", "\U0001f4b9", "第"):
        insert(db, "misses", {**MISS, "text": text})
    rows = db.execute("SELECT text FROM misses ORDER BY text").fetchall()
    assert [text for (text,) in rows] == sorted(text for (text,) in rows)


def test_whatever_is_added_to_the_tables_is_written_for_both_engines():
    before = [name for name in derived.names() if name not in shared]
    assert len(before) == 29, "a new migration is @both_engines(): a server has no other"
    assert {name for name in derived.names() if name in shared} == set(shared)


@SERVER_ALONE
def test_a_server_with_tables_of_a_newer_version_is_refused(place, tmp_path):
    with closing(connect(place)) as db:
        db.execute(f"INSERT INTO {derived.APPLIED} (name) VALUES ('of_tomorrow')")
    with pytest.raises(StoreError, match="由更新版本的 irbot 写成（of_tomorrow）；请升级 irbot"):
        connect(place)


def test_tables_are_made_once_by_whoever_starts_first(cluster, tmp_path):
    with cluster.database() as name:
        place = PostgresUrl.parse(cluster.url(name), tmp_path)
        found = list[set[str]]()

        def start():
            with closing(connect(place)) as db:
                rows = db.execute(f"SELECT name FROM {derived.APPLIED}")
                found.append({name for (name,) in rows.fetchall()})

        replicas = [threading.Thread(target=start) for _ in range(3)]
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.join()
    assert found == [{known.name for known in migrations._migrations}] * 3


# The same values


@pytest.mark.parametrize(
    "text",
    [
        "'单引号'，\"双引号\"、\\反斜线\\",
        "? :name %s %(name)s %% $1 100%",
        "\N{ROMAN NUMERAL FOUR}\N{ZERO WIDTH SPACE}\u3000\r\n\t💹",
        "长" * 1_000_000,
        "",
    ],
)
def test_a_text_comes_back_to_the_letter(store, text):
    db = store.database.connection()
    own = insert(db, "misses", {**MISS, "text": text})
    assert first(db, "SELECT text FROM misses WHERE id = ? AND text = ?", own, text) == {
        "text": text
    }
    pattern = {"part": text[:100].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")}
    sql = "SELECT id FROM misses WHERE text LIKE :part || '%' ESCAPE '\\'"
    assert db.execute(sql, pattern).fetchall() == [(own,)]


def test_what_no_engine_can_hold_is_not_there(store):
    db = store.database.connection()
    for number in (2**63, -(2**63) - 1, 2**200):
        assert first(db, "SELECT * FROM misses WHERE id = ?", number) is None
    with pytest.raises(UnicodeEncodeError):
        insert(db, "misses", {**MISS, "text": "\ud800"})
    assert db.execute("SELECT count(*) FROM misses").fetchall() == [(0,)]


def test_numbers_and_bytes_come_as_what_they_went(store):
    db = store.database.connection()
    insert(db, "feedback", {"platform": "p", "question_id": "q", "helpful": True, "at": 1})
    row = db.execute("SELECT helpful, at, sum(helpful), count(*) FROM feedback GROUP BY 1, 2")
    assert [(value, type(value)) for value in row.fetchone()] == [
        (1, int),
        (1.0, float),
        (1, int),
        (1, int),
    ]
    content = bytes(range(256))
    key = store.keep_upload("file", content, "{}", "who", datetime.now(UTC))
    assert store.upload(key)[1] == content


def test_a_source_of_many_pieces_is_kept_whole_and_replaced(store):
    database = store.database
    pieces = [bytes([number]) * (PIECE - 1) for number in range(3)]
    for wanted in (pieces, pieces[:1], []):
        with database.transaction() as db:
            db.write_content("a", wanted, sum(map(len, wanted)))
        assert store.content("a") == b"".join(wanted)
    assert b"".join(database.connection().content("of nobody")) == b""


def test_a_stream_reads_while_others_are_asked(store):
    db = store.database.connection()
    with store.database.transaction():
        db.executemany(
            "INSERT INTO misses (platform, text, band, asked_at) VALUES ('p', ?, 'b', 'a')",
            [(str(number),) for number in range(2_500)],
        )
    asked = [
        first(db, "SELECT text FROM misses WHERE id = ?", row["id"]) == {"text": row["text"]}
        for row in db.stream("SELECT * FROM misses WHERE platform = ? ORDER BY id", ["p"])
    ]
    assert asked == [True] * 2_500
    assert next(db.stream("SELECT * FROM misses ORDER BY id"))["text"] == "0"  # and no more of it


def test_a_stream_that_is_given_up_later_ends_no_other_transaction(store):
    database = store.database
    for number in range(2):
        insert(database.connection(), "misses", {**MISS, "text": str(number)})
    with database.transaction() as db:
        begun_within = db.stream("SELECT * FROM misses ORDER BY id")
        assert next(begun_within)["text"] == "0"
    begun_outside = database.connection().stream("SELECT * FROM misses ORDER BY id")
    assert next(begun_outside)["text"] == "0"
    with database.transaction() as db:
        insert(db, "misses", {**MISS, "text": "2"})
        begun_within.close()
        begun_outside.close()
    assert [miss["text"] for miss in store.misses()] == ["0", "1", "2"]


# The same transactions


def test_what_fails_is_undone_with_all_that_is_within(store):
    database, before = store.database, store.generation()

    def fail():
        with database.transaction() as db:
            grow(db)
            with database.transaction(alone=False) as inner:
                insert(inner, "misses", MISS)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert store.generation() == before
    assert list(store.misses()) == []
    assert not database.connection().in_transaction


def test_two_who_are_alone_write_one_after_the_other(store):
    database = store.database
    order, began = [], threading.Event()

    def other():
        began.wait()
        with database.transaction() as db:
            order.append(db.execute("SELECT value FROM generation").fetchone()[0])

    waiting = threading.Thread(target=other)
    waiting.start()
    with database.transaction() as db:
        began.set()
        grow(db)
        waiting.join(0.1)
        order.append(db.execute("SELECT value FROM generation").fetchone()[0])
    waiting.join()
    assert order == [store.generation()] * 2


@SERVER_ALONE
def test_who_is_not_alone_does_not_wait_for_who_is(store):
    database = store.database

    def reply():
        with database.waiting(0.2), database.transaction(alone=False) as db:
            insert(db, "misses", MISS)

    with database.transaction():
        replying = threading.Thread(target=reply)
        replying.start()
        replying.join()
        assert len(list(store.misses())) == 1


@SERVER_ALONE
def test_a_transaction_in_which_something_failed_is_not_told_to_be_kept(store):
    def swallow():
        with store.database.transaction() as db:
            insert(db, "misses", MISS)
            with suppress(Exception):
                db.execute("INSERT INTO desk_users (name) VALUES (NULL)")

    with pytest.raises(StoreError, match="全部未写入；请再试一次"):
        swallow()
    assert list(store.misses()) == []


def test_what_is_tried_is_seen_there_alone_and_nobody_waits(store):
    database, before = store.database, store.generation()

    def teach():
        with database.transaction() as db:
            grow(db)

    with database.copied() as place:
        tried = Store(place)
        tried.withdraw("300253/2025-002", "reason")
        assert tried.record("300253/2025-002").withdrawn
        others = threading.Thread(target=teach)
        others.start()
        others.join()
    assert not store.record("300253/2025-002").withdrawn
    assert store.generation() == before + 1


# A server that goes away


def ended(database):
    """The server ends the connection that this thread has."""
    (process,) = database.connection().execute("SELECT pg_backend_pid()").fetchone()
    with closing(database.apart()) as other:
        other.execute("SELECT pg_terminate_backend(?)", [process])
        sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = ?"
        until(lambda: other.execute(sql, [process]).fetchone() == (0,))


@SERVER_ALONE
def test_a_connection_that_ended_meanwhile_is_made_anew(store):
    database, generation = store.database, store.generation()
    ended(database)
    assert store.generation() == generation
    ended(database)
    with database.transaction() as db:
        grow(db)
    assert store.generation() == generation + 1
    db = database.connection()
    ended(database)
    assert db.execute("SELECT count(*) FROM records").fetchone() == (1,)  # reads are repeated


@pytest.mark.parametrize(
    ("of_role", "asked", "found"),
    [
        ("client_encoding = 'LATIN1'", "SELECT '关税𠮷'", "关税𠮷"),
        ("client_encoding = 'GBK'", "SELECT '关税𠮷'", "关税𠮷"),
        ("statement_timeout = '20ms'", "SELECT CAST(pg_sleep(0.1) AS TEXT)", ""),
        ("idle_session_timeout = '1s'", "SHOW idle_session_timeout", "0"),
        ("idle_in_transaction_session_timeout = '1s'", "SELECT 'well'", "well"),
        (
            "default_transaction_isolation = serializable",
            "SHOW transaction_isolation",
            "read committed",
        ),
        ("standard_conforming_strings = off", r"SELECT 'a\'", "a\\"),
    ],
)
def test_what_a_role_is_set_to_changes_nothing(cluster, tmp_path, of_role, asked, found):
    with cluster.database() as name, _role(cluster, name) as url:
        cluster.execute(f"ALTER ROLE odd SET {of_role}")
        with closing(connect(PostgresUrl.parse(url, tmp_path))) as db:
            assert db.execute(asked).fetchone() == (found,)


@contextmanager
def _role(cluster, name):
    """An address of a role of its own."""
    cluster.execute("CREATE ROLE odd LOGIN")
    try:
        cluster.execute(f"ALTER DATABASE {name} OWNER TO odd")
        yield cluster.url(name).replace("irbot@", "odd@")
    finally:
        cluster.execute(f"ALTER DATABASE {name} OWNER TO irbot")
        cluster.execute("DROP OWNED BY odd", name)
        cluster.execute("DROP ROLE odd")


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("ALTER ROLE odd CONNECTION LIMIT 0", "的连接数已满"),
        ("ALTER DATABASE {name} CONNECTION LIMIT 0", "的连接数已满"),
        ("ALTER ROLE odd SET default_transaction_read_only = on", "只能读（是备库，或设了"),
        ("REVOKE CONNECT ON DATABASE {name} FROM public, odd", "没有给这个用户足够的权限"),
    ],
)
def test_why_an_administrator_lets_nobody_in_is_told(cluster, tmp_path, limit, told):
    with cluster.database() as name, _role(cluster, name) as url:
        cluster.execute(limit.format(name=name))
        with pytest.raises(StoreError, match=told):
            Database.open(PostgresUrl.parse(url, tmp_path))


@SERVER_ALONE
def test_what_was_under_way_is_told_and_not_repeated(store):
    database, generation = store.database, store.generation()

    def cut(write):
        with database.transaction() as db:
            grow(db)
            ended(database)
            write(db)

    for write in (grow, lambda db: db.execute("SELECT 1"), lambda db: None):
        with pytest.raises(EngineAwayError, match=r"^连不上数据库 postgresql://"):
            cut(write)
        assert store.generation() == generation


@SERVER_ALONE
def test_a_thread_leaves_its_connection_to_the_next_unless_something_was_under_way(store):
    database = store.database

    def process():
        return database.connection().execute("SELECT pg_backend_pid()").fetchone()[0]

    def begun():
        database.connection().begin()
        return process()

    def in_a_thread(work):
        found = []
        worker = threading.Thread(target=lambda: found.append(work()))
        worker.start()
        worker.join()
        return found[0]

    first, second = in_a_thread(process), in_a_thread(process)
    assert first == second != process()
    ended = in_a_thread(begun)
    assert in_a_thread(process) != ended
    sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = ?"
    until(lambda: database.connection().execute(sql, [ended]).fetchone() == (0,))


@SERVER_ALONE
def test_who_is_gone_or_stopped_holds_its_locks_for_minutes_at_most(store):
    names = ["tcp_keepalives_idle", "tcp_user_timeout", "idle_in_transaction_session_timeout"]
    db = store.database.connection()
    given = [db.execute(f"SHOW {name}").fetchone()[0] for name in names]
    assert given == [
        "15",
        "20000",
        "15min",
    ]  # of the socket itself


def test_a_password_is_nowhere_told(cluster, tmp_path):
    with cluster.database() as name:
        right = cluster.locked(name, "open-sesame")
        Database.open(PostgresUrl.parse(right, tmp_path)).close()
        for wrong in (
            right.replace("sesame", "barley"),
            right.replace(name, "of_nobody"),
            f"{right}?nonsense=open-sesame",
            right.replace(f":{cluster.port}", ":1"),
        ):
            with pytest.raises(StoreError) as refused:
                Database.open(PostgresUrl.parse(wrong, tmp_path))
            assert "open-" not in str(refused.value)
            assert str(refused.value).isascii() is False


def test_without_the_driver_a_file_is_served_and_a_server_is_told_what_is_missing(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['psycopg'] = None\n"
            "from pathlib import Path\n"
            "from bot.errors import StoreError\n"
            "from bot.postgres_url import PostgresUrl\n"
            "from bot.store import Store\n"
            "print(Store(Path(sys.argv[1])).generation())\n"
            "try: Store(PostgresUrl('postgresql://host/name', Path()))\n"
            "except StoreError as error: print(error)\n",
            tmp_path / "irbot.db",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    generation, told = done.stdout.splitlines()
    assert generation == "0"
    assert "pip install 'psycopg[binary]'" in told


# The same replies


@SERVER_ALONE
def test_both_engines_say_the_same(store, sample, tmp_path):
    file = Store(tmp_path / "file.db")
    file.add([sample], SAMPLE.read_bytes(), SAMPLE.name)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    questions = [item.question for item in sample.record.questions]
    asked = [*questions[::4], *(text[3:15] for text in questions), "可转债", "第3问", "股价", ""]
    told = []
    for each in (file, store):
        each.withdraw(f"{sample.record.id}#3", "reason")
        responder = open_by_words(Settings(each.place), lambda: now).responder
        said = [(text, responder.reply(Message(text, CHAT))) for text in asked]
        told.append([reply_json(text, reply, responder.show(reply)) for text, reply in said])
    assert told[0] == told[1]
    assert file.records()[0].record == store.records()[0].record
    assert {reply["kind"] for reply in told[0]} >= {"answer", "suggest", "decline", "help"}


def test_who_rests_in_a_transaction_for_long_keeps_its_rows_from_nobody(cluster, tmp_path):
    with cluster.database() as name:
        place = PostgresUrl.parse(cluster.url(name), tmp_path)
        stopped, other = postgres.connect(place), postgres.connect(place)
        other.execute("INSERT INTO cursors VALUES ('kf', 'w', 'here')")
        stopped.begin(rest_s=1)
        stopped.execute("UPDATE cursors SET cursor = 'stale'")
        other.execute("UPDATE cursors SET cursor = 'there'")  # waits for that
        assert other.execute("SELECT cursor FROM cursors").fetchall() == [("there",)]
        with pytest.raises(EngineAwayError):
            stopped.commit()
        other.close()
