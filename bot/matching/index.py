"""An immutable index over stored questions: message → Hits, best first, with a confidence.

1. Each question, and each part of a compound one, is a passage of its own (passages.py).
2. Words find candidates: BM25 over the question, and over question and answer as one text;
   people ask for words that only the answer holds. Synonyms (lexicon) count as terms.
3. Meaning finds more, where the store has vectors: the message against the question and each
   sentence of the answer (dense_index.py).
4. The candidates are ranked by a linear mix of both (ranking.py) and the first ones get a
   confidence (confidence.py), which never reorders. What contradicts the message (facets.py)
   keeps its place and loses its confidence.
5. Paragraphs of narratives are found in the same way among themselves (narrative.py): they change
   neither the rarity of a word nor the place of a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import cached_property, lru_cache

from rapidfuzz import fuzz

from bot.matching.collection import Collection, Paragraphs, Passages
from bot.matching.dense_index import DenseIndex, VectorsOf
from bot.matching.embedding import Embedder, Vectors, asked_last
from bot.matching.lexicon import Lexicon, read_lexicon
from bot.matching.likeness import same_matters
from bot.matching.merging import build_segment
from bot.matching.names import Names
from bot.matching.narrative import rank_paragraphs
from bot.matching.parts import Live, Part, Wanted, dead_places, parts_of
from bot.matching.passages import Passage, Place
from bot.matching.profile import bare
from bot.matching.query import Query, read_query
from bot.matching.ranking import ByWords, Candidate, rank
from bot.matching.segment import Segment, spelled_there
from bot.matching.sharing import ModelError
from bot.matching.shelf import RecordShelf, Shelf
from bot.matching.spelled import Spelled
from bot.matching.spelling import Spelling
from bot.matching.standing import SAME_ANSWER
from bot.matching.taught import NONE, Rejection, Rejections, Wording
from bot.matching.terms import stored_terms
from bot.matching.text import normalise
from bot.matching.version import version
from bot.message import Hit
from bot.record import Record

SURE = 0.97  # by words alone; above it meaning is not asked
_CODE = re.compile(  # of a listed company, by the exchanges' ranges
    r"(?<!\d)(?:00[0-3]|30[0-2]|60[0135]|68[89]|[48]3\d|87\d|92\d)\d{3}(?!\d|[万亿元%个台])"
)
_QUERIES = 256  # that were read last
_SAME_QUESTION_POOL = 100  # hits looked at for the very same question
_SAME_ANSWER_POOL = 40  # hits looked at for the same answer


class NoResult(Enum):
    """Why a search found nothing; the values stand in `--explain --json`."""

    NOTHING_SIMILAR = "nothing similar"
    OTHER_COMPANY = "names a company other than the chat's"
    UNKNOWN_COMPANY = "names a company that is not stored"
    SENSITIVE = "touches a matter of which no record speaks"
    REJECTED = "the desk said that no record answers it"


@dataclass(frozen=True)
class SearchResult:
    """What a search found, or why there is nothing."""

    query: Query
    candidates: tuple[Candidate, ...] = ()  # one for each question, best first
    paragraphs: tuple[Candidate, ...] = ()  # of narratives, best first
    no_result: NoResult | None = None
    about: tuple[str, ...] = ()  # names and codes of the unknown companies
    has_failed: bool = False  # the model, so that meaning was not compared

    @property
    def hits(self) -> list[Hit]:
        """The candidates for those who answer."""
        return [candidate.hit for candidate in self.candidates]

    @property
    def narrative(self) -> list[Hit]:
        """The paragraphs for those who offer."""
        return [candidate.hit for candidate in self.paragraphs]


class Index:
    """Stored questions, ready to be searched from any thread."""

    @classmethod
    def of(
        cls,
        records: Iterable[Record],
        *,
        lexicon: Lexicon | None = None,
        embedder: Embedder | None = None,
        vectors: Mapping[str, Vectors] | None = None,
        wordings: Iterable[Wording] = (),
        rejections: Iterable[Rejection] = (),
    ) -> Index:
        """An index in memory over records that are in hand; the shipped word lists by default."""
        shelf, lexicon = RecordShelf(records), lexicon or read_lexicon()
        return cls(
            [build_segment(shelf.entries, lexicon)],
            shelf,
            {key: frozenset() for key, _ in shelf.entries},
            lexicon=lexicon,
            embedder=embedder,
            vectors_of=_known(vectors) if vectors else None,
            wordings=wordings,
            rejections=rejections,
        )

    def __init__(
        self,
        segments: Sequence[Segment],
        shelf: Shelf,
        live: Live,
        *,
        lexicon: Lexicon,
        embedder: Embedder | None = None,
        vectors_of: VectorsOf | None = None,
        wordings: Iterable[Wording] = (),
        rejections: Iterable[Rejection] = (),
    ) -> None:
        """
        Args:
            segments: What is counted of the records.
            shelf: Keeps them.
            live: What of the segments may be found; what is not in it does not exist.
            lexicon: The word lists that the segments were made with.
            embedder: Turns messages into vectors; None: words alone.
            vectors_of: Gives those of the texts that passages.py names, as far as they were made.
            wordings: Other words for stored questions.
            rejections: What stored questions do not answer.
        """
        self.shelf = shelf
        self.lexicon = lexicon
        self.names = Names(shelf.names)
        seen: set[int] = set()
        dead = [(segment, *dead_places(segment, live, seen)) for segment in segments]
        questions = parts_of((item, item.questions, own) for item, own, _ in dead)
        told = parts_of((item, item.paragraphs, own) for item, _, own in dead)
        self.narrative = Collection(told, Paragraphs(told, shelf), self.names, lexicon)
        self.collection = Collection(questions, Passages(questions, shelf), self.names, lexicon)
        # Speeches change no message that questions can spell, and what is taught changes none.
        is_asked = bool(self.collection.texts.size)
        stored, kind = (questions, "questions") if is_asked else (told, "paragraphs")
        self._spelling = Spelling(
            [part.documents.spelled for part in stored],
            lexicon,
            self.names,
            lambda: _spelled_by_gone(stored, shelf, kind),
        )
        read: dict[Place, list[str]] = {}
        for item in wordings:
            read.setdefault(item.place, []).append(self._spelling(normalise(item.text)))
        if read:
            self.collection = self.collection.with_taught(read, shelf)
        self._rejections = Rejections(
            (replace(item, text=self._spelling(normalise(item.text))) for item in rejections),
            self.lexicon,
        )
        self._query = lru_cache(maxsize=_QUERIES)(
            self._read
        )  # whoever divides a message reads it, too
        self._embedder = embedder
        self._dense = self._dense_narrative = None
        if embedder and vectors_of:
            self._dense = DenseIndex(self.collection, vectors_of)
            self._dense_narrative = DenseIndex(self.narrative, vectors_of)

    @cached_property
    def model(self) -> str | None:
        """The model by which messages are compared; None: by words alone."""
        dense = filter(None, (self._dense, self._dense_narrative))
        has_meaning = any(item.is_ready for item in dense)
        return self._embedder.name if self._embedder and has_meaning else None

    @cached_property
    def version(self) -> str:
        """Which matcher this is: program, word lists and model."""
        return version(self.lexicon, self.model)

    @cached_property
    def version_by_words(self) -> str:
        """Which it is where the model failed."""
        return version(self.lexicon, None)

    def search(
        self,
        text: str,
        *,
        company: str | None = None,
        as_of: date | None = None,
        today: date | None = None,
        limit: int = 10,
    ) -> SearchResult:
        """Rank the stored questions for a message.

        Args:
            text: What was typed.
            company: Six digits: only this company's records. A company that the message names
                narrows the search too.
            as_of: Only records with an event date up to here.
            today: From which 今年 is counted; the newest event by default.
            limit: The most questions to return.
        """
        query = self.query(text, today)
        named = self.names.companies(query.text)
        if company is not None:
            if named and company not in named:
                return SearchResult(query, no_result=NoResult.OTHER_COMPANY)
            named = {company}
        wanted = Wanted(frozenset(named), as_of, self.shelf.records_named(query.text))
        rejected = self._rejections(query)
        found, told, failed = self._ranked(query, wanted, rejected)
        if NONE in rejected and not found:
            return SearchResult(query, no_result=NoResult.REJECTED, has_failed=failed)
        if unknown := self.unknown_companies(query):
            found = found if _names_one(self.collection, found, unknown) else []
            told = _names_one(self.narrative, told, unknown)
            if not (found or told):
                why = NoResult.UNKNOWN_COMPANY
                return SearchResult(query, no_result=why, about=unknown, has_failed=failed)
        if sensitive := self.lexicon.sensitive.lines(query.text):
            found = _speaks_of(self.collection, found, sensitive)
            told = _speaks_of(self.narrative, told, sensitive)
            if not (found or told):
                return SearchResult(query, no_result=NoResult.SENSITIVE, has_failed=failed)
        none = None if found or told else NoResult.NOTHING_SIMILAR
        return SearchResult(
            query, tuple(found[:limit]), tuple(told[:limit]), none, has_failed=failed
        )

    def query(self, text: str, today: date | None = None) -> Query:
        """The message as it is weighed."""
        return self._query(normalise(text), today or self.shelf.newest)

    def _read(self, text: str, day: date) -> Query:
        return read_query(self._spelling(text), day, self.lexicon, self.names)

    def vectors(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """Those of texts by the model in use; none where meaning is not compared."""
        if self.model is None or self._embedder is None:
            return {}
        try:
            return dict(zip(texts, self._embedder(texts), strict=True))
        except ModelError:
            return {}

    def says_something(self, text: str, today: date | None = None) -> bool:
        """Whether a text holds a word of the matter, not only of asking or of every company."""
        query = self.query(text, today)
        return bool(query.lines) or any(
            term.weight >= 1 for term in query.terms if not term.is_single
        )

    def names_its_own(self, text: str) -> bool:
        """Whether a text holds a word that not every company's every question may hold: one of the
        matter, or a metric."""
        query = self.query(text)
        return bool(query.facets.metrics) or any(
            term.weight >= 1 for term in query.terms if not term.is_single
        )

    def names_a_matter(self, text: str) -> bool:
        """Whether a text holds any word but those of asking, of reporting and of when, and
        companies' names: without one there is nothing to look up."""
        typed = normalise(text)
        return not self.lexicon.is_idle(typed, self.names.within(typed))

    def ranking(self, text: str, today: date, with_meaning: bool) -> list[Candidate]:
        """Every candidate for a message, one for each question, best first."""
        query, wanted = self.query(text, today), Wanted()
        found = ByWords(self.collection, query, self.collection.scope(wanted))
        near = None
        if with_meaning and self._dense is not None:
            vector = self._vector(query.text)
            near = self._dense.near(vector, wanted, self.collection.scope(wanted))
        return rank(found, near)

    def paragraphs(
        self, query: Query, wanted: Wanted, vector: Vectors | None = None
    ) -> list[Candidate]:
        """The paragraphs that a message may mean, likeliest first; vector: the message's."""
        if not self.narrative.passages:
            return []
        scope, near = self.narrative.scope(wanted), None
        if vector is not None and self._dense_narrative is not None:
            near = self._dense_narrative.near(vector, wanted, scope)
        return rank_paragraphs(self.narrative, query, scope, near)

    def asked_as(self, text: str) -> list[Passage]:
        """The stored questions that are a text, but for marks, 公司 and greetings, newest first."""
        typed = normalise(text)
        terms = dict.fromkeys(stored_terms(typed, self.lexicon), 1.0)
        words = self.collection.questions.weighed(terms)
        near = self.collection.best(words, self.collection.scope(Wanted()), _SAME_QUESTION_POOL)
        found = self.collection.passages.those([at for at, _ in near])
        return [item for item in found if bare(normalise(item.asked)) == bare(typed)]

    def same_answer(self, hit: Hit) -> list[Hit]:
        """Other stored questions of the company with a near-identical answer, newest first."""
        answer = normalise(Passage(hit.record, hit.question, hit.part).answered)
        terms = dict.fromkeys(stored_terms(answer, self.lexicon), 1.0)
        scope = self.collection.scope(Wanted(frozenset({hit.record.company_code})))
        near = self.collection.best(self.collection.texts.weighed(terms), scope, _SAME_ANSWER_POOL)
        found: dict[str, Hit] = {}
        for passage in self.collection.passages.those([at for at, _ in near]):
            other = Hit(passage.record.of(passage.question), passage.question, 1.0, passage.part)
            if other.id == hit.id or other.id in found:
                continue
            if fuzz.ratio(answer, normalise(passage.answered)) >= SAME_ANSWER:
                found[other.id] = other
        return sorted(found.values(), key=lambda other: other.record.event_date, reverse=True)

    def same_matters(self, company: str) -> dict[str, list[Hit]]:
        """By id of a company's questions, the others about the same matter, the likest first;
        nothing where it was asked at one event only."""
        places = self.collection.of_company(company)
        own = {
            at: passage
            for at, passage in zip(places, self.collection.passages.those(places), strict=True)
            if passage.part is None
        }
        if len({passage.day for passage in own.values()}) < 2:
            return {}
        cosines = self._dense.comparing(company) if self._dense else None
        alike = same_matters(self.collection, [*own], cosines)
        hits = {at: Hit(own[at].record.of(own[at].question), own[at].question, 1.0) for at in alike}
        return {hits[at].id: [hits[other] for other in others] for at, others in alike.items()}

    def _ranked(
        self, query: Query, wanted: Wanted, rejected: Set[tuple[str, str]]
    ) -> tuple[list[Candidate], list[Candidate], bool]:
        """Questions and paragraphs: by words, and where these are not sure by meaning too; and
        whether the model failed.

        A question that words are sure of leaves nothing to look for.
        """
        scope = self.collection.scope(wanted)
        by_words = ByWords(self.collection, query, scope)
        found = _unless(rejected, rank(by_words, near=None))
        if found and found[0].confidence >= SURE:
            return found, [], False
        vector, failed = None, False
        if self.model is not None:
            try:
                vector = self._vector(query.text)
            except ModelError:
                failed = True
        if vector is not None and self._dense is not None:
            near = self._dense.near(vector, wanted, scope)
            found = _unless(rejected, rank(by_words, near))
        return found, _unless(rejected, self.paragraphs(query, wanted, vector)), failed

    def _vector(self, text: str) -> Vectors:
        assert self._embedder is not None  # there are vectors to compare with
        vector: Vectors = self._embedder([asked_last(text)])[0]
        return vector

    def unknown_companies(self, query: Query) -> tuple[str, ...]:
        """Companies that the message names and no record is of."""
        codes = [code for code in _CODE.findall(query.text) if code not in self.names]
        unknown = [name for name in query.facets.companies if name not in self.names]
        return (*sorted(unknown), *codes)


