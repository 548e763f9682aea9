"""Which message is answered next: workspaces take turns, so that one in which a thousand wait keeps
nobody else waiting; of a workspace the oldest, one at a time in a lane, lanes side by side.

A lane is where an answer goes (`mailbox.lane_of`), so what is asked in one conversation is
answered in its order, however many threads answer. In memory; the inbox holds the messages.
"""

from __future__ import annotations

import heapq
import threading
import time
from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.delivery.send_queues import Lane

_LATELY_S = 2.0


@dataclass(frozen=True, order=True)
class Turn:
    """A row of the inbox in its lane."""

    place: int  # in the order of all
    row: int
    lane: Lane


class Turns:
    """Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()  # guards all below
        self._lanes: dict[Lane, list[Turn]] = {}  # those that wait
        self._in_hand: set[Lane] = set()
        # Heaps of workspaces, whose turn it is first; what is no lane's first any more is left.
        self._due: OrderedDict[tuple[str, str], list[tuple[int, Lane]]] = OrderedDict()
        self._first = self._last = 0
        self._taken_at = -_LATELY_S
        self._stopping = False

    def put(self, lane: Lane, row: int) -> None:
        """Line a row up behind all others."""
        with self._changed:
            self._last += 1
            self._add(Turn(self._last, row, lane))

    def put_first(self, rows: Sequence[tuple[Lane, int]]) -> None:
        """Line rows up before all others, in this order."""
        with self._changed:
            for lane, row in reversed(rows):
                self._first -= 1
                self._add(Turn(self._first, row, lane))

    def take(self) -> Turn | None:
        """The next one, once there is one; None when stopping. Its lane waits for `done`."""
        with self._changed:
            while not self._stopping:
                if (turn := self._next()) is not None:
                    self._taken_at = self._clock()
                    return turn
                self._changed.wait()
            return None

    def done(self, turn: Turn) -> None:
        """Let its lane's next one go."""
        with self._changed:
            self._in_hand.discard(turn.lane)
            if queue := self._lanes.get(turn.lane):
                self._call(queue)

    def again(self, turn: Turn) -> None:
        """Line one that was taken up where it was."""
        with self._changed:
            self._in_hand.discard(turn.lane)
            self._add(turn)

    def __contains__(self, place: tuple[Lane, int]) -> bool:
        """Whether a row waits in its lane."""
        lane, row = place
        with self._changed:
            return any(turn.row == row for turn in self._lanes.get(lane, ()))

    @property
    def is_busy(self) -> bool:
        """Whether messages wait, or came lately."""
        with self._changed:
            return bool(self._lanes) or self._clock() - self._taken_at < _LATELY_S

    def stop(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _add(self, turn: Turn) -> None:
        queue = self._lanes.setdefault(turn.lane, [])
        insort(queue, turn)
        self._call(queue)

    def _call(self, queue: Sequence[Turn]) -> None:
        """Whoever is the first of its lane now: while the lane was in hand it was passed over."""
        first = queue[0]
        heapq.heappush(self._due.setdefault(first.lane[:2], []), (first.place, first.lane))
        self._changed.notify()

    def _next(self) -> Turn | None:
        for workspace in list(self._due):
            turn = self._next_of(self._due[workspace])
            if not self._due[workspace]:
                del self._due[workspace]
            elif turn is not None:
                self._due.move_to_end(workspace)
            if turn is not None:
                return turn
        return None

    def _next_of(self, due: list[tuple[int, Lane]]) -> Turn | None:
        while due:
            place, lane = heapq.heappop(due)
            queue = self._lanes.get(lane)
            if lane in self._in_hand or not queue or queue[0].place != place:
                continue  # `done` brings the lane back; or its first stands here by itself
            self._in_hand.add(lane)
            turn = queue.pop(0)
            if not queue:
                del self._lanes[lane]
            return turn
        return None
