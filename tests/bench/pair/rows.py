"""A message with the stored pairs that the matcher puts forward."""

from __future__ import annotations

from dataclasses import dataclass

from bot.evaluating import Query


@dataclass(frozen=True)
class Pair:
    """A message and one stored pair."""

    message: str  # normalised and repaired
    asked: str
    answered: tuple[str, ...]  # sentences
    right: bool
    words: tuple[tuple[str, float, bool], ...] = ()  # term, weight, whether the pair holds it
    seen: dict[str, float] | None = None  # measures of the confidence
    contradicted: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Row:
    """A message with the pairs put forward, best first."""

    store: str  # "single" or "archive"
    company: str
    query: Query
    pairs: tuple[Pair, ...]
    weight: float = 1.0  # less where the right pair was taken away
