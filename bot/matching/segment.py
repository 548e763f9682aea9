"""A segment: what is counted of some stored words, once for all; no text is in it.

An index is made of several, as Lucene's: new words come as a segment of their own, and what is
gone is passed over (parts.py). So a segment never changes, is shared by processes, and all that
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

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import code
from bot.matching.counting import Terms, listed, postings_of, terms_of
from bot.matching.lexicon import Lexicon
from bot.matching.passages import Passage, paragraphs, passages
from bot.matching.postings import Postings
from bot.matching.spelled import Spelled, spelled
from bot.matching.text import normalise
from bot.record import Record

_RUN = 4_000_000  # characters that are counted at once; some hundred megabytes

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
    spelled: Spelled  # what these texts spell

    def __len__(self) -> int:
        return len(self.entry)

    def of_entries(self, first: int, last: int) -> tuple[int, int]:
        """The stretch of documents of the entries from `first` to before `last`."""
        begin, end = self.entry.searchsorted(np.array((first, last), dtype=self.entry.dtype))
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


def runs(entries: Iterable[Entry], lexicon: Lexicon) -> Iterator[Segment]:
    """Count entries some at a time; at least one segment. A long one is in several."""
    own: list[tuple[str, int]] = []
    asked: list[Row] = []
    told: list[Row] = []
    size = 0
    for key, record in entries:
        own.append((record.id, key))
        for rows, found in ((asked, passages([record])), (told, paragraphs([record]))):
            for passage in found:
                rows.append((record.id, key, passage))
                size += len(passage.asked) + len(passage.answered)
                if size > _RUN:
                    yield _counted(own, asked, told, lexicon)
                    own, size = [(record.id, key)], 0
                    asked.clear()
                    told.clear()
    yield _counted(own, asked, told, lexicon)


Words = Callable[[int], Record]  # key → exactly the words that were counted (Shelf.words)


def spelled_there(places: Iterable[tuple[int, int, int]], words: Words, kind: str) -> Spelled:
    """What some documents spell, whose words are counted and may not be shown.

    Args:
        places: The key of each one's entry, its number and part.
        words: Of entries.
        kind: "questions" or "paragraphs".
    """
    of_entry: dict[int, set[tuple[int, int]]] = {}
    for key, number, part in places:
        of_entry.setdefault(key, set()).add((number, part))
    found = passages if kind == "questions" else paragraphs
    return spelled(
        normalise(text)
        for key, own in of_entry.items()
        for passage in found([words(key)])
        if passage.place in own
        for text in (passage.asked, passage.answered)
    )


def taught_segment(
    found: Sequence[tuple[int, Passage]], lexicon: Lexicon, besides: Besides
) -> Segment:
    """Count questions with the other words that were taught for them, in memory.

    Args:
        found: The key of each one's entry, and the passage with its wordings.
        lexicon: The word lists.
        besides: Gives the terms that a passage is found by besides those of a text of its own.
    """
    rows = [(passage.record.id, key, passage) for key, passage in found]
    return _counted([row[:2] for row in rows], rows, [], lexicon, besides)


Row = tuple[str, int, Passage]  # record id and key of its entry
Besides = Callable[[Passage, str], Iterable[str]]


def row_order(row: Row) -> tuple[str, int, tuple[int, int]]:
    """By which the passages of a segment are in order."""
    record_id, key, passage = row
    return record_id, key, passage.place


def _counted(
    entries: Iterable[tuple[str, int]],
    asked: list[Row],
    told: list[Row],
    lexicon: Lexicon,
    besides: Besides | None = None,
) -> Segment:
    ordered = sorted(set(entries))
    return Segment(
        np.array([key for _, key in ordered], dtype=np.int64),
        tuple(record_id for record_id, _ in ordered),
        _documents(ordered, asked, lexicon, besides),
        _documents(ordered, told, lexicon),
    )


def _documents(
    entries: Sequence[tuple[str, int]],
    rows: Iterable[Row],
    lexicon: Lexicon,
    besides: Besides | None = None,
) -> Documents:
    rows = sorted(rows, key=row_order)
    found = [passage for *_, passage in rows]
    asked = [normalise(passage.asked) for passage in found]
    answered = [normalise(passage.answered) for passage in found]
    days = np.array([passage.day.toordinal() for passage in found], dtype=np.int32)
    newest = np.argsort(-days, kind="stable").tolist()
    own, said = terms_of(asked, lexicon), terms_of(answered, lexicon)
    taught = listed(
        [
            (code(term), at)
            for at, passage in enumerate(found)
            if besides
            for term in besides(passage, f"{asked[at]}\0{answered[at]}")
        ]
    )
    place_of = {entry: at for at, entry in enumerate(entries)}
    return Documents(
        np.array([place_of[record_id, key] for record_id, key, _ in rows], dtype=np.int32),
        np.array([passage.place[0] for passage in found], dtype=np.int64),
        np.array([passage.place[1] for passage in found], dtype=np.int32),
        days,
        postings_of(own, len(found), taught),
        postings_of(Terms.together([own, said]), len(found), taught),
        spelled(text for at in newest for text in (asked[at], answered[at])),
    )
