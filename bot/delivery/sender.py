"""Posts the outbox: each post once, each lane in order.

    begin       a row is `sending`, committed, before the network call, which is not made once the
                row may be another process's
    carry       posted; or, where a kill or a time-out left it `sending`, looked up first and
                repeated only where the platform says that it is not there
    settle      what came of it (`transition`) is committed, then the lane is free

One thread writes the outbox, so that many posts share a commit; others carry.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from queue import SimpleQueue

from bot.delivery.counters import Counters
from bot.delivery.mailbox import Mailbox, Post, TakenError, Waiting, fault, lane_of
from bot.delivery.send_queues import Lane, SendQueues
from bot.delivery.transition import Closed, Transition, transition
from bot.delivery.transport import (
    Address,
    CannotCheck,
    Expired,
    NotPosted,
    Outcome,
    Payload,
    RateLimited,
    Redirected,
    Refused,
    Suspended,
    Transport,
    Unconfirmed,
)
from bot.message import Chat
from bot.store.leases import Ownership

SENDERS = 16  # posts of a workspace in hand at once
_REMEMBERED_S = 3700.0  # posts longer ago are in no window of the limits
_LOOK_S = 1.0  # how often a platform that was not ready is asked again
_FAULT_S = 1.0  # between two tries at a database that refuses
_SWEEP_S = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Settled:
    """What came of a post that was in hand."""

    lane: Lane
    post: Post
    outcome: Outcome | CannotCheck


class Sender:
    """One per process; register every platform before `start`."""

    def __init__(
        self,
        mailbox: Mailbox,
        ownership: Ownership,
        transports: Mapping[str, Transport],
        counters: Counters,
        clock: Callable[[], float],
        bot_clock: Callable[[], float],
    ) -> None:
        """Prepare.

        Args:
            mailbox: The tables.
            ownership: Whose rows are posted.
            transports: By platform.
            counters: For what became of posts.
            clock: Seconds since 1970, for what is stored; waiting keeps to the real clock.
            bot_clock: Seconds since 1970 by which a post is no longer wanted (IR_NOW).
        """
        self._mailbox = mailbox
        self._ownership = ownership
        self._transports = transports
        self._counters = counters
        self._clock = clock
        self._bot_clock = bot_clock
        self._wake = threading.Condition()  # guards the four below
        self._queues = SendQueues(SENDERS)
        self._settled: list[_Settled] = []
        self._not_posted: dict[int, Post] = {}  # begun in a transaction that failed, at its end
        self._in_hand = 0
        self._stopping = False
        self._posts: SimpleQueue[tuple[Lane, Post] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="send", daemon=True)
        self._carrying: list[threading.Thread] = []

    def register(self, platform: str, is_ready_in: Callable[[str], bool] | None = None) -> None:
        """Keep to what a platform takes."""
        transport = self._transports[platform]
        ready = is_ready_in or (lambda _: transport.is_ready)
        self._queues.set_limits(platform, transport.rate_limits, ready)

    def is_ready_in(self, platform: str, workspace: str) -> bool:
        """Whether posts of a workspace can go out now."""
        return self._queues.is_ready_in(platform, workspace)

    def start(self) -> None:
        """Post until `stop`."""
        self._carrying = [
            threading.Thread(target=self._carry, name=f"carry-{at}", daemon=True)
            for at in range(SENDERS * len(self._transports))
        ]
        for thread in (self._thread, *self._carrying):
            thread.start()

    def stop(self) -> None:
        """Begin nothing more; `join` waits for what is in hand."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        for _ in self._carrying:
            self._posts.put(None)

    # What is to go out

    def enqueue(
        self,
        key: str,
        chat: Chat,
        payloads: Sequence[Payload],
        address: Address,
        *,
        background: bool = False,
        claim: Callable[[], bool] = lambda: True,
        evidence: str | None = None,
    ) -> bool:
        """Post something rendered already, once for a key.

        Args:
            key: Names it for good.
            chat: Where it goes.
            payloads: From the transport.
            address: What the transport needs to post.
            background: Nobody waits for it.
            claim: Called in the same transaction; False: it is not to be posted.
            evidence: The mark of what it shows, for `Evidence.add_evidence`.

        Returns:
            False if the key was taken before, or the claim failed.
        """
        now, lane = self._clock(), lane_of(chat, address)
        try:
            with self._mailbox.transaction():
                if self._mailbox.is_taken(key) or not claim():
                    return False
                due = self._turn(chat, now) if background else 0.0
                posts = self._mailbox.put_out(
                    key, lane, payloads, address, now, due, background, evidence
                )
        except TakenError:
            return False
        self.line_up(posts)
        return True

    def _turn(self, chat: Chat, now: float) -> float:
        """When the workspace's next background post may go, whichever process sends it."""
        gap_s = self._transports[chat.platform].rate_limits.background_gap_s
        return max(now, self._mailbox.last_background_due(chat) + gap_s)

    def line_up(self, posts: Sequence[Waiting]) -> None:
        """Queue posts that are in the outbox."""
        self._recall({post.lane for post in posts})
        with self._wake:
            for post in posts:
                wait_s = post.due - self._clock()
                self._queues.put(post.lane, post.id, wait_s, post.is_background)
            self._wake.notify_all()

    def release(self, platform: str, workspace: str) -> None:
        """Post what waits of a workspace whose credentials are new."""
        with self._wake:
            self._queues.release((platform, workspace))
            self._wake.notify_all()

    def _recall(self, lanes: Set[Lane]) -> None:
        """Let a restart begin no new window of the platform's limits."""
        with self._wake:
            lanes = {lane for lane in lanes if lane not in self._queues}
        now = self._clock()
        try:
            begun = self._mailbox.begun(lanes, now - _REMEMBERED_S) if lanes else {}
        except Exception as error:  # what is in the outbox is to be lined up all the same
            log.error("limits start anew: %s", fault(error))
            return
        with self._wake:
            for lane in lanes:
                self._queues.recall(lane, [now - at for at in begun.get(lane, [])])

    def line_up_missed(self, posts: Sequence[Waiting]) -> None:
        """Queue what of this process's posts it does not know of."""
        with self._wake:
            missed = [post for post in posts if not self._queues.has(post.lane, post.id)]
        self.line_up(missed)

    def holds_back(self) -> bool:
        """Whether posts wait that cannot go out now."""
        with self._wake:
            return self._queues.holds_back()

    def let_go(self) -> list[int]:
        """Forget the waiting posts that cannot go out now; returns their rows."""
        with self._wake:
            return self._queues.let_go()

    # Writing

    def _run(self) -> None:
        sweep_at = 0.0
        settled: list[_Settled] = []
        while True:
            with self._wake:
                if time.monotonic() >= sweep_at:
                    self._queues.sweep()
                    sweep_at = time.monotonic() + _SWEEP_S
                if not (settled or self._settled):
                    if self._stopping and not self._in_hand:
                        return
                    self._wake.wait(_LOOK_S if self._stopping else self._queues.wait_s(_LOOK_S))
                settled += self._settled
                self._settled.clear()
                going = [] if self._stopping else self._queues.take()
                self._in_hand += len(going)
            try:
                begun = self._write(settled, going)
            except Exception as error:  # what is settled stays so until it is written
                log.error("sending waits: %s", fault(error))
                if not self._taken_back(going):
                    return
                continue
            settled = []
            for item in begun:
                self._posts.put(item)

    def _taken_back(self, going: Sequence[tuple[Lane, int]]) -> bool:
        """Wait a little and try them again; False when stopping."""
        with self._wake:
            for lane, _ in going:
                self._in_hand -= 1
                self._queues.again(lane, _FAULT_S)
            if self._stopping:
                return False
            self._wake.wait(_FAULT_S)
        return True

    def _write(
        self, settled: Sequence[_Settled], going: Sequence[tuple[Lane, int]]
    ) -> list[tuple[Lane, Post]]:
        """Commit what came of posts and what is about to be posted."""
        if not (settled or going):
            return []
        now = self._clock()
        became = [(item, transition(item.outcome, item.post, now)) for item in settled]
        begun: list[tuple[Lane, Post | None]] = []
        try:
            with self._mailbox.transaction():
                for item, change in became:
                    self._store(item.post, change)
                begun = [(lane, self._begin(row_id, lane, now)) for lane, row_id in going]
        except Exception:
            # It may be committed all the same; nothing of it is posted.
            self._not_posted |= {post.id: post for _, post in begun if post}
            raise
        for _, row_id in going:
            self._not_posted.pop(row_id, None)
        for item, change in became:
            _tell(item)
            self._free(item.lane, change)
        with self._wake:
            for lane, post in begun:
                if post is None:  # closed meanwhile, or another process was quicker
                    self._in_hand -= 1
                    self._queues.gone(lane)
        return [(lane, post) for lane, post in begun if post is not None]

    def _begin(self, row_id: int, lane: Lane, now: float) -> Post | None:
        """Take a row in hand, in the open transaction."""
        post, before = self._mailbox.begin(row_id, lane, now), self._not_posted.get(row_id)
        if post and before and post.begun_before == before.begun:
            return replace(post, state=before.state)  # no need to look it up
        return post

    def _store(self, post: Post, change: Transition) -> None:
        if isinstance(change, Closed):
            self._mailbox.close_post(post, change.state, change.ref)
        else:
            self._mailbox.put_back(post, change.state, change.due, change.ref, change.address)

    def _free(self, lane: Lane, change: Transition) -> None:
        """Let the lane's next post go, as the change of its last is committed."""
        with self._wake:
            self._in_hand -= 1
            if isinstance(change, Closed):
                self._queues.done(lane)
            else:
                self._queues.again(lane, change.after_s)
                if change.holds_workspace:
                    self._queues.hold(lane, change.after_s)
        if isinstance(change, Closed):
            self._counters.count("refused" if change.state == "failed" else change.state)
        else:
            self._counters.count("retries")

    # Carrying

    def _carry(self) -> None:
        """Post one after another."""
        while (item := self._posts.get()) is not None:
            lane, post = item
            outcome: Outcome | CannotCheck
            try:
                outcome = self._carried(self._transports[post.platform], post)
            except Exception as error:
                outcome = Unconfirmed(type(error).__name__)
            with self._wake:
                self._settled.append(_Settled(lane, post, outcome))
                self._wake.notify_all()

    def _carried(self, transport: Transport, post: Post) -> Outcome | CannotCheck:
        payload, address = post.payload, post.address
        if post.state == "sending":
            found = transport.look_up(payload, address, post.key)
            if not isinstance(found, NotPosted):
                return found
        if address.get("until", math.inf) < self._bot_clock():
            return Expired()
        if not self._ownership.holds(post.owner):  # another process may have it by now
            return RateLimited(_FAULT_S)
        return transport.send(payload, address, post.key)


def _tell(item: _Settled) -> None:
    """What an operator may want to know of a post that did not simply go out."""
    platform = item.post.platform
    match item.outcome:
        case Suspended(reason):
            log.warning("%s is suspended for now: %s", platform, reason)
        case Redirected(reason):
            log.warning("%s refused a post: %s; it goes elsewhere", platform, reason)
        case Refused(reason, permanent=False):
            log.warning("%s: a post is tried again: %s", platform, reason)
        case Refused(reason):
            log.warning("%s refused a post: %s", platform, reason)
        case Unconfirmed(reason):
            log.warning("%s: a post's fate is unknown: %s", platform, reason)
        case CannotCheck():
            log.warning("%s: a post's fate is unknown; not repeated", platform)
