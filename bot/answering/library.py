"""What may be answered now: the store's records, searchable; replaced whole when it changes."""

from __future__ import annotations

import logging
import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from bot.answering.replies import Replies
from bot.answering.same_questions import SameQuestions
from bot.commands import Show, ShowRecord
from bot.ingest.embedding import MeaningState, known_vectors, meaning_state
from bot.matching.embedding import Embedder
from bot.matching.index import Index
from bot.matching.lexicon import LexiconFile
from bot.matching.taught import Rejection, Wording
from bot.message import Answer, Coverage, Hit, Message
from bot.record import Record
from bot.store import Store, Stored, meant_now, normal_id, numbered, typed_id

_RELATED = 5  # questions with the same answer that are named beside it

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Library:
    """The records that may be shown, as of a generation of the store."""

    generation: int
    index: Index
    until: datetime | None = None  # a publication or the end of a pause changes it then
    stored: tuple[Stored, ...] = ()  # the same records, with what may be told of their files
    is_silenced: bool = False  # records are stored and public, and all of them hidden
    # By full id, as found: an answer is compared with all others once, not for every message.
    same: dict[str, tuple[Hit, ...]] = field(default_factory=dict, repr=False)
    replies: Replies = field(default_factory=Replies, repr=False, compare=False)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Newest event first."""
        return tuple(item.record for item in self.stored)

    @property
    def has_many(self) -> bool:
        """Whether there are several records, so that ids are shown in full."""
        return len(self.records) > 1

    def record(self, record_id: str) -> Record | None:
        """A record by any spelling of its id."""
        stored = self.find(record_id)
        return stored.record if stored else None

    def find(self, record_id: str) -> Stored | None:
        """A record with its files, by any spelling of its id."""
        return self._by_id.get(typed_id(record_id))

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
    def companies(self) -> Mapping[str, tuple[Record, ...]]:
        """The records of each company, newest event first; the company of the newest first."""
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.company_code, []).append(record)
        return {code: tuple(records) for code, records in found.items()}

    @cached_property
    def arrivals(self) -> tuple[Stored, ...]:
        """Every record, the one that could be shown last first."""
        return tuple(sorted(self.stored, key=lambda item: item.shown_since, reverse=True))

    def arrivals_of(self, company: str) -> tuple[Stored, ...]:
        """Those of one company."""
        found = filter(None, map(self.find, (record.id for record in self.companies[company])))
        return tuple(sorted(found, key=lambda item: item.shown_since, reverse=True))

    @cached_property
    def same_questions(self) -> SameQuestions:
        """Where else each matter was asked of."""
        return SameQuestions(self.index)

    @cached_property
    def _by_id(self) -> dict[str, Stored]:
        return {typed_id(item.record.id): item for item in self.stored}

    @cached_property
    def company_codes(self) -> dict[str, str]:
        """The code by each name that only one stored company has."""
        codes: dict[str, set[str]] = {}
        for code, names in self.index.names.of_company.items():
            for name in names:
                codes.setdefault(name, set()).add(code)
        return {name: own.pop() for name, own in codes.items() if len(own) == 1}

    def named(self, command: Show | ShowRecord, message: Message) -> list[Record]:
        """The records that a command's id, company, number or day names, newest event first."""
        if command.record_id:
            record = self.record(command.record_id)
            return [record] if record else []
        company = command.company_code or message.company
        return [
            record
            for record in self.scope(replace(message, company=company))
            if (
                command.record_no is None
                or typed_id(record.id) == numbered(record.company_code, command.record_no)
            )
            and (command.day is None or _is_of(record, command.day))
        ]

    def scope(self, message: Message) -> list[Record]:
        """The records that a message is limited to, newest event first."""
        records = (
            record for record in self.records if message.company in (None, record.company_code)
        )
        if message.as_of is None:
            return list(records)
        return [said for record in records if (said := record.until(message.as_of))]

    def coverage(self, message: Message) -> tuple[Coverage, ...]:
        """What there is of each company in the message's scope, newest first."""
        covered: dict[str, Coverage] = {}
        for record in self.scope(message):
            so_far = covered.get(record.company_code)
            covered[record.company_code] = Coverage(
                record.company_name,
                so_far.records + 1 if so_far else 1,
                so_far.latest if so_far else record.event_date,
                record.company_code,
            )
        return tuple(covered.values())

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


def _disclosed(stored: Stored) -> Stored | None:
    """A record without the rows of sheets, itself where it has none; None: nothing is left."""
    record = stored.record
    rows = {item.number for item in record.questions if not item.is_disclosed}
    if not rows:
        return stored
    left = record.without(rows, frozenset())
    return replace(stored, record=left) if left.questions or left.paragraphs else None


