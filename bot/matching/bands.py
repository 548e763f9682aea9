"""Answer, offer or decline: how sure the matcher must be (IR_CAUTION).

The thresholds come from the *fit* phrasings, each company judged by a confidence learned on the
others (tests/bench/fit_confidence.py): at most 2 % of the answers wrong from .92 on, 5 % from .79.
`strict` lies above that, for the near misses: there 3 % of them are answered. Below the floor falls
what no record is about.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import Caution
from bot.message import Band, Hit

_ANSWER = {"strict": 0.93, "normal": 0.80, "open": 0.60}
_SUGGEST = 0.15


def limits(caution: Caution) -> tuple[float, float]:
    """From which confidence on the best hit is answered, and offered."""
    return _ANSWER[caution], _SUGGEST


def choose(hits: Sequence[Hit], caution: Caution) -> Band:
    """The band of the best hit."""
    if hits and hits[0].confidence >= _ANSWER[caution]:
        return "answer"
    if hits and hits[0].confidence >= _SUGGEST:
        return "suggest"
    return "decline"
