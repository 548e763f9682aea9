"""Posts to customers, under ids of our own: the platform refuses one that it has had.

So a post whose fate is not known is simply made again: it is taken now, or refused because it is
there. Which errcode says so is documented nowhere; of a repetition, every refusal that has no other
known meaning does.

At most five messages may follow what a customer wrote. What is beyond waits until they write again,
48 hours at the longest (`until` in the address). What may not be shown any more does not leave.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from bot.answering.responder import Responder
from bot.delivery.rate_limits import RateLimits
from bot.delivery.transport import (
    Address,
    CannotCheck,
    Expired,
    Found,
    Loss,
    NotPosted,
    Outcome,
    Payload,
    RateLimited,
    Reachability,
    Refused,
    Sent,
)
from bot.message import Chat, ReplyView
from bot.store import Store
from handlers import wecom_codes as codes
from handlers.wecom_kf import render
from handlers.wecom_kf.credentials import PLATFORM
from handlers.wecom_kf.sessions import Sessions
from handlers.wecom_server.api import (
    Answer,
    NotCalledError,
    NoVerdictError,
    ServerApi,
    failed,
    refused,
)
from handlers.wecom_text import plain

_FULL_S = 10.0  # how often it is looked whether a customer wrote again
_AGAIN_S = 5.0  # before what got no answer is repeated
# Refusals of a repetition that mean something else than that it is there.
_NOT_TAKEN = frozenset(
    {
        *(40001, 40013, 41001, 48002, codes.NOT_TRUSTED_ADDRESS),
        *(95000, codes.TOO_MANY_MESSAGES, 95002, 95003, 95004, 95011, 95012, 95013),
        *(95016, 95017, codes.NOT_IN_THIS_STATE, 95023, 95030),
    }
)
_LATER = frozenset({codes.BUSY, codes.TOO_OFTEN, codes.TOO_MANY, *codes.BAD_TOKEN})

log = logging.getLogger(__name__)


def chat_of(address: Address) -> Chat:
    """The chat that an address leads to."""
    return Chat(PLATFORM, address["open_kfid"], address["touser"], address["touser"])


def about(shown: ReplyView) -> list[str]:
    """The ids of what a reply quotes, offers or lists."""

    def ids() -> Iterator[str]:
        yield from (quotation.id for quotation in shown.quotations)
        yield from (option.sends for option in shown.options)
        yield from (button.sends.split()[-1] for button in shown.buttons)
        yield from shown.listed
        yield from filter(None, [shown.sends])

    return list(dict.fromkeys(found for found in ids() if "/" in found))


class KfTransport:
    """One call a post; a file and a hand-over take two."""

    rate_limits = RateLimits()  # what a customer may be sent is counted where it is stored

    def __init__(
        self,
        api: ServerApi,
        sessions: Sessions,
        responder: Responder,
        store: Store,
        keep_days: int,
        is_ready: Callable[[], bool],
    ) -> None:
        """Prepare.

        Args:
            api: The calls.
            sessions: Who serves whom.
            responder: Knows what may be shown, and the words.
            store: Knows what customers wrote and were sent.
            keep_days: How long what they ask is kept, as they are told.
            is_ready: Whether there is a token for calls.
        """
        self._is_ready = is_ready
        self._api = api
        self._sessions = sessions
        self._responder = responder
        self._words = responder.words
        self._store = store
        self._told = responder.words.text("who answers", days=keep_days)
        self._full: dict[Chat, float] = {}  # when whoever can be sent no more wrote last
        self._lock = threading.Lock()

    @property
    def is_ready(self) -> bool:
        return self._is_ready()

    def reachability(self, chat: Chat) -> Reachability:
        return "no push"  # only what answers them reaches customers

    def loss(self, reason: str) -> Loss:
        return codes.loss_of(reason)

    def is_place(self, channel: str) -> bool:
        return False  # a desk is no customer

    def return_address(self, chat: Chat, address: Address) -> Address:
        return self.address_of(chat)

    def desk_address(self, desk: Chat, back: Address) -> Address:
        return self.address_of(desk)

    def address_of(self, chat: Chat) -> Address:
        return {"open_kfid": chat.workspace, "touser": chat.user}

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        chat = chat_of(address)
        bodies = render.messages(
            shown,
            self._words,
            room=max(1, render.MOST - self._store.posts_since_heard(chat)),
            told=self._told if address.get("first") else "",
            person=self._sessions.has_people(chat.workspace),
            rest=render.Rest(*address["rest"]) if "rest" in address else None,
        )
        return [{"body": body, "about": about(shown)} for body in bodies]

    def welcome(self, code: str, account: str) -> Payload:
        """The post that greets who opened the chat."""
        body = render.welcome(self._told, self._words, self._sessions.has_people(account))
        return {"body": body, "about": [], "code": code}

    # Sending

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        chat = chat_of(address)
        try:
            if payload.get("person"):
                return self._handed_over(chat, key)
            if "code" not in payload and self._is_full(chat):
                return RateLimited(_FULL_S)
            may_leave = self._may_leave(payload)
            if not may_leave:
                payload = {**payload, "body": render.plain_text(self._words.text("gone since"))}
            outcome = self._outcome(self._sent(payload, chat, key), payload, chat, key)
        except (NotCalledError, NoVerdictError) as error:
            return failed(error)
        if may_leave or not isinstance(outcome, Sent):
            return outcome
        return Refused("hidden before it was sent", permanent=True)

    def _may_leave(self, payload: Payload) -> bool:
        """Whether all that a post is about may still be shown."""
        return all(map(self._responder.may_leave, payload.get("about", [])))

    def _outcome(self, answer: Answer, payload: Payload, chat: Chat, key: str) -> Outcome:
        if not answer.errcode:
            if "code" in payload:
                self._store.note_told(chat, time.time())
            return Sent(_msgid(key))
        if "code" in payload:  # it was used, or is too old
            return Refused(str(answer.errcode), permanent=answer.errcode not in _LATER)
        match answer.errcode:
            case codes.TOO_MANY_MESSAGES:
                with self._lock:
                    self._full[chat] = self._heard_at(chat)
                return RateLimited(_FULL_S)
            case codes.NOT_IN_THIS_STATE:
                return self._not_in_this_state(chat)
        return refused(answer)

    def _sent(self, payload: Payload, chat: Chat, key: str) -> Answer:
        body = payload["body"]
        if body["msgtype"] == plain.FILE:
            uploaded = self._api.upload("answer.txt", body["content"].encode())
            if uploaded.errcode:
                return uploaded
            body = {"msgtype": "file", "file": {"media_id": uploaded.body.get("media_id", "")}}
        mark = {"msgid": _msgid(key)}
        if "code" in payload:
            return self._api.call("kf/send_msg_on_event", {"code": payload["code"], **mark, **body})
        to = {"touser": chat.user, "open_kfid": chat.workspace}
        return self._api.call("kf/send_msg", {**to, **mark, **body})

    def _is_full(self, chat: Chat) -> bool:
        """Whether five messages followed what was written last, this one not among them."""
        with self._lock:
            full_since = self._full.get(chat)
        if full_since is not None:
            if full_since == self._heard_at(chat):
                return True
            with self._lock:
                self._full.pop(chat, None)
        return self._store.posts_since_heard(chat, begun_only=True) > render.MOST

    def _heard_at(self, chat: Chat) -> float:
        return self._store.customer(chat, 0.0).heard_at

    def _not_in_this_state(self, chat: Chat) -> Outcome:
        try:
            if self._sessions.look_at(chat):
                return Expired()  # the person answers
        except (NotCalledError, NoVerdictError):
            return RateLimited(_AGAIN_S)  # the platform took nothing
        log.error("WeCom 微信客服: 95018; is the account set to be managed by API (irbot doctor)?")
        return Refused(str(codes.NOT_IN_THIS_STATE), permanent=True)

    def _handed_over(self, chat: Chat, key: str) -> Outcome:
        """Let them wait for a person; told by the code that comes with that."""
        said = self._words.text("person comes")
        if self._sessions.is_on_duty(chat.workspace):
            answer = self._sessions.hand_over(chat)
            if answer.errcode in _LATER:
                return refused(answer)
            if not answer.errcode:
                code = {"code": answer.body.get("msg_code", ""), "msgid": _msgid(key)}
                self._told_beside({**code, **render.plain_text(said)})
                return Sent(_msgid(key))
        absent = render.plain_text(self._words.nobody())
        told = {"body": absent, "about": []}
        return self._outcome(self._sent(told, chat, key), told, chat, key)

    def _told_beside(self, body: dict[str, Any]) -> None:
        """Say that a person comes; they see that anyway, so that nothing hangs on it."""
        try:
            self._api.call("kf/send_msg_on_event", body)
        except (NotCalledError, NoVerdictError) as error:
            log.warning("WeCom 微信客服: a hand-over was not told: %s", error)

    # Repeating

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        chat = chat_of(address)
        if not self._may_leave(payload):
            return CannotCheck()  # nor is it made again
        try:
            if payload.get("person"):
                return Sent(_msgid(key)) if self._sessions.look_at(chat) else NotPosted()
            answer = self._sent(payload, chat, key)
        except (NotCalledError, NoVerdictError):
            return RateLimited(_AGAIN_S)
        if answer.errcode in _LATER:
            return RateLimited(_AGAIN_S)
        if answer.errcode in _NOT_TAKEN:
            return CannotCheck()
        return Sent(_msgid(key))


def _msgid(key: str) -> str:
    """Ours of a post: 32 characters, the same for every try."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
