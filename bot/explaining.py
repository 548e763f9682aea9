"""Why a reply is what it is, for the desk: `irbot ask --explain`.

    explain_search     a Look of the index → Search, what was weighed and found, in plain values
    told               an Explanation → the lines that a person reads

Nothing here decides anything: it reads what the index and the desk decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from bot.config import Caution
from bot.matching.asked import Asked
from bot.matching.bands import AS_LIKELY, also_meant, limits
from bot.matching.confidence import CONTESTED, likeness
from bot.matching.facets import Facets
from bot.matching.index import Candidate, Index, Look
from bot.matching.lexicon import Lexicon
from bot.matching.text import greetings, normalise
from bot.matching.vectors import MeaningState
from bot.message import Band
from bot.words import Words

_SHOWN = 5  # candidates
_START = 40  # characters of a stored question
_WORTH_A_WORD = 0.005  # share of the whole
_OTHERS = 4  # synonyms named beside a word
_TOKEN = re.compile(r"[a-z0-9]+|.", re.DOTALL)
_EDGES = re.compile(r"^\W+|\W+$")
_HALVES = {5: "half 1", 6: "half 2"}

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
class Pinned:
    """What a text pins down, in words."""

    years: tuple[int, ...] = ()
    quarters: tuple[int, ...] = ()  # 1-4; 5 and 6 are the halves
    figures: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    direction: int = 0  # 1 up, -1 down
    asks: tuple[str, ...] = ()  # "amount", "money", "when"
    now: bool = False


@dataclass(frozen=True)
class Conflict:
    """A guard that keeps a candidate from being the answer."""

    guard: str
    asked: tuple[str, ...]
    stored: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A candidate, best first."""

    id: str
    company: str
    event_date: str
    question: str  # how the stored question begins, verbatim
    confidence: float
    score: float  # by which it has its place
    words_score: float  # of it by words, from 0 to 1
    matched: tuple[str, ...]
    through: tuple[tuple[str, str], ...]  # typed, stored: words for the same
    missing: tuple[str, ...]
    share: float  # of the message's words by weight that the question or its answer holds
    share_asked: float  # that the question alone holds
    likeness: float | None  # of meaning, 0-1; None: not compared
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True)
class Reason:
    """One thing that decided the band; `name` is the sentence's key in words."""

    name: str
    said: str = ""  # words or numbers that belong in it


@dataclass(frozen=True)
class Search:
    """One search: a message, or one question of it."""

    text: str
    searched: str  # normalised and repaired
    left_out: tuple[str, ...]  # greetings
    repaired: tuple[tuple[str, str], ...]
    words: tuple[Word, ...]
    synonyms: tuple[tuple[str, tuple[str, ...]], ...]
    pins: Pinned
    touchy: tuple[str, ...]
    counted_from: date  # 今年 and the like
    company: str | None  # six digits, set beside the message
    as_of: date | None
    meaning: str  # "used", or why not: "sure", "no model", "too large", "no vectors", "nothing"
    candidates: tuple[Found, ...]
    band: Band  # of this search; a message of several questions has one for each
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Explanation:
    """What stands behind one reply."""

    version: str
    caution: Caution
    answer_from: float  # confidence
    offer_from: float
    band: Band
    command: str | None  # its name, where the message was one and nothing was searched
    searches: tuple[Search, ...]
    meaning: MeaningState


def explain_search(
    index: Index,
    text: str,
    look: Look,
    *,
    company: str | None,
    as_of: date | None,
    band: Band,
    caution: Caution,
    state: MeaningState,
) -> Search:
    """What the index made of a message.

    Args:
        index: That was searched.
        text: What was typed, commands off.
        look: What the search found.
        company: As set by the chat or the option.
        as_of: Only records up to here.
        band: What the desk made of it.
        caution: IR_CAUTION.
        state: Of the store's vectors.
    """
    asked = look.asked
    lexicon = index.lexicon
    return Search(
        text=text,
        searched=asked.text,
        left_out=tuple(greetings(text)),
        repaired=tuple(_repaired(normalise(text), asked.text)),
        words=tuple(_words(index, asked)),
        synonyms=tuple(_synonyms(asked.text, lexicon)),
        pins=_pinned(asked.facets, lexicon),
        touchy=tuple(asked.text[start:end] for start, end, _ in lexicon.matters.find(asked.text)),
        counted_from=asked.facets.day,
        company=company,
        as_of=as_of,
        meaning=_meaning(look, index, state),
        candidates=tuple(_found(index, asked, item) for item in look.candidates[:_SHOWN]),
        band=band,
        reasons=tuple(_reasons(look, limits(caution))),
    )


# The message


