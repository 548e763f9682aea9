"""What happened since the start, as numbers for /healthz."""

from __future__ import annotations

import threading
from collections import Counter

_NAMES = (
    "asked",
    "answered",
    "offered",
    "declined",
    "failed",
    "sent",
    "retries",
    "refused",
    "unknown",
    "late",
)


class Counters:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """One more."""
        with self._lock:
            self._counts[name] += 1

    def all(self) -> dict[str, int]:
        """Every name is always there."""
        with self._lock:
            return {name: self._counts[name] for name in _NAMES}
