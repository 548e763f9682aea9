"""`/metrics`: the numbers of `/healthz` and of the process, as Prometheus asks for them.

Names follow its conventions (prometheus.io/docs/practices/naming): base units, `_total` for what
only grows. Nothing in them names a person, a chat or a question.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bot.postgres_url import Place, beside, folder_of
from handlers.web.security import is_asked_here

_REPLIES = ("answered", "offered", "declined", "failed")
_POSTS = ("sent", "refused", "unknown", "late")


def mount(app: Flask, health: Callable[[], dict[str, Any]], db: Place) -> None:
    """Serve the path to this machine; for others it is not there.

    Args:
        app: The local server.
        health: The contract's object.
        db: The database; the sizes told are of this machine's files.
    """
    registry = CollectorRegistry()
    registry.register(_Bot(health, db))
    ProcessCollector(registry=registry)

    @app.get("/metrics")
    def metrics() -> Response:
        if not is_asked_here():
            abort(404)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Bot(Collector):
    def __init__(self, health: Callable[[], dict[str, Any]], db: Place) -> None:
        self._health = health
        self._db = db

    def describe(self) -> list[Metric]:
        """Nothing is collected before somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        state = self._health()
        yield InfoMetricFamily("irbot", "The running version.", {"version": version("irbot")})
        connected = GaugeMetricFamily(
            "irbot_chat_connected", "Whether a configured chat is connected.", labels=["chat"]
        )
        for chat, connection in state["chats"].items():
            connected.add_metric([chat], connection == "connected")
        yield connected
        yield GaugeMetricFamily("irbot_records", "Records that may be shown.", state["records"])
        yield GaugeMetricFamily(
            "irbot_oldest_undelivered_seconds",
            "Age of the oldest message or post that is not done with.",
            state["oldest_undelivered_s"],
        )
        yield from _counters(state["counters"])
        yield from self._sizes()

    def _sizes(self) -> Iterator[Metric]:
        folder = folder_of(self._db)
        size = sum(map(_size, folder.glob(f"{beside(self._db, '').name}*")))
        yield GaugeMetricFamily(
            "irbot_store_size_bytes",
            "The files of the database, of its index and all that is named after it.",
            size,
        )
        free = shutil.disk_usage(os.path.realpath(folder)).free
        yield GaugeMetricFamily("irbot_disk_free_bytes", "Room left on its disk.", free)


def _size(path: Path) -> int:
    """Of a file, or of all in a folder; 0 for what has just gone, as files of the index do."""
    try:
        return sum(map(_size, path.iterdir())) if path.is_dir() else path.stat().st_size
    except OSError:
        return 0


def _counters(counters: dict[str, int]) -> Iterator[Metric]:
    """Since the process started."""
    yield CounterMetricFamily("irbot_questions", "Messages taken up.", counters["asked"])
    for name, said, outcomes in (
        ("irbot_replies", "Messages replied to, by what became of them.", _REPLIES),
        ("irbot_posts", "Posts done with, by what became of them.", _POSTS),
    ):
        family = CounterMetricFamily(name, said, labels=["outcome"])
        for outcome in outcomes:
            family.add_metric([outcome], counters[outcome])
        yield family
    yield CounterMetricFamily(
        "irbot_post_retries", "Posts that were tried once more.", counters["retries"]
    )
