"""A smart bot of WeCom: what people write, press and think → the inbox; the outbox → its gateway.

The gateway knows no acknowledgement of a callback, so a message is committed to the inbox as soon
as it is read, by one thread that keeps the order. Only what must be there within five seconds or
not at all – a welcome, a pressed card – goes out beside the outbox.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from queue import SimpleQueue
from typing import assert_never

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.errors import StoreError
from bot.message import Message
from bot.store.connection import telling
from handlers.wecom import render
from handlers.wecom.connection import Connection, Timing
from handlers.wecom.credentials import PLATFORM
from handlers.wecom.frames import (
    Asked,
    Callback,
    Entered,
    Opinion,
    Origin,
    Pressed,
    Wordless,
)
from handlers.wecom.hearing import Hearing
from handlers.wecom.lease import lease_of
from handlers.wecom.transport import WecomTransport, address

_WINDOW_S = 5.0  # for a welcome and for an update of a card
_EVENTS = 10_000  # keys of events kept, to leave repetitions

log = logging.getLogger(__name__)

_Heard = tuple[Callback, str, float]


class SmartBot:
    """A bot with its connection."""

    def __init__(
        self,
        settings: Settings,
        bot_id: str,
        secret: str,
        names: tuple[str, ...],
        responder: Responder,
        delivery: Delivery,
        timing: Timing | None = None,
    ) -> None:
        """Prepare.

        Args:
            settings: How WeCom is reached.
            bot_id: BotID.
            secret: Of its long connection; never logged.
            names: The bot's display names.
            responder: Answers.
            delivery: Keeps what is asked.
            timing: The platform's by default.
        """
        self._responder = responder
        self._delivery = delivery
        self._db = settings.db
        self.bot_id = bot_id
        self._heard: SimpleQueue[_Heard | None] = SimpleQueue()
        self._events: OrderedDict[str, None] = OrderedDict()
        self._hearing = Hearing(PLATFORM, names, responder, delivery)
        self._thread = threading.Thread(target=self._work, name="wecom-inbox", daemon=True)
        self._connection = Connection(
            settings.wecom_ws_url,
            bot_id,
            secret,
            lease_of(delivery, bot_id, settings.folder),
            lambda *heard: self._heard.put(heard),
            timing,
        )
        self.transport = WecomTransport(self._connection, responder.words)

    # Life

    @property
    def state(self) -> str:
        """connected, connecting or failed, for /healthz."""
        return self._connection.state

    def start(self) -> None:
        """Connect in the background; retried until WeCom refuses for good."""
        self._thread.start()
        self._connection.start()

    def stop(self) -> None:
        """Close the connection; what came by it until then is committed."""
        self._connection.stop()
        self._heard.put(None)
        self._thread.join(1.0)

    def _work(self) -> None:
        while (heard := self._heard.get()) is not None:
            callback, session, came = heard
            try:
                with telling(self._db):
                    self._take(callback, session, came)
            except StoreError as error:
                log.error("WeCom: a message could not be kept: %s", error)
                self._apologise(callback, session, "not kept")
            except Exception:
                # The next message must not suffer; this one's words stay out of the log.
                log.exception("WeCom: a callback failed")
                self._apologise(callback, session, "apology")

    def _apologise(self, callback: Callback, session: str, key: str) -> None:
        """Nobody delivers the message again, so its asker must."""
        if isinstance(callback, Asked | Wordless):
            body = render.notice(self._responder.words.text(key))
            self._connection.tell("aibot_respond_msg", callback.origin.req_id, body, session)

    # What came

    def _take(self, callback: Callback, session: str, came: float) -> None:
        origin = callback.origin
        if origin.bot_id not in ("", self.bot_id):
            self._hearing.say_once("WeCom: callbacks for another bot are left")
            return
        in_time = time.monotonic() - came < _WINDOW_S
        match callback:
            case Asked():
                self._asked(callback, session)
            case Wordless(kind=kind):
                key = "voice not understood" if kind == "voice" else "text only"
                self._notify(origin, session, self._responder.words.text(key))
            case Entered():
                if in_time and self._is_new(origin):
                    self._welcome(origin, session)
            case Pressed():
                self._pressed(callback, session, in_time)
            case Opinion():
                self._hearing.keep(callback, self.bot_id)
            case _:
                assert_never(callback)

    def _asked(self, asked: Asked, session: str) -> None:
        origin = asked.origin
        message = self._hearing.message(asked, self.bot_id)
        if message is None:
            self._notify(origin, session, self._hearing.status(origin, self.bot_id))
            return
        query = "\n".join(filter(None, (message.text, message.quoted)))
        to = self._address(origin, session, query)
        if asked.has_pictures:
            to["pictures"] = True
        self._delivery.inbox.accept(self._key(origin), message, to)

    def _notify(self, origin: Origin, session: str, text: str) -> None:
        self._hearing.notify(origin, self.bot_id, text, self._address(origin, session))

    def _welcome(self, origin: Origin, session: str) -> None:
        body = {"msgtype": "text", "text": {"content": self._responder.words.text("welcome")}}
        self._connection.tell("aibot_respond_welcome_msg", origin.req_id, body, session)

    def _pressed(self, pressed: Pressed, session: str, in_time: bool) -> None:
        """A button of an offer: the message it stands for, and the card shows what was chosen."""
        origin, words = pressed.origin, self._responder.words
        picked = render.picked(pressed.key)
        if picked is None:
            if not self._is_new(origin):
                return
            card = render.gone(words, pressed.task_id)
        else:
            # An event's request id answers no message, so the answer is pushed.
            to = address(self.bot_id, origin.channel, in_group=origin.in_group, query=picked.sends)
            message = Message(picked.sends, self._hearing.chat(origin, self.bot_id))
            if not self._delivery.inbox.accept(self._key(origin), message, to):
                return
            card = self._after(picked, pressed.task_id)
        if in_time:
            body = {"response_type": "update_template_card", "template_card": card}
            self._connection.tell("aibot_respond_update_msg", origin.req_id, body, session)

    def _after(self, picked: render.Picked, task_id: str) -> render.Payload:
        """The card once a button of it was pressed."""
        words = self._responder.words
        if picked.for_desk:
            return render.handed_over(words, task_id)
        if not picked.offered:
            return render.gone(words, task_id)
        return render.card(picked.offered, words, task_id, picked.at)

    def _key(self, origin: Origin) -> str:
        return self._hearing.key(origin, self.bot_id)

    def _address(self, origin: Origin, session: str, query: str = "") -> dict[str, object]:
        return address(
            self.bot_id,
            origin.channel,
            in_group=origin.in_group,
            req_id=origin.req_id,
            session=session,
            query=query,
        )

    def _is_new(self, origin: Origin) -> bool:
        """Whether an event that leaves nothing in the inbox came for the first time."""
        key = self._key(origin)
        if key in self._events:
            return False
        self._events[key] = None
        if len(self._events) > _EVENTS:
            self._events.popitem(last=False)
        return True
