"""How a candidate stands among the others that a search found.

A message that is meant for one stored question sets it apart, by words and by meaning; one that
nothing answers finds several about as near. What asks or answers the same, at another event or
twice in a record, is no rival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import Protocol

from rapidfuzz import fuzz

from bot.matching.features import Features
from bot.matching.passages import Passage

SAME_ANSWER = 90.0  # rapidfuzz ratio of two answers, 0-100
SAME_QUESTION = 80.0  # of two questions asked at different events
_LEAST_SPREAD = 0.02  # of similarities: below it all are alike


@dataclass(frozen=True)
class Standing:
    """Against the candidates about other matters; the differences lie between -1 and 1."""

    first_by_words: bool = False
    first_by_meaning: bool = False  # False where meaning was not compared
    ahead_by_words: float = 0.0  # of the best rival's score by words
    ahead_by_meaning: float = 0.0  # the question's similarity, of the best rival's
    ahead_in_question: float = 0.0  # share of the message that the question holds, likewise
    apart: float = 0.0  # similarity above the candidates' mean, in their standard deviations
    told_again: int = 0  # candidates about the same matter


class Ranked(Protocol):
    """A candidate, before its confidence."""

    @property
    def passage(self) -> Passage: ...

    @property
    def features(self) -> Features: ...

    @property
    def conflicts(self) -> tuple[str, ...]: ...


def is_same_answer(one: Passage, other: Passage) -> bool:
    """Whether two stored questions have near-identical answers."""
    return fuzz.ratio(one.answered, other.answered, score_cutoff=SAME_ANSWER) > 0


def is_same_record(one: Passage, other: Passage) -> bool:
    """Whether two passages are of one record."""
    return one.record is other.record or one.record.id == other.record.id


def is_same_matter(one: Passage, other: Passage) -> bool:
    """Whether two stored questions ask the same at different events, or are answered alike."""
    if one.record.company_code != other.record.company_code:
        return False
    if is_same_answer(one, other):
        return True
    is_elsewhen = one.record.is_written or not is_same_record(one, other)
    return is_elsewhen and fuzz.ratio(one.asked, other.asked, score_cutoff=SAME_QUESTION) > 0


def standings(ranked: Sequence[Ranked], most: int) -> list[Standing]:
    """The standing of each of the first candidates, best first.

    Args:
        ranked: All candidates of a search.
        most: How many standings to return.
    """
    words = [item.features.by_words for item in ranked]
    like = [item.features.similarity for item in ranked]
    known = [value for value in like if value is not None]
    middle = fmean(known) if known else 0.0
    spread = pstdev(known) + _LEAST_SPREAD if known else 1.0
    best_by_words, best_by_meaning = max(words, default=0.0), max(known, default=0.0)
    found = []
    for at, (item, same) in enumerate(zip(ranked, _same_matters(ranked, most), strict=False)):
        rivals = [
            place
            for place, other in enumerate(ranked)
            if place != at and place not in same and not other.conflicts
        ]
        own, asked = like[at], item.features.similarity_asked
        found.append(
            Standing(
                first_by_words=words[at] >= best_by_words,
                first_by_meaning=own is not None and own >= best_by_meaning,
                ahead_by_words=words[at] - max((words[place] for place in rivals), default=0.0),
                ahead_by_meaning=0.0
                if asked is None
                else asked - max((like[place] or 0.0 for place in rivals), default=0.0),
                ahead_in_question=item.features.question
                - max((ranked[place].features.question for place in rivals), default=0.0),
                apart=0.0 if own is None else (own - middle) / spread,
                told_again=len(same),
            )
        )
    return found


def _same_matters(ranked: Sequence[Ranked], most: int) -> list[set[int]]:
    """Of each of the first candidates, which others are about the same matter; each pair is
    compared once."""
    found: list[set[int]] = [set() for _ in ranked[:most]]
    for at, own in enumerate(found):
        passage = ranked[at].passage
        for place in range(at + 1, len(ranked)):
            if is_same_matter(passage, ranked[place].passage):
                own.add(place)
                if place < len(found):
                    found[place].add(at)
    return found
