"""The desk: questions are posted to it, and what it answers goes back to who asked.

Each post is put out in the transaction that closes the message it follows from, so that it is
posted once, however often a button is pressed and whatever is killed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.mailbox import Mailbox, Waiting, lane_of
from bot.delivery.transport import Address, Transport
from bot.message import Chat, DeskAnswer, HandedOver, Reply, ReplyView
from bot.store.handovers import Handover, Handovers
from bot.wording.handovers import for_desk, from_desk
from bot.wording.presentation import Words


@dataclass(frozen=True)
class Desk:
    """One per process."""

    mailbox: Mailbox
    handovers: Handovers
    transports: Mapping[str, Transport]
    words: Words
    channels: Sequence[str]  # ids of chats, of whatever platform
    clock: Callable[[], float]  # seconds since 1970
    now: Callable[[], datetime]  # the bot's clock

    def of(self, chat: Chat) -> Chat | None:
        """Where the questions of a chat go: the first desk on its platform."""
        transport = self.transports.get(chat.platform)
        for channel in self.channels if transport else ():
            if transport and transport.is_place(channel):
                return Chat(chat.platform, chat.workspace, channel, "")
        return None

    def carry(self, reply: Reply, key: str, chat: Chat, address: Address) -> list[Waiting]:
        """Put out what a reply says elsewhere, in the open transaction.

        Args:
            reply: To a message.
            key: The message's.
            chat: Where it was said, and by whom.
            address: Where the reply goes.
        """
        match reply:
            case HandedOver(question=question, desk=desk):
                transport = self.transports[chat.platform]
                back = transport.return_address(chat, address)
                number = self.handovers.add_handover(
                    chat, question, json.dumps(back, sort_keys=True), self.now()
                )
                if number is None:  # it is there already
                    return []
                shown = for_desk(number, chat, question, self.words)
                to = transport.desk_address(desk, back)
                return self._put_out(f"handover/{number}", desk, shown, to)
            case DeskAnswer(number=number, text=text):
                if handover := self.handovers.handover(number):
                    shown = from_desk(handover.question, text, self.words)
                    # Not among the keys of what replies to the message, which an edit may change.
                    return self._to_asker(f"answer/{key}", handover, shown)
        return []

    def number_of(self, chat: Chat, ref: str) -> int | None:
        """Which question a post in the desk's chat is, by the platform's id of the post."""
        lane = (chat.platform, chat.workspace, chat.channel)
        head, _, rest = (self.mailbox.key_of(lane, ref) or "").partition("/")
        number = rest.partition("/")[0]
        return int(number) if head == "handover" and number.isdigit() else None

    def tell_lost(self) -> list[Waiting]:
        """Tell askers whose question did not reach the desk."""
        posts: list[Waiting] = []
        for handover in self.handovers.lost_handovers():
            if handover.chat.platform not in self.transports:
                continue
            with self.mailbox.transaction():
                if self.handovers.note_lost(handover.number, self.now()):
                    shown = self.words.not_handed_over(handover.question)
                    posts += self._to_asker(f"handover/{handover.number}/lost", handover, shown)
        return posts

    def _to_asker(self, key: str, handover: Handover, shown: ReplyView) -> list[Waiting]:
        return self._put_out(key, handover.chat, shown, json.loads(handover.back))

    def _put_out(self, key: str, chat: Chat, shown: ReplyView, to: Address) -> list[Waiting]:
        payloads = self.transports[chat.platform].render(shown, to)
        return self.mailbox.put_out(key, lane_of(chat, to), payloads, to, self.clock())
