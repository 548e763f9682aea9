"""Answers of a smart bot that is called by URL.

    stream        promised in the response to the message; the platform comes to fetch it, for six
                  minutes, until it is finished. Stored, so that any process can hand it out
    response_url  one message more, within the hour; whoever has the address may use it, once

That is all the window holds. Of a longer answer it is told where the rest is.
"""

from __future__ import annotations

import json
import logging
import math
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from bot.delivery.rate_limits import RateLimits
from bot.delivery.transport import (
    Address,
    CannotCheck,
    Found,
    Loss,
    NotPosted,
    Outcome,
    Payload,
    RateLimited,
    Reachability,
    Refused,
    Sent,
    Unconfirmed,
)
from bot.message import Chat, ReplyView
from bot.store import Store
from bot.wording.presentation import Words
from handlers import wecom_codes as codes
from handlers.network import trouble_of
from handlers.wecom import render

_NOTE = 700  # bytes kept free on a page for where the rest is
_TIMEOUT_S = 10.0
_AGAIN_S = 5.0
_BY_URL = "by_url"  # marks what does not go into the stream

URL_UNTIL = "url_until"  # in an address: until when its URL is good, in seconds since 1970
URL_S = 3_600.0  # for so long it is

log = logging.getLogger(__name__)


class UrlTransport:
    """One stream and one call a question."""

    rate_limits = RateLimits()
    is_ready = True

    def __init__(self, store: Store, words: Words, api_url: str) -> None:
        """Prepare.

        Args:
            store: Holds the streams.
            words: For the bot's own sentences.
            api_url: Origin of WeCom's server: answers go to no other host.
        """
        self._store = store
        self._words = words
        self._host = urlsplit(api_url).netloc

    def reachability(self, chat: Chat) -> Reachability:
        return "no push"

    def loss(self, reason: str) -> Loss:
        return codes.loss_of(reason)

    def is_place(self, channel: str) -> bool:
        return False  # nothing can be pushed

    def return_address(self, chat: Chat, address: Address) -> Address:
        return self.address_of(chat)

    def desk_address(self, desk: Chat, back: Address) -> Address:
        return self.address_of(desk)

    def address_of(self, chat: Chat) -> Address:
        return {}

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        pages = [
            render.without_card(page, self._words)
            for page in render.messages(
                shown,
                self._words,
                str(address.get("query", "")),
                in_group=bool(address.get("in_group")),
                pictures=bool(address.get("pictures")),
                most=render.LIMIT - _NOTE,
            )
        ]
        ways: list[Payload] = [{}] if "stream" in address else []
        ways += [{_BY_URL: True}] if self.may_be_called(address) else []
        said = pages[: max(1, len(ways))]
        if len(said) < len(pages):
            url = next((quotation.url for quotation in shown.quotations if quotation.url), "")
            note = self._words.not_all_here(len(said), len(pages), url)
            said[-1] = render.markdown(f"{said[-1]['markdown']['content']}\n\n{note}")
        return [{**page, **way} for page, way in zip(said, ways or [{}], strict=False)]

    def may_be_called(self, address: Address) -> bool:
        """Whether there is an address of WeCom's for one message more."""
        parts = urlsplit(str(address.get("response_url", "")))
        return bool(self._host) and parts.netloc == self._host

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        if payload.get(_BY_URL):
            return self._called(payload, address)
        if "stream" not in address:
            return Refused("no way to answer", permanent=True)
        self._store.fulfil(address["stream"], json.dumps(payload, ensure_ascii=False))
        return Sent(address["stream"])

    def _called(self, payload: Payload, address: Address) -> Outcome:
        body = {name: value for name, value in payload.items() if name != _BY_URL}
        request = urllib.request.Request(
            address["response_url"],
            json.dumps(body, ensure_ascii=False).encode(),
            {"Content-Type": "application/json; charset=utf-8"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 500:
                return Unconfirmed(f"HTTP {error.code}")
            return Refused(f"HTTP {error.code}", permanent=True)
        except (OSError, ValueError) as error:  # no connection, a cut one, no JSON
            trouble = trouble_of(error, address["response_url"])
            if trouble.is_unsent:
                return Refused(str(trouble), permanent=False)
            return Unconfirmed(str(trouble))
        return _outcome(said)

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        """A stream is there or not; an address that was used takes nothing more."""
        if not payload.get(_BY_URL):
            stream = self._store.stream(str(address.get("stream")))
            return Sent(address["stream"]) if stream and stream.body else NotPosted()
        match self._called(payload, address):
            case Refused(codes.USED) if time.time() > address.get(URL_UNTIL, math.inf):
                return CannotCheck()  # it was used, or is too old
            case Sent() | Refused(codes.USED):
                return Sent("response_url")
            case RateLimited() | Unconfirmed():
                return RateLimited(_AGAIN_S)
        return CannotCheck()


def _outcome(said: Any) -> Outcome:
    errcode = said.get("errcode", 0) if isinstance(said, dict) else None
    match errcode:
        case 0:
            return Sent("response_url")
        case codes.BUSY | codes.TOO_OFTEN:
            return RateLimited(_AGAIN_S)
        case int():
            return Refused(str(errcode), permanent=True)
    return Unconfirmed("no errcode")
