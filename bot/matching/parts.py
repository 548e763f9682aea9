"""What of a segment may be found now: its live documents, and which of them a search is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.matching.postings import Places
from bot.matching.segment import Documents, Segment

Live = Mapping[int, Set[str]]  # keys that may be found → the places of them that may not
Span = tuple[int, int]  # of documents, or of entries


@dataclass(frozen=True)
class Wanted:
    """What a search is limited to."""

    companies: frozenset[str] = frozenset()  # codes; none: any company
    as_of: date | None = None  # no event whose last day is after this one
    records: frozenset[str] = frozenset()  # ids; none: any record


class Part:
    """The questions, or the paragraphs, of one segment in an index."""

    def __init__(self, segment: Segment, documents: Documents, base: int, dead: Places) -> None:
        """
        Args:
            segment: Whose.
            documents: Its questions or its paragraphs.
            base: How many documents the parts before it have.
            dead: Places of what may not be found, ascending.
        """
        self.segment = segment
        self.documents = documents
        self.base = base
        self.dead = dead

    def of_company(self, company: str) -> Span:
        """The stretch of a company's documents."""
        return self.documents.of_entries(*self.segment.of_company.get(company, (0, 0)))

    def of_record(self, record_id: str) -> Span:
        """The stretch of a record's documents."""
        return self.documents.of_entries(*self.segment.of_record.get(record_id, (0, 0)))

    def spans(self, wanted: Wanted) -> tuple[Span, ...]:
        """Where what is wanted lies, whatever its day; in order, none empty."""
        if wanted.records:
            named = [item for item in wanted.records if _is_of(item, wanted.companies)]
            spans = sorted(map(self.of_record, named))
        elif wanted.companies:
            spans = sorted(map(self.of_company, wanted.companies))
        else:
            spans = [(0, len(self.documents))]
        return tuple(span for span in spans if span[0] < span[1])

    def dead_with(self, more: Sequence[int]) -> Places:
        """The places of what may not be found, and more of them."""
        return np.sort(np.append(self.dead, np.array(more, dtype=np.int32)))

    def gone(self) -> list[tuple[int, int, int]]:
        """The key, number and part of each document that may not be found."""
        own, dead = self.documents, self.dead
        columns = self.segment.keys[own.entry[dead]], own.number[dead], own.part[dead]
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def alive(self, first: int, last: int) -> NDArray[np.int64]:
        """The places in a stretch that may be found."""
        places = np.arange(first, last)
        return places[~self.is_dead[first:last]] if len(self.dead) else places

    @cached_property
    def is_dead(self) -> NDArray[np.bool_]:
        is_dead = np.zeros(len(self.documents), dtype=np.bool_)
        is_dead[self.dead] = True
        return is_dead


@dataclass(frozen=True)
class Scope:
    """Where a search looks."""

    parts: Sequence[Part]
    spans: Sequence[tuple[Span, ...]]  # of each part
    until: int | None  # no later day, as `date.toordinal`

    def found(self, at: int, places: Places) -> Places:
        """Those of some places of a part that may be found."""
        part = self.parts[at]
        is_found = np.zeros(len(places), dtype=np.bool_)
        for first, last in self.spans[at]:
            is_found |= (places >= first) & (places < last)
        if len(part.dead):
            is_found &= ~part.is_dead[places]
        if self.until is not None:
            is_found &= part.documents.day[places] <= self.until
        return places[is_found]

    def places(self) -> NDArray[np.int64]:
        """All that it holds, the newest first."""
        found, days = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
        for part, spans in zip(self.parts, self.spans, strict=True):
            for span in spans:
                own = part.alive(*span)
                if self.until is not None:
                    own = own[part.documents.day[own] <= self.until]
                found.append(own + part.base)
                days.append(part.documents.day[own])
        return np.concatenate(found)[np.argsort(-np.concatenate(days), kind="stable")]

    def __contains__(self, at: int) -> bool:
        for part, spans in zip(self.parts, self.spans, strict=True):
            own = at - part.base
            if 0 <= own < len(part.documents):
                return (
                    any(first <= own < last for first, last in spans)
                    and not part.is_dead[own]
                    and (self.until is None or bool(part.documents.day[own] <= self.until))
                )
        return False


def parts_of(documents: Iterable[tuple[Segment, Documents, Places]]) -> list[Part]:
    """Parts one behind the other; of each its segment, the documents, and the dead ones."""
    parts: list[Part] = []
    base = 0
    for segment, own, dead in documents:
        parts.append(Part(segment, own, base, dead))
        base += len(own)
    return parts


def dead_places(segment: Segment, live: Live, seen: set[int]) -> tuple[Places, Places]:
    """The questions and the paragraphs of a segment that may not be found, in order.

    Args:
        segment: One of an index.
        live: What may be found.
        seen: Keys of the segments before it, which are not found twice; its own are added.
    """
    keys = segment.keys.tolist()
    hidden = [None if key in seen else live.get(key) for key in keys]
    is_dead = np.array([places is None for places in hidden], dtype=np.bool_)
    kinds = segment.questions, segment.paragraphs
    questions, paragraphs = (is_dead[own.entry] for own in kinds)
    for at, places in enumerate(hidden):
        for place in places or ():
            is_told = place.startswith("p")
            own, dead = (kinds[1], paragraphs) if is_told else (kinds[0], questions)
            first, last = own.of_entries(at, at + 1)
            dead[first:last] |= own.number[first:last] == int(place.removeprefix("p"))
    seen.update(keys)
    return _where(questions), _where(paragraphs)


def _where(is_dead: NDArray[np.bool_]) -> Places:
    return np.flatnonzero(is_dead).astype(np.int32)


def _is_of(record_id: str, companies: frozenset[str]) -> bool:
    return not companies or record_id.partition("/")[0] in companies
