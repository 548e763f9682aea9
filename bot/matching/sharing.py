"""One model for all threads that answer.

1. As many calls run at a time as there are processors. Texts that are wanted while all are busy are
   made together, one text once; what was made lately is kept.
2. A model that fails is no reason not to answer: who asked goes on by words. After some failures in
   a row it is left alone for a while; who is told of faults hears of the first one, and of its end.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np

from bot.matching.embedding import LONGEST, PROCESSORS, Embedder, Vectors

_RECENT = 4096  # vectors; 6 MB
_TOGETHER = 32  # texts of one call, so that none waits long for the others
_FAILURES = 3  # in a row
_REST_S = 60.0

log = logging.getLogger(__name__)


class ModelError(Exception):
    """The model made no vector of a text."""


class SharedEmbedder:
    """An embedder that threads share; it raises ModelError and nothing else."""

    def __init__(
        self,
        embedder: Embedder,
        tell: Callable[[str], None] = lambda fault: None,
        clock: Callable[[], float] = time.monotonic,
        at_a_time: int = PROCESSORS,
    ) -> None:
        """
        Args:
            embedder: The model; it may be called from several threads.
            tell: Called with what the model raised, and with nothing once it works (again).
            clock: Seconds that never jump.
            at_a_time: Calls that run beside each other.
        """
        self.name = embedder.name
        self.model = embedder  # for what is made in the background
        self._tell = tell
        self._clock = clock
        self._guard = threading.Lock()  # of the next three
        self._recent: OrderedDict[str, Vectors] = OrderedDict()
        self._made: dict[str, Future[Vectors]] = {}  # wanted, or being made
        self._wanted: list[str] = []
        self._calls = threading.BoundedSemaphore(at_a_time)
        self._failures = 0
        self._is_told_to_work = False
        self._rests_until = 0.0

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Rows of unit length, as the model's.

        Raises:
            ModelError: It failed, or rests.
        """
        awaited = [self._awaited(text[:LONGEST]) for text in texts]
        is_more = True
        while is_more and not all(vector.done() for vector in awaited):
            with self._calls:  # whoever comes first makes those of all that wait by then
                is_more = self._run()
        return np.array([vector.result() for vector in awaited], dtype=np.float32)

    def _awaited(self, text: str) -> Future[Vectors]:
        with self._guard:
            if text in self._recent:
                self._recent.move_to_end(text)
                vector: Future[Vectors] = Future()
                vector.set_result(self._recent[text])
                return vector
            if text not in self._made:
                self._made[text] = Future()
                self._wanted.append(text)
            return self._made[text]

    def _run(self) -> bool:
        """Make some of what is wanted; False where others make all of it already."""
        with self._guard:
            batch, self._wanted = self._wanted[:_TOGETHER], self._wanted[_TOGETHER:]
        if not batch:
            return False
        found: Vectors | ModelError
        try:
            found = self._vectors(batch)
        except ModelError as error:
            found = error
        with self._guard:
            for at, text in enumerate(batch):
                vector = self._made.pop(text)
                if isinstance(found, ModelError):
                    vector.set_exception(found)
                    continue
                self._recent[text] = found[at]
                vector.set_result(found[at])
            while len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return True

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        if self._clock() < self._rests_until:
            raise ModelError("it rests after failures")
        try:
            made = np.asarray(self.model(texts), dtype=np.float32)
            if made.shape[:1] != (len(texts),) or not np.isfinite(made).all():
                raise ValueError("no vector for each text")
        except Exception as error:  # each library has its own, and a broken model any of them
            self._failed(error)
            raise ModelError(type(error).__name__) from error
        if not self._is_told_to_work:  # an earlier process may have told otherwise
            self._is_told_to_work = True
            self._tell("")
        if self._failures:
            self._failures = 0
            log.info("the model works again")
        return made

    def _failed(self, error: Exception) -> None:
        what = type(error).__name__  # what it says may hold what was typed
        with self._guard:
            self._failures += 1
            is_first = self._failures == 1
            if is_first:
                self._is_told_to_work = False
            if self._failures >= _FAILURES:
                self._rests_until = self._clock() + _REST_S
        if is_first:
            log.error("the model fails, answers go by words alone: %s", what)
            self._tell(what)
