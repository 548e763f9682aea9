"""The protocol's numbers, from what was asked and what came back.

Selective answering: queries sorted by confidence, those above a threshold answered; ties stand or
fall together. Coverage is the share answered, risk the share of the answered that is wrong;
answering an out-of-scope query is wrong. A query without any id is never answered.

What a person sees is counted of the replies themselves. Official words come *at first sight* where
an answer begins the reply, or the best offer is shown with its answer (a *likely*). *The newest* of
the accepted questions are those of the last event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import inf, sqrt
from statistics import median

from bot.evaluating.asking import JudgedQuery
from bot.evaluating.shown import Shown

BINS = 10
_Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True)
class Share:
    """A share of counted cases, with its 95 % interval (Wilson 1927).

    >>> share = Share(8, 10)
    >>> share.value, [round(bound, 3) for bound in share.interval]
    (0.8, [0.49, 0.943])
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.value
        middle = p + _Z**2 / (2 * n)
        spread = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
        scale = 1 + _Z**2 / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


Number = Share | float | int | None


def score(rows: Sequence[JudgedQuery]) -> dict[str, Number]:
    """All numbers of the protocol that the rows allow, by the protocol's names."""
    inside = [row for row in rows if row.query.accept]
    outside = [row for row in rows if not row.query.accept]
    numbers: dict[str, Number] = {
        "in-scope queries": len(inside),
        "out-of-scope queries": len(outside),
    }
    if inside:
        numbers |= _finding(inside) | _knowing_when(rows, inside, outside)
    if rows and all(row.band for row in rows):
        numbers |= _bands(rows, inside, outside)
    seen = [(row, row.shown) for row in rows if row.shown]
    if rows and len(seen) == len(rows):
        numbers |= _seen(seen)
    times = sorted(row.ms for row in rows if row.ms is not None)
    if rows and len(times) == len(rows):
        numbers["ms p50"] = times[min(len(times) - 1, int(0.50 * len(times)))]
        numbers["ms p99"] = times[min(len(times) - 1, int(0.99 * len(times)))]
    return numbers


def _finding(inside: Sequence[JudgedQuery]) -> dict[str, Number]:
    ranks = [row.rank or inf for row in inside]
    return {
        "R@1": Share(sum(rank == 1 for rank in ranks), len(ranks)),
        "R@5": Share(sum(rank <= 5 for rank in ranks), len(ranks)),
        "MRR@10": sum(1 / rank for rank in ranks if rank <= 10) / len(ranks),
    }


def _knowing_when(
    rows: Sequence[JudgedQuery], inside: Sequence[JudgedQuery], outside: Sequence[JudgedQuery]
) -> dict[str, Number]:
    numbers: dict[str, Number] = {}
    for percent in (50, 70, 90):
        step = next(step for step in _steps(inside) if step.answered >= percent / 100 * len(inside))
        numbers[f"wrong@{percent}%"] = Share(step.wrong, step.answered)
    numbers["AURC"] = _aurc(inside)
    sure = [_sureness(row) for row in inside]
    for kind in dict.fromkeys(row.query.kind for row in outside):
        numbers[f"AUC {kind}"] = _auc(
            sure, [_sureness(row) for row in outside if row.query.kind == kind]
        )
    if outside:
        numbers["AUC oos"] = _auc(sure, [_sureness(row) for row in outside])
    for percent in (1, 5):
        numbers[f"in-cov@<={percent}%"] = Share(
            _largest(inside, percent / 100).answered, len(inside)
        )
        step = _largest(rows, percent / 100)
        numbers[f"cov@<={percent}%"] = Share(step.answered, len(rows))
        numbers[f"yield@<={percent}%"] = Share(step.answered - step.wrong, len(inside))
        numbers[f"threshold@<={percent}%"] = step.confidence
    return numbers


def _bands(
    rows: Sequence[JudgedQuery], inside: Sequence[JudgedQuery], outside: Sequence[JudgedQuery]
) -> dict[str, Number]:
    answered = [row for row in rows if row.band == "answer"]
    numbers: dict[str, Number] = {
        "answered": Share(len(answered), len(rows)),
        "answered wrong": Share(sum(row.answered_wrong for row in answered), len(answered)),
    }
    if inside:
        right, helped = (
            sum(row.answered_right for row in inside),
            sum(row.helped for row in inside),
        )
        numbers["in-scope answered right"] = Share(right, len(inside))
        numbers["in-scope helped"] = Share(helped, len(inside))
    if outside:
        for name, meant in (("answered", "answer"), ("declined", "decline")):
            count = sum(row.band == meant for row in outside)
            numbers[f"out-of-scope {name}"] = Share(count, len(outside))
    return numbers


# What a person sees


def _seen(seen: Sequence[tuple[JudgedQuery, Shown]]) -> dict[str, Number]:
    """Of messages and what their replies show: official words first, the newest, the lists."""
    first = [(row, reply) for row, reply in seen if reply.first]
    right = sum(reply.first in row.query.accept for row, reply in first)
    numbers: dict[str, Number] = {"first sight wrong": Share(len(first) - right, len(first))}
    if inside := sum(bool(row.query.accept) for row, _ in seen):
        numbers["in-scope right at first sight"] = Share(right, inside)
        numbers |= _newest(seen)
    for kind in dict.fromkeys(row.query.kind for row, _ in seen if not row.query.accept):
        replies = [reply for row, reply in seen if row.query.kind == kind and not row.query.accept]
        for name, count in (
            ("answered", sum(bool(reply.answered) for reply in replies)),
            ("shown a likely", sum(bool(reply.opened) for reply in replies)),
            ("given a list", sum(reply.is_list for reply in replies)),
        ):
            numbers[f"{kind} {name}"] = Share(count, len(replies))
    return numbers | _lists(seen)