def _known(vectors: Mapping[str, Vectors]) -> VectorsOf:
    return lambda texts: {text: vectors[text] for text in texts if text in vectors}


def _spelled_by_gone(parts: Sequence[Part], shelf: Shelf, kind: str) -> Spelled | None:
    """What the texts that may not be found spell; None: there are none."""
    if not any(len(part.dead) for part in parts):
        return None
    return spelled_there((place for part in parts for place in part.gone()), shelf.words, kind)


def _unless(rejected: Set[tuple[str, str]], found: list[Candidate]) -> list[Candidate]:
    """The candidates without those that do not answer the message, as somebody said of it.

    What is left was compared with those, too, and is no surer for their going. Whoever types a
    question's own words means it.
    """
    if not rejected:
        return found
    return [
        item
        for item in found
        if (item.is_exact and not item.is_taught)
        or not (
            NONE in rejected or (item.passage.record.id, item.passage.question.place) in rejected
        )
    ]


def _names_one(
    collection: Collection, found: Sequence[Candidate], names: Sequence[str]
) -> list[Candidate]:
    """The candidates that name one of the companies."""
    return [
        item
        for item in found
        if any(name in collection.profile(item.at).stored.text for name in names)
    ]


def _speaks_of(
    collection: Collection, found: Sequence[Candidate], sensitive: set[int]
) -> list[Candidate]:
    """The candidates that speak of all sensitive matters."""
    return [item for item in found if sensitive <= collection.profile(item.at).sensitive]
