"""What a run looks like: the reliability diagram beside the risk–coverage curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.evaluating.asking import JudgedQuery
from bot.evaluating.numbers import Share, reliability, risk_coverage
from bot.evaluating.plot import Line, Panel, svg


def diagram(rows: Sequence[JudgedQuery]) -> str:
    """Both curves of one run, as SVG."""
    inside = [row for row in rows if row.query.accept]
    runs = {"all queries": rows, "in-scope queries only": inside} if inside else {"all": rows}
    return svg([_reliability(rows), _risk(runs)])


def comparison(runs: Mapping[str, Sequence[JudgedQuery]]) -> str:
    """The risk–coverage curves of several matchers on the same queries, as SVG."""
    inside = {name: [row for row in rows if row.query.accept] for name, rows in runs.items()}
    return svg([_risk(runs, "all queries"), _risk(inside, "in-scope queries only")])


def _reliability(rows: Sequence[JudgedQuery]) -> Panel:
    lines = [Line("as sure as right", [(0, 0), (1, 1)], dashed=True)]
    title = "Reliability"
    if calibration := reliability(rows):
        title += f" (ECE {calibration.ece:.3f})"
        lines.insert(
            0,
            Line(
                "tenths of the queries, 95 % interval",
                [(bin_.confidence, bin_.right) for bin_ in calibration.bins],
                [
                    Share(round(bin_.right * bin_.queries), bin_.queries).interval
                    for bin_ in calibration.bins
                ],
                dots=True,
            ),
        )
    return Panel(title, "confidence", "share right", lines)


def _risk(runs: Mapping[str, Sequence[JudgedQuery]], title: str = "") -> Panel:
    lines = [Line(name, risk_coverage(rows), stepped=True) for name, rows in runs.items() if rows]
    highest = max((risk for line in lines for _, risk in line.points), default=1.0)
    top = next(top for top in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= top)
    return Panel(f"Risk–coverage{title and ', '}{title}", "coverage", "risk", lines, top)
