"""Which post may go next: in memory, the first of each lane, within the rate limits.

A lane is a channel (or an asker's own queue): its posts go out in order, one at a time. Lanes of a
workspace share the workspace's limits and its senders and nothing else, so a limited or slow
channel delays no other. Lanes that nobody waits for go after the others, within limits of their
own, and leave a part of the workspace's limits and senders free. Knows row numbers only; what they
hold is the outbox's.
"""

from __future__ import annotations

import heapq
import math
import time
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.delivery.rate_limits import History, RateLimits, Windows

Lane = tuple[str, str, str]  # platform, workspace, channel

_LONGEST_WAIT_S = 3600.0
_BACKGROUND_SENDERS = 3  # posts of a workspace in hand at once


@dataclass
class _Queue:
    posts: History
    is_background: bool = False
    rows: list[int] = field(default_factory=list)
    in_hand: int | None = None
    not_before: float = 0.0

    @property
    def is_idle(self) -> bool:
        return not self.rows and self.in_hand is None


@dataclass
class _Share:
    """What a workspace's lanes that somebody waits for have of it, or the others."""

    senders: int
    limits: tuple[tuple[History, Windows], ...]
    due: list[tuple[float, int, Lane]] = field(default_factory=list)  # a heap of idle lanes
    in_hand: int = 0

    def free_at(self) -> float:
        """When the first lane may go by the clock; only asked where one waits."""
        return max([self.due[0][0], *(posts.free_at(windows) for posts, windows in self.limits)])


class _Workspace:
    def __init__(self, limits: RateLimits, senders: int, is_ready: Callable[[], bool]) -> None:
        self.posts = History(limits.per_workspace, limits.beside)
        self.background_posts = History(limits.background)
        whole = (self.posts, limits.per_workspace)
        beside = ((self.posts, limits.beside), (self.background_posts, limits.background))
        self.asked = _Share(senders, (whole,))
        self.background = _Share(_BACKGROUND_SENDERS, (whole, *beside))
        self.held_until = 0.0
        self._senders = senders
        self._is_ready = is_ready

    def share(self, queue: _Queue) -> _Share:
        return self.background if queue.is_background else self.asked

    def from_when(self, share: _Share) -> float:
        """When the share's first lane may go; never before a sender is free and all is ready."""
        in_hand = self.asked.in_hand + self.background.in_hand
        if (
            not share.due
            or share.in_hand >= share.senders
            or in_hand >= self._senders
            or not self._is_ready()
        ):
            return math.inf
        return max(self.held_until, share.free_at())

    def note(self, queue: _Queue, now: float) -> None:
        """A post of the queue goes."""
        queue.posts.note(now)
        self.posts.note(now)
        if queue.is_background:
            self.background_posts.note(now)
        self.share(queue).in_hand += 1

    def take_back(self, queue: _Queue) -> None:
        """The post of the queue that was noted is none any more."""
        queue.posts.take_back()
        self.posts.take_back()
        if queue.is_background:
            self.background_posts.take_back()


