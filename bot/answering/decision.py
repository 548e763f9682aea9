"""Answer, likely, offer or decline: how sure the matcher must be (IR_CAUTION).

The price: an answer is worth two or three helpful offers, a wrong one costs fifty, so an answer
pays from 50/52.6 ≈ .95 on. The *fit* phrasings agree, each company judged by a confidence learned
on the others (tests/bench/fit_confidence.py): at most 2 % of the answers wrong from .932 on, 3 %
of the near misses answered from .933, and 5 % wrong from .707, which `normal` keeps a little above.

An official answer that is shown without a claim costs a wrong first sight, about what a right one
saves: between .35 and .5 half of them are right. Below .08 lie 88 % of the messages about other
things and 2.6 % of those in scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.answering.matters import at_other_events, filed_first, speaker
from bot.config import Caution
from bot.matching.ranking import Candidate, holds_all
from bot.matching.standing import is_same_matter
from bot.message import Band, Hit, Lead

_ANSWER = {"strict": 0.93, "normal": 0.75, "open": 0.55}
_LIKELY = 0.42
_SUGGEST = 0.08
OFFERED, BESIDE_LIKELY = 5, 3  # to pick from
_WORTH = 0.2  # of the best one's confidence: what is offered beside it; .3 loses 2 % of helped
# On *fit*, half of the hits of another company above this answer the same.
_CONTESTS = 0.3


@dataclass(frozen=True)
class Decision:
    """What is made of the candidates of one search."""

    band: Band
    first: Candidate | None = None  # that is answered, or shown first
    is_likely: bool = False  # in the band "suggest": the first one's official answer is shown
    offers: tuple[Candidate, ...] = ()  # to pick from, the first one among them
    other_events: tuple[Candidate, ...] = ()  # the same matter, newest first
    contested: tuple[Candidate, ...] = ()  # of other companies, as near
    lead: Lead = Lead.NEAR
    disputed: Candidate | None = None  # that would be answered, were it not for another one


def limits(caution: Caution) -> tuple[float, float]:
    """From which confidence on the best hit is answered, and offered."""
    return _ANSWER[caution], _SUGGEST


def least_offered() -> float:
    """From which confidence on the best hit is offered."""
    return _SUGGEST


def is_likely_meant(hit: Hit) -> bool:
    """Whether a hit that may be shown at once is likely enough for that."""
    return hit.confidence >= _LIKELY


def decide(
    ranked: Sequence[Candidate], caution: Caution, disputed: Candidate | None = None
) -> Decision:
    """What to make of a search.

    Args:
        ranked: Its candidates, best first.
        caution: How sure the bot must be to answer; what is only shown does not depend on it.
        disputed: Another one that would be answered as well, so that none is, and both are offered.
    """
    if not ranked or ranked[0].confidence < _SUGGEST:
        return Decision("decline")
    ranked = filed_first(ranked)
    best = ranked[0]
    chosen = speaker(ranked)
    contested = tuple(_of_other_companies(ranked))
    others = tuple(at_other_events(ranked, chosen))
    is_sure = max(best.confidence, chosen.confidence) >= _ANSWER[caution]
    if is_sure and not disputed and not contested and "ambiguous" not in best.caps:
        return Decision("answer", chosen, other_events=others)
    if "ambiguous" in best.caps:
        offers = _distinct([best, *(item for item in ranked[1:] if holds_all(item))])
        return Decision("suggest", best, offers=offers[:OFFERED], lead=Lead.SEVERAL)
    is_likely = best.confidence >= _LIKELY and not best.conflicts
    offers = _offers(ranked, chosen, (disputed, *contested) if disputed else contested)
    lead = Lead.COMPANIES if contested else Lead.NEAR
    return Decision(
        "suggest",
        chosen,
        is_likely,
        offers[: BESIDE_LIKELY + 1 if is_likely else OFFERED],
        others,
        contested,
        lead,
    )


def _offers(
    ranked: Sequence[Candidate], first: Candidate, contested: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """What is worth a look beside the first one, one for each matter."""
    least = _WORTH * ranked[0].confidence
    near = sorted(
        (item for item in ranked[1:] if item.confidence >= least), key=lambda item: -item.confidence
    )
    return _distinct([first, *contested, ranked[0], *near])


def _distinct(items: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """One for each matter, in order."""
    chosen: list[Candidate] = []
    for item in items:
        if not any(is_same_matter(item.passage, other.passage) for other in chosen):
            chosen.append(item)
    return tuple(chosen)


def _of_other_companies(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The best of each other company that is likely meant."""
    own = ranked[0].passage.record.company_code
    found: dict[str, Candidate] = {}
    for item in ranked[1:]:
        company = item.passage.record.company_code
        if company != own and item.confidence >= _CONTESTS:
            found.setdefault(company, item)
    return list(found.values())
