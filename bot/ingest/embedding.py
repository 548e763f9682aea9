"""The vectors of the stored texts: made once, at import, and kept in the store.

A vector belongs to a text and a model, whatever record the text stands in; one that is missing
costs nothing but the meaning of that text.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.errors import DisplacedError
from bot.matching.embedding import LARGEST_STORE, Embedder, Vectors
from bot.matching.passages import answered_pieces, asked_pieces, paragraphs, passages, pieces
from bot.record import Record
from bot.store import Store

_BATCH = 32


@dataclass(frozen=True)
class MeaningState:
    """Whether messages can be compared by meaning, and how much of the store."""

    model: str | None
    size: int  # characters that are stored
    texts: int = 0  # to compare with
    missing: int = 0  # of them without a vector
    most: int = LARGEST_STORE

    @property
    def lacks(self) -> str | None:
        """Why meaning is not compared: "no model", "too large", "no vectors" (not of all)."""
        if self.model is None:
            return "no model"
        if self.size > self.most:
            return "too large"
        return "no vectors" if self.missing or not self.texts else None


def known_vectors(
    store: Store, embedder: Embedder | None, records: Sequence[Record]
) -> dict[str, Vectors]:
    """The vectors to search with; none where there is no model, or too much to compare."""
    if embedder is None or _size(records) > LARGEST_STORE:
        return {}
    return store.vectors(embedder.name)


def meaning_state(
    store: Store, embedder: Embedder | None, records: Sequence[Record] | None = None
) -> MeaningState:
    """What of the records has vectors of the model; by default of all that are stored."""
    records = all_records(store) if records is None else records
    size = _size(records)
    if embedder is None or size > LARGEST_STORE:
        return MeaningState(embedder.name if embedder else None, size)
    needed = texts(records)
    missing = needed - store.vectors(embedder.name).keys()
    return MeaningState(embedder.name, size, len(needed), len(missing))


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
        tell: Called with the texts that are left, before each batch.

    Returns:
        How many texts are still without one; 0 where there is no model.
    """
    if embedder is None:
        return 0
    until = time.monotonic() + budget_s if budget_s is not None else None
    for left in _made(store, embedder):
        tell(left)
        if until is not None and time.monotonic() > until:
            return left
    return 0


def embed_in_background(store: Store, embedder: Embedder | None) -> None:
    """Make missing vectors while the process does other things; killed, the next start goes on."""

    def embed() -> None:
        with suppress(DisplacedError):  # whoever serves looks for it, and tells
            embed_missing(store, embedder)

    threading.Thread(target=embed, name="meaning", daemon=True).start()


def _made(store: Store, embedder: Embedder) -> Iterator[int]:
    """Make the vectors that the store lacks; yields how many are left to make.

    Each batch is kept as soon as it is made, so a kill loses one batch. A store above
    LARGEST_STORE gets none.
    """
    if store.size() > LARGEST_STORE:  # told before all of it is in memory
        return
    records = all_records(store)
    if _size(records) > LARGEST_STORE:
        return
    wordings = {piece for alias in store.aliases("live") for piece in pieces(alias.text)}
    needed = texts(records) | wordings
    missing = sorted(needed - store.vectors(embedder.name).keys(), key=len)
    try:
        for start in range(0, len(missing), _BATCH):
            yield len(missing) - start
            batch = missing[start : start + _BATCH]
            store.add_vectors(embedder.name, dict(zip(batch, embedder(batch), strict=True)))
    finally:
        if missing:
            store.use_vectors()  # once: every change makes the processes build their index anew


def all_records(store: Store) -> list[Record]:
    """What is shown, and what waits to be: when that is published it is searched at once."""
    shown = [item.record for item in store.records()]
    return shown + [item.record for item in store.newest_records() if item.record not in shown]


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


def _size(records: Iterable[Record]) -> int:
    return sum(
        len(unit.question) + len(unit.answer)
        for record in records
        for unit in (*record.questions, *record.paragraphs)
    )
