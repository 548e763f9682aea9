"""Posts to WeCom through the long connection.

A callback is answered by its own request id on the connection it came by; after a reconnect, or
for what nobody asked just now, a message is pushed into the chat. The gateway cannot be asked
whether a message was shown, so that one without an ack is never sent again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from bot.delivery.rate_limits import RateLimits
from bot.delivery.transport import (
    Address,
    CannotCheck,
    Found,
    Loss,
    Outcome,
    Payload,
    RateLimited,
    Reachability,
    Refused,
    Sent,
    Unconfirmed,
)
from bot.message import Chat, ReplyView
from bot.wording.presentation import Words
from handlers import wecom_codes as codes
from handlers.wecom import render
from handlers.wecom.connection import Connection, NoAnswerError, NotSentError
from handlers.wecom.frames import Ack

# 30 a minute and 1,000 an hour for each chat, replies and pushes together. The windows are a
# little longer, as frames do not all take equally long to the gateway.
RATE_LIMITS = RateLimits(per_channel=((30, 62.0), (1000, 3610.0)))

# Ids of groups have small letters (`wr…`); those of IR_DESK_CHANNELS that have none are Slack's.
_OTHER_PLACE = re.compile(r"[A-Z0-9]+")

BOT = "bot"  # in an address: by whose connection
_SINGLE, _GROUP = 1, 2
_TOO_OFTEN_WAIT_S = 60.0
_ELSEWHERE_S = 5.0  # between two tries for a bot that this process does not serve (any more)

log = logging.getLogger(__name__)


def address(
    bot_id: str,
    channel: str,
    *,
    in_group: bool,
    req_id: str = "",
    session: str = "",
    query: str = "",
) -> Address:
    """Where a reply goes: into a chat, as the answer to a callback where there is one."""
    return {
        BOT: bot_id,
        "chatid": channel,
        "chat_type": _GROUP if in_group else _SINGLE,
        "req_id": req_id,
        "session": session,
        "query": query,
    }


class _Form:
    """What is the same of every bot."""

    rate_limits = RATE_LIMITS

    def __init__(self, words: Words) -> None:
        self._words = words

    def loss(self, reason: str) -> Loss:
        return codes.loss_of(reason)

    def is_place(self, channel: str) -> bool:
        return not _OTHER_PLACE.fullmatch(channel)

    def return_address(self, chat: Chat, address: Address) -> Address:
        return self.address_of(chat)  # the callback's request is long over by then

    def desk_address(self, desk: Chat, back: Address) -> Address:
        return self.address_of(desk)

    def address_of(self, chat: Chat) -> Address:
        # A private chat goes by the id of its person.
        return address(chat.workspace, chat.channel, in_group=chat.channel != chat.user)

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        return render.messages(
            shown,
            self._words,
            str(address.get("query", "")),
            in_group=address["chat_type"] == _GROUP,
            pictures=bool(address.get("pictures")),
        )

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        return CannotCheck()


class BotTransports(_Form):
    """Posts of several bots, each by its own connection."""

    def __init__(
        self,
        of: Callable[[str], WecomTransport | None],
        is_any_ready: Callable[[], bool],
        default: str,
        words: Words,
    ) -> None:
        """Prepare.

        Args:
            of: A bot's own, if it is served by this process.
            is_any_ready: Whether one of them is connected.
            default: Whose posts those are that name no bot: an older version put them out.
            words: For what is shown.
        """
        super().__init__(words)
        self._of = of
        self._is_any_ready = is_any_ready
        self._default = default

    @property
    def is_ready(self) -> bool:
        return self._is_any_ready()

    def is_ready_in(self, workspace: str) -> bool:
        """Whether a bot's posts can go out now."""
        transport = self._of(workspace)
        return transport is not None and transport.is_ready

    def reachability(self, chat: Chat) -> Reachability:
        transport = self._of(chat.workspace)
        return transport.reachability(chat) if transport else "no push"

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        transport = self._of(str(address.get(BOT) or self._default))
        return transport.send(payload, address, key) if transport else RateLimited(_ELSEWHERE_S)


class WecomTransport(_Form):
    """One frame a post."""

    def __init__(self, connection: Connection, words: Words) -> None:
        super().__init__(words)
        self._connection = connection
        self._held_back: set[str] = set()  # keys of posts refused once as too many
        self._takes_cards = True  # beside a text; until the gateway says that it knows no such kind

    @property
    def is_ready(self) -> bool:
        return bool(self._connection.session)

    def reachability(self, chat: Chat) -> Reachability:
        return ""  # a chat that was written from can be written to

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        try:
            ack = self._send(payload, address)
        except NotSentError:
            return RateLimited(0.5)
        except NoAnswerError:
            return Unconfirmed("no ack")
        if ack.errcode == codes.TOO_OFTEN and key not in self._held_back:
            self._held_back.add(key)
            return RateLimited(_TOO_OFTEN_WAIT_S)
        self._held_back.discard(key)
        if ack.errcode == 0:
            return Sent(ack.req_id)
        if ack.errcode == codes.NOT_SUBSCRIBED:
            self._connection.restart()
            return RateLimited(0.5)
        return Refused(str(ack.errcode), permanent=ack.errcode != codes.BUSY)

    def _send(self, payload: Payload, address: Address) -> Ack:
        """By the likelier way, and once by the other where the first is refused for good."""
        ways = [self._push]
        if address.get("req_id"):
            alive = address["session"] == self._connection.session
            ways.insert(0 if alive else 1, self._respond)
        ack = ways[0](payload, address)
        if ack.errcode == codes.BLOCKED:
            return self._push(render.notice(self._words.blocked()), address)
        if ack.errcode in codes.OUR_FAULT:
            log.error("WeCom refused a message of ours: %d %s", ack.errcode, ack.errmsg)
        elif len(ways) > 1 and ack.errcode not in (
            0,
            codes.TOO_OFTEN,
            codes.NOT_SUBSCRIBED,
            codes.BUSY,
        ):
            log.warning("WeCom: %d for an answer; trying the other way once", ack.errcode)
            ack = ways[1](payload, address)
        return ack

    def _respond(self, payload: Payload, address: Address) -> Ack:
        """With a card where there is one, and once without it where it does not reach."""
        alone = render.without_card(payload, self._words)
        if alone is payload or not self._takes_cards:
            return self._connection.request("aibot_respond_msg", address["req_id"], alone)
        ack = self._connection.request("aibot_respond_msg", address["req_id"], payload)
        if ack.errcode not in codes.NO_CARD:
            return ack
        log.warning("WeCom: %d for a card; the list goes out alone", ack.errcode)
        self._takes_cards = ack.errcode != codes.UNKNOWN_KIND
        return self._connection.request("aibot_respond_msg", address["req_id"], alone)

    def _push(self, payload: Payload, address: Address) -> Ack:
        """Into the chat; what is pushed has no card beside a text."""
        to = {"chatid": address["chatid"], "chat_type": address["chat_type"]}
        body = render.without_card(payload, self._words)
        return self._connection.request("aibot_send_msg", "", {**to, **body})
