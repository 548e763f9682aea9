"""Stub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from pathlib import Path

from bot.matching.lexicon import Lexicon
from bot.matching.segment import Entry, Segment


class DamagedIndexError(Exception):
    pass


def open_segment(path: Path) -> Segment:
    raise DamagedIndexError(path)


def write(
    entries: Iterable[Entry],
    path: Path,
    lexicon: Lexicon,
    tell: Callable[[int], None] | None = None,
) -> None:
    raise OSError("stub")


def merge(segments: Sequence[Segment], keep: Set[int], path: Path) -> None:
    raise OSError("stub")