def _repaired(typed: str, read: str) -> Iterator[tuple[str, str]]:
    one, other = _TOKEN.findall(typed), _TOKEN.findall(read)
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        was, now = "".join(one[a:b]).strip(), "".join(other[c:d]).strip()
        if tag != "equal" and was != now:
            yield was, now


def _words(index: Index, asked: Asked) -> Iterator[Word]:
    """The message in stretches of one kind, with what each counts."""
    kinds = _kinds(index, asked)
    weights = [0.0] * len(asked.text)
    known = [False] * len(asked.text)
    seen = set()
    for term in asked.terms:
        inner = range(term.start, term.start + len(term.text))
        stored = index.knows(term) and not term.is_single
        # A pair across a border belongs to the weightier side.
        best = min((_KINDS.index(kind) for at in inner if (kind := kinds[at])), default=0)
        own = [at for at in inner if kinds[at] == _KINDS[best]]
        for at in own:
            known[at] = known[at] or stored
            weights[at] += 0 if term.text in seen else index.weight(term) / len(own)
        seen.add(term.text)
    total = sum(weights) or 1.0
    for kind, places in groupby(range(len(asked.text)), key=kinds.__getitem__):
        if kind is not None:
            stretch = list(places)
            yield Word(
                asked.text[stretch[0] : stretch[-1] + 1],
                kind,
                round(sum(weights[at] for at in stretch) / total, 4),
                any(known[at] for at in stretch),
            )


def _kinds(index: Index, asked: Asked) -> list[Kind | None]:
    """Of each character; None where nothing is searched for."""
    kinds: list[Kind | None] = [None] * len(asked.text)
    for term in asked.terms:
        for at in range(term.start, term.start + len(term.text)):
            kinds[at] = "matter"
    for name in index.names_in(asked.text):
        for match in re.finditer(re.escape(name), asked.text):
            kinds[match.start() : match.end()] = ["company"] * len(name)
    listed: tuple[tuple[Kind, Iterable[tuple[int, int, int]]], ...] = (
        ("common", index.lexicon.everyday.find(asked.text)),
        ("asking", index.lexicon.asking.find(asked.text)),
    )
    for kind, places in listed:
        for start, end, _ in places:
            for at in range(start, end):
                if kinds[at] not in (None, "company"):
                    kinds[at] = kind
    lexicon = index.lexicon
    for phrases in (lexicon.synonyms, lexicon.metrics, lexicon.matters, lexicon.everyday):
        for start, end, _ in phrases.find(asked.text):
            # 下修 is one word, although 下 alone is one of asking.
            own = [_KINDS.index(kind) for kind in kinds[start:end] if kind]
            if own and "company" not in kinds[start:end]:
                kinds[start:end] = [_KINDS[min(own)]] * (end - start)
    return kinds


def _synonyms(text: str, lexicon: Lexicon) -> Iterator[tuple[str, tuple[str, ...]]]:
    for start, end, line in lexicon.synonyms.find(text):
        typed = text[start:end]
        yield typed, tuple(word for word in lexicon.same[line] if word != typed)


def _pinned(facets: Facets, lexicon: Lexicon) -> Pinned:
    return Pinned(
        tuple(sorted(facets.years)),
        tuple(sorted(facets.quarters)),
        tuple(sorted(facets.figures)),
        tuple(lexicon.metric[line][0] for line in sorted(facets.metrics)),
        tuple(sorted(facets.companies)),
        facets.direction,
        tuple(sorted(facets.asks)),
        facets.now,
    )


def _meaning(look: Look, index: Index, state: MeaningState) -> str:
    if any("e5 asked" in item.features for item in look.candidates):
        return "used"
    if index.model is None:
        return state.lacks or "no vectors"
    return "sure" if look.candidates else "nothing"


# The candidates


def _found(index: Index, asked: Asked, item: Candidate) -> Found:
    record, features = item.unit.record, item.features
    detail = index.detail(item)
    held = [False] * len(asked.text)
    for term in asked.terms:
        if not term.is_single and not term.words.isdisjoint(detail.both):
            held[term.start : term.start + len(term.text)] = [True] * len(term.text)
    kinds = _kinds(index, asked)
    compared = [features[name] for name in ("e5 asked", "e5 answered") if name in features]
    return Found(
        id=item.hit.full_id,
        company=f"{record.company_name}（{record.company_code}）",
        event_date=record.event_date,
        question=" ".join(item.unit.asked.split())[:_START],
        confidence=round(item.confidence, 4),
        score=round(item.score, 4),
        words_score=round(features["bm25"], 4),
        matched=tuple(_stretches(asked.text, held, kinds, wanted=True)),
        through=tuple(_through(asked.text, detail.stored.text, index.lexicon)),
        missing=tuple(_stretches(asked.text, held, kinds, wanted=False)),
        share=round(features["both"], 4),
        share_asked=round(features["question"], 4),
        likeness=round(likeness(max(compared)), 4) if compared else None,
        conflicts=tuple(_conflict(guard, asked, item, index) for guard in item.conflicts),
    )


