"""Which paragraphs of narratives join what is offered for a message, and where."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from bot.matching.standing import SAME_ANSWER
from bot.message import Hit

# On *fit* (python -m tests.bench.fit_narrative), of 34 messages that only a paragraph answers, 25
# have the right one first from here on, and 7 of 200 near misses have any.
_OFFERED_FROM = 0.1
# Where no stored question is near, paragraphs are all there is, as for a company that files its
# answers as one text. With the answers of *fit* stored so, 309 of 513 messages get one from here
# on, 253 of them the right one first; so do 54 of 196 near misses and 3 of 88 about other things.
_ALONE_FROM = 0.02
_MOST = 2
_FIGURE = re.compile(r"\d[\d.]*")


def with_paragraphs(
    offers: Sequence[Hit], paragraphs: Sequence[Hit], *, alone: bool = False
) -> list[Hit]:
    """The offers, with the paragraphs that are likely enough.

    A paragraph stands before the questions where it says what is asked likelier than any of them
    answers it, else behind the first one.

    Args:
        offers: Stored questions to pick from, best first; none: nothing is near.
        paragraphs: That the message may mean, likeliest first.
        alone: No stored question is near, not even one that is not offered.
    """
    least = _ALONE_FROM if alone else _OFFERED_FROM
    left = [hit for hit in paragraphs if hit.confidence >= least]
    told: list[Hit] = []
    while left and len(told) < _MOST:
        same = [hit for hit in left if _says_the_same(hit, left[0])]
        told.append(max(same, key=lambda hit: hit.record.last_event.end))
        left = [hit for hit in left if hit not in same]
    best = max((hit.confidence for hit in offers), default=0.0)
    ahead = [hit for hit in told if hit.confidence > best]
    behind = [hit for hit in told if hit not in ahead]
    return [*ahead, *offers[:1], *behind, *offers[1:]]


def _says_the_same(one: Hit, other: Hit) -> bool:
    """Whether two paragraphs are of one wording and of the same figures.

    A company says the same at every event, and the newest speaks for all; a year later the same
    words hold other figures.
    """
    said, again = one.question.answer, other.question.answer
    return (
        one.record.company_code == other.record.company_code
        and _FIGURE.findall(said) == _FIGURE.findall(again)
        and fuzz.ratio(said, again) >= SAME_ANSWER
    )