def _each(found: Sequence[Hit], same: Sequence[Hit]) -> tuple[Hit, ...]:
    """Each question once, what was found for the message first."""
    new = {hit.id for hit in same} - {hit.id for hit in found}
    return (*found, *(hit for hit in same if hit.id in new))


def _is_of(record: Record, day: str) -> bool:
    """Whether an activity of the record began or ended on a day, or in a month, as typed."""
    days = (iso for dates in record.event_dates for iso in (dates.start_iso, dates.end_iso))
    return any(iso.startswith(day) for iso in days)


class CurrentLibrary:
    """Keeps the library as the store, the clock and the word lists have it. Safe in threads."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        embedder: Embedder | None,
        is_taught: bool = True,
    ) -> None:
        """
        Args:
            store: What is stored.
            now: The clock.
            embedder: The model that made the store's vectors; None: words alone.
            is_taught: Whether aliases and counterexamples count.

        Raises:
            BotError: The word lists beside the store cannot be read.
        """
        self._store = store
        self._now = now
        self._embedder = embedder
        self._is_taught = is_taught
        self._lock = threading.Lock()
        self._lexicon_file = LexiconFile(store.path.parent)
        self._library = self._load()
        self._outside: tuple[Library, Library] | None = None  # of which it was made

    def get(self) -> Library:
        """What may be answered now."""
        library = self._library
        stale = library.until is not None and library.until <= self._now()
        stale = stale or self._lexicon_file.changed()
        if stale or self._store.generation() != library.generation:
            with self._lock:
                if self._library is library:
                    self._library = self._load()
        return self._library

    def outside(self) -> Library:
        """What people outside the company may be told now: no row of a sheet."""
        library = self.get()
        made = self._outside
        if made is None or made[0] is not library:
            with self._lock:
                made = self._outside
                if made is None or made[0] is not library:
                    self._outside = made = library, self._of_outside(library)
        return made[1]

    def _of_outside(self, library: Library) -> Library:
        stored = tuple(filter(None, map(_disclosed, library.stored)))
        if all(map(operator.is_, stored, library.stored)) and len(stored) == len(library.stored):
            return library
        is_silenced = library.is_silenced or not stored
        return self._put_together(library.generation, stored, library.until, is_silenced)

    @property
    def built(self) -> Library:
        """As it was built last, for what must not wait for another."""
        return self._library

    def meaning(self) -> MeaningState:
        """How much of what may be shown can be compared by meaning."""
        return meaning_state(self._store, self._embedder, self._library.records)

    def _load(self) -> Library:
        shown = self._store.shown(self._now())
        return self._put_together(shown.generation, shown.stored, shown.until, shown.is_silenced)

    def _put_together(
        self,
        generation: int,
        stored: tuple[Stored, ...],
        until: datetime | None,
        is_silenced: bool,
    ) -> Library:
        records = [item.record for item in stored]
        log.info("index built: records=%d generation=%d", len(records), generation)
        index = Index.of(
            records,
            lexicon=self._lexicon_file.read(),
            embedder=self._embedder,
            vectors=known_vectors(self._store, self._embedder, records),
            wordings=self._wordings(stored) if self._is_taught else (),
            rejections=self._rejections(stored) if self._is_taught else (),
        )
        return Library(generation, index, until, stored, is_silenced)

    def _wordings(self, shown: Iterable[Stored]) -> Iterator[Wording]:
        """The live aliases of what may be shown, under the number that each question has now."""
        find = _by_any_spelling(shown)
        for alias in self._store.aliases("live"):
            if meant := meant_now(find, alias.question_id, alias.question):
                record, unit, part = meant
                yield Wording(record.id, unit.number, alias.text, part)

    def _rejections(self, shown: Iterable[Stored]) -> Iterator[Rejection]:
        """What no question answers, and what one of those that may be shown does not."""
        zone, find = self._now().tzinfo, _by_any_spelling(shown)
        for text, at in self._store.not_ours().items():
            yield Rejection(text, at.astimezone(zone).date())
        for item in self._store.counterexamples():
            if meant := meant_now(find, item.question_id, item.question):
                record, unit, _ = meant
                yield Rejection(item.text, item.at.astimezone(zone).date(), record.id, unit.place)


def _by_any_spelling(shown: Iterable[Stored]) -> Callable[[str], Record | None]:
    """Finds a record by its id, however its number is written."""
    records = {normal_id(item.record.id): item.record for item in shown}
    return lambda record_id: records.get(normal_id(record_id))
