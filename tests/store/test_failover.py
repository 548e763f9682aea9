"""A standby that takes over lacks what the server before acknowledged last: it was never told to
it. What a process had read of that is not there any more, and its numbers are given to other words.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.postgres_url import PostgresUrl
from bot.record import Reading
from bot.store import Database, Store
from tests.conftest import SAMPLE
from tests.postgres import USER
from tests.waiting import until

LOST = 40  # records: an identity column's numbers are in the log by 32


def named(sample, number, answer):
    """A record of few questions, with an answer of its own."""
    record = sample.record
    questions = tuple(replace(item, answer=answer, parts=()) for item in record.questions[:2])
    own = replace(record, record_no=f"2026-{number:03}", questions=questions)
    return Reading(own, sample.proof)


def told(store):
    """Every answer that is shown now."""
    shown = store.shown(datetime.now(UTC))
    return sorted({item.answer for one in shown.stored for item in one.record.questions})


def test_what_a_standby_lacks_is_not_told_and_what_came_in_its_place_is(clusters, sample, tmp_path):
    leader, standby = clusters
    leader.execute("CREATE DATABASE irbot")
    both = f"{USER}@127.0.0.1:{leader.port},127.0.0.1:{standby.port}"
    store = Store(PostgresUrl.parse(f"postgresql://{both}/irbot", tmp_path))
    store.add([named(sample, 0, "kept")], SAMPLE.read_bytes(), SAMPLE.name)
    (end,) = leader.execute("SELECT pg_current_wal_flush_lsn()")[0]
    until(lambda: standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{end}'") == [(True,)])
    standby.set(primary_conninfo="")
    until(lambda: not leader.execute("SELECT 1 FROM pg_stat_replication"))
    for number in range(1, LOST):
        store.add([named(sample, number, "lost")], b"%d" % number, "lost")
    assert told(store) == ["kept", "lost"]
    before = store.generation()
    leader.stop()
    standby.promote()
    assert told(store) == ["kept"]
    for number in range(1, LOST):
        store.add([named(sample, 100 + number, "new")], b"n%d" % number, "new")
        assert store.generation() != before
    assert told(store) == ["kept", "new"] == told(Store(store.place))
    Database.open(store.place).close()
