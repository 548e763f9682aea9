"""How likely the first hit answers the message: a logistic model over a few plain measures.

confidence.json holds its weights, learned from judged phrasings (tests/bench/fit_confidence.py):
one set for words alone, one with meaning. It never reorders: a hit's confidence says how much to
trust its place. What contradicts the message (facets.conflicts) is never trusted enough to answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log1p
from pathlib import Path

FILE = Path(__file__).with_name("confidence.json")
CONTRADICTED = 0.25  # the most that a hit in conflict with the message is trusted
CONTESTED = 0.8  # the most, where another answer of the record holds all that was typed too
FOREIGN = 0.05  # the most, where hardly a word of the message stands there, nor its meaning
_SHARED, _ALIKE = 0.15, 0.6  # of the words by weight; of `similarity`
_SHARED_ALONE = 0.02  # without meaning
_MEASURED = (
    "bm25", "question", "both", "sentence", "unknown", "no amount", "no money", "no when", "asks",
)  # fmt: skip
_GUARDS = ("year", "quarter", "figure", "metric", "company")


def measures(
    features: Mapping[str, float], conflicts: tuple[str, ...], margin: float
) -> dict[str, float]:
    """What the model sees of a candidate.

    Args:
        features: From the index.
        conflicts: From the guards.
        margin: How much better it scores than the best other one; 0 for all but the first.
    """
    size = features["size"]
    seen = {name: features.get(name, 0.0) for name in _MEASURED}
    seen |= {
        "reverse": min(features["reverse"], 1.0),
        "size": log1p(size),
        "run": log1p(features["run"]),
        "margin": min(max(margin, 0.0), 0.3),
        "held": log1p(features["both"] * size),
        "strange": log1p(features["unknown"] * size),
        "missing": log1p((1 - features["both"]) * size),
    }
    seen |= {guard: float(guard in conflicts) for guard in _GUARDS}
    if "e5 asked" in features:
        asked, answered = similarity(features["e5 asked"]), similarity(features["e5 answered"])
        seen |= {"like asked": asked, "like answered": answered, "like": max(asked, answered)}
    return seen


def similarity(cosine: float) -> float:
    """E5's cosines lie between .75 (nothing in common) and .95 (the same): spread over 0 to 1."""
    return max(0.0, (cosine - 0.75) / 0.2)


def confidence(seen: Mapping[str, float], conflicts: tuple[str, ...]) -> float:
    """The probability that a hit answers the message."""
    model = _models()["meaning" if "like" in seen else "words"]
    total = model.bias + sum(weight * seen[name] for name, weight in model.weights.items())
    sure = 1 / (1 + exp(-max(min(total, 30.0), -30.0)))
    foreign = (
        seen["both"] < _SHARED and seen["like"] < _ALIKE
        if "like" in seen
        else seen["both"] < _SHARED_ALONE
    )
    if foreign:
        return min(sure, FOREIGN)
    return min(sure, CONTRADICTED) if conflicts else sure


@dataclass(frozen=True)
class _Model:
    bias: float
    weights: Mapping[str, float]


@cache
def _models() -> dict[str, _Model]:
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: _Model(item["bias"], item["weights"]) for name, item in content.items()}
