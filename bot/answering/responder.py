"""Message → Reply: the one path every chat shares.

    commands.parse     what is wanted: free text, a number, a letter, a command
    Index.search       stored questions, best first, with a confidence
    matching.choose    answer, offer or decline

Knows no platform and no clock but the one passed in. Safe to call from several threads: the index
is immutable and replaced whole when the store's generation changed.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest

from bot.answering.decision import AS_LIKELY, also_meant, choose, limits
from bot.answering.explanation import Explanation, Search, explain_search
from bot.answering.question_splitting import MOST, Several, questions_in
from bot.commands import (
    Ask,
    Pick,
    SetCompany,
    Show,
    ShowDigest,
    ShowHelp,
    ShowLatest,
    ShowRecord,
    ShowSubscription,
    ShowWhole,
    Subscribe,
    Unreadable,
    Unsubscribe,
    parse,
)
from bot.config import Caution
from bot.digest.content import DigestBuilder
from bot.digest.subscription_commands import Reach, SubscriptionCommands
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import FILE as HOLIDAYS
from bot.ingest.embedding import known_vectors, meaning_state
from bot.matching.embedding import Embedder
from bot.matching.index import OTHER_COMPANY, Index, Look
from bot.matching.lexicon import Wordlists
from bot.matching.text import normalise
from bot.message import (
    Answer,
    Chat,
    Coverage,
    Decline,
    Help,
    Hit,
    Listing,
    Message,
    Notice,
    Reply,
    ReplyView,
    Suggest,
    band,
)
from bot.record import Record
from bot.store import Memory, Store, normal_id
from bot.wording.presentation import Words

_MEMORY = timedelta(hours=1)  # how long a chat remembers what was shown
_OFFERED = 5
_RELATED = 5
_SIMILAR = 2
_RANKED = 10
_LOOKED_AT = 40  # hits; those of a newer record may stand far behind
_LONGEST = 2000  # characters of a message that are looked at; longer ones are no question

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Library:
    """What may be answered now: built from the store, replaced whole."""

    generation: int
    index: Index
    until: datetime | None  # the next publication changes what may be shown
    # By full id, as found: an answer is compared with all others once, not for every message.
    same: dict[str, tuple[Hit, ...]] = field(default_factory=dict)

    def same_answer(self, hit: Hit) -> tuple[Hit, ...]:
        """Other stored questions with a near-identical answer."""
        if hit.full_id not in self.same:
            self.same[hit.full_id] = tuple(self.index.same_answer(hit))
        return self.same[hit.full_id]


class Desk:
    """Answers messages from the store."""

    def __init__(
        self,
        store: Store,
        words: Words,
        now: Callable[[], datetime],
        caution: Caution = "strict",
        desk_channels: tuple[str, ...] = (),
        embedder: Embedder | None = None,
    ) -> None:
        """embedder: The model that made the store's vectors; None: words alone."""
        self.words = words
        self.now = now
        self.reach: Callable[[Chat], Reach] = _nowhere  # set by who delivers posts
        self._store = store
        self._now = now
        self._caution = caution
        self._embedder = embedder
        self._lock = threading.Lock()
        self._wordlists = Wordlists(store.path.parent)
        self._library = self._load()
        subscriptions = SubscriptionStore(store.database)
        self.subscribing = SubscriptionCommands(
            subscriptions,
            DigestBuilder(
                store,
                subscriptions,
                lambda: self._current().index,
                store.path.parent / HOLIDAYS,
            ),
            words,
            now,
            desk_channels,
            lambda: {record.company_code for record in self.records()},
            self._no_such_company,
        )

    def reply(self, message: Message) -> Reply:
        """Answer one message, remember what was shown, and keep a miss."""
        reply = self.consider(message)
        self.keep(message, reply)
        return reply

    def consider(self, message: Message) -> Reply:
        """Answer one message; `keep` is to follow once the reply is certain to go out."""
        message = self._scoped(message)
        command, as_of = parse(message.text[:_LONGEST])
        if as_of is not None:
            message = replace(message, as_of=as_of)
        return self._reply(command, message)

    def keep(self, message: Message, reply: Reply) -> None:
        """Remember what was shown in a chat, and keep a miss; one transaction with the caller's."""
        if message.chat is None:
            return
        match reply:
            case Answer(hits=hits):
                self._store.remember(message.chat, Memory(hits[0].full_id, ()), self._now())
            case Suggest(hits=hits):
                cited = self._memory(message).cited
                offered = tuple(hit.full_id for hit in hits)
                self._store.remember(message.chat, Memory(cited, offered), self._now())
            case Listing(record=record):
                self._store.remember(message.chat, Memory(f"{record.id}#1", ()), self._now())
        if isinstance(reply, Answer | Suggest | Decline):
            answered = reply.hits[0].id if isinstance(reply, Answer) else ""
            self._store.count_reply(message.chat.platform, band(reply), answered, self._now())
        if isinstance(reply, Suggest | Decline):
            self._store.add_miss(message.chat, message.text, band(reply), self._now())
        if isinstance(reply, Answer):
            for _, asked in reply.not_found:
                self._store.add_miss(message.chat, asked, "decline", self._now())

    def ranked(self, message: Message) -> list[Hit]:
        """The stored questions behind the reply to free text, best first, whatever its band."""
        message = self._scoped(message)
        command, as_of = parse(message.text[:_LONGEST])
        if not isinstance(command, Ask):
            return []
        message = replace(message, as_of=as_of or message.as_of)
        return self._look(command.text, message).hits[:_RANKED]

    @property
    def matcher(self) -> str:
        """Which matcher this is; another one may judge the same message otherwise."""
        return self._current().index.version

    def explain(self, message: Message, reply: Reply) -> Explanation:
        """What stands behind a reply to free text; nothing of it is kept."""
        message = self._scoped(message)
        command, as_of = parse(message.text[:_LONGEST])
        message = replace(message, as_of=as_of or message.as_of)
        index, state = self._current().index, meaning_state(self._store, self._embedder)
        searches: list[Search] = []
        if isinstance(command, Ask) and index.records:
            several = questions_in(command.text, index.says_something)
            texts = [] if several.is_list else [command.text]
            if len(several.pieces) > 1:
                texts += [piece.searched for piece in several.pieces[:MOST]]
            searches = [
                explain_search(
                    index,
                    text,
                    self._look(text, message),
                    company=message.company,
                    as_of=message.as_of,
                    band=band(self._single(text, message)),
                    caution=self._caution,
                    state=state,
                )
                for text in texts
            ]
        return Explanation(
            index.version,
            self._caution,
            *limits(self._caution),
            band(reply),
            None if searches else type(command).__name__,
            tuple(searches),
            state,
        )

    def show(self, reply: Reply) -> ReplyView:
        """The reply in words, the same for every chat."""
        return self.words.show(reply)

    def records(self) -> tuple[Record, ...]:
        """The records that may be shown now, newest event first."""
        return self._current().index.records

    # What is wanted

    def _reply(self, command: object, message: Message) -> Reply:
        if isinstance(command, ShowHelp):
            return Help()
        if isinstance(command, Unreadable):
            return Notice(self.words.text(command.key, printed=command.printed))
        if isinstance(command, Subscribe | Unsubscribe | ShowSubscription | ShowDigest):
            return self.subscribing.reply(command, message.chat, self.reach)
        if not self.records():
            return Notice(self.words.text("empty store"))
        match command:
            case Show():
                return self._numbered(command, message)
            case ShowRecord(record_id):
                return self._listing(record_id)
            case ShowLatest(code):
                return self._latest(code, message)
            case ShowWhole():
                return self._whole(message)
            case Pick(index):
                return self._picked(index, message)
            case SetCompany(code):
                return self._set_company(code, message)
            case Ask(text):
                return self._found(text, message)
        raise TypeError(f"no such command: {command!r}")

    def _found(self, text: str, message: Message) -> Reply:
        single = self._single(text, message)
        several = questions_in(text, self._current().index.says_something)
        is_as_typed = isinstance(single, Answer) and single.hits[0].is_as_typed
        is_of_others = isinstance(single, Decline) and single.cause.startswith(OTHER_COMPANY)
        if is_as_typed or is_of_others or len(several.pieces) < 2:
            return single
        named = self._current().index.named(normalise(text))
        if message.company is None and len(named) == 1:  # said once, meant of all
            message = replace(message, company=named.pop())
        return self._several(several, single, message)

    def _single(self, text: str, message: Message) -> Answer | Suggest | Decline:
        """The reply to one question."""
        look = self._look(text, message)
        hits = look.hits
        chosen = choose(hits, self._caution)
        if chosen == "decline":
            return Decline(self._coverage(message), look.cause)
        first = hits[0]
        same = {other.id for other in self._current().same_answer(first)}
        beside = [hit for hit in also_meant(hits) if hit.id not in same]
        newer = [hit for hit in beside if hit.record.company_code == first.record.company_code]
        newer.sort(key=_event, reverse=True)
        likely = [] if first.is_as_typed else [hit for hit in newer if hit.confidence >= AS_LIKELY]
        others = [hit for hit in beside if hit not in newer]
        if chosen == "answer" and not (likely or others):
            return self._answer(first, message, others=hits[1:], newer=newer)
        return Suggest(tuple(self._diverse([*likely, first, *others, *hits])), self._among_many())

    def _several(
        self, several: Several, single: Answer | Suggest | Decline, message: Message
    ) -> Answer | Suggest | Decline:
        """One reply to the questions of a message.

        Args:
            several: The questions.
            single: The reply to the message read as one question. People put several marks into
                one, so without a list it stands where no question alone is answered, or only by
                what answers the whole message.
            message: Where and for whom.
        """
        pieces = several.pieces[:MOST]
        replies = [self._single(piece.searched, message) for piece in pieces]
        answers: dict[str, Hit] = {}
        places: dict[str, list[int]] = {}
        newer: dict[str, Hit] = {}
        for place, reply in enumerate(replies, 1):
            if isinstance(reply, Answer):
                answers.setdefault(reply.hits[0].full_id, reply.hits[0])
                places.setdefault(reply.hits[0].full_id, []).append(place)
                newer |= {hit.full_id: hit for hit in reply.newer}
        if not answers:
            return self._offers(replies, message) if several.is_list else single
        is_one = isinstance(single, Answer) and [*answers] == [single.hits[0].full_id]
        if is_one and not several.is_list:
            return single
        return Answer(
            hits=tuple(answers.values()),
            as_of=message.as_of or self._today(),
            newer=tuple(newer.values()),
            asked=tuple(piece.printed for piece in pieces),
            places=tuple(tuple(own) for own in places.values()),
            similar=tuple(
                (place, hit)
                for place, reply in enumerate(replies, 1)
                if isinstance(reply, Suggest)
                for hit in reply.hits[:_SIMILAR]
            ),
            unread=len(several.pieces) - len(pieces),
            among_many=self._among_many(),
        )

    def _offers(
        self, replies: list[Answer | Suggest | Decline], message: Message
    ) -> Suggest | Decline:
        """The best offers of each question in turn."""
        offers = [reply.hits for reply in replies if isinstance(reply, Suggest)]
        hits = [hit for turn in zip_longest(*offers) for hit in turn if hit]
        if not hits:
            return Decline(self._coverage(message))
        return Suggest(tuple(self._diverse(hits)), self._among_many())

    def _look(self, text: str, message: Message) -> Look:
        return self._current().index.look(
            text,
            company=message.company,
            as_of=message.as_of,
            today=message.as_of or self._today(),
            limit=_LOOKED_AT,
        )

    def _answer(
        self,
        hit: Hit,
        message: Message,
        others: list[Hit] | None = None,
        newer: Sequence[Hit] = (),
        whole: bool = False,
    ) -> Answer:
        """Official words; questions with the same answer are named, not repeated."""
        found = {other.id for other in others or ()}
        same = sorted(  # those the message also finds first
            self._current().same_answer(hit), key=lambda other: other.id not in found
        )
        visible = [
            other
            for other in same
            if message.as_of is None or other.record.last_event.end <= message.as_of
        ]
        return Answer(
            hits=(hit,),
            as_of=message.as_of or self._today(),
            related=tuple(visible[:_RELATED]),
            newer=tuple(newer),
            whole=whole,
            among_many=self._among_many(),
        )

    def _diverse(self, hits: list[Hit]) -> list[Hit]:
        """The first hits, one for each different answer."""
        library = self._current()
        chosen: list[Hit] = []
        covered: set[str] = set()
        for hit in hits:
            if hit.id not in covered and len(chosen) < _OFFERED:
                chosen.append(hit)
                covered |= {hit.id, *(other.id for other in library.same_answer(hit))}
        return chosen

    # By number

    def _numbered(self, command: Show, message: Message) -> Reply:
        if command.record_id:
            record = self._record(command.record_id)
            if record is None:
                return self._no_such_record(command.record_id)
            return self._question(record, command, message)
        records = self._in_question(message)
        if len(records) == 1:
            return self._question(records[0], command, message)
        hits = [
            Hit(record, question, 1.0)
            for record in records
            if (question := record.question(command.number)) is not None
        ]
        if len(hits) == 1:
            return self._question(hits[0].record, command, message)
        if hits:
            return Suggest(tuple(hits[:_OFFERED]), self._among_many())
        return Decline(self._coverage(message), cause="no record has such a number")

    def _in_question(self, message: Message) -> list[Record]:
        """The records a bare number may mean: the one cited last, else all in scope."""
        cited = self._memory(message).cited
        record = self._record(cited.partition("#")[0]) if cited else None
        return [record] if record else self._scope(message)

    def _question(self, record: Record, command: Show, message: Message) -> Reply:
        question = record.question(command.number)
        named = f"{record.company_name}（{record.id}）"
        if question is None:
            return Notice(
                self.words.text(
                    "no such question",
                    record=named,
                    no=command.number,
                    count=len(record.questions),
                )
            )
        if command.part is not None and question.part(command.part) is None:
            return Notice(
                self.words.text(
                    "no such part", record=named, question=command.number, no=command.part
                )
            )
        return self._answer(Hit(record, question, 1.0, command.part), message, whole=command.whole)

    def _whole(self, message: Message) -> Reply:
        cited = self._memory(message).cited
        if cited is None:
            return Notice(self.words.text("nothing cited"))
        return self._by_id(cited, message, whole=True)

    def _picked(self, index: int, message: Message) -> Reply:
        offered = self._memory(message).offered
        if index >= len(offered):
            return Notice(self.words.text("nothing offered"))
        return self._by_id(offered[index], message)

    def _by_id(self, full_id: str, message: Message, whole: bool = False) -> Reply:
        command, _ = parse(full_id)
        if isinstance(command, Show):
            return self._numbered(replace(command, whole=whole), message)
        return self._no_such_record(full_id)

    def _no_such_record(self, typed: str) -> Notice:
        """Says back what was typed only where it is digits: a group would read anything else."""
        if re.fullmatch(r"[\d/#.-]+", typed, re.ASCII):
            return Notice(self.words.text("no such record", id=typed))
        return Notice(self.words.text("no such record, by its name"))

    # Records and companies

    def _listing(self, record_id: str) -> Reply:
        record = self._record(record_id)
        if record is None:
            return self._no_such_record(record_id)
        return Listing(record, self._among_many())

    def _latest(self, code: str | None, message: Message) -> Reply:
        if code is not None:
            message = replace(message, company=code)
        records = self._scope(message)
        if not records:
            return self._no_such_company(message.company or "")
        return Listing(records[0], self._among_many())

    def _set_company(self, code: str | None, message: Message) -> Reply:
        if code is None:
            if message.chat:
                self._store.set_company(message.chat, None, self._now())
            return Notice(self.words.text("company unset"))
        name = next(
            (record.company_name for record in self.records() if record.company_code == code), None
        )
        if name is None:
            return self._no_such_company(code)
        if message.chat:
            self._store.set_company(message.chat, code, self._now())
        return Notice(self.words.text("company set", name=name, code=code))

    def _no_such_company(self, code: str) -> Notice:
        covered = self.words.coverage(self._coverage(Message("")))
        return Notice(self.words.text("no such company", code=code, coverage=covered))

    def _scope(self, message: Message) -> list[Record]:
        return [
            record
            for record in self.records()
            if message.company in (None, record.company_code)
            and (message.as_of is None or record.last_event.end <= message.as_of)
        ]

    def _coverage(self, message: Message) -> tuple[Coverage, ...]:
        covered: dict[str, Coverage] = {}
        for record in self._scope(message):  # newest first
            so_far = covered.get(record.company_code)
            covered[record.company_code] = Coverage(
                record.company_name,
                so_far.records + 1 if so_far else 1,
                so_far.latest if so_far else record.event_date,
            )
        return tuple(covered.values())

    def _record(self, record_id: str) -> Record | None:
        wanted = normal_id(record_id)
        return next((record for record in self.records() if normal_id(record.id) == wanted), None)

    def _among_many(self) -> bool:
        return len(self.records()) > 1

    # Memory

    def _scoped(self, message: Message) -> Message:
        if message.company or message.chat is None:
            return message
        return replace(message, company=self._store.company(message.chat))

    def _memory(self, message: Message) -> Memory:
        if message.chat is None:
            return Memory(None, ())
        return self._store.memory(message.chat, since=self._now() - _MEMORY)

    # The library

    def _today(self) -> date:
        return self._now().date()

    def _current(self) -> _Library:
        library = self._library
        stale = library.until is not None and library.until <= self._now()
        stale = stale or self._wordlists.changed()
        if stale or self._store.generation() != library.generation:
            with self._lock:
                if self._library is library:
                    self._library = self._load()
        return self._library

    def _load(self) -> _Library:
        generation = self._store.generation()
        now = self._now()
        stored = self._store.records()
        waiting = [
            item.published_at for item in stored if item.published_at and not item.is_public(now)
        ]
        shown = [item.visible for item in stored if item.may_be_shown(now)]
        log.info("index built: records=%d generation=%d", len(shown), generation)
        index = Index(
            shown,
            lexicon=self._wordlists.read(),
            embedder=self._embedder,
            vectors=known_vectors(self._store, self._embedder, [item.record for item in stored]),
        )
        return _Library(generation, index, min(waiting, default=None))


def _event(hit: Hit) -> date:
    return hit.record.last_event.end


def _nowhere(chat: Chat) -> Reach:
    return "no push"
