"""Which passages a message may mean, best first, and how likely each is meant.

Words find candidates, and meaning finds more. A linear mix of both ranks them; then each gets a
confidence, which never reorders, and the caps that limit it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.matching.bm25 import K1
from bot.matching.collection import Collection
from bot.matching.confidence import Cap, caps, confidence, measures
from bot.matching.dense_index import Near
from bot.matching.facets import conflicts
from bot.matching.features import Features, MessageWords, read_features
from bot.matching.parts import Scope
from bot.matching.passages import Passage
from bot.matching.profile import bare
from bot.matching.query import Query
from bot.matching.standing import Standing, is_same_answer, is_same_record, standings
from bot.matching.stock_phrases import says_nothing
from bot.message import Hit

# What the mix reaches stands in docs/accuracy.md (`make bench`); whoever changes it fits the
# confidence anew (tests/bench/fit_confidence.py). The first weight is the first matcher's.
_QUESTION_WEIGHT = 0.5  # of BM25 over the question alone, beside that over question and answer
_MEANING_WEIGHT = 0.5
_CONFLICT = 0.03
_EXACT = 9.0  # the score where the stored question itself was typed: above any other
_TAUGHT = 8.0  # where other words for it were typed
_COPIED = 15  # letters; nobody composes so many alike, so 今年 is the record's
# Score of the usual rival, by words and with meaning; chosen on *fit*, where at 1 % wrong it lifts
# what is answered right from .08 to .39 (`python -m tests.bench.fit_confidence`).
_USUAL_RIVAL, _USUAL_RIVAL_MEANT = 0.15, 0.5
_ALL, _NEARLY = 0.99, 0.7  # of the words by weight; of the first one's score
# Confidence from which an answer goes before one that says nothing (what is offered at all), and
# how near that one then comes, as what is offered last.
_ANSWERS, _BEHIND = 0.08, 0.2
_POOL = 24  # candidates by words; half as many more by meaning
_STANDING = 12  # candidates that are compared with all others; the rest is far behind


@dataclass(frozen=True)
class Candidate:
    """A stored question put forward for a message, and what speaks for and against it."""

    at: int  # place of the passage
    passage: Passage
    features: Features
    conflicts: tuple[str, ...]  # guards that the message runs into: "year", "metric" …
    score: float  # by which it has its place
    is_exact: bool = False  # the stored question itself was typed, or other words taught for it
    is_taught: bool = False  # the other words were
    measures: Mapping[str, float] = field(default_factory=dict)  # what the confidence sees
    confidence: float = 0.0  # 0-1; 1 for an exact one
    caps: tuple[Cap, ...] = ()  # what limits the confidence
    excerpt: str = ""  # of a paragraph: its sentence that is near; empty: the whole

    @property
    def hit(self) -> Hit:
        """The candidate for those who answer."""
        return Hit(
            self.passage.record.of(self.passage.question),
            self.passage.question,
            self.confidence,
            self.passage.part,
            is_exact=self.is_exact,
            excerpt=self.excerpt,
        )


def rank(found: ByWords, near: Near | None) -> list[Candidate]:
    """The candidates by score, the best passage of each question only, with their confidences.

    Args:
        found: What words find.
        near: The message's similarity of meaning; None: by words alone.
    """
    ranked = sorted(candidates(found, near), key=by_score)
    of_question: dict[tuple[str, int], Candidate] = {}
    for item in ranked:
        of_question.setdefault((item.passage.record.id, item.passage.question.number), item)
    return _answers_first(list(of_question.values()), found.query.facets.aside)


def _answers_first(found: Sequence[Candidate], is_aside: bool) -> list[Candidate]:
    """Judged; behind what answers anything, what an export has of answers that say nothing."""
    empty = [
        item
        for item in found
        if item.passage.question.is_from_table and says_nothing(item.passage.answered)
    ]
    if not empty:
        return judged(found, is_aside)
    real = judged([item for item in found if item not in empty], is_aside)
    if not real or real[0].confidence < _ANSWERS:
        return judged(found, is_aside)
    most = _BEHIND * real[0].confidence
    return real + [
        replace(item, is_exact=False, confidence=min(most, item.confidence))
        for item in judged(empty, is_aside)
    ]


def margin(ranked: Sequence[Candidate]) -> float:
    """How much better the first scores than its record's next with another answer.

    A record of three questions has no rival that says much: there it is as good as the usual one
    of a larger record.
    """
    first = ranked[0]
    usual = _USUAL_RIVAL if first.features.similarity is None else _USUAL_RIVAL_MEANT
    rival = next(
        (
            other.score
            for other in ranked[1:]
            if is_same_record(other.passage, first.passage)
            and not is_same_answer(first.passage, other.passage)
        ),
        0.0,
    )
    return first.score - max(rival, usual)


def by_score(item: Candidate) -> tuple[float, tuple[int, str, int, int]]:
    """By which candidates are in order: the best first, of equals the newest."""
    return -item.score, item.passage.order


# Finding


class ByWords:
    """What words alone find for a message, and tell of what meaning finds besides; made once,
    whether meaning is then asked or not."""

    def __init__(self, collection: Collection, query: Query, scope: Scope) -> None:
        """
        Args:
            collection: What is searched.
            query: The message.
            scope: The passages that may be found.
        """
        self.collection = collection
        self.query = query
        weights = query.weights()
        self._words = [
            *collection.texts.weighed(weights),
            *collection.questions.weighed(weights, _QUESTION_WEIGHT),
        ]
        self._scores = dict(collection.best(self._words, scope, _POOL))
        perfect = sum(weight * collection.texts.idf(term) for term, weight in weights.items())
        self._perfect = max(perfect * (1 + _QUESTION_WEIGHT) * (K1 + 1), 1e-9)
        self._message, self._typed = MessageWords(collection, query), bare(query.text)
        self._taught = frozenset(at for at in collection.taught(query.text) if at in scope)
        self._known: dict[int, Candidate] = {}
        self.places = list(dict.fromkeys((*self._scores, *sorted(self._taught))))

    def candidates(self, places: Sequence[int]) -> list[Candidate]:
        """The passages at some places, with what speaks for each by words."""
        besides = [at for at in places if at not in self._scores]
        scores = self.collection.scores(self._words, besides).tolist()
        self._scores |= zip(besides, scores, strict=True)
        self.collection.passages.those(places)  # together
        held: dict[str, set[int]] = {}
        for at in places:
            if at not in self._known:
                company = self.collection.passages[at].record.company_code
                own = self._message.held(self.collection.profile(at).both)
                held.setdefault(company, set()).update(own)
        self._message.look_up(held)
        for at in places:
            if at not in self._known:
                self._known[at] = self._candidate(at)
        return [self._known[at] for at in places]

    def _candidate(self, at: int) -> Candidate:
        collection, query, typed = self.collection, self.query, self._typed
        passage, profile = collection.passages[at], collection.profile(at)
        bm25 = self._scores[at] / self._perfect
        features = read_features(collection, self._message, at, bm25)
        own = collection.names.of_company[passage.record.company_code]
        against = tuple(conflicts(query.facets, profile.stored, own))
        is_copied = not against or len(typed) >= _COPIED
        if profile.question and profile.question == typed and is_copied:
            return Candidate(at, passage, features, (), _EXACT, is_exact=True)
        # What is taught beats no guard.
        if at in self._taught and not (against or query.facets.aside):
            return Candidate(at, passage, features, (), _TAUGHT, is_exact=True, is_taught=True)
        return Candidate(at, passage, features, against, _score(features, bool(against)))


def candidates(found: ByWords, near: Near | None) -> list[Candidate]:
    """The passages worth comparing, with what speaks for each; not in order.

    Where one of them has no vector, by words alone.
    """
    places = found.places
    if near is not None:
        places = list(dict.fromkeys((*places, *near.top(_POOL // 2))))
    cosines = near.of(places) if near is not None and places else None
    if cosines is None:
        return found.candidates(found.places)
    return [
        _with_meaning(item, float(asked), float(answered))
        for item, asked, answered in zip(found.candidates(places), *cosines, strict=True)
    ]


def _with_meaning(item: Candidate, asked: float, answered: float) -> Candidate:
    features = replace(item.features, e5_asked=asked, e5_answered=answered)
    score = item.score if item.is_exact else _score(features, bool(item.conflicts))
    return replace(item, features=features, score=score)


def _score(features: Features, is_contradicted: bool) -> float:
    """The linear mix that ranks."""
    score = features.by_words
    if features.similarity is not None:
        score += _MEANING_WEIGHT * features.similarity
    return score - (_CONFLICT if is_contradicted else 0.0)


def top(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The places of the largest values, largest first, ties by place."""
    if len(values) > count:
        near = np.argpartition(-values, count - 1)[:count]
        floor = values[near].min()
        near = np.flatnonzero(values >= floor)
    else:
        near = np.arange(len(values))
    order: NDArray[np.int64] = near[np.argsort(-values[near], kind="stable")][:count]
    return order


