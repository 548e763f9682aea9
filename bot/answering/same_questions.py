"""Where a company was asked the same at other events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.matching.lexicon import Lexicon
from bot.matching.question_key import QuestionKey, matter_words, question_key
from bot.message import Hit
from bot.record import Record

_MOST = 3  # of the earlier answers to a question, and of the later ones

# By record id and number of the question: all who ask the same, itself too, newest first.
_Asked = dict[str, dict[int, list[Hit]]]


@dataclass(frozen=True)
class SameQuestion:
    """The newest answers that one question got at other events, newest first."""

    earlier: tuple[Hit, ...]
    later: tuple[Hit, ...]


class SameQuestions:
    """Knows what each company was asked; one is looked through when it is first wanted."""

    def __init__(self, companies: Mapping[str, Sequence[Record]], lexicon: Lexicon) -> None:
        """
        Args:
            companies: The records of each, newest event first.
            lexicon: The word lists.
        """
        self._companies = companies
        self._lexicon = lexicon
        self._asked: dict[str, _Asked] = {}
        self._found: dict[str, dict[int, SameQuestion]] = {}

    def of(self, record: Record) -> dict[int, SameQuestion]:
        """By number, those of a record's questions that were asked at other events too."""
        if record.id not in self._found:
            self._found[record.id] = dict(self._find(record))
        return self._found[record.id]

    def _find(self, record: Record) -> Iterator[tuple[int, SameQuestion]]:
        company = record.company_code
        if company not in self._asked:
            self._asked[company] = self._look_through(self._companies.get(company, ()))
        days = {item.number: item.day for item in record.questions}
        for number, hits in self._asked[company].get(record.id, {}).items():
            day = days.get(number) or record.last_event.end
            earlier = [hit for hit in hits if hit.record.last_event.end < day]
            later = [hit for hit in hits if hit.record.last_event.end > day]
            if earlier or later:
                yield number, SameQuestion(tuple(earlier[:_MOST]), tuple(later[:_MOST]))

    def _look_through(self, records: Sequence[Record]) -> _Asked:
        questions = [
            Hit(record.of(question), question, 1.0)
            for record in records
            for question in record.questions
            if question.kind != "narrative"
        ]
        asked: _Asked = {}
        for hits in _groups((matter_words(hit.question.question), hit) for hit in questions):
            # The key proper takes five times as long as the words, and few are asked again.
            for same in _groups((self._key(hit), hit) for hit in hits):
                for hit in same:
                    asked.setdefault(hit.record.id, {})[hit.question.number] = same
        return asked

    def _key(self, hit: Hit) -> QuestionKey:
        return question_key(hit.question.question, hit.record.last_event.end, self._lexicon)


def _groups(keyed: Iterable[tuple[object, Hit]]) -> list[list[Hit]]:
    """What has the same key, where it is several."""
    groups: dict[object, list[Hit]] = {}
    for key, hit in keyed:
        groups.setdefault(key, []).append(hit)
    return [hits for hits in groups.values() if len(hits) > 1]
