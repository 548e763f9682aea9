"""How likely the first hit answers the message: a logistic model over a few plain measures.

confidence.json holds its weights, learned from judged phrasings (tests/bench/fit_confidence.py):
one set for words alone, one with meaning. It never reorders: a hit's confidence says how much to
trust its place. What speaks against a hit caps its probability, whatever the model says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log1p
from operator import mul
from pathlib import Path
from typing import Literal

from bot.matching.features import Features
from bot.matching.standing import Standing

FILE = Path(__file__).with_name("confidence.json")

Cap = Literal["ambiguous", "narrow", "contradicted", "aside", "off topic"]
# The most that a hit is trusted, placed among the bands (answering/decision.py): what is ambiguous
# is offered, what is contradicted too, at any caution; what is off topic not even that.
CAPS: dict[Cap, float] = {
    "ambiguous": 0.8,  # another answer of the record holds all that was typed too
    "narrow": 0.35,  # it confirms or denies one statement, and more is asked
    "contradicted": 0.25,  # it says another year, metric … (facets.conflicts)
    "aside": 0.05,  # about what the share will do, what to buy, or the bot: no record says that
    "off topic": 0.05,  # hardly a word of the message stands there, nor its meaning
}
# Off topic: below this share of the words by weight and this similarity …
_SHARED, _ALIKE = 0.15, 0.6
# … or below this share where meaning was not compared, or does not reach this similarity: of 44
# such messages of *fit* two were right.
_SHARED_ALONE, _ALIKE_ALONE = 0.02, 0.75
_ALL = 0.99  # of the words by weight


def measures(
    features: Features, conflicts: tuple[str, ...], standing: Standing, margin: float
) -> dict[str, float]:
    """What the model sees of a candidate, by the names of confidence.json.

    Args:
        features: Of the candidate.
        conflicts: From the guards.
        standing: Among the others of the search.
        margin: How much better it scores than the best other one; 0 for all but the first.
    """
    seen = {
        "held": log1p(features.both * features.size),
        "all held": float(features.both >= _ALL),
        "run": log1p(features.run),
        "words": log1p(features.words),
        "no amount": float("amount" in features.lacks),
        "no money": float("money" in features.lacks),
        "asks": float(features.asks_amount),
        "quantity": float(features.names_quantity),
        "contradicted": float(bool(conflicts)),
        "first by words": float(standing.first_by_words),
        "ahead by words": standing.ahead_by_words,
        "ahead in question": standing.ahead_in_question,
        "told again": log1p(standing.told_again),
        "margin": min(max(margin, 0.0), 0.3),
    }
    if features.similarity is not None:
        seen |= {
            "like": features.similarity,
            "like without words": features.similarity * features.unknown,
            "first by both": float(standing.first_by_words and standing.first_by_meaning),
            "ahead by meaning": standing.ahead_by_meaning,
            "apart": standing.apart,
        }
    return seen


def caps(
    features: Features, conflicts: tuple[str, ...], is_ambiguous: bool, is_aside: bool
) -> tuple[Cap, ...]:
    """What limits a candidate's confidence, the tightest last."""
    found: list[Cap] = []
    if is_ambiguous:
        found.append("ambiguous")
    if features.is_narrow:
        found.append("narrow")
    if conflicts:
        found.append("contradicted")
    if is_aside:
        found.append("aside")
    if _is_off_topic(features):
        found.append("off topic")
    return tuple(found)


def _is_off_topic(features: Features) -> bool:
    if not features.words:
        return True
    if features.similarity is None:
        return features.both < _SHARED_ALONE
    if features.both < _SHARED_ALONE and features.similarity < _ALIKE_ALONE:
        return True
    return features.both < _SHARED and features.similarity < _ALIKE


def confidence(seen: Mapping[str, float], limited: Iterable[Cap] = ()) -> float:
    """The probability that a hit answers the message, from 0 to 1.

    Args:
        seen: Its measures.
        limited: What caps it.
    """
    return min(probability(seen, FILE), *(CAPS[cap] for cap in limited), 1.0)


def probability(seen: Mapping[str, float], file: Path) -> float:
    """What the models in a file make of measures: that with meaning where `like` is measured."""
    model = _models(file)["meaning" if "like" in seen else "words"]
    total = model.bias + sum(map(mul, model.weights.values(), map(seen.__getitem__, model.weights)))
    return 1 / (1 + exp(-max(min(total, 30.0), -30.0)))


@dataclass(frozen=True)
class _Model:
    bias: float
    weights: Mapping[str, float]


@cache
def _models(file: Path) -> dict[str, _Model]:
    content = json.loads(file.read_text(encoding="utf-8"))
    return {name: _Model(item["bias"], item["weights"]) for name, item in content.items()}
