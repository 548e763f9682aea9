"""The one place that puts the core's parts together, for every command and test alike."""

from __future__ import annotations

from bot.answering.responder import Desk
from bot.config import Settings
from bot.matching.model import chosen_embedder
from bot.store import Store
from bot.wording.presentation import Words


def open_desk(settings: Settings, store: Store | None = None) -> Desk:
    """The desk over the settings' database, which is created if it is not there.

    Raises:
        SettingsError: The model that is set cannot be used.
        StoreError: The database cannot be used.
    """
    embedder = chosen_embedder(settings.e5_onnx)
    return Desk(
        store or Store(settings.db),
        Words(settings.lang, settings.contact, settings.stale_days),
        settings.now,
        settings.caution,
        settings.desk_channels,
        embedder,
    )
