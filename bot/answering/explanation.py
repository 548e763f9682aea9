"""Why a reply is what it is, for the desk: `irbot ask --explain`.

What was done for a message (trail.py) → Explanation: what was weighed, found and decided, in plain
values (explanation_text.py puts them into words). Nothing here decides or searches anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from bot.answering.decision import limits
from bot.answering.second_opinion import Heard
from bot.answering.trail import Considered, Search
from bot.config import Caution
from bot.ingest.meaning import MeaningState
from bot.matching.collection import Collection
from bot.matching.facets import Facets
from bot.matching.index import SURE, Index, SearchResult
from bot.matching.lexicon import Lexicon
from bot.matching.query import Query
from bot.matching.ranking import Candidate
from bot.matching.text import greetings, normalise
from bot.message import Band, band

_SHOWN = 5  # candidates
_PARAGRAPHS = 2
_START = 40  # characters of a stored question
_TOKEN = re.compile(r"[a-z0-9]+|.", re.DOTALL)
_HALVES = {5: "half 1", 6: "half 2"}
PINS_OF = {"quarter": ("quarter", "half 1", "half 2"), "direction": ("up", "down")}  # of a guard

Kind = Literal["matter", "common", "asking", "company"]
_KINDS: tuple[Kind, ...] = ("matter", "common", "asking", "company")  # weightiest first


@dataclass(frozen=True)
class Word:
    """A stretch of the message as it was searched for."""

    text: str
    kind: Kind
    share: float  # of all that counts, 0-1
    stored: bool  # whether any stored question holds it, or words for the same


@dataclass(frozen=True)
class Note:
    """A year that a text pins down, a reason: by its name in words, and what belongs in it."""

    name: str
    said: str = ""


@dataclass(frozen=True)
class Conflict:
    """A guard that keeps a candidate from being the answer."""

    guard: str
    asked: tuple[Note, ...]
    stored: tuple[Note, ...]


@dataclass(frozen=True)
class Found:
    """A candidate, best first."""

    id: str
    company: str
    event_date: str
    question: str  # how the stored question begins, or a paragraph's fitting sentence; verbatim
    confidence: float
    score: float  # by which it has its place
    words_score: float  # of it by words, from 0 to 1
    matched: tuple[str, ...]
    through: tuple[tuple[str, str], ...]  # typed, stored: words for the same
    missing: tuple[str, ...]
    taught: tuple[str, ...]  # the desk's wordings of it that the message is
    taught_near: tuple[str, ...]  # those that share words with the message which it has not
    share: float  # of the message's words by weight that the question or its answer holds
    share_asked: float  # that the question alone holds
    likeness: float | None  # of meaning, 0-1; None: not compared
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True)
class Read:
    """What the second reader said of a search."""

    asked: int  # candidates that it was asked about; 0: the matcher was not undecided
    pick: str | None  # full id; None: none of them, or no opinion
    said: str  # "sure" or "unsure" of the pick, "none, sure", "none", "no opinion"
    confidence: float | None  # of the pick, before it was read
    counts: bool  # whether the reply was decided with it


@dataclass(frozen=True)
class ExplainedSearch:
    """One search: a message, or one question of it."""

    text: str
    searched: str  # normalised and repaired
    left_out: tuple[str, ...]  # greetings
    repaired: tuple[tuple[str, str], ...]
    words: tuple[Word, ...]
    synonyms: tuple[tuple[str, tuple[str, ...]], ...]
    pins: tuple[Note, ...]
    touchy: tuple[str, ...]
    counted_from: date  # 今年 and the like
    company: str | None  # six digits, set beside the message
    as_of: date | None
    meaning: str  # "used", or why not: "sure", "no model", "no vectors" …
    candidates: tuple[Found, ...]
    paragraphs: tuple[Found, ...]  # of narratives, best first
    band: Band  # of this search; a message of several questions has one for each
    reasons: tuple[Note, ...]  # none for an answer
    second_reader: Read | None  # None: the company has none


@dataclass(frozen=True)
class Explanation:
    """What stands behind one reply."""

    version: str
    caution: Caution
    answer_from: float  # confidence
    offer_from: float
    band: Band
    command: str | None  # its name, where the message was one and nothing was searched
    searches: tuple[ExplainedSearch, ...]
    meaning: MeaningState


def explain(
    considered: Considered, state: MeaningState, has_second_reader: bool = False
) -> Explanation:
    """What stands behind a reply.

    Args:
        considered: The reply, and what led to it.
        state: Of the store's vectors.
        has_second_reader: Whether one was asked where the matcher was undecided.
    """
    text, index = considered.text, considered.library.index
    needed = limits(considered.caution)
    return Explanation(
        considered.matcher,
        considered.caution,
        *needed,
        band(considered.reply),
        None if text else type(considered.command).__name__,
        tuple(
            _search(search, index, needed, state, has_second_reader)
            for search in (text.deciding if text else ())
        ),
        state,
    )


def _search(
    search: Search,
    index: Index,
    needed: tuple[float, float],
    state: MeaningState,
    has_second_reader: bool,
) -> ExplainedSearch:
    result, collection, lexicon = search.result, index.collection, index.lexicon
    query, facets = result.query, result.query.facets
    kinds = _kinds(collection, query)
    sensitive = (query.text[start:end] for start, end, _ in lexicon.sensitive.find(query.text))
    found = (_found(collection, query, kinds, item) for item in result.candidates[:_SHOWN])
    return ExplainedSearch(
        text=search.text,
        searched=query.text,
        left_out=tuple(greetings(search.text)),
        repaired=tuple(_repaired(normalise(search.text), query.text)),
        words=tuple(_words(collection, query, kinds)),
        synonyms=tuple(_synonyms(query.text, lexicon)),
        pins=tuple(_pins(facets, lexicon)),
        touchy=tuple(sensitive),
        counted_from=facets.day,
        company=search.company,
        as_of=search.as_of,
        meaning=_meaning(result, index.model, state),
        candidates=tuple(found),
        paragraphs=tuple(
            _found(index.narrative, query, kinds, item) for item in result.paragraphs[:_PARAGRAPHS]
        ),
        band=band(search.reply),
        reasons=tuple(_reasons(search, needed)),
        second_reader=read(search.heard) if has_second_reader else None,
    )


def read(heard: Heard | None) -> Read:
    """What the second reader said, if it was asked."""
    if heard is None:
        return Read(0, None, "no opinion", None, counts=False)
    opinion, picked = heard.opinion, heard.picked
    if opinion is None:
        said = "no opinion"
    elif picked:
        said = "sure" if opinion.is_sure else "unsure"
    else:
        said = "none, sure" if opinion.is_sure else "none"
    return Read(
        len(heard.shown),
        picked.hit.full_id if picked else None,
        said,
        round(picked.confidence, 4) if picked else None,
        heard.counts,
    )


# The message


def _repaired(typed: str, read: str) -> Iterator[tuple[str, str]]:
    one, other = _TOKEN.findall(typed), _TOKEN.findall(read)
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        was, now = "".join(one[a:b]).strip(), "".join(other[c:d]).strip()
        if tag != "equal" and was != now:
            yield was, now


def _words(collection: Collection, query: Query, kinds: Sequence[Kind | None]) -> Iterator[Word]:
    """The message in stretches of one kind, with what each counts."""
    weights = [0.0] * len(query.text)
    known = [False] * len(query.text)
    seen = set()
    for term in query.terms:
        inner = range(term.start, term.start + len(term.text))
        stored = collection.knows(term) and not term.is_single
        # A pair across a border belongs to the weightier side.
        best = min((_KINDS.index(kind) for at in inner if (kind := kinds[at])), default=0)
        own = [at for at in inner if kinds[at] == _KINDS[best]]
        for at in own:
            known[at] |= stored
            weights[at] += 0 if term.text in seen else collection.weight(term) / len(own)
        seen.add(term.text)
    total = sum(weights) or 1.0
    for kind, places in groupby(range(len(query.text)), key=kinds.__getitem__):
        if kind is not None:
            stretch = list(places)
            yield Word(
                query.text[stretch[0] : stretch[-1] + 1],
                kind,
                round(sum(weights[at] for at in stretch) / total, 4),
                any(known[at] for at in stretch),
            )


def _kinds(collection: Collection, query: Query) -> list[Kind | None]:
    """Of each character; None where nothing is searched for."""
    kinds: list[Kind | None] = [None] * len(query.text)
    for term in query.terms:
        for at in range(term.start, term.start + len(term.text)):
            kinds[at] = "matter"
    for name in collection.names.within(query.text):
        for match in re.finditer(re.escape(name), query.text):
            kinds[match.start() : match.end()] = ["company"] * len(name)
    listed: tuple[tuple[Kind, Iterable[tuple[int, int, int]]], ...] = (
        ("common", collection.lexicon.generic.find(query.text)),
        ("asking", collection.lexicon.stopwords.find(query.text)),
    )
    for kind, places in listed:
        for start, end, _ in places:
            for at in range(start, end):
                if kinds[at] not in (None, "company"):
                    kinds[at] = kind
    lexicon = collection.lexicon
    for phrases in (lexicon.synonyms, lexicon.metrics, lexicon.sensitive, lexicon.generic):
        for start, end, _ in phrases.find(query.text):
            # 下修 is one word, although 下 alone is one of asking.
            own = [_KINDS.index(kind) for kind in kinds[start:end] if kind]
            if own and "company" not in kinds[start:end]:
                kinds[start:end] = [_KINDS[min(own)]] * (end - start)
    return kinds


def _synonyms(text: str, lexicon: Lexicon) -> Iterator[tuple[str, tuple[str, ...]]]:
    for start, end, line in lexicon.synonyms.find(text):
        typed = text[start:end]
        yield typed, tuple(word for word in lexicon.same[line] if word != typed)


def _pins(facets: Facets, lexicon: Lexicon) -> Iterator[Note]:
    yield from (Note("year", str(year)) for year in sorted(facets.years))
    for quarter in sorted(facets.quarters):
        yield Note(_HALVES[quarter]) if quarter in _HALVES else Note("quarter", str(quarter))
    yield from (Note("figure", figure) for figure in sorted(facets.figures))
    yield from (Note("metric", lexicon.metric[line][0]) for line in sorted(facets.metrics))
    yield from (Note("company", name) for name in sorted(facets.companies))
    if facets.direction:
        yield Note("up" if facets.direction > 0 else "down")
    if facets.now:
        yield Note("now")
    yield from map(Note, sorted(facets.asks))


def _meaning(found: SearchResult, model: str | None, state: MeaningState) -> str:
    if any(item.features.similarity is not None for item in found.candidates):
        return "used"
    if model is None:
        return state.lacks or "no vectors"
    if found.has_failed:
        return "failed"
    if not found.candidates:
        return "nothing"
    return "sure" if found.candidates[0].confidence >= SURE else "no vectors"


# The candidates


def _found(
    collection: Collection, query: Query, kinds: Sequence[Kind | None], item: Candidate
) -> Found:
    record, features = item.passage.record, item.features
    profile = collection.profile(item.at)
    held = [False] * len(query.text)
    for term in query.terms:
        if not term.is_single and not term.words.isdisjoint(profile.both):
            held[term.start : term.start + len(term.text)] = [True] * len(term.text)
    taught, taught_near = collection.wordings_hit(item.at, query)
    return Found(
        id=item.hit.full_id,
        company=f"{record.company_name}（{record.company_code}）",
        event_date=record.of(item.passage.question).event_date,
        question=" ".join(_words_of(item).split())[:_START],
        confidence=round(item.confidence, 4),
        score=round(item.score, 4),
        words_score=round(features.bm25, 4),
        matched=tuple(_stretches(query.text, held, kinds, wanted=True)),
        through=tuple(_through(query.text, profile.stored.text, collection.lexicon)),
        missing=tuple(_stretches(query.text, held, kinds, wanted=False)),
        taught=taught,
        taught_near=taught_near,
        share=round(features.both, 4),
        share_asked=round(features.question, 4),
        likeness=None if features.similarity is None else round(features.similarity, 4),
        conflicts=tuple(_conflict(guard, query, item, collection) for guard in item.conflicts),
    )


def _words_of(item: Candidate) -> str:
    passage = item.passage
    if item.excerpt:
        return item.excerpt
    return passage.answered if passage.question.is_narrative else passage.asked


def _stretches(
    text: str, held: Sequence[bool], kinds: Sequence[Kind | None], wanted: bool
) -> list[str]:
    """Stretches that are held, or not; words of asking and the company's name left out."""
    chosen = [
        letter if kind in ("matter", "common") and is_held == wanted else "\0"
        for letter, kind, is_held in zip(text, kinds, held, strict=True)
    ]
    return [*dict.fromkeys(filter(None, "".join(chosen).split("\0")))]


