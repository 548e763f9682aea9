"""What many tests share: the sample record in a store of its own, and a bot over it."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from bot.bootstrap import Bot, put_together
from bot.config import CHINA, Settings
from bot.reading.document import read_records
from bot.store import Database, Store
from tests import postgres, warm
from tests.delivery.replica import QUICK
from tests.engines import Templates, given_up
from tests.waiting import until

IRBOT = str(Path(sys.executable).with_name("irbot"))
SAMPLE = Path(__file__).parents[1] / "data/records/300253-2025-002.txt"
NOW = datetime(2026, 11, 24, 9, tzinfo=CHINA)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it for garbage takes a tenth of the run."""
    gc.collect()
    gc.freeze()


def open_by_words(
    settings: Settings,
    now: Callable[[], datetime] = lambda: NOW,
    clock: Callable[[], float] = time.time,
) -> Bot:
    """The bot as `serve` opens it, but by words alone and with clocks of the test's own."""
    return put_together(settings, None, now, clock, QUICK)


@pytest.fixture(autouse=True)
def _given_up(request):
    """The databases of a test's own folder are closed after it."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        given_up(folder)


@pytest.fixture(scope="session")
def sample():
    """The sample record as read."""
    (reading,) = read_records(SAMPLE.read_bytes(), SAMPLE.name)
    return reading


@dataclass(frozen=True)
class Imported:
    """What one `irbot import` of the sample said, and the database that it made."""

    said: str
    db: Path

    def copy(self, db: Path) -> None:
        db.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.db, db)


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """The sample imported by the installed command, its meaning too.

    Once for all tests, also where several processes run them: the vectors of one import take
    longer than most tests.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "imported"
    said, db = folder / "said", folder / "data/irbot.db"
    try:
        folder.mkdir()
    except FileExistsError:  # by another process
        until(said.exists)
        return Imported(said.read_text(encoding="utf-8"), db)
    done = [
        subprocess.run(
            [IRBOT, *arguments],
            input="",
            cwd=folder,
            env=environment({}),
            capture_output=True,
            text=True,
            check=True,
        )
        # An import stops after seconds of it; a file of questions waits for the rest.
        for arguments in (("import", str(SAMPLE), "--json"), ("ask", "--file", "-"))
    ]
    assert [path.name for path in (folder / "data").iterdir()] == ["irbot.db"]  # no log beside it
    (folder / "saying").write_text(done[0].stdout, encoding="utf-8")
    (folder / "saying").rename(said)
    return Imported(done[0].stdout, db)


@pytest.fixture
def irbot(tmp_path):
    """Run `irbot …` in an empty folder; returns the finished process."""

    def run(*arguments, stdin="", **env):
        return warm.run([*map(str, arguments)], tmp_path, environment(env), stdin)

    return run


def environment(more):
    """The environment without irbot's own variables, and more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IR_")}
    return {**kept, **more}


@pytest.fixture
def small(tmp_path):
    """A filesystem of four megabytes; only root may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no filesystem can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def engine():
    """Which engine a test's database is of; some rooms' tests run on both (tests/engines.py)."""
    return "sqlite"


@pytest.fixture(scope="session")
def templates(cluster):
    return Templates(cluster)


@pytest.fixture
def place(request, engine, tmp_path):
    """Where a database may be made; on a server it is there, and empty."""
    if engine == "sqlite":
        yield tmp_path / "irbot.db"
        return
    templates = request.getfixturevalue("templates")
    with templates.copy("migrated", lambda place: Database.open(place), tmp_path) as place:
        yield place


@pytest.fixture(scope="session")
def stored(tmp_path_factory, sample):
    """A file that holds the sample, which nobody opens: it is copied."""
    place = tmp_path_factory.mktemp("stored") / "irbot.db"
    _add_sample(place, sample)
    Database.open(place).close()
    return place


def _add_sample(place, sample):
    Store(place).add([sample], SAMPLE.read_bytes(), SAMPLE.name)


@pytest.fixture
def store(request, engine, tmp_path, sample):
    """A store that holds the sample."""
    if engine == "sqlite":
        stored = request.getfixturevalue("stored")
        yield Store(shutil.copyfile(stored, tmp_path / "irbot.db"))
        return
    templates = request.getfixturevalue("templates")
    with templates.copy("with_sample", lambda at: _add_sample(at, sample), tmp_path) as place:
        yield Store(place)


@pytest.fixture
def responder(store):
    return open_by_words(Settings(store.place)).responder


@pytest.fixture(scope="session")
def cluster():
    """A PostgreSQL server, one for each process that runs tests: it starts within half a second."""
    if postgres.found() is None:
        postgres.NEEDED.refuse()
    with postgres.Cluster() as cluster:
        yield cluster


@pytest.fixture
def clusters():
    """A PostgreSQL server that keeps what it acknowledged, and a standby that follows it."""
    if postgres.found() is None:
        postgres.NEEDED.refuse()
    with postgres.Cluster(durable=True) as leader, leader.standby() as standby:
        yield leader, standby
