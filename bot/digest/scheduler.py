"""What is due goes to delivery, once; what became of it is noted. Each time it looks:

    1  take over from the outbox what became of earlier posts; retire chats that stay out of reach
    2  for each local day that may still be posted: who is due and not settled?
    3  claim the chat's day in the ledger and put the post out, in one transaction
    4  what is due for longer than IR_DIGEST_LATE_HOURS is skipped, and noted

The wall clock decides, read anew each time: a machine that slept or a clock that jumped finds the
same ledger. Several processes may run this over one database; each begins somewhere else, so that
they do not all make the same digest, of which the ledger takes one.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from bot.delivery.delivery import Delivery
from bot.delivery.transport import Address, Payload, Transport
from bot.digest.due import due
from bot.digest.subscription_commands import SubscriptionCommands
from bot.digest.subscriptions import SETTINGS, Entry, Subscription
from bot.digest.trading_days import TradingDays
from bot.errors import trace_of
from bot.message import Chat, DeskDigest, Digest, ReplyView

_EVERY_S = 0.5
_ON_TIME = timedelta(minutes=10)  # what pacing may take; never late before that
_LOOK_BACK = 7  # days of a standstill whose skipped digests are noted
_LOOK_BACK_EVERY_S = 3600.0
_AGAIN_S = 60.0  # before a chat whose digest could not be made is tried again
_GRACE = 3  # digests in a row that a chat refuses before its subscription ends
_FITS = (8, 5, 3, 2, 1, 0)  # questions of a record, tried until all is one message

log = logging.getLogger(__name__)


class DigestScheduler:
    """Posts digests while it runs."""

    def __init__(self, commands: SubscriptionCommands, delivery: Delivery, late: timedelta) -> None:
        """Prepare.

        Args:
            commands: What is subscribed, what a digest says, and in which words.
            delivery: Posts it.
            late: After its time a digest is posted for so long, then skipped.
        """
        self._commands = commands
        self._subscriptions = commands.subscriptions
        self._delivery = delivery
        self._late = max(late, _ON_TIME)
        self._looked_back = -_LOOK_BACK_EVERY_S
        self._not_before: dict[tuple[str, str, str], float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="digests", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        self._stopping.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            try:
                self.run_once(self._commands.now())
            except Exception as error:
                log.error("digests wait: %s", trace_of(error))
                self._stopping.wait(5.0)

    def run_once(self, now: datetime) -> None:
        """Look once: settle what was posted, post what is due."""
        self._settle(now)
        trading = self._commands.digests.trading_days()
        back = self._late.days + 1
        if time.monotonic() - self._looked_back >= _LOOK_BACK_EVERY_S:
            self._looked_back, back = time.monotonic(), max(back, _LOOK_BACK)
        for days in range(back, -1, -1):
            self._day(now.date() - timedelta(days), now, trading)

    def _day(self, day: date, now: datetime, trading: TradingDays) -> None:
        found = list(self._due(day, now, trading))
        has_company = bool(found) and self._delivery.has_company()
        if has_company:
            random.shuffle(found)
        for subscription, transport, at in found:
            if self._stopping.is_set():
                return
            if has_company and self._subscriptions.is_settled(subscription.chat, day):
                continue
            try:
                self._post(subscription, transport, day, at, now)
            except Exception as error:
                log.error("%s: the digest of %s: %s", _name(subscription), day, trace_of(error))
                self._not_before[_place(subscription)] = time.monotonic() + _AGAIN_S

    def _due(
        self, day: date, now: datetime, trading: TradingDays
    ) -> Iterator[tuple[Subscription, Transport, datetime]]:
        """Whose digest of the day may be posted now, how, and since when; what is too late is
        noted."""
        zone = now.tzinfo
        assert zone is not None
        # In an hour that comes twice what was due in the first is due still.
        is_over = day < now.date() or bool(now.fold)
        until = time_of_day.max if is_over else now.time()
        is_trading = trading.includes(day)
        for subscription in self._subscriptions.without_entry(day, until, is_trading=is_trading):
            transport = self._delivery.transport(subscription.platform)
            at = due(subscription.plan, day, zone, trading)
            if transport is None or at is None:
                continue
            # As instants: times of one zone are compared by their wall clocks.
            late_s = now.timestamp() - at.timestamp()
            if late_s < 0 or at <= subscription.made_at <= now:
                continue
            if late_s > self._late.total_seconds():
                # A subscription of a later day than today's: the clock was put back.
                if subscription.made_at <= at and self._subscriptions.note(
                    subscription.chat, day, "skipped", now
                ):
                    log.warning(
                        "%s: the digest of %s is too late, skipped", _name(subscription), day
                    )
                continue
            if time.monotonic() >= self._not_before.get(_place(subscription), 0.0):
                yield subscription, transport, at

    def _post(
        self,
        subscription: Subscription,
        transport: Transport,
        day: date,
        at: datetime,
        now: datetime,
    ) -> None:
        chat, plan = subscription.chat, subscription.plan
        if plan.desk and not self._commands.may_have_desk(chat):
            self._retire(chat, "desk", day, now)
            return
        digest = self._commands.digests.build(chat, plan, day, now)
        if digest is None:
            self._subscriptions.note(chat, day, "empty", now)
            return
        address = transport.address_of(chat)
        shown, payloads = self._fitted(digest, transport, address)
        key = f"digest/{chat.platform}/{chat.workspace}/{chat.channel}/{day}"
        items = digest.items if isinstance(digest, Digest) else ()
        until, mark = at.timestamp() + self._late.total_seconds(), secrets.token_hex(8)

        def claim() -> bool:
            if not self._subscriptions.claim(chat, day, key, now, items):
                return False
            self._commands.digests.prove(chat, digest, shown, now, mark)
            return True

        if not self._delivery.sender.enqueue(
            key,
            chat,
            payloads,
            {**address, "lane": f"digest/{chat.channel}", "until": until},
            background=True,
            claim=claim,
            evidence=mark,
        ):
            self._not_before[_place(subscription)] = time.monotonic() + _AGAIN_S

    def _fitted(
        self, digest: Digest | DeskDigest, transport: Transport, address: Address
    ) -> tuple[ReplyView, list[Payload]]:
        """The digest as one message where that is possible."""
        shown = self._commands.words.show(digest)
        if isinstance(digest, DeskDigest):
            return shown, transport.render(shown, address)
        payloads: list[Payload] = []
        for most in _FITS:
            shown = self._commands.words.show(replace(digest, most=most))
            payloads = transport.render(shown, address)
            if len(payloads) == 1:
                break
        return shown, payloads

    # What became of posts

    def _settle(self, now: datetime) -> None:
        for entry, why in self._subscriptions.settle(now):
            chat = Chat(entry.platform, entry.workspace, entry.channel, "")
            if entry.state == "unknown":
                log.warning("%s: the fate of the digest of %s is unknown", _name(entry), entry.day)
            if entry.state == "skipped":
                log.warning("%s: the digest of %s is too late, skipped", _name(entry), entry.day)
            if entry.state != "failed":
                continue
            log.warning("%s: the digest of %s was not posted: %s", _name(entry), entry.day, why)
            tried = [tried.state for tried in self._subscriptions.days(chat, _GRACE)]
            transport = self._delivery.transport(entry.platform)
            is_gone = transport is not None and transport.loss(why).for_good
            if is_gone or tried == ["failed"] * _GRACE:
                self._retire(chat, why, entry.day, now)

    def _retire(self, chat: Chat, code: str, day: date, now: datetime) -> None:
        """End a subscription that cannot be served, and tell who made it."""
        subscription = self._subscriptions.get(chat)
        if subscription is None or not self._subscriptions.end(
            replace(chat, user="irbot"), code, now
        ):
            return
        log.error("%s: no digests any more: %s", _name(subscription), code)
        transport = self._delivery.transport(chat.platform)
        if transport is None or subscription.made_by in (SETTINGS, ""):  # nobody, or forgotten
            return
        person = replace(chat, channel=subscription.made_by, user=subscription.made_by)
        kind = "desk" if code == "desk" else transport.loss(code).why
        words = self._commands.words
        text = words.text(
            "retired", channel=chat.channel, why=words.text(f"retired, {kind}", code=code)
        )
        address = transport.address_of(person)
        self._delivery.sender.enqueue(
            f"digest/retired/{chat.platform}/{chat.workspace}/{chat.channel}/{day}",
            person,
            transport.render(ReplyView(intro=text, mentions=(chat.channel,)), address),
            address,
            background=True,
        )


def _place(subscription: Subscription) -> tuple[str, str, str]:
    return subscription.platform, subscription.workspace, subscription.channel


def _name(of: Subscription | Entry) -> str:
    return f"{of.platform} {of.channel}"
