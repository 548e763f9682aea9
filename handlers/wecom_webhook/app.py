"""WeCom group webhooks (消息推送): the daily digest for groups without a bot; push only.

What fits goes as `text`, which is truly plain; longer digests as `markdown_v2`, words that its
renderer might change in a fenced block. The key in the URL is the whole secret: it stays in memory,
the database and the log know a webhook by a hash of it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.commands import Plan, parse_plan
from bot.config import Settings
from bot.delivery.delivery import Delivery
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
from bot.digest.subscriptions import SETTINGS, SubscriptionStore
from bot.errors import SettingsError
from bot.message import Chat, ReplyView
from bot.wording.cutting import cut_after_sentence, fitting
from handlers.network import trouble_of
from handlers.wecom_codes import BUSY, TOO_OFTEN, loss_of

PLATFORM = "wecom-webhook"

_DEFAULT_AT = "09:00"
_TEXT_BYTES, _MARKDOWN_BYTES = 2048, 4096
_NUMBERING_BYTES = 100  # kept free in each of several messages
_TIMEOUT_S = 10
_WAIT_S = 60.0  # after errcode 45009

# Characters and line starts that a Markdown renderer may take for markup.
_RISKY = re.compile(
    r"[*_~`|\\]|<[A-Za-z/!@?]|\]\(|!\[|&#?\w+;|https?://"
    r"|^\s*(?:#{1,6}\s|>|[-+]\s|\d+[.)]\s|---|===)|^(?: {4}|\t)",
    re.MULTILINE,
)

log = logging.getLogger(__name__)


def check(settings: Settings) -> None:
    """Look at the settings without the network.

    Raises:
        SettingsError: Malformed; never with a key in it.
    """
    _urls(settings)
    plan_of(settings)


def plan_of(settings: Settings) -> Plan:
    """When webhooks get the digest.

    Raises:
        SettingsError: IR_DIGEST_AT is malformed, or asks for the desk's digest.
    """
    plan = parse_plan(settings.digest_at or _DEFAULT_AT)
    if plan is None:
        raise SettingsError("IR_DIGEST_AT 应为时间，例如 09:00 或 09:00 每天")
    if plan.desk:
        raise SettingsError("IR_DIGEST_AT 不能写 desk：内部摘要不发到群机器人")
    return plan


class Webhooks:
    """Every configured webhook: subscribed while it stands in the settings."""

    rate_limits = RateLimits(per_channel=((1, 3.5), (20, 60.0)))
    is_ready = True

    def __init__(self, settings: Settings, delivery: Delivery) -> None:
        self._urls = _urls(settings)
        self._plan = plan_of(settings)
        delivery.register(PLATFORM, self)

    def subscribe(self, subscriptions: SubscriptionStore, now: datetime) -> None:
        """Bring the subscriptions in line with the settings; one that was revoked stays ended."""
        for subscription in subscriptions.active():
            if subscription.platform == PLATFORM and subscription.channel not in self._urls:
                subscriptions.end(_chat(subscription.channel), "unsubscribed", now)
        for name in self._urls:
            before = subscriptions.get(_chat(name))
            if before and before.ended_at and before.ended_why != "unsubscribed":
                log.error("WeCom webhook %s was revoked; replace it in WECOM_WEBHOOKS", name)
            elif before is None or before.ended_at or before.plan != self._plan:
                subscriptions.subscribe(_chat(name), self._plan, now)

    # The transport

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        return messages(shown)

    def reachability(self, chat: Chat) -> Reachability:
        return "no push"

    def loss(self, reason: str) -> Loss:
        return loss_of(reason)

    def is_place(self, channel: str) -> bool:
        return False  # nobody is heard

    def return_address(self, chat: Chat, address: Address) -> Address:
        return self.address_of(chat)

    def desk_address(self, desk: Chat, back: Address) -> Address:
        return self.address_of(desk)

    def address_of(self, chat: Chat) -> Address:
        return {"webhook": chat.channel}

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        return CannotCheck()

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        url = self._urls.get(address["webhook"])
        if url is None:
            return Refused("no longer in WECOM_WEBHOOKS", permanent=True)
        request = urllib.request.Request(
            url,
            json.dumps(payload, ensure_ascii=False).encode(),
            {"Content-Type": "application/json; charset=utf-8"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 429:
                return RateLimited(_WAIT_S)
            if error.code >= 500:
                return Unconfirmed(f"HTTP {error.code}")
            return Refused(f"HTTP {error.code}", permanent=True)
        except urllib.error.URLError as error:
            trouble = trouble_of(error, url)
            if trouble.is_unsent:
                return Refused(str(trouble), permanent=False)
            return Unconfirmed(str(trouble))
        except (OSError, ValueError) as error:  # cut connection, an answer that is no JSON
            return Unconfirmed(type(error).__name__)
        return _outcome(said)


def _outcome(said: Any) -> Outcome:
    code = said.get("errcode") if isinstance(said, dict) else None
    if not isinstance(code, int):
        return Unconfirmed("no errcode")
    if code == 0:
        return Sent("")
    if code == TOO_OFTEN:
        return RateLimited(_WAIT_S)
    return Refused(str(code), permanent=code != BUSY)


def _urls(settings: Settings) -> dict[str, str]:
    """Name → address of each webhook."""
    urls = {}
    for number, given in enumerate(settings.wecom_webhooks, 1):
        key, url = given, f"{settings.wecom_api_url}/cgi-bin/webhook/send?key={given}"
        if "/" in given:
            key, url = _key_of(given), given
        if not re.fullmatch(r"[\w-]{6,}", key):
            raise SettingsError(
                f"WECOM_WEBHOOKS 第{number}个应为群机器人的完整网址（https://…?key=…）或其中的 key"
            )
        urls[hashlib.sha256(key.encode()).hexdigest()[:12]] = url
    return urls


def _key_of(url: str) -> str:
    """The key in an address; empty where it is none, or not safe."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    loopback = host in ("127.0.0.1", "::1", "localhost")
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and loopback)):
        return ""
    return parse_qs(parts.query).get("key", [""])[0]