# Judging


def _event(item: Candidate) -> tuple[str, date]:
    return item.passage.record.id, item.passage.day


def judged(ranked: Sequence[Candidate], is_aside: bool) -> list[Candidate]:
    """The candidates with their confidences; that of each record's first grows with its margin.

    Other records and days are no rivals: whether the newest or each company's is meant is not a
    matter of how well the message is understood.
    """
    of_event: dict[tuple[str, date], list[Candidate]] = {}
    for item in ranked:
        of_event.setdefault(_event(item), []).append(item)
    standing = standings(ranked, _STANDING)
    found = []
    for at, item in enumerate(ranked):
        own = of_event[_event(item)]
        is_first = item is own[0]
        if item.is_exact:
            found.append(replace(item, confidence=1.0))
            continue
        why = caps(item.features, item.conflicts, is_first and _is_ambiguous(own), is_aside)
        seen = measures(
            item.features,
            item.conflicts,
            standing[at] if at < len(standing) else Standing(),
            margin(own) if is_first else 0.0,
        )
        found.append(replace(item, measures=seen, confidence=confidence(seen, why), caps=why))
    return found


def holds_all(item: Candidate) -> bool:
    """Whether all that was typed stands in a candidate's question or answer."""
    return item.features.both >= _ALL and not item.conflicts


def _is_ambiguous(own: Sequence[Candidate]) -> bool:
    """Whether all that was typed stands in another question of the record about as well.

    `医院`, where five of its questions are about hospitals.
    """
    first, *others = own
    return any(
        not is_same_answer(first.passage, other.passage)
        for other in others
        if holds_all(other)
        and (other.features.question >= _ALL or other.score >= _NEARLY * first.score)
    )
