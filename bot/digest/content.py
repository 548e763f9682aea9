"""What a digest says, given a day: without a clock of its own.

The content comes from the record alone: what is new here, by record; else 每日一问, one stored
question in an order that shows each once before any repeats.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path

from bot.commands import Plan
from bot.digest.due import ends_soon, last_due_day
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import TradingDays, load_trading_days
from bot.matching.index import Index
from bot.matching.question_key import QuestionKey, question_key
from bot.matching.stock_phrases import says_nothing
from bot.message import Answer, Chat, DeskDigest, Digest, Hit, NewRecord, ReplyView
from bot.record import EventDate, Question, Record
from bot.store import Shown, Store, Stored
from bot.store.evidence import quoted
from bot.wording import dates

_NEW = timedelta(days=30)
_LISTED = 5  # records by name; of more only the number is said
_RELATED = 5
_MOST_ASKED = 5

# Company, or "" for all of them → record id and question number, shuffled.
Pool = dict[str, list[tuple[str, int]]]
_Some = tuple[str, tuple[EventDate, ...], int]  # a record, or some of its questions


@dataclass(frozen=True)
class _Library:
    """What may be shown for a while."""

    shown: Shown
    pool: Pool
    by_id: dict[str, Stored]
    asked: dict[_Some, dict[QuestionKey, Question]] = field(default_factory=dict)


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
        scope = plan.companies or tuple(filter(None, [self._store.company(chat)]))
        shown = self._subscriptions.shown(chat)
        public = [
            item for item in library.shown.stored if not scope or item.record.company_code in scope
        ]
        fresh = [
            item for item in public if _key(item) not in shown and at - _arrival(item, at) <= _NEW
        ]
        fresh = [told for item in fresh if (told := self._untold(item, shown, at))]
        new = [item for item in fresh if _is_new(item, at) or _is_corrected(item, shown)]
        history = [item for item in fresh if item not in new]
        daily = (
            None if new or plan.new_only else self._daily(library, public, scope, chat, shown, day)
        )
        if not (new or history or daily):
            return None
        return Digest(
            day=day,
            new=tuple(
                NewRecord(
                    item.record,
                    tuple(self._earlier(library, item.record, public)),
                    _is_corrected(item, shown),
                )
                for item in new[:_LISTED]
            ),
            more=len(new[_LISTED:]),
            history=tuple(item.record for item in history),
            daily=daily,
            items=tuple(_key(item) for item in new + history)
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

    def _untold(self, item: Stored, shown: dict[str, int], at: datetime) -> Stored | None:
        """A record as it is new to the chat; of written answers those that came since the last
        time, newest first. None: there are none."""
        if not item.record.is_written:
            return item
        last = max(
            (version for version in range(1, item.version) if _key_of(item, version) in shown),
            default=0,
        )
        came = self._store.rows_after(item.record.id, last, item.version)
        since = at.date() - _NEW
        recent = sorted(
            (one for one in item.visible.questions if one.number in came and _day(one) >= since),
            key=_day,
            reverse=True,
        )
        if not recent:
            return None if last else item
        dates = (EventDate(_day(recent[-1]), _day(recent[0]), "day", ""),)
        record = replace(item.visible, questions=tuple(recent), event_dates=dates)
        return replace(item, record=record)

    def _earlier(
        self, library: _Library, record: Record, public: Sequence[Stored]
    ) -> Iterator[tuple[int, Hit]]:
        """Questions that an earlier record of the company answered, with the newest such one."""
        begin = min(event.start for event in record.event_dates)
        earlier = sorted(
            (
                item.record
                for item in public
                if item.record.company_code == record.company_code
                and item.record.last_event.end < begin
            ),
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
        public: Sequence[Stored],
        scope: tuple[str, ...],
        chat: Chat,
        shown: dict[str, int],
        day: date,
    ) -> Answer | None:
        visible = {item.record.id: item for item in public}
        order = library.pool.get(scope[0], []) if len(scope) == 1 else library.pool.get("", [])
        start = _number(f"{chat.platform}/{chat.workspace}/{chat.channel}") % max(len(order), 1)
        for times in range(max(shown.values(), default=0) + 1):
            for at in chain(range(start, len(order)), range(start)):
                record_id, number = order[at]
                if record_id in visible and shown.get(f"{record_id}#{number}", 0) == times:
                    hit = _hit(visible[record_id], number)
                    if hit and not _is_over(hit, day):
                        return self._answer(hit, public, day)
        return None

    def _answer(self, hit: Hit, public: Sequence[Stored], day: date) -> Answer:
        seen = {item.record.id for item in public}
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
        )

    def _most_asked(self, asked: Counter[str], at: datetime) -> list[tuple[Hit, int]]:
        by_id = self._current(at).by_id
        found = []
        for question_id, count in asked.most_common():
            record_id, _, number = question_id.partition("#")
            item = by_id.get(record_id)
            hit = _hit(item, int(number)) if item and number.isdigit() else None
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
                shown = self._store.shown(at)
                by_id = {item.record.id: item for item in shown.stored}
                library = self._library = _Library(shown, _pool(shown.stored), by_id)
            return library


def _pool(stored: Sequence[Stored]) -> Pool:
    """Every question that may stand alone, in an order that is mixed but always the same."""
    pool: Pool = {}
    for item in stored:
        for question in item.record.questions:
            nothing = question.is_from_table and says_nothing(question.answer)
            if question.kind != "narrative" and not nothing:
                place = (item.record.id, question.number)
                for company in ("", item.record.company_code):
                    pool.setdefault(company, []).append(place)
    for places in pool.values():
        places.sort(key=lambda place: _number(f"{place[0]}#{place[1]}"))
    return pool


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _key(item: Stored) -> str:
    return _key_of(item, item.version)


def _key_of(item: Stored, version: int) -> str:
    return f"{item.record.id}@{version}"


def _day(row: Question) -> date:
    return row.day or date.min


def _arrival(item: Stored, at: datetime) -> datetime:
    """When it could first be shown; the clock of a trial may lie before the import."""
    return min(at, max(item.imported_at, item.published_at or item.imported_at))


def _is_new(item: Stored, at: datetime) -> bool:
    """Published in the last thirty days.

    Where nobody said when it was published: filed within days of the activity, as the rules want,
    unless the activity was long ago when it was imported.
    """
    if item.published_at is not None:
        return at - item.published_at <= _NEW
    arrival = _arrival(item, at).astimezone(at.tzinfo).date()
    return arrival - item.record.last_event.end <= _NEW


def _is_corrected(item: Stored, shown: dict[str, int]) -> bool:
    if item.record.is_written:  # it grows
        return False
    return any(_key_of(item, version) in shown for version in range(1, item.version))


def _hit(item: Stored, number: int) -> Hit | None:
    question = item.record.question(number)
    return Hit(item.record.of(question), question, 1.0) if question else None


def _is_over(hit: Hit, day: date) -> bool:
    """Whether the answer names a date that lay ahead and has passed."""
    return bool(dates.passed(hit.question.answer, hit.record.last_event.end, day))