def _newest(seen: Sequence[tuple[JudgedQuery, Shown]]) -> dict[str, Number]:
    """Of what is rightly answered and was asked at several events: whether the last one answers.

    Where an older one does, whether the last is named beside it, by a link or an offer.
    """
    answered = [
        (newest, reply)
        for row, reply in seen
        for group, newest in zip(row.query.answerable, row.newest, strict=True)
        if newest and not group.isdisjoint(reply.answered)
    ]
    older = [(newest, reply) for newest, reply in answered if newest.isdisjoint(reply.answered)]
    named = sum(not newest.isdisjoint((*reply.named, *reply.offered)) for newest, reply in older)
    return {
        "newest answered": Share(len(answered) - len(older), len(answered)),
        "newest named": Share(named, len(older)),
    }


def _lists(seen: Sequence[tuple[JudgedQuery, Shown]]) -> dict[str, Number]:
    """The lists of stored questions to pick from; one whose best offer is opened, too."""
    lists = [(row, reply) for row, reply in seen if reply.is_list]
    offered = sum(len(reply.offered) for _, reply in lists)
    inside = [(row, reply) for row, reply in lists if row.query.accept]
    accepted = sum(len(row.query.accept.intersection(reply.offered)) for row, reply in inside)
    plain = [reply.characters for _, reply in lists if not reply.opened]
    opened = [reply.characters for _, reply in lists if reply.opened]
    return {
        "lists": len(lists),
        "offers a list": offered / len(lists) if lists else None,
        "offer precision": Share(accepted, sum(len(reply.offered) for _, reply in inside)),
        "characters to read": round(median(plain)) if plain else None,
        "characters of a likely": round(median(opened)) if opened else None,
    }


# Risk and coverage


@dataclass(frozen=True)
class _Step:
    """What a threshold answers."""

    answered: int
    wrong: int
    confidence: float | None


def _sureness(row: JudgedQuery) -> float:
    return row.confidence if row.ids else -inf


def _steps(rows: Sequence[JudgedQuery]) -> Iterator[_Step]:
    """One step for every distinct confidence, surest first."""
    answered = wrong = 0
    for sureness, tied in groupby(sorted(rows, key=_sureness, reverse=True), key=_sureness):
        outcomes = [row.right for row in tied]
        answered += len(outcomes)
        wrong += outcomes.count(False)
        yield _Step(answered, wrong, None if sureness == -inf else sureness)


def _largest(rows: Sequence[JudgedQuery], risk: float) -> _Step:
    """The step that answers most with at most this risk."""
    best = _Step(0, 0, None)
    for step in _steps(rows):
        if step.wrong <= risk * step.answered:
            best = step
    return best


def _aurc(rows: Sequence[JudgedQuery]) -> float:
    total, last = 0.0, 0
    for step in _steps(rows):
        total += (step.answered - last) * step.wrong / step.answered
        last = step.answered
    return total / len(rows)


def _auc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Chance that an in-scope query is surer than an out-of-scope one; ties count half."""
    below = won = 0.0
    ordered = sorted([(sure, False) for sure in outside] + [(sure, True) for sure in inside])
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        insides = [is_inside for _, is_inside in tied]
        ups, downs = insides.count(True), insides.count(False)
        won += ups * (below + downs / 2)
        below += downs
    return won / (len(inside) * len(outside))


def risk_coverage(rows: Sequence[JudgedQuery]) -> list[tuple[float, float]]:
    """(coverage, risk) for every threshold; coverage grows."""
    return [(step.answered / len(rows), step.wrong / step.answered) for step in _steps(rows)]


# Calibration


@dataclass(frozen=True)
class Bin:
    """Queries of like confidence: how sure the program was, how often it was right."""

    queries: int
    confidence: float  # mean
    right: float  # share; tied queries at a border count with their ties' mean


@dataclass(frozen=True)
class Reliability:
    """Confidence against truth over the queries with a ranked question, in equal-mass bins.

    ece: Σ (queries in the bin / all) · |mean confidence − share right|, over `BINS` bins of equal
    size by rank of confidence. An out-of-scope query is never right.
    """

    bins: tuple[Bin, ...]
    ece: float


def reliability(rows: Sequence[JudgedQuery]) -> Reliability | None:
    """Calibration of the confidence; None where it is not a probability, or nothing was found."""
    points: list[tuple[float, float]] = []
    found = sorted((row for row in rows if row.ids), key=lambda row: row.confidence)
    for sure, tied in groupby(found, key=lambda row: row.confidence):
        outcomes = [row.right for row in tied]
        points += [(sure, sum(outcomes) / len(outcomes))] * len(outcomes)
    if not points or points[0][0] < 0 or points[-1][0] > 1:
        return None
    edges = [round(at * len(points) / BINS) for at in range(BINS + 1)]
    bins = []
    for start, end in pairwise(edges):
        if inner := points[start:end]:
            sure = sum(point[0] for point in inner) / len(inner)
            bins.append(Bin(len(inner), sure, sum(point[1] for point in inner) / len(inner)))
    ece = sum(bin_.queries * abs(bin_.confidence - bin_.right) for bin_ in bins) / len(points)
    return Reliability(tuple(bins), ece)
