"""What keeps a stored question from ever being the answer to a text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.matching.facets import conflicts
from bot.matching.index import Index
from bot.matching.passages import Passage
from bot.matching.profile import read_profile

Objector = Literal[
    "other company", "unknown company", "sensitive", "other event", "aside", "guards"
]


@dataclass(frozen=True)
class Objection:
    """One of them, with what it is about."""

    by: Objector
    about: tuple[str, ...] = ()  # names, sensitive words, or the guards of facets.conflicts


def objection(index: Index, text: str, passage: Passage, today: date) -> Objection | None:
    """The first objection to answering a text with a stored question; None: there is none.

    Args:
        index: That holds the question.
        text: As somebody might type it.
        passage: The question, or a part of it.
        today: From which 今年 is counted.
    """
    collection, query, record = index.collection, index.query(text, today), passage.record
    if query.facets.aside:
        return Objection("aside")
    named = collection.names.companies(query.text)
    if named and record.company_code not in named:
        return Objection("other company")
    profile = read_profile(passage, index.lexicon)  # without other words for the question
    unknown = index.unknown_companies(query)
    if unknown and not any(name in profile.stored.text for name in unknown):
        return Objection("unknown company", unknown)
    events = index.shelf.records_named(query.text)
    if events and record.id not in events:
        return Objection("other event")
    sensitive = index.lexicon.sensitive
    if sensitive.lines(query.text) - profile.sensitive:
        words = (query.text[start:end] for start, end, _ in sensitive.find(query.text))
        return Objection("sensitive", tuple(words))
    own = collection.names.of_company[record.company_code]
    against = tuple(conflicts(query.facets, profile.stored, own))
    return Objection("guards", against) if against else None
