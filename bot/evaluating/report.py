"""The numbers of one run, whole and by kind, style and company: as JSON and as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.evaluating.asking import JudgedQuery
from bot.evaluating.numbers import BINS, Number, Share, reliability, risk_coverage, score

_GROUPS: dict[str, Callable[[JudgedQuery], str]] = {
    "kind": lambda row: row.query.kind,
    "style": lambda row: row.query.style,
    "company": lambda row: row.query.company,
}
_TITLES = {"kind": "按类型", "style": "按写法", "company": "按公司"}
_COLUMNS = {  # number → its head
    "R@1": "R@1",
    "R@5": "R@5",
    "answered wrong": "wrong",
    "in-scope answered right": "right",
    "in-scope right at first sight": "at sight",
    "in-scope helped": "helped",
    "offers a list": "offers",
    "offer precision": "precision",
    "characters to read": "characters",
    "out-of-scope answered": "out answered",
    "out-of-scope declined": "out declined",
}
_LEGEND = (
    "wrong 占已答的；right、at sight（最先看到的官方原文即正确）、helped 占范围内的；"
    "offers 每个列表几条，precision 其中可接受的，characters 列表的字数（中位）；out 占范围外的"
)


def groups(rows: Sequence[JudgedQuery]) -> dict[str, dict[str, list[JudgedQuery]]]:
    """The rows by kind, by style and by company; a grouping of one nameless group is left out."""
    found: dict[str, dict[str, list[JudgedQuery]]] = {}
    for grouping, name_of in _GROUPS.items():
        members: dict[str, list[JudgedQuery]] = {}
        for row in rows:
            members.setdefault(name_of(row), []).append(row)
        if set(members) != {""}:
            found[grouping] = dict(sorted(members.items()))
    return found


def report(rows: Sequence[JudgedQuery]) -> dict[str, Any]:
    """The whole as JSON: numbers by the protocol's names, `intervals` of the shares beside them."""
    calibration = reliability(rows)
    return {
        **_flat(score(rows)),
        "ece": calibration and calibration.ece,
        "ece_definition": f"{BINS} equal-mass bins over the queries with a ranked question; "
        "mean of |confidence - share right| weighted by size",
        "reliability": [
            {"queries": bin_.queries, "confidence": bin_.confidence, "right": bin_.right}
            for bin_ in (calibration.bins if calibration else ())
        ],
        "risk_coverage": [list(point) for point in risk_coverage(rows)],
        **{
            f"by_{grouping}": {name: _flat(score(members)) for name, members in named.items()}
            for grouping, named in groups(rows).items()
        },
    }


def _flat(numbers: Mapping[str, Number]) -> dict[str, Any]:
    shares = {name: number for name, number in numbers.items() if isinstance(number, Share)}
    return {
        **{
            name: number.value if isinstance(number, Share) else number
            for name, number in numbers.items()
        },
        "intervals": {name: list(share.interval) for name, share in shares.items()},
        "counts": {name: [share.count, share.of] for name, share in shares.items()},
    }


def table(rows: Sequence[JudgedQuery]) -> str:
    """The same for a person at a terminal."""
    lines = [f"{'':32}数值  95% 区间       次数"]
    for name, number in score(rows).items():
        if isinstance(number, Share) and number.of:
            low, high = number.interval
            lines.append(
                f"{name:30}{number.value:8.3f}  {low:.3f} – {high:.3f}  {number.count}/{number.of}"
            )
        else:
            lines.append(f"{name:30}{_cell(number):>8}")
    if calibration := reliability(rows):
        lines.append(f"{'ECE':30}{calibration.ece:8.3f}  {BINS} 个等量分箱，只计有候选的提问")
    for grouping, named in groups(rows).items():
        heads = "".join(f"{head:>{_width(head)}}" for head in _COLUMNS.values())
        lines += [
            "",
            f"{_TITLES[grouping]}（in+out：范围内、范围外的提问数）",
            f"{'in+out':>26}{heads}",
        ]
        for name, members in named.items():
            numbers = score(members)
            size = f"{numbers['in-scope queries']}+{numbers['out-of-scope queries']}"
            cells = "".join(
                f"{_cell(numbers.get(column)):>{_width(head)}}" for column, head in _COLUMNS.items()
            )
            lines.append(f"{name or '-':16}{size:>10}{cells}")
    return "\n".join([*lines, "", _LEGEND])


def beside(before: Sequence[JudgedQuery], after: Sequence[JudgedQuery], of: str) -> str:
    """The numbers of the same queries without and with something, side by side.

    Args:
        before: Without it.
        after: With it.
        of: Its name.
    """
    numbers = score(after)
    title = f"{of}的效果"
    lines = [f"{title}{' ' * (32 - 2 * len(title))}{'没有时':>12}{'有时':>14}"]
    for name, was in score(before).items():
        cells = "".join(f"{_counted(number):>17}" for number in (was, numbers.get(name)))
        lines.append(f"{name:30}{cells}")
    return "\n".join(lines)


def _counted(number: Number) -> str:
    if isinstance(number, Share) and number.of:
        return f"{number.value:.3f} {number.count}/{number.of}"
    return _cell(number)


def _width(head: str) -> int:
    return max(len(head), 5) + 2


def _cell(number: Number) -> str:
    if isinstance(number, Share):
        return f"{number.value:.3f}" if number.of else "-"
    if number is None:
        return "-"
    return f"{number:.3f}" if isinstance(number, float) else str(number)
