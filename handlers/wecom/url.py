"""WeCom's smart bot, called by URL: its callbacks → the inbox; the outbox → what it fetches.

Each callback is answered within its response, encrypted: a message with a stream that is not
finished yet, which the platform then asks for until it is; a welcome and a pressed card at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from typing import Any, assert_never

from flask import Flask

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.delivery.transport import QUERY, Address
from bot.message import Chat, Message
from bot.store import Store
from bot.store.connection import telling
from handlers.wecom import render
from handlers.wecom.frames import (
    Ack,
    Asked,
    Entered,
    Kicked,
    Left,
    Opinion,
    Origin,
    Pressed,
    Wordless,
    read_callback,
)
from handlers.wecom.hearing import Hearing
from handlers.wecom.url_transport import URL_S, URL_UNTIL, UrlTransport
from handlers.wecom_server.callbacks import Callback, Entrance, in_json, object_in
from handlers.wecom_server.crypto import Crypto

PLATFORM = "wecom-url"
PATH = "/wecom/bot"

log = logging.getLogger(__name__)

_Reply = dict[str, Any] | None  # the body of a response; None: empty


class UrlChat:
    """The smart bot's side of one process."""

    state = "connected"  # it is called, and calls nobody

    def __init__(self, settings: Settings, responder: Responder, delivery: Delivery) -> None:
        self._settings = settings
        self._words = responder.words
        self._delivery = delivery
        self._store = Store(settings.db)
        self._hearing = Hearing(PLATFORM, settings.wecom_bot_names, responder, delivery)
        self._crypto = Crypto(settings.wecom_bot_token, settings.wecom_bot_encoding_aes_key, "")
        transport = UrlTransport(self._store, responder.words, settings.wecom_api_url)
        delivery.register(PLATFORM, transport)

    def start(self) -> None:
        """Nothing is left to do: callbacks are taken in from `mount` on."""

    def stop(self) -> None:
        """Nor here: what was answered with 200 is in the inbox."""

    def mount(self, app: Flask) -> None:
        """Serve `/wecom/bot`."""
        skew = self._settings.wecom_max_skew
        Entrance(PATH, self._crypto, in_json, self._hear, skew).mount(app)

    def _hear(self, callback: Callback) -> str:
        """Keep what a callback says; the reply, encrypted.

        Raises:
            UnreadableError: It is no object.
            StoreError: It cannot be kept.
        """
        body = object_in(callback.content)
        with telling(self._settings.db):
            reply = self._reply(body)
        return self._sealed(reply, callback.nonce) if reply else ""

    def _sealed(self, reply: dict[str, Any], nonce: str) -> str:
        timestamp = int(time.time())
        text = json.dumps(reply, ensure_ascii=False)
        encrypted, signature = self._crypto.encrypted(text, str(timestamp), nonce)
        return json.dumps(
            {
                "encrypt": encrypted,
                "msgsignature": signature,
                "timestamp": timestamp,
                "nonce": nonce,
            }
        )

    def _reply(self, body: dict[str, Any]) -> _Reply:
        if body.get("msgtype") == "stream":
            asked = body.get("stream")
            stream_id = asked.get("id") if isinstance(asked, dict) else None
            return self._snapshot(stream_id) if isinstance(stream_id, str) else None
        url = body.get("response_url")
        url = url if isinstance(url, str) else ""
        match read_callback(body):
            case Asked() as found:
                return self._asked(found, url)
            case Wordless(origin, kind):
                key = "voice not understood" if kind == "voice" else "text only"
                return self._told(origin, url, self._words.text(key))
            case Entered():
                return {"msgtype": "text", "text": {"content": self._words.text("welcome")}}
            case Pressed() as found:
                return self._pressed(found, url)
            case Opinion() as found:
                self._hearing.keep(found, found.origin.bot_id)
            case Left(why):
                log.info("WeCom: a callback was left: %s", why)
            case Kicked() | Ack():
                pass
            case other:
                assert_never(other)
        return None

    def _asked(self, asked: Asked, url: str) -> _Reply:
        origin = asked.origin
        message = self._hearing.message(asked, origin.bot_id)
        if message is None:
            return self._told(origin, url, self._hearing.status(origin, origin.bot_id))
        to = self._address(origin, url)
        to[QUERY] = "\n".join(filter(None, (message.text, message.quoted)))
        if asked.has_pictures:
            to["pictures"] = True
        with self._delivery.inbox.accepting() as taken_in:
            self._store.promise(to["stream"], self._chat(origin), time.time())
            taken_in.accept(self._hearing.key(origin, origin.bot_id), message, to)
        return self._snapshot(to["stream"])

    def _told(self, origin: Origin, url: str, text: str) -> _Reply:
        to = self._address(origin, url)
        with self._delivery.inbox.accepting():
            self._store.promise(to["stream"], self._chat(origin), time.time())
            self._hearing.notify(origin, origin.bot_id, text, to)
        return self._snapshot(to["stream"])

    def _pressed(self, pressed: Pressed, url: str) -> _Reply:
        """A button of a card from before: what it stands for is answered by the response's URL."""
        origin = pressed.origin
        picked = render.picked(pressed.key)
        if picked:
            to = {"response_url": url, "in_group": origin.in_group, QUERY: picked.sends}
            message = Message(picked.sends, self._chat(origin))
            self._delivery.inbox.accept(self._hearing.key(origin, origin.bot_id), message, to)
        card = render.gone(self._words, pressed.task_id)
        if picked and picked.offered:
            card = render.card(picked.offered, self._words, pressed.task_id, picked.at)
        return {"response_type": "update_template_card", "template_card": card}

    def _snapshot(self, stream_id: str) -> _Reply:
        """What of a stream there is now; one that nobody promised is finished, or it would turn for
        ever."""
        stream = self._store.stream(stream_id)
        said: dict[str, Any] = {"content": self._words.text("searching")}
        if stream is None:
            said = {"content": self._words.text("promised nothing")}
        elif stream.body:
            said = json.loads(stream.body)["markdown"]
        is_finished = stream is None or bool(stream.body)
        return {"msgtype": "stream", "stream": {"id": stream_id, "finish": is_finished, **said}}

    def _chat(self, origin: Origin) -> Chat:
        return self._hearing.chat(origin, origin.bot_id)

    def _address(self, origin: Origin, url: str) -> Address:
        key = self._hearing.key(origin, origin.bot_id)
        return {
            "stream": hashlib.sha256(key.encode()).hexdigest()[:32],
            "response_url": url,
            URL_UNTIL: time.time() + URL_S,
            "in_group": origin.in_group,
        }