def _stretches(
    text: str, held: Sequence[bool], kinds: Sequence[Kind | None], wanted: bool
) -> Iterator[str]:
    """Stretches that are held, or not; words of asking and the company's name left out."""
    counts = [kind in ("matter", "common") for kind in kinds]
    chosen = [count and is_held == wanted for count, is_held in zip(counts, held, strict=True)]
    found = ("".join(text[at] for at in own) for is_in, own in _runs(chosen) if is_in)
    yield from dict.fromkeys(found)


def _runs(values: Sequence[bool]) -> Iterator[tuple[bool, list[int]]]:
    for value, places in groupby(range(len(values)), key=values.__getitem__):
        yield value, list(places)


def _through(text: str, stored: str, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """Typed words that stand there as another word of their line."""
    for typed, others in _synonyms(text, lexicon):
        if typed not in stored and (
            other := next((word for word in others if word.replace(" ", "") in stored), None)
        ):
            yield typed, other


def _conflict(guard: str, asked: Asked, item: Candidate, index: Index) -> Conflict:
    """What is asked and what stands there, as far as it can be named."""
    detail = index.detail(item)
    wanted, held = asked.facets, detail.stored.both
    mine, theirs = _pinned(wanted, index.lexicon), _pinned(held, index.lexicon)
    day = detail.stored.day
    pairs: dict[str, tuple[Iterable[object], Iterable[object]]] = {
        "year": (mine.years, theirs.years or (day.year - 1, day.year)),
        "quarter": (mine.quarters, theirs.quarters),
        "now": ((wanted.day,), (day,)),
        "figure": ((one for one in mine.figures if one not in detail.stored.text), ()),
        "metric": (mine.metrics, theirs.metrics),
        "company": ((one for one in mine.companies if one not in detail.stored.text), ()),
        "direction": ((mine.direction,), (detail.stored.question.direction,)),
    }
    one, other = pairs.get(guard, ((), ()))
    return Conflict(guard, tuple(map(str, one)), tuple(map(str, other)))


# What decided


def _reasons(look: Look, needed: tuple[float, float]) -> Iterator[Reason]:
    """What kept the message from being answered; nothing for an answer."""
    if not any(not term.is_single for term in look.asked.terms):
        yield Reason("no words")
    if not look.candidates:
        cause, _, said = look.cause.partition(": ")
        yield Reason(cause, said)
        return
    first = look.candidates[0]
    if first.conflicts:
        yield Reason("guard", "、".join(first.conflicts))
    if first.confidence < needed[1]:
        yield Reason("below offers", _sure(first.confidence))
    elif first.confidence < needed[0]:
        yield Reason("below answer", _sure(first.confidence))
        if first.confidence == CONTESTED:
            yield Reason("one of many")
    rivals = [hit for hit in also_meant(look.hits) if hit.confidence >= AS_LIKELY]
    if rivals:
        yield Reason("contested", "、".join(hit.full_id for hit in rivals))


# In words


def told(explanation: Explanation, words: Words) -> str:
    """The explanation for a person at a terminal."""
    lines = [words.text("explain", version=explanation.version)]
    if explanation.command:
        key = f"command, {explanation.command}"
        what = words.text(key) if words.has(key) else explanation.command
        lines.append(words.text("explain, command", what=what))
    for search in explanation.searches:
        lines += ["", *_message_lines(search, words)]
        lines.append(_meaning_line(search, explanation.meaning, words))
        lines.append(words.text("explain, candidates" if search.candidates else "explain, none"))
        for place, found in enumerate(search.candidates, 1):
            lines += _found_lines(place, found, words)
        lines.append(_result_line(search, explanation, words))
    return "\n".join(lines)


def _message_lines(search: Search, words: Words) -> Iterator[str]:
    def line(key: str, said: Iterable[str] | str) -> Iterator[str]:
        joined = said if isinstance(said, str) else words.listed(said)
        if joined:
            yield words.text(f"explain, {key}", said=joined)

    yield words.text("explain, searched", said=_EDGES.sub("", search.searched) or "–")
    yield from line("left out", search.left_out)
    yield from line("repaired", (f"{was}→{now}" for was, now in search.repaired))
    for kind in ("matter", "common", "asking", "company"):
        own = [word for word in search.words if word.kind == kind]
        yield from line(
            kind,
            (
                word.text
                + (f" {word.share:.0%}" if word.share >= _WORTH_A_WORD else "")
                + ("" if word.stored or kind != "matter" else words.text("explain, not stored"))
                for word in own
            ),
        )
    yield from line(
        "synonyms",
        words.text("explain, and").join(
            f"{typed}＝{words.listed(others[:_OTHERS])}" for typed, others in search.synonyms
        ),
    )
    yield from line("pins", _pin_words(search.pins, words))
    if search.pins.years or search.pins.quarters or search.pins.now:
        yield from line("counted", str(search.counted_from))
    yield from line("touchy", search.touchy)
    yield from line("company only", search.company or "")
    yield from line("as of", str(search.as_of) if search.as_of else "")


def _pin_words(pins: Pinned, words: Words) -> Iterator[str]:
    yield from (words.text("pin, year", said=year) for year in pins.years)
    yield from (_quarter(str(quarter), words) for quarter in pins.quarters)
    yield from (words.text("pin, figure", said=figure) for figure in pins.figures)
    yield from (words.text("pin, metric", said=metric) for metric in pins.metrics)
    yield from (words.text("pin, company", said=name) for name in pins.companies)
    if pins.direction:
        yield words.text("pin, up" if pins.direction > 0 else "pin, down")
    if pins.now:
        yield words.text("pin, now")
    yield from (words.text(f"pin, {what}") for what in pins.asks)


def _quarter(said: str, words: Words) -> str:
    half = _HALVES.get(int(said))
    return words.text(f"pin, {half}") if half else words.text("pin, quarter", said=said)


def _meaning_line(search: Search, state: MeaningState, words: Words) -> str:
    said = words.text(f"meaning, {search.meaning}", questions=state.questions, most=state.most)
    if search.meaning == "used" and state.missing:
        said += words.text("meaning, partly", missing=state.missing, texts=state.texts)
    return words.text("explain, meaning", said=said)


def _found_lines(place: int, found: Found, words: Words) -> Iterator[str]:
    yield words.text(
        "found",
        place=place,
        id=found.id,
        company=found.company,
        when=found.event_date,
        confidence=_sure(found.confidence),
    )
    yield words.text("found, question", said=found.question)
    yield words.text(
        "found, words",
        matched=words.listed(found.matched) or "–",
        share=f"{found.share:.0%}",
        asked=f"{found.share_asked:.0%}",
    )
    if found.through:
        pairs = (f"{typed}＝{stored}" for typed, stored in found.through)
        yield words.text("found, through", said=words.listed(pairs))
    if found.missing:
        yield words.text("found, missing", said=words.listed(found.missing))
    like = words.text("found, not compared")
    if found.likeness is not None:
        like = f"{found.likeness:.2f}"
    yield words.text(
        "found, score", score=f"{found.score:.2f}", words=f"{found.words_score:.2f}", like=like
    )
    for conflict in found.conflicts:
        yield words.text("found, conflict", said=_conflict_words(conflict, words))


def _conflict_words(conflict: Conflict, words: Words) -> str:
    def values(said: tuple[str, ...]) -> str:
        if conflict.guard == "quarter":
            return words.listed(_quarter(one, words) for one in said)
        if conflict.guard == "direction":
            return words.listed(
                words.text("pin, up" if one == "1" else "pin, down") for one in said
            )
        return words.listed(said)

    return words.text(
        "conflict" if conflict.stored else "conflict, absent",
        guard=_guard(conflict.guard, words),
        asked=values(conflict.asked) or "–",
        stored=values(conflict.stored),
    )


def _result_line(search: Search, explanation: Explanation, words: Words) -> str:
    said = words.text(f"result, {search.band}")
    needed = f"{explanation.answer_from:.2f}"
    if search.band == "answer" and search.candidates:
        sure = _sure(search.candidates[0].confidence)
        return said + words.text(
            "why, answered", sure=sure, needed=needed, caution=explanation.caution
        )
    values = {
        "needed": needed,
        "offer": f"{explanation.offer_from:.2f}",
        "caution": explanation.caution,
    }
    why = (_reason_words(reason, words, values) for reason in search.reasons)
    return said + words.text("explain, and").join(why)


def _reason_words(reason: Reason, words: Words, values: dict[str, str]) -> str:
    key = f"why, {reason.name}"
    if not words.has(key):
        said = f"{reason.name}{reason.said and ': '}{reason.said}"
        return words.text("why, other", said=said)
    said = reason.said
    if reason.name == "guard":
        said = words.listed(_guard(guard, words) for guard in said.split("、"))
    return words.text(key, said=said, **values)


def _guard(guard: str, words: Words) -> str:
    key = f"guard, {guard}"
    return words.text(key) if words.has(key) else words.text("guard, other", said=guard)


def _sure(confidence: float) -> str:
    """Rounded down: what misses a level must not look as if it reached it."""
    return f"{int(confidence * 100) / 100:.2f}"
