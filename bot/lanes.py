"""Which post may go next: in memory, the first of each lane, paced.

A lane is a channel (or an asker's own queue): its posts go out in order, one at a time. Lanes of a
workspace share the workspace's pace and its senders and nothing else, so a limited or slow channel
delays no other. Knows row numbers only; what they hold is the outbox's.
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


@dataclass(frozen=True)
class Pace:
    """Limits of a platform as (posts, seconds) windows; all of them hold."""

    per_channel: tuple[tuple[int, float], ...] = ()
    per_workspace: tuple[tuple[int, float], ...] = ()


@dataclass
class _Queue:
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
    in_hand: int = 0


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

    def put(self, lane: Lane, row: int, wait_s: float = 0.0) -> None:
        """Add a row; in a lane, lower numbers go first."""
        queue = self._queues.setdefault(lane, _Queue())
        idle = not queue.rows and queue.in_hand is None
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
                _, _, lane = heapq.heappop(workspace.due)
                queue = self._queues[lane]
                queue.in_hand = queue.rows.pop(0)
                workspace.in_hand += 1
                _note(queue.posts, now, workspace.pace.per_channel)
                _note(workspace.posts, now, workspace.pace.per_workspace)
                taken.append((lane, queue.in_hand))
        return taken

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
        if queue.rows:
            self._schedule(lane, queue)

    def _schedule(self, lane: Lane, queue: _Queue) -> None:
        workspace = self._workspaces.get(lane[:2])
        if workspace is None:
            workspace = _Workspace(self._paces.get(lane[0], Pace()))
            self._workspaces[lane[:2]] = workspace
        due = max(queue.not_before, _free_at(queue.posts, workspace.pace.per_channel))
        heapq.heappush(workspace.due, (due, queue.rows[0], lane))


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