class SendQueues:
    """Not safe to share between threads: the owner locks."""

    def __init__(self, senders: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty.

        Args:
            senders: Posts of one workspace in hand at once.
            clock: Seconds that never jump.
        """
        self._senders = senders
        self._clock = clock
        self._limits: dict[str, RateLimits] = {}
        self._ready: dict[str, Callable[[str], bool]] = {}
        self._queues: dict[Lane, _Queue] = {}
        self._workspaces: dict[tuple[str, str], _Workspace] = {}

    def set_limits(
        self, platform: str, limits: RateLimits, is_ready: Callable[[str], bool] = lambda _: True
    ) -> None:
        """How fast a platform's posts may go, and whether any of a workspace can go at all."""
        self._limits[platform] = limits
        self._ready[platform] = is_ready

    def recall(self, lane: Lane, ages_s: Sequence[float]) -> None:
        """Count posts of before this process, oldest first, for a lane that is not known yet."""
        if lane not in self._queues:
            now, queue = self._clock(), self._queue(lane)
            for age_s in ages_s:
                queue.posts.note(now - max(0.0, age_s))

    def put(self, lane: Lane, row: int, wait_s: float = 0.0, background: bool = False) -> None:
        """Add a row; in a lane, lower numbers go first."""
        queue = self._queue(lane)
        was_idle = queue.is_idle
        if was_idle:
            queue.is_background = background
        insort(queue.rows, row)
        if wait_s > 0:
            queue.not_before = max(queue.not_before, self._clock() + min(wait_s, _LONGEST_WAIT_S))
        if was_idle:
            self._schedule(lane, queue)

    def take(self) -> list[tuple[Lane, int]]:
        """The rows that may go now; each one's lane waits for `done`, `gone` or `again`."""
        now, taken = self._clock(), []
        for workspace in self._workspaces.values():
            for share in (workspace.asked, workspace.background):
                while workspace.from_when(share) <= now:
                    lane = heapq.heappop(share.due)[2]
                    queue = self._queues[lane]
                    queue.in_hand = queue.rows.pop(0)
                    workspace.note(queue, now)
                    taken.append((lane, queue.in_hand))
        return taken

    def done(self, lane: Lane) -> None:
        """The row in hand is settled."""
        self._free(lane, self._queues[lane])

    def gone(self, lane: Lane) -> None:
        """The row in hand is not to be posted any more, and takes nothing of the limits: those
        behind a thousand that were closed do not wait for them."""
        queue = self._queues[lane]
        self._workspaces[lane[:2]].take_back(queue)
        self._free(lane, queue)

    def again(self, lane: Lane, wait_s: float) -> None:
        """The row in hand is to be tried again, not earlier than that."""
        queue = self._queues[lane]
        if queue.in_hand is not None:
            insort(queue.rows, queue.in_hand)
        queue.not_before = self._clock() + min(wait_s, _LONGEST_WAIT_S)
        self._free(lane, queue)

    def hold(self, lane: Lane, wait_s: float) -> None:
        """Nothing of the lane's workspace may go before then."""
        self._workspaces[lane[:2]].held_until = self._clock() + min(wait_s, _LONGEST_WAIT_S)

    def release(self, workspace: tuple[str, str]) -> None:
        """What held back a workspace is over: all of it may go at once."""
        if workspace not in self._workspaces:
            return
        held = self._workspaces[workspace]
        held.held_until, held.asked.due, held.background.due = 0.0, [], []
        for lane, queue in self._queues.items():
            if lane[:2] == workspace:
                queue.not_before = 0.0
                if queue.rows and queue.in_hand is None:
                    self._schedule(lane, queue)

    def wait_s(self, longest: float) -> float:
        """How long until a row may go."""
        first = min(
            (
                workspace.from_when(share)
                for workspace in self._workspaces.values()
                for share in (workspace.asked, workspace.background)
            ),
            default=math.inf,
        )
        return max(0.0, min(longest, first - self._clock()))

    def has(self, lane: Lane, row: int) -> bool:
        """Whether a row waits here, or is in hand."""
        queue = self._queues.get(lane)
        return queue is not None and (row == queue.in_hand or row in queue.rows)

    def is_ready_in(self, platform: str, workspace: str) -> bool:
        """Whether posts of a workspace can go out at all."""
        ready = self._ready.get(platform)
        return ready is not None and ready(workspace)

    def holds_back(self) -> bool:
        """Whether rows wait where none can go out now."""
        idle = self._idle()
        return any(queue.rows and lane[:2] in idle for lane, queue in self._queues.items())

    def _idle(self) -> set[tuple[str, str]]:
        return {place for place in self._workspaces if not self.is_ready_in(*place)}

    def let_go(self) -> list[int]:
        """Forget the rows that wait where none can go out now; returns them."""
        idle = self._idle()
        gone = list[int]()
        for lane, queue in self._queues.items():
            if lane[:2] in idle:
                gone += queue.rows
                queue.rows.clear()
        for place in idle:
            self._workspaces[place].asked.due.clear()
            self._workspaces[place].background.due.clear()
        return gone

    def sweep(self) -> None:
        """Forget lanes that are empty and whose last post limits nothing any more."""
        now = self._clock()
        for lane, queue in list(self._queues.items()):
            if queue.is_idle and queue.posts.is_past(self._limits_of(lane).per_channel, now):
                del self._queues[lane]

    def __contains__(self, lane: Lane) -> bool:
        return lane in self._queues

    def __len__(self) -> int:
        return len(self._queues)

    def _limits_of(self, lane: Lane) -> RateLimits:
        return self._limits.get(lane[0], RateLimits())

    def _queue(self, lane: Lane) -> _Queue:
        if lane not in self._queues:
            self._queues[lane] = _Queue(History(self._limits_of(lane).per_channel))
        return self._queues[lane]

    def _free(self, lane: Lane, queue: _Queue) -> None:
        queue.in_hand = None
        self._workspaces[lane[:2]].share(queue).in_hand -= 1
        if queue.rows:
            self._schedule(lane, queue)

    def _schedule(self, lane: Lane, queue: _Queue) -> None:
        workspace = self._workspaces.get(lane[:2])
        if workspace is None:
            ready = self._ready.get(lane[0], lambda _: False)
            is_ready = partial(ready, lane[1])
            workspace = _Workspace(self._limits_of(lane), self._senders, is_ready)
            self._workspaces[lane[:2]] = workspace
        due = max(queue.not_before, queue.posts.free_at(self._limits_of(lane).per_channel))
        heapq.heappush(workspace.share(queue).due, (due, queue.rows[0], lane))
