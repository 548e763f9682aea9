"""A page of what was fetched → the inbox, with the cursor behind it, in one transaction.

A message that came before is known by its id, and changes nothing. What is not answered:

    recalled   taken back before it was fetched
    late       written more than an hour ago, after a standstill: one line for each customer
    by person  while a person serves the customer, the bot is silent
    too many   questions of one person in a minute or a day: told once
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from bot.answering.responder import Responder
from bot.delivery.delivery import Delivery
from bot.delivery.inbox import TakenIn
from bot.delivery.transport import Address, Payload
from bot.message import Chat, Message
from bot.store import Store
from handlers.wecom_kf import messages, render
from handlers.wecom_kf.credentials import PLATFORM
from handlers.wecom_kf.messages import (
    Asked,
    Entered,
    Item,
    Left,
    NotShown,
    Origin,
    Recalled,
    Served,
    Wordless,
)
from handlers.wecom_kf.sessions import Sessions
from handlers.wecom_kf.transport import KfTransport, chat_of
from handlers.wecom_server.api import NotCalledError, NoVerdictError
from handlers.wecom_text import marks

LATE_S = 3_600.0  # a message that waited longer is not answered any more
_REACHABLE_S = 48 * 3_600.0  # after what a customer wrote
_WELCOME_S = 20.0  # after the chat was opened

Window = Literal["minute", "day"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """Questions of one person; 0: as many as they like."""

    a_minute: int
    a_day: int


@dataclass(frozen=True)
class Intake:
    """What comes of what customers wrote. Safe to share between threads."""

    store: Store
    delivery: Delivery
    responder: Responder
    sessions: Sessions
    transport: KfTransport
    limits: Limits

    def take(
        self, account: str, listed: Iterable[Any], before: str | None, cursor: str, *, old: bool
    ) -> None:
        """Commit a page and the cursor behind it.

        Args:
            account: Of which it was fetched.
            listed: Its items as fetched, oldest first.
            before: The cursor that it was fetched with; None: there was none yet.
            cursor: The one behind it.
            old: It may hold what was written before the bot was there: then nothing is said of it.
        """
        items = _not_taken_back([messages.read(item, account) for item in listed])
        self._look_at_sessions(account, items)
        with self.delivery.inbox.accepting() as taken_in:
            for item in items:
                self._take(item, account, taken_in, old)
            if self.store.cursor(PLATFORM, account) in (before, None):  # no other was quicker
                self.store.move_cursor(PLATFORM, account, cursor)

    def _look_at_sessions(self, account: str, items: Iterable[Item]) -> None:
        """See whether those are still served by a person who were: not every end is told of."""
        asking = {item.origin.user for item in items if isinstance(item, Asked | Wordless)}
        for user in asking:
            chat = Chat(PLATFORM, account, user, user)
            if self.store.customer(chat, 0.0).has_person:
                try:
                    self.sessions.look_at(chat)
                except (NotCalledError, NoVerdictError) as error:
                    log.warning("WeCom 微信客服: a session could not be looked at: %s", error)

    def _take(self, item: Item, account: str, taken_in: TakenIn, old: bool) -> None:
        match item:
            case Asked(origin) | Wordless(origin):
                self._heard(item, origin, account, taken_in, old)
            case Entered(origin, code):
                self._entered(origin, code, account)
            case Served(origin, by_person):
                chat = Chat(PLATFORM, account, origin.user, origin.user)
                self.store.note_person(chat, origin.at if by_person else None)
            case NotShown(msgid, why):
                log.warning("WeCom 微信客服: a message was not shown: fail_type %d", why)
                self.delivery.note_not_shown(PLATFORM, msgid, f"fail_type {why}")
            case Recalled() | Left():
                pass
            case _:
                assert_never(item)

    def _heard(
        self, item: Asked | Wordless, origin: Origin, account: str, taken_in: TakenIn, old: bool
    ) -> None:
        chat = Chat(PLATFORM, account, origin.user, origin.user)
        key = f"{PLATFORM}/{account}/{origin.msgid}"
        self.store.hear(chat, origin.at)
        customer = self.store.customer(chat, taken_in.at)
        if customer.has_person:
            taken_in.leave(key, chat)
            return
        if taken_in.at - origin.at > LATE_S:
            if taken_in.leave(key, chat) and not old:
                self._say_that_late(chat, origin, taken_in.at)
            return
        if limited := self._limit(customer.in_minute, customer.in_day):
            if taken_in.leave(key, chat):
                self._say_that_limited(limited, chat, origin, taken_in.at)
            return
        address = self._address(chat, origin, taken_in.at)
        if isinstance(item, Wordless):
            if taken_in.leave(key, chat):
                self._say(key, self.responder.words.text("text only"), address)
                self.store.count_question(chat, taken_in.at)
        elif self._wants_person(item, account):
            if taken_in.leave(key, chat):
                self._post(key, {"person": True, "about": []}, address)
                self.store.count_question(chat, taken_in.at)
        else:
            self._accept(item, chat, key, address, taken_in, was_told=customer.was_told)

    def _accept(
        self,
        item: Asked,
        chat: Chat,
        key: str,
        address: Address,
        taken_in: TakenIn,
        *,
        was_told: bool,
    ) -> None:
        picked = render.picked(item.menu_id)
        text = picked.text if picked else marks.without(item.text)
        if picked and picked.rest:
            address["rest"] = [picked.rest.mark, picked.rest.offset]
        if not was_told:
            address["first"] = True
        if taken_in.accept(key, Message(text, chat), address):
            self.store.count_question(chat, taken_in.at)
            if not was_told:
                self.store.note_told(chat, taken_in.at)

    def _wants_person(self, item: Asked, account: str) -> bool:
        if not self.sessions.has_people(account):
            return False
        return item.menu_id == render.PERSON or (
            not item.menu_id and self.responder.asks_for_a_person(item.text)
        )

    def _entered(self, origin: Origin, code: str, account: str) -> None:
        left_s = _WELCOME_S - (time.time() - origin.at)
        if not code or left_s <= 0:
            return
        chat = Chat(PLATFORM, account, origin.user, origin.user)
        address = self.transport.address_of(chat)
        address["until"] = self.responder.now().timestamp() + left_s
        key = f"{PLATFORM}/{account}/{origin.msgid}"
        self._post(key, self.transport.welcome(code, account), address)

    # What the bot says of itself

    def _limit(self, in_minute: int, in_day: int) -> Window | None:
        if self.limits.a_day and in_day >= self.limits.a_day:
            return "day"
        return "minute" if self.limits.a_minute and in_minute >= self.limits.a_minute else None

    def _say_that_limited(self, window: Window, chat: Chat, origin: Origin, now: float) -> None:
        """Once in each window."""
        count = int(now // (86_400 if window == "day" else 60))
        key = f"{PLATFORM}/{chat.workspace}/{chat.user}/{window}/{count}"
        said = self.responder.words.limited(window)
        self._say(key, said, self._address(chat, origin, now))

    def _say_that_late(self, chat: Chat, origin: Origin, now: float) -> None:
        """One line for all that waited; where nothing may be said any more, none."""
        if now - origin.at < _REACHABLE_S:
            key = f"{PLATFORM}/{chat.workspace}/{chat.user}/late/{int(now // 86_400)}"
            said = self.responder.words.text("was away")
            self._say(key, said, self._address(chat, origin, now))

    def _say(self, key: str, text: str, address: Address) -> None:
        self._post(key, {"body": render.plain_text(text), "about": []}, address)

    def _post(self, key: str, payload: Payload, address: Address) -> None:
        self.delivery.sender.enqueue(key, chat_of(address), [payload], address)

    def _address(self, chat: Chat, origin: Origin, now: float) -> Address:
        left_s = _REACHABLE_S - (now - origin.at)
        until = self.responder.now().timestamp() + left_s
        return {**self.transport.address_of(chat), "until": until}


def _not_taken_back(items: Sequence[Item]) -> list[Item]:
    """A page without what its customers took back themselves."""
    recalled = {item.msgid for item in items if isinstance(item, Recalled)}
    return [
        item
        for item in items
        if not (isinstance(item, Asked | Wordless) and item.origin.msgid in recalled)
    ]
