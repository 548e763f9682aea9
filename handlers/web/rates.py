"""How often one visitor may ask."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import request
from werkzeug.exceptions import TooManyRequests

_MOST_VISITORS = 10_000  # that are kept in mind before those who have paused are forgotten


class RateLimit:
    """So many requests a minute of a visitor, and no more than that at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds."""
        self._each_s = 60.0 / per_minute
        self._clock = clock
        self._free_at: dict[str, float] = {}  # when all that a visitor asked is paid off

    def wait_s(self, visitor: str) -> float:
        """Count a request of the visitor's; above 0, it is one too many, for so many seconds."""
        now = self._clock()
        if len(self._free_at) > _MOST_VISITORS:
            self._free_at = {name: at for name, at in self._free_at.copy().items() if at > now}
        free_at = max(self._free_at.get(visitor, 0.0), now) + self._each_s
        if free_at > now + 60.0:
            return free_at - now - 60.0
        self._free_at[visitor] = free_at
        return 0.0

    def check(self) -> None:
        """For a request in hand; raises `TooManyRequests`."""
        wait_s = self.wait_s(request.remote_addr or "")
        if wait_s:
            raise TooManyRequests(retry_after=int(wait_s) + 1)
