"""The passages of a store with all that is counted of them; immutable, built once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import BM25
from bot.matching.lexicon import Lexicon
from bot.matching.passages import Passage, company_names
from bot.matching.profile import PassageProfile, bare, read_profile
from bot.matching.query import Query, Term, stored_terms, taught_terms
from bot.matching.question_key import matter_words
from bot.matching.text import normalise
from bot.record import Record

_PROFILES = 4096  # that are kept; a profile takes about a millisecond to read


@dataclass(frozen=True)
class Wanted:
    """What a search is limited to."""

    companies: frozenset[str] = frozenset()  # codes; none: any company
    as_of: date | None = None  # no event whose last day is after this one
    records: frozenset[str] = frozenset()  # ids; none: any record


class Collection:
    """What messages are compared with. A passage is named by its place in `passages`."""

    def __init__(
        self, records: Sequence[Record], passages: Iterable[Passage], lexicon: Lexicon
    ) -> None:
        """passages: of the records."""
        self.lexicon = lexicon
        self.passages = tuple(passages)
        asked = [stored_terms(normalise(passage.asked), lexicon) for passage in self.passages]
        both = [
            own + stored_terms(normalise(passage.answered), lexicon)
            for own, passage in zip(asked, self.passages, strict=True)
        ]
        besides = {
            at: taught_terms(passage.wordings, lexicon, both[at])
            for at, passage in enumerate(self.passages)
            if passage.wordings
        }
        self.questions = BM25(asked, besides)
        self.texts = BM25(both, besides)  # question and answer as one text
        self._taught: dict[str, list[int]] = {}  # places by what was taught, without filler
        for at in besides:
            for wording in self.passages[at].wordings:
                self._taught.setdefault(_without_filler(wording), []).append(at)
        self.names = company_names(records)  # by company code
        self.all_names = tuple(name for own in self.names.values() for name in own)
        of_company: dict[str, list[int]] = {}
        for at, passage in enumerate(self.passages):
            of_company.setdefault(passage.record.company_code, []).append(at)
        self._of_company = {code: np.array(own) for code, own in of_company.items()}
        self._company = np.array([passage.record.company_code for passage in self.passages])
        self._record = np.array([passage.record.id for passage in self.passages])
        self._day = np.array([passage.day for passage in self.passages], dtype="datetime64[D]")
        self.profile = lru_cache(maxsize=_PROFILES)(self._read_profile)

    def _read_profile(self, at: int) -> PassageProfile:
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

    def scope(self, wanted: Wanted) -> NDArray[np.bool_]:
        """Of each passage, whether it may be found."""
        scope = np.ones(len(self.passages), dtype=np.bool_)
        if wanted.companies:
            scope &= np.isin(self._company, list(wanted.companies))
        if wanted.as_of is not None:
            scope &= self._day <= np.datetime64(wanted.as_of)
        if wanted.records:
            scope &= np.isin(self._record, list(wanted.records))
        return scope

    def named(self, text: str) -> set[str]:
        """Codes of the stored companies that a normalised message names."""
        return {code for code, own in self.names.items() if any(name in text for name in own)}

    def is_known(self, words: Iterable[str], company: str) -> bool:
        """Whether a record of the company holds one of the words; what others say counts not."""
        known = (self.texts.documents(word) for word in words if word in self.texts)
        if len(self.names) == 1:
            return any(True for _ in known)
        own = self._of_company[company]
        return any(np.isin(own, places, assume_unique=True).any() for places in known)

    def weight(self, term: Term) -> float:
        """What a term counts: its weight in the message by its rarity in the store."""
        return 0.0 if term.is_single else term.weight * self.texts.idf(term.text)

    def knows(self, term: Term) -> bool:
        """Whether a stored question holds the term, or a word that stands for it."""
        return any(word in self.texts for word in term.words)


def _without_filler(text: str) -> str:
    """Equal for two wordings that are one to everybody; never empty where they are words."""
    letters = bare(text)
    return matter_words(letters) or letters
