"""Where a company was asked the same at other events.

To read one question's words takes 35 µs, so a company's 2,000 take longer than its page may. They
stay known when records change, and `prepare` reads them while nobody waits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.matching.lexicon import Lexicon
from bot.matching.question_key import QuestionKey, matter_words, question_key
from bot.message import Hit
from bot.record import Record

_MOST = 3  # of the earlier answers to a question, and of the later ones
_AT_ONCE = 50  # questions that are read before others have their turn: 2 ms
_BETWEEN_S = 0.002
_PREPARED = 200_000  # questions; of a larger store only what is wanted is read

# By record id and number of the question: all who ask the same, itself too, newest first.
_Asked = dict[str, dict[int, list[Hit]]]


@dataclass(frozen=True)
class SameQuestion:
    """The newest answers that one question got at other events, newest first."""

    earlier: tuple[Hit, ...]
    later: tuple[Hit, ...]


class QuestionKeys:
    """What questions ask, each read once. Safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._words: dict[int, int] = {}  # hashes: few questions are alike, and those have a key
        self._keys: dict[tuple[str, date], QuestionKey] = {}

    def words(self, question: str) -> int:
        """Equal for questions with equal words; for others as good as never."""
        known = self._words.get(hash(question))
        if known is None:
            known = self._words[hash(question)] = hash(matter_words(question))
        return known

    def key(self, question: str, day: date) -> QuestionKey:
        """As `question_key`, which takes twice as long as the words."""
        known = self._keys.get((question, day))
        if known is None:
            known = self._keys[question, day] = question_key(question, day, self.lexicon)
        return known


class SameQuestions:
    """Knows what each company was asked; one is looked through when it is first wanted."""

    def __init__(self, companies: Mapping[str, Sequence[Record]], keys: QuestionKeys) -> None:
        """
        Args:
            companies: The records of each, newest event first.
            keys: As far as they are known.
        """
        self._companies = companies
        self._keys = keys
        self._asked: dict[str, _Asked] = {}
        self._found: dict[str, dict[int, SameQuestion]] = {}

    def of(self, record: Record) -> dict[int, SameQuestion]:
        """By number, those of a record's questions that were asked at other events too."""
        if record.id not in self._found:
            self._found[record.id] = dict(self._find(record))
        return self._found[record.id]

    def _find(self, record: Record) -> Iterator[tuple[int, SameQuestion]]:
        day = record.last_event.end
        for number, hits in self._of_company(record.company_code).get(record.id, {}).items():
            earlier = [hit for hit in hits if hit.record.last_event.end < day]
            later = [hit for hit in hits if hit.record.last_event.end > day]
            if earlier or later:
                yield number, SameQuestion(tuple(earlier[:_MOST]), tuple(later[:_MOST]))

    def _of_company(self, company: str) -> _Asked:
        if company not in self._asked:
            self._asked[company] = self._look_through(self._companies.get(company, ()))
        return self._asked[company]

    def prepare(self) -> None:
        """Read what all companies were asked, and let others have their turn in between."""
        records = [record for own in self._companies.values() for record in own]
        if sum(len(record.questions) for record in records) > _PREPARED:
            return
        read = 0
        for record in records:
            for question in record.questions:
                self._keys.words(question.question)
                read += 1
                if read % _AT_ONCE == 0:
                    time.sleep(_BETWEEN_S)
        for company in self._companies:
            self._of_company(company)
            time.sleep(_BETWEEN_S)

    def _look_through(self, records: Sequence[Record]) -> _Asked:
        questions = [
            (self._keys.words(question.question), record, question)
            for record in records
            for question in record.questions
            if question.kind != "narrative"
        ]
        count = Counter(words for words, _, _ in questions)
        again = [
            (words, Hit(record, item, 1.0)) for words, record, item in questions if count[words] > 1
        ]
        asked: _Asked = {}
        for hits in _groups(again):
            for same in _groups((self._key(hit), hit) for hit in hits):
                for hit in same:
                    asked.setdefault(hit.record.id, {})[hit.question.number] = same
        return asked

    def _key(self, hit: Hit) -> QuestionKey:
        return self._keys.key(hit.question.question, hit.record.last_event.end)


def _groups(keyed: Iterable[tuple[object, Hit]]) -> list[list[Hit]]:
    """What has the same key, where it is several."""
    groups: dict[object, list[Hit]] = {}
    for key, hit in keyed:
        groups.setdefault(key, []).append(hit)
    return [hits for hits in groups.values() if len(hits) > 1]
