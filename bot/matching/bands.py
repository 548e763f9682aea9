"""Answer, offer or decline: how sure the matcher must be (IR_CAUTION).

The thresholds are provisional: chosen by hand, not yet fitted to judged phrasings.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import Caution
from bot.message import Band, Hit

_ANSWER = {"strict": 0.70, "normal": 0.60, "open": 0.50}
_SUGGEST = 0.20


def choose(hits: Sequence[Hit], caution: Caution) -> Band:
    """The band of the best hit."""
    if hits and hits[0].confidence >= _ANSWER[caution]:
        return "answer"
    if hits and hits[0].confidence >= _SUGGEST:
        return "suggest"
    return "decline"
