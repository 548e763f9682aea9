"""The passages of a store with all that is counted of them; immutable."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import BM25, Among, Counted, Weighed
from bot.matching.lexicon import Lexicon
from bot.matching.names import Names
from bot.matching.parts import Part, Scope, Wanted, parts_of
from bot.matching.passages import WHOLE, Passage, Place, paragraphs
from bot.matching.profile import PassageProfile, bare, read_profile
from bot.matching.query import Query, Term, taught_terms
from bot.matching.question_key import matter_words
from bot.matching.searching import Found, Scores, best, scores_at
from bot.matching.segment import row_order, taught_segment
from bot.matching.shelf import Shelf
from bot.matching.terms import stored_terms

_PASSAGES = 8192  # that are kept

Taught = Mapping[int, Passage]  # by place: with the other words for it
Words = Sequence[Weighed]


class Passages(Sequence[Passage]):
    """Passages by their places, fetched from the shelf when they are wanted."""

    def __init__(self, parts: Sequence[Part], shelf: Shelf, taught: Taught | None = None) -> None:
        """
        Args:
            parts: Of each segment, its questions or its paragraphs.
            shelf: Keeps their records.
            taught: Those that have other words, by place.
        """
        self._parts = parts
        self._shelf = shelf
        self.taught = taught or {}
        self._kept: dict[int, Passage] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._parts[-1].base + len(self._parts[-1].documents) if self._parts else 0

    @overload
    def __getitem__(self, at: int) -> Passage: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Passage]: ...
    def __getitem__(self, at: int | slice) -> Passage | Sequence[Passage]:
        if isinstance(at, slice):
            return self.those(range(*at.indices(len(self))))
        return self._kept.get(at) or self.those([at])[0]

    def __iter__(self) -> Iterator[Passage]:
        for start in range(0, len(self), _PASSAGES):
            yield from self.those(range(start, min(start + _PASSAGES, len(self))))

    def those(self, places: Sequence[int]) -> list[Passage]:
        """Those at some places, fetched together."""
        found = {at: kept for at in places if (kept := self._kept.get(at))}
        found |= {at: self.taught[at] for at in places if at in self.taught}
        if lacking := [at for at in dict.fromkeys(places) if at not in found]:
            found |= zip(lacking, self._fetched(lacking), strict=True)
            with self._lock:
                self._kept.update(found)
                for at in [*self._kept][: max(0, len(self._kept) - _PASSAGES)]:
                    del self._kept[at]
        return [found[at] for at in places]

    def _fetched(self, places: Sequence[int]) -> list[Passage]:
        found: list[tuple[int, int, int]] = []  # key, number, part
        for at in places:
            part = part_of(self._parts, at)
            own, place = part.documents, at - part.base
            key = part.segment.keys[own.entry[place]]
            found.append((int(key), int(own.number[place]), int(own.part[place])))
        records = {key: self._shelf.record(key) for key in {key for key, _, _ in found}}
        questions = self._shelf.questions([(key, number) for key, number, _ in found])
        return [
            Passage(records[key], question, None if part == WHOLE else part)
            for (key, _, part), question in zip(found, questions, strict=True)
        ]


class Paragraphs(Passages):
    """Those of narratives."""

    def _fetched(self, places: Sequence[int]) -> list[Passage]:
        of_key: dict[int, dict[int, Passage]] = {}
        found = []
        for at in places:
            part = part_of(self._parts, at)
            own, place = part.documents, at - part.base
            key = int(part.segment.keys[own.entry[place]])
            if key not in of_key:
                told = paragraphs([self._shelf.record(key)])
                of_key[key] = {passage.question.number: passage for passage in told}
            found.append(of_key[key][int(own.number[place])])
        return found


class Collection:
    """What messages are compared with. A passage is named by its place in `passages`."""

    def __init__(
        self, parts: Sequence[Part], passages: Passages, names: Names, lexicon: Lexicon
    ) -> None:
        """
        Args:
            parts: Of each segment, its questions or its paragraphs.
            passages: Of these parts.
            names: Of the companies.
            lexicon: The word lists that the segments were made with.
        """
        self.lexicon = lexicon
        self.parts = parts
        self.passages = passages
        self.names = names
        self.questions = BM25([Counted(part.documents.asked, part.dead) for part in parts])
        self.texts = BM25([Counted(part.documents.both, part.dead) for part in parts])
        self._taught: dict[str, list[int]] = {}  # places by what was taught, without filler
        for at, passage in passages.taught.items():
            for wording in passage.wordings:
                self._taught.setdefault(_without_filler(wording), []).append(at)

    def profile(self, at: int) -> PassageProfile:
        """A passage as messages are compared with it."""
        return read_profile(self.passages[at], self.lexicon)

    def taught(self, text: str) -> Sequence[int]:
        """The passages for which a normalised message is other words that were taught, or the same
        but for filler."""
        return self._taught.get(_without_filler(text), ()) if self._taught else ()

    def wordings_hit(self, at: int, query: Query) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The taught wordings of a passage that a message is, but for filler, and the others that
        share words of a matter with it which the passage has not."""
        typed = _without_filler(query.text)
        terms = {word for term in query.terms for word in term.words}
        same, near = [], []
        for wording in self.passages[at].wordings:
            if _without_filler(wording) == typed:
                same.append(wording)
            elif terms & set(taught_terms([wording], self.lexicon, self.profile(at).both)):
                near.append(wording)
        return tuple(same), tuple(near)

    def scope(self, wanted: Wanted) -> Scope:
        """The passages that may be found."""
        until = wanted.as_of.toordinal() if wanted.as_of else None
        return Scope(self.parts, [part.spans(wanted) for part in self.parts], until)

    def best(self, words: Words, scope: Scope, count: int) -> Found:
        """The passages in a scope that score best by words: places and scores, best first."""
        return best(words, scope, count)

    def scores(self, words: Words, places: Sequence[int]) -> Scores:
        """What some passages score by words."""
        return scores_at(words, self.parts, places)

    def of_company(self, company: str) -> list[int]:
        """The places of a company's passages, the newest first."""
        places: list[int] = self.scope(Wanted(frozenset({company}))).places().tolist()
        return places

    def with_taught(self, wordings: Mapping[Place, Sequence[str]], shelf: Shelf) -> Collection:
        """The same with other words for some passages, which are counted anew beside the rest."""
        places = {at: place for place in wordings if (at := self.place_of(place)) is not None}
        dead: dict[Part, list[int]] = {part: [] for part in self.parts}
        found: list[tuple[int, Passage]] = []
        for at, passage in zip(places, self.passages.those([*places]), strict=True):
            part = part_of(self.parts, at)
            dead[part].append(at - part.base)
            key = part.segment.keys[part.documents.entry[at - part.base]]
            found.append((int(key), replace(passage, wordings=tuple(wordings[places[at]]))))
        taught = taught_segment(
            found,
            self.lexicon,
            lambda passage, own: taught_terms(
                passage.wordings, self.lexicon, stored_terms(own, self.lexicon)
            ),
        )
        kept = [(own.segment, own.documents, own.dead_with(dead[own])) for own in self.parts]
        parts = parts_of([*kept, (taught, taught.questions, np.zeros(0, np.int32))])
        found.sort(key=lambda item: row_order((item[1].record.id, *item)))
        own = {parts[-1].base + at: passage for at, (_, passage) in enumerate(found)}
        return Collection(parts, Passages(parts, shelf, own), self.names, self.lexicon)

    def place_of(self, place: Place) -> int | None:
        """Where a question or a part of it is; None: it may not be found."""
        record_id, number, part = place
        wanted = number, WHOLE if part is None else part
        for own in self.parts:
            found = own.documents
            for at in map(int, own.alive(*own.of_record(record_id))):
                if (found.number[at], found.part[at]) == wanted:
                    return own.base + at
        return None

    def among(self, over: BM25, places: Sequence[int]) -> Among:
        """Some passages alone, each to be compared with each by the words of a field."""
        own = [(at, part_of(self.parts, at)) for at in places]
        return over.among([(self.parts.index(part), at - part.base) for at, part in own])

    def find_known(
        self, known: NDArray[np.bool_], words: Sequence[Set[str]], companies: Sequence[str]
    ) -> None:
        """Find for sets of words, and for companies, whether a record of the company holds one of
        them; what others say counts not.

        Args:
            known: A row for each set, in it a cell for each company; where one is set already,
                nothing is looked up.
            words: The sets.
            companies: Codes.
        """
        if len(self.names.of_company) == 1:
            for at, own in enumerate(words):
                known[at] |= any(word in self.texts for word in own)
            return
        groups = [[part.of_company(code) for part in self.parts] for code in companies]
        for at, own in enumerate(words):
            for word in own:
                left = np.flatnonzero(~known[at])
                if len(left):
                    known[at, left] = self.texts.holders(word, [groups[one] for one in left])

    def weight(self, term: Term) -> float:
        """What a term counts: its weight in the message by its rarity in the store."""
        return 0.0 if term.is_single else term.weight * self.texts.idf(term.text)

    def knows(self, term: Term) -> bool:
        """Whether a stored question holds the term, or a word that stands for it."""
        return any(word in self.texts for word in term.words)


def part_of(parts: Sequence[Part], at: int) -> Part:
    """The part that a place lies in."""
    return next(part for part in reversed(parts) if part.base <= at)


def _without_filler(text: str) -> str:
    """Equal for two wordings that are one to everybody; never empty where they are words."""
    letters = bare(text)
    return matter_words(letters) or letters
