"""Which paragraphs of narratives say what a message asks for, best first.

A speech answers no question: nothing was asked that the message could be compared with, and no
other answer rivals it. What counts is what its best sentence holds and whether it speaks of the
period that is asked. How likely a paragraph says what is asked is a logistic model of its own
over few measures; it also ranks. narrative.json holds its weights (tests/bench/fit_narrative.py).
"""

from __future__ import annotations

from dataclasses import replace
from math import log1p
from pathlib import Path

from bot.matching.collection import Collection
from bot.matching.confidence import probability
from bot.matching.dense_index import Near
from bot.matching.parts import Scope
from bot.matching.periods import Period, periods
from bot.matching.query import Query
from bot.matching.ranking import ByWords, Candidate, by_score, candidates
from bot.matching.terms import stored_terms
from bot.matching.text import normalise, printed_sentences

FILE = Path(__file__).with_name("narrative.json")
_READ = 8  # paragraphs that may be offered: several records may say the same
_READ_FROM = 0.002  # confidence; far less than is offered
_OF_PERIODS = {"year", "quarter"}  # guards that `measures` replaces by its own


def rank_paragraphs(
    collection: Collection, query: Query, scope: Scope, near: Near | None
) -> list[Candidate]:
    """The paragraphs that a message may mean, likeliest first, with their confidences.

    The first ones also with the sentence that they are offered by.

    Args:
        collection: Of paragraphs.
        query: The message.
        scope: The paragraphs that may be found.
        near: Its similarity of meaning; None: by words alone.
    """
    found = []
    for item in candidates(ByWords(collection, query, scope), near):
        likely = probability(measures(collection, query, item), FILE)
        found.append(replace(item, score=likely, confidence=likely))
    found.sort(key=by_score)
    return [
        replace(item, excerpt=_excerpt(collection, query, item))
        if at < _READ and item.confidence >= _READ_FROM
        else item
        for at, item in enumerate(found)
    ]


def measures(collection: Collection, query: Query, item: Candidate) -> dict[str, float]:
    """What the model sees of a paragraph, by the names of narrative.json."""
    features, stored = item.features, collection.profile(item.at).stored
    asked = periods(query.text, query.facets.day)
    said = periods(stored.text, stored.day)
    seen = {
        "bm25": features.bm25,
        "held": log1p(features.sentence * features.size),
        "lacks": float(not features.lacks.isdisjoint(("amount", "money"))),
        "against": float(not _OF_PERIODS.issuperset(item.conflicts)),
        "same period": float(not asked.isdisjoint(said)),
        "other year": float(bool(asked) and _years(asked).isdisjoint(_years(said))),
    }
    if features.similarity is not None:
        seen["like"] = features.similarity
    return seen


def _years(named: frozenset[Period]) -> set[int]:
    return {period.year for period in named}


def _excerpt(collection: Collection, query: Query, item: Candidate) -> str:
    """The sentence that holds most of the message, of equals the first; empty where it is all."""
    text = item.passage.answered
    asked = {term: collection.weight(term) for term in query.terms if not term.is_single}

    def held(sentence: str) -> float:
        own = set(stored_terms(normalise(sentence), collection.lexicon))
        return sum(weight for term, weight in asked.items() if not term.words.isdisjoint(own))

    near = max(printed_sentences(text), key=held, default=text)
    return "" if near == text.strip() else near
