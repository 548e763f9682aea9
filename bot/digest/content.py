"""What a digest says, given a day: without a clock of its own.

The content comes from the record alone: what is new here, by record; else 每日一问, one stored
question of the last year's records in an order that shows each once before any repeats; of older
ones where there are no others.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

from bot.commands import Plan
from bot.digest.due import ends_soon, last_due_day
from bot.digest.expiry import due
from bot.digest.pool import Order, Pool, turn_of
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import TradingDays, load_trading_days
from bot.matching.index import Index
from bot.matching.question_key import QuestionKey, question_key
from bot.matching.stock_phrases import says_nothing
from bot.message import Answer, Chat, DeskDigest, Digest, Hit, NewRecord, ReplyView
from bot.record import EventDate, Question, Record
from bot.store import Brief, Looked, Shown, Store
from bot.store.connection import instant
from bot.store.evidence import quoted
from bot.wording.outlook import passed

_NEW = timedelta(days=30)
_LAST_YEAR = timedelta(days=365)
_LISTED = 5  # records by name; of more only the number is said
_RELATED = 5
_MOST_ASKED = 5

_Some = tuple[str, tuple[EventDate, ...], int]  # a record, or some of its questions


@dataclass(frozen=True)
class _Library:
    """What may be shown for a while. A record is named by its place in it."""

    shown: Shown
    orders: dict[tuple[str, ...] | None, Order] = field(default_factory=dict)  # by scope
    asked: dict[_Some, dict[QuestionKey, Question]] = field(default_factory=dict)

    def within(self, scope: Sequence[str] | None) -> list[int]:
        """The records of some companies; None: of all."""
        return [
            at
            for at, brief in enumerate(self.shown.briefs)
            if scope is None or brief.company_code in scope
        ]

    @cached_property
    def place_of(self) -> dict[str, int]:
        """By record id."""
        return {brief.id: at for at, brief in enumerate(self.shown.briefs)}

    def record(self, at: int) -> Record:
        return self.shown.stored[at].record


@dataclass(frozen=True)
class _Fresh:
    """A record that is new to a chat."""

    at: int
    brief: Brief
    told: Record | None = None  # of written answers those that are new

    @property
    def last_day(self) -> date:
        return self.told.last_event.end if self.told else self.brief.last_day


class DigestBuilder:
    """Makes the digest of a chat and a day."""

    def __init__(
        self,
        store: Store,
        subscriptions: SubscriptionStore,
        index: Callable[[], Index],
        holidays: Path,
    ) -> None:
        """Prepare.

        Args:
            store: The records and the counts.
            subscriptions: What each chat was shown.
            index: What may be answered now.
            holidays: The desk's file of holidays; read at each use, it may change.
        """
        self._store = store
        self._subscriptions = subscriptions
        self._index = index
        self._holidays = holidays
        self._lock = threading.Lock()
        self._pool = Pool(store)
        self._library: _Library | None = None

    def trading_days(self) -> TradingDays:
        return load_trading_days(self._holidays)

    def build(self, chat: Chat, plan: Plan, day: date, at: datetime) -> Digest | DeskDigest | None:
        """What the chat gets on that day.

        Args:
            chat: Where; what it was shown before is left out.
            plan: What it wants.
            day: The local date it is for.
            at: The instant as of which records are public.

        Returns:
            None when there is nothing to say.
        """
        if plan.desk:
            return self._for_desk(plan, day, at)
        library = self._current(at)
        scope = self._store.scope(chat).of_digest(plan.companies)
        shown = self._subscriptions.shown(chat)
        public = library.within(scope)
        fresh = [told for at_ in public if (told := self._untold(library, at_, shown, at))]
        new = [item for item in fresh if _is_new(item, at) or _is_corrected(item.brief, shown)]
        known = {item.at for item in new}
        history = [item for item in fresh if item.at not in known]
        daily = (
            None if new or plan.new_only else self._daily(library, public, scope, chat, shown, day)
        )
        if not (new or history or daily):
            return None

        def told_of(item: _Fresh) -> Record:
            return item.told or library.record(item.at)

        return Digest(
            day=day,
            new=tuple(
                NewRecord(
                    told_of(item),
                    tuple(self._earlier(library, told_of(item), public)),
                    _is_corrected(item.brief, shown),
                )
                for item in new[:_LISTED]
            ),
            more=len(new[_LISTED:]),
            history=Looked(history, told_of),
            daily=daily,
            items=tuple(_key_of(item.brief, item.brief.version) for item in new + history)
            + ((daily.hits[0].id,) if daily else ()),
            among_many=len(public) > 1,
        )

    def prove(
        self, chat: Chat, digest: Digest | DeskDigest, shown: ReplyView, at: datetime, post: str
    ) -> None:
        """Keep what a digest shows, in the open transaction; `post`: its mark in the outbox."""
        matcher = self._index().version
        self._store.add_evidence(chat, quoted(digest), shown.text, matcher, at, post)

    # Records

    def _untold(
        self, library: _Library, place: int, shown: dict[str, int], at: datetime
    ) -> _Fresh | None:
        """A record that is new to the chat; of written answers those that came since the last
        time, newest first. None: it is not, or there are none."""
        brief = library.shown.briefs[place]
        is_known = _key_of(brief, brief.version) in shown
        if is_known or brief.shown_since < instant(at - _NEW):
            return None
        if not brief.is_written:
            return _Fresh(place, brief)
        last = max(
            (version for version in range(1, brief.version) if _key_of(brief, version) in shown),
            default=0,
        )
        came = self._store.rows_after(brief.id, last, brief.version)
        since = at.date() - _NEW
        record = library.record(place)
        recent = sorted(
            (one for one in record.questions if one.number in came and _day(one) >= since),
            key=_day,
            reverse=True,
        )
        if not recent:
            return None if last else _Fresh(place, brief, record)
        dates = (EventDate(_day(recent[-1]), _day(recent[0]), "day", ""),)
        return _Fresh(place, brief, replace(record, questions=tuple(recent), event_dates=dates))

    def _earlier(
        self, library: _Library, record: Record, public: Sequence[int]
    ) -> Iterator[tuple[int, Hit]]:
        """Questions that an earlier record of the company answered, with the newest such one."""
        begin = min(event.start for event in record.event_dates)
        of_company = (
            library.record(at)
            for at in public
            if library.shown.briefs[at].company_code == record.company_code
        )
        earlier = sorted(
            (other for other in of_company if other.last_event.end < begin),
            key=lambda other: other.last_event.end,
            reverse=True,
        )
        for asked, question in self._asked(library, record).items():
            for other in earlier:
                same = self._asked(library, other).get(asked)
                if same:
                    yield question.number, Hit(other.of(same), same, 1.0)
                    break

    def _asked(self, library: _Library, record: Record) -> dict[QuestionKey, Question]:
        # Of a company's written answers a chat is told some only.
        key = (record.id, record.event_dates, len(record.questions))
        if key not in library.asked:
            lexicon = self._index().lexicon
            library.asked[key] = {
                question_key(question.question, record.last_event.end, lexicon): question
                for question in record.questions
                if question.kind != "narrative"
            }
        return library.asked[key]

    # 每日一问

    def _daily(
        self,
        library: _Library,
        public: Sequence[int],
        scope: tuple[str, ...] | None,
        chat: Chat,
        shown: dict[str, int],
        day: date,
    ) -> Answer | None:
        briefs = library.shown.briefs
        recent = {at for at in public if day - briefs[at].last_day <= _LAST_YEAR}
        for among in (recent, {*public}):
            hit = self._next(library, among, scope, chat, shown, day)
            if hit:
                return self._answer(library, hit, public, day)
        return None

    def _next(
        self,
        library: _Library,
        among: Set[int],
        scope: tuple[str, ...] | None,
        chat: Chat,
        shown: dict[str, int],
        day: date,
    ) -> Hit | None:
        """The next question of these records in the chat's order, of those shown least."""
        order = self._order(library, scope if scope and len(scope) == 1 else None)
        turn = turn_of(f"{chat.platform}/{chat.workspace}/{chat.channel}")
        for times in range(max(shown.values(), default=0) + 1):
            for at, number in order.starting(turn):
                question_id = f"{library.shown.briefs[at].id}#{number}"
                if at in among and shown.get(question_id, 0) == times:
                    hit = _hit(library.record(at), number)
                    if hit and _may_stand_alone(hit.question) and not _is_over(hit, day):
                        return hit
        return None

    def _order(self, library: _Library, scope: tuple[str, ...] | None) -> Order:
        if scope not in library.orders:
            with self._lock:
                places = library.within(scope)
                library.orders[scope] = self._pool.order(library.shown, places)
        return library.orders[scope]

    def _answer(self, library: _Library, hit: Hit, public: Sequence[int], day: date) -> Answer:
        seen = {library.shown.briefs[at].id for at in public}
        same = [other for other in self._index().same_answer(hit) if other.record.id in seen]
        return Answer((hit,), as_of=day, related=tuple(same[:_RELATED]), among_many=len(public) > 1)

    # The desk's

    def _for_desk(self, plan: Plan, day: date, at: datetime) -> DeskDigest | None:
        trading = self.trading_days()
        since = last_due_day(plan, day, trading)
        assert at.tzinfo is not None
        begin = datetime.combine(since, time(), at.tzinfo)
        end = datetime.combine(day, time(), at.tzinfo)
        replies = self._store.replies(begin, end)
        bands = Counter(band for band, _ in replies)
        asked = Counter(question_id for band, question_id in replies if band == "answer")
        entries = [
            entry
            for entry in self._subscriptions.entries(since, "skipped", "unknown")
            if entry.day < day or entry.state == "unknown"
        ]
        states = Counter(entry.state for entry in entries)
        retired = self._subscriptions.retired(begin)
        if plan.new_only and not (replies or entries or retired):
            return None
        dated = due((item.record for item in self._current(at).shown.stored), day)
        past = sum(item.is_past(day) for item in dated)
        return DeskDigest(
            day=day,
            since=since,
            until=day - timedelta(days=1),
            answered=bands["answer"],
            offered=bands["suggest"],
            declined=bands["decline"],
            most_asked=tuple(self._most_asked(asked, at)),
            retired=len(retired),
            skipped=states["skipped"],
            unknown=states["unknown"],
            holidays_end=trading.end if ends_soon(trading, day) else None,
            past=past,
            due=len(dated) - past,
        )

    def _most_asked(self, asked: Counter[str], at: datetime) -> list[tuple[Hit, int]]:
        library = self._current(at)
        found = list[tuple[Hit, int]]()
        for question_id, count in asked.most_common():
            record_id, _, number = question_id.partition("#")
            place = library.place_of.get(record_id)
            if place is None or not number.isdigit():
                continue
            hit = _hit(library.record(place), int(number))
            if hit:
                found.append((hit, count))
        return found[:_MOST_ASKED]

    # The library

    def _current(self, at: datetime) -> _Library:
        with self._lock:
            library = self._library
            if (
                library is None
                or library.shown.generation != self._store.generation()
                or not library.shown.is_of(at)
            ):
                library = self._library = _Library(self._store.shown(at))
            return library


