"""The core: answers with stored official words. No chat platform, no socket.

`open_desk(settings)` builds it; everything a chat needs is `Desk.reply` and `Desk.show`.
"""

from bot.config import Settings
from bot.desk import Desk
from bot.matching.model import chosen_embedder
from bot.store import Store
from bot.words import Words

__all__ = ["open_desk"]


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
