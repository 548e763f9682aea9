"""An explanation of a reply in words, for a person at a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.answering.explanation import (
    PINS_OF,
    Conflict,
    ExplainedSearch,
    Explanation,
    Found,
    Note,
    Read,
    rounded_down,
)
from bot.ingest.meaning import MeaningState
from bot.wording.presentation import Words

_WORTH_A_WORD = 0.005  # share of the whole
_OTHERS = 4  # synonyms named beside a word
_EDGES = re.compile(r"^\W+|\W+$")


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
            if place == 1 or found.confidence >= explanation.offer_from:
                lines += _found_lines(place, found, words)
        lines += [
            words.text(
                "found, told",
                id=found.id,
                when=found.event_date,
                confidence=rounded_down(found.confidence),
                said=found.question,
            )
            for found in search.paragraphs
        ]
        if search.second_reader:
            lines.append(told_of_reader(search.second_reader, words))
        lines.append(_result_line(search, explanation, words))
    return "\n".join(lines)


def _message_lines(search: ExplainedSearch, words: Words) -> Iterator[str]:
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
    if not {"year", "now", *PINS_OF["quarter"]}.isdisjoint(note.name for note in search.pins):
        yield from line("counted", str(search.counted_from))
    yield from line("touchy", search.touchy)
    yield from line("company only", search.company or "")
    yield from line("as of", str(search.as_of) if search.as_of else "")


def _pin_words(pins: Iterable[Note], words: Words) -> Iterator[str]:
    return (words.text(f"pin, {note.name}", said=note.said) for note in pins)


def _meaning_line(search: ExplainedSearch, state: MeaningState, words: Words) -> str:
    said = words.text(
        f"meaning, {search.meaning}",
        missing=state.missing,
        records=state.records,
    )
    return words.text("explain, meaning", said=said)


def _found_lines(place: int, found: Found, words: Words) -> Iterator[str]:
    yield words.text(
        "found",
        place=place,
        id=found.id,
        company=found.company,
        when=found.event_date,
        confidence=rounded_down(found.confidence),
    )
    yield words.text("found, question", said=found.question)
    yield words.text(
        "found, words",
        matched=words.listed(found.matched) or "–",
        share=f"{found.share:.0%}",
        asked=f"{found.share_asked:.0%}",
    )
    for key, wordings in (("taught", found.taught), ("taught near", found.taught_near)):
        if wordings:
            yield words.text(f"found, {key}", said=words.listed(wordings))
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


def told_of_reader(found: Read, words: Words) -> str:
    """What the second reader said, in a line."""
    if not found.asked:
        return words.text("second reader, not asked")
    said = words.text(
        f"second reader, {found.said}",
        id=found.pick or "",
        count=found.asked,
        confidence=rounded_down(found.confidence or 0.0),
    )
    use = "" if found.said == "no opinion" else "counts" if found.counts else "only shown"
    return words.text("second reader", said=said + (use and words.text(f"second reader, {use}")))


def _conflict_words(conflict: Conflict, words: Words) -> str:
    asked, stored = (
        words.listed(_pin_words(notes, words)) for notes in (conflict.asked, conflict.stored)
    )
    if not asked:
        return _guard(conflict.guard, words)
    return words.text("conflict" if stored else "conflict, absent", asked=asked, stored=stored)


def _result_line(search: ExplainedSearch, explanation: Explanation, words: Words) -> str:
    levels = {
        "needed": f"{explanation.answer_from:g}",
        "offer": f"{explanation.offer_from:g}",
        "caution": explanation.caution,
    }
    reasons = search.reasons
    if search.band == "answer":
        reasons = (Note("answered", rounded_down(search.candidates[0].confidence)),)
    return words.text(f"result, {search.band}") + words.text("explain, and").join(
        _reason_words(reason, words, levels) for reason in reasons
    )


def _reason_words(reason: Note, words: Words, levels: dict[str, str]) -> str:
    said = reason.said
    if reason.name == "guard":
        said = words.listed(_guard(guard, words) for guard in said.split("、"))
    key = f"why, {reason.name}"
    return words.text(key, said=said, **levels) if words.has(key) else reason.name


def _guard(guard: str, words: Words) -> str:
    key = f"guard, {guard}"
    return words.text(key) if words.has(key) else guard
