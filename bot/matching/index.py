"""An immutable index over stored questions: message → Hits, best first, with a confidence.

Each question, and each part of a compound one, is a unit of its own. Units are ranked by BM25
over the question plus BM25 over question and answer as one text: people ask for words that only
the answer holds. The confidence is the share of the message's information (idf) that the first
unit holds, lowered where the runner-up with another answer is nearly as good. It never reorders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from bot.matching.bm25 import BM25
from bot.matching.repair import Repair
from bot.matching.text import normalise, terms
from bot.message import Hit
from bot.record import Question, Record

_QUESTION_WEIGHT = 0.5  # of BM25 over the question alone, beside that over question and answer
_SAME_ANSWER = 90.0  # rapidfuzz ratio of two normalised answers, 0-100
_SAME_ANSWER_POOL = 40  # hits looked at for the same answer


@dataclass(frozen=True)
class _Unit:
    record: Record
    question: Question
    part: int | None
    asked: str  # normalised
    answered: str  # normalised


class Index:
    """Stored questions, ready to be searched from any thread."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = tuple(records)
        self._units = [unit for record in records for unit in _units(record)]
        asked = [terms(unit.asked) for unit in self._units]
        both = [own + terms(unit.answered) for own, unit in zip(asked, self._units, strict=True)]
        self._asked = BM25(asked)
        self._both = BM25(both)
        self._held = [frozenset(document) for document in both]
        self._repair = Repair(text for unit in self._units for text in (unit.asked, unit.answered))
        self._company = np.array([unit.record.company_code for unit in self._units])
        self._day = np.array(
            [unit.record.last_event.end for unit in self._units], dtype="datetime64[D]"
        )

    def search(
        self,
        text: str,
        *,
        company: str | None = None,
        as_of: date | None = None,
        limit: int = 10,
    ) -> list[Hit]:
        """Rank the stored questions for a message.

        Args:
            text: What was typed.
            company: Six digits: only this company's records.
            as_of: Only records with an event date up to here.
            limit: The most hits to return.

        Returns:
            One hit per question, best first; empty when no term of the message is stored.
        """
        query = set(terms(self._repair(normalise(text))))
        if not query or not self._units:
            return []
        scores = self._both.scores(query) + _QUESTION_WEIGHT * self._asked.scores(query)
        scores[~self._in_scope(company, as_of)] = 0
        ranked = self._best_per_question(scores, limit)
        confidence = self._confidence(query, ranked, scores)
        return [
            Hit(unit.record, unit.question, confidence[at], unit.part)
            for at, unit in enumerate(self._units[i] for i in ranked)
        ]

    def same_answer(self, hit: Hit) -> list[Hit]:
        """Other stored questions of the company with a near-identical answer, newest first."""
        answer = normalise(_answer_of(hit.question, hit.part))
        found = self.search(answer, company=hit.record.company_code, limit=_SAME_ANSWER_POOL)
        same = [
            other
            for other in found
            if other.id != hit.id
            and fuzz.ratio(answer, normalise(_answer_of(other.question, other.part)))
            >= _SAME_ANSWER
        ]
        return sorted(same, key=lambda other: other.record.event_date, reverse=True)

    def _in_scope(self, company: str | None, as_of: date | None) -> NDArray[np.bool_]:
        scope = np.ones(len(self._units), dtype=np.bool_)
        if company is not None:
            scope &= self._company == company
        if as_of is not None:
            scope &= self._day <= np.datetime64(as_of)
        return scope

    def _best_per_question(self, scores: NDArray[np.float64], limit: int) -> list[int]:
        """Units with a score, best first, the best one of each question only."""
        chosen: dict[tuple[str, int], int] = {}
        for at in np.argsort(-scores, kind="stable"):
            if scores[at] <= 0 or len(chosen) >= limit:
                break
            unit = self._units[at]
            chosen.setdefault((unit.record.id, unit.question.number), int(at))
        return list(chosen.values())

    def _confidence(
        self, query: set[str], ranked: list[int], scores: NDArray[np.float64]
    ) -> list[float]:
        information = {term: self._both.idf(term) for term in query}
        total = sum(information.values())
        shares = [
            sum(weight for term, weight in information.items() if term in self._held[at]) / total
            for at in ranked
        ]
        if not shares:
            return []
        rival = next((at for at in ranked[1:] if not self._same(ranked[0], at)), None)
        margin = 1 - scores[rival] / scores[ranked[0]] if rival is not None else 1.0
        # Provisional: half of the doubt left by a close runner-up.
        surest = shares[0] * (0.5 + 0.5 * min(margin / 0.25, 1.0))
        return [min(surest, share) if at else surest for at, share in enumerate(shares)]

    def _same(self, one: int, other: int) -> bool:
        first, second = self._units[one].answered, self._units[other].answered
        return fuzz.ratio(first, second) >= _SAME_ANSWER


def _units(record: Record) -> Iterable[_Unit]:
    for question in record.questions:
        for part in (None, *(part.number for part in question.parts)):
            yield _Unit(
                record,
                question,
                part,
                normalise(_question_of(question, part)),
                normalise(_answer_of(question, part)),
            )


def _question_of(question: Question, part: int | None) -> str:
    return (question.part_question(part) if part else None) or question.question


def _answer_of(question: Question, part: int | None) -> str:
    return (question.part_answer(part) if part else None) or question.answer
