"""What people outside the company may be told: one rule, over every reply that goes to them.

    kinds    what the record says, and what the bot says of itself; nothing of the desk's
    records  each that a reply names or quotes, in whichever field, is in the library of outsiders
    words    how to ask, without what only members may order

That library holds what may be shown now and the company has published: filed records and answers
on the exchanges' platforms, no row of a sheet, which nothing proves. So the rule is kept wherever a
reply is made; here it is held.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace

from bot.answering.library import Library
from bot.answering.trail import Considered
from bot.message import (
    Answer,
    Decline,
    Help,
    Hit,
    Likely,
    Listing,
    Message,
    Notice,
    Reply,
    Statement,
    Suggest,
)
from bot.record import Record
from bot.wording.presentation import Words

log = logging.getLogger(__name__)


def limited(considered: Considered, library: Library, words: Words) -> Considered:
    """What was considered, with the reply that may go outside.

    Args:
        considered: A message of somebody outside, with its reply.
        library: What may be shown to them.
        words: For the bot's own sentences.
    """
    return replace(considered, reply=_limited(considered.reply, library, words))


def _limited(reply: Reply, library: Library, words: Words) -> Reply:
    match reply:
        case Help():
            return Help(for_outsiders=True)
        case Decline():
            return replace(reply, for_desk="")
        case Notice() if not library.records:
            return Notice(words.no_records())
    if not _may_leave(reply, library):
        log.error("a reply of kind %s was kept from people outside", type(reply).__name__)
        return Decline(library.coverage(Message("")))
    return reply


def _may_leave(reply: Reply, library: Library) -> bool:
    """Whether it is of the kinds that may, and holds nothing that may not be shown."""
    match reply:
        case Notice():
            return not reply.mentions
        case Answer() | Likely() | Suggest() | Statement() | Listing():
            return all(_is_shown(found, library) for found in _held(reply))
    return False


def _is_shown(found: Hit | Record, library: Library) -> bool:
    """Of a hit its one question is shown, of a record as such all that is in it."""
    if isinstance(found, Hit):
        return library.shows(found.full_id)
    return library.shows_all_of(found)


def _held(value: object) -> Iterator[Hit | Record]:
    """Whatever official words a value holds, in whichever of its fields."""
    if isinstance(value, Hit | Record):
        yield value
    elif isinstance(value, Mapping):
        yield from _held(tuple(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from _held(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _held(getattr(value, field.name))
