"""What a second reader's opinion is worth, measured on phrasings whose answers are known.

Its opinion is taken as a test's result (answering/second_opinion.py): how often it says so of a
candidate that is right, against how often of one that is wrong. Of both shares the end of the 95 %
interval is taken that makes it worth less, so that few phrasings show little. What the replies
would be with it is counted on phrasings that its worth was not measured on: five parts, each with
the worth that the other four show.

It is refused where it would not pay: a wrong answer costs as much as twenty right ones save
(answering/decision.py), so the share of wrong answers decides first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, inf, log

from bot.answering.consulting import observed
from bot.answering.responder import Responder
from bot.answering.second_opinion import (
    SAID,
    Asked,
    Opinion,
    Said,
    SecondReader,
    Worth,
    choices,
)
from bot.answering.trail import Search
from bot.config import Caution
from bot.evaluating.asking import JudgedQuery, ask_all, considered_all
from bot.evaluating.numbers import Share
from bot.evaluating.queries import Query, plain_id

_PARTS = 5
# Searches whose first candidate is right, and as many whose first is wrong: of none in 15 the
# interval ends at .2, so that fewer show next to nothing.
_LEAST = 15
_HEARD = 0.9  # of what was asked
_SIGN: Mapping[Said, int] = {"sure": 1, "unsure": 1, "another": -1, "none": -1}  # of what it adds
_CHANCE = 0.05  # of as many right answers more, were it of no use
# Of the answers, what each caution was set to have wrong at most (answering/decision.py); it says
# nothing of open, which may have twice as many as normal.
_WRONG: Mapping[Caution, float] = {"strict": 0.02, "normal": 0.05, "open": 0.1}


@dataclass(frozen=True)
class Reading:
    """What was said of one search, and what is true."""

    at: int  # place of its query
    part: int  # in which that is
    asked: Asked
    is_right: tuple[bool, ...]  # of each choice
    opinion: Opinion | None


@dataclass(frozen=True)
class Measured:
    """A reader on one set of phrasings."""

    alone: tuple[JudgedQuery, ...]
    together: tuple[JudgedQuery, ...]
    readings: tuple[Reading, ...]
    worth: Worth
    refused: str  # Chinese: why it is not to count; empty: it may


class Replayed:
    """A reader that says again what one said, and counts what it is told to."""

    timeout_s = inf  # it says so at once

    def __init__(self, readings: Iterable[Reading], worth: Worth) -> None:
        self.worth = worth
        self._said = {reading.asked: reading.opinion for reading in readings}

    def read(self, asked: Sequence[Asked], within_s: float) -> list[Opinion | None]:
        """As `SecondReader.read`."""
        return [self._said.get(one) for one in asked]


def measure(
    responder: Responder,
    reader: SecondReader,
    queries: Sequence[Query],
    caution: Caution,
    tell: Callable[[int], None] = lambda done: None,
) -> Measured:
    """Ask the bot every query alone, then with the reader.

    Args:
        responder: The bot; the reader takes no part in it before nor afterwards.
        reader: Is asked where the bot alone is undecided.
        queries: Whose answers are known.
        caution: The bot's.
        tell: Called with how many queries were asked.
    """
    alone, readings = alone_and_read(responder, reader, queries, tell)
    together = _together(responder, alone, readings)
    worth = worth_of(readings)
    refused = _refused(alone, together, readings, worth, caution)
    return Measured(tuple(alone), tuple(together), tuple(readings), worth, refused)


def alone_and_read(
    responder: Responder,
    reader: SecondReader,
    queries: Iterable[Query],
    tell: Callable[[int], None] = lambda done: None,
) -> tuple[list[JudgedQuery], list[Reading]]:
    """The bot's replies without the reader, and what that says of them; as `measure`."""
    responder.second_reader = None
    alone: list[JudgedQuery] = []
    readings: list[Reading] = []
    for at, (row, considered) in enumerate(considered_all(responder, queries)):
        alone.append(row)
        if considered.text:
            heard = observed(considered.text, reader).deciding
            readings += [_reading(at, search, row.query) for search in heard if search.heard]
        tell(len(alone))
    return alone, readings


def with_worth(
    responder: Responder,
    alone: Sequence[JudgedQuery],
    readings: Sequence[Reading],
    worth: Worth,
) -> list[JudgedQuery]:
    """The bot's replies with what a reader said, counted as it is worth; those of which it was
    asked nothing are the same.

    Args:
        responder: The bot.
        alone: Its replies without it.
        readings: What was said; of other replies, none.
        worth: What that counts.
    """
    asked = sorted({reading.at for reading in readings})
    responder.second_reader = Replayed(readings, worth)
    again = ask_all(responder, [alone[at].query for at in asked])
    found = {**dict(enumerate(alone)), **dict(zip(asked, again, strict=True))}
    responder.second_reader = None
    return [found[at] for at in range(len(alone))]


