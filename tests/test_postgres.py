"""The servers that other tests stand on: what they promise of themselves."""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.waiting import until

_KILLED = """
import os, signal
from tests.postgres import Cluster
print(Cluster().data, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_databases_are_apart_and_sort_by_a_countrys_rules(cluster):
    with cluster.database() as one:
        cluster.execute("CREATE TABLE t (a text)", one)
        cluster.execute("INSERT INTO t VALUES ('b'), ('A'), ('a'), ('B')", one)
        with cluster.database() as other, pytest.raises(psycopg.errors.UndefinedTable):
            cluster.execute("SELECT * FROM t", other)
        with cluster.database(template=one) as copy:
            rows = cluster.execute("SELECT a FROM t ORDER BY a", copy)
    assert [a for (a,) in rows] == ["a", "A", "b", "B"]  # by bytes it would be A, B, a, b
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        cluster.execute("SELECT 1", one)


def test_one_address_needs_its_password(cluster):
    url = cluster.locked("postgres", "open-sesame")
    psycopg.connect(url).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace("sesame", "barley"))


def test_a_standby_follows_and_takes_over(clusters):
    leader, standby = clusters
    leader.execute("CREATE TABLE t (a text)")
    leader.execute("INSERT INTO t VALUES ('kept')")
    until(lambda: standby.execute("SELECT to_regclass('t')")[0][0])
    until(lambda: standby.execute("SELECT a FROM t"))
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        standby.execute("INSERT INTO t VALUES ('refused')")
    leader.restart(immediate=True)
    assert leader.execute("SELECT a FROM t") == [("kept",)]
    leader.stop()
    standby.promote()
    standby.execute("INSERT INTO t VALUES ('after')")
    assert standby.execute("SELECT a FROM t ORDER BY a") == [("after",), ("kept",)]


def test_a_server_ends_with_who_started_it_even_when_that_is_killed():
    if postgres.found() is None:
        postgres.NEEDED.refuse()
    killed = subprocess.Popen([sys.executable, "-c", _KILLED], stdout=subprocess.PIPE, text=True)
    said, _ = killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    folder = Path(said.strip()).parent
    until(lambda: not folder.exists())  # taken away after the server ended
