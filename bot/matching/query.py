"""A message as the matcher weighs it: terms with weights, synonyms, what it pins down."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from bot.matching.facets import Facets, read_facets
from bot.matching.lexicon import Lexicon
from bot.matching.names import Names
from bot.matching.terms import synonym
from bot.matching.text import spans

# Part of the mix in ranking.py: whoever changes one fits the confidence anew.
_STOPWORD = 0.12  # what a word of asking weighs beside one of the matter
_GENERIC = 0.5  # a word of every company
_SINGLE = 0.3  # one Han character beside a pair
_LATIN, _NUMBER, _SYNONYM = 1.5, 0.7, 1.0
_NO_LINE = frozenset[int]()


@dataclass(frozen=True)
class Term:
    """A term of the message, what it weighs, and the synonym lines that may stand for it."""

    text: str
    start: int
    weight: float
    lines: frozenset[int]

    @property
    def is_single(self) -> bool:
        return len(self.text) == 1 and not self.text.isascii()

    @property
    def words(self) -> set[str]:
        """The term, and the terms of the synonym lines that may stand for it."""
        return {self.text, *map(synonym, self.lines)}


@dataclass(frozen=True)
class Query:
    """A message, normalised and repaired."""

    text: str
    terms: tuple[Term, ...]
    lines: frozenset[int]  # synonym lines
    facets: Facets

    def weights(self) -> dict[str, float]:
        """Each term to search for, synonym lines among them; repeats count once."""
        found: dict[str, float] = {}
        for term in self.terms:
            found[term.text] = max(found.get(term.text, 0.0), term.weight)
        return found | {synonym(line): _SYNONYM for line in sorted(self.lines)}


def read_query(text: str, day: date, lexicon: Lexicon, names: Names | None = None) -> Query:
    """Weigh a normalised message.

    Args:
        text: The message.
        day: The clock's.
        lexicon: The word lists.
        names: Of companies in the store; they narrow the search and weigh nothing.
    """
    asking = _covered(text, ((start, end) for start, end, _ in lexicon.stopwords.find(text)))
    common = _covered(text, ((start, end) for start, end, _ in lexicon.generic.find(text)))
    found_names = names.find(text) if names else ()
    named = _covered(text, ((at, at + len(name)) for at, name in found_names))
    usual = [is_common or is_asking for is_common, is_asking in zip(common, asking, strict=True)]
    lines = [_NO_LINE] * len(text)
    for start, end, line in lexicon.synonyms.find(text):
        lines[start:end] = [frozenset((line,))] * (end - start)  # they never overlap
    found = []
    apart = lexicon.inner(text)
    for term, start in spans(text):
        end = start + len(term)
        if all(named[start:end]) or (term, start) in apart:
            continue
        weight = _weight(term)
        if all(asking[start:end]):
            weight *= _STOPWORD
        elif all(usual[start:end]):
            weight *= _GENERIC
        found.append(Term(term, start, weight, lines[start].intersection(*lines[start:end])))
    all_lines = frozenset(lexicon.synonyms.lines(text, apart))
    return Query(text, tuple(found), all_lines, read_facets(text, day, lexicon))


def taught_terms(wordings: Iterable[str], lexicon: Lexicon, own: Collection[str] = ()) -> list[str]:
    """What a passage is found by besides its own terms, from other words for its question.

    Only terms of the matter: how people ask is alike for all questions.
    """
    found: dict[str, None] = {}
    for text in wordings:
        query = read_query(text, date.min, lexicon)
        found |= dict.fromkeys(term.text for term in query.terms if term.weight >= 1)
        found |= dict.fromkeys(map(synonym, sorted(query.lines)))
    return [term for term in found if term not in set(own)]


def _weight(term: str) -> float:
    if term[0].isdigit():
        return _NUMBER
    if term.isascii():
        return _LATIN if len(term) > 1 else _SINGLE
    return _SINGLE if len(term) == 1 else 1.0


def _covered(text: str, places: Iterable[tuple[int, int]]) -> list[bool]:
    found = [False] * len(text)
    for start, end in places:
        found[start:end] = [True] * (end - start)
    return found
