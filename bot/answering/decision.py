"""Answer, offer or decline: how sure the matcher must be (IR_CAUTION).

The price: an answer is worth two or three helpful offers, a wrong one costs fifty, so an answer
pays from 50/52.6 ≈ .95 on. The *fit* phrasings agree, each company judged by a confidence learned
on the others (tests/bench/fit_confidence.py): at most 1 % of the answers wrong from .94 on, 3 %
of the near misses answered from .92, and 5 % wrong from .82, which is `normal`. Below the floor
falls what no record is about.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import Caution
from bot.message import Band, Hit

_ANSWER = {"strict": 0.95, "normal": 0.82, "open": 0.60}
_SUGGEST = 0.075
# On *fit*, half of the hits of a newer record above this answer the same; below it, one in fifteen.
AS_LIKELY = 0.3
_NEAR, _BESIDE = 0.05, 5


def limits(caution: Caution) -> tuple[float, float]:
    """From which confidence on the best hit is answered, and offered."""
    return _ANSWER[caution], _SUGGEST


def decide(hits: Sequence[Hit], caution: Caution) -> Band:
    """The band of the best hit; one that is ambiguous is only offered, however sure."""
    if hits and hits[0].confidence >= _ANSWER[caution] and not hits[0].is_ambiguous:
        return "answer"
    if hits and hits[0].confidence >= _SUGGEST:
        return "suggest"
    return "decline"


def alternatives(hits: Sequence[Hit]) -> list[Hit]:
    """What stands beside the best hit: hits of newer records, and the best of other companies.

    Returns:
        At most five, best first. Of another company only what is likely meant; of a newer record
        whatever is near, for an older answer must not hide it.
    """
    first, *others = hits
    found: list[Hit] = []
    other_companies: set[str] = set()
    for hit in others:
        company = hit.record.company_code
        if company == first.record.company_code:
            is_newer = hit.record.last_event.end > first.record.last_event.end
            if is_newer and hit.confidence >= _NEAR:
                found.append(hit)
        elif hit.confidence >= AS_LIKELY and company not in other_companies:
            other_companies.add(company)
            found.append(hit)
    return found[:_BESIDE]
