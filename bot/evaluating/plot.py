"""Line plots as SVG: a few panels of the unit square side by side. Needs nothing but text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_SIDE = 300  # of a panel's square
_LEFT, _TOP, _GAP, _BELOW = 56, 40, 84, 56
_LEGEND_LINE = 18
_COLOURS = ("#1f5fa8", "#c8502d", "#3d8a54", "#7a4fa0", "#b8860b", "#5b5b5b")
_GREY = "#9a9a9a"
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Line:
    """One curve; `whiskers` are (low, high) around each point."""

    name: str
    points: Sequence[tuple[float, float]]
    whiskers: Sequence[tuple[float, float]] = ()
    dashed: bool = False  # a reference, in grey
    stepped: bool = False  # the value holds from a point back to the one before
    dots: bool = False


@dataclass(frozen=True)
class Panel:
    title: str
    x: str
    y: str
    lines: Sequence[Line]
    top: float = 1.0  # the largest y shown
    marks: Sequence[tuple[float, str]] = tuple((tick, f"{tick:g}") for tick in _TICKS)  # below x


def svg(panels: Sequence[Panel]) -> str:
    """The panels as one SVG document."""
    width = _LEFT + len(panels) * (_SIDE + _GAP) - _GAP + 24
    legend = _LEGEND_LINE * max(len(panel.lines) for panel in panels)
    height = _TOP + _SIDE + _BELOW + legend
    drawn = [_panel(panel, _LEFT + at * (_SIDE + _GAP)) for at, panel in enumerate(panels)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" fill="#333">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _panel(panel: Panel, left: int) -> str:
    def x(value: float) -> float:
        return round(left + value * _SIDE, 1)

    def y(value: float) -> float:
        return round(_TOP + _SIDE * (1 - min(value / panel.top, 1.0)), 1)

    parts = [_text(left + _SIDE / 2, _TOP - 16, panel.title, "middle", 'font-weight="bold"')]
    grid = 'stroke="#e4e4e4" fill="none"/>'
    for tick, mark in panel.marks:
        parts.append(f'<path d="M{x(tick)} {_TOP}V{_TOP + _SIDE}" {grid}')
        parts.append(_text(x(tick), _TOP + _SIDE + 16, mark, "middle"))
    for tick in _TICKS:
        up = y(tick * panel.top)
        parts.append(f'<path d="M{left} {up}H{left + _SIDE}" {grid}')
        parts.append(_text(left - 6, up + 4, f"{tick * panel.top:.3g}", "end"))
    middle = _TOP + _SIDE / 2
    parts.append(_text(left + _SIDE / 2, _TOP + _SIDE + 34, panel.x, "middle"))
    turned = f'transform="rotate(-90 {left - 40} {middle})"'
    parts.append(_text(left - 40, middle, panel.y, "middle", turned))
    for at, line in enumerate(panel.lines):
        colour = _GREY if line.dashed else _COLOURS[at % len(_COLOURS)]
        points = [(x(across), y(up)) for across, up in line.points]
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        stroke = f'stroke="{colour}" stroke-width="1.8" fill="none"'
        parts.append(f'<path d="{_path(points, line.stepped)}" {stroke}{dash}/>')
        for (across, _), (low, high) in zip(line.points, line.whiskers, strict=False):
            parts.append(f'<path d="M{x(across)} {y(low)}V{y(high)}" stroke="{colour}"/>')
        if line.dots:
            parts += [f'<circle cx="{cx}" cy="{cy}" r="3.5" fill="{colour}"/>' for cx, cy in points]
        row = _TOP + _SIDE + _BELOW + at * _LEGEND_LINE
        parts.append(f'<path d="M{left} {row - 4}h22" {stroke}{dash}/>')
        parts.append(_text(left + 30, row, line.name, "start"))
    return "\n".join(parts)


def _path(points: Sequence[tuple[float, float]], stepped: bool) -> str:
    path = "M{} {}".format(*points[0]) if points else ""
    for across, up in points[1:]:
        path += f"V{up}H{across}" if stepped else f"L{across} {up}"
    return path


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {more}>{escape(text)}</text>'
