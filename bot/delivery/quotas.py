"""How much a workspace may ask: what is beyond is not answered, and told so once.

Told once in a channel and window: who asks on is not answered a second time for nothing. The desk's
own channels have no quota, since what is said there answers somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.delivery.mailbox import Mailbox, TakenError, Waiting, lane_of
from bot.delivery.transport import Address, Transport
from bot.message import Chat, ReplyView
from bot.store.workspace_use import WorkspaceUse
from bot.wording.presentation import Words


@dataclass(frozen=True)
class Quotas:
    """Questions of one workspace; 0: as many as it likes."""

    a_minute: int = 0
    a_day: int = 0


class Answerer(Protocol):
    """What is needed of who answers."""

    words: Words
    desk_channels: tuple[str, ...]

    def now(self) -> datetime:
        """The bot's clock."""


@dataclass(frozen=True)
class Over:
    """A quota is used up."""

    key: str  # of the text that says so
    window: str  # which minute or day


@dataclass(frozen=True)
class Allowance:
    """Counts, and tells who is over."""

    quotas: Quotas
    use: WorkspaceUse
    mailbox: Mailbox
    transports: Mapping[str, Transport]
    answerer: Answerer

    def spend(self, chat: Chat) -> Over | None:
        """Count a question, in the open transaction; what it is over, if anything."""
        limits = self.quotas
        is_desk = chat.channel in self.answerer.desk_channels
        if not (limits.a_minute or limits.a_day) or is_desk:
            return None
        now = self.answerer.now()
        in_minute, in_day = self.use.count(chat, now)
        if limits.a_day and in_day > limits.a_day:
            return Over("workspace, too many in a day", f"{now:%Y-%m-%d}")
        if limits.a_minute and in_minute > limits.a_minute:
            return Over("workspace, too many in a minute", f"{now:%Y-%m-%dT%H:%M}")
        return None

    def spent(self, chat: Chat) -> ReplyView | None:
        """The same in a transaction of its own; the reply where it is over."""
        if not (self.quotas.a_minute or self.quotas.a_day):
            return None
        with self.mailbox.transaction():
            over = self.spend(chat)
        return self._said(over) if over else None

    def tell(self, over: Over, chat: Chat, address: Address, at: float) -> list[Waiting]:
        """Put out that it is over, in the open transaction; nothing where it was told."""
        lane = lane_of(chat, address)
        key = f"quota/{'/'.join(lane)}/{over.window}"
        if self.mailbox.is_taken(key):
            return []
        payloads = self.transports[chat.platform].render(self._said(over), address)
        try:
            return self.mailbox.put_out(key, lane, payloads, address, at)
        except TakenError:  # by another replica, at the same time
            return []

    def _said(self, over: Over) -> ReplyView:
        return ReplyView(self.answerer.words.text(over.key))
