"""Which post may go next: in memory, the first of each lane, paced.

A lane is a channel (or an asker's own queue): its posts go out in order, one at a time. Lanes of a
workspace share the workspace's pace and its senders and nothing else, so a limited or slow channel
delays no other. Lanes that nobody waits for (`background`) go after the others, at a pace of their
own, and leave a part of the workspace's pace and senders free. Knows row numbers only; what they
hold is the outbox's.
"""

from __future__ import annotations

import heapq
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Lane = tuple[str, str, str]  # platform, workspace, channel
Windows = Sequence[tuple[int, float]]

_LONGEST_WAIT_S = 3600.0
_BACKGROUND_SENDERS = 3  # posts of a workspace in hand at once


@dataclass(frozen=True)
class Pace:
    """Limits of a platform as (posts, seconds) windows; all of them hold."""

    per_channel: tuple[tuple[int, float], ...] = ()
    per_workspace: tuple[tuple[int, float], ...] = ()
    background: tuple[tuple[int, float], ...] = ()  # a workspace's posts that nobody waits for
    beside: tuple[tuple[int, float], ...] = ()  # of all its posts, where those begin to wait


@dataclass
class _Queue:
    is_background: bool = False
    rows: list[int] = field(default_factory=list)
    in_hand: int | None = None
    not_before: float = 0.0
    posts: deque[float] = field(default_factory=deque)  # when the last ones went


@dataclass
class _Workspace:
    pace: Pace
    due: list[tuple[float, int, Lane]] = field(default_factory=list)  # a heap of idle lanes
    posts: deque[float] = field(default_factory=deque)
    held_until: float = 0.0
    in_hand: int = 0  # background posts included
    background: list[tuple[float, int, Lane]] = field(default_factory=list)  # as `due`
    background_posts: deque[float] = field(default_factory=deque)
    background_in_hand: int = 0


