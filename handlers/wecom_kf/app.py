"""微信客服: callbacks say that there is something, which is fetched; the outbox answers it."""

from __future__ import annotations

import logging

from flask import Flask

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.store import Store
from handlers.wecom_kf.credentials import PATH, PLATFORM
from handlers.wecom_kf.intake import Intake, Limits
from handlers.wecom_kf.sessions import Sessions
from handlers.wecom_kf.sync import POLL_S, Sync
from handlers.wecom_kf.transport import KfTransport
from handlers.wecom_server.api import ServerApi
from handlers.wecom_server.callbacks import Callback, Entrance, in_xml
from handlers.wecom_server.crypto import Crypto, RefusedError
from handlers.wecom_server.signing_in import SigningIn
from handlers.wecom_server.xml import fields

log = logging.getLogger(__name__)


def api_of(settings: Settings) -> ServerApi:
    """The calls for customers."""
    return ServerApi(
        settings.wecom_api_url, settings.wecom_corp_id, settings.wecom_kf_secret, settings.db
    )


class KfChat:
    """The side of customers of one process."""

    def __init__(
        self,
        settings: Settings,
        responder: Responder,
        delivery: Delivery,
        poll_s: float = POLL_S,
    ) -> None:
        self._settings = settings
        store, api = Store(settings.db), api_of(settings)
        self._signing_in = SigningIn("WeCom 微信客服", api)
        sessions = Sessions(api, store)
        transport = KfTransport(
            api, sessions, responder, store, settings.retention_days, self._is_ready
        )
        delivery.register(PLATFORM, transport, outside=True)
        limits = Limits(settings.wecom_kf_a_minute, settings.wecom_kf_a_day)
        intake = Intake(store, delivery, responder, sessions, transport, limits)
        accounts = settings.wecom_kf_open_ids
        self._sync = Sync(api, store, intake, sessions, accounts, self._is_ready, poll_s)

    def _is_ready(self) -> bool:
        return self.state == "connected"

    @property
    def state(self) -> str:
        """connected, connecting or failed, for /healthz."""
        return self._signing_in.state

    def start(self) -> None:
        """Fetch what came meanwhile, and what callbacks tell of."""
        self._signing_in.start()
        self._sync.start()

    def stop(self) -> None:
        """Fetch no more; what was fetched is in the inbox."""
        self._signing_in.stop()
        self._sync.stop()

    def mount(self, app: Flask) -> None:
        """Serve `/wecom/kf`."""
        settings = self._settings
        crypto = Crypto(
            settings.wecom_kf_token, settings.wecom_kf_encoding_aes_key, settings.wecom_corp_id
        )
        Entrance(PATH, crypto, in_xml, self._hear, settings.wecom_max_skew).mount(app)

    def _hear(self, callback: Callback) -> str:
        """Fetch, where there is something to fetch.

        Raises:
            RefusedError: It is for another corporation.
            UnreadableError: It is no callback.
        """
        given = fields(callback.content.encode())
        if given.get("ToUserName") != self._settings.wecom_corp_id:
            raise RefusedError("for another corporation")
        if given.get("Event") == "kf_msg_or_event":
            self._sync.call(given.get("OpenKfId", ""), given.get("Token", ""))
        return ""
