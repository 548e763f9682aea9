"""What people taught of stored questions, as the index takes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.matching.lexicon import Lexicon
from bot.matching.query import Query
from bot.matching.question_key import QuestionKey, question_key


@dataclass(frozen=True)
class Wording:
    """Other words in which a stored question is asked."""

    record_id: str
    number: int
    text: str
    part: int | None = None


@dataclass(frozen=True)
class Rejection:
    """A message that a stored question, or none at all, answers."""

    text: str
    day: date  # on which that was said; 今年 is counted from it
    record_id: str = ""  # empty: none answers it
    place: str = ""  # `4`, `p3`


class Rejections:
    """Which questions do not answer a message; it need not be typed in the very same words."""

    def __init__(self, rejections: Iterable[Rejection], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        """rejections: their texts normalised and repaired, as messages are."""
        self._of: dict[QuestionKey, set[tuple[str, str]]] = {}
        for item in rejections:
            self._of.setdefault(question_key(item.text, item.day, lexicon), set()).add(
                (item.record_id, item.place)
            )

    def __call__(self, query: Query) -> frozenset[tuple[str, str]]:
        """Record id and place of each question; both empty where none answers it."""
        if not self._of:
            return frozenset()
        key = question_key(query.text, query.facets.day, self._lexicon)
        return frozenset(self._of.get(key, ()))


NONE = ("", "")  # no stored question
