"""What is read or made when somebody looks at it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar, overload

_KEPT = 512  # items of a list that were looked at last

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, those that were used last, up to a size of all together. Safe in threads."""

    def __init__(self, most: int, size: Callable[[V], int] = lambda value: 1) -> None:
        self._most, self._size = most, size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._all = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value; None: it is not kept."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: K, value: V) -> None:
        """Keep one more, and let those go for which there is no room."""
        with self._lock:
            if key in self._values:
                return
            self._values[key] = value
            self._all += self._size(value)
            while self._all > self._most and len(self._values) > 1:
                _, gone = self._values.popitem(last=False)
                self._all -= self._size(gone)


class Looked(Sequence[V], Generic[T, V]):
    """What is made of each of many things when somebody looks at it; equal to any sequence that
    holds the same."""

    def __init__(self, of: Sequence[T], make: Callable[[T], V], keep: int = _KEPT) -> None:
        """
        Args:
            of: The things.
            make: What is looked at, of one of them.
            keep: So many of those that were looked at last.
        """
        self._of, self._make = of, make
        self._kept = Kept[int, V](keep)

    @overload
    def __getitem__(self, at: int) -> V: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[V, ...]: ...
    def __getitem__(self, at: int | slice) -> V | tuple[V, ...]:
        if isinstance(at, slice):
            return tuple(map(self._item, range(len(self._of))[at]))
        return self._item(range(len(self._of))[at])

    def _item(self, at: int) -> V:
        found = self._kept.get(at)
        if found is None:
            found = self._make(self._of[at])
            self._kept.put(at, found)
        return found

    def __iter__(self) -> Iterator[V]:
        return map(self._item, range(len(self._of)))

    def __len__(self) -> int:
        return len(self._of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment] # compared by all that is in it
