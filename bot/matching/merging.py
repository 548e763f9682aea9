"""Several segments as one, without reading a text anew.

The result is the segment that would have been counted of the entries that are kept, in memory or
handed on piece by piece (segment_files.py): posting lists are merged some terms at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import K1, B
from bot.matching.codes import Codes
from bot.matching.lexicon import Lexicon
from bot.matching.postings import LEADING, Cells, Places, Postings, common_from
from bot.matching.segment import Documents, Entry, Segment, Words, runs, spelled_there
from bot.matching.spelled import Spelled, together

_AT_ONCE = 4_000_000  # postings that are in memory

Table = NDArray[Any]
Append = Callable[[str, Table], None]  # a table's name, and what comes behind what it has

_KINDS = ("questions", "paragraphs")
_FIELDS = ("asked", "both")
_HEADS = ("entry", "number", "part", "day")


def build_segment(entries: Iterable[Entry], lexicon: Lexicon) -> Segment:
    """Count entries, in memory."""
    counted = list(runs(entries, lexicon))
    if len(counted) == 1:
        return counted[0]
    tables: dict[str, list[Table]] = {}
    merge_tables(counted, None, lambda name, table: tables.setdefault(name, []).append(table))
    return from_tables({name: np.concatenate(own) for name, own in tables.items()})


def from_tables(tables: Mapping[str, Table]) -> Segment:
    """A segment of the tables that `merge_tables` tells of.

    Raises:
        KeyError: One is missing.
    """
    questions, told = (_documents(tables, kind) for kind in _KINDS)
    return Segment(tables["keys"], _lines(tables["ids"]), questions, told)


def merge_tables(
    segments: Sequence[Segment],
    kept: Set[int] | None,
    append: Append,
    words: Words | None = None,
) -> None:
    """Tell the tables of several segments as one.

    Args:
        segments: What is in two of them counts once.
        kept: Keys of the entries that go on; None: all.
        append: Is given each table, a long one in pieces.
        words: Of entries that do not go on; None: all documents do.
    """
    own = [
        [
            (record_id, key) if kept is None or key in kept else None
            for record_id, key in zip(segment.ids, segment.keys.tolist(), strict=True)
        ]
        for segment in segments
    ]
    entries = sorted({entry for each in own for entry in each if entry})
    place_of = {entry: at for at, entry in enumerate(entries)}
    places = [
        np.array([place_of[entry] if entry else -1 for entry in each], dtype=np.int32)
        for each in own
    ]
    append("keys", np.array([key for _, key in entries], dtype=np.int64))
    append("ids", _bytes(record_id for record_id, _ in entries))
    for kind in _KINDS:
        left = _merge_documents(kind, segments, places, append)
        gone = spelled_there(left, words, kind) if words and left else None
        spelled = together([getattr(segment, kind).spelled for segment in segments], gone)
        for name, table in _spelled_tables(spelled):
            append(f"{kind}.spelled.{name}", table)


def _merge_documents(
    kind: str, segments: Sequence[Segment], entries: Sequence[Places], append: Append
) -> list[tuple[int, int, int]]:
    """Tell all of the documents but what they spell.

    Args:
        kind: Of them.
        segments: Whose.
        entries: The place of each segment's entries among all; -1: it does not go on.
        append: As in `merge_tables`.

    Returns:
        The key, number and part of each document that does not go on.
    """
    several: list[Documents] = [getattr(segment, kind) for segment in segments]
    heads = {
        "entry": np.concatenate(
            [place[own.entry] for place, own in zip(entries, several, strict=True)]
        )
    } | {name: np.concatenate([getattr(own, name) for own in several]) for name in _HEADS[1:]}
    order = np.lexsort((heads["part"], heads["number"], heads["entry"]))
    order = order[heads["entry"][order] >= 0]
    is_new = np.ones(len(order), dtype=np.bool_)
    if len(order):
        told = np.array([heads[name][order] for name in _HEADS[:3]])
        is_new[1:] = (told[:, 1:] != told[:, :-1]).any(axis=0)
    order = order[is_new]
    for name in _HEADS:
        append(f"{kind}.{name}", heads[name][order])
    places = np.full(len(heads["entry"]), -1, dtype=np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    of_each = np.split(places, np.cumsum([len(own) for own in several])[:-1])
    for field in _FIELDS:
        _merge_postings(
            f"{kind}.{field}",
            [getattr(own, field) for own in several],
            of_each,
            order,
            heads["day"][order],
            append,
        )
    left = np.flatnonzero(places < 0)
    keys = np.concatenate(
        [segment.keys[own.entry] for segment, own in zip(segments, several, strict=True)]
    )
    told_of = keys[left], heads["number"][left], heads["part"][left]
    return list(zip(*(column.tolist() for column in told_of), strict=True))


def _merge_postings(
    name: str,
    several: Sequence[Postings],
    places: Sequence[Places],
    order: NDArray[np.int64],
    days: NDArray[np.int32],
    append: Append,
) -> None:
    """
    Args:
        name: Of the field.
        several: Its postings in each segment.
        places: Of each one's documents in the result; -1: it does not go on.
        order: Where the result's documents are among all.
        days: Of the result's documents.
        append: As in `merge_tables`.
    """
    lengths = np.concatenate([own.lengths for own in several])[order]
    codes = np.unique(np.concatenate([own.codes for own in several]))
    seen = np.zeros(len(codes), dtype=np.int64)
    for own in several:
        seen[codes.searchsorted(own.codes)] += np.diff(own.starts)
    left = np.zeros(len(codes), dtype=np.int64)
    leads = _Leads(lengths, days, int((seen >= common_from(len(lengths))).sum()))
    for part, kind in (("places", np.int32), ("times", np.uint8)):
        append(f"{name}.{part}", np.zeros(0, kind))  # there is one, also of nothing
    for first, last in _blocks(seen):
        terms, found, times = _block(several, places, codes[first:last])
        append(f"{name}.places", found)
        append(f"{name}.times", times)
        left[first:last] = np.bincount(terms, minlength=last - first)
        leads.add(codes[first:last], left[first:last], found, times)
    append(f"{name}.lengths", lengths)
    append(f"{name}.codes", codes[left > 0])
    append(f"{name}.starts", np.concatenate(([0], np.cumsum(left[left > 0]))).astype(np.int64))
    append(f"{name}.common", np.array(leads.common, dtype=np.uint64))
    append(f"{name}.leading", np.concatenate([np.zeros(0, np.int32), *leads.leading]))
    append(f"{name}.cells", leads.cells.table())


class _Leads:
    """The common terms: of each the documents that score best for it, of equals the newest, and
    how often it stands in each."""

    def __init__(self, lengths: NDArray[np.int32], days: NDArray[np.int32], most: int) -> None:
        self.common: list[int] = []
        self.leading: list[Places] = []
        self.cells = Cells(len(lengths), most)
        mean = lengths.mean() if len(lengths) else 1.0
        self._norm = K1 * (1 - B + B * lengths / mean)
        self._newer = days * 1e-10  # far less than a word more in a text makes

    def add(
        self, codes: Codes, held: NDArray[np.int64], places: Places, times: NDArray[np.uint8]
    ) -> None:
        """Look at some terms.

        Args:
            codes: Of the terms.
            held: How many of the places and times are of each.
            places: Of their documents.
            times: How often they stand there.
        """
        ends = np.cumsum(held)
        for at in np.flatnonzero(held >= common_from(len(self._norm))):
            own = slice(int(ends[at] - held[at]), int(ends[at]))
            place, often = places[own], times[own].astype(np.float64)
            worth = often / (often + self._norm[place]) + self._newer[place]
            best = np.argpartition(worth, -LEADING)[-LEADING:]
            self.common.append(int(codes[at]))
            self.leading.append(np.sort(place[best]))
            self.cells.add(place, times[own])


def _blocks(seen: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Stretches of terms that have not too many postings together."""
    whole = np.cumsum(seen)
    first = 0
    while first < len(seen):
        before = int(whole[first - 1]) if first else 0
        last = max(int(whole.searchsorted(before + _AT_ONCE, side="right")), first + 1)
        yield first, last
        first = last


