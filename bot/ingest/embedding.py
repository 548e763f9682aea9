"""The vectors of the stored texts: made at import and in the background, and kept in the store.

A vector belongs to a text and a model, whatever record the text stands in. Records are taken
newest event first, and each is noted once all its texts have one; until then words answer.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bot import typed
from bot.errors import DisplacedError, StoreError, trace_of
from bot.matching import passages as splitting
from bot.matching import text as spelling
from bot.matching.dense_index import VectorsOf
from bot.matching.embedding import Embedder, Vectors
from bot.matching.passages import answered_pieces, asked_pieces, paragraphs, passages
from bot.matching.text import normalise
from bot.record import Record
from bot.store import Store
from bot.store.connection import telling
from bot.store.vectors import batched

_BATCH = 8  # texts: beside messages the model is busy for a fifth of a second at most
_RECORDS = 20  # whose texts are looked at together
_SHARE = 0.25  # of the time, while messages come
_LONGEST_REST_S = 2.0
_TOLD_EVERY_S = 600.0
_USED_EVERY_S = 300.0  # how often all processes hear of what was made

log = logging.getLogger(__name__)


def known_vectors(store: Store, embedder: Embedder | None) -> VectorsOf | None:
    """The vectors to search with; None where there is no model."""
    if embedder is None:
        return None
    name = embedder.name
    return lambda texts: store.vectors(name, texts)


def embed_missing(
    store: Store,
    embedder: Embedder | None,
    budget_s: float | None = None,
    tell: Callable[[int], None] = lambda left: None,
) -> int:
    """Make missing vectors with the model, for no longer than the budget.

    Args:
        store: Whose texts.
        embedder: The model; None: nothing is made.
        budget_s: Seconds; None: until all are made.
        tell: Called with about how many texts are left, before each batch.

    Returns:
        About how many texts are still without one; 0 where there is no model.
    """
    if embedder is None:
        return 0
    until = time.monotonic() + budget_s if budget_s is not None else None

    def is_over(left: int) -> bool:
        tell(left)
        return until is not None and time.monotonic() > until

    return _Making(store, embedder, is_over).left()


def embed_in_background(
    store: Store,
    embedder: Embedder | None,
    is_busy: Callable[[], bool] = lambda: False,
    again_s: float = 30.0,
) -> None:
    """Make missing vectors while the process does other things; killed, the next start goes on.

    Args:
        store: Whose texts.
        embedder: The model.
        is_busy: Whether somebody waits for an answer, or did lately: then most of the time is left
            to the answers.
        again_s: Between two tries at a database that cannot be written.
    """
    if embedder is None:
        return
    told_at = 0.0

    def tell(left: int, a_second: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > _TOLD_EVERY_S:
            told_at = time.monotonic()
            log.info("meaning: about %d texts are left, %.0f minutes", left, left / a_second / 60)

    def embed() -> None:
        while True:
            try:
                with telling(store.place):
                    _Making(store, embedder, lambda left: False, is_busy, tell).left()
                return
            except DisplacedError:  # whoever serves looks for it, and tells
                return
            except StoreError as error:  # a full disk: no fault of the model's
                log.warning("vectors are made later: %s", error)
            except Exception as error:
                log.error("no vectors are made, answers go by words alone: %s", trace_of(error))
                with suppress(StoreError), telling(store.place):
                    store.note_fault(embedder.name, type(error).__name__, datetime.now(UTC))
                return
            time.sleep(again_s)

    threading.Thread(target=embed, name="meaning", daemon=True).start()


@dataclass
class _Making:
    """One run over what lacks vectors."""

    store: Store
    embedder: Embedder
    is_over: Callable[[int], bool]  # asked before each batch, with the texts that are left
    is_busy: Callable[[], bool] = lambda: False
    tell: Callable[[int, float], None] = lambda left, a_second: None
    made: int = 0
    took_s: float = 0.0
    used_at: float = field(default_factory=time.monotonic)

    def left(self) -> int:
        """Make them; returns about how many texts are left."""
        name = self.embedder.name
        keys = _lacking(self.store, self.embedder)
        questions = self.store.count_questions(frozenset(keys)) if len(keys) > _RECORDS else 0
        try:
            wordings = {normalise(alias.text) for alias in self.store.aliases("live")}
            if left := self._make(self.store.without_vector(name, wordings), 0):
                return left
            for some in batched(keys, _RECORDS):
                entries = list(self.store.entries(some))
                questions -= sum(len(record.questions) for _, record in entries)
                needed = texts(record for _, record in entries)
                missing = self.store.without_vector(name, needed)
                each = len(needed) / max(1, sum(len(record.questions) for _, record in entries))
                if left := self._make(missing, int(max(0, questions) * each)):
                    return left
                self.store.note_embedded(mark(self.embedder), some)
            return 0
        finally:
            if self.made:
                self.store.note_speed(name, self.made / max(self.took_s, 1e-6))
                self.store.use_vectors()

    def _make(self, missing: Iterable[str], after: int) -> int:
        """The vectors of texts, the shortest first; returns what is left, where it is over."""
        wanted = sorted(missing, key=len)
        left = len(wanted) + after
        for batch in batched(wanted, _BATCH):
            if self.is_over(left):
                return left
            began = time.monotonic()
            vectors = dict(zip(batch, self.embedder(batch), strict=True))
            self.store.add_vectors(self.embedder.name, vectors)
            took_s = time.monotonic() - began
            self.made, self.took_s = self.made + len(batch), self.took_s + took_s
            left -= len(batch)
            self._between(left, took_s)
        return 0

    def _between(self, left: int, took_s: float) -> None:
        self.tell(left, self.made / self.took_s)
        now = time.monotonic()
        if now - self.used_at > _USED_EVERY_S:  # every change makes the processes look anew
            self.used_at = now
            self.store.note_speed(self.embedder.name, self.made / self.took_s)
            self.store.use_vectors()
        if self.is_busy():
            time.sleep(min(_LONGEST_REST_S, took_s * (1 / _SHARE - 1)))


def _lacking(store: Store, embedder: Embedder) -> list[int]:
    """Keys of what is shown, or will be when it is published, and not all embedded."""
    keys = store.countable(datetime.now(UTC)) - store.embedded(mark(embedder))
    return store.newest_first(keys)


def mark(embedder: Embedder) -> str:
    """Under which versions are noted: of texts that are split otherwise nothing is known."""
    return f"{embedder.name} {_splitting()}"


@cache
def _splitting() -> str:
    files = (module.__file__ for module in (splitting, spelling, typed))
    return hashlib.sha256(b"".join(Path(str(file)).read_bytes() for file in files)).hexdigest()[:8]


def vectors_of(records: Sequence[Record], embedder: Embedder) -> dict[str, Vectors]:
    """The vectors of records that are in no store."""
    needed = sorted(texts(records))
    return dict(zip(needed, embedder(needed), strict=True))


def texts(records: Iterable[Record]) -> set[str]:
    """What of the records is compared by meaning."""
    records = tuple(records)
    return {
        piece
        for passage in (*passages(records), *paragraphs(records))
        for piece in (*asked_pieces(passage), *answered_pieces(passage))
    }
