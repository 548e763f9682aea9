"""Inbox and outbox, shared by every chat: nothing lost, nothing twice.

    inbox       a message is committed; only then may the platform be acknowledged. Its answer's
                posts, its closing and what is kept of it are one transaction
    sender      a post is `sending`, committed, before the network call; then sent, or due again.
                What a kill or a time-out left `sending` is looked up first
    thread_starts  what a message only points to is read, before it is answered
    taking over what dead processes left is claimed: within a second after their end where they
                share a file, within ten where they share a server

Several processes may share the database: a row belongs to the process that claimed it while that
lives (`store.leases`). A process that cannot post what it has, while another one may, lets it go.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from bot.delivery.claims import Claims
from bot.delivery.clearing import purge
from bot.delivery.counters import Counters
from bot.delivery.desk import Desk
from bot.delivery.inbox import Answerer, Inbox
from bot.delivery.mailbox import InDoubtError, Mailbox, fault, oldest_waiting
from bot.delivery.quotas import Allowance, Quotas
from bot.delivery.sender import Sender
from bot.delivery.transport import Address, Payload, Reachability, ReadStart, Sent, Transport
from bot.errors import StoreError
from bot.message import Chat
from bot.postgres_url import Place
from bot.store.connection import Database
from bot.store.feedback import Feedback
from bot.store.handovers import Handovers
from bot.store.leases import RELEASED, Lease, Timing, ownership_of
from bot.store.waking import Listener
from bot.store.workspace_use import WorkspaceUse

_LOOK_S = 1.0  # how often a dead process's rows are looked for, if nobody tells of them
# The least that marks of messages are kept, so that repetitions are known: where messages are
# fetched, the platform has those of three days.
_KEEP_DAYS = 4
_MARKS_DAYS = 7  # the most

log = logging.getLogger(__name__)


class Delivery:
    """One per process; start it after every platform is registered."""

    def __init__(
        self,
        answerer: Answerer,
        place: Place,
        clock: Callable[[], float],
        timing: Timing | None = None,
        quotas: Quotas = Quotas(),  # noqa: B008 - immutable
    ) -> None:
        """Prepare.

        Args:
            answerer: Answers.
            place: The database.
            clock: Seconds since 1970, for what is stored; waiting keeps to the real clock.
            timing: By which replicas know of each other; the same for all.
            quotas: How much a workspace may ask.
        """
        self._database = database = Database.open(place)
        self._ownership = ownership_of(database, timing)
        self._clock = clock
        self._transports: dict[str, Transport] = {}
        self._readers: dict[str, ReadStart] = {}
        self._outside: set[str] = set()  # platforms of people outside the company
        self._mailbox = Mailbox(database, self._ownership)
        self._claims = Claims(database, self._mailbox, self._ownership, clock)
        self.counters = Counters()
        self.feedback = Feedback(place, clock)
        self.sender = Sender(
            self._mailbox,
            self._ownership,
            self._transports,
            self.counters,
            clock,
            lambda: answerer.now().timestamp(),
        )
        self.desk = self._desk(answerer, Handovers(place))
        self.inbox = Inbox(
            self._mailbox,
            answerer,
            self._transports,
            self._readers,
            self.sender.line_up,
            self.desk.carry,
            self.counters,
            clock,
            Allowance(quotas, WorkspaceUse(place), self._mailbox, self._transports, answerer),
        )
        self._recount_at = time.monotonic() + self._ownership.recount_s
        self._stopping, self._woken = False, threading.Event()
        self._listener = Listener(database, {RELEASED: self._woken.set})
        self._thread = threading.Thread(target=self._taking_over, name="take over", daemon=True)
        self._tell(answerer)

    def _tell(self, answerer: Answerer) -> None:
        """What the answerer asks of the platforms."""
        answerer.reachability = self.reachability
        answerer.desk = self.desk.of
        answerer.is_outside = lambda chat: chat.platform in self._outside

    def _desk(self, answerer: Answerer, handovers: Handovers) -> Desk:
        return Desk(
            self._mailbox,
            handovers,
            self._transports,
            answerer.words,
            answerer.desk_channels,
            self._clock,
            answerer.now,
        )

    def register(
        self,
        platform: str,
        transport: Transport,
        read_start: ReadStart | None = None,
        *,
        outside: bool = False,
        is_ready_in: Callable[[str], bool] | None = None,
    ) -> None:
        """Tell how a platform's replies are carried.

        Args:
            platform: Its name.
            transport: Carries.
            read_start: Reads the message under which another stands, where there are threads.
            outside: Its people are outside the company.
            is_ready_in: Whether posts of a workspace can go out now, where that differs.
        """
        self._transports[platform] = transport
        if outside:
            self._outside.add(platform)
        if read_start is not None:
            self._readers[platform] = read_start
        self.sender.register(platform, is_ready_in)

    def transport(self, platform: str) -> Transport | None:
        """How a platform's posts are carried by this process, if they are."""
        return self._transports.get(platform)

    def reachability(self, chat: Chat) -> Reachability:
        """Whether a post that answers nothing would arrive in the chat."""
        transport = self._transports.get(chat.platform)
        return transport.reachability(chat) if transport else "no push"

    def post_within(
        self, seconds: float, key: str, chat: Chat, payloads: Sequence[Payload], address: Address
    ) -> None:
        """Post an answer for which somebody waits, once for a key, through the outbox.

        Where the outbox cannot be written it is posted past it: better an answer that a kill may
        lose than none. Returns after the time at the latest.
        """
        posting = threading.Thread(
            target=self._post, args=(key, chat, payloads, address), name="post", daemon=True
        )
        posting.start()
        posting.join(seconds)

    def _post(self, key: str, chat: Chat, payloads: Sequence[Payload], address: Address) -> None:
        try:
            self.sender.enqueue(key, chat, payloads, address)
        except InDoubtError as error:
            log.error("an answer waits: %s", error)
            self._post_later(key, chat, payloads, address)
        except Exception as error:
            log.error("an answer is posted past the outbox: %s", fault(error))
            for number, payload in enumerate(payloads, 1):
                outcome = self._transports[chat.platform].send(payload, address, f"{key}/{number}")
                if not isinstance(outcome, Sent):
                    log.error("%s: an answer past the outbox was lost", chat.platform)
                    return

    def _post_later(
        self, key: str, chat: Chat, payloads: Sequence[Payload], address: Address
    ) -> None:
        """Put out what may be in the outbox already, and would be posted twice past it."""
        while not self._stopping:
            time.sleep(_LOOK_S)
            with suppress(StoreError):
                self.sender.enqueue(key, chat, payloads, address)
                return

    def note_not_shown(self, platform: str, ref: str, why: str) -> None:
        """A post that the platform took, by its id there, was not shown after all."""
        with self._mailbox.transaction():
            self._mailbox.fail(platform, ref, why)

    def start(self) -> None:
        """Take up what an earlier process left, and work until `stop`."""
        self._try_take_over()  # what came first goes first
        self.sender.start()
        self.inbox.start()
        self._thread.start()
        self._listener.start()

    def stop(self, timeout_s: float = 2.5) -> None:
        """Finish the sends in hand; the rest stays for the next start."""
        until = time.monotonic() + timeout_s
        self._stopping = True
        self._woken.set()
        self._listener.stop()
        self.inbox.stop()
        self.sender.stop()
        self.inbox.join(timeout_s)
        self.sender.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            self._thread.join(max(0.0, until - time.monotonic()))
        self._ownership.release()

    # What dead processes left

    def _taking_over(self) -> None:
        while not self._stopping:
            self._woken.wait(_LOOK_S)
            self._woken.clear()
            if not self._stopping:
                self._try_take_over()

    def _try_take_over(self) -> None:
        try:
            self._take_over()
            self.sender.line_up(self.desk.tell_lost())
        except Exception as error:
            log.error("taking up waits: %s", fault(error))

    def _take_over(self) -> None:
        """Claim the waiting rows of processes that are gone, and of nobody; find those of our own
        that a failed transaction hid, or that a standby has as they were before."""
        # A process that cannot post takes nothing from one that soon may.
        platforms = [name for name, transport in self._transports.items() if transport.is_ready]
        self._let_go()
        if self._mailbox.may_have_missed() or time.monotonic() >= self._recount_at:
            self._recount_at = time.monotonic() + self._ownership.recount_s
            questions, posts = self._claims.ours([*self._transports])
            self.sender.line_up_missed(posts)
            self.inbox.line_up_missed(questions)
        for owner, places in self._claims.owners(platforms).items():
            ours = [place for place in places if self.sender.is_ready_in(*place)]
            if not ours or self._ownership.lives(owner):
                continue
            questions, posts = self._claims.take_over(owner, ours)
            if questions or posts:
                log.info("taken up: questions=%d posts=%d", len(questions), len(posts))
            # Posts first: what answers a question goes after what was put out before.
            self.sender.line_up(posts)
            self.inbox.take_over(questions)

    def _let_go(self) -> None:
        """Leave posts to the process that can send them, as one that holds WeCom's connection."""
        if self.sender.holds_back() and self._ownership.has_company():
            self._claims.let_go(self.sender.let_go())

    # State

    def has_company(self) -> bool:
        """Whether other processes deliver from the same database."""
        return self._ownership.has_company()

    def lease(self, name: str) -> Lease | None:
        """The right to be the only process that does something; None where there is no server by
        which processes share it."""
        return self._ownership.lease(name)

    def oldest_undelivered_s(self) -> float:
        """Age of the oldest question or post that has not gone out, 0 when all have."""
        oldest = oldest_waiting(self._database.connection())
        return max(0.0, self._clock() - oldest) if oldest is not None else 0.0

    def purge(self, days: int) -> None:
        """Delete rows that old, and what askers typed in opinions.

        Marks of messages are kept for four days at least, until when a repetition may come, and
        seven at most.
        """
        now, kept = self._clock(), max(days, _KEEP_DAYS)
        with self._mailbox.transaction() as db:
            purge(db, now - min(kept, _MARKS_DAYS) * 86400.0, now - kept * 86400.0)
            self.feedback.forget_queries(now - days * 86400.0)
