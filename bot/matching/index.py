"""An immutable index over stored questions: message → Hits, best first, with a confidence.

1. Each question, and each part of a compound one, is a passage of its own.
2. Words find candidates: BM25 over the question, and over question and answer as one text;
   people ask for words that only the answer holds. Synonyms (lexicon) count as terms.
3. Meaning finds more, where the store has vectors: the message against the question and each
   sentence of the answer.
4. The candidates are ranked by a linear mix of both and the first ones get a
   confidence (confidence.py), which never reorders. What contradicts the message (facets.py)
   keeps its place and loses its confidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from math import fsum

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from bot.matching.bm25 import BM25, K1
from bot.matching.confidence import CONTESTED, confidence, measures, similarity
from bot.matching.dense_index import DenseIndex
from bot.matching.embedding import Embedder, Vectors
from bot.matching.facets import Stored, conflicts, read_facets
from bot.matching.lexicon import Lexicon, read_lexicon
from bot.matching.passages import Passage, company_names, passages
from bot.matching.query import Query, Term, read_query, stored_terms
from bot.matching.spelling import Spelling
from bot.matching.text import normalise, sentences
from bot.matching.version import version
from bot.message import Hit
from bot.record import Record

_QUESTION_WEIGHT = 0.5  # of BM25 over the question alone, beside that over question and answer
_SENTENCE_WEIGHT = 0.1  # of the best sentence's share of the message
_MEANING_WEIGHT = 0.5
_CONFLICT = 0.03
_AS_STORED = 9.0  # above any other: the stored question itself was typed
_COPIED = 20  # letters; nobody composes so many alike, so 今年 is the record's
# Score of the usual rival, by words and with meaning; chosen on *fit*.
_USUAL_RIVAL, _USUAL_RIVAL_MEANT = 0.15, 0.5
_ALL, _NEARLY = 0.99, 0.7  # of the words by weight; of the first one's score
OTHER_COMPANY = "names a company"  # how the cause begins of a look that found another's words
SURE = 0.97  # by words alone; above it meaning is not asked
_CODE = re.compile(  # of a listed company, by the exchanges' ranges
    r"(?<!\d)(?:00[0-3]|30[0-2]|60[0135]|68[89]|[48]3\d|87\d|92\d)\d{3}(?!\d|[万亿元%个台])"
)
_THE_COMPANY = re.compile(r"(?:贵|我|本)?公司的?")
_POOL = 24  # candidates by words; half as many more by meaning
_SAME_ANSWER = 90.0  # rapidfuzz ratio of two normalised answers, 0-100
_SAME_ANSWER_POOL = 40  # hits looked at for the same answer


@dataclass(frozen=True)
class PassageProfile:
    """What is known of a passage once it is a candidate."""

    question: str  # letters and digits alone, without 公司
    asked: frozenset[str]
    both: frozenset[str]
    sentences: tuple[tuple[frozenset[str], frozenset[str]], ...]  # terms; what it gives
    stored: Stored
    sensitive: frozenset[int]  # lines of sensitive words that it holds


@dataclass(frozen=True)
class Candidate:
    """A stored question put forward for a message, and what speaks for and against it."""

    at: int  # place of the passage
    passage: Passage
    features: dict[str, float]
    conflicts: tuple[str, ...]
    score: float
    confidence: float = 0.0
    is_contested: bool = False  # another answer of the record holds all that was typed too

    @property
    def hit(self) -> Hit:
        passage = self.passage
        return Hit(
            passage.record, passage.question, self.confidence, passage.part, self.is_contested
        )


@dataclass(frozen=True)
class Look:
    """What a search found, and why there may be nothing."""

    asked: Query
    candidates: tuple[Candidate, ...]  # one for each question, best first
    cause: str = "nothing similar"  # English, for logs and --explain

    @property
    def hits(self) -> list[Hit]:
        return [candidate.hit for candidate in self.candidates]


class Index:
    """Stored questions, ready to be searched from any thread."""

    def __init__(
        self,
        records: Sequence[Record],
        *,
        lexicon: Lexicon | None = None,
        embedder: Embedder | None = None,
        vectors: Mapping[str, Vectors] | None = None,
    ) -> None:
        """
        Args:
            records: What may be answered from.
            lexicon: The word lists; the shipped ones by default.
            embedder: Turns messages into vectors; None: words alone.
            vectors: Of the texts that `pieces` names, as far as they were made.
        """
        self.records = tuple(records)
        self.lexicon = lexicon or read_lexicon()
        self._passages = list(passages(records))
        asked = [stored_terms(normalise(passage.asked), self.lexicon) for passage in self._passages]
        both = [
            own + stored_terms(normalise(passage.answered), self.lexicon)
            for own, passage in zip(asked, self._passages, strict=True)
        ]
        self._asked = BM25(asked)
        self._both = BM25(both)
        self._names = company_names(records)
        texts = (
            normalise(text)
            for passage in self._passages
            for text in (passage.asked, passage.answered)
        )
        known = [name for own in self._names.values() for name in own]
        self._spelling = Spelling(texts, self.lexicon, known)
        of_company: dict[str, list[int]] = {}
        for at, passage in enumerate(self._passages):
            of_company.setdefault(passage.record.company_code, []).append(at)
        self._of_company = {code: np.array(own) for code, own in of_company.items()}
        self._company = np.array([passage.record.company_code for passage in self._passages])
        self._day = np.array(
            [passage.record.last_event.end for passage in self._passages], dtype="datetime64[D]"
        )
        self._dense = DenseIndex(self._passages, embedder, vectors or {})
        self.model = embedder.name if embedder and self._dense.ready else None
        self._profile = lru_cache(maxsize=4096)(self._read_profile)

    def search(
        self,
        text: str,
        *,
        company: str | None = None,
        as_of: date | None = None,
        today: date | None = None,
        limit: int = 10,
    ) -> list[Hit]:
        """The stored questions for a message, best first; see `look`."""
        return self.look(text, company=company, as_of=as_of, today=today, limit=limit).hits

    def look(
        self,
        text: str,
        *,
        company: str | None = None,
        as_of: date | None = None,
        today: date | None = None,
        limit: int = 10,
    ) -> Look:
        """Rank the stored questions for a message.

        Args:
            text: What was typed.
            company: Six digits: only this company's records. A company that the message names
                narrows the search too.
            as_of: Only records with an event date up to here.
            today: From which 今年 is counted; the newest event by default.
            limit: The most questions to return.
        """
        asked = self.ask(text, today)
        named = self.named(asked.text)
        if company is not None:
            if named and company not in named:
                return Look(asked, (), f"{OTHER_COMPANY} other than the chat's")
            named = {company}
        scope = self._in_scope(named, as_of)
        found = self._ranked(asked, scope, with_meaning=False)
        if self._dense.ready and not (found and found[0].confidence >= SURE):
            found = self._ranked(asked, scope, with_meaning=True)
        unknown = self._unknown_companies(asked)
        if unknown and not any(self._holds(item, unknown) for item in found):
            return Look(asked, (), f"{OTHER_COMPANY} that is not stored: {'、'.join(unknown)}")
        sensitive = self.lexicon.sensitive.lines(asked.text)
        if sensitive:
            found = [item for item in found if sensitive <= self._profile(item.at).sensitive]
            if not found:
                return Look(asked, (), "touches a matter of which no record speaks")
        return Look(asked, tuple(found[:limit]))

    def ask(self, text: str, today: date | None = None) -> Query:
        """The message as it is weighed."""
        if today is None:
            today = max((item.last_event.end for item in self.records), default=date.min)
        known = [name for own in self._names.values() for name in own]
        return read_query(self._spelling(normalise(text)), today, self.lexicon, known)

    def says_something(self, text: str) -> bool:
        """Whether a text holds a word of the matter, not only of asking or of every company."""
        asked = self.ask(text)
        return bool(asked.lines) or any(
            term.weight >= 1 for term in asked.terms if not term.is_single
        )

    def named(self, text: str) -> set[str]:
        """Codes of the stored companies that a normalised message names."""
        return {code for code, own in self._names.items() if any(name in text for name in own)}

    def _unknown_companies(self, asked: Query) -> list[str]:
        """Companies that the message names and no record is of."""
        stored = {name for own in self._names.values() for name in own}
        codes = [code for code in _CODE.findall(asked.text) if code not in self._names]
        return [*sorted(asked.facets.companies - stored), *codes]

    def _holds(self, item: Candidate, names: Sequence[str]) -> bool:
        return any(name in self._profile(item.at).stored.text for name in names)

    # For --explain

    @property
    def version(self) -> str:
        """Which matcher this is: program, word lists and model."""
        return version(self.lexicon, self.model)

    def names_in(self, text: str) -> list[str]:
        """The stored companies' names and codes that stand in a normalised text."""
        return [name for own in self._names.values() for name in own if name in text]

    def profile(self, item: Candidate) -> PassageProfile:
        """What a candidate was compared by."""
        return self._profile(item.at)

    def weight(self, term: Term) -> float:
        """What a term counts: its weight in the message by its rarity in the store."""
        return 0.0 if term.is_single else term.weight * self._both.idf(term.text)

    def knows(self, term: Term) -> bool:
        """Whether a stored question holds the term, or a word that stands for it."""
        return any(word in self._both for word in term.words)

    def same_answer(self, hit: Hit) -> list[Hit]:
        """Other stored questions of the company with a near-identical answer, newest first."""
        answer = normalise(Passage(hit.record, hit.question, hit.part).answered)
        terms = dict.fromkeys(stored_terms(answer, self.lexicon), 1.0)
        scores = self._both.scores(terms)
        scores[~self._in_scope({hit.record.company_code}, None)] = 0
        found: dict[str, Hit] = {}
        for at in _top(scores, _SAME_ANSWER_POOL):
            passage = self._passages[at]
            other = Hit(passage.record, passage.question, 1.0, passage.part)
            if other.id == hit.id or other.id in found or scores[at] <= 0:
                continue
            if fuzz.ratio(answer, normalise(passage.answered)) >= _SAME_ANSWER:
                found[other.id] = other
        return sorted(found.values(), key=lambda other: other.record.event_date, reverse=True)

    def _ranked(
        self, asked: Query, scope: NDArray[np.bool_], with_meaning: bool
    ) -> list[Candidate]:
        """Candidates by score, the best passage of each question only, with their confidences."""
        ranked = sorted(
            self.candidates(asked, scope, with_meaning), key=lambda item: (-item.score, item.at)
        )
        found: dict[tuple[str, int], Candidate] = {}
        for item in ranked:
            found.setdefault((item.passage.record.id, item.passage.question.number), item)
        return self._judged(list(found.values()))

    def ranking(self, text: str, today: date, with_meaning: bool) -> list[Candidate]:
        """Every candidate for a message, one for each question, best first."""
        return self._ranked(self.ask(text, today), self._in_scope(set(), None), with_meaning)

    def _judged(self, ranked: Sequence[Candidate]) -> list[Candidate]:
        """The candidates with their confidences; that of each record's first grows with its margin.

        Other records are no rivals: whether the newest or each company's is meant is not a matter
        of how well the message is understood.
        """
        of_record: dict[str, list[Candidate]] = {}
        for item in ranked:
            of_record.setdefault(item.passage.record.id, []).append(item)
        found = []
        for item in ranked:
            if item.score == _AS_STORED:
                found.append(replace(item, confidence=1.0))
                continue
            own = of_record[item.passage.record.id]
            is_first = item is own[0]
            margin = self.margin(own) if is_first else 0.0
            probability = confidence(
                measures(item.features, item.conflicts, margin), item.conflicts
            )
            is_contested = is_first and self._is_one_of_many(own)
            if is_contested:
                probability = min(probability, CONTESTED)
            found.append(replace(item, confidence=probability, is_contested=is_contested))
        return found

    def margin(self, ranked: Sequence[Candidate]) -> float:
        """How much better the first scores than its record's next with another answer.

        A record of three questions has no rival that says much: there it is as good as the usual
        one of a larger record.
        """
        first = ranked[0]
        usual = _USUAL_RIVAL_MEANT if "e5 asked" in first.features else _USUAL_RIVAL
        rival = next(
            (
                other.score
                for other in ranked[1:]
                if other.passage.record is first.passage.record and not self.is_same(first, other)
            ),
            0.0,
        )
        return first.score - max(rival, usual)

    def _is_one_of_many(self, own: Sequence[Candidate]) -> bool:
        """Whether all that was typed stands in another question of the record about as well.

        `医院`, where five of its questions are about hospitals.
        """
        first, *others = own
        return any(
            not self.is_same(first, other)
            for other in others
            if not other.conflicts
            and (
                other.features["question"] >= _ALL
                or (other.features["both"] >= _ALL and other.score >= _NEARLY * first.score)
            )
        )

    def candidates(
        self, asked: Query, scope: NDArray[np.bool_], with_meaning: bool
    ) -> list[Candidate]:
        """The passages worth a look, with what speaks for each; not in order."""
        weights = asked.weights()
        words = self._both.scores(weights) + _QUESTION_WEIGHT * self._asked.scores(weights)
        words[~scope] = 0
        pool = [int(at) for at in _top(words, _POOL) if words[at] > 0]
        near = self._dense(asked.text) if with_meaning else None
        if near is not None:
            by_meaning = np.where(scope, np.maximum(near.asked, near.answered), 0)
            pool += [int(at) for at in _top(by_meaning, _POOL // 2) if by_meaning[at] > 0]
        perfect = sum(weight * self._both.idf(term) for term, weight in weights.items())
        perfect *= (1 + _QUESTION_WEIGHT) * (K1 + 1)
        typed = _bare(asked.text)
        found = []
        for at in dict.fromkeys(pool):
            features = self._features(asked, at)
            features["bm25"] = float(words[at]) / max(perfect, 1e-9)
            if near is not None:
                features["e5 asked"] = float(near.asked[at])
                features["e5 answered"] = float(near.answered[at])
            own = self._names[self._passages[at].record.company_code]
            against = tuple(conflicts(asked.facets, self._profile(at).stored, own))
            score = _score(features, against)
            if self._profile(at).question == typed and (not against or len(typed) >= _COPIED):
                score, against = _AS_STORED, ()
            found.append(Candidate(at, self._passages[at], features, against, score))
        return found

    def _features(self, asked: Query, at: int) -> dict[str, float]:
        profile = self._profile(at)
        company = self._passages[at].record.company_code
        total = question = both = unknown = 0.0
        best = [0.0] * len(profile.sentences)
        done: set[str] = set()
        for term in asked.terms:
            if term.is_single or term.text in done:
                continue
            done.add(term.text)
            weight = term.weight * self._both.idf(term.text)
            total += weight
            words = {term.text, *(f"={line}" for line in term.lines)}
            if not words.isdisjoint(profile.both):
                both += weight
                question += 0.0 if words.isdisjoint(profile.asked) else weight
                for place, (held, _) in enumerate(profile.sentences):
                    if not words.isdisjoint(held):
                        best[place] += weight
            elif not self._is_known(words, company):
                unknown += weight
        total = max(total, 1e-9)
        # Exact sums: a set has another order in every process.
        reverse = fsum(self._both.idf(term) for term in profile.asked if term in done) / max(
            fsum(self._both.idf(t) for t in profile.asked if len(t) > 1 and t[0] != "="), 1e-9
        )
        return {
            "question": question / total,
            "both": both / total,
            "sentence": max(best, default=0.0) / total,
            "unknown": unknown / total,
            "reverse": reverse,
            "size": float(total),
            "asks": float(not asked.facets.asks.isdisjoint(("amount", "money"))),
            **{
                f"no {what}": float(
                    not any(
                        what in gives
                        for place, (_, gives) in enumerate(profile.sentences)
                        if best[place] > 0.5 * max(best)
                    )
                )
                for what in asked.facets.asks
            },
            "run": _longest_run(asked, profile.stored.text),
        }

    def _is_known(self, words: Iterable[str], company: str) -> bool:
        """Whether a record of the company holds one of the words; what others say counts not."""
        known = (self._both.documents(word) for word in words if word in self._both)
        if len(self._names) == 1:
            return any(True for _ in known)
        own = self._of_company[company]
        return any(np.isin(own, places, assume_unique=True).any() for places in known)

    def _read_profile(self, at: int) -> PassageProfile:
        passage = self._passages[at]
        asked, answered = normalise(passage.asked), normalise(passage.answered)
        text = f"{asked}\n{answered}"
        day = passage.record.last_event.end
        pieces = sentences(answered)
        terms = [stored_terms(piece, self.lexicon) for piece in pieces]
        return PassageProfile(
            _bare(asked),
            frozenset(stored_terms(asked, self.lexicon)),
            frozenset(stored_terms(text, self.lexicon)),
            tuple(
                (frozenset(own), read_facets(piece, day, self.lexicon).gives)
                for own, piece in zip(terms, pieces, strict=True)
            ),
            Stored(
                read_facets(asked, day, self.lexicon),
                read_facets(text, day, self.lexicon),
                text.replace(" ", "").replace(",", ""),
                day,
            ),
            frozenset(self.lexicon.sensitive.lines(text)),
        )

    def _in_scope(self, companies: set[str], as_of: date | None) -> NDArray[np.bool_]:
        scope = np.ones(len(self._passages), dtype=np.bool_)
        if companies:
            scope &= np.isin(self._company, list(companies))
        if as_of is not None:
            scope &= self._day <= np.datetime64(as_of)
        return scope

    def is_same(self, one: Candidate, other: Candidate) -> bool:
        """Whether two stored questions have near-identical answers."""
        return fuzz.ratio(one.passage.answered, other.passage.answered) >= _SAME_ANSWER


def _score(features: Mapping[str, float], against: Sequence[str]) -> float:
    """The linear mix that ranks."""
    score = features["bm25"] + _SENTENCE_WEIGHT * features["sentence"]
    if "e5 asked" in features:
        near = max(features["e5 asked"], features["e5 answered"])
        score += _MEANING_WEIGHT * similarity(near)
    return score - (_CONFLICT if against else 0.0)


def _bare(text: str) -> str:
    """What is left of equal questions when one says 贵公司."""
    return "".join(filter(str.isalnum, _THE_COMPANY.sub("", text)))


def _longest_run(asked: Query, text: str) -> float:
    """The weight of the longest stretch of pairs that stands in the text as typed."""
    best = run = 0.0
    end = -1
    for term in asked.terms:
        if term.is_single:
            continue
        if term.text in text:
            run = run + term.weight if term.start <= end else term.weight
            if run > best and asked.text[max(term.start, 0) : term.start + 1]:
                best = run
            end = term.start + len(term.text) - 1
        else:
            end = -1
            run = 0.0
    return best


def _top(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The places of the largest values, largest first, ties by place."""
    if len(values) > count:
        near = np.argpartition(-values, count - 1)[:count]
        floor = values[near].min()
        near = np.flatnonzero(values >= floor)
    else:
        near = np.arange(len(values))
    order: NDArray[np.int64] = near[np.argsort(-values[near], kind="stable")][:count]
    return order
