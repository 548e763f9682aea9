"""How well each model separates near misses, as the tables of docs/pair-model.md.

    python -m tests.bench.pair.tell FOLDER fit|judge        FOLDER: where the models' logits lie

Needs scikit-learn for boosting (docs/pair-model.md). *judge* is a milestone: it is looked at once.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bot.matching.confidence import CAPS
from tests.bench.fit_confidence import Row as Learned
from tests.bench.fit_confidence import fit
from tests.bench.pair.rows import Row

Array = NDArray[np.float64]
BASE = "logistic"
SHIPPED = "logistic, from single records alone (the recipe shipped)"
LIMITS = (0.01, 0.02)  # of the answered that are wrong
PAIR_MODELS = (
    "message alone", "vectors", "interaction, message alone", "interaction, covers alone",
    "interaction, no public pairs", "interaction", "cross",
)  # fmt: skip
# Controls tried after *judge* had been looked at.
ON_FIT_ALONE = ("interaction, covers alone", "interaction, message alone")
_RESAMPLED = 500


@dataclass(frozen=True)
class Rows:
    """What is known of the judged messages."""

    right: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    near: NDArray[np.bool_]
    contradicted: NDArray[np.bool_]
    exact: NDArray[np.bool_]
    group: NDArray[np.str_]  # store and company

    def __getitem__(self, chosen: Any) -> Rows:
        return Rows(*(getattr(self, part.name)[chosen] for part in fields(self)))

    @property
    def total(self) -> int:
        return int(self.inside.sum())


def read(rows: Sequence[Row]) -> Rows:
    first = [row.pairs[0] for row in rows]
    return Rows(
        np.array([pair.right for pair in first]),
        np.array([row.query.kind == "in" for row in rows]),
        np.array([row.query.kind == "near" for row in rows]),
        np.array([pair.contradicted for pair in first]),
        np.array([pair.exact for pair in first]),
        np.array([f"{row.store} {row.company}" for row in rows]),
    )


# What is told


def area(rows: Rows, sure: Array) -> float:
    """The chance that a right answer in scope is surer than a near miss."""
    one, other = sure[rows.inside & rows.right], np.sort(sure[rows.near])
    if not len(one) or not len(other):
        return float("nan")
    below = np.searchsorted(other, one, "left") + np.searchsorted(other, one, "right")
    return float(below.mean()) / 2 / len(other)


def threshold(rows: Rows, sure: Array, limit: float) -> float:
    """The lowest at which no more than the share is wrong; ties stand or fall together."""
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~rows.right[order])
    ordered = sure[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True)
    reached = np.flatnonzero(is_last & (wrong <= limit * np.arange(1, len(order) + 1)))
    return float(ordered[reached[-1]]) if len(reached) else float("inf")


HEADS = ("AUC near", "near answered @≤1%", "right @≤1%", "right @≤2%", "near answered @half right")


def figures(rows: Rows, sure: Array) -> Array:
    """Those that HEADS names."""
    surest, sure_enough = (sure >= threshold(rows, sure, limit) for limit in LIMITS)
    right = np.sort(sure[rows.right])[::-1]
    half = right[min(rows.total // 2, len(right) - 1)]
    return np.array(
        [
            area(rows, sure),
            (surest & rows.near).sum(),
            (surest & rows.right).sum() / max(rows.total, 1),
            (sure_enough & rows.right).sum() / max(rows.total, 1),
            ((sure >= half) & rows.near).sum(),
        ]
    )


def spreads(rows: Rows, sure: dict[str, Array]) -> dict[str, Array]:
    """For each model the middle 95 % of its differences to the base, the messages drawn anew."""
    random = np.random.default_rng(0)
    found: dict[str, list[Array]] = {name: [] for name in sure}
    for _ in range(_RESAMPLED):
        drawn = random.integers(len(rows.right), size=len(rows.right))
        own = rows[drawn]
        base = figures(own, sure[BASE][drawn])
        for name, each in sure.items():
            found[name].append(figures(own, each[drawn]) - base)
    return {name: np.percentile(each, [2.5, 97.5], axis=0) for name, each in found.items()}


# The models over measures


@dataclass(frozen=True)
class Halves:
    fit: Sequence[Row]
    judge: Sequence[Row]

    def judged(self, half: str) -> list[int]:
        """The rows that are counted: those as typed."""
        return [at for at, row in enumerate(getattr(self, half)) if row.weight == 1.0]


Measured = dict[str, list[dict[str, float]]]  # half → measures of its rows
Model = Callable[[Sequence[Learned], Sequence[dict[str, float]]], Array]


def logistic(learned: Sequence[Learned], seen: Sequence[dict[str, float]]) -> Array:
    bias, weights = fit(learned)
    return np.array([bias + sum(weights[name] * own[name] for name in weights) for own in seen])


def boosting(learned: Sequence[Learned], seen: Sequence[dict[str, float]]) -> Array:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.05, max_leaf_nodes=6, l2_regularization=5, random_state=0
    )
    model.fit(
        [list(row.seen.values()) for row in learned],
        [row.right for row in learned],
        [row.weight for row in learned],
    )
    found: Array = model.decision_function([list(own.values()) for own in seen])
    return found


def measured(model: Model, halves: Halves, seen: Measured, store: str = "") -> dict[str, Array]:
    """Logits of *fit* by leaving one company out, and of *judge* by all of *fit*."""
    rows = [
        Learned(row.company, row.query, own, row.pairs[0].right, False, row.weight)
        for row, own in zip(halves.fit, seen["fit"], strict=True)
    ]
    usable = [row for row, whole in zip(rows, halves.fit, strict=True) if store in whole.store]
    found = np.zeros(len(rows))
    for code in dict.fromkeys(row.company for row in rows):
        own = [at for at, row in enumerate(rows) if row.company == code]
        others = [row for row in usable if row.company != code]
        found[own] = model(others, [seen["fit"][at] for at in own])
    return {"fit": found, "judge": model(usable, seen["judge"])}


def models(folder: Path, halves: Halves) -> dict[str, dict[str, Array]]:
    """The logits of each model, by half."""
    plain: Measured = {
        half: [cast(dict[str, float], row.pairs[0].seen) for row in getattr(halves, half)]
        for half in ("fit", "judge")
    }
    aligned: Measured = _kept(folder, "alignment")
    more: Measured = {
        half: [own | other for own, other in zip(plain[half], aligned[half], strict=True)]
        for half in plain
    }
    found = {
        SHIPPED: measured(logistic, halves, plain, "single"),
        BASE: measured(logistic, halves, plain),
        "logistic + alignment": measured(logistic, halves, more),
        "boosting": measured(boosting, halves, plain),
        "boosting + alignment": measured(boosting, halves, more),
    }
    for name in PAIR_MODELS:
        alone = {half: np.array(own) for half, own in _kept(folder, name).items()}
        found[name] = alone
        found[f"{name}, mean with logistic"] = {
            half: (own + found[BASE][half]) / 2 for half, own in alone.items()
        }
    three = [found[name] for name in (BASE, "interaction", "cross")]
    found["interaction, cross and logistic, mean"] = {
        half: np.mean([own[half] for own in three], axis=0) for half in plain
    }
    return found


def _kept(folder: Path, name: str) -> Any:
    return pickle.loads((folder / f"{name}.pickle").read_bytes())


def sureness(logits: Array, rows: Rows) -> Array:
    """Probabilities, capped as the product caps what contradicts the message."""
    found = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    found = np.where(rows.contradicted, np.minimum(found, CAPS["contradicted"]), found)
    return cast(Array, np.where(rows.exact, 1.0, found))


# The tables


def table(rows: Rows, sure: dict[str, Array]) -> Iterator[str]:
    """The figures, each with the spread of its difference to the base."""
    yield _line("model", *HEADS)
    yield _line(*["---"] * (len(HEADS) + 1))
    spread = spreads(rows, sure)
    for name, own in sure.items():
        cells = []
        for head, value, low, high in zip(HEADS, figures(rows, own), *spread[name], strict=True):
            digits = 0 if "answered" in head else 3
            beside = f" ({low:+.{digits}f} to {high:+.{digits}f})" if name != BASE else ""
            cells.append(f"{value:.{digits}f}{beside}")
        yield _line(name, *cells)


def by_group(rows: Rows, sure: dict[str, Array]) -> Iterator[str]:
    groups = list(dict.fromkeys(rows.group))
    yield _line("AUC near", *groups)
    yield _line(*["---"] * (len(groups) + 1))
    for name, own in sure.items():
        yield _line(
            name,
            *(f"{area(rows[rows.group == each], own[rows.group == each]):.3f}" for each in groups),
        )


def carried(
    fitted: tuple[Rows, dict[str, Array]], rows: Rows, sure: dict[str, Array]
) -> Iterator[str]:
    """What thresholds chosen on *fit* do on these rows."""
    heads = [f"@≤{limit:.0%} on fit: right, wrong, near" for limit in LIMITS]
    yield _line("model", *heads)
    yield _line(*["---"] * (len(heads) + 1))
    for name, own in sure.items():
        cells = []
        for limit in LIMITS:
            above = own >= threshold(fitted[0], fitted[1][name], limit)
            right, near = (above & rows.right).sum(), (above & rows.near).sum()
            cells.append(f"{right / rows.total:.3f}, {(above & ~rows.right).sum()}, {near}")
        yield _line(name, *cells)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    folder, half = Path(arguments[0]), arguments[1]
    halves = Halves(_kept(folder, "fit"), _kept(folder, "judge"))
    found = models(folder, halves)
    told = {}
    for each in dict.fromkeys(("fit", half)):
        chosen = halves.judged(each)
        rows = read([getattr(halves, each)[at] for at in chosen])
        told[each] = (
            rows,
            {
                name: sureness(own[each][chosen], rows)
                for name, own in found.items()
                if half == "fit" or not name.startswith(ON_FIT_ALONE)
            },
        )
    rows, sure = told[half]
    for store in ("", "single", "archive"):
        own = np.char.startswith(rows.group, store)
        print(f"\n{half} {store or 'both'}: {rows[own].total} in scope, "
              f"{rows[own].near.sum()} near, {own.sum()} in all\n")  # fmt: skip
        print("\n".join(table(rows[own], {name: each[own] for name, each in sure.items()})))
    print("\n" + "\n".join(by_group(rows, sure)))
    print("\n" + "\n".join(carried(told["fit"], rows, sure)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
