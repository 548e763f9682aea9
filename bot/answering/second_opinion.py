"""A second reader's opinion: which of the candidates answers a message, or none, and what that
counts.

The reader picks, and that is all: its opinion is a number. It is asked where the matcher is
undecided, and weighed like the result of a test whose worth is known: how much oftener it says so
of a right candidate than of a wrong one, as `irbot eval --reader` measured it, times the odds that
the matcher gives. What limits a candidate (matching/confidence.py) limits it still, no candidate is
added, and what comes of it is decided by the same rules (decision.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Literal, Protocol

from bot.answering.decision import Decision, least_offered
from bot.matching.confidence import CAPS
from bot.matching.ranking import Candidate
from bot.matching.standing import is_same_matter

MOST = 5  # choices
# Above it the matcher is sure of its answer, as it is without looking at meaning (index.py).
_SURE = 0.97
_LOOKED_AT = 12  # candidates; what stands behind them is far from offered
_LEAST, _MOST = 1e-4, 1 - 1e-4  # of a confidence, for its odds

Said = Literal["sure", "unsure", "another", "none"]  # of one choice: picked so, or not picked
SAID: tuple[Said, ...] = ("sure", "unsure", "another", "none")


@dataclass(frozen=True)
class Choice:
    """A stored question as the reader is shown it."""

    question: str
    answer: str
    event_date: str


@dataclass(frozen=True)
class Asked:
    """One thing that the reader is asked."""

    text: str  # as typed
    choices: tuple[Choice, ...]  # best first


@dataclass(frozen=True)
class Opinion:
    """What the reader said."""

    pick: int  # place of the choice, from 1; 0: none of them
    is_sure: bool

    def of(self, place: int) -> Said:
        """What it says of the choice at a place, from 1."""
        if self.pick == place:
            return "sure" if self.is_sure else "unsure"
        return "another" if self.pick else "none"


@dataclass(frozen=True)
class Worth:
    """What an opinion adds to the log odds of a candidate, by what it says of it.

    A pick lowers nothing, and what is not picked is not raised, whatever was measured.
    """

    first: Mapping[Said, float]  # of the matcher's first candidate
    other: Mapping[Said, float]  # of another one

    def adds(self, place: int, said: Said) -> float:
        """What is added for the choice at a place, from 1."""
        added = (self.first if place == 1 else self.other).get(said, 0.0)
        return max(0.0, added) if said in ("sure", "unsure") else min(0.0, added)


class SecondReader(Protocol):
    """Whoever reads."""

    @property
    def worth(self) -> Worth | None:
        """What its opinions count; None: they are only shown."""

    def read(self, asked: Sequence[Asked], within_s: float) -> list[Opinion | None]:
        """Its opinions, as far as it has any in so many seconds; with 0 it reads all the same,
        and nobody waits."""

    @property
    def timeout_s(self) -> float:
        """The most that somebody waits for it."""


@dataclass(frozen=True)
class Heard:
    """What the reader was asked about a search, and what it said."""

    shown: tuple[Candidate, ...]  # as the matcher judged them, best first
    opinion: Opinion | None  # None: it said nothing in time, or nothing that can be read
    counts: bool  # whether the decision was made with it

    @property
    def picked(self) -> Candidate | None:
        """The candidate that it picked."""
        opinion = self.opinion
        return self.shown[opinion.pick - 1] if opinion and opinion.pick else None


def shown(ranked: Sequence[Candidate], decision: Decision) -> tuple[Candidate, ...]:
    """The candidates that the reader is asked about, one for each matter; none where the matcher
    is sure, has nothing to offer, or nothing that the reader could say may change the reply.

    Args:
        ranked: What a search found, best first.
        decision: What was made of it.
    """
    first = decision.first
    if first is None or decision.contested or any("ambiguous" in item.caps for item in ranked[:1]):
        return ()
    if decision.band == "answer" and first.confidence >= _SURE:
        return ()
    found: list[Candidate] = []
    for item in ranked[:_LOOKED_AT]:
        if len(found) < MOST and not any(_is_one(item, other) for other in found):
            found.append(item)
    return tuple(found) if any(not item.caps for item in found) else ()


def choices(candidates: Sequence[Candidate]) -> tuple[Choice, ...]:
    """The candidates as the reader is shown them."""
    return tuple(
        Choice(
            item.passage.asked,
            item.passage.answered,
            item.passage.record.of(item.passage.question).event_date,
        )
        for item in candidates
    )


def weighed(
    ranked: Sequence[Candidate], heard: Heard, opinion: Opinion, worth: Worth
) -> tuple[Candidate, ...]:
    """The candidates as they are to be judged with an opinion: the matter that was picked before
    the others, where it is the likelier one now.

    Args:
        ranked: What a search found, best first.
        heard: What the reader was asked.
        opinion: What it said.
        worth: What that counts.
    """
    groups: dict[int, list[Candidate]] = {}  # by the place of the choice, 0 for all else
    for at, item in enumerate(ranked):
        place = _place(item, heard.shown) if at < _LOOKED_AT else 0
        added = worth.adds(place, opinion.of(place)) if place else 0.0
        groups.setdefault(place, []).append(_with_odds(item, added))
    ahead = groups.get(opinion.pick, []) if opinion.pick > 1 else []
    if ahead and ahead[0].confidence <= groups[1][0].confidence:
        ahead = []
    order = {item.at: item for group in groups.values() for item in group}
    first = {item.at for item in ahead}
    return (*ahead, *(order[item.at] for item in ranked if item.at not in first))


def _with_odds(item: Candidate, added: float) -> Candidate:
    """With other odds, within what limits it; what was offered is offered still."""
    if not added or item.is_exact:
        return item
    before = item.confidence
    known = min(max(before, _LEAST), _MOST)
    after = 1 / (1 + exp(-(log(known / (1 - known)) + added)))
    if item.caps:  # they bound it already, so that a lift ends where it is
        after = min(after, before, *(CAPS[cap] for cap in item.caps))
    return replace(item, confidence=max(after, min(before, least_offered())))


def _place(item: Candidate, candidates: Sequence[Candidate]) -> int:
    """Of the choice that is about a candidate's matter, from 1; 0: none."""
    found = (at for at, other in enumerate(candidates, 1) if _is_one(item, other))
    return next(found, 0)


def _is_one(item: Candidate, other: Candidate) -> bool:
    return item.at == other.at or is_same_matter(item.passage, other.passage)
