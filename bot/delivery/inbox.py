"""What people write: kept before it is acknowledged, answered in turn (turns.py).

A message, the posts that answer it, and what the answerer keeps of it are closed in one
transaction, so that a kill at any moment leaves it answered once, or not yet. Closing it comes
first: of two processes that both take it for theirs one writes nothing.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from bot.delivery.counters import Counters
from bot.delivery.mailbox import Mailbox, Question, Waiting, fault, lane_of
from bot.delivery.quotas import Allowance
from bot.delivery.send_queues import Lane
from bot.delivery.thread_starts import ThreadStarts
from bot.delivery.transport import (
    BELOW,
    CHANGES,
    QUERY,
    REPLACES,
    Address,
    Payload,
    Reachability,
    ReadStart,
    Transport,
)
from bot.delivery.turns import Turn, Turns
from bot.errors import EngineAwayError, trace_of
from bot.masking import masked
from bot.message import Answer, Chat, Decline, Elsewhere, Likely, Message, Reply, ReplyView, Suggest
from bot.store.evidence import quoted
from bot.wording.presentation import Words

_FAULT_S = 1.0  # between two tries at a database that refuses
_ANSWERING = 2  # threads: one works while another waits for the model or the disk; 4 cost more

log = logging.getLogger(__name__)


class Considered(Protocol):
    """A message with the reply to it."""

    @property
    def reply(self) -> Reply: ...


class Answerer(Protocol):
    """What delivery needs of who answers."""

    words: Words
    now: Callable[[], datetime]  # the bot's clock (IR_NOW)
    # Set by delivery: whether an unasked post would arrive.
    reachability: Callable[[Chat], Reachability]
    desk: Callable[[Chat], Chat | None]  # where a chat's questions are handed over to
    is_outside: Callable[[Chat], bool]  # whether people outside the company read a chat
    desk_channels: tuple[str, ...]

    def masked(self, message: Message) -> Message:
        """The message as it may be kept."""

    def points(self, message: Message) -> bool:
        """Whether it asks about the message under which it stands."""

    def consider(self, message: Message, waited_s: float = 0.0) -> Considered:
        """The reply; nothing is kept yet.

        Args:
            message: What is asked.
            waited_s: How long the asker has waited already, so that nothing slow is begun.
        """

    def keep(self, message: Message, considered: Any, shown: ReplyView, post: str = "") -> None:
        """Keep what follows from a reply that is certain to go out, in the open transaction.

        Args:
            message: What it replies to.
            considered: What `consider` said of that.
            shown: The reply in words.
            post: The mark of its rows in the outbox; empty: it is shown at once.
        """

    def show(self, reply: Reply) -> ReplyView:
        """The reply in words."""


@dataclass
class TakenIn:
    """Messages that are committed together."""

    mailbox: Mailbox
    allowance: Allowance
    masked: Callable[[Message], Message]  # as it may be kept
    at: float
    rows: list[tuple[Lane, int]] = field(default_factory=list)
    posts: list[Waiting] = field(default_factory=list)  # that tell of a quota

    def accept(
        self, key: str, message: Message, address: Address, *, is_counted: bool = False
    ) -> bool:
        """As `Inbox.accept`."""
        chat = message.chat
        if chat is None:
            raise ValueError("a message without a chat cannot be replied to")
        if QUERY in address:
            address = {**address, QUERY: masked(str(address[QUERY]))}
        row_id = self.mailbox.add(key, self.masked(message), chat, address, self.at)
        if row_id and REPLACES in address:  # as it was before, it is not asked any more
            self.mailbox.take(address[REPLACES], chat, self.at)
        if row_id and not is_counted and (over := self.allowance.spend(chat)):
            self.mailbox.close_question(row_id)
            self.posts += self.allowance.tell(over, chat, address, self.at)
        elif row_id:
            self.rows.append((lane_of(chat, address), row_id))
        return bool(row_id)

    def leave(self, key: str, chat: Chat) -> bool:
        """Let a message count as answered; False where it was taken in or left before."""
        return self.mailbox.take(key, chat, self.at)


class Inbox:
    """Takes messages and answers them, oldest first, those of a lane in their order."""

    def __init__(
        self,
        mailbox: Mailbox,
        answerer: Answerer,
        transports: Mapping[str, Transport],
        readers: Mapping[str, ReadStart],
        line_up: Callable[[Sequence[Waiting]], None],
        carry: Callable[[Reply, str, Chat, Address], list[Waiting]],
        counters: Counters,
        clock: Callable[[], float],
        allowance: Allowance,
    ) -> None:
        """Prepare.

        Args:
            mailbox: The tables.
            answerer: Answers.
            transports: By platform.
            readers: By platform, how the first message of a thread is read.
            line_up: Called with posts that were put out.
            carry: Puts out what a reply says in other chats, in the open transaction.
            counters: For what was asked, and how it was answered.
            clock: Seconds since 1970.
            allowance: What workspaces may ask.
        """
        self._mailbox = mailbox
        self._allowance = allowance
        self._answerer = answerer
        self._transports = transports
        self._starts = ThreadStarts(mailbox, readers, self._begun)
        self._line_up = line_up
        self._carry = carry
        self._counters = counters
        self._clock = clock
        self._turns = Turns()
        self._threads = [
            threading.Thread(target=self._run, name=f"answer-{at}", daemon=True)
            for at in range(_ANSWERING)
        ]

    def start(self) -> None:
        """Answer until `stop`."""
        for thread in self._threads:
            thread.start()
        self._starts.start()

    def stop(self) -> None:
        """Answer nothing more; `join` waits for what is in hand."""
        self._turns.stop()
        self._starts.stop()

    def join(self, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    @property
    def is_busy(self) -> bool:
        """Whether messages wait to be answered, or did lately."""
        return self._turns.is_busy

    # In

    def accept(
        self, key: str, message: Message, address: Address, *, is_counted: bool = False
    ) -> bool:
        """Commit a message, masked; to be called before the platform is acknowledged.

        Args:
            key: The platform's mark of the message; equal for its repetitions.
            message: With its chat.
            address: What the transport needs to reply.
            is_counted: Whether `shown_within` had it before, which counts for the quota.

        Returns:
            False for a message that was accepted before.
        """
        with self.accepting() as taken_in:
            return taken_in.accept(key, message, address, is_counted=is_counted)

    @contextmanager
    def accepting(self) -> Iterator[TakenIn]:
        """Commit several messages together, and what else is written meanwhile."""
        masked, now = self._answerer.masked, self._clock()
        taken_in = TakenIn(self._mailbox, self._allowance, masked, now)
        with self._mailbox.transaction():
            yield taken_in
        for lane, row_id in taken_in.rows:
            self._counters.count("asked")
            self._turns.put(lane, row_id)
        if taken_in.posts:
            self._line_up(taken_in.posts)

    def take_over(self, rows: Sequence[tuple[Lane, int]]) -> None:
        """Answer what another process left, before all else."""
        self._turns.put_first(rows)

    def line_up_missed(self, rows: Sequence[tuple[Lane, int]]) -> None:
        """Answer what of this process's messages it does not know of; one that it does answer is
        closed once all the same."""
        for lane, row_id in rows:
            if (lane, row_id) not in self._turns:
                self._turns.put(lane, row_id)

    def shown_within(self, message: Message, seconds: float) -> ReplyView | None:
        """The reply in words, for a chat that takes it at once; kept and counted.

        An answer needs no writing: what is to be kept of it takes what is left of the time, and
        where the disk is full or the database locked the answer goes out all the same. Where a
        server is away nobody knows what may be shown: the asker is told to ask again.

        Returns:
            None, and nothing is kept, nor counted but for the quota, where answering takes longer,
            or says something in another chat too: the message is then to be accepted.
        """
        message, until = self._answerer.masked(message), time.monotonic() + seconds
        ready: SimpleQueue[tuple[Considered | None, ReplyView]] = SimpleQueue()
        in_time: SimpleQueue[bool] = SimpleQueue()

        def answer() -> None:
            if over := self._over(message):
                ready.put((None, over))
                return
            try:
                considered, shown = self._considered(message)
            except EngineAwayError as error:
                log.error("a question is not answered: %s", fault(error))
                considered, shown = None, ReplyView(self._answerer.words.text("not kept"))
            ready.put((considered, shown))
            if in_time.get():
                self._keep_if_possible(message, considered, shown)

        answering = threading.Thread(target=answer, name="ask", daemon=True)
        answering.start()
        try:
            considered, shown = ready.get(timeout=seconds)
        except Empty:
            in_time.put(False)
            return None
        is_elsewhere = considered is not None and isinstance(considered.reply, Elsewhere)
        in_time.put(not is_elsewhere)
        if is_elsewhere:
            return None
        answering.join(max(0.0, until - time.monotonic()))
        return shown

    def _over(self, message: Message) -> ReplyView | None:
        """What is said of a quota that is used up; where it cannot be counted, nothing is."""
        try:
            return self._allowance.spent(message.chat) if message.chat else None
        except Exception as error:
            log.error("a question is not counted: %s", fault(error))
            return None

    # Answering

    def _run(self) -> None:
        while (turn := self._turns.take()) is not None:
            try:
                self._answer(turn)
            except Exception as error:  # the database: the message stays in the inbox
                log.error("answering waits: %s", fault(error))
                time.sleep(_FAULT_S)
                self._turns.again(turn)
            else:
                self._turns.done(turn)

    def _begun(self, question: Question) -> None:
        """What a message points to was read."""
        self._turns.put(lane_of(question.chat, question.address), question.id)

    def _answer(self, turn: Turn) -> None:
        question = self._mailbox.question(turn.row, turn.lane)
        if question is None:
            return
        if self._starts.can_read(question) and self._points(question.message):
            self._starts.put(question)
            return
        began = time.monotonic()
        considered, shown, payloads, address = self._rendered(question)
        reply = considered.reply if considered else None
        mark = secrets.token_hex(8)
        with self._mailbox.transaction():
            if not self._mailbox.close_question(turn.row):
                log.info("another process answers inbox=%d", turn.row)
                return
            if considered is not None:
                self._answerer.keep(question.message, considered, shown, mark)
            posts = self._mailbox.put_out(
                question.key, turn.lane, payloads, address, self._clock(), evidence=mark
            )
            if reply is not None:
                posts += self._carry(reply, question.key, question.chat, question.address)
        self._line_up(posts)
        self._count(reply)
        log.info(
            "answered platform=%s inbox=%d reply=%s posts=%d waited_ms=%d took_ms=%d",
            question.chat.platform,
            turn.row,
            type(reply).__name__ if reply else "apology",
            len(posts),
            (self._clock() - question.at) * 1000,
            (time.monotonic() - began) * 1000,
        )

    def _points(self, message: Message) -> bool:
        try:
            return self._answerer.points(message)
        except EngineAwayError:  # it is known later
            raise
        except Exception as error:
            log.error("answering failed: %s", trace_of(error))
            return False

    def _rendered(
        self, question: Question
    ) -> tuple[Considered | None, ReplyView, list[Payload], Address]:
        waited_s = max(0.0, self._clock() - question.at)
        considered, shown = self._considered(question.message, waited_s)
        try:
            return considered, shown, *self._placed(shown, question)
        except EngineAwayError:
            raise
        except Exception as error:
            log.error("rendering failed: %s: %s", question.chat.platform, trace_of(error))
            return None, self._apology(), *self._placed(self._apology(), question)

    def _placed(self, shown: ReplyView, question: Question) -> tuple[list[Payload], Address]:
        """The posts and where they go: one that answers an edited message changes the one before.

        Where there are several, before or now, they are posted below.
        """
        transport, address = self._transports[question.chat.platform], question.address
        payloads = transport.render(shown, address)
        former = self._mailbox.last_reply(address[REPLACES]) if REPLACES in address else []
        if len(former) == len(payloads) == 1:
            return payloads, {**address, CHANGES: former[0]}
        if former:
            address = {**address, BELOW: True}
            payloads = transport.render(shown, address)
        return payloads, address

    def _considered(
        self, message: Message, waited_s: float = 0.0
    ) -> tuple[Considered | None, ReplyView]:
        """The reply and its words; no reply and an apology if answering fails.

        Raises:
            EngineAwayError: The server went away; it can be answered later.
        """
        try:
            considered = self._answerer.consider(message, waited_s)
            return considered, self._answerer.show(considered.reply)
        except EngineAwayError:
            raise
        except Exception as error:
            # Whatever is wrong, the asker hears of it; the message's words stay out of the log.
            log.error("answering failed: %s", trace_of(error))
            return None, self._apology()

    def _keep(self, message: Message, considered: Considered | None, shown: ReplyView) -> None:
        """What is kept of a message that had no row."""
        self._counters.count("asked")
        self._count(considered.reply if considered else None)
        if considered is not None:
            with self._mailbox.transaction():
                self._answerer.keep(message, considered, shown)

    def _keep_if_possible(
        self, message: Message, considered: Considered | None, shown: ReplyView
    ) -> None:
        try:
            self._keep(message, considered, shown)
        except Exception as error:
            told = quoted(considered.reply) if considered else ()
            what = ", ".join(f"{item.target} version {item.version}" for item in told)
            log.error("answered (%s), but nothing could be kept of it: %s", what, fault(error))

    def _count(self, reply: Reply | None) -> None:
        match reply:
            case None:
                self._counters.count("failed")
            case Answer():
                self._counters.count("answered")
            case Likely() | Suggest():
                self._counters.count("offered")
            case Decline():
                self._counters.count("declined")

    def _apology(self) -> ReplyView:
        return ReplyView(intro=self._answerer.words.text("apology"))
