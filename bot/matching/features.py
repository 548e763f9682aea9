"""What speaks for a candidate, measured: message and passage → Features.

Ranking mixes a few of them (ranking.py); the confidence sees all (confidence.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from math import fsum

import numpy as np

from bot.matching.collection import Collection
from bot.matching.facets import Facets
from bot.matching.profile import PassageProfile, Sentence
from bot.matching.query import Query, Term

_SENTENCE_WEIGHT = 0.1  # of the best sentence's share of the message; part of the mix in ranking.py
_LEAST = 1e-9  # in place of a total of nothing
_NAMES_IT = 0.15  # of a statement's words; who names fewer asks of more than it: AI合作 .08
# What a word counts that only other words taught for the question hold: people ask with it, and the
# answer may not say it. On *fit*, with half of the phrasings taught, more answers more wrongly.
_TAUGHT = 0.5
_TELLING = 0.5  # of the best sentence's share: a sentence that holds more may give what is asked


@dataclass(frozen=True)
class Features:
    """What speaks for a candidate.

    A word's weight is its weight in the message by its rarity in the store; shares are of the
    weight of all the message's words, from 0 to 1. A word counts once, single characters never.
    """

    bm25: float  # score by words, of what a passage of these words alone would get; 0 to about 1
    question: float  # share that the stored question holds
    both: float  # share that question or answer holds
    answer: float  # share that the answer holds
    sentence: float  # share that the answer's best sentence holds
    unknown: float  # share that no record of the company holds
    size: float  # weight of all words; from 0, below 1 for each pair of characters
    words: int  # that the message has
    run: float  # the longest stretch that stands there as typed; from 0, about 1 for each pair
    is_narrow: bool  # it confirms or denies one statement, of which the message names little
    asks_amount: bool  # whether a number or a sum is asked
    names_quantity: bool  # whether the message ends in the name of one: 月产能, 占比
    lacks: frozenset[str]  # "amount", "money", "when": asked, and its best sentences give none
    e5_asked: float | None = None  # largest cosine with question or a sentence of it; .75 to 1
    e5_answered: float | None = None  # with a sentence of the answer; both None: not compared

    @property
    def by_words(self) -> float:
        """Score by words, that of the best sentence in it."""
        return self.bm25 + _SENTENCE_WEIGHT * self.sentence

    @property
    def similarity(self) -> float | None:
        """Similarity of meaning, 0 to 1; None where it was not compared."""
        if self.e5_asked is None or self.e5_answered is None:
            return None
        return similarity(max(self.e5_asked, self.e5_answered))

    @property
    def similarity_asked(self) -> float | None:
        """That with the question alone."""
        return None if self.e5_asked is None else similarity(self.e5_asked)


def similarity(cosine: float) -> float:
    """E5's cosines lie between .75 (nothing in common) and .95 (the same): spread over 0 to 1."""
    return max(0.0, (cosine - 0.75) / 0.2)


class MessageWords:
    """A message's words as a collection weighs them: read once, for all its candidates."""

    def __init__(self, collection: Collection, query: Query) -> None:
        self.query = query
        self._collection = collection
        typed = [term for term in query.terms if not term.is_single]
        first: dict[str, Term] = {}
        for term in typed:
            first.setdefault(term.text, term)
        found = [*first.values()]
        self.texts = frozenset(first)
        self._words = [term.words for term in found]
        self.weights = [collection.weight(term) for term in found]
        self.total = sum(self.weights)
        self._places: dict[str, list[int]] = {}
        for at, words in enumerate(self._words):
            for word in words:
                self._places.setdefault(word, []).append(at)
        self._all = frozenset(self._places)
        self._unknown: dict[str, float] = {}
        # As typed: where each begins, and where its last character stands.
        self.typed = [
            (term.text, term.weight, term.start, term.start + len(term.text) - 1) for term in typed
        ]

    def held(self, terms: frozenset[str]) -> set[int]:
        """The places of the words that stand among the terms, themselves or as another word."""
        return {at for word in self._all & terms for at in self._places[word]}

    def unknown(self, company: str) -> float:
        """The weight of those that no record of the company holds."""
        if company not in self._unknown:
            self.look_up({company: set()})
        return self._unknown[company]

    def look_up(self, companies: Mapping[str, Set[int]]) -> None:
        """Find what each company's records hold: of several together in a fraction of the time.

        Args:
            companies: Of each the places of words that stand in a passage of it, for which nothing
                is looked up.
        """
        new = {code: held for code, held in companies.items() if code not in self._unknown}
        known = np.zeros((len(self._words), len(new)), dtype=np.bool_)
        for at, own in enumerate(new.values()):
            known[[*own], at] = True
        self._collection.find_known(known, self._words, [*new])
        for company, held in zip(new, known.T.tolist(), strict=True):
            self._unknown[company] = sum(
                weight for weight, is_held in zip(self.weights, held, strict=True) if not is_held
            )


def read_features(
    collection: Collection,
    message: MessageWords,
    at: int,
    bm25: float,
) -> Features:
    """Measure one passage by words.

    Args:
        collection: That holds it.
        message: Its words.
        at: The passage's place.
        bm25: Its score by words, as a share.
    """
    profile, query = collection.profile(at), message.query
    company = collection.passages[at].record.company_code
    weights, total = message.weights, max(message.total, _LEAST)
    inside = message.held(profile.both)
    taught = message.held(profile.taught) if profile.taught else set()
    asked = inside & message.held(profile.asked)
    of_sentences = [inside & message.held(sentence.terms) for sentence in profile.sentences]
    answered = set().union(*of_sentences)

    def weight(places: set[int]) -> float:
        return sum(weights[place] for place in sorted(places))

    held = [weight(places) for places in of_sentences]
    both = sum(
        weights[place] * (1.0 if place in inside else _TAUGHT) for place in sorted(inside | taught)
    )
    return Features(
        bm25=bm25,
        question=weight(asked) / total,
        both=both / total,
        answer=weight(answered) / total,
        sentence=max(held, default=0.0) / total,
        unknown=message.unknown(company) / total,
        size=float(total),
        words=len(message.texts),
        run=_longest_run(message, profile.stored.text),
        is_narrow=profile.is_narrow and _named(collection, profile, message.texts) < _NAMES_IT,
        asks_amount=not query.facets.asks.isdisjoint(("amount", "money")),
        names_quantity=query.facets.quantity,
        lacks=_lacks(query.facets, profile.sentences, held),
    )


def _named(collection: Collection, profile: PassageProfile, typed: frozenset[str]) -> float:
    """The share of the stored question's words, by rarity, that the message holds."""
    idf = collection.texts.idf
    asked = [term for term in profile.asked if len(term) > 1 and term[0] != "="]
    # Exact sums: a set has another order in every process.
    whole = fsum(map(idf, asked))
    return fsum(idf(term) for term in asked if term in typed) / max(whole, _LEAST)


def _lacks(facets: Facets, sentences: tuple[Sentence, ...], held: list[float]) -> frozenset[str]:
    """What is asked for and not given by the sentences that hold most of the message."""
    telling = _TELLING * max(held, default=0.0)
    given = [
        sentence.gives for sentence, share in zip(sentences, held, strict=True) if share > telling
    ]
    return frozenset(what for what in facets.asks if not any(what in gives for gives in given))


def _longest_run(message: MessageWords, text: str) -> float:
    """The weight of the longest stretch of pairs that stands in the text as typed."""
    best = run = 0.0
    end = -1
    for word, weight, start, last in message.typed:
        if word in text:
            run = run + weight if start <= end else weight
            best = max(best, run)
            end = last
        else:
            end = -1
            run = 0.0
    return best
