"""The answers about a question's matter at all events, with what they tell otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering.figures import Difference, differences
from bot.answering.library import Library
from bot.message import Hit
from bot.record import Question, Record


@dataclass(frozen=True)
class Other:
    """Another answer, and its figures and dates beside those of the question's own."""

    hit: Hit
    differences: tuple[Difference, ...]  # each from the earlier answer to the later one


@dataclass(frozen=True)
class Timeline:
    """One question; each side is the oldest first."""

    own: Hit
    earlier: tuple[Other, ...]
    later: tuple[Other, ...]


def timeline(library: Library, record: Record, question: Question) -> Timeline:
    """What the company said of a question's matter at other events.

    Args:
        library: What may be shown.
        record: One of its records.
        question: One of the record's.
    """
    same = library.same_questions.of_question(record, question.number)
    own = Hit(record, question, 1.0)
    return Timeline(
        own,
        tuple(Other(hit, _told(library, hit, own)) for hit in reversed(same.earlier)),
        tuple(Other(hit, _told(library, own, hit)) for hit in reversed(same.later)),
    )


def _told(library: Library, before: Hit, after: Hit) -> tuple[Difference, ...]:
    return tuple(
        differences(
            before.question.answer,
            before.record.last_event.end,
            after.question.answer,
            after.record.last_event.end,
            library.index.lexicon,
        )
    )
