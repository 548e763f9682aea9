"""The groups of misses and the proposals as they are now, made only when something has changed.

Grouping compares every message with every group, which takes a third of a second for 3,000; each
wording that picks propose is searched for.
"""

from __future__ import annotations

import hashlib
import threading

from bot.store import Store
from bot.teaching.misses import MissGroup
from bot.teaching.teaching import Teaching


class CurrentMisses:
    """Safe to share between threads."""

    def __init__(self, store: Store, teaching: Teaching) -> None:
        self._store = store
        self._teaching = teaching
        self._lock = threading.Lock()
        self._groups: tuple[MissGroup, ...] = ()
        self._by_key: dict[str, MissGroup] = {}
        self._grouped: tuple[int, ...] = ()  # as of this stamp
        self._proposed: tuple[int, ...] = ()

    def get(self) -> tuple[MissGroup, ...]:
        """All groups, the most frequent first."""
        with self._lock:
            stamp = self._store.opinions_stamp()
            if stamp != self._grouped:
                self._groups, self._grouped = tuple(self._teaching.misses()), stamp
                self._by_key = {key_of(text): one for one in self._groups for text in one.texts}
            return self._groups

    def find(self, key: str) -> MissGroup | None:
        """The group of a miss, by the key of any of its texts."""
        self.get()
        return self._by_key.get(key)

    def propose_picks(self) -> None:
        """Propose what several people picked; in turn, or it would be proposed twice."""
        with self._lock:
            if self._stamp() != self._proposed:
                self._teaching.propose_picks()
                self._proposed = self._stamp()

    def _stamp(self) -> tuple[int, ...]:
        return (*self._store.opinions_stamp(), self._store.generation())


def key_of(text: str) -> str:
    """What names a miss in an address: neither long nor anybody's words."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
