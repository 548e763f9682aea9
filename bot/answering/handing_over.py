"""What the record does not answer, handed over to the desk, and what the desk answers.

    转给证券部            what was asked last here and not found; `转给证券部 问题`: that question
    转办12 text           in the desk's chat: the answer to the question of that number

Both only where a desk is set (IR_DESK_CHANNELS). What follows from these replies – the desk's post,
the word to the asker – is put out by delivery in the transaction that closes the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.message import Chat, Decline, DeskAnswer, HandedOver, Message, Notice, Reply
from bot.store import Store
from bot.wording.presentation import Words

_MARK = r"(?:转办|handover)\s*(\d{1,9})"
_MARKED = re.compile(rf"【{_MARK}】", re.IGNORECASE)
_ANSWER = re.compile(rf"[\[【(（]?{_MARK}[\]】)）]?(?:[\s：:，,]+(.*))?", re.DOTALL | re.IGNORECASE)


def number_in(post: str) -> int | None:
    """Which question the words of a post to the desk are about; its mark stands at their head."""
    found = _MARKED.search(post)
    return int(found[1]) if found else None


def is_answer(text: str) -> bool:
    """Whether it is what the desk types to answer a question."""
    return bool(_ANSWER.fullmatch(text.strip()))


def as_answer(number: int, text: str) -> str:
    """What the desk may type to answer a question."""
    return f"转办{number} {text}"


@dataclass(frozen=True)
class HandingOver:
    """Reads the two forms, which stand in no grammar: they mean something only beside a desk."""

    store: Store
    words: Words
    now: Callable[[], datetime]
    desk_channels: tuple[str, ...]
    desk: Callable[[Chat], Chat | None]  # where the questions of a chat go
    memory: timedelta  # how long a chat remembers what was asked

    def reply(self, message: Message) -> Reply | None:
        """The reply; None where the message is neither of the two."""
        chat = message.chat
        if chat is None or not self.desk_channels:
            return None
        if chat.channel in self.desk_channels:
            found = _ANSWER.fullmatch(message.text.strip())
            return self._answer(int(found[1]), (found[2] or "").strip(), chat) if found else None
        label = re.escape(self.words.text("hand over"))
        found = re.fullmatch(
            rf"(?:{label}|转给?证券部)(?:[\s：:，,]+(.*)|[。.！!？?～~]*)",
            message.text.strip(),
            re.DOTALL,
        )
        if found is None or (desk := self.desk(chat)) is None:
            return None
        question = found[1] or self.store.last_declined(chat, self.now() - self.memory)
        if not question:
            return Notice(self.words.text("hand over what"))
        return HandedOver(question, desk)

    def offered(self, reply: Decline, chat: Chat | None, question: str) -> Decline:
        """With the question that may be handed over, where there is a desk for it."""
        if chat is None or chat.channel in self.desk_channels:
            return reply
        if not self.desk_channels or self.desk(chat) is None:
            return reply
        return replace(reply, for_desk=question.strip())

    def _answer(self, number: int, text: str, desk: Chat) -> Reply:
        handover = self.store.handover(number)
        if handover is None or not _is_of(handover.chat, desk):
            return Notice(self.words.text("no such handover", number=number))
        if not text:
            return Notice(self.words.text("answer what", number=number))
        return DeskAnswer(number, text)


def _is_of(asked: Chat, desk: Chat) -> bool:
    """Whether a question of a chat went to this desk: questions stay in their workspace, where
    another one has a chat of the same id."""
    return (asked.platform, asked.workspace) == (desk.platform, desk.workspace)
