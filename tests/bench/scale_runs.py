"""What scale.py measures, each in processes of its own: loading, the first answer, replies, the
feed."""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from bot.bootstrap import open_bot
from bot.config import CHINA, Settings, load_settings
from bot.indexing import IndexFolder
from bot.ingest.importing import Options, import_files
from bot.message import Chat, Message
from bot.postgres_url import PostgresUrl, beside
from bot.store import Store
from tests.bench.generated import HEADER, market
from tests.conftest import IRBOT, environment
from tests.handlers.slack.replicas import Replicas, SpreadSlack
from tests.postgres import Cluster

Figures = dict[str, float]
_PATIENCE_S = 600.0  # a busy machine's
_ASKED, _COMPANIES = 150, 10
_FEED_A_SECOND, _IMPORTS_A_SECOND = 1_000, 2
_MARK, _SAID = "代号{}的进展如何？", "代号{}已按计划完成验收。"
_TICK = os.sysconf("SC_CLK_TCK")
_context = get_context("spawn")


@dataclass(frozen=True)
class Engine:
    """A database of one size, and where processes that use it have their folders."""

    name: str
    db: str  # IR_DB
    folder: Path
    companies: int
    cluster: Cluster | None = None

    def settings(self, replica: str = "one") -> Settings:
        """Of a process on another machine, which has its own index; on SQLite there is one."""
        folder = self.folder / (replica if self.cluster else "one")
        folder.mkdir(parents=True, exist_ok=True)
        settings = load_settings({"IR_DB": self.db}, folder)
        settings.folder.mkdir(exist_ok=True)
        return settings

    def database_mb(self) -> float:
        place = self.settings().db
        if isinstance(place, PostgresUrl):
            assert self.cluster is not None
            query = f"SELECT pg_database_size('{place.name}')"
            ((size,),) = self.cluster.execute(query)
            return float(str(size)) / 1e6
        return sum(path.stat().st_size for path in place.parent.glob(f"{place.name}*")
                   if path.is_file()) / 1e6  # fmt: skip

    def server_s(self) -> float:
        """Of a processor, that the server has used."""
        if self.cluster is None:
            return 0.0
        main = int((self.cluster.data / "postmaster.pid").read_text().split()[0])
        return sum(_used_s(pid, pid == main) for pid in (main, *_children(main)))


def write(rows: Iterable[Sequence[str]], to: Path) -> None:
    """As the platform exports them."""
    with to.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(HEADER)
        csv.writer(file).writerows(rows)


def alone(of: Any, *given: Any) -> Any:
    """What a function returns in a process of its own, which may start others."""
    with ProcessPoolExecutor(1, _context) as pool:
        return pool.submit(of, *given).result()


# Loading, and the first answer


def load(settings: Settings, file: Path) -> Figures:
    """Import a file; seconds, and of a processor here."""
    began, used = time.monotonic(), _own_s()
    _import(Store(settings.db), file)
    return {"load s": time.monotonic() - began, "load cpu s": _own_s() - used}


def _import(store: Store, file: Path) -> None:
    (outcome,) = import_files(store, [file], Options(who="bench"))
    assert outcome.rows, outcome.reason
    assert not outcome.is_out


def first_answer(settings: Settings, row: Sequence[str]) -> Figures:
    """Start a process on a machine without an index and ask it, and again with what that left."""
    shutil.rmtree(beside(settings.db, "-index"), ignore_errors=True)
    return {
        **_first_answer(settings, row, "first, no index"),
        **_first_answer(settings, row, "first"),
        "index MB": IndexFolder(Store(settings.db)).size() / 1e6,
    }


