"""What speaks for a candidate, measured: message and passage → Features.

Ranking mixes a few of them (ranking.py); the confidence sees all (confidence.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

from bot.matching.collection import Collection
from bot.matching.facets import Facets
from bot.matching.profile import PassageProfile, Sentence
from bot.matching.query import Query

_SENTENCE_WEIGHT = 0.1  # of the best sentence's share of the message; part of the mix in ranking.py
_LEAST = 1e-9  # in place of a total of nothing
_NAMES_IT = 0.15  # of a statement's words; who names fewer asks of more than it: AI合作 .08
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


def read_features(
    collection: Collection,
    query: Query,
    at: int,
    bm25: float,
    cosines: tuple[float, float] | None,
) -> Features:
    """Measure one passage.

    Args:
        collection: That holds it.
        query: The message.
        at: The passage's place.
        bm25: Its score by words, as a share.
        cosines: Of the question and of the answer; None: not compared.
    """
    profile = collection.profile(at)
    company = collection.passages[at].record.company_code
    total = question = both = answer = unknown = 0.0
    held = [0.0] * len(profile.sentences)
    done: set[str] = set()
    for term in query.terms:
        if term.is_single or term.text in done:
            continue
        done.add(term.text)
        weight = collection.weight(term)
        total += weight
        words = term.words
        if not words.isdisjoint(profile.both):
            both += weight
            question += 0.0 if words.isdisjoint(profile.asked) else weight
            places = [
                place
                for place, sentence in enumerate(profile.sentences)
                if not words.isdisjoint(sentence.terms)
            ]
            answer += weight if places else 0.0
            for place in places:
                held[place] += weight
        elif not collection.is_known(words, company):
            unknown += weight
    total = max(total, _LEAST)
    return Features(
        bm25=bm25,
        question=question / total,
        both=both / total,
        answer=answer / total,
        sentence=max(held, default=0.0) / total,
        unknown=unknown / total,
        size=float(total),
        words=len(done),
        run=_longest_run(query, profile.text),
        is_narrow=profile.is_narrow and _named(collection, profile, done) < _NAMES_IT,
        asks_amount=not query.facets.asks.isdisjoint(("amount", "money")),
        names_quantity=query.facets.quantity,
        lacks=_lacks(query.facets, profile.sentences, held),
        e5_asked=cosines and cosines[0],
        e5_answered=cosines and cosines[1],
    )


def _named(collection: Collection, profile: PassageProfile, typed: set[str]) -> float:
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


def _longest_run(query: Query, text: str) -> float:
    """The weight of the longest stretch of pairs that stands in the text as typed."""
    best = run = 0.0
    end = -1
    for term in query.terms:
        if term.is_single:
            continue
        if term.text in text:
            run = run + term.weight if term.start <= end else term.weight
            best = max(best, run)
            end = term.start + len(term.text) - 1
        else:
            end = -1
            run = 0.0
    return best
