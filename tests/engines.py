"""The two engines: what takes `place` or `store` holds on each of them where its room says so.

A room says it in its conftest.py, by `from tests.engines import engine as engine`. What is about
the file of SQLite stays with that: SQLITE_ALONE. Elsewhere it is SQLite, as the default is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.postgres_url import Place, PostgresUrl, folder_of
from bot.store import Store, connection
from tests.postgres import Cluster

SQLITE_ALONE = pytest.mark.parametrize("engine", ["sqlite"])


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request):
    """Which one a test's database is of."""
    return request.param


class Templates:
    """Databases of a server that are copied: it takes less time than to migrate a new one."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._made: set[str] = set()

    @contextmanager
    def copy(
        self, template: str, fill: Callable[[Place], None], folder: Path
    ) -> Iterator[PostgresUrl]:
        """A test's own database, dropped afterwards.

        Args:
            template: The one that it is a copy of.
            fill: What is done to that, once for all tests.
            folder: What the test has of its own beside the database.
        """
        if template not in self._made:
            self._cluster.execute(f"CREATE DATABASE {template} TEMPLATE template0")
            self._made.add(template)
            fill(self._place(template, folder))
            given_up(folder)  # nobody may be connected to what is copied
        with self._cluster.database(template) as name:
            yield self._place(name, folder)
            given_up(folder)

    def _place(self, name: str, folder: Path) -> PostgresUrl:
        return PostgresUrl.parse(self._cluster.url(name), folder)


def given_up(folder: Path) -> None:
    """Close the databases of a folder and those beside it: select() ends at 1,024 open files."""
    for place in list(connection._opened):
        if folder in (own := folder_of(place), *own.parents):
            with suppress(StoreError):  # a test may have taken the file away
                connection._opened[place].close()


def variables(place: Place) -> dict[str, str]:
    """What tells a program that this is its database."""
    if isinstance(place, PostgresUrl):
        return {"IR_DB": place.url, "IR_FOLDER": str(place.folder)}
    return {"IR_DB": str(place)}


def tables_of(store: Store) -> list[str]:
    """The names of the tables that this program made."""
    tables = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        if isinstance(store.place, PostgresUrl)
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    return [name for (name,) in store.database.connection().execute(tables)]


def held_in(store: Store) -> bytes:
    """All that is seen of a database by who has its files, or may read the server's tables."""
    place = store.place
    if not isinstance(place, PostgresUrl):
        beside = sorted(place.parent.glob(f"{place.name}*"))
        return b"".join(file.read_bytes() for file in beside)
    with closing(connection.connect(place)) as db:
        rows = [
            row
            for table in tables_of(store)
            for (row,) in db.execute(f"SELECT {table}::text FROM {table}").fetchall()
        ]
    return "\n".join(rows).encode()