def _together(
    responder: Responder, alone: Sequence[JudgedQuery], readings: Sequence[Reading]
) -> list[JudgedQuery]:
    """Each part of the replies with the worth that the others show."""
    rows = list(alone)
    for part in range(_PARTS):
        worth = worth_of(reading for reading in readings if reading.part != part)
        own = [reading for reading in readings if reading.part == part]
        rows = with_worth(responder, rows, own, worth)
    return rows


def _reading(at: int, search: Search, query: Query) -> Reading:
    heard = search.heard
    assert heard is not None
    right = tuple(plain_id(item.hit.id) in query.accept for item in heard.shown)
    return Reading(at, _part(query), Asked(search.text, choices(heard.shown)), right, heard.opinion)


def _part(query: Query) -> int:
    """Phrasings of the same answer are in one part, so that none is known from another."""
    told = " ".join(sorted(query.accept)) or query.text
    return hashlib.sha256(told.encode()).digest()[0] % _PARTS


# What it is worth


def worth_of(readings: Iterable[Reading]) -> Worth:
    """What opinions add to the log odds, as far as readings show it."""
    heard = [(reading, reading.opinion) for reading in readings if reading.opinion]
    first = [(reading.is_right[0], opinion.of(1)) for reading, opinion in heard]
    other = [
        (is_right, opinion.of(place))
        for reading, opinion in heard
        for place, is_right in enumerate(reading.is_right[1:], 2)
    ]
    return Worth(_ratios(first), _ratios(other))


def _ratios(said: Sequence[tuple[bool, Said]]) -> dict[Said, float]:
    right = [word for is_right, word in said if is_right]
    wrong = [word for is_right, word in said if not is_right]
    ratios = {
        word: _ratio(Share(right.count(word), len(right)), Share(wrong.count(word), len(wrong)))
        for word in SAID
    }
    return {word: added for word, added in ratios.items() if added * _SIGN[word] > 0}


def _ratio(of_right: Share, of_wrong: Share) -> float:
    """The logarithm of how much oftener something is said of what is right; 0: nobody knows."""
    (low, high), (low_wrong, high_wrong) = of_right.interval, of_wrong.interval
    if low > high_wrong:
        return log(low / high_wrong)
    return log(high / low_wrong) if high < low_wrong else 0.0


# Whether it pays


def _refused(
    alone: Sequence[JudgedQuery],
    together: Sequence[JudgedQuery],
    readings: Sequence[Reading],
    worth: Worth,
    caution: Caution,
) -> str:
    """Why it is not to count; empty: it may."""
    heard = [reading for reading in readings if reading.opinion]
    right = sum(reading.is_right[0] for reading in heard)
    wrong = len(heard) - right
    if len(heard) < _HEARD * len(readings):
        return f"问了{len(readings)}次，只得到{len(heard)}个意见；先用 irbot doctor 看它为什么不答"
    if min(right, wrong) < _LEAST:
        return (
            f"标注的提问太少：匹配未定的提问里，第1条候选对的有{right}条，不对的有{wrong}条，"
            f"各要{_LEAST}条；不对的可以多写些库中没有答复、说法却相近的"
        )
    if not {"sure", "unsure"} & {*worth.first, *worth.other}:
        return _says_nothing(heard)
    before, after = _answered_wrong(alone), _answered_wrong(together)
    if after.value > max(before.value, _WRONG[caution]):
        return f"答错的多了：{_told(before)} → {_told(after)}，{caution} 至多{_WRONG[caution]:.0%}"
    better = sum(b.answered_right > a.answered_right for a, b in zip(alone, together, strict=True))
    worse = sum(b.answered_right < a.answered_right for a, b in zip(alone, together, strict=True))
    if _by_chance(better, worse) > _CHANCE:
        return f"答对的没有明显增加：{better}条变为答对，{worse}条变为没有答对"
    return ""


def _says_nothing(heard: Sequence[Reading]) -> str:
    """That its picks tell nothing, with how it picks."""
    shares = []
    for is_right in (True, False):
        own = [reading.opinion for reading in heard if reading.is_right[0] == is_right]
        shares.append(Share(sum(bool(item and item.pick == 1) for item in own), len(own)))
    return (
        "它的选择说明不了什么："
        f"第1条候选对的时候，它选第1条的占{shares[0].value:.0%}；不对的时候，占{shares[1].value:.0%}"
    )


def _answered_wrong(rows: Sequence[JudgedQuery]) -> Share:
    answered = [row for row in rows if row.band == "answer"]
    return Share(sum(row.answered_wrong for row in answered), len(answered))


def _told(share: Share) -> str:
    return f"{share.count}/{share.of}（{share.value:.1%}）"


def _by_chance(better: int, worse: int) -> float:
    """How likely so many of the changes are for the better, were either as likely (sign test).

    >>> _by_chance(0, 0), _by_chance(5, 0), _by_chance(3, 3)
    (1.0, 0.03125, 0.65625)
    """
    changed = better + worse
    ways = sum(comb(changed, count) for count in range(better, changed + 1))
    return float(ways / 2**changed)