def _chat(name: str) -> Chat:
    return Chat(PLATFORM, "", name, SETTINGS)


# Rendering


def messages(shown: ReplyView) -> list[Payload]:
    """The messages that show a digest whole, each within its limit; buttons have no place here."""
    blocks = [shown.intro, *(quotation.text for quotation in shown.quotations), *shown.not_found]
    text = "\n\n".join(block for block in blocks if block)
    if _size(text) <= _TEXT_BYTES and "<@" not in text:
        return [{"msgtype": "text", "text": {"content": text}}]
    pages = list(_pages(_paragraphs(shown)))
    return [
        {
            "msgtype": "markdown_v2",
            "markdown_v2": {
                "content": f"（{at}/{len(pages)}）\n\n{page}" if len(pages) > 1 else page
            },
        }
        for at, page in enumerate(pages, 1)
    ]


def _paragraphs(shown: ReplyView) -> Iterator[str]:
    for line in shown.intro.split("\n"):
        if line:
            yield from _safe(line)
    for quotation in shown.quotations:
        yield from _safe(quotation.head)
        yield from _safe(quotation.notice)
        for since in quotation.later:
            yield from _safe(since.text)
        for label, words in (
            (quotation.question_label, quotation.question),
            (quotation.answer_label, quotation.answer),
        ):
            if _RISKY.search(words):
                yield label
                yield from _safe(words)
            else:
                yield from _safe(label + words)
        yield from _safe(quotation.source)
    for text in shown.not_found:
        yield from _safe(text)


def _safe(words: str) -> Iterator[str]:
    """The words in pieces that each fit; fenced where they could be taken for markup."""
    if not _RISKY.search(words):
        yield from _pieces(words, _MARKDOWN_BYTES - _NUMBERING_BYTES)
        return
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    room = _MARKDOWN_BYTES - _NUMBERING_BYTES - 2 * (len(fence) + 1)
    for piece in _pieces(words, room):
        yield f"{fence}\n{piece}\n{fence}"


def _pieces(words: str, most: int) -> Iterator[str]:
    """Cut after a sentence where there is one, never inside a character."""
    while _size(words) > most:
        cut = cut_after_sentence(words, fitting(words, most))
        yield words[:cut]
        words = words[cut:]
    yield words


def _pages(paragraphs: Iterable[str]) -> Iterator[str]:
    page = ""
    for paragraph in paragraphs:
        longer = f"{page}\n\n{paragraph}" if page else paragraph
        if page and _size(longer) > _MARKDOWN_BYTES - _NUMBERING_BYTES:
            yield page
            page = paragraph
        else:
            page = longer
    yield page


def _size(text: str) -> int:
    return len(text.encode())
