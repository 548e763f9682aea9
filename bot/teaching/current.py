"""The groups of misses as they are now: made anew only when something has changed that makes them.

Making them compares every message with every group, which takes a third of a second for 3,000.
"""

from __future__ import annotations

from functools import lru_cache

from bot.store import Store
from bot.teaching.misses import MissGroup
from bot.teaching.teaching import Teaching


class CurrentMisses:
    """Safe to share between threads."""

    def __init__(self, store: Store, teaching: Teaching) -> None:
        self._store = store
        self._made = lru_cache(maxsize=1)(lambda stamp: tuple(teaching.misses()))

    def get(self) -> tuple[MissGroup, ...]:
        """All groups, the most frequent first."""
        return self._made(self._store.opinions_stamp())
