"""`irbot serve` in a process of its own, killed and started again, at an address of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.conftest import IRBOT
from tests.waiting import PATIENCE_S, until

# Below what systems give out by themselves (Linux from 32768 on, others from 49152): no connection
# and no server of another test comes to lie on a port between two processes that serve there.
_FIRST, _BLOCK, _END = 20_000, 200, 32_000


@cache
def _ports() -> Iterator[int]:
    """The ports of a block that is this process's: the block's first one stays open until it ends,
    so that tests which run beside these take another."""
    start = _FIRST + os.getpid() * _BLOCK % (_END - _FIRST)
    for first in (*range(start, _END, _BLOCK), *range(_FIRST, start, _BLOCK)):
        with contextlib.suppress(OSError):
            _held.append(socket.create_server(("127.0.0.1", first)))
            return iter(range(first + 1, first + _BLOCK))
    raise AssertionError("no block of ports is free")


_held: list[socket.socket] = []


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens, given out once."""
    for port in _ports():
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("a block of ports is enough for a process")


class Served:
    """One folder's bot, over however many processes; its callbacks stay at one address."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self._folder = folder
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IR_")},
            "NO_PROXY": "127.0.0.1,localhost",
            "IR_HTTP": "",
            "IR_CALLBACK_HTTP": self.address,
            "IR_DB": "irbot.db",
            **env,
        }

    def start(self) -> None:
        """Start a process, and wait until it is connected."""
        log = (self._folder / "log").open("a")
        self._process = subprocess.Popen(
            [IRBOT, "serve"], cwd=self._folder, env=self._env, stderr=log
        )
        log.close()
        try:
            until(self._is_well)
        except AssertionError:
            raise AssertionError((self._folder / "log").read_text()) from None

    def _is_well(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """As kill -9 does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """As SIGTERM does; returns the exit code."""
        self._process.terminate()
        return self._process.wait(PATIENCE_S)


@contextmanager
def served(folder: Path, env: Mapping[str, str]) -> Iterator[Served]:
    """A running bot, ended afterwards."""
    bot = Served(folder, env)
    bot.start()
    try:
        yield bot
    finally:
        bot.kill()
