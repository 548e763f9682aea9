"""A segment: what is counted of some stored words, once for all; no text is in it.

An index is made of several, as Lucene's: new words come as a segment of their own, and what is
gone is passed over (live.py). So a segment never changes, is shared by processes, and all that
depends on the other segments (how rare a word is, how long texts are) is reckoned when a message
is read.

1. An entry is a version of a record, under its key; of a company's written answers only what this
   version adds.
2. Documents are its questions and the parts of them; and, counted apart, the paragraphs of its
   narratives.
3. Entries are in order of their records' ids, and documents in that of the entries, so that a
   company's are one stretch of every posting list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.matching.lexicon import Lexicon
from bot.matching.passages import Passage, paragraphs, passages
from bot.matching.postings import Postings, build
from bot.matching.query import stored_terms, taught_terms
from bot.matching.text import normalise
from bot.record import Record

Entry = tuple[int, Record]  # key, and exactly the words that it stands for


@dataclass(frozen=True)
class Documents:
    """What is searched together: the questions of a segment, or its paragraphs."""

    entry: NDArray[np.int32]  # place of each one's entry, ascending
    number: NDArray[np.int64]
    part: NDArray[np.int32]  # WHOLE, or the part's number
    day: NDArray[np.int32]  # on which it was said, as `date.toordinal`
    asked: Postings  # over the question alone
    both: Postings  # over question and answer as one text

    def __len__(self) -> int:
        return len(self.entry)

    def of_entries(self, first: int, last: int) -> tuple[int, int]:
        """The stretch of documents of the entries from `first` to before `last`."""
        begin, end = np.searchsorted(self.entry, (first, last))
        return int(begin), int(end)


@dataclass(frozen=True)
class Segment:
    """Entries, and what is counted of them."""

    keys: NDArray[np.int64]
    ids: Sequence[str]  # of each entry's record; ascending
    questions: Documents
    paragraphs: Documents

    @cached_property
    def of_company(self) -> Mapping[str, tuple[int, int]]:
        """By company code, the stretch of its entries."""
        found: dict[str, tuple[int, int]] = {}
        for at, record_id in enumerate(self.ids):
            company = record_id.partition("/")[0]
            found[company] = found.get(company, (at, at))[0], at + 1
        return found

    @cached_property
    def of_record(self) -> Mapping[str, tuple[int, int]]:
        """By record id, the stretch of its entries."""
        found: dict[str, tuple[int, int]] = {}
        for at, record_id in enumerate(self.ids):
            found[record_id] = found.get(record_id, (at, at))[0], at + 1
        return found


def build_segment(entries: Iterable[Entry], lexicon: Lexicon) -> Segment:
    """Count entries, in memory."""
    ordered = sorted(((record.id, key, record) for key, record in entries), key=lambda it: it[:2])
    records = [record for _, _, record in ordered]
    return Segment(
        np.array([key for _, key, _ in ordered], dtype=np.int64),
        tuple(record_id for record_id, _, _ in ordered),
        _documents((list(passages([record])) for record in records), lexicon),
        _documents((list(paragraphs([record])) for record in records), lexicon),
    )


def build_taught(found: Sequence[tuple[int, Passage]], lexicon: Lexicon) -> Segment:
    """Count questions with the other words that were taught for them, in memory.

    Args:
        found: The key of each one's entry, and the passage with its wordings.
    """
    by_entry: dict[tuple[str, int], list[Passage]] = {}
    for key, passage in found:
        by_entry.setdefault((passage.record.id, key), []).append(passage)
    ordered = sorted(by_entry)
    return Segment(
        np.array([key for _, key in ordered], dtype=np.int64),
        tuple(record_id for record_id, _ in ordered),
        _documents((by_entry[entry] for entry in ordered), lexicon),
        _documents(([] for _ in ordered), lexicon),
    )


def _documents(of_entries: Iterable[list[Passage]], lexicon: Lexicon) -> Documents:
    """The passages of each entry in turn."""
    entry: list[int] = []
    found: list[Passage] = []
    for at, own in enumerate(of_entries):
        found += sorted(own, key=lambda passage: passage.place)
        entry += [at] * len(own)
    asked = [stored_terms(normalise(passage.asked), lexicon) for passage in found]
    both = [
        own + stored_terms(normalise(passage.answered), lexicon)
        for own, passage in zip(asked, found, strict=True)
    ]
    besides = {
        at: taught_terms(passage.wordings, lexicon, both[at])
        for at, passage in enumerate(found)
        if passage.wordings
    }
    numbers = [passage.place for passage in found]
    return Documents(
        np.array(entry, dtype=np.int32),
        np.array([number for number, _ in numbers], dtype=np.int64),
        np.array([part for _, part in numbers], dtype=np.int32),
        np.array([passage.day.toordinal() for passage in found], dtype=np.int32),
        build(asked, besides),
        build(both, besides),
    )
