"""Message → Reply: the one path every chat shares.

    commands.parse     what is wanted: free text, a number, a letter, a command
    by_text            a search, and what is made of it: answer, offer or decline (decision.py)
    by_number          what was named by its number
    explanation        why, from what was done

Knows no platform and no clock but the one passed in. Safe to call from several threads: the
library is immutable and replaced whole when the store changed (library.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.answering.by_number import ByNumber, no_such_company
from bot.answering.by_text import ByText
from bot.answering.explanation import Explanation, explain
from bot.answering.handing_over import HandingOver
from bot.answering.library import CurrentLibrary, Library
from bot.answering.trail import Considered
from bot.commands import (
    Ask,
    Command,
    SetCompany,
    ShowDigest,
    ShowHelp,
    ShowSubscription,
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
from bot.matching.embedding import Embedder
from bot.message import (
    Answer,
    Chat,
    Decline,
    Help,
    Listing,
    Message,
    Notice,
    Reply,
    ReplyView,
    Suggest,
    band,
)
from bot.record import Record
from bot.store import Memory, Store
from bot.wording.presentation import Words

_MEMORY = timedelta(hours=1)  # how long a chat remembers what was shown
_LONGEST = 2000  # characters of a message that are looked at; longer ones are no question


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
    ) -> None:
        """embedder: The model that made the store's vectors; None: words alone."""
        self.words = words
        self.now = now
        self.reachability: Callable[[Chat], Reachability] = _nowhere  # set by who delivers posts
        self.desk: Callable[[Chat], Chat | None] = _no_desk  # as well
        self.desk_channels = desk_channels
        self._store = store
        self._handing_over = HandingOver(
            store, words, now, desk_channels, lambda chat: self.desk(chat), _MEMORY
        )
        self._caution = caution
        self._library = CurrentLibrary(store, now, embedder)
        subscriptions = SubscriptionStore(store.database)
        self.subscribing = SubscriptionCommands(
            subscriptions,
            DigestBuilder(
                store,
                subscriptions,
                lambda: self._library.get().index,
                store.path.parent / HOLIDAYS,
            ),
            words,
            now,
            desk_channels,
            lambda: {record.company_code for record in self.records()},
            lambda code: no_such_company(self._library.get(), words, code),
        )

    def reply(self, message: Message) -> Reply:
        """Answer one message, remember what was shown, and keep a miss."""
        reply = self.consider(message).reply
        self.keep(message, reply)
        return reply

    def consider(self, message: Message) -> Considered:
        """Answer one message, with what led to the reply.

        `keep` is to follow once the reply is certain to go out.
        """
        library = self._library.get()
        if handed := self._handing_over.reply(message):
            return Considered(Ask(message.text), handed, library, self._caution)
        command, as_of = parse(message.text[:_LONGEST])
        message = self._scoped(replace(message, as_of=as_of or message.as_of))
        if isinstance(command, Ask) and library.records:
            found = ByText(library, self._caution, self._today()).reply(command.text, message)
            reply: Reply = found.reply
            if isinstance(reply, Decline):
                reply = self._handing_over.offered(reply, message)
            return Considered(command, reply, library, self._caution, found)
        return Considered(
            command, self._carried_out(command, message, library), library, self._caution
        )

    def keep(self, message: Message, reply: Reply) -> None:
        """Remember what was shown in a chat, and keep a miss; one transaction with the caller's."""
        if message.chat is None:
            return
        match reply:
            case Answer(hits=hits):
                self._store.remember(message.chat, Memory(hits[0].full_id, ()), self.now())
            case Suggest(hits=hits):
                cited = self._memory(message).cited
                offered = tuple(hit.full_id for hit in hits)
                self._store.remember(message.chat, Memory(cited, offered), self.now())
            case Listing(record=record):
                self._store.remember(message.chat, Memory(f"{record.id}#1", ()), self.now())
        if isinstance(reply, Answer | Suggest | Decline):
            answered = reply.hits[0].id if isinstance(reply, Answer) else ""
            self._store.count_reply(message.chat.platform, band(reply), answered, self.now())
        if isinstance(reply, Suggest | Decline):
            hits = () if isinstance(reply, Decline) else reply.hits
            self._store.add_miss(message.chat, message.text, band(reply), self.now(), hits)
        if isinstance(reply, Answer):
            self._keep_picks(message, message.chat, reply)
            for place, asked in reply.not_found:
                similar = [hit for of, hit in reply.similar if of == place]
                self._store.add_miss(message.chat, asked, "decline", self.now(), similar)

    def _keep_picks(self, message: Message, chat: Chat, answer: Answer) -> None:
        """What was named, by letter, button or number, may be a pick of what was offered."""
        if isinstance(parse(message.text[:_LONGEST])[0], Ask):
            return
        for hit in answer.hits:
            self._store.add_pick(chat, hit.full_id, self.now(), self.now() - _MEMORY)

    def explain(self, considered: Considered) -> Explanation:
        """What stands behind a reply; nothing is searched again, and nothing kept."""
        return explain(considered, self._library.meaning())

    def show(self, reply: Reply) -> ReplyView:
        """The reply in words, the same for every chat."""
        return self.words.show(reply)

    def records(self) -> tuple[Record, ...]:
        """The records that may be shown now, newest event first."""
        return self._library.get().records

    @property
    def matcher(self) -> str:
        """Which matcher this is; another one may judge the same message otherwise."""
        return self._library.get().index.version

    def _carried_out(self, command: Command, message: Message, library: Library) -> Reply:
        """The reply to what is no search."""
        match command:
            case ShowHelp():
                return Help()
            case Unreadable(key, printed):
                return Notice(self.words.text(key, printed=printed))
            case Subscribe() | Unsubscribe() | ShowSubscription() | ShowDigest():
                return self.subscribing.reply(command, message.chat, self.reachability)
        if isinstance(command, Ask) or not library.records:
            return Notice(self.words.text("empty store"))
        if isinstance(command, SetCompany):
            return self._set_company(command.company_code, message, library)
        by_number = ByNumber(library, self.words, self._today(), self._memory)
        return by_number.reply(command, message)

    def _set_company(self, code: str | None, message: Message, library: Library) -> Reply:
        names = {record.company_code: record.company_name for record in reversed(library.records)}
        if code is not None and code not in names:
            return no_such_company(library, self.words, code)
        if message.chat:
            self._store.set_company(message.chat, code, self.now())
        if code is None:
            return Notice(self.words.text("company unset"))
        return Notice(self.words.text("company set", name=names[code], code=code))

    # Memory

    def _scoped(self, message: Message) -> Message:
        if message.company or message.chat is None:
            return message
        return replace(message, company=self._store.company(message.chat))

    def _memory(self, message: Message) -> Memory:
        if message.chat is None:
            return Memory(None, ())
        return self._store.memory(message.chat, since=self.now() - _MEMORY)

    def _today(self) -> date:
        return self.now().date()


def _no_desk(chat: Chat) -> None:
    return None


def _nowhere(chat: Chat) -> Reachability:
    return "no push"