def _first_answer(settings: Settings, row: Sequence[str], what: str) -> Figures:
    env = environment({"IR_DB": _typed(settings), "IR_FOLDER": str(settings.folder)})
    began = time.monotonic()
    process = subprocess.Popen(
        [IRBOT, "ask", "--company", row[0], row[2]],
        cwd=settings.folder,
        env=env,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    said = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, said
    assert "互动易" in said, said  # it was found in what the company wrote there
    return {f"{what} s": time.monotonic() - began, f"{what} cpu s": used.ru_utime + used.ru_stime}


def _typed(settings: Settings) -> str:
    return settings.db.url if isinstance(settings.db, PostgresUrl) else str(settings.db)


# Replies


def asked(size: int, companies: int) -> list[tuple[str, str]]:
    """Messages and whom they are about: stretches of stored questions, a letter missing."""
    chance = random.Random(size)
    rows = list(islice(market(size, companies), 100 * _ASKED))
    codes = {code for code, *_ in chance.sample(rows, _COMPANIES)}  # the larger more often
    found = []
    for code, _, text, *_ in chance.sample([row for row in rows if row[0] in codes], _ASKED):
        length = min(chance.choice((4, 6, 8, 15)), len(text))
        start = chance.randint(0, len(text) - length)
        gone = start + chance.randrange(length)
        found.append((code, "".join(text[at] for at in range(start, start + length) if at != gone)))
    return found


def replies(
    engine: Engine, processes: int, messages: Sequence[tuple[str, str]]
) -> tuple[Figures, list[str]]:
    """Whole replies by so many processes of one machine at once, each with all the messages.

    Returns:
        Milliseconds, also of a processor in these processes, and what the first of them said.
    """
    ready, found = _context.Barrier(processes + 1), _context.SimpleQueue()
    children = [
        _context.Process(target=_replying, args=(engine.settings(), messages, number, ready, found))
        for number in range(processes)
    ]
    for child in children:
        child.start()
    ready.wait()
    began, server = time.monotonic(), engine.server_s()
    answers = [found.get() for _ in children]
    took, server = time.monotonic() - began, engine.server_s() - server
    for child in children:
        child.join()
    answers.sort()
    each = np.array([pair for _, pairs, _, _ in answers for pair in pairs]) * 1000
    (middle, own_middle), (most, own_most) = np.percentile(each, (50, 99), axis=0)
    figures = {
        "p50": float(middle),
        "p99": float(most),
        "cpu p50": float(own_middle),
        "cpu p99": float(own_most),
        "cpu ms": float(each[:, 1].mean()),
        "server ms": server / len(each) * 1000,
        "a second": len(each) / took,
        "memory MB": max(memory for _, _, memory, _ in answers),
    }
    return figures, answers[0][-1]


def _replying(
    settings: Settings, messages: Sequence[tuple[str, str]], number: int, ready: Any, found: Any
) -> None:
    bot = open_bot(settings)
    inbox = bot.delivery.inbox
    taken, said = [], []

    def ask(code: str, text: str, channel: str) -> str:
        chat = Chat("bench", "T", channel, "U")
        shown = inbox.shown_within(Message(text, chat, company=code), _PATIENCE_S)
        assert shown is not None
        return shown.text

    for code in dict.fromkeys(code for code, _ in messages):  # its first answer takes longer
        own = [text for each, text in messages if each == code]
        any(ask(code, f"{text}呢", f"W{number}").startswith("样例") for text in own)
    ready.wait()
    for at, (code, text) in enumerate(messages):
        began, used = time.perf_counter(), time.process_time()
        said.append(ask(code, text, f"C{number}x{at}"))
        taken.append((time.perf_counter() - began, time.process_time() - used))
    found.put((number, taken, _memory_mb(), said))


def _memory_mb() -> float:
    """What is this process's alone: a mapped file is not."""
    with Path("/proc/self/smaps_rollup").open() as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Anonymous")) / 1024


# The feed


def feed(engine: Engine, size: int, seconds: float) -> Figures:
    """New pairs all the time, and how soon another replica answers with them."""
    importer, replica = engine.settings("importer"), engine.settings("replica")
    batches = int(seconds * _IMPORTS_A_SECOND)
    told = _context.SimpleQueue()
    importing = _context.Process(
        target=_feeding, args=(importer, size, engine.companies, batches, told)
    )
    lags: SimpleQueue[float] = SimpleQueue()
    with SpreadSlack(0.5) as slack:
        env = {"IR_DB": _typed(replica), "IR_FOLDER": str(replica.folder)}
        env["SLACK_POSTS_A_MINUTE"] = "0"
        replicas = Replicas(slack, [replica.folder], datetime.now(CHINA), env)
        try:
            replicas.start(0)
            _warm(slack)
            process = replicas.processes[0]
            assert process is not None
            before, server, began = _tree_s(process.pid), engine.server_s(), time.monotonic()
            importing.start()
            waiting = []
            for _ in range(batches):
                token, committed = told.get()
                thread = threading.Thread(
                    target=_seen, args=(slack, token, committed, lags), daemon=True
                )
                thread.start()
                waiting.append(thread)
            took = time.monotonic() - began
            for thread in waiting:
                thread.join(120)
            used, server = _tree_s(process.pid) - before, engine.server_s() - server
            importer_s = told.get()
        finally:
            importing.join(10)
            replicas.stop()
    found = [lags.get() for _ in range(lags.qsize())]
    middle, most = np.percentile(found, (50, 99))
    pairs = batches * _FEED_A_SECOND / _IMPORTS_A_SECOND
    return {
        "lag p50 s": float(middle),
        "lag p99 s": float(most),
        "seen": len(found) / batches,
        "pairs a second": pairs / took,
        "replica cpu": used / took,
        "importer cpu": importer_s / took,
        "server cpu": server / took,
    }


def _feeding(settings: Settings, size: int, companies: int, batches: int, told: Any) -> None:
    """Import so many pairs every so often; tells each one's mark and when it was committed."""
    store = Store(settings.db)
    each = _FEED_A_SECOND // _IMPORTS_A_SECOND
    rows = market(batches * each, companies, first=size)
    chance, began, used = random.Random(size), time.monotonic(), _own_s()
    file = settings.folder / "feed.csv"
    for number in range(batches):
        time.sleep(max(0.0, began + number / _IMPORTS_A_SECOND - time.monotonic()))
        lot = list(islice(rows, each))
        token = "".join(chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=7))
        code, name, _, asked_at, _, answered_at, id_ = lot[0]
        lot[0] = (code, name, _MARK.format(token), asked_at, _SAID.format(token), answered_at, id_)
        write(lot, file)
        _import(store, file)
        told.put((token, time.monotonic()))
    told.put(_own_s() - used)


