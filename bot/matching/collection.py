"""The passages of a store with all that is counted of them; immutable, built once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import BM25
from bot.matching.lexicon import Lexicon
from bot.matching.passages import Passage, company_names
from bot.matching.profile import PassageProfile, read_profile
from bot.matching.query import Term, stored_terms
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
        self,
        records: Sequence[Record],
        passages: Iterable[Passage],
        lexicon: Lexicon,
        wordings: Iterable[Passage] = (),
        repaired: Callable[[str], str] = lambda text: text,
    ) -> None:
        """
        Args:
            records: What the passages are of.
            passages: Of the records.
            lexicon: The word lists.
            wordings: Further passages of the same questions, taught ones; how rare a word is does
                not depend on them.
            repaired: What a normalised wording is searched by, as a message would be.
        """
        self.lexicon = lexicon
        self._repaired = repaired
        own = tuple(passages)
        self.passages = (*own, *wordings)
        asked = [stored_terms(self.searched(passage), lexicon) for passage in self.passages]
        both = [
            terms + stored_terms(normalise(passage.answered), lexicon)
            for terms, passage in zip(asked, self.passages, strict=True)
        ]
        self.questions = BM25(asked, len(own))
        self.texts = BM25(both, len(own))  # question and answer as one text
        self.names = company_names(records)  # by company code
        self.all_names = tuple(name for own in self.names.values() for name in own)
        of_company: dict[str, list[int]] = {}
        for at, passage in enumerate(self.passages):
            of_company.setdefault(passage.record.company_code, []).append(at)
        self._of_company = {code: np.array(own) for code, own in of_company.items()}
        self._company = np.array([passage.record.company_code for passage in self.passages])
        self.is_taught = np.array([bool(passage.wording) for passage in self.passages], np.bool_)
        self._record = np.array([passage.record.id for passage in self.passages])
        self._day = np.array([passage.day for passage in self.passages], dtype="datetime64[D]")
        self.profile = lru_cache(maxsize=_PROFILES)(self._read_profile)

    def searched(self, passage: Passage) -> str:
        """The normalised question that messages are compared with."""
        text = normalise(passage.searched)
        return self._repaired(text) if passage.wording else text

    def _read_profile(self, at: int) -> PassageProfile:
        passage = self.passages[at]
        return read_profile(passage, self.lexicon, self.searched(passage))

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