def _through(text: str, stored: str, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """Typed words that stand there as another word of their line."""
    for typed, others in _synonyms(text, lexicon):
        if typed not in stored and (
            other := next((word for word in others if word.replace(" ", "") in stored), None)
        ):
            yield typed, other


def _conflict(guard: str, query: Query, item: Candidate, collection: Collection) -> Conflict:
    """What is asked and what stands there, as far as it can be named."""
    stored = collection.profile(item.at).stored
    facets = stored.question if guard == "direction" else stored.both
    names = PINS_OF.get(guard, (guard,))
    mine = [note for note in _pins(query.facets, collection.lexicon) if note.name in names]
    theirs = [note for note in _pins(facets, collection.lexicon) if note.name in names]
    match guard:
        case "year" if not theirs:
            theirs = [Note("year", str(year)) for year in (stored.day.year - 1, stored.day.year)]
        case "now":
            theirs = [Note("day", str(stored.day))]
        case "figure" | "company":
            mine, theirs = [note for note in mine if note.said not in stored.text], []
    return Conflict(guard, tuple(mine), tuple(theirs))


# What decided


def _reasons(search: Search, needed: tuple[float, float]) -> Iterator[Note]:
    """What kept the message from being answered; nothing for an answer."""
    found = search.result
    if not any(not term.is_single for term in found.query.terms):
        yield Note("no words")
    if not found.candidates:
        if found.no_result:
            yield Note(found.no_result.value, "、".join(found.about))
        return
    first = found.candidates[0]
    if first.conflicts:
        yield Note("guard", "、".join(first.conflicts))
    if first.confidence < needed[1]:
        yield Note("below offers", rounded_down(first.confidence))
    else:
        if first.confidence < needed[0]:
            yield Note("below answer", rounded_down(first.confidence))
        if "ambiguous" in first.caps:
            yield Note("one of many")
    if disputed := search.decision.disputed:
        yield Note("disputed", disputed.hit.full_id)
    if rivals := search.decision.contested:
        yield Note("contested", "、".join(item.hit.full_id for item in rivals))


def rounded_down(probability: float) -> str:
    """In two places: what misses a level must not look as if it reached it."""
    return f"{int(probability * 100) / 100:.2f}"
