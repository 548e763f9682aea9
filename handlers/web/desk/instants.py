"""A moment that somebody typed into a form."""

from __future__ import annotations

from datetime import datetime

from bot.errors import BotError
from bot.wording.presentation import Words


def instant_of(typed: str, now: datetime, words: Words) -> datetime | None:
    """In the bot's time zone where none is written; None: nothing was typed.

    Raises:
        BotError: It is no moment.
    """
    if not typed.strip():
        return None
    try:
        at = datetime.fromisoformat(typed.strip())
    except ValueError as error:
        raise BotError(words.text("desk, no instant")) from error
    if not 1990 <= at.year < 9000:  # the first exchange opened in 1990
        raise BotError(words.text("desk, no instant"))
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
