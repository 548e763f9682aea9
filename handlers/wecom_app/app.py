"""A self-built app: its callbacks → the inbox; the outbox → its messages.

A callback is answered with an empty 200 as soon as it is kept; the platform repeats it after five
seconds, three times in all, and a repetition is known by its id.
"""

from __future__ import annotations

import logging

from flask import Flask

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.message import Chat, Message
from bot.store.connection import telling
from handlers.wecom_app import messages
from handlers.wecom_app.credentials import PATH, PLATFORM
from handlers.wecom_app.messages import (
    Asked,
    Chosen,
    Entered,
    Left,
    Origin,
    Pressed,
    Received,
    Wordless,
)
from handlers.wecom_app.transport import AppTransport, notice
from handlers.wecom_server.api import ServerApi
from handlers.wecom_server.callbacks import Callback, Entrance, in_xml
from handlers.wecom_server.crypto import Crypto, RefusedError
from handlers.wecom_server.signing_in import SigningIn
from handlers.wecom_server.xml import fields
from handlers.wecom_text import marks, mentions

HELP, LATEST = "help", "latest"  # entries of the menu
_TYPED = {HELP: "help", LATEST: "最新"}  # what choosing one stands for

log = logging.getLogger(__name__)


def api_of(settings: Settings) -> ServerApi:
    """The app's calls."""
    return ServerApi(
        settings.wecom_api_url, settings.wecom_corp_id, settings.wecom_agent_secret, settings.db
    )


class AppChat:
    """The app's side of one process."""

    def __init__(self, settings: Settings, responder: Responder, delivery: Delivery) -> None:
        self._settings = settings
        self._responder = responder
        self._delivery = delivery
        api = api_of(settings)
        self._signing_in = SigningIn("WeCom app", api)
        agent_id = int(settings.wecom_agent_id)
        delivery.register(
            PLATFORM,
            AppTransport(api, agent_id, responder.words, lambda: self.state == "connected"),
        )

    # Life

    @property
    def state(self) -> str:
        """connected, connecting or failed, for /healthz."""
        return self._signing_in.state

    def start(self) -> None:
        """Fetch a token in the background; callbacks are taken in from `mount` on."""
        self._signing_in.start()

    def stop(self) -> None:
        """Try no longer; what was answered with 200 is in the inbox."""
        self._signing_in.stop()

    def mount(self, app: Flask) -> None:
        """Serve `/wecom/callback`."""
        settings = self._settings
        crypto = Crypto(
            settings.wecom_token, settings.wecom_encoding_aes_key, settings.wecom_corp_id
        )
        Entrance(PATH, crypto, in_xml, self._hear, settings.wecom_max_skew).mount(app)

    # What came

    def _hear(self, callback: Callback) -> str:
        """Keep what a callback says.

        Raises:
            RefusedError: It is for another app.
            UnreadableError: It is no message.
            StoreError: It cannot be kept.
        """
        given = fields(callback.content.encode())
        corp_id, agent_id = given.get("ToUserName"), given.get("AgentID", "")
        if corp_id != self._settings.wecom_corp_id:
            raise RefusedError("for another corporation")
        if agent_id not in ("", self._settings.wecom_agent_id):
            raise RefusedError("for another app")
        with telling(self._settings.db):
            self._take(messages.read(given))
        return ""

    def _take(self, received: Received) -> None:
        words = self._responder.words
        match received:
            case Asked(origin, text):
                self._asked(origin, text)
            case Wordless(origin):
                self._notify(origin, words.text("text only"))
            case Chosen(origin, entry) if entry in _TYPED:
                self._accept(origin, _TYPED[entry])
            case Chosen(origin) | Pressed(origin):
                said = f"{words.text('button gone')}，{words.text('ask again')}"
                self._notify(origin, said)
            case Entered(origin):
                day = self._responder.now().date()
                self._notify(Origin(origin.user, f"welcome/{day}"), words.text("welcome"))
            case Left():
                log.info("WeCom app: a callback with nothing to do was left")

    def _asked(self, origin: Origin, typed: str) -> None:
        said = mentions.read(typed, (), in_group=False)
        if said.command == "status":
            self._notify(origin, self._status(origin))
            return
        text = "help" if said.command in ("help", "about") else marks.without(said.args)
        if origin.user in self._responder.desk_channels:
            text = said.args  # of what the desk answers no mark is left out
        self._accept(origin, text)

    def _status(self, origin: Origin) -> str:
        return self._responder.words.text(
            "status",
            chat=origin.user,
            user=origin.user,
            records=len(self._responder.records(self._chat(origin))),
        )

    def _accept(self, origin: Origin, text: str) -> None:
        message = Message(text, self._chat(origin))
        self._delivery.inbox.accept(self._key(origin), message, {"touser": origin.user})

    def _notify(self, origin: Origin, text: str) -> None:
        """Say something of the bot's own, once for a callback."""
        self._delivery.sender.enqueue(
            self._key(origin), self._chat(origin), [notice(text)], {"touser": origin.user}
        )

    def _key(self, origin: Origin) -> str:
        return f"{PLATFORM}/{self._settings.wecom_corp_id}/{origin.user}/{origin.key}"

    def _chat(self, origin: Origin) -> Chat:
        return Chat(PLATFORM, self._settings.wecom_corp_id, origin.user, origin.user)
