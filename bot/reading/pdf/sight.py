"""What of a page's characters a reader sees.

Slanted or very light characters that stand apart from the text are a watermark. Words that nobody
sees (white on white, set not to be drawn, minute, outside the visible page) and words that do not
stand upright are named; a person decides.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Literal

from bot.reading.pdf.chars import Box, Char

Look = Literal["plain", "watermark", "hidden", "sideways"]

_UNSEEN = 0.04  # of lightness between words and paper, from which words are not seen
_PALE = 0.3  # below which they are very light
_SLANTED = 0.035  # sine of two degrees
_MINUTE = 0.25  # of the page's usual size
_THICK = 3.0  # points: a filled rectangle that is thicker is a background, not a rule
_SHOWN = 24  # characters of words that are named
_MOST_NAMED = 3


@dataclass(frozen=True)
class Sight:
    """A page as its reader sees it."""

    chars: tuple[Char, ...]  # without watermarks
    watermarks: tuple[str, ...]
    doubts: tuple[str, ...]  # Chinese: hidden and sideways words
    is_turned: bool  # the page's words stand sideways or upside down


def seen_on(chars: Sequence[Char], plumbed: Any, visible: Box) -> Sight:
    """Tell a page's words from what is printed over them.

    Args:
        chars: Of the page, in reading order.
        plumbed: The page as pdfplumber has it, for coloured backgrounds.
        visible: What of the page is shown.
    """
    words = [char for char in chars if not char.generated and not char.text.isspace()]
    if not words:
        return Sight(tuple(chars), (), (), is_turned=False)
    usual = statistics.median(char.size for char in words)
    paper = _paper(plumbed)
    contrasts = [abs(paper(char) - char.lightness) for char in words]
    looks = [
        _look(char, contrast, usual, visible)
        for char, contrast in zip(words, contrasts, strict=True)
    ]
    _keep_words_of_a_line(words, looks)
    by_char = {id(char): look for char, look in zip(words, looks, strict=True)}
    hidden, sideways = (_runs(words, looks, look) for look in ("hidden", "sideways"))
    is_turned = looks.count("sideways") * 2 > len(words)
    doubts = (
        [f"有看不见的文字（白色、不绘出、极小或在页面之外）：{_named(hidden)}"] if hidden else []
    )
    if sideways and not is_turned:
        doubts.append(f"有横放或倒放的文字：{_named(sideways)}")
    return Sight(
        tuple(_without_watermarks(chars, by_char)),
        _runs(words, looks, "watermark"),
        tuple(doubts),
        is_turned,
    )


def _look(char: Char, contrast: float, usual: float, visible: Box) -> Look:
    x, y = (char.box[0] + char.box[2]) / 2, char.middle
    inside = visible[0] <= x <= visible[2] and visible[1] <= y <= visible[3]
    if not char.painted or contrast < _UNSEEN or char.size < usual * _MINUTE or not inside:
        return "hidden"
    across, along = abs(char.turn[0]), abs(char.turn[1])
    if min(across, along) > _SLANTED or contrast < _PALE:
        return "watermark"
    upright = char.turn[0] > 0 and char.turn[3] > 0 and across > along
    return "plain" if upright else "sideways"


def _keep_words_of_a_line(words: Sequence[Char], looks: list[Look]) -> None:
    """Upright pale words that go on a line of dark ones are words of the text that can hardly be
    seen, no watermark."""
    for step in (1, -1):
        order = range(len(words))[::step]
        for one, other in pairwise(order):
            if (
                looks[other] == "watermark"
                and looks[one] in ("plain", "hidden")
                and abs(words[other].turn[1]) <= _SLANTED
                and _goes_on(*((words[one], words[other])[::step]))
            ):
                looks[other] = "hidden"


def _goes_on(left: Char, right: Char) -> bool:
    """Whether the right character follows the left one in its line, in about its size."""
    size = min(left.size, right.size)
    return (
        max(left.size, right.size) < size * 1.3
        and abs(left.middle - right.middle) < size * 0.3
        and -0.3 * size < right.box[0] - left.box[2] < size
    )


def _without_watermarks(chars: Sequence[Char], looks: dict[int, Look]) -> list[Char]:
    kept: list[Char] = []
    aside = False  # gaps follow what stands before them
    for char in chars:
        if id(char) in looks:
            aside = looks[id(char)] == "watermark"
        if not aside:
            kept.append(char)
    return kept


def _runs(words: Sequence[Char], looks: Sequence[Look], look: Look) -> tuple[str, ...]:
    """The words that look so, piece by piece."""
    found: list[str] = []
    pairs = zip(words, looks, strict=True)
    for (mine, _), run in groupby(pairs, key=lambda pair: (pair[1] == look, pair[0].piece)):
        if mine:
            found.append("".join(char.text for char, _ in run))
    return tuple(found)


def _named(runs: Sequence[str]) -> str:
    """The words of the runs, each once, with how often they stand there."""
    counted = Counter(run[:_SHOWN] for run in runs)
    named = [
        f"“{words}”" + (f"{count}处" if count > 1 else "")
        for words, count in counted.most_common(_MOST_NAMED)
    ]
    return "、".join(named) + ("等" if len(counted) > _MOST_NAMED else "")


def watermark_remark(runs: Sequence[str]) -> str:
    """What a person should look at, in Chinese."""
    return f"有水印：{_named(runs)}，没有当作正文，请核对原件"


def _paper(plumbed: Any) -> Callable[[Char], float]:
    """How light what lies under a character is: a cell may be filled."""
    fills = [
        ((rect["x0"], rect["top"], rect["x1"], rect["bottom"]), lightness)
        for rect in plumbed.rects
        if rect["fill"]
        and min(rect["width"], rect["height"]) > _THICK
        and (lightness := _lightness_of(rect["non_stroking_color"])) is not None
    ]

    def lightness_under(char: Char) -> float:
        x, y = (char.box[0] + char.box[2]) / 2, char.middle
        return next(
            (
                lightness
                for (left, top, right, bottom), lightness in reversed(fills)
                if left <= x <= right and top <= y <= bottom
            ),
            1.0,
        )

    return lightness_under


def _lightness_of(color: Any) -> float | None:
    """0 black to 1 white; None for a pattern."""
    parts = color if isinstance(color, tuple) else (color,)
    if not all(isinstance(part, int | float) for part in parts):
        return None
    if len(parts) == 1:
        return float(parts[0])
    if len(parts) == 3:
        return float(0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2])
    if len(parts) == 4:
        cyan, magenta, yellow, black = map(float, parts)
        return 1 - min(1.0, 0.299 * cyan + 0.587 * magenta + 0.114 * yellow + black)
    return None
