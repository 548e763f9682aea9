"""`irbot serve` in a process of its own, killed and started again, at an address of its own."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests import warm
from tests.ports import free_port as free_port  # also for who serves here
from tests.waiting import PATIENCE_S, until


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
        log = self._folder / "log"
        self._process = warm.Started(["serve"], self._folder, self._env, log)
        try:
            until(self._is_well)
        except AssertionError:
            raise AssertionError(log.read_text()) from None

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
