"""How many posts a platform takes, and when the next one may go."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

Windows = tuple[tuple[int, float], ...]  # at most so many posts in so many seconds; all hold


@dataclass(frozen=True)
class RateLimits:
    """Limits of a platform as (posts, seconds) windows."""

    per_channel: Windows = ()
    per_workspace: Windows = ()
    background: Windows = ()  # a workspace's posts that nobody waits for
    beside: Windows = ()  # of all its posts, where those begin to wait

    @property
    def background_gap_s(self) -> float:
        """Seconds from one post that nobody waits for to the next, evenly spread."""
        return max((seconds / count for count, seconds in self.background), default=0.0)


class History:
    """When the last posts went: as many as some windows can count."""

    def __init__(self, *windows: Windows) -> None:
        most = max((count for window in windows for count, _ in window), default=0)
        self._times: deque[float] = deque(maxlen=most)

    def note(self, now: float) -> None:
        """A post went; in the order of time."""
        self._times.append(now)

    def take_back(self) -> None:
        """The newest one did not go after all."""
        if self._times:
            self._times.pop()

    def free_at(self, windows: Windows) -> float:
        """When the next post may go by these windows; 0 where nothing is in the way."""
        return max(
            (
                self._times[-count] + seconds
                for count, seconds in windows
                if len(self._times) >= count
            ),
            default=0.0,
        )

    def is_past(self, windows: Windows, now: float) -> bool:
        """Whether no post stands in any of these windows any more."""
        longest = max((seconds for _, seconds in windows), default=0.0)
        return not self._times or self._times[-1] <= now - longest
