"""WeCom's smart bot: what people write, press and think → the inbox; the outbox → the connection.

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

from bot.answering.handing_over import as_answer, is_answer, number_in
from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.errors import StoreError
from bot.message import Chat, Message
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
from handlers.wecom.lease import Lease
from handlers.wecom.transport import WecomTransport, address
from handlers.wecom_text import marks, mentions

_WINDOW_S = 5.0  # for a welcome and for an update of a card
_EVENTS = 10_000  # keys of events kept, to leave repetitions

log = logging.getLogger(__name__)

_Heard = tuple[Callback, str, float]


class WecomChat:
    """The WeCom side of one process."""

    def __init__(
        self,
        settings: Settings,
        responder: Responder,
        delivery: Delivery,
        timing: Timing | None = None,
    ) -> None:
        self._responder = responder
        self._delivery = delivery
        self._db = settings.db
        self._bot_id = settings.wecom_bot_id
        self._names = settings.wecom_bot_names
        self._heard: SimpleQueue[_Heard | None] = SimpleQueue()
        self._events: OrderedDict[str, None] = OrderedDict()
        self._said: set[str] = set()  # remarks for the log that are made once
        self._thread = threading.Thread(target=self._work, name="wecom-inbox", daemon=True)
        self._connection = Connection(
            settings.wecom_ws_url,
            settings.wecom_bot_id,
            settings.wecom_bot_secret,
            Lease(settings.wecom_bot_id, settings.db.parent),
            lambda *heard: self._heard.put(heard),
            timing,
        )
        delivery.register(PLATFORM, WecomTransport(self._connection, responder.words))

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
                log.error("WeCom: a message could not be kept: %s", type(error).__name__)
                self._apologise(callback, session)
            except Exception:
                # The next message must not suffer; this one's words stay out of the log.
                log.exception("WeCom: a callback failed")
                self._apologise(callback, session)

    def _apologise(self, callback: Callback, session: str) -> None:
        """Nobody delivers the message again, so its asker must."""
        if isinstance(callback, Asked | Wordless):
            body = render.notice(self._responder.words.text("apology"))
            self._connection.tell("aibot_respond_msg", callback.origin.req_id, body, session)

    # What came

    def _take(self, callback: Callback, session: str, came: float) -> None:
        origin = callback.origin
        if origin.bot_id not in ("", self._bot_id):
            self._say_once("WeCom: callbacks for another bot are left")
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
                self._opinion(callback)
            case _:
                assert_never(callback)

    def _asked(self, asked: Asked, session: str) -> None:
        origin = asked.origin
        said = mentions.read(asked.text, self._names, in_group=origin.in_group)
        if said.stale_name:
            self._say_once("WeCom: mentioned by a name that is not in WECOM_BOT_NAMES")
        text = marks.without(said.args)
        if said.command in ("help", "about"):
            text = "help"
        elif said.command == "status":
            self._notify(origin, session, self._status(origin))
            return
        if origin.channel in self._responder.desk_channels:
            # The platform names no post, only its words. Of an answer no mark is left out.
            number = number_in(asked.quoted)
            answer = said.args if number is None else as_answer(number, said.args)
            text = answer if is_answer(answer) else text
        quoted = mentions.read(asked.quoted, self._names, in_group=False).args
        message = Message(text, self._chat(origin), quoted=marks.without(quoted))
        to = self._address(origin, session, "\n".join(filter(None, (text, message.quoted))))
        if asked.has_pictures:
            to["pictures"] = True
        self._delivery.inbox.accept(self._key(origin), message, to)

    def _status(self, origin: Origin) -> str:
        return self._responder.words.text(
            "status",
            chat=origin.channel,
            user=origin.user,
            records=len(self._responder.records()),
        )

    def _notify(self, origin: Origin, session: str, text: str) -> None:
        """Say something of the bot's own, once for a message."""
        self._delivery.sender.enqueue(
            self._key(origin),
            self._chat(origin),
            [render.notice(text)],
            self._address(origin, session),
        )

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
            to = address(origin.channel, in_group=origin.in_group, query=picked.sends)
            message = Message(picked.sends, self._chat(origin))
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

    def _opinion(self, opinion: Opinion) -> None:
        about = render.opinion_about(opinion.feedback_id)
        if about is None:
            log.info("WeCom: an opinion on an unknown message was left")
            return
        ids, query = about
        for question_id in ids:
            chat = self._chat(opinion.origin)
            if opinion.helpful is None:
                self._delivery.feedback.drop(chat, question_id)
            else:
                self._delivery.feedback.keep(
                    chat,
                    question_id,
                    query,
                    helpful=opinion.helpful,
                    reasons=opinion.reasons,
                    words=opinion.words,
                )

    def _key(self, origin: Origin) -> str:
        return f"{PLATFORM}/{self._bot_id}/{origin.user}/{origin.msgid}"

    def _chat(self, origin: Origin) -> Chat:
        thread = origin.chatid  # a group has no threads: all read along
        return Chat(PLATFORM, self._bot_id, origin.channel, origin.user, thread)

    def _address(self, origin: Origin, session: str, query: str = "") -> dict[str, object]:
        return address(
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

    def _say_once(self, remark: str) -> None:
        if remark not in self._said:
            self._said.add(remark)
            log.warning(remark)
