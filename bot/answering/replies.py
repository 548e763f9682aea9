"""Replies to free text that were worked out lately: who asks the same is told the same.

Of equal messages at one time one is worked out, and the others wait for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

_KEPT = 256  # with the candidates behind each


class WorkedOut(Protocol):
    """A reply with what led to it."""

    @property
    def has_failed(self) -> bool: ...  # so that another try may give another one


_Reply = TypeVar("_Reply", bound=WorkedOut)


class Replies:
    """Of one library; safe to share between threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def get(self, asked: Hashable, work_out: Callable[[], _Reply]) -> _Reply:
        """The reply to a message.

        Args:
            asked: All that it depends on, the library apart.
            work_out: Called where it is not known; what it raises is raised to all who wait.
        """
        with self._guard:
            known = self._kept.get(asked)
            reply: Future[_Reply] = known or Future()
            self._kept[asked] = reply
            self._kept.move_to_end(asked)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        if known is None:
            try:
                made = work_out()
            except BaseException as error:
                self._forget(asked, reply)
                reply.set_exception(error)
                raise
            if made.has_failed:  # the model may work again
                self._forget(asked, reply)
            reply.set_result(made)
        return reply.result()

    def _forget(self, asked: Hashable, reply: Future[Any]) -> None:
        with self._guard:
            if self._kept.get(asked) is reply:
                del self._kept[asked]
