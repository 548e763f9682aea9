"""The one place that puts the core's parts together, for every command and for `serve`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.digest.scheduler import DigestScheduler
from bot.matching.embedding import Embedder
from bot.matching.model import chosen_embedder
from bot.store import Store
from bot.wording.presentation import Words


@dataclass(frozen=True)
class Bot:
    """The parts of a bot that serves chats; nothing of it runs yet."""

    store: Store
    embedder: Embedder | None  # None: words alone
    responder: Responder
    delivery: Delivery
    scheduler: DigestScheduler


def open_bot(settings: Settings) -> Bot:
    """All parts over the checked settings' database, which is created if it is not there.

    Raises:
        SettingsError: The model that is set cannot be used.
        StoreError: The database cannot be used.
    """
    embedder = chosen_embedder(settings.e5_onnx)
    store = Store(settings.db)
    responder = _responder(settings, store, embedder)
    delivery = Delivery(responder, settings.db)
    late = timedelta(hours=settings.digest_late_hours)
    return Bot(
        store,
        embedder,
        responder,
        delivery,
        DigestScheduler(responder.subscribing, delivery, late),
    )


def open_responder(settings: Settings, store: Store | None = None) -> Responder:
    """What answers, alone: for commands that deliver nothing.

    Args:
        settings: Where the database is, and how replies are worded.
        store: Where it is open already.

    Raises:
        SettingsError: The model that is set cannot be used.
        StoreError: The database cannot be used.
    """
    return _responder(settings, store or Store(settings.db), chosen_embedder(settings.e5_onnx))


def _responder(settings: Settings, store: Store, embedder: Embedder | None) -> Responder:
    return Responder(
        store,
        Words(settings.lang, settings.contact, settings.stale_days),
        settings.now,
        settings.caution,
        settings.desk_channels,
        embedder,
        settings.managers,
    )
