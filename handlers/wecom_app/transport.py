"""Posts to members as messages of the app.

`text` alone shows words as they are; what even that would alter goes as a text file. The platform
cannot be asked whether a message was shown, so that one without an answer is never sent again.
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
    Reachability,
    Refused,
    Sent,
)
from bot.message import Chat, ReplyView
from bot.wording.presentation import Words
from handlers import wecom_codes as codes
from handlers.wecom_server.api import (
    Answer,
    NotCalledError,
    NoVerdictError,
    ServerApi,
    failed,
    refused,
)
from handlers.wecom_text import plain

# For each member; what is beyond is dropped without a word.
RATE_LIMITS = RateLimits(per_channel=((30, 62.0), (1000, 3610.0)))

# Ids of IR_DESK_CHANNELS that are no members: Slack's, and groups'.
_OTHER_PLACE = re.compile(r"[A-Z0-9]+|wr[\w-]{20,}")
_NOT_SHOWN = ("invaliduser", "unlicenseduser")  # who of the receivers got nothing, though errcode 0

log = logging.getLogger(__name__)


class AppTransport:
    """One call a post; a file takes two."""

    rate_limits = RATE_LIMITS

    def __init__(
        self, api: ServerApi, agent_id: int, words: Words, is_ready: Callable[[], bool]
    ) -> None:
        self._api = api
        self._agent_id = agent_id
        self._words = words
        self._is_ready = is_ready

    @property
    def is_ready(self) -> bool:
        return self._is_ready()

    def reachability(self, chat: Chat) -> Reachability:
        return ""  # an app may write to all members that see it

    def loss(self, reason: str) -> Loss:
        return codes.loss_of(reason)

    def is_place(self, channel: str) -> bool:
        return not _OTHER_PLACE.fullmatch(channel)

    def return_address(self, chat: Chat, address: Address) -> Address:
        return self.address_of(chat)

    def desk_address(self, desk: Chat, back: Address) -> Address:
        return self.address_of(desk)

    def address_of(self, chat: Chat) -> Address:
        return {"touser": chat.channel}

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        if plain.is_altered(shown.text):
            return [notice(self._words.text("in a file")), plain.file(shown.text)]
        return [notice(piece) for piece in plain.pieces(shown.text)]

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        try:
            answer = self._sent(payload, address)
            if answer.errcode == codes.BLOCKED:
                answer = self._sent(notice(self._words.blocked()), address)
        except (NotCalledError, NoVerdictError) as error:
            return failed(error)
        if answer.errcode:
            if answer.errcode in codes.OUR_FAULT:
                log.error("WeCom refused a message of ours: %d", answer.errcode)
            return refused(answer)
        for name in _NOT_SHOWN:
            if answer.body.get(name):
                return Refused(name, permanent=True)
        return Sent(str(answer.body.get("msgid", "")))

    def _sent(self, payload: Payload, address: Address) -> Answer:
        if payload["msgtype"] == plain.FILE:
            uploaded = self._api.upload("answer.txt", payload["content"].encode())
            if uploaded.errcode:
                return uploaded
            payload = {"msgtype": "file", "file": {"media_id": uploaded.body.get("media_id", "")}}
        body = {
            "touser": address["touser"],
            "agentid": self._agent_id,
            **payload,
            "safe": 0,
            "enable_id_trans": 0,  # `$userName=…$` would be replaced
            "enable_duplicate_check": 0,  # who asks the same next would get nothing
        }
        return self._api.call("message/send", body)

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        return CannotCheck()


def notice(text: str) -> Payload:
    """One message of plain text."""
    return {"msgtype": "text", "text": {"content": text}}