def _warm(slack: SpreadSlack) -> None:
    """Wait until the replica answers from its index."""
    for number in range(3):
        _answer_to(slack, slack.mention("毛利率情况如何", channel=f"W{os.getpid()}x{number}"))


def _seen(slack: SpreadSlack, token: str, committed: float, lags: SimpleQueue[float]) -> None:
    """Ask for a mark until it is there."""
    for number in range(1_000):
        ts = slack.mention(_MARK.format(token), channel=f"M{token}{number}")
        post = _answer_to(slack, ts)
        if _SAID.format(token) in json.dumps(post, ensure_ascii=False):
            lags.put(post["at"] - committed)
            return


def _answer_to(slack: SpreadSlack, ts: str) -> dict[str, Any]:
    # The newest come last; a look at all of them would be most of the load.
    return slack.until(  # type: ignore[no-any-return]
        lambda: next(
            (post for post in reversed(slack.posts[-500:]) if post.get("thread_ts") == ts), None
        ),
        600,
    )


# What processes use


def _own_s() -> float:
    """Of a processor: this process's, and of what it started that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def _tree_s(pid: int) -> float:
    """Of a processor: a process's and those it started, ended or not."""
    return sum(_used_s(each, True) for each in (pid, *_children(pid)))


def _used_s(pid: int, with_ended: bool) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11 : 15 if with_ended else 13])) / _TICK


def _children(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, path.read_text().split())
