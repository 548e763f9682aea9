"""What people outside the company may be told: one rule, over every reply that goes to them.

    kinds    what the record says, and what the bot says of itself; nothing of the desk's
    records  each that a reply names or quotes may be shown now, by the library
    words    how to ask, without what only members may order

A library holds nothing else, so that the rule is kept wherever a reply is made; here it is held.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

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
from bot.wording.presentation import Words

log = logging.getLogger(__name__)


def limited(considered: Considered, library: Library, words: Words) -> Considered:
    """What was considered, with the reply that may go outside.

    Args:
        considered: A message of somebody outside, with its reply.
        library: What may be shown.
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
        case Listing(record=record):
            return library.shows(record.id)
        case Answer() | Likely() | Suggest() | Statement():
            return all(library.shows(hit.full_id) for hit in _hits(reply))
    return False


def _hits(reply: Answer | Likely | Suggest | Statement) -> Iterator[Hit]:
    match reply:
        case Statement(hit=hit):
            yield hit
        case Likely(hits=hits) | Suggest(hits=hits):
            yield from hits
        case Answer():
            yield from (*reply.hits, *reply.related, *reply.newer, *reply.earlier)
            yield from (hit for _, hit in (*reply.likely, *reply.similar))
