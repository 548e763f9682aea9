"""The order in which questions come as 每日一问: mixed, but always the same.

A question's turn is a hash of its id, so that it stays when others come. Numbers are enough for it,
and what was reckoned of a version holds for good: its words never change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bot.store import Shown, Store


class Pool:
    """The questions of a store; not safe in threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._of_key: dict[int, tuple[NDArray[np.uint64], NDArray[np.int64]]] = {}

    def order(self, shown: Shown, places: Iterable[int]) -> Order:
        """In their order, the questions of records.

        Args:
            shown: What may be shown.
            places: In it, of the records.
        """
        turns, records, numbers = [], [], []
        for at in places:
            for key in shown.keys[at]:
                turn, number = self._numbered(key, shown.briefs[at].id)
                if hidden := shown.live[key]:
                    left = [str(one) not in hidden for one in number.tolist()]
                    turn, number = turn[left], number[left]
                turns.append(turn)
                numbers.append(number)
                records.append(np.full(len(number), at, dtype=np.int32))
        if not turns:
            return Order(np.zeros(0, np.int32), np.zeros(0, np.int64))
        mixed = np.argsort(np.concatenate(turns), kind="stable")
        return Order(np.concatenate(records)[mixed], np.concatenate(numbers)[mixed])

    def _numbered(self, key: int, record_id: str) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        if key not in self._of_key:
            numbers = self._store.numbers(key)
            turns = [turn_of(f"{record_id}#{number}") for number in numbers]
            self._of_key[key] = np.array(turns, np.uint64), np.array(numbers, np.int64)
        return self._of_key[key]


class Order:
    """Questions, each as the place of its record and its number."""

    def __init__(self, records: NDArray[np.int32], numbers: NDArray[np.int64]) -> None:
        self._records, self._numbers = records, numbers

    def starting(self, turn: int) -> Iterator[tuple[int, int]]:
        """All of them from one on, that is counted round."""
        count = len(self._records)
        start = turn % max(count, 1)
        for at in chain(range(start, count), range(start)):
            yield int(self._records[at]), int(self._numbers[at])


def turn_of(text: str) -> int:
    """When something's turn comes."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
