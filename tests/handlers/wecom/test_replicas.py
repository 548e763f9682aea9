"""The one connection of a bot among replicas that share a server."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from bot.postgres_url import PostgresUrl
from bot.store.connection import Database
from bot.store.leases import Replica
from handlers.wecom.connection import Connection
from handlers.wecom.lease import is_held_by_replica
from tests.delivery.replica import QUICK as RENEWED
from tests.fakes.wecom import BOT, SECRET
from tests.handlers.wecom.conftest import QUICK
from tests.waiting import until


@pytest.fixture
def database(cluster, tmp_path):
    with cluster.database() as name:
        database = Database.open(PostgresUrl.parse(cluster.url(name), tmp_path))
        yield database
        database.close()


def test_one_replica_is_connected_and_another_once_it_stops_or_dies(database, wecom):
    with ExitStack() as stack:

        def connecting(replica):
            lease = replica.lease(f"wecom/{BOT}")
            timing = replace(QUICK, held=0.1)
            connection = Connection(wecom.url, BOT, SECRET, lease, lambda *_: None, timing)
            connection.start()
            stack.callback(connection.stop)
            return connection

        one, other = (Replica(database, RENEWED) for _ in range(2))
        first = connecting(one)
        until(lambda: first.session)
        second = connecting(other)
        time.sleep(0.3)
        assert (bool(first.session), second.session, len(wecom.opened)) == (True, "", 1)
        assert is_held_by_replica(database.place, BOT)
        first.stop()
        until(lambda: second.session)
        third = connecting(one)
        other._ended.set()  # as one that is stopped: it renews nothing, and its socket stays
        until(lambda: third.session and not second.session)
        time.sleep(0.3)
        assert (bool(third.session), second.session) == (True, "")
