"""Whether the reader is asked: after failures in a row it is left alone for a while.

What is wrong is one line of the log when it begins, and one when it is over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

_FAILURES = 3  # in a row, from which on it is left alone
_RESTS_S = (30.0, 60.0, 300.0)  # by rests before, in a row; after each it is tried once

log = logging.getLogger(__name__)


class Health:
    """Of one reader, in one process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """
        Args:
            clock: Seconds that do not jump.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._rests = 0  # in a row
        self._rests_until = 0.0
        self._counts = {"asked": 0, "opinions": 0, "failed": 0}
        self._why = ""

    def may_ask(self) -> bool:
        """Whether it is asked now, which then counts as asked."""
        with self._lock:
            if self._clock() < self._rests_until:
                return False
            if self._in_a_row >= _FAILURES:
                self._rest()  # for all but who asks now
            self._counts["asked"] += 1
            return True

    def answered(self) -> None:
        """It gave an opinion."""
        with self._lock:
            self._counts["opinions"] += 1
            self._rests, self._rests_until = 0, 0.0
            self._in_a_row, before = 0, self._in_a_row
        if before:
            log.warning("the second reader answers again")

    def failed(self, why: str, rest_s: float = 0.0) -> None:
        """It gave none.

        Args:
            why: English, of no asker's words.
            rest_s: How long it wants to be left alone (Retry-After).
        """
        with self._lock:
            self._counts["failed"] += 1
            self._in_a_row += 1
            self._why = why
            is_first = self._in_a_row == 1
            if self._in_a_row == _FAILURES:
                self._rest()
            self._rests_until = max(self._rests_until, self._clock() + rest_s)
        if is_first:
            log.warning("the second reader gives no opinion: %s; the matcher's replies go out", why)

    def _rest(self) -> None:
        self._rests_until = self._clock() + _RESTS_S[min(self._rests, len(_RESTS_S) - 1)]
        self._rests += 1

    def told(self) -> dict[str, Any]:
        """For `/healthz`."""
        with self._lock:
            is_resting = self._clock() < self._rests_until
            if not self._counts["asked"]:
                state = "not asked yet"
            elif is_resting:
                state = "left alone"
            else:
                state = "failing" if self._in_a_row else "answering"
            why = {"why": self._why} if self._in_a_row else {}
            return {"state": state, **why, **self._counts}
