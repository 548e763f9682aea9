"""Several `irbot serve` over one store, as processes that are killed and started again.

Slack gives each event to one connection of an app; `SpreadSlack` does, and knows when each message
was acknowledged.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import IRBOT, environment
from tests.fakes.slack import FakeSlack
from tests.waiting import PATIENCE_S


class SpreadSlack(FakeSlack):
    """Each event goes to one of the connections, a repetition too."""

    def __init__(self, retry_s: float = 2.0) -> None:
        super().__init__(retry_s)
        self.acknowledged: dict[str, float] = {}  # when, by the message's ts
        self._chance = random.Random(1)

    def _send(self, envelope: dict[str, Any]) -> None:
        with contextlib.suppress(Exception):  # a process that was killed: it is sent again
            self._chance.choice(self.sockets).send(json.dumps(envelope))

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        with self._lock:
            _, body = self._pending.get(self._event_of.get(frame["envelope_id"], ""), (0.0, None))
        super()._acknowledged(frame)
        if body is not None:
            self.acknowledged.setdefault(body["event"]["ts"], time.monotonic())

    def keep(self, given: dict[str, Any]) -> dict[str, Any]:
        """Make a post, and let whoever posted wait as over a network: a kill finds many so."""
        made = super().keep(given)
        time.sleep(self._chance.uniform(0.02, 0.2))
        return made


class Replicas:
    """So many processes, each with a folder and a clock of its own."""

    def __init__(
        self,
        slack: SpreadSlack,
        folders: list[Path],
        now: datetime,
        env: Mapping[str, str],
        skew_s: float = 2.0,
    ) -> None:
        """Prepare.

        Args:
            slack: Which they serve.
            folders: One a replica; the same one where they share a SQLite file.
            now: The bot's clock, from this moment on.
            env: What they are told besides.
            skew_s: How far each one's clock is from that of the one before.
        """
        self._slack = slack
        self._folders = folders
        self._env = environment(
            {"NO_PROXY": "127.0.0.1,localhost", "IR_HTTP": "", **slack.env, **env}
        )
        self._now, self._began, self._skew_s = now, time.monotonic(), skew_s
        self.processes: list[subprocess.Popen[bytes] | None] = [None] * len(folders)
        self.kills = 0

    def start(self, number: int) -> None:
        """Start one, again where it ends by itself, as whoever watches processes does."""
        until = time.monotonic() + PATIENCE_S * 2
        seen = len(self._slack.opened)
        while True:
            process = self.processes[number] = self._started(number)
            while process.poll() is None:
                if len(self._slack.opened) > seen:
                    return
                time.sleep(0.05)
                assert time.monotonic() < until, self.log(number)
            time.sleep(1.0)
            assert time.monotonic() < until, self.log(number)

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        passed = time.monotonic() - self._began + number * self._skew_s
        now = self._now + timedelta(seconds=passed)
        with (self._folders[number] / f"log-{number}").open("ab") as log:
            return subprocess.Popen(
                [IRBOT, "serve"],
                cwd=self._folders[number],
                env={**self._env, "IR_NOW": now.isoformat()},
                stderr=log,
            )

    def kill(self, number: int) -> None:
        """As kill -9 does."""
        if (process := self.processes[number]) is not None:
            process.kill()
            process.wait()
            self.kills += 1

    def log(self, number: int) -> str:
        return (self._folders[number] / f"log-{number}").read_text(encoding="utf-8")

    def stop(self) -> None:
        """As SIGTERM does, all."""
        running = [process for process in self.processes if process is not None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def meanwhile(name: str, step: Callable[[threading.Event], None]) -> Iterator[None]:
    """Let something happen again and again in a thread of its own; what fails there fails here."""
    stopping = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            while not stopping.is_set():
                step(stopping)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(PATIENCE_S * 3)
    if failed:
        raise failed[0]


def killing(replicas: Replicas, chance: random.Random) -> AbstractContextManager[None]:
    """Kill one after another meanwhile, sometimes two at once, and start them again."""

    def step(stopping: threading.Event) -> None:
        if stopping.wait(chance.uniform(0.5, 3.0)):
            return
        count = len(replicas.processes)
        chosen = chance.sample(range(count), 2 if chance.random() < 0.2 else 1)
        for number in chosen:
            replicas.kill(number)
        for number in chosen:
            replicas.start(number)

    return meanwhile("killing", step)
