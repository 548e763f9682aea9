"""What several people picked for like messages: another wording of what they picked.

Their own words are then proposed, the ones most of them typed first. It needs the desk's approval,
and a question is proposed nothing like what was proposed for it before, whatever became of that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store import Alias
from bot.teaching.misses import is_alike

PEOPLE = 2  # different ones: what one person picks may be a mistake, or a whim

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Picked:
    """Like messages by different people, and the question they all picked."""

    question_id: str  # full
    texts: tuple[str, ...]  # the one most often typed first, then newer ones


def picked_by_several(picks: Iterable[Row]) -> Iterator[Picked]:
    """What may be proposed.

    Args:
        picks: Of the store, oldest first.
    """
    of_question: dict[str, list[Row]] = {}
    for row in picks:
        if row["user"]:
            of_question.setdefault(row["question_id"], []).append(row)
    for question_id, rows in of_question.items():
        for alike in _groups(rows):
            people = {(row["platform"], row["workspace"], row["user"]) for row in alike}
            if len(people) >= PEOPLE:
                typed = Counter(row["text"].strip() for row in reversed(alike))
                yield Picked(question_id, tuple(text for text, _ in typed.most_common()))


def was_proposed(picked: Picked, aliases: Sequence[Alias]) -> bool:
    """Whether the question has, or had, a wording like these."""
    return any(
        is_alike(alias.text, text)
        for alias in aliases
        if alias.question_id == picked.question_id
        for text in picked.texts
    )


def _groups(rows: Iterable[Row]) -> list[list[Row]]:
    """The messages by likeness to the first one of a group."""
    groups: list[list[Row]] = []
    for row in rows:
        alike = next((own for own in groups if is_alike(own[0]["text"], row["text"])), None)
        if alike is None:
            groups.append([row])
        else:
            alike.append(row)
    return groups
