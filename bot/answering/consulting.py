"""Where the second reader is asked: of the searches behind a reply, those that are undecided."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answering.second_opinion import (
    Asked,
    Heard,
    SecondReader,
    Worth,
    choices,
    shown,
)
from bot.answering.trail import Search, TextReply


@dataclass(frozen=True)
class Consulting:
    """A reader whose opinion counts, and how long it is waited for."""

    reader: SecondReader
    worth: Worth
    until: float  # of the clock that does not jump

    def heard(self, searches: Sequence[Search]) -> list[Heard | None]:
        """What it says of each; None: it is not asked."""
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            return [None] * len(searches)
        return _heard(self.reader, searches, left_s, counts=True)


def consulting(reader: SecondReader | None, since: float) -> Consulting | None:
    """How a reader takes part in a reply; None: it does not.

    Args:
        reader: The company's, if it has one.
        since: From when on the asker waits, of the clock that does not jump.
    """
    worth = reader.worth if reader else None
    if reader is None or worth is None:
        return None
    return Consulting(reader, worth, since + reader.timeout_s)


def observed(text: TextReply, reader: SecondReader | None, is_awaited: bool = True) -> TextReply:
    """With what a reader says of its undecided searches, of which the reply was made without it.

    Args:
        text: A reply to free text.
        reader: The company's, if it has one.
        is_awaited: Whether somebody waits for it; else it is only asked.
    """
    if reader is None:
        return text
    searches = [search for search in text.deciding if search.heard is None]
    within_s = reader.timeout_s if is_awaited else 0.0
    said = _heard(reader, searches, within_s, counts=False)
    heard = {id(search): found for search, found in zip(searches, said, strict=True)}
    whole, *parts = (
        replace(search, heard=heard.get(id(search), search.heard))
        for search in (text.whole, *text.parts)
    )
    return replace(text, whole=whole, parts=tuple(parts))


def _heard(
    reader: SecondReader, searches: Sequence[Search], within_s: float, counts: bool
) -> list[Heard | None]:
    asked = [shown(search.result.candidates, search.decision) for search in searches]
    opinions = iter(
        reader.read(
            [
                Asked(search.text, choices(candidates))
                for search, candidates in zip(searches, asked, strict=True)
                if candidates
            ],
            within_s,
        )
    )
    return [
        Heard(candidates, opinion := next(opinions), counts and opinion is not None)
        if candidates
        else None
        for candidates in asked
    ]
