"""`irbot serve`: every configured chat and the local web server in one process, until SIGTERM."""

from __future__ import annotations

import logging
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bot.bootstrap import Bot, open_bot
from bot.config import Settings
from bot.delivery.displaced import move_over
from bot.errors import DisplacedError, SettingsError, StoreError
from bot.indexing.keeping import Keeper
from bot.ingest.embedding import embed_in_background
from bot.store.connection import telling
from bot.store.process_lock import is_served_by_another
from bot.store.upgrading import forget_copies
from bot.wording.phrasebook import messages
from handlers import terminal_history
from handlers.chats import CHATS, Chat
from handlers.network import read_certificates_as_they_change
from handlers.web.app import WebServer, callback_app, callback_server, web_app

_PURGE_EVERY_S = 3600.0
_DOUBTED_S = 86_400.0
_JUMP_S = 30.0  # NTP turns a clock by less than that

log = logging.getLogger(__name__)


def chats_configured(settings: Settings) -> list[str]:
    """The platforms that have credentials, whole or half."""
    return [handler.PLATFORM for handler in CHATS if handler.is_configured(settings)]


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; work in hand is finished or kept for the next start.

    Raises:
        SettingsError: Half-set or malformed credentials or a model that cannot be used (before
            connecting), an address in use, or the only chat was refused by its platform.
        StoreError: The database cannot be used.
    """
    logging.getLogger().setLevel(logging.INFO)
    read_certificates_as_they_change()
    _check(settings)
    with _stopped_by_signal() as stopped:
        while not stopped.is_set():
            bot = open_bot(settings)
            try:
                _serve(settings, bot, stopped)
            except DisplacedError:
                move_over(bot.store.database)


def _serve(settings: Settings, bot: Bot, stopped: threading.Event) -> None:
    """Serve until the signal.

    Raises:
        DisplacedError: The database was deleted or replaced; all has been stopped.
    """
    chats: dict[str, Chat] = {}
    # Replicas of one database of PostgreSQL are what it is for.
    is_second = isinstance(settings.db, Path) and is_served_by_another(settings.db)
    try:
        servers = _opened(settings, bot, chats)
    except SettingsError as error:
        if not is_second:
            raise
        raise SettingsError(f"{error}；另一个 irbot serve 正在使用 {settings.db}") from error
    if is_second:
        log.warning(
            "another irbot serve has %s open, too: each message is answered once and each digest "
            "posted once, but one of the two is not needed",
            settings.db,
        )
    bot.delivery.start()
    # What the imports left.
    embed_in_background(bot.store, bot.embedder, lambda: bot.delivery.inbox.is_busy)
    keeper = Keeper(bot.store)
    keeper.start()
    for chat in chats.values():
        chat.start()
    for server in servers:
        server.start()
    bot.scheduler.start()
    if settings.http:
        _say_where(settings, servers[0].url, not chats)
    try:
        _wait(stopped, chats, bot, settings)
    finally:
        keeper.stop()
        bot.scheduler.stop()
        for chat in chats.values():
            chat.stop()
        bot.delivery.stop()
        for server in servers:
            server.stop()


def _check(settings: Settings) -> None:
    """Refuse what cannot work, before anything is opened."""
    configured = [handler for handler in CHATS if handler.is_configured(settings)]
    for handler in configured:
        handler.check(settings)
    if not configured and not settings.http:
        raise SettingsError("没有可启动的服务：未配置任何聊天，IR_HTTP 也为空；见 .env.example")


def _opened(settings: Settings, bot: Bot, chats: dict[str, Chat]) -> list[WebServer]:
    """Open every configured chat into `chats`; returns the web servers, the local one first."""

    def health() -> dict[str, Any]:
        return {
            "live": True,
            "chats": {name: chat.state for name, chat in chats.items()},
            "records": len(bot.responder.records()),
            "oldest_undelivered_s": round(bot.delivery.oldest_undelivered_s(), 1),
            "counters": bot.delivery.counters.all(),
            **({"second_reader": reader.told()} if (reader := bot.second_reader) else {}),
        }

    names = [settings.callback_url, settings.public_url]
    app = web_app(bot, health, names)
    callbacks = app
    if settings.callback_http:
        callbacks = callback_app(health, [*names, f"//{settings.callback_http}"])
    for handler in CHATS:
        if handler.is_configured(settings):
            chat = handler.open(settings, bot.responder, bot.delivery, callbacks)
            if chat is not None:
                chats[handler.PLATFORM] = chat
    servers = [WebServer(app, settings.http)] if settings.http else []
    if settings.callback_http:
        servers.append(callback_server(callbacks, settings.callback_http))
    return servers


def _say_where(settings: Settings, url: str, alone: bool) -> None:
    if settings.log == "json":
        log.info("serving at %s", url)
        return
    if alone:
        told = (
            f"本地网页：{url} （按 Ctrl-C 停止）\n"
            f"提问：在网页里输入，或另开一个终端运行 .venv/bin/irbot ask 可转债\n"
            "接入企业微信或 Slack：把 .env.example 复制为 .env 并填写"
        )
    else:
        told = f"运行状况：{url}/healthz"
    click.echo(messages(settings.lang).put(told), err=True)
    sys.stderr.flush()


def _wait(
    stopped: threading.Event,
    chats: dict[str, Chat],
    bot: Bot,
    settings: Settings,
) -> None:
    purge_at, clock = 0.0, ClockWatch()
    while not stopped.wait(0.5):
        bot.store.database.check()
        clock.look()
        if time.monotonic() >= purge_at and clock.is_trusted():
            purge_at = time.monotonic() + _PURGE_EVERY_S
            _purge(bot, settings)
        if chats and all(chat.state == "failed" for chat in chats.values()):
            raise SettingsError(f"{'、'.join(chats)} 被平台拒绝，没有其他聊天可用；原因见上一行")


def _purge(bot: Bot, settings: Settings) -> None:
    """Delete what people typed longer ago than IR_RETENTION_DAYS."""
    try:
        with telling(settings.db):
            bot.store.forget_askers(settings.now(), settings.retention_days)
            bot.store.forget_evidence(settings.now())
            bot.delivery.purge(settings.retention_days)
        if isinstance(settings.db, Path):
            forget_copies(settings.db, settings.retention_days)
        terminal_history.forget(settings.folder, settings.now(), settings.retention_days)
    except DisplacedError:
        raise
    except (StoreError, OSError) as error:  # a full disk: what is served needs no purge
        log.error("what is old is deleted later: %s", error)


class ClockWatch:
    """Tells of a clock that jumps. Waiting goes by one that does not; ages, days and digests go by
    the new time from then on."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._steady = wall, steady
        self._apart = wall() - steady()
        self._doubted_until = -math.inf  # by the steady one

    def look(self) -> None:
        """Compare the clocks with how far they were apart."""
        jumped_s = self._wall() - self._steady() - self._apart
        if abs(jumped_s) >= _JUMP_S:
            self._apart += jumped_s
            self._doubted_until = self._steady() + _DOUBTED_S
            log.warning(
                "the system's clock jumped by %+.0f s, or the machine slept; going on by the new "
                "time, but nothing is deleted for its age for a day",
                jumped_s,
            )

    def is_trusted(self) -> bool:
        """Whether it has not jumped for a day: what a wrong one deletes does not come back."""
        return self._steady() >= self._doubted_until


@contextmanager
def _stopped_by_signal() -> Iterator[threading.Event]:
    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
