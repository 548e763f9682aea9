"""Where a company was asked of the same matter at other events."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from bot.matching.index import Index
from bot.message import Hit
from bot.record import Record

_MOST = 3  # of the earlier answers to a question, and of the later ones, that are linked


@dataclass(frozen=True)
class SameQuestion:
    """The answers about a question's matter at other events, newest first."""

    earlier: tuple[Hit, ...]
    later: tuple[Hit, ...]

    @property
    def linked(self) -> SameQuestion:
        """The newest of them."""
        return SameQuestion(self.earlier[:_MOST], self.later[:_MOST])


class SameQuestions:
    """Knows what each company was asked; one is looked through when it is first wanted."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._of_company: dict[str, dict[str, list[Hit]]] = {}
        self._lock = threading.Lock()  # a company is looked through once, whoever wants it first

    def of(self, record: Record) -> dict[int, SameQuestion]:
        """By number, those of a record's questions whose matter was asked of at other events."""
        found = {item.number: self.of_question(record, item.number) for item in record.questions}
        return {number: same for number, same in found.items() if same.earlier or same.later}

    def of_question(self, record: Record, number: int) -> SameQuestion:
        """Those of one question."""
        company = record.company_code
        with self._lock:
            if company not in self._of_company:
                alike = self._index.same_matters(company)
                self._of_company[company] = {
                    id_: sorted(hits, key=_event, reverse=True) for id_, hits in alike.items()
                }
        newest_first = self._of_company[company].get(f"{record.id}#{number}", [])
        question = record.question(number)
        day = (question.day if question else None) or record.last_event.end
        return SameQuestion(
            tuple(hit for hit in newest_first if _event(hit) < day),
            tuple(hit for hit in newest_first if _event(hit) > day),
        )


def _event(hit: Hit) -> date:
    return hit.record.last_event.end
