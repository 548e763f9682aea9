"""How long each page takes over a large store: `python -m tests.bench.pages [QUESTIONS]`.

The store is made up as in `speed`; the pages come over HTTP from the real server, each time
another one of its kind. Between them comes a page of a bare Flask application behind the same
server: on another machine, or a busy one, only the ratio to that can be compared.

`first of a company` is a record's page where nothing of its company was shown since the store
changed; what a company was asked at its events is then looked through. Before it the store is
changed and the index built anew, which is measured apart.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

import numpy as np
from flask import Flask

from bot.config import Settings
from bot.record import Reading, Record
from bot.store import Store
from handlers.web.app import WebServer, web_app
from tests.bench.speed import made_up, queries
from tests.conftest import open_by_words

LARGEST = 100_000  # bytes
MOST_MS = 20.0
_TIMES = 300  # of each page
_A_FILE = 50  # records, each file a transaction


@dataclass
class Measured:
    """One kind of page."""

    ms: list[float] = field(default_factory=list)
    bare_ms: list[float] = field(default_factory=list)
    largest: int = 0  # bytes


def stored(store: Store, records: Sequence[Record]) -> None:
    """Put records into a store."""
    for at in range(0, len(records), _A_FILE):
        some = records[at : at + _A_FILE]
        store.add([Reading(record) for record in some], repr(at).encode(), f"{at}.pdf")


def kinds(records: Sequence[Record], chance: random.Random) -> dict[str, Callable[[], str]]:
    """For each kind of page, an address of one."""
    asked = queries(records, chance)
    codes = sorted({record.company_code for record in records})

    def of_record(more: str = "") -> str:
        return f"/r/{chance.choice(records).id}{more}"

    return {
        "home": lambda: "/",
        "companies": lambda: "/companies",
        "company": lambda: f"/c/{chance.choice(codes)}",
        "record": of_record,
        "record.json": lambda: of_record(".json"),
        "question": lambda: of_record(f"/q/{chance.randint(1, 30)}"),
        "feed": lambda: "/feed.atom",
        "feed of a company": lambda: f"/c/{chance.choice(codes)}/feed.atom",
        "ask": lambda: f"/ask?q={quote(chance.choice(asked))}",
        "ask.json": lambda: f"/ask.json?q={quote(chance.choice(asked))}",
    }


class Client:
    """One connection, as a browser keeps it."""

    def __init__(self, server: WebServer) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=600)

    def get(self, path: str) -> tuple[float, int]:
        """Milliseconds and bytes."""
        started = perf_counter()
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status in (200, 302), (path, answer.status)
        return (perf_counter() - started) * 1000, len(body)


def bare_app() -> Flask:
    app = Flask("bare")
    app.add_url_rule("/", "bare", lambda: "<!doctype html><title>bare</title><p>bare")
    return app


def measure(size: int, times: int = _TIMES) -> Iterator[tuple[str, Measured]]:
    """Each kind of page, as it is measured."""
    chance = random.Random(size)
    records = made_up(size, chance)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "irbot.db")
        store = Store(settings.db)
        stored(store, records)
        bot = open_by_words(settings)
        servers = [
            WebServer(app, "127.0.0.1:0")
            for app in (web_app(bot, lambda: {"chats": {}}), bare_app())
        ]
        for server in servers:
            server.start()
        pages, bare = map(Client, servers)
        store.withdraw(f"{records[0].id}#1", "measured")
        print(f"{size:,} questions, index after a change {pages.get('/')[0] / 1000:.1f} s")
        firsts = {record.company_code: f"/r/{record.id}" for record in records}
        yield "first of a company", _measured(list(firsts.values()), pages, bare)
        for name, address in kinds(records, chance).items():
            yield name, _measured([address() for _ in range(times)], pages, bare)
        files = [
            f"/r/{item.record.id}/source/{source.sha256}"
            for item in chance.choices(bot.responder.library.stored, k=times)
            for source in item.sources
        ]
        yield "source", _measured(files, pages, bare)
        for server in servers:
            server.stop()


def _measured(addresses: Sequence[str], pages: Client, bare: Client) -> Measured:
    found = Measured()
    for address in addresses:
        found.bare_ms.append(bare.get("/")[0])
        took, size = pages.get(address)
        found.ms.append(took)
        found.largest = max(found.largest, size)
    return found


def told(name: str, found: Measured) -> str:
    """A line; ratios against the bare page's median and 99 % in brackets."""
    middle, most = np.percentile(found.ms, (50, 99))
    bare_middle, bare_most = np.percentile(found.bare_ms, (50, 99))
    slow = "" if most < MOST_MS and found.largest < LARGEST else "  *"
    return (
        f"{name:20} p50 {middle:7.1f} ms, p99 {most:7.1f} ms "
        f"({middle / bare_middle:5.1f}, {most / bare_most:5.1f}), "
        f"largest {found.largest / 1000:5.1f} KB{slow}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("questions", nargs="?", type=int, default=100_000)
    for name, found in measure(parser.parse_args().questions):
        print(told(name, found), flush=True)


if __name__ == "__main__":
    main()
