"""Runs → Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, sqrt

from bot.evaluating import JudgedQuery, Number, Query, Share, score
from tests.bench.runs import IRBOT, Runs
from tests.bench.study import STUDY

BANDS = (
    "answered", "answered wrong", "in-scope answered right", "in-scope helped",
    "out-of-scope answered", "out-of-scope declined",
)  # fmt: skip


def cell(number: Number) -> str:
    if isinstance(number, Share):
        if not number.of:
            return "–"
        low, high = number.interval
        return f"{short(number.value)} ({short(low)}–{short(high)})"
    if isinstance(number, int):
        return str(number)
    return "–" if number is None else short(number)


def short(value: float) -> str:
    """
    >>> short(0.7401), short(1.0), short(0)
    ('.740', '1.000', '.000')
    """
    return f"{value:.3f}".removeprefix("0")


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def by_matcher(runs: Runs, names: Sequence[str]) -> str:
    scores = {matcher: score(rows) for matcher, rows in runs.items()}
    return grid(
        ["matcher", *map(pretty, names)],
        [
            [f"**{matcher}**" if matcher == IRBOT else matcher]
            + [cell(numbers.get(name)) for name in names]
            for matcher, numbers in scores.items()
        ],
    )


def pretty(name: str) -> str:
    return name.replace("<=", "≤")


def mcnemar(one: Sequence[JudgedQuery], other: Sequence[JudgedQuery]) -> tuple[int, int, float]:
    """In-scope queries that only the one and only the other gets right, and the exact p."""
    pairs = [(a.right, b.right) for a, b in zip(one, other, strict=True) if a.query.accept]
    won, lost = pairs.count((True, False)), pairs.count((False, True))
    n, least = won + lost, min(won, lost)
    p = sum(comb(n, k) for k in range(least + 1)) * 2 / 2**n if n else 1.0
    return won, lost, min(p, 1.0)


def changed(runs: Runs) -> str:
    rows = []
    for matcher, asked in runs.items():
        if matcher != IRBOT:
            won, lost, p = mcnemar(runs[IRBOT], asked)
            rows.append([matcher, str(won), str(lost), f"{p:.3f}" if p >= 0.001 else "< .001"])
    return grid(["peer", "only irbot right", "only the peer right", "p (McNemar, exact)"], rows)


def grouped(rows: Sequence[JudgedQuery], name_of: Callable[[Query], str], title: str) -> str:
    members: dict[str, list[JudgedQuery]] = {}
    for row in rows:
        members.setdefault(name_of(row.query) or "–", []).append(row)
    lines = []
    for name, inner in sorted(members.items()):
        numbers = score(inner)
        size = [str(numbers["in-scope queries"]), str(numbers["out-of-scope queries"])]
        lines.append([name, *size] + [cell(numbers.get(key)) for key in ("R@1", "R@5", *BANDS[1:])])
    return grid([title, "in", "out", "R@1", "R@5", *BANDS[1:]], lines)


@dataclass(frozen=True)
class Agreement:
    """A peer's figure here against the study's, on other queries of the same corpus."""

    set: str
    peer: str
    metric: str
    here: Share
    study: float

    @property
    def allowed(self) -> float:
        """Two standard errors of the difference of two independent samples of this size."""
        p, n = self.here.value, self.here.of
        return 2 * sqrt((p * (1 - p) + self.study * (1 - self.study)) / n)

    @property
    def holds(self) -> bool:
        return abs(self.here.value - self.study) <= self.allowed


def agreements(name: str, runs: Runs) -> list[Agreement]:
    found = []
    for peer, figures in STUDY[name].items():
        if peer not in runs:
            continue
        numbers = score(runs[peer])
        for metric, figure in zip(("R@1", "R@5"), figures, strict=True):
            here = numbers[metric]
            assert isinstance(here, Share)
            found.append(Agreement(name, peer, metric, here, figure))
    return found


def agreement_text(found: Sequence[Agreement]) -> str:
    held = sum(item.holds for item in found)
    rows = [
        [
            item.set, item.peer, item.metric, short(item.here.value), short(item.study),
            f"{item.here.value - item.study:+.3f}", short(item.allowed),
            "yes" if item.holds else "**no**",
        ]
        for item in found
    ]  # fmt: skip
    heads = ["set", "peer", "", "here", "study", "difference", "2 s.e.", "within"]
    per_set = []
    for name in dict.fromkeys(item.set for item in found):
        firsts = [item for item in found if item.set == name and item.metric == "R@1"]
        shifts = [item.here.value - item.study for item in firsts]
        pairs = list(combinations(firsts, 2))
        kept = sum(
            (one.here.value - other.here.value) * (one.study - other.study) >= 0
            for one, other in pairs
        )
        spread = f"{min(shifts):+.3f} to {max(shifts):+.3f}"
        per_set.append([name, str(len(firsts)), spread, f"{kept} of {len(pairs)}"])
    return (
        "An earlier study measured these matchers on other splits of the same corpora. Its "
        "queries, and which part of a corpus is stored, are not those here, so two figures are "
        "compared as two independent samples: they agree when they differ by at most "
        "2·√((p(1−p) + q(1−q))/n), with the n here for both, as the study does not state its own. "
        "That allows for the choice of queries, not for a store that is denser or better labelled; "
        "where nearly every matcher moves the same way and their order stays, that points to the "
        "split.\n\n"
        f"{held} of {len(found)} figures agree.\n\n"
        + grid(["set", "peers", "R@1 here less the study's", "pairs in the same order"], per_set)
        + "\n"
        + grid(heads, rows)
    )


def costs(runs: Mapping[str, Runs]) -> str:
    """ms a query, p50 / p99, one row a matcher; the only figures that a new run changes."""
    matchers = list(dict.fromkeys(name for each in runs.values() for name in each))
    rows = []
    for matcher in matchers:
        cells = []
        for each in runs.values():
            numbers = score(each[matcher]) if matcher in each else {}
            p50, p99 = numbers.get("ms p50"), numbers.get("ms p99")
            cells.append(f"{p50:.2g} / {p99:.2g}" if p50 is not None else "–")
        rows.append([matcher, *cells])
    return grid(["matcher", *runs], rows)
