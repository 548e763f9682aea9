"""Message → Reply: the one path every chat shares.

    commands.parse     what is wanted: free text, a number, a letter, a command
    by_text            a search, and what is made of it: answer, offer or decline (decision.py)
    by_number          what was named by its number
    pointing           the question, where a message points to another
    explanation        why, from what was done

Knows no platform and no clock but the one passed in. Safe to call from several threads: the
library is immutable and replaced whole when the store changed (current_library.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot.answering import outsiders
from bot.answering.by_number import ByNumber, no_such_company
from bot.answering.by_text import ByText
from bot.answering.companies import Companies
from bot.answering.consulting import consulting, observed
from bot.answering.current_library import CurrentLibrary
from bot.answering.explanation import Explanation, explain
from bot.answering.handing_over import HandingOver, is_answer
from bot.answering.library import Library
from bot.answering.pointing import Asked, Parse, asked, looked_at, points, says_anything
from bot.answering.second_opinion import SecondReader
from bot.answering.small_talk import kind_of, unless_asked
from bot.answering.small_talk import reply as small_talk
from bot.answering.trail import Considered, Search
from bot.commands import (
    Ask,
    Command,
    SetCompanies,
    ShowDigest,
    ShowHelp,
    ShowSubscription,
    SmallTalk,
    Subscribe,
    Unreadable,
    Unsubscribe,
    parse,
)
from bot.config import Caution
from bot.delivery.transport import Reachability
from bot.digest.content import DigestBuilder
from bot.digest.subscription_commands import SubscriptionCommands
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import FILE as HOLIDAYS
from bot.masking import masked
from bot.matching.embedding import Embedder
from bot.matching.text import normalise
from bot.message import (
    Answer,
    Band,
    Chat,
    Decline,
    Help,
    Hit,
    Likely,
    Listing,
    Message,
    Notice,
    Reply,
    ReplyView,
    Statement,
    Suggest,
    band,
)
from bot.record import Record
from bot.store import Memory, Scope, Store
from bot.store.evidence import quoted
from bot.wording.presentation import Words

_MEMORY = timedelta(hours=1)  # how long a chat remembers what was shown
_PARSED = 1024  # messages
_LIBRARIES = 8  # that several workspaces' messages are read for at a time


class Responder:
    """Answers messages from the store."""

    def __init__(
        self,
        store: Store,
        words: Words,
        now: Callable[[], datetime],
        caution: Caution,
        desk_channels: tuple[str, ...],
        embedder: Embedder | None,
        managers: tuple[str, ...],
        is_taught: bool = True,
    ) -> None:
        """
        Args:
            store: Holds what may be answered.
            words: Puts it into words.
            now: The clock.
            caution: How sure an answer must be.
            desk_channels: Chats that may have the desk's digest.
            embedder: The model that made the store's vectors; None: words alone.
            managers: Who may change a chat's digest and company; none: everyone.
            is_taught: Whether what the desk taught counts.
        """
        self.words = words
        self.now = now
        self.reachability: Callable[[Chat], Reachability] = _nowhere  # set by who delivers posts
        self.desk: Callable[[Chat], Chat | None] = _no_desk  # as well
        self.is_outside: Callable[[Chat], bool] = _inside  # as well
        self.second_reader: SecondReader | None = None  # set by who has one
        self.desk_channels = desk_channels
        self._store = store
        self._handing_over = HandingOver(
            store, words, now, desk_channels, lambda chat: self.desk(chat), _MEMORY
        )
        self._caution = caution
        self._parsing = _Parsing()
        self._library = CurrentLibrary(store, now, embedder, is_taught)
        self._companies = Companies(store, words, now, self._library)
        subscriptions = SubscriptionStore(store.database)
        self.subscribing = SubscriptionCommands(
            subscriptions,
            DigestBuilder(
                store,
                subscriptions,
                lambda: self._library.get().index,
                store.folder / HOLIDAYS,
            ),
            words,
            now,
            desk_channels,
            managers,
            lambda chat: self._library_for(chat).companies.keys(),
            lambda code, chat: no_such_company(self._library_for(chat), words, code),
        )

    def reply(self, message: Message) -> Reply:
        """Answer one message, remember what was shown, and keep a miss."""
        message = self.masked(message)
        considered = self.consider(message)
        self.keep(message, considered, self.show(considered.reply))
        return considered.reply

    def masked(self, message: Message) -> Message:
        """As it may be kept, without an asker's numbers; what the desk answers is its own words."""
        said = message.text
        if not (message.chat and message.chat.channel in self.desk_channels and is_answer(said)):
            said = masked(said)
        return replace(message, text=said, quoted=masked(message.quoted))

    def points(self, message: Message) -> bool:
        """Whether a message in a thread asks about the one that began it.

        A bare call does; other words without a matter do where nothing was shown there yet.
        """
        if self._is_outside(message) or self._handing_over.reply(message):
            return False
        typed = looked_at(message.text)
        library = self._library_for(message.chat)
        command, _ = self._parsing.of(library)(typed)
        if not points(command, typed, library.index.names_a_matter):
            return False
        return not says_anything(typed) or self._memory(message) == Memory()

    def consider(self, message: Message, waited_s: float = 0.0) -> Considered:
        """Answer one message, with what led to the reply.

        `keep` is to follow once the reply is certain to go out. A second reader takes its time, so
        no transaction may be open.

        Args:
            message: What is asked.
            waited_s: How long the asker has waited already.
        """
        began = time.monotonic() - waited_s
        scope = self._companies.scope(message.chat)
        library = self._limited(scope, message.chat)
        if self._is_outside(message):
            considered = self._considered(message, scope, library, began)
            return outsiders.limited(considered, library, self.words)
        if handed := self._handing_over.reply(message):
            return Considered(Ask(message.text), handed, library, self._caution)
        return self._considered(message, scope, library, began)

    def _considered(
        self, message: Message, scope: Scope, library: Library, began: float
    ) -> Considered:
        wanted = self._asked(message, library)
        command = wanted.command
        as_of = wanted.as_of or message.as_of
        if as_of and message.chat:  # what is announced for a day to come is not out yet
            as_of = min(as_of, self._today())
        message = replace(message, as_of=as_of, company=message.company or scope.company)
        if isinstance(command, Ask) and (library.records or library.is_silenced):
            second = consulting(self.second_reader, began)
            by_text = ByText(library, self._caution, self._today(), second)
            found = by_text.reply(command.text, message)
            if message.chat and second is None:  # it is asked where it does not count, too
                observed(found, self.second_reader, is_awaited=False)
            reply = replace(found.reply, is_cut=wanted.is_cut)
            if isinstance(reply, Answer) and wanted.whole:
                reply = replace(reply, whole=True)
            if isinstance(reply, Decline):
                reply = self._handing_over.offered(reply, message.chat, wanted.text)
            return Considered(command, reply, library, self._caution, found)
        return Considered(
            command, self._carried_out(command, message, library), library, self._caution
        )

    def asks_for_a_person(self, text: str) -> bool:
        """Whether a message says nothing but that a person is wanted."""
        return kind_of(text) == "person"

    def may_leave(self, full_id: str) -> bool:
        """Whether a question, or a record, may be shown to people outside now."""
        return self._library.outside().shows(full_id)

    def _is_outside(self, message: Message) -> bool:
        return message.chat is not None and self.is_outside(message.chat)

    def keep(
        self, message: Message, considered: Considered, shown: ReplyView, post: str = ""
    ) -> None:
        """`remember` and `prove`, in one transaction with the caller's.

        Args:
            message: What is replied to.
            considered: The reply, and what led to it.
            shown: The reply in words.
            post: The mark of its rows in the outbox; empty: it is shown at once.
        """
        self.remember(message, considered.reply, considered.library)
        if message.chat:
            self.prove(message.chat, considered, shown, post)

    def remember(self, message: Message, reply: Reply, library: Library | None = None) -> None:
        """Remember what was shown in a chat, and keep a miss; one transaction with the caller's.

        Args:
            message: What is replied to.
            reply: The reply.
            library: That it is of; None: the one of every chat.
        """
        if message.chat is None:
            return
        library = library or self._library.built
        match reply:
            case Answer(hits=quoted, lettered=others) | Likely(quoted=quoted, others=others):
                offered = tuple(hit.full_id for hit in others)
                self._store.remember(message.chat, Memory(quoted[0].full_id, offered), self.now())
            case Statement(hit=hit):
                self._store.remember(message.chat, Memory(cited=hit.full_id), self.now())
            case Suggest(hits=hits):
                offered = tuple(hit.full_id for hit in hits)
                self._store.remember(message.chat, Memory(offered=offered), self.now())
            case Listing(record=record):
                self._store.remember(message.chat, Memory(cited=f"{record.id}#1"), self.now())
        if isinstance(reply, Answer | Likely | Suggest | Decline):
            answered = reply.hits[0].id if isinstance(reply, Answer) else ""
            self._store.count_reply(message.chat.platform, band(reply), answered, self.now())
        if isinstance(reply, Likely | Suggest | Decline):
            wanted = self._asked(message, library)
            hits = () if isinstance(reply, Decline) else reply.hits
            if hits or isinstance(wanted.command, Ask):  # not a letter whose question is gone
                self._add_miss(message, library, wanted.text, band(reply), hits)
        if isinstance(reply, Answer):
            for place, asked in reply.not_answered:
                near = [hit for places, hit in reply.likely if place in places]
                near += [hit for of, hit in reply.similar if of == place]
                self._add_miss(message, library, asked, "decline", near)
        if isinstance(reply, Answer | Statement):
            self._keep_picks(message, message.chat, reply, library)

    def _add_miss(
        self, message: Message, library: Library, text: str, as_band: Band, offered: Sequence[Hit]
    ) -> None:
        """Keep a miss, with the company that it asks about: set, named, or the only one."""
        assert message.chat is not None  # nothing else is kept
        company = message.company or self._companies.scope(message.chat).company
        codes = library.index.names.companies(normalise(text)) or {*library.companies}
        if company is None and len(codes) == 1:
            company = codes.pop()
        self._store.add_miss(message.chat, text, as_band, self.now(), offered, company)

    def prove(self, chat: Chat, considered: Considered, shown: ReplyView, post: str = "") -> None:
        """Keep which official words a chat is shown; as `keep`, for what is no chat's message."""
        told, matcher = quoted(considered.reply), considered.matcher
        self._store.add_evidence(chat, told, shown.text, matcher, self.now(), post)

    def _keep_picks(
        self, message: Message, chat: Chat, reply: Answer | Statement, library: Library
    ) -> None:
        """What was named, by letter, button or number, may be a pick of what was offered."""
        if isinstance(self._asked(message, library).command, Ask):
            return
        for hit in reply.hits if isinstance(reply, Answer) else (reply.hit,):
            self._store.add_pick(chat, hit.full_id, self.now(), self.now() - _MEMORY)

    def explain(self, considered: Considered) -> Explanation:
        """What stands behind a reply; nothing is searched again, and nothing kept. A second reader
        is asked of what it was not, so that its opinion is known."""
        text = considered.text and observed(considered.text, self.second_reader)
        has_reader = self.second_reader is not None
        return explain(replace(considered, text=text), self._library.meaning(), has_reader)

    def read_again(self, text: str) -> tuple[Search, ...]:
        """The searches that the reply to a message comes from, with what the second reader says."""
        found = self.consider(Message(text)).text
        return observed(found, self.second_reader).deciding if found else ()

    def show(self, reply: Reply) -> ReplyView:
        """The reply in words, the same for every chat."""
        return self.words.show(reply)

    @property
    def library(self) -> Library:
        """What may be shown now."""
        return self._library.get()

    def records(self, chat: Chat | None = None) -> Sequence[Record]:
        """The records that may be shown now, in a chat or anywhere, newest event first."""
        return self._library_for(chat).records

    @property
    def matcher(self) -> str:
        """Which matcher this is; another one may judge the same message otherwise."""
        return self._library.get().index.version

    def _carried_out(self, command: Command, message: Message, library: Library) -> Reply:
        """The reply to what is no search."""
        match command:
            case ShowHelp() | SmallTalk(kind="usage"):
                return Help(message.chat.platform if message.chat else "")
            case Unreadable("how to set company") if told := self._companies.told(
                message.chat, library
            ):
                return told
            case Unreadable(key, printed):
                return Notice(self.words.text(key, printed=printed))
            case SmallTalk():
                return small_talk(command, library, self.words)
            case Subscribe() | Unsubscribe() | ShowSubscription() | ShowDigest():
                if self._is_outside(message):
                    return Notice(self.words.text("members only"))
                return self.subscribing.reply(command, message.chat, self.reachability)
        if isinstance(command, SetCompanies):
            if not self.subscribing.may_manage(message.chat):
                return Notice(self.words.text("managers only"))
            outside = self._is_outside(message)
            return self._companies.choose(command.company_codes, message.chat, outside=outside)
        if library.is_silenced:  # as what is not in the record
            return Decline()
        if isinstance(command, Ask) or not library.records:
            return Notice(self.words.text("empty store"))
        by_number = ByNumber(library, self.words, self._today(), self._memory)
        return by_number.reply(command, message)

    def _asked(self, message: Message, library: Library) -> Asked:
        return asked(message, self._parsing.of(library), library.index.names_a_matter)

    # Scope and memory

    def _library_for(self, chat: Chat | None) -> Library:
        """What a chat may be answered from."""
        return self._limited(self._companies.scope(chat), chat)

    def _limited(self, scope: Scope, chat: Chat | None) -> Library:
        outside = chat is not None and self.is_outside(chat)
        return self._library.limited(scope.of_library, outside=outside)

    def _memory(self, message: Message) -> Memory:
        if message.chat is None:
            return Memory()
        return self._store.memory(message.chat, since=self.now() - _MEMORY)

    def _today(self) -> date:
        return self.now().date()


class _Parsing:
    """Reads texts as a library's: its companies' names, the words that ask of nothing."""

    def __init__(self) -> None:
        self._known: tuple[tuple[Library, Parse], ...] = ()  # of which library, and its own

    def of(self, library: Library) -> Parse:
        """How texts are read now."""

        @lru_cache(maxsize=_PARSED)  # a message is looked at again when it is kept
        def read(text: str) -> tuple[Command, date | None]:
            command, as_of = parse(text, library.company_codes)
            return unless_asked(command, library), as_of

        for of, known in self._known:
            if of is library:
                return known
        self._known = ((library, read), *self._known[: _LIBRARIES - 1])
        return read


def _no_desk(chat: Chat) -> None:
    return None


def _inside(chat: Chat) -> bool:
    return False


def _nowhere(chat: Chat) -> Reachability:
    return "no push"
