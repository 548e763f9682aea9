"""What is said of a question that goes to the desk, and of the desk's answer."""

from __future__ import annotations

from bot.message import Button, Chat, DeskAnswer, HandedOver, ReplyView
from bot.wording.texts import Texts


def show_handover(reply: HandedOver | DeskAnswer, texts: Texts) -> ReplyView:
    """What who hands a question over, or answers one, is told at once."""
    return ReplyView(
        texts.text("handed over" if isinstance(reply, HandedOver) else "answered by desk")
    )


def hand_over_button(question: str, texts: Texts) -> tuple[Button, ...]:
    """The button that hands a question over; none where there is no question."""
    label = texts.text("hand over")
    return (Button(label, f"{label} {question}"),) if question else ()


def for_desk(number: int, chat: Chat, question: str, texts: Texts) -> ReplyView:
    """What the desk is shown of a question; the number is what it answers by."""
    said = texts.text(
        "for desk", number=number, user=chat.user, channel=chat.channel, question=question
    )
    return ReplyView(said, mentions=(chat.user, chat.channel))


def from_desk(question: str, text: str, texts: Texts) -> ReplyView:
    """What the asker is shown of the desk's answer: no official words of a record."""
    return ReplyView(texts.text("from desk", question=question, text=text))
