"""What may be answered now: the store's records, searchable; immutable (current_library.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from bot.answering.replies import Replies
from bot.answering.same_questions import SameQuestions
from bot.commands import Show, ShowRecord
from bot.indexing import Counted
from bot.matching.index import Index
from bot.message import Answer, Coverage, Hit, Message
from bot.record import Record
from bot.store import Looked, Shown, Store, Stored, numbered, typed_id

_TYPED = re.compile(r"[0-9a-z/-]+")  # an id that is spelt as `typed_id` would

# From where on putting a library together takes longer than anybody should wait for what came:
# about 50 ms.
_MANY_RECORDS, _MANY_QUESTIONS = 5_000, 50_000
_FEW = 100  # records that are looked through for a number
_RELATED = 5  # questions with the same answer that are named beside it


@dataclass(frozen=True)
class Library:
    """The records that may be shown, as of a generation of the store.

    There may be very many: lists of them tell what is known without their words, and the words of
    a record are read when somebody looks at it.
    """

    shown: Shown
    index: Index
    store: Store
    counted: Counted = field(repr=False)  # that the index is made of
    # By full id, as found: an answer is compared with all others once, not for every message.
    same: dict[str, tuple[Hit, ...]] = field(default_factory=dict, repr=False)
    replies: Replies = field(default_factory=Replies, repr=False, compare=False)

    @property
    def generation(self) -> int:
        """Of the store."""
        return self.shown.generation

    @property
    def is_silenced(self) -> bool:
        """Whether records are stored and public, and all of them hidden."""
        return self.shown.is_silenced

    @property
    def stored(self) -> Sequence[Stored]:
        """The records with what may be told of their files, newest event first."""
        return self.shown.stored

    @cached_property
    def records(self) -> Sequence[Record]:
        """Newest event first."""
        return Looked(self.stored, _record)

    @property
    def has_many(self) -> bool:
        """Whether there are several records, so that ids are shown in full."""
        return len(self.shown.briefs) > 1

    @cached_property
    def is_large(self) -> bool:
        """Whether it takes long to put together."""
        questions = sum(len(segment.questions) for segment in self.counted.segments)
        return len(self.shown.briefs) > _MANY_RECORDS or questions > _MANY_QUESTIONS

    def record(self, record_id: str) -> Record | None:
        """A record by any spelling of its id."""
        stored = self.find(record_id)
        return stored.record if stored else None

    def find(self, record_id: str) -> Stored | None:
        """A record with its files, by any spelling of its id."""
        at = self._by_id.get(typed_id(record_id))
        return None if at is None else self.stored[at]

    def shows(self, full_id: str) -> bool:
        """Whether a record, a question of it or a part may be shown."""
        record_id, _, place = full_id.partition("#")
        record = self.record(record_id)
        number = place.partition(".")[0]
        return record is not None and (not number or record.unit(number) is not None)

    def shows_all_of(self, record: Record) -> bool:
        """Whether each question and paragraph of a record may be shown."""
        known = self.record(record.id)
        return known is not None and _places(record) <= _places(known)

    @cached_property
    def companies(self) -> Mapping[str, Sequence[Record]]:
        """The records of each company, newest event first; the company of the newest first."""
        return _Companies(self._of_company, self.records)

    @cached_property
    def _of_company(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at, brief in enumerate(self.shown.briefs):
            found.setdefault(brief.company_code, []).append(at)
        return found

    @cached_property
    def arrivals(self) -> Sequence[Stored]:
        """Every record, the one that could be shown last first."""
        return self._as_they_came(range(len(self.shown.briefs)))

    def arrivals_of(self, company: str) -> Sequence[Stored]:
        """Those of one company."""
        return self._as_they_came(self._of_company[company])

    def _as_they_came(self, places: Iterable[int]) -> Sequence[Stored]:
        briefs = self.shown.briefs
        order = sorted(places, key=lambda at: briefs[at].shown_since, reverse=True)
        return Looked(order, self.stored.__getitem__)

    @cached_property
    def same_questions(self) -> SameQuestions:
        """Where else each matter was asked of."""
        return SameQuestions(self.index)

    @cached_property
    def _by_id(self) -> dict[str, int]:
        return {
            item.key if _TYPED.fullmatch(item.key) else typed_id(item.id): at
            for at, item in enumerate(self.shown.briefs)
        }

    @cached_property
    def company_codes(self) -> dict[str, str]:
        """The code by each name that only one stored company has."""
        codes: dict[str, set[str]] = {}
        for code, names in self.index.names.of_company.items():
            for name in names:
                codes.setdefault(name, set()).add(code)
        return {name: own.pop() for name, own in codes.items() if len(own) == 1}

    def company_name(self, code: str) -> str | None:
        """As its newest record has it; None: there is no record of it."""
        places = self._of_company.get(code)
        return self.shown.briefs[places[0]].company_name if places else None

    def named(self, command: Show | ShowRecord, message: Message) -> Sequence[Record]:
        """The records that a command's id, company, number or day names, newest event first."""
        if command.record_id:
            record = self.record(command.record_id)
            return [record] if record else []
        company = command.company_code or message.company
        places = self._scope(replace(message, company=company))
        if command.record_no is not None:
            briefs = self.shown.briefs
            places = [
                at
                for at in places
                if typed_id(briefs[at].id) == numbered(briefs[at].company_code, command.record_no)
            ]
        if isinstance(command, Show) and len(places) > _FEW:
            holding = self.store.that_hold(command.number, of_narrative=command.is_paragraph)
            places = [at for at in places if not holding.isdisjoint(self.shown.keys[at])]
        found = self._until(places, message.as_of)
        if command.day is None:
            return found
        return [record for record in found if _is_of(record, command.day)]

    def scope(self, message: Message) -> Sequence[Record]:
        """The records that a message is limited to, newest event first."""
        return self._until(self._scope(message), message.as_of)

    def _scope(self, message: Message) -> Sequence[int]:
        """Their places."""
        places: Sequence[int] = (
            range(len(self.shown.briefs))
            if message.company is None
            else self._of_company.get(message.company, ())
        )
        if message.as_of is None:
            return places
        return [at for at in places if self._says_something(at, message.as_of)]

    def _says_something(self, at: int, until: date) -> bool:
        """Whether anything of a record was said up to a day."""
        brief = self.shown.briefs[at]
        if not brief.is_written:
            return brief.last_day <= until
        if self._is_as_briefed(at):
            return min(start for start, _ in brief.spans()) <= until
        return self.records[at].until(until) is not None

    def _is_as_briefed(self, at: int) -> bool:
        """Whether all of a record's words are shown, and none was changed since it came."""
        return not any(self.shown.live[key] for key in self.shown.keys[at])

    def _until(self, places: Sequence[int], as_of: date | None) -> Sequence[Record]:
        """The records, as far as they were said up to a day."""

        def said(at: int) -> Record:
            record = self.records[at]
            return record if as_of is None else record.until(as_of) or record

        return Looked(places, said)

    def coverage(self, message: Message) -> tuple[Coverage, ...]:
        """What there is of each company in the message's scope, newest first."""
        if message.company is None and message.as_of is None:
            return self._all_covered
        return self._covered(self._scope(message), message.as_of)

    @cached_property
    def _all_covered(self) -> tuple[Coverage, ...]:
        return self._covered(range(len(self.shown.briefs)), None)

    def _covered(self, places: Sequence[int], as_of: date | None) -> tuple[Coverage, ...]:
        counts: dict[str, int] = {}
        newest: dict[str, int] = {}
        for at in places:
            code = self.shown.briefs[at].company_code
            counts[code] = counts.get(code, 0) + 1
            newest.setdefault(code, at)
        return tuple(
            Coverage(
                self.shown.briefs[at].company_name, counts[code], self._latest(at, as_of), code
            )
            for code, at in newest.items()
        )

    def _latest(self, at: int, as_of: date | None) -> str:
        """The last day of a record, as far as it was said up to a day."""
        brief = self.shown.briefs[at]
        if not brief.is_written:
            return brief.event_date
        if not self._is_as_briefed(at):
            record = self.records[at]
            return (record.until(as_of) or record if as_of else record).event_date
        if as_of is None or brief.last_day <= as_of:
            return brief.event_date
        return self.store.last_answered(self.shown.keys[at], as_of) or brief.event_date

    def same_answer(self, hit: Hit) -> tuple[Hit, ...]:
        """Other stored questions with a near-identical answer."""
        if hit.full_id not in self.same:
            self.same[hit.full_id] = tuple(self.index.same_answer(hit))
        return self.same[hit.full_id]

    def answer(
        self,
        hit: Hit,
        message: Message,
        today: date,
        *,
        others: Sequence[Hit] = (),
        newer: Sequence[Hit] = (),
        earlier: Sequence[Hit] = (),
        whole: bool = False,
    ) -> Answer:
        """Official words; questions with the same answer are named, not repeated, and the newest
        answers about the same matter at other events are linked.

        Args:
            hit: The question that is answered.
            message: Which asks it.
            today: From which ages are counted, unless the message says another day.
            others: What the message also finds; of the same answers these are named first.
            newer: What of later events was found for the message, newest first.
            earlier: What of events before was found for it, newest first.
            whole: The whole question and answer, although a part was hit.
        """
        newer, earlier = self._at_other_events(hit, message, newer, earlier)
        found = {other.id for other in others}
        linked = {other.id for other in (*newer, *earlier)}
        same = sorted(self.same_answer(hit), key=lambda other: other.id not in found)
        visible = [
            other
            for other in same
            if other.id not in linked
            and (message.as_of is None or other.record.last_event.end <= message.as_of)
        ]
        return Answer(
            hits=(hit,),
            as_of=message.as_of or today,
            related=tuple(visible[:_RELATED]),
            newer=newer,
            earlier=earlier,
            whole=whole,
            among_many=self.has_many,
        )

    def _at_other_events(
        self, hit: Hit, message: Message, newer: Sequence[Hit], earlier: Sequence[Hit]
    ) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
        """What was found for a message, and what is about the same matter as the question."""
        same = self.same_questions.of_question(hit.record, hit.question.number).linked
        later = [
            other
            for other in same.later
            if message.as_of is None or other.record.last_event.end <= message.as_of
        ]
        return _each(newer, later), _each(earlier, same.earlier)


def _places(record: Record) -> set[str]:
    return {item.place for item in (*record.questions, *record.paragraphs)}


class _Companies(Mapping[str, Sequence[Record]]):
    """The records by company."""

    def __init__(self, places: Mapping[str, Sequence[int]], records: Sequence[Record]) -> None:
        self._places, self._records = places, records

    def __getitem__(self, code: str) -> Sequence[Record]:
        return Looked(self._places[code], self._records.__getitem__)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _each(found: Sequence[Hit], same: Sequence[Hit]) -> tuple[Hit, ...]:
    """Each question once, what was found for the message first."""
    new = {hit.id for hit in same} - {hit.id for hit in found}
    return (*found, *(hit for hit in same if hit.id in new))


def _is_of(record: Record, day: str) -> bool:
    """Whether an activity of the record began or ended on a day, or in a month, as typed."""
    days = (iso for dates in record.event_dates for iso in (dates.start_iso, dates.end_iso))
    return any(iso.startswith(day) for iso in days)


def _record(stored: Stored) -> Record:
    return stored.record
