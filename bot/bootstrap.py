"""The one place that puts the core's parts together, for commands, for `serve` and for tests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.delivery.quotas import Quotas
from bot.digest.scheduler import DigestScheduler
from bot.errors import trace_of
from bot.matching.embedding import Embedder
from bot.matching.model import chosen_embedder
from bot.matching.sharing import SharedEmbedder
from bot.store import Database, Store
from bot.store.leases import Timing
from bot.teaching import Teaching
from bot.wording.presentation import Words

if TYPE_CHECKING:
    from bot.second_reader import CompanyReader

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bot:
    """The parts of a bot that serves chats; nothing of it runs yet."""

    store: Store
    embedder: Embedder | None  # None: words alone
    responder: Responder
    delivery: Delivery
    scheduler: DigestScheduler
    teaching: Teaching
    second_reader: CompanyReader | None  # None: the company has set none


def open_bot(settings: Settings) -> Bot:
    """All parts over the checked settings' database, which is created if it is not there.

    Raises:
        SettingsError: The model that is set cannot be used.
        StoreError: The database cannot be used.
    """
    return put_together(settings, chosen_embedder(settings.e5_onnx), settings.now)


def put_together(
    settings: Settings,
    embedder: Embedder | None,
    now: Callable[[], datetime],
    clock: Callable[[], float] = time.time,
    timing: Timing | None = None,
) -> Bot:
    """As `open_bot`, with a model and clocks of the caller's.

    Args:
        settings: All else.
        embedder: Compares meaning; None: words alone.
        now: The bot's clock, in place of the settings'.
        clock: Seconds since 1970, for what delivery stores.
        timing: By which replicas know of each other; the same for all.

    Raises:
        StoreError: The database cannot be used.
    """
    store = Store(settings.db)
    now, clock = _clocks(store.database, now, clock)
    responder = _responder(settings, store, embedder, now)
    quotas = Quotas(settings.workspace_a_minute, settings.workspace_a_day)
    delivery = Delivery(responder, settings.db, clock, timing, quotas)
    late = timedelta(hours=settings.digest_late_hours)
    scheduler = DigestScheduler(responder.subscribing, delivery, late)
    teaching = Teaching(store, lambda: responder.library, now, settings.desk_approvals)
    reader = second_reader(settings, store, now)
    responder.second_reader = reader
    return Bot(store, embedder, responder, delivery, scheduler, teaching, reader)


def open_responder(
    settings: Settings, store: Store | None = None, *, is_taught: bool = True
) -> Responder:
    """What answers, alone: for commands that deliver nothing.

    Args:
        settings: Where the database is, and how replies are worded.
        store: Where it is open already.
        is_taught: With what the desk taught it; else as if it had not.

    Raises:
        SettingsError: The model that is set cannot be used.
        StoreError: The database cannot be used.
    """
    store = store or Store(settings.db)
    embedder = chosen_embedder(settings.e5_onnx)
    responder = _responder(settings, store, embedder, settings.now, is_taught)
    responder.second_reader = second_reader(settings, store, settings.now)
    return responder


def second_reader(
    settings: Settings, store: Store, now: Callable[[], datetime]
) -> CompanyReader | None:
    """The company's own language model, where it has set one."""
    if not settings.reader_url:
        return None
    from bot.second_reader import CompanyReader  # `irbot ask` alone needs no network

    return CompanyReader(settings, store, now)


def open_teaching(settings: Settings) -> Teaching:
    """What the desk does, alone: for commands; nothing is searched that they do not need.

    Raises:
        StoreError: The database cannot be used.
    """
    store = Store(settings.db)
    responder = cache(lambda: open_responder(settings, store))
    return Teaching(store, lambda: responder().library, settings.now, settings.desk_approvals)


def _responder(
    settings: Settings,
    store: Store,
    embedder: Embedder | None,
    now: Callable[[], datetime],
    is_taught: bool = True,
) -> Responder:
    return Responder(
        store,
        Words(settings.lang, settings.contact, settings.stale_days, settings.public_url),
        now,
        settings.caution,
        settings.desk_channels,
        _shared(store, embedder) if embedder else None,
        settings.managers,
        is_taught,
    )


def _clocks(
    database: Database, now: Callable[[], datetime], clock: Callable[[], float]
) -> tuple[Callable[[], datetime], Callable[[], float]]:
    """The clocks by that of the database, which processes on several machines share."""
    return (
        lambda: now() + timedelta(seconds=database.skew_s),
        lambda: clock() + database.skew_s,
    )


def _shared(store: Store, embedder: Embedder) -> SharedEmbedder:
    """The model for all threads; doctor, which is another process, hears of its faults."""

    def tell(fault: str) -> None:
        try:
            store.note_fault(embedder.name, fault, datetime.now(UTC))
        except Exception as error:  # whoever asked is answered all the same
            log.error("a fault of the model was not kept: %s", trace_of(error))

    return SharedEmbedder(embedder, tell)
