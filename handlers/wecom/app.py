"""WeCom's smart bots: that of the settings, and those that were added, one a corporation.

Each has its own long connection. What is added while this runs is served within a moment, what is
removed is closed; one that is refused, or whose secret cannot be opened, stops no other.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.errors import StoreError
from bot.sealing import Seal, SealError
from bot.store.installations import Installation, Installations
from handlers.wecom.connection import Timing
from handlers.wecom.credentials import PLATFORM
from handlers.wecom.smart_bot import SmartBot
from handlers.wecom.transport import BotTransports, WecomTransport

_LOOK_S = 2.0  # how often it is looked for bots that were added or removed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Added:
    """A bot of the table that runs."""

    row: Installation  # as it stood there
    secret: str
    bot: SmartBot


class WecomChat:
    """The WeCom side of one process."""

    def __init__(
        self,
        settings: Settings,
        responder: Responder,
        delivery: Delivery,
        timing: Timing | None = None,
        look_s: float = _LOOK_S,
    ) -> None:
        self._settings = settings
        self._responder = responder
        self._delivery = delivery
        self._timing = timing
        self._look_s = look_s
        self._installations = Installations(settings.db, Seal(settings.secret_keys))
        self._own: SmartBot | None = None  # of the settings
        if settings.wecom_bot_id:
            names = settings.wecom_bot_names
            self._own = self._bot(settings.wecom_bot_id, settings.wecom_bot_secret, names)
        self._added: dict[str, _Added] = {}  # replaced whole, never changed
        self._told: set[str] = set()  # remarks for the log that are made once
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="wecom-bots", daemon=True)
        transport = BotTransports(
            self._transport_of, self._is_any_ready, settings.wecom_bot_id, responder.words
        )
        delivery.register(PLATFORM, transport, is_ready_in=transport.is_ready_in)

    # Life

    @property
    def state(self) -> str:
        """connected where one bot is, or where there is none; else connecting, or failed where all
        are."""
        states = {bot.state for bot in self._bots()}
        if not states or "connected" in states:
            return "connected"
        return "failed" if states == {"failed"} else "connecting"

    def start(self) -> None:
        """Connect in the background; retried until WeCom refuses for good."""
        if self._own is not None:
            self._own.start()
        self._thread.start()

    def stop(self) -> None:
        """Close the connections; what came by them until then is committed."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(1.0)
        _stop_all(self._bots())

    def _bots(self) -> list[SmartBot]:
        own = [self._own] if self._own is not None else []
        return own + [added.bot for added in self._added.values()]

    def _bot(self, bot_id: str, secret: str, names: tuple[str, ...]) -> SmartBot:
        return SmartBot(
            self._settings, bot_id, secret, names, self._responder, self._delivery, self._timing
        )

    def _is_any_ready(self) -> bool:
        return any(bot.transport.is_ready for bot in self._bots())

    def _transport_of(self, bot_id: str) -> WecomTransport | None:
        """How posts of a bot go out, if it is served here."""
        if self._own is not None and bot_id == self._settings.wecom_bot_id:
            return self._own.transport
        added = self._added.get(bot_id)
        return added.bot.transport if added else None

    # Bots of the table

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except StoreError as error:
                log.warning("WeCom: bots that were added are looked for later: %s", error)
            except Exception:
                log.exception("WeCom: looking for bots failed")
            self._stopping.wait(self._look_s)

    def _look(self) -> None:
        """Start what was added, stop what was removed, or has another secret or names."""
        known, wanted = self._added, {}
        begun = []
        for row in self._installations.of(PLATFORM):
            added = self._as_it_is_now(row, known.get(row.workspace))
            if added is None:
                continue
            wanted[row.workspace] = added
            if row.workspace not in known or known[row.workspace].bot is not added.bot:
                begun.append(added.bot)
        kept = {id(added.bot) for added in wanted.values()}
        self._added = wanted
        ended = [added.bot for added in known.values() if id(added.bot) not in kept]
        _stop_all(ended)
        for bot in ended:
            log.info("WeCom: the connection of bot %s is closed", bot.bot_id)
        for bot in begun:
            log.info("WeCom: bot %s is served", bot.bot_id)
            bot.start()

    def _as_it_is_now(self, row: Installation, known: _Added | None) -> _Added | None:
        """A bot of the table; the running one where nothing changed, None where it cannot be."""
        if row.workspace == self._settings.wecom_bot_id:
            self._say_once(f"bot {row.workspace} is that of WECOM_BOT_ID, too; served once")
            return None
        if known and known.row == row:
            return known
        try:
            secret = self._installations.secret(row)
        except SealError:
            self._say_once(f"the secret of bot {row.workspace} cannot be opened: IR_SECRET_KEY")
            return None
        is_same = known and known.secret == secret and known.row.details == row.details
        if known and is_same and known.bot.state != "failed":  # sealed anew
            return _Added(row, secret, known.bot)
        names = tuple(row.details.get("names", ()))
        return _Added(row, secret, self._bot(row.workspace, secret, names))

    def _say_once(self, said: str) -> None:
        if said not in self._told:
            self._told.add(said)
            log.error("WeCom: %s", said)


def _stop_all(bots: list[SmartBot]) -> None:
    """Stop bots side by side: each says goodbye to WeCom."""
    stopping = [threading.Thread(target=bot.stop, daemon=True) for bot in bots]
    for thread in stopping:
        thread.start()
    for thread in stopping:
        thread.join()