def _block(
    several: Sequence[Postings], places: Sequence[Places], codes: Codes
) -> tuple[NDArray[np.int64], Places, NDArray[np.uint8]]:
    """The postings of some terms in order: which term, where, and how often."""
    terms, found, times = [], [], []
    for own, place_of in zip(several, places, strict=True):
        begin = int(own.codes.searchsorted(codes[0]))
        end = int(own.codes.searchsorted(codes[-1], side="right"))
        listed = slice(int(own.starts[begin]), int(own.starts[end]))
        held = np.diff(own.starts[begin : end + 1])
        place = place_of[own.places[listed]]
        kept = place >= 0
        terms.append(np.repeat(codes.searchsorted(own.codes[begin:end]), held)[kept])
        found.append(place[kept])
        times.append(own.times[listed][kept])
    term, place = np.concatenate(terms), np.concatenate(found)
    if len(several) == 1:
        return term, place, times[0]
    order = np.argsort(term << 32 | place, kind="stable")
    return term[order], place[order], np.concatenate(times)[order]


# Tables


def _documents(tables: Mapping[str, Table], kind: str) -> Documents:
    entry, number, part, day = (tables[f"{kind}.{name}"] for name in _HEADS)
    asked, both = (_postings(tables, f"{kind}.{field}") for field in _FIELDS)
    told = {item.name: tables[f"{kind}.spelled.{item.name}"] for item in fields(Spelled)}
    words = _lines(told.pop("words"))
    return Documents(entry, number, part, day, asked, both, Spelled(words=words, **told))


def _postings(tables: Mapping[str, Table], name: str) -> Postings:
    return Postings(*(tables[f"{name}.{item.name}"] for item in fields(Postings)))


def _spelled_tables(own: Spelled) -> Iterator[tuple[str, Table]]:
    for item in fields(own):
        table = getattr(own, item.name)
        yield item.name, _bytes(table) if item.name == "words" else table


def _bytes(lines: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _lines(table: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(table.tobytes().decode().split("\n")) if len(table) else ()