def _may_stand_alone(question: Question) -> bool:
    """Whether it says something to who did not ask it."""
    nothing = question.is_from_table and says_nothing(question.answer)
    return question.kind != "narrative" and not nothing


def _key_of(brief: Brief, version: int) -> str:
    return f"{brief.id}@{version}"


def _day(row: Question) -> date:
    return row.day or date.min


def _is_new(item: _Fresh, at: datetime) -> bool:
    """Published in the last thirty days.

    Where nobody said when it was published: filed within days of the activity, as the rules want,
    unless the activity was long ago when it was imported.
    """
    published_at = item.brief.publication.at
    if published_at is not None:
        return at - published_at <= _NEW
    # The clock of a trial may lie before the import.
    arrival = min(at, item.brief.imported_at).astimezone(at.tzinfo).date()
    return arrival - item.last_day <= _NEW


def _is_corrected(brief: Brief, shown: dict[str, int]) -> bool:
    if brief.is_written:  # it grows
        return False
    return any(_key_of(brief, version) in shown for version in range(1, brief.version))


def _hit(record: Record, number: int) -> Hit | None:
    question = record.question(number)
    return Hit(record.of(question), question, 1.0) if question else None


def _is_over(hit: Hit, day: date) -> bool:
    """Whether the answer names a date that lay ahead and has passed."""
    return bool(passed(hit.question.answer, hit.record.last_event.end, day))