class Lanes:
    """Not safe to share between threads: the owner locks."""

    def __init__(self, senders: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty.

        Args:
            senders: Posts of one workspace in hand at once.
            clock: Seconds that never jump.
        """
        self._senders = senders
        self._clock = clock
        self._paces: dict[str, Pace] = {}
        self._ready: dict[str, Callable[[], bool]] = {}
        self._queues: dict[Lane, _Queue] = {}
        self._workspaces: dict[tuple[str, str], _Workspace] = {}

    def set_pace(
        self, platform: str, pace: Pace, is_ready: Callable[[], bool] = lambda: True
    ) -> None:
        """How fast a platform's posts may go, and whether any can go at all."""
        self._paces[platform] = pace
        self._ready[platform] = is_ready

    def recall(self, lane: Lane, ages_s: Sequence[float]) -> None:
        """Count posts of before this process, oldest first, for a lane that is not known yet."""
        if lane not in self._queues:
            now = self._clock()
            windows = self._paces.get(lane[0], Pace()).per_channel
            queue = self._queues[lane] = _Queue()
            for age_s in ages_s:
                _note(queue.posts, now - max(0.0, age_s), windows)

    def put(self, lane: Lane, row: int, wait_s: float = 0.0, background: bool = False) -> None:
        """Add a row; in a lane, lower numbers go first."""
        queue = self._queues.setdefault(lane, _Queue())
        idle = not queue.rows and queue.in_hand is None
        if idle:
            queue.is_background = background
        insort(queue.rows, row)
        if wait_s > 0:
            queue.not_before = max(queue.not_before, self._clock() + min(wait_s, _LONGEST_WAIT_S))
        if idle:
            self._schedule(lane, queue)

    def take(self) -> list[tuple[Lane, int]]:
        """The rows that may go now; each one's lane waits for `done` or `again`."""
        now, taken = self._clock(), []
        for (platform, _), workspace in self._workspaces.items():
            while (
                workspace.due
                and self._ready[platform]()
                and workspace.in_hand < self._senders
                and workspace.held_until <= now
                and workspace.due[0][0] <= now
            ):
                free = _free_at(workspace.posts, workspace.pace.per_workspace)
                if free > now:
                    workspace.held_until = free
                    break
                taken.append(self._go(workspace, heapq.heappop(workspace.due)[2], now))
            while workspace.background and self._background_from(platform, workspace) <= now:
                lane = heapq.heappop(workspace.background)[2]
                workspace.background_in_hand += 1
                _note(workspace.background_posts, now, workspace.pace.background)
                taken.append(self._go(workspace, lane, now))
        return taken

    def _go(self, workspace: _Workspace, lane: Lane, now: float) -> tuple[Lane, int]:
        queue = self._queues[lane]
        row = queue.in_hand = queue.rows.pop(0)
        workspace.in_hand += 1
        _note(queue.posts, now, workspace.pace.per_channel)
        _note(workspace.posts, now, (*workspace.pace.per_workspace, *workspace.pace.beside))
        return lane, row

    def _background_from(self, platform: str, workspace: _Workspace) -> float:
        """When the first background lane may go; never while too many are in hand."""
        if (
            workspace.background_in_hand >= _BACKGROUND_SENDERS
            or workspace.in_hand >= self._senders
            or not self._ready[platform]()
        ):
            return float("inf")
        return max(
            workspace.background[0][0],
            workspace.held_until,
            _free_at(workspace.posts, workspace.pace.beside),
            _free_at(workspace.background_posts, workspace.pace.background),
        )

    def done(self, lane: Lane) -> None:
        """The row in hand is settled."""
        self._free(lane, self._queues[lane])

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

    def wait_s(self, longest: float) -> float:
        """How long until a row may go."""
        now = self._clock()
        waits = [
            max(workspace.held_until, workspace.due[0][0]) - now
            for (platform, _), workspace in self._workspaces.items()
            if workspace.due and workspace.in_hand < self._senders and self._ready[platform]()
        ]
        waits += [
            self._background_from(platform, workspace) - now
            for (platform, _), workspace in self._workspaces.items()
            if workspace.background
        ]
        return max(0.0, min([longest, *waits]))

    def sweep(self) -> None:
        """Forget lanes that are empty and whose last post limits nothing any more."""
        now = self._clock()
        for lane, queue in list(self._queues.items()):
            windows = self._workspaces[lane[:2]].pace.per_channel
            longest = max((seconds for _, seconds in windows), default=0.0)
            idle = not queue.rows and queue.in_hand is None
            if idle and (not queue.posts or queue.posts[-1] <= now - longest):
                del self._queues[lane]

    def __contains__(self, lane: Lane) -> bool:
        return lane in self._queues

    def __len__(self) -> int:
        return len(self._queues)

    def _free(self, lane: Lane, queue: _Queue) -> None:
        queue.in_hand = None
        self._workspaces[lane[:2]].in_hand -= 1
        self._workspaces[lane[:2]].background_in_hand -= queue.is_background
        if queue.rows:
            self._schedule(lane, queue)

    def _schedule(self, lane: Lane, queue: _Queue) -> None:
        workspace = self._workspaces.get(lane[:2])
        if workspace is None:
            workspace = _Workspace(self._paces.get(lane[0], Pace()))
            self._workspaces[lane[:2]] = workspace
        due = max(queue.not_before, _free_at(queue.posts, workspace.pace.per_channel))
        heap = workspace.background if queue.is_background else workspace.due
        heapq.heappush(heap, (due, queue.rows[0], lane))


def _free_at(posts: deque[float], windows: Windows) -> float:
    """When the next post may go."""
    return max(
        (posts[-count] + seconds for count, seconds in windows if len(posts) >= count),
        default=0.0,
    )


def _note(posts: deque[float], now: float, windows: Windows) -> None:
    posts.append(now)
    most = max((count for count, _ in windows), default=0)
    while len(posts) > most:
        posts.popleft()
